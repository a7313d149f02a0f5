package main

import (
	"testing"

	"purse/billing/audit"
	"purse/billing/inbox"
)

// TestEveryInboxRowHasAState replays events of every type that name no object, and
// ones that nobody knows: each ends in a state that staff can read.
func TestEveryInboxRowHasAState(t *testing.T) {
	w := newWorld(t)
	for i, typ := range []string{
		"checkout.session.completed", "payment_intent.succeeded", "invoice.paid", "charge.refunded", "refund.updated", "charge.dispute.created",
		"customer.updated", "customer.deleted", "payment_method.attached", "setup_intent.succeeded", "radar.early_fraud_warning.created", "balance.available",
	} {
		for _, object := range []string{"", "xx_unknown"} {
			id := "evt_" + object + string(rune('a'+i))
			_, err := w.purchases.Inbox.Receive(ctx, inbox.Event{ID: id, Type: typ, ObjectID: object, CreatedAt: w.now()})
			w.check(err)
			e, err := w.purchases.Inbox.Replay(ctx, audit.System, id)
			w.check(err)
			if e.State == "" || e.State == inbox.Received {
				t.Errorf("%s about %q has the state %q", typ, object, e.State)
			}
		}
	}
}
