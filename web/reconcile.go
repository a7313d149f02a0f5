package main

import (
	"context"
	"fmt"
	"time"

	"purse/billing/words"
)

type reconcileCommand struct {
	URL string `help:"Where Purse is." default:"http://127.0.0.1:8080" env:"PURSE_PUBLIC_URL"`
	Key string `help:"A key with the scope admin." required:"" env:"PURSE_KEY"`
}

// Run asks the running server: only its process may change balances.
func (c *reconcileCommand) Run(ctx context.Context) error {
	var r struct {
		Since           time.Time
		Events, Missing int
	}
	if err := newClient(c.URL, c.Key).post(ctx, "/v1/reconciliations", struct{}{}, &r); err != nil {
		return err
	}
	fmt.Printf("%s of Stripe's since %s, %d had not arrived and are being processed\n", words.Count(r.Events, "event"), r.Since.Format(time.RFC3339), r.Missing)
	return nil
}
