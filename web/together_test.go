package main

import (
	"errors"
	"sync/atomic"
	"testing"

	"purse/billing/inbox"
	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// cannotConclude fails to write that an event is done.
type cannotConclude struct {
	inbox.Store
	broken, tried atomic.Bool
}

func (s *cannotConclude) UpdateEvent(t tx.Tx, e *inbox.Event) error {
	if e.State == inbox.Done && s.broken.Load() {
		s.tried.Store(true)
		return errors.New("the row cannot be written")
	}
	return s.Store.UpdateEvent(t, e)
}

// What an event of Stripe's means and that it is done are committed together: a
// crash between the two cannot be.
func TestAnEventAndItsEffectCommitTogether(t *testing.T) {
	w, c := shopWorld(t)
	w.faults(dropAll)
	store := &cannotConclude{Store: w.inbox.Store}
	w.inbox.Store = store
	before := w.newest()
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	other := w.customer("other", "")
	in := w.invoiced(deal(other))
	w.payPage(in, "4242424242424242")

	store.broken.Store(true)
	w.tell(w.since(before))
	until(t, "an event was processed", store.tried.Load)
	until(t, "all were tried", func() bool { return len(w.inboxOf(inbox.Received, "")) == 0 })
	if s := w.state(p).State; s != purchase.Created {
		t.Errorf("the purchase is %s while its event cannot be written", s)
	}
	if now, err := w.invoices.Invoice(ctx, in.ID); err != nil || now.State() != invoice.Open {
		t.Errorf("the invoice is %s while its event cannot be written: %v", now.State(), err)
	}
	store.broken.Store(false)
	w.waitState(p, purchase.Paid)
	w.waitInvoice(in, invoice.Paid)
	w.granted(c, 1, "1000")
	w.granted(other, 1, "5000")
}
