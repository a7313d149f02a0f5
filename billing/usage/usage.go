// Package usage takes usage events in: it finds the customer, rates the event,
// has the ledger decide, and answers with a receipt. Nothing on the way to the
// ledger needs a query. It also answers whether a customer may go on, and takes
// holds for work whose cost is not known yet.
package usage

import (
	"context"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/rating"
	"purse/billing/tx"
)

// How far an event's timestamp may lie from now.
const (
	MaxAge   = 35 * 24 * time.Hour
	MaxAhead = 5 * time.Minute
)

// Deps is what a Service needs.
type Deps struct {
	Runner   tx.Runner
	Ledger   *ledger.Ledger
	Accounts *account.Service
	Catalog  *catalog.Service
	Now      func() time.Time // time.Now when nil
	// Refused is told of wallets that lacked credits for a request. It must not
	// block. May be nil.
	Refused func(customer, creditType string)
	// Limits answers the spend limits that usage by a caller ("" for none) of a
	// wallet counts towards. It asks no database. May be nil.
	Limits func(k ledger.WalletKey, caller string, now time.Time) []ledger.Counter
	// Throttled is the rate, in requests a minute, to which a customer is slowed
	// down in a wallet with nothing available; 0 for not at all. May be nil.
	Throttled func(k ledger.WalletKey) int
	// LateGrace is how long after the expiry of a grant recorded work that was done
	// before it still draws it; 0 for not at all.
	LateGrace time.Duration
	// Unpriced keeps recorded work that no rate prices. Without it such work is
	// refused. Events tells of it, Audit records who priced it.
	Unpriced UnpricedStore
	Events   *event.Log
	Audit    *audit.Log
}

// Service takes usage in. Load it before the first event.
type Service struct {
	Deps
	waiting waiting
	pricing sync.Mutex // one at a time
}

// New makes a service.
func New(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	return &Service{Deps: d, waiting: waiting{keys: map[ledger.Key]bool{}}}
}

// Reporter is who reports: what it reaches and may do.
type Reporter struct {
	Customer    string // the only customer's id, "" for all
	MayBackdate bool
}

// Receipt is the answer to an event that was booked.
type Receipt struct {
	ID       string
	Replayed bool
	Mode     Mode
	Charges  []Charge
	// Unpriced says that no rate prices the event yet: it is kept and will be
	// charged, and Charges is empty.
	Unpriced bool
	// Throttle is the rate, in requests a minute, that the customer is to be
	// slowed down to: nothing is available any more. 0 for not at all.
	Throttle int
}

// Charge is what one posting of a receipt took. Available is current.
type Charge struct {
	Posting    string
	CreditType string
	Credits    money.Credits
	Available  money.Credits
}

// Outcome is a receipt or the error of one event. A refusal for lack of credits
// is a *ledger.Refusal; Customer is then known.
type Outcome struct {
	ID       string
	Customer string // the customer's id, "" when it was not found
	Receipt  Receipt
	Replayed bool // the refusal was given before
	Err      error
}

// Report books events and answers each in its order. The error is that of all:
// an unknown outcome, to be retried with the same ids.
func (s *Service) Report(ctx context.Context, who Reporter, events []Event) ([]Outcome, error) {
	out := make([]Outcome, len(events))
	commands := make([]*ledger.Command, 0, len(events))
	from := make([]int, 0, len(events)) // the event of each command
	now := s.Now().UTC()
	for i := range events {
		e := &events[i]
		c, err := s.command(ctx, who, e, now, &out[i])
		out[i].ID, out[i].Err = e.ID, err
		if c != nil {
			commands, from = append(commands, c), append(from, i)
		}
	}
	results, err := s.Ledger.Submit(ctx, commands...)
	if err != nil {
		return nil, err
	}
	for j, r := range results {
		o := &out[from[j]]
		if err := s.settle(ctx, o, &events[from[j]], commands[j], r); err != nil {
			return nil, err
		}
	}
	return out, s.keep(ctx, who, events, out)
}

// command makes the ledger's command of an event. With an error there may still
// be a command: one that only answers what was decided before under this id.
func (s *Service) command(ctx context.Context, who Reporter, e *Event, now time.Time, o *Outcome) (*ledger.Command, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	customer, err := s.reach(ctx, who, e.Customer)
	if err != nil {
		return nil, err
	}
	o.Customer = customer.ID
	c := &ledger.Command{Fingerprint: e.meaning(), Former: [3]ledger.Fingerprint{e.sent[0], e.sent[1], e.formerly()}}
	c.Key, c.FormerKey = e.keys(customer.ID)
	if s.waiting.has(c.Key) || s.waiting.has(c.FormerKey) { // it was taken in, whatever the catalog and the clock say by now
		c.Op = ledger.Debit{}
		return c, errWaiting
	}
	charges, err := s.rate(who, customer, e, now)
	if err != nil {
		c.Op = ledger.Debit{} // refused, unless it replays
		return c, err
	}
	s.debit(c, customer.ID, e, charges, now, s.LateGrace)
	return c, nil
}

