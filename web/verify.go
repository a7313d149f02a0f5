package main

import (
	"context"
	"fmt"
	"log/slog"

	"purse/billing/tx"
)

type verifyCommand struct{ databaseFlag }

// Run recomputes in one read snapshot. It exits with 1 and a list when anything
// differs.
func (v *verifyCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := v.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	var problems []string
	var wallets, entries int64
	err = c.db.View(ctx, func(t tx.Tx) error {
		problems, wallets, entries, err = c.ledger.Verify(t)
		return err
	})
	if err != nil {
		return err
	}
	for _, p := range problems {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		fmt.Printf("%d differences in %d wallets and %d entries\n", len(problems), wallets, entries)
		return exitCode(1)
	}
	fmt.Printf("%d wallets and %d entries add up\n", wallets, entries)
	return nil
}
