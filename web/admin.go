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
	Link        adminLinkCommand        `cmd:"" help:"Print a one-time link by which a person becomes an admin."`
	ResetFactor adminResetFactorCommand `cmd:"" help:"Take a person's second factors away: the last way back."`
}

type adminLinkCommand struct {
	databaseFlag
	PublicURL string `help:"Where browsers reach Purse." default:"http://localhost:8080" env:"PURSE_PUBLIC_URL"`
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

type adminResetFactorCommand struct {
	databaseFlag
	Email string `arg:"" help:"Whose."`
}

func (a *adminResetFactorCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := a.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	if err := c.accounts.ResetNow(ctx, audit.Actor{ID: "cli"}, a.Email); err != nil {
		return err
	}
	fmt.Println("The second factors and sessions of " + a.Email + " are gone. The password alone signs in now; who is staff adds a new factor then.")
	return nil
}