// debit makes a command that books an event.
func (s *Service) debit(c *ledger.Command, customer string, e *Event, charges []rating.Charge, now time.Time, grace time.Duration) {
	d := ledger.Debit{
		Record: e.Mode == Record, Quiet: e.Backdated, Grace: grace, Event: e.ID, EventName: e.Name, Caller: e.Caller, EventAt: e.Timestamp,
		Charges: make([]ledger.Charge, len(charges)),
	}
	if d.EventAt.IsZero() {
		d.EventAt = now
	}
	for i, ch := range charges {
		k := ledger.WalletKey{Customer: customer, CreditType: ch.CreditType}
		d.Charges[i] = ledger.Charge{Wallet: k, Lines: ch.Lines}
		if s.Limits != nil {
			c.Counters = append(c.Counters, s.Limits(k, e.Caller, e.countsAt(now))...)
		}
	}
	c.Op = d
}

// countsAt is in which period of a limit the event counts: recorded work when it
// happened, a decision now.
func (e *Event) countsAt(now time.Time) time.Time {
	if e.Mode == Record && !e.Timestamp.IsZero() && e.Timestamp.Before(now) {
		return e.Timestamp
	}
	return now
}

// reach finds a customer that the reporter may touch. Another's is not there.
func (s *Service) reach(ctx context.Context, who Reporter, ref string) (*account.Customer, error) {
	c, err := s.Accounts.Customer(ctx, ref)
	if err == nil && who.Customer != "" && who.Customer != c.ID {
		err = fault.Missing("customer")
	}
	if fault.Is(err, fault.NotFound) {
		err = ErrUnknownCustomer
	}
	return c, err
}

func (s *Service) rate(who Reporter, c *account.Customer, e *Event, now time.Time) ([]rating.Charge, error) {
	if e.Backdated && !who.MayBackdate {
		return nil, fault.New(fault.Forbidden, "backdating_forbidden", "backdated", "Only a key with the scope admin may backdate events.")
	}
	at, err := e.at(now)
	if err != nil {
		return nil, err
	}
	if e.Mode == Decide {
		if err := CheckActive(c); err != nil {
			return nil, err
		}
	}
	return rating.Rate(s.Catalog.Snapshot(), rating.Event{Name: e.Name, At: at, Properties: e.Properties})
}

// at is when the event happened, in the bounds that now has.
func (e *Event) at(now time.Time) (time.Time, error) {
	at := e.Timestamp
	if at.IsZero() {
		at = now
	}
	switch {
	case at.After(now.Add(MaxAhead)):
		return at, fault.New(fault.Invalid, "timestamp_in_future", "timestamp", "The event is more than 5 minutes ahead. Check the clock of your server.")
	case at.Before(now.Add(-MaxAge)) && !e.Backdated:
		return at, fault.New(fault.Invalid, "timestamp_too_old", "timestamp", "The event is more than 35 days old. Send backdated: true with a key of the scope admin.")
	case at.UnixMicro() <= 0:
		return at, errTooOld
	}
	return at, nil
}

// Check says what is wrong with an event whoever it is of and whatever it costs: in
// itself, and with when it happened.
func (e *Event) Check(now time.Time) error {
	if err := e.check(); err != nil {
		return err
	}
	_, err := e.at(now)
	return err
}

// ErrUnknownCustomer says that an event or a hold names nobody whom the key reaches.
var ErrUnknownCustomer = fault.New(fault.NotFound, "unknown_customer", "customer", "There is no such customer.")

var errTooOld = fault.New(fault.Invalid, "timestamp_too_old", "timestamp", "The event is older than computers count. Leave the timestamp out for now.")

// CheckActive says no for a suspended customer.
func CheckActive(c *account.Customer) error {
	if c.Status == account.Suspended {
		return fault.New(fault.Forbidden, "customer_suspended", "customer", "This customer is suspended. Resume it first.")
	}
	return nil
}

// settle turns a result into the outcome of its event.
func (s *Service) settle(ctx context.Context, o *Outcome, e *Event, c *ledger.Command, r ledger.Result) error {
	if o.Err != nil && !r.Replayed {
		if f, ok := fault.As(r.Err()); ok && f.Kind == fault.Conflict {
			o.Err = r.Refused // the id was used for another request
		}
		return nil
	}
	o.Replayed = r.Replayed
	if o.Err = r.Err(); o.Err != nil {
		if s.Refused != nil && !r.Replayed && r.Refused.Fault.Code == ledger.CodeInsufficient {
			s.Refused(o.Customer, r.Refused.CreditType)
		}
		return nil
	}
	o.Receipt = Receipt{ID: e.ID, Replayed: r.Replayed, Mode: e.Mode, Charges: make([]Charge, len(r.Postings))}
	for i, p := range r.Postings {
		o.Receipt.Charges[i] = Charge{Posting: p.ID.String(), CreditType: p.CreditType, Credits: -p.Amount, Available: p.Available}
		// From the first request on that would have been refused.
		if p.Available < 0 && s.Throttled != nil {
			o.Receipt.Throttle = slower(o.Receipt.Throttle, s.Throttled(ledger.WalletKey{Customer: o.Customer, CreditType: p.CreditType}))
		}
		if r.Replayed && !charges(c, p.CreditType) {
			// The wallet was not loaded: the event would be rated otherwise today.
			err := s.Runner.View(ctx, func(t tx.Tx) error {
				b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: o.Customer, CreditType: p.CreditType})
				o.Receipt.Charges[i].Available = b.Available
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// slower is the lower of two rates, of which 0 is none.
func slower(a, b int) int {
	if a == 0 || b == 0 {
		return a + b
	}
	return min(a, b)
}

func charges(c *ledger.Command, creditType string) bool {
	for _, ch := range c.Op.(ledger.Debit).Charges {
		if ch.Wallet.CreditType == creditType {
			return true
		}
	}
	return false
}
