package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"purse/billing/account"
	"purse/billing/audit"
)

type adminCommands struct {
	Link adminLinkCommand `cmd:"" help:"Print a one-time link by which a person becomes an admin."`
}

type adminLinkCommand struct {
	databaseFlag
	PublicURL string `help:"Where browsers reach Purse." default:"http://127.0.0.1:8080" env:"PURSE_PUBLIC_URL"`
}

func (a *adminLinkCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := a.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	secret, err := c.accounts.AdminLink(ctx, audit.Actor{ID: "cli"})
	if err != nil {
		return err
	}
	fmt.Println(strings.TrimRight(a.PublicURL, "/") + account.LinkAdmin.Path(secret))
	return nil
}
