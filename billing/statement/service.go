package statement

import (
	"context"
	"errors"
	"slices"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Store keeps the periods that statements were made of.
type Store interface {
	// Insert answers false when the customer has a statement of that month.
	Insert(t tx.Tx, p Period) (bool, error)
	// Period answers tx.ErrNotFound when there is none.
	Period(t tx.Tx, customer, name string) (Period, error)
	// Periods answers those before a month ("": all), newest first.
	Periods(t tx.Tx, customer, before string, limit int) ([]Period, error)
	// Due answers customers after an id who have a wallet that was made before a
	// time, and no statement of a month or a later one.
	Due(t tx.Tx, month string, madeBefore time.Time, after string, limit int) ([]string, error)
	Paid(t tx.Tx, customer string, from, to time.Time) ([]Paid, error)
	Refunded(t tx.Tx, customer string, from, to time.Time) ([]money.Money, error)
}

// Deps is what a Service needs.
type Deps struct {
	Runner   tx.Runner
	Store    Store
	Accounts *account.Service
	Ledger   *ledger.Ledger
	Events   *event.Log
	Jobs     *job.Queue
	// Tell tells people, in t.
	Tell func(t tx.Tx, n alert.Notice) error
}

// Service makes statements.
type Service struct{ Deps }

const (
	jobMake = "statement.make"
	// within is how long after the end of a month its statement is made.
	within = time.Hour
	// Clocks differ by that much from UTC: east of it, and west.
	eastmost, westmost = 14 * time.Hour, 12 * time.Hour
	some               = 100 // customers in one transaction
)

// New makes a Service and registers its job.
func New(d Deps) *Service {
	s := &Service{d}
	d.Jobs.Every(jobMake, within, func(ctx context.Context, _ job.Job) error { return s.Make(tx.Background(ctx)) })
	return s
}

// Make makes the statements of all months that are over, with their events. It
// may be run again at any time.
func (s *Service) Make(ctx context.Context) error {
	for customer := ""; ; {
		var due []string
		err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
			over := previous(monthOf(t.Now().Add(eastmost), time.UTC)) // somewhere
			end := startOf(after(over), time.UTC)
			due, err = s.Store.Due(t, over, end.Add(westmost), customer, some)
			return err
		})
		if err != nil || len(due) == 0 {
			return err
		}
		customer = due[len(due)-1]
		if err := s.Runner.Update(ctx, func(t tx.Tx) error {
			for _, c := range due {
				if err := s.make(t, c); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

// ready is the data of statement.ready.
type ready struct {
	Period string    `json:"period"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Zone   string    `json:"timezone"`
}

// make makes what is missing of a customer's statements.
func (s *Service) make(t tx.Tx, customer string) error {
	c, err := s.Accounts.CustomerIn(t, customer)
	if err != nil {
		return err
	}
	missing, err := s.missing(t, c)
	if err != nil {
		return err
	}
	if err := s.settle(t, customer); err != nil {
		return err
	}
	newest := ""
	for _, p := range missing {
		if !p.Final() {
			break
		}
		if fresh, err := s.Store.Insert(t, p); err != nil || !fresh {
			return err
		}
		if err := s.Events.Append(t, event.StatementReady, customer, 0, 0, ready{p.Name, p.From.UTC(), p.To.UTC(), p.Zone}); err != nil {
			return err
		}
		newest = p.Name
	}
	if newest == "" {
		return nil
	}
	return s.Tell(t, alert.Notice{Customer: customer, Event: event.StatementReady, Data: map[string]string{"period": newest}})
}

// settle writes what is due in the customer's wallets, so that a statement that is
// final has what expired in its last minute.
func (s *Service) settle(t tx.Tx, customer string) error {
	balances, err := s.Ledger.Balances(t, customer)
	if err != nil {
		return err
	}
	for _, b := range balances {
		if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Settle{Wallet: b.WalletKey}}); err != nil {
			return err
		}
	}
	return nil
}

// missing are the periods after the last statement, or since the month of the
// customer's first posting, oldest first: those that are over, as they are made
// now, and the one that lasts. There is none before the first posting.
func (s *Service) missing(t tx.Tx, c *account.Customer) ([]Period, error) {
	p, err := s.next(t, c)
	if err != nil || p.Name == "" {
		return nil, err
	}
	var out []Period
	for {
		end := startOf(after(p.Name), c.Location())
		if end.After(t.Now()) {
			p.To = t.Now()
			return append(out, p), nil
		}
		p.To, p.MadeAt = end, t.Now()
		out = append(out, p)
		p = Period{Customer: c.ID, Name: after(p.Name), From: end, Zone: c.Timezone}
	}
}

// next is the period after the last statement, without its end.
func (s *Service) next(t tx.Tx, c *account.Customer) (Period, error) {
	p := Period{Customer: c.ID, Zone: c.Timezone}
	last, err := s.Store.Periods(t, c.ID, "", 1)
	if err != nil {
		return p, err
	}
	if len(last) > 0 {
		p.Name, p.From = after(last[0].Name), last[0].To
		return p, nil
	}
	balances, err := s.Ledger.Balances(t, c.ID)
	if err != nil {
		return p, err
	}
	var first time.Time
	for _, b := range balances {
		if b.Seq == 0 {
			continue
		}
		posting, _, err := s.Ledger.Posting(t, c.ID, ledger.PostingID{Wallet: b.Wallet, Seq: 1})
		if err != nil {
			return p, err
		}
		if first.IsZero() || posting.At.Before(first) {
			first = posting.At
		}
	}
	if !first.IsZero() {
		p.Name = monthOf(first, c.Location())
		p.From = startOf(p.Name, c.Location())
	}
	return p, nil
}

// List answers the periods of a customer before a month ("": with the one that
// lasts), newest first, and whether there are more.
func (s *Service) List(t tx.Tx, c *account.Customer, before string, limit int) ([]Period, bool, error) {
	var out []Period
	if before == "" {
		missing, err := s.missing(t, c)
		if err != nil {
			return nil, false, err
		}
		slices.Reverse(missing)
		out = missing
	}
	made, err := s.Store.Periods(t, c.ID, before, limit+1)
	if err != nil {
		return nil, false, err
	}
	more := len(made) > limit
	return append(out, made[:min(limit, len(made))]...), more, nil
}

// Of answers the statement of a month, or, of the month that lasts, what it
// would be now; fault.Missing where the customer has none.
func (s *Service) Of(t tx.Tx, c *account.Customer, month string) (*Statement, error) {
	p, err := s.Store.Period(t, c.ID, month)
	if errors.Is(err, tx.ErrNotFound) {
		missing, err := s.missing(t, c)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(missing, func(p Period) bool { return p.Name == month })
		if i < 0 {
			return nil, fault.Missing("statement")
		}
		p = missing[i]
	} else if err != nil {
		return nil, err
	}
	return s.Figures(t, p)
}

// Figures adds up what happened in a period.
func (s *Service) Figures(t tx.Tx, p Period) (*Statement, error) {
	out := &Statement{Period: p}
	balances, err := s.Ledger.Balances(t, p.Customer)
	if err != nil {
		return nil, err
	}
	for _, b := range balances {
		sum, err := s.Ledger.Summary(t, b.WalletKey, p.From, p.To)
		if err != nil {
			return nil, err
		}
		if sum.Opening != 0 || sum.Closing != 0 || len(sum.Kinds) > 0 {
			out.Wallets = append(out.Wallets, Wallet{b.CreditType, sum})
		}
	}
	if out.Paid, err = s.Store.Paid(t, p.Customer, p.From, p.To); err != nil {
		return nil, err
	}
	out.Refunded, err = s.Store.Refunded(t, p.Customer, p.From, p.To)
	return out, err
}
