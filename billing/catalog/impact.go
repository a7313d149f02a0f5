package catalog

import (
	"fmt"
	"strings"
	"time"

	"purse/billing/fault"
	"purse/billing/tx"
	"purse/billing/words"
)

// Impact is what ends when something of the catalog is archived.
type Impact struct {
	Says []string // in sentences, what ends and what goes on
	// Customers are the ids of those who are concerned, at most MostConcerned of
	// them; More says that there are others.
	Customers []string
	More      bool
	Who       string // why they are concerned
}

// MostConcerned is how many customers an Impact names.
const MostConcerned = 50

// usedLately is how far back use concerns somebody.
const usedLately = 30 * 24 * time.Hour

// UseStore knows who uses what. Ids of customers are answered in order.
type UseStore interface {
	// UsersOfMeter are those whose usage of a meter was booked since then.
	UsersOfMeter(t tx.Tx, meter string, since time.Time, limit int) ([]string, error)
	// BuyersOfPack are those for whom a pack is bought by itself: by auto-recharge
	// or on set days.
	BuyersOfPack(t tx.Tx, pack string, limit int) ([]string, error)
}

func (i *Impact) concern(who string, customers []string, err error) error {
	i.Who, i.Customers = who, customers
	if len(i.Customers) > MostConcerned {
		i.Customers, i.More = i.Customers[:MostConcerned], true
	}
	return err
}

// OfMeter is what ends with a meter.
func (s *Service) OfMeter(t tx.Tx, key string) (i Impact, err error) {
	shop := s.Snapshot()
	m := shop.Meter(key)
	if m == nil {
		return i, fault.Missing("meter")
	}
	if others := len(shop.MetersOf(m.Event)) - 1; others > 0 {
		i.Says = append(i.Says, fmt.Sprintf("Events named %s go on: %d other of their meters still count. What %s counted of them is charged no more.", m.Event, others, m.Key))
	} else {
		i.Says = append(i.Says, fmt.Sprintf("Events named %s are refused from now on, recorded work too: no other meter reads them.", m.Event))
	}
	users, err := s.Store.UsersOfMeter(t, m.Key, t.Now().Add(-usedLately), MostConcerned+1)
	return i, i.concern("They used it in the last 30 days.", users, err)
}

// OfRate is what ends with a rate.
func (s *Service) OfRate(t tx.Tx, rateID string) (i Impact, err error) {
	shop := s.Snapshot()
	r := shop.Rate(rateID)
	if r == nil {
		return i, fault.Missing("rate")
	}
	i.Says = append(i.Says, shop.afterRate(r, t.Now()))
	for _, v := range shop.Versions(r) {
		if v.EffectiveAt.After(t.Now()) && v.ArchivedAt.IsZero() {
			i.Says = append(i.Says, fmt.Sprintf("Its later version, from %s, ends with it.", v.EffectiveAt.Format("2 Jan 2006")))
		}
	}
	users, err := s.Store.UsersOfMeter(t, r.Meter, t.Now().Add(-usedLately), MostConcerned+1)
	return i, i.concern("They used its meter "+r.Meter+" in the last 30 days.", users, err)
}

// afterRate says what the events cost that a rate prices, when it has ended: as a
// wider rate says, or nothing prices them; and which go on as they are, because
// another rate prices them.
func (s *Snapshot) afterRate(r *Rate, now time.Time) string {
	which, m := "any event", s.Meter(r.Meter)
	if len(r.Match) > 0 {
		which = "events with " + MatchText(r.Match)
	}
	if m != nil {
		which += " named " + m.Event
	}
	var others []string
	wider := ""
	for _, l := range s.Lines(r.Meter) { // those with most properties first
		switch {
		case l.At(now) == nil || equal(l.Match, r.Match) || exclusive(l.Match, r.Match):
		case includes(r.Match, l.Match):
			if wider == "" {
				wider = "the rate for every event"
				if len(l.Match) > 0 {
					wider = "the rate for " + MatchText(l.Match)
				}
			}
		case wider == "": // it prices events of this one too, and before a wider one
			others = append(others, "those with "+MatchText(without(l.Match, r.Match)))
		}
	}
	if len(others) > 0 {
		which += ", but " + strings.Join(others, " and ") + ","
	}
	if wider != "" {
		return fmt.Sprintf("From now on %s cost what %s says.", which, wider)
	}
	if len(others) > 0 {
		return fmt.Sprintf("From now on no rate prices %s: decisions are refused, and recorded work waits under Unpriced usage. The others go on as they are.", strings.TrimSuffix(which, ","))
	}
	return fmt.Sprintf("From now on no rate prices %s: decisions are refused, and recorded work waits under Unpriced usage.", which)
}

// without are the properties of a match that part does not name.
func without(match, part map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range match {
		if _, there := part[k]; !there {
			out[k] = v
		}
	}
	return out
}

func includes(match, part map[string]string) bool {
	for k, v := range part {
		if match[k] != v {
			return false
		}
	}
	return true
}

// OfPack is what ends with a pack.
func (s *Service) OfPack(t tx.Tx, packID string) (i Impact, err error) {
	p := s.Snapshot().Pack(packID)
	if p == nil {
		return i, fault.Missing("pack")
	}
	i.Says = []string{p.Name + " can be bought no more. What was bought stays as it is, and open Checkouts can still be paid."}
	buyers, err := s.Store.BuyersOfPack(t, p.ID, MostConcerned+1)
	if len(buyers) > 0 {
		i.Says = append(i.Says, "Auto-recharge and scheduled purchases of it stop until another pack is chosen.")
	}
	return i, i.concern("It is bought for them by itself.", buyers, err)
}

// OfCreditType is what ends with a credit type.
func (s *Service) OfCreditType(_ tx.Tx, ref string) (i Impact, err error) {
	shop := s.Snapshot()
	c := shop.CreditType(ref)
	if c == nil {
		return i, fault.Missing("credit type")
	}
	rates, packs := 0, 0
	for _, m := range shop.Meters {
		for _, l := range shop.Lines(m.Key) {
			for _, v := range l.versions {
				if v.CreditType == c.Key && v.ArchivedAt.IsZero() {
					rates++
					break
				}
			}
		}
	}
	for _, p := range shop.OnSale() {
		if p.CreditType == c.Key {
			packs++
		}
	}
	i.Says = []string{
		"No new rate, pack or invoice can use " + c.Name + ". Balances stay, and can be used.",
		fmt.Sprintf("What uses it goes on until it is archived itself: %s and %s on sale.", words.Count(rates, "rate"), words.Count(packs, "pack")),
	}
	return i, nil
}
