package purchase

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/ledger"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// Warning is a bank's early warning that a payment may be fraud. While it is
// actionable, the credits of the purchase are frozen, and staff decides: refund,
// which usually keeps a dispute away, or dismiss.
type Warning struct {
	ID, Purchase string
	Type         string // Stripe's fraud_type
	Actionable   bool   // neither refunded nor disputed yet
	CreatedAt    time.Time
	DismissedAt  time.Time // zero: staff did not
	DismissedBy  string
}

// Open says whether it freezes credits.
func (w *Warning) Open() bool { return w.Actionable && w.DismissedAt.IsZero() }

// BankWarning is a bank's suspicion as Stripe has it.
type BankWarning struct {
	ID, Type   string
	Payment    string // the payment intent, "" for none
	Actionable bool   // it is neither refunded nor disputed yet
}

// WarningEvent handles an event about a bank's warning: it freezes the credits of the
// purchase while something can be done, and stops what charges the customer by itself.
func (s *Service) WarningEvent(ctx context.Context, e *inbox.Event, w BankWarning) (inbox.Verdict, error) {
	known, err := s.Payment(ctx, w.Payment)
	if err != nil {
		return inbox.Verdict{}, err
	}
	if known == nil { // it may be faster than what tells of the payment, which says itself whose it is
		if known, err = s.askedFor(ctx, w.Payment); err != nil || known == nil {
			return inbox.Verdict{State: inbox.NotOurs}, err
		}
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if known.Purchase != "" {
			if err := s.warn(t, Warning{ID: w.ID, Purchase: known.Purchase, Type: w.Type, Actionable: w.Actionable}); err != nil {
				return err
			}
		}
		if w.Actionable && s.others.Warned != nil {
			if err := s.others.Warned(t, known.Customer); err != nil {
				return err
			}
		}
		return e.ConcludeIn(t, inbox.Verdict{State: inbox.Done})
	})
	return inbox.Verdict{}, err
}

// askedFor asks Stripe whose a payment is that is not known here yet, nil for nobody
// of ours.
func (s *Service) askedFor(ctx context.Context, paymentIntent string) (*Payment, error) {
	if paymentIntent == "" {
		return nil, nil
	}
	pi, err := s.Gateway.PaymentIntent(ctx, paymentIntent)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return nil, nil
	case err != nil:
		return nil, err
	case pi.Installation != s.Installation || pi.Purchase == "":
		return nil, nil
	}
	p, err := s.Purchase(ctx, pi.Purchase)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &Payment{ID: paymentIntent, Customer: p.Customer, Purchase: p.ID}, nil
}

// warn writes a warning about a purchase, or what became of it, and freezes or
// unfreezes the credits.
func (s *Service) warn(t tx.Tx, w Warning) error {
	p, err := s.Store.Purchase(t, w.Purchase)
	if err != nil {
		return err
	}
	known, err := s.Store.Warnings(t, p.ID)
	if err != nil {
		return err
	}
	w.CreatedAt = t.Now()
	for _, k := range known {
		if k.ID == w.ID {
			w.CreatedAt, w.DismissedAt, w.DismissedBy = k.CreatedAt, k.DismissedAt, k.DismissedBy
			w.Actionable = w.Actionable && k.Actionable // it never becomes so again
		}
	}
	if err := s.Store.PutWarning(t, w); err != nil || !p.Granted() {
		return err
	}
	return s.moneyBack(t, p, ledger.Note{})
}

// warned says whether a warning freezes the credits of a purchase.
func (s *Service) warned(t tx.Tx, purchaseID string) (bool, error) {
	ws, err := s.Store.Warnings(t, purchaseID)
	for _, w := range ws {
		if w.Open() {
			return true, err
		}
	}
	return false, err
}

// Warnings answers the warnings about a purchase, oldest first.
func (s *Service) Warnings(t tx.Tx, purchaseID string) ([]Warning, error) {
	return s.Store.Warnings(t, purchaseID)
}

// DismissWarnings is staff's act: the payment is genuine, and the credits are
// usable again.
func (s *Service) DismissWarnings(ctx context.Context, by audit.Actor, purchaseID, reason string) error {
	if reason == "" {
		return fault.Bad("reason", "Say why the payment is genuine.")
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Purchase(t, purchaseID)
		if err != nil {
			return missing(err)
		}
		ws, err := s.Store.Warnings(t, p.ID)
		if err != nil {
			return err
		}
		open := 0
		for _, w := range ws {
			if !w.Open() {
				continue
			}
			open++
			w.DismissedAt, w.DismissedBy = t.Now(), by.ID
			if err := s.Store.PutWarning(t, w); err != nil {
				return err
			}
		}
		if open == 0 {
			return fault.New(fault.Conflict, "no_warning", "", "There is no open warning about this purchase.")
		}
		if err := s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "fraud_warning.dismissed", Object: p.ID, Reason: reason}); err != nil {
			return err
		}
		return s.moneyBack(t, p, ledger.Note{})
	})
}
