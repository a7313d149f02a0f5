package main

import (
	"context"
	"fmt"
	"log/slog"

	"purse/billing/account"
	"purse/billing/audit"
)

type keyCommands struct {
	Create keyCreateCommand `cmd:"" help:"Make a key and print its secret, once."`
}

type keyCreateCommand struct {
	databaseFlag
	Name     string   `help:"What the key is for." required:""`
	Scope    []string `help:"What it may do: usage, read, admin." enum:"usage,read,admin" required:""`
	Customer string   `help:"Limit it to one customer: an id, or ext:your-own-id."`
}

// Run prints the secret alone, so that it can be piped.
func (k *keyCreateCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := k.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	n := account.NewKey{Name: k.Name}
	for _, s := range k.Scope {
		n.Scopes = append(n.Scopes, account.Scope(s))
	}
	if k.Customer != "" {
		customer, err := c.accounts.Customer(ctx, k.Customer)
		if err != nil {
			return err
		}
		n.Customer = customer.ID
	}
	_, secret, err := c.accounts.CreateKey(ctx, audit.Actor{ID: "cli"}, n)
	if err != nil {
		return err
	}
	fmt.Println(secret)
	return nil
}
