package purchase

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
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

// Warn writes a warning about a payment, or what became of it, and freezes or
// unfreezes the credits. In the same transaction it tells whose payment it is, ""
// when it is not one of a purchase here. A payment that Stripe does not know is
// outcome.ErrGone, and nothing is told.
func (s *Service) Warn(ctx context.Context, w Warning, paymentIntent string, tell func(t tx.Tx, customer string) error) error {
	if paymentIntent == "" {
		return outcome.ErrGone
	}
	// The warning may be faster than what tells of the payment: then the payment
	// itself says which purchase it is of.
	pi, err := s.Gateway.PaymentIntent(ctx, paymentIntent)
	switch {
	case err != nil:
		return err
	case pi.Installation != s.Installation:
		pi.Purchase = ""
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.ByPayment(t, paymentIntent)
		if errors.Is(err, tx.ErrNotFound) {
			p, err = s.Store.Purchase(t, pi.Purchase)
		}
		if errors.Is(err, tx.ErrNotFound) {
			return tell(t, "")
		}
		if err != nil {
			return err
		}
		known, err := s.Store.Warnings(t, p.ID)
		if err != nil {
			return err
		}
		w.Purchase, w.CreatedAt = p.ID, t.Now()
		for _, k := range known {
			if k.ID == w.ID {
				w.CreatedAt, w.DismissedAt, w.DismissedBy = k.CreatedAt, k.DismissedAt, k.DismissedBy
				w.Actionable = w.Actionable && k.Actionable // it never becomes so again
			}
		}
		if err := s.Store.PutWarning(t, w); err != nil {
			return err
		}
		if p.Granted() {
			if err := s.moneyBack(t, p, ledger.Note{}); err != nil {
				return err
			}
		}
		return tell(t, p.Customer)
	})
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
