package api

import (
	"context"
	"time"
)

type reconciliationObject struct {
	Object  string    `json:"object" enum:"reconciliation"`
	Since   time.Time `json:"since"`
	Events  int       `json:"events" doc:"What Stripe lists since then"`
	Missing int       `json:"missing" doc:"Of these, what had not arrived; it is being processed now"`
}

// reconcile compares with Stripe what the periodic job would compare later.
func reconcile(a *API, ctx context.Context, _ *struct{}) (*reply[reconciliationObject], error) {
	if a.Purchases == nil {
		return nil, errNoPurchases
	}
	r, err := a.Purchases.Inbox.Reconcile(ctx)
	if err != nil {
		return nil, err
	}
	return ok(reconciliationObject{"reconciliation", stamp(r.Since), r.Events, r.Missing})
}
