package usage

import (
	"context"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Question asks whether a customer may go on. CreditType may be empty where
// there is only one; Meter asks for the credits of a meter's scope too; Credits
// is what is needed, any at all when 0.
type Question struct {
	CreditType, Meter string
	// Caller asks for the limits of one caller of the customer too.
	Caller  string
	Credits money.Credits
}

// Entitlement is the answer: may this customer go on now, and why not.
type Entitlement struct {
	CreditType string
	Allowed    bool
	Reason     string        // "" when allowed: "customer_suspended", "insufficient_credits", "spend_limit_reached"
	Available  money.Credits // with the overdraft
	// Limit is the spend limit that stops it, nil when none does.
	Limit *ledger.LimitReached
	// Throttle is the rate, in requests a minute, to slow the customer down to
	// because nothing is available; 0 for not at all.
	Throttle int
}

// Entitled answers a question about a customer. It decides nothing: between it
// and the usage, somebody else may use the credits.
func (s *Service) Entitled(ctx context.Context, c *account.Customer, q Question) (e Entitlement, err error) {
	shop := s.Catalog.Snapshot()
	switch {
	case q.CreditType != "":
		ct := shop.CreditType(q.CreditType)
		if ct == nil {
			return e, fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q.", q.CreditType)
		}
		q.CreditType = ct.Key
	case shop.OnlyCreditType() != nil:
		q.CreditType = shop.OnlyCreditType().Key
	default:
		return e, fault.Bad("credit_type", "Name the credit type.")
	}
	if q.Meter != "" {
		m := shop.Meter(q.Meter)
		if m == nil {
			return e, fault.New(fault.Invalid, "unknown_meter", "meter", "There is no meter %q.", q.Meter)
		}
		q.Meter = m.Key
	}
	if q.Credits < 0 {
		return e, fault.Bad("credits", "Ask for zero credits or more.")
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		k := ledger.WalletKey{Customer: c.ID, CreditType: q.CreditType}
		b, err := s.Ledger.Balance(t, k)
		if err != nil {
			return err
		}
		available := b.Available
		if q.Meter != "" {
			if available, err = s.Ledger.AvailableTo(t, k, q.Meter); err != nil {
				return err
			}
		}
		e = Entitlement{CreditType: q.CreditType, Available: available + b.Overdraft}
		if e.Limit, err = s.limited(t, k, q, b.Held); err != nil {
			return err
		}
		if available <= 0 && s.Throttled != nil {
			e.Throttle = s.Throttled(k)
		}
		switch {
		case c.Status == account.Suspended:
			e.Reason = "customer_suspended"
		case e.Limit != nil:
			e.Reason = ledger.CodeSpendLimit
		case e.Available < q.Credits || e.Available <= 0:
			e.Reason = ledger.CodeInsufficient
		default:
			e.Allowed = true
		}
		return nil
	})
	return e, err
}

// limited answers the hard limit that leaves no room for what is asked beside what
// open holds set aside, nil when none does.
func (s *Service) limited(t tx.Tx, k ledger.WalletKey, q Question, held money.Credits) (*ledger.LimitReached, error) {
	if s.Limits == nil {
		return nil, nil
	}
	var hard []ledger.Counter
	var refs []ledger.CounterRef
	for _, c := range s.Limits(k, q.Caller, t.Now()) {
		if c.Hard && (c.Meter == "" || c.Meter == q.Meter) {
			hard, refs = append(hard, c), append(refs, c.Ref())
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	counted, err := s.Ledger.Counted(t, refs)
	if err != nil {
		return nil, err
	}
	for _, c := range hard {
		now := counted[c.Ref()]
		l := &ledger.LimitReached{
			Key: c.Key, Limit: c.Limit, Spent: now.Spent, ResetsAt: c.PeriodEnd, CreditType: k.CreditType, Required: q.Credits, Meter: c.Meter, Period: c.Period,
		}
		if c.Holds {
			l.Held = held
		}
		if sum, err := now.Spent.Add(max(q.Credits, 1)); err != nil || sum > c.Limit-l.Held {
			return l, nil
		}
	}
	return nil, nil
}
