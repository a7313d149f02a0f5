package purchase

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/tx"
)

// byInvoice is what a payment was asked for by of an invoice that staff sent, or that a
// schedule made.
const byInvoice = "invoice"

// MayRefund says whether a customer may take a purchase back without asking, and
// until when: within the vendor's window, while nothing of it is used, and once.
// The reason is for people, "" when it may.
func (s *Service) MayRefund(t tx.Tx, p *Purchase) (until time.Time, why string, err error) {
	until = p.PaidAt.Add(s.RefundWindow)
	paid, err := s.Store.PaymentOfPurchase(t, p.ID)
	if err != nil && !errors.Is(err, tx.ErrNotFound) {
		return until, "", err
	}
	switch {
	case s.RefundWindow == 0:
		return until, "Refunds are made by the vendor: please ask.", nil
	case err == nil && paid.Of == byInvoice:
		return until, "This was bought by invoice. Please ask us.", nil
	case !p.Granted() || p.Total == 0:
		return until, "This purchase was not paid.", nil
	case !t.Now().Before(until):
		return until, "The time in which you can take it back is over. Please ask us.", nil
	case p.State != Paid:
		return until, "This purchase was refunded or is disputed.", nil
	}
	l, err := s.lotsOf(t, p)
	if err != nil {
		return until, "", err
	}
	if !l.all {
		return until, "Some of its credits are used. Please ask us about the rest.", nil
	}
	before, err := s.Store.SelfRefunds(t, p.Customer)
	if err == nil && before > 0 {
		why = "You took a purchase back before; this can be done once. Please ask us."
	}
	return until, why, err
}

// SelfReason marks refunds that customers made themselves.
const SelfReason = "Taken back by the customer"

// RefundSelf takes a purchase back for a member of its customer.
func (s *Service) RefundSelf(ctx context.Context, by audit.Actor, customer, purchaseID string) (*Refund, error) {
	err := s.Runner.View(ctx, func(t tx.Tx) error {
		p, err := s.Store.Purchase(t, purchaseID)
		if err != nil || p.Customer != customer {
			return fault.Missing("purchase")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.Refund(ctx, by, NewRefund{Purchase: purchaseID, Reason: SelfReason, Key: "self", self: true})
}

// mayRefundNow refuses in the transaction that intends the refund: two purchases
// that are taken back at once are one too many.
func (s *Service) mayRefundNow(t tx.Tx, p *Purchase) error {
	_, why, err := s.MayRefund(t, p)
	if err == nil && why != "" {
		err = fault.New(fault.Conflict, "not_refundable", "", "%s", why)
	}
	return err
}
