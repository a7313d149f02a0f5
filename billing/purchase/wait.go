package purchase

import (
	"errors"
	"time"

	"purse/billing/card"
	"purse/billing/tx"
)

// Wait is what a purchase waits for whose payment takes days: a bank's answer to
// a debit, or the customer's bank transfer, which may come in parts.
type Wait struct {
	Purchase string
	Method   string // Stripe's type
	Due      int64  // minor units, tax included
	Received int64  // of it, by bank transfer
	// Reference is what the sender of a transfer writes, InstructionsURL Stripe's
	// page that says where to send it.
	Reference, InstructionsURL string
	Since                      time.Time
}

// Missing is what has not arrived yet.
func (w *Wait) Missing() int64 { return max(w.Due-w.Received, 0) }

// Transfer says whether the customer has to send money.
func (w *Wait) Transfer() bool { return w.Method == card.BankTransfer }

// Waits answers what a purchase waits or waited for, nil when its payment never
// took time.
func (s *Service) Waits(t tx.Tx, purchaseID string) (*Wait, error) {
	w, err := s.Store.Wait(t, purchaseID)
	if errors.Is(err, tx.ErrNotFound) {
		return nil, nil
	}
	return w, err
}

// noteWait keeps what a payment waits for. What has arrived never gets less: an
// older look at Stripe may be written later.
func (s *Service) noteWait(t tx.Tx, p *Purchase, c *Checkout) error {
	if c.Payment.Method == "" || c.Payment.Method == card.Card {
		return nil
	}
	was, err := s.Waits(t, p.ID)
	if err != nil {
		return err
	}
	w := Wait{Purchase: p.ID, Method: c.Payment.Method, Due: c.Total, Since: t.Now()}
	if was != nil {
		w = *was
		w.Method, w.Due = c.Payment.Method, c.Total
	}
	if c.Payment.InstructionsURL != "" {
		w.Reference, w.InstructionsURL = c.Payment.Reference, c.Payment.InstructionsURL
		w.Received = max(w.Received, c.Total-c.Payment.Remaining)
	}
	if was != nil && *was == w {
		return nil
	}
	return s.Store.PutWait(t, &w)
}

// MailFailed is the template of the mail that tells that a payment did not come:
// purchase, customer, pack, credits with their unit, amount, currency, problem
// and a link to buy again.
const MailFailed = "purchase_failed"

// mailFailed tells the customer that a payment failed after the buyer had left.
func (s *Service) mailFailed(t tx.Tx, p *Purchase) error {
	return s.mail(t, p, MailFailed, map[string]string{
		"credits": p.Credits.String(), "amount": p.decimal(p.Price.Amount), "problem": p.Problem, "link": "/buy",
	})
}
