package usage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/rating"
	"purse/billing/tx"
)

// Pricing is what the rates of now make of the unpriced events.
type Pricing struct {
	Lines []PricingLine // by customer and name
	// Seen names exactly this: PriceUnpriced does what it says and nothing else.
	Seen string
}

// PricingLine is what becomes of the unpriced events of a customer and a name.
type PricingLine struct {
	Customer, Name string
	Events, Priced int64     // all, and those that a rate prices now
	First, Last    time.Time // when they happened
	Charges        []Amount  // by credit type
	Missing        string    // why the rest waits on, "" for none
}

// Amount is credits of a type. Each line rounds with what its rate has cost before:
// what is booked may be a millionth more or less for each rate.
type Amount struct {
	CreditType string
	Credits    money.Credits
	exact      money.Exact
}

// pricingPage is how many events are looked at, and priced, at a time.
const pricingPage = 500

// PreviewUnpriced answers what pricing the unpriced events of a customer, "" for
// all, would charge now.
func (s *Service) PreviewUnpriced(ctx context.Context, customer string) (p Pricing, err error) {
	lines := map[[2]string]*PricingLine{}
	seen := sha256.New()
	err = s.eachUnpriced(ctx, customer, func(list []Unpriced) error {
		for _, u := range list {
			k := [2]string{u.Customer, u.Name}
			l := lines[k]
			if l == nil {
				l = &PricingLine{Customer: u.Customer, Name: u.Name, First: u.At, Last: u.At}
				lines[k] = l
			}
			if err := s.preview(l, u, seen); err != nil {
				return err
			}
		}
		return nil
	})
	for _, l := range lines {
		slices.SortFunc(l.Charges, func(a, b Amount) int { return cmp.Compare(a.CreditType, b.CreditType) })
		p.Lines = append(p.Lines, *l)
	}
	slices.SortFunc(p.Lines, func(a, b PricingLine) int {
		return cmp.Or(cmp.Compare(a.Customer, b.Customer), cmp.Compare(a.Name, b.Name))
	})
	p.Seen = hex.EncodeToString(seen.Sum(nil)[:16])
	return p, err
}

// preview adds an event to its line.
func (s *Service) preview(l *PricingLine, u Unpriced, seen hash.Hash) error {
	l.Events++
	if u.At.Before(l.First) {
		l.First = u.At
	}
	if u.At.After(l.Last) {
		l.Last = u.At
	}
	charges, err := s.price(u)
	if err != nil {
		f, ok := fault.As(err)
		if !ok {
			return err
		}
		l.Missing = f.Detail
		return nil
	}
	l.Priced++
	for _, c := range charges {
		cost := c.Cost()
		fmt.Fprintf(seen, "%d %s %s\n", u.Number, c.CreditType, cost)
		i := slices.IndexFunc(l.Charges, func(a Amount) bool { return a.CreditType == c.CreditType })
		if i < 0 {
			i = len(l.Charges)
			l.Charges = append(l.Charges, Amount{CreditType: c.CreditType})
		}
		a := &l.Charges[i]
		a.exact = a.exact.Add(cost)
		if a.Credits, err = a.exact.Round(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) price(u Unpriced) ([]rating.Charge, error) {
	return rating.Rate(s.Catalog.Snapshot(), rating.Event{Name: u.Name, At: u.At, Properties: u.Properties})
}

// eachUnpriced calls f with the events of a customer, page by page.
func (s *Service) eachUnpriced(ctx context.Context, customer string, f func([]Unpriced) error) error {
	if s.Unpriced == nil {
		return nil
	}
	for after := int64(0); ; {
		var list []Unpriced
		err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
			list, err = s.Unpriced.UnpricedAfter(t, customer, after, pricingPage)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if err := f(list); err != nil {
			return err
		}
		after = list[len(list)-1].Number
	}
}

// PriceUnpriced books what a preview showed, each event once under the id that
// it came with. It is refused when the preview would show something else now:
// events came, or rates changed. It answers how many events were priced.
func (s *Service) PriceUnpriced(ctx context.Context, by audit.Actor, customer, seen, reason string) (n int, err error) {
	s.pricing.Lock()
	defer s.pricing.Unlock()
	p, err := s.PreviewUnpriced(ctx, customer)
	if err != nil {
		return 0, err
	}
	if p.Seen != seen {
		return 0, fault.New(fault.Conflict, "preview_changed", "seen", "What waits, or what it costs, has changed since you looked. Look at the preview again.")
	}
	err = s.eachUnpriced(ctx, customer, func(list []Unpriced) error {
		done, err := s.book(ctx, list)
		n += done
		return err
	})
	if err != nil {
		return n, err
	}
	return n, s.Runner.Update(ctx, func(t tx.Tx) error {
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "usage.priced", Object: "usage", Reason: reason, After: map[string]any{"events": n, "lines": p.Lines}})
	})
}

// book charges those of a page that have a price and takes them off the list.
func (s *Service) book(ctx context.Context, list []Unpriced) (int, error) {
	var commands []*ledger.Command
	var of []Unpriced
	now := s.Now().UTC()
	for _, u := range list {
		charges, err := s.price(u)
		if _, isFault := fault.As(err); isFault {
			continue
		} else if err != nil {
			return 0, err
		}
		c := &ledger.Command{Key: u.Key, Fingerprint: u.Fingerprint}
		e := &Event{ID: u.Event, Name: u.Name, Timestamp: u.At, Mode: Record, Backdated: u.Backdated, Caller: u.Caller, Properties: u.Properties}
		grace := s.LateGrace
		if grace > 0 {
			grace += now.Sub(u.CreatedAt) // it was recorded then
		}
		s.debit(c, u.Customer, e, charges, now, grace)
		commands, of = append(commands, c), append(of, u)
	}
	results, err := s.Ledger.Submit(ctx, commands...)
	if err != nil {
		return 0, err
	}
	done := 0
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		done = 0
		for i, r := range results {
			if r.Err() != nil {
				continue // too large to be booked: it waits on, and the preview says so
			}
			if err := s.Unpriced.DeleteUnpriced(t, of[i].Number); err != nil {
				return err
			}
			t.OnCommit(func() { s.waiting.set(of[i].Key, false) })
			done++
		}
		return nil
	})
	return done, err
}
