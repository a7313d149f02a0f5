package purchase

import (
	"context"
	"strings"

	"purse/billing/event"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// EventHandler does what an event of Stripe's asks for, and answers what became
// of it. It may run twice. An error is tried again.
type EventHandler func(ctx context.Context, e *InboxEvent) (state InboxState, why string, err error)

// hooks are what packages above this one asked to be told. They are set while
// the program is wired.
type hooks struct {
	events   []eventHook
	refunds  []func(t tx.Tx, purchaseID string) (stripeInvoice string, err error)
	payments []func(t tx.Tx, paymentIntent string) (purchaseID string, ours bool, err error)
	disputed []func(t tx.Tx, customer string) error
	gone     []func(ctx context.Context, customer string) error
}

type eventHook struct {
	prefix string
	handle EventHandler
}

// OnEvent gives the events whose type begins with prefix ("invoice.") to h. Of
// several the first counts that does not answer NotOurs.
func (s *Service) OnEvent(prefix string, h EventHandler) {
	s.hooks.events = append(s.hooks.events, eventHook{prefix, h})
}

// OnRefund asks f for Stripe's invoice by which a purchase was paid, "" for none.
func (s *Service) OnRefund(f func(t tx.Tx, purchaseID string) (stripeInvoice string, err error)) {
	s.hooks.refunds = append(s.hooks.refunds, f)
}

// invoiceOf is Stripe's invoice of a purchase, "" for none.
func (s *Service) invoiceOf(ctx context.Context, purchaseID string) (invoice string, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		for _, f := range s.hooks.refunds {
			if invoice, err = f(t, purchaseID); err != nil || invoice != "" {
				return err
			}
		}
		return nil
	})
	return invoice, err
}

// OnPayment asks f for the purchase of a payment that was not made at Checkout,
// "" while there is none yet. ours says whether f knows the payment.
func (s *Service) OnPayment(f func(t tx.Tx, paymentIntent string) (purchaseID string, ours bool, err error)) {
	s.hooks.payments = append(s.hooks.payments, f)
}

// OnDispute calls f in the transaction that learns of a dispute about a payment
// of a customer.
func (s *Service) OnDispute(f func(t tx.Tx, customer string) error) {
	s.hooks.disputed = append(s.hooks.disputed, f)
}

func (s *Service) handlersOf(typ string) (out []EventHandler) {
	for _, h := range s.hooks.events {
		if strings.HasPrefix(typ, h.prefix) {
			out = append(out, h.handle)
		}
	}
	return out
}

// paidElsewhere finds the purchase of a payment that was not made at Checkout.
func (s *Service) paidElsewhere(ctx context.Context, paymentIntent string) (purchaseID string, ours bool, err error) {
	if paymentIntent == "" {
		return "", false, nil
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		for _, f := range s.hooks.payments {
			if purchaseID, ours, err = f(t, paymentIntent); err != nil || ours {
				return err
			}
		}
		return nil
	})
	return purchaseID, ours, err
}

func (s *Service) tellDisputed(t tx.Tx, customer string) error {
	for _, f := range s.hooks.disputed {
		if err := f(t, customer); err != nil {
			return err
		}
	}
	return nil
}

// RecordPaidIn writes a purchase that was paid without a Checkout and whose
// credits are granted (Grant is set), once per key. So its receipt, refunds and
// disputes go the way of every purchase.
func (s *Service) RecordPaidIn(t tx.Tx, p *Purchase, key string, at ledger.PostingID) error {
	p.ID, p.State, p.PaidAt, p.UpdatedAt = id.New("pur", t.Now()), Paid, t.Now(), t.Now()
	if err := s.GrantBonusIn(t, p); err != nil {
		return err
	}
	if err := s.Store.Insert(t, p, key); err != nil {
		return err
	}
	if err := s.fixCurrency(t, p); err != nil {
		return err
	}
	if err := s.Events.Append(t, event.PurchasePaid, p.Customer, int64(at.Wallet), at.Seq, eventData(p)); err != nil {
		return err
	}
	return s.mailReceipt(t, p)
}
