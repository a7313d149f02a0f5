package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
)

type adminCommands struct {
	Link        adminLinkCommand        `cmd:"" help:"Print a one-time link by which a person becomes an admin. Links that were made before end."`
	List        adminListCommand        `cmd:"" help:"List the staff: addresses and roles."`
	Remove      adminRemoveCommand      `cmd:"" help:"Take a person out of the staff. The last admin stays."`
	ResetFactor adminResetFactorCommand `cmd:"" help:"Take a person's second factors away: the last way back."`
}

type adminLinkCommand struct {
	databaseFlag
	PublicURL string `help:"Where browsers reach Purse, where that is not the address of its last start." env:"PURSE_PUBLIC_URL"`
}

func (a *adminLinkCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := a.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	base := a.PublicURL
	if base == "" {
		if base, err = lastAddress(ctx, c.db); err != nil {
			return err
		}
	}
	if base == "" {
		base = "http://localhost:8080"
		fmt.Fprintln(os.Stderr, "No server has run on this database yet: the link says "+base+". Say where yours will be with --public-url or PURSE_PUBLIC_URL.")
	}
	secret, err := c.accounts.AdminLink(ctx, audit.Actor{ID: "cli"})
	if err != nil {
		return err
	}
	fmt.Println(strings.TrimRight(base, "/") + account.LinkAdmin.Path(secret))
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

type adminListCommand struct {
	databaseFlag
}

// Run prints a line for each of the staff: address, role, and since when the
// account exists.
func (a *adminListCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := a.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	staff, err := c.accounts.Staff(ctx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, u := range staff {
		fmt.Fprintf(w, "%s\t%s\t%s\n", u.Email, u.Staff, u.CreatedAt.Format(time.DateOnly))
	}
	return w.Flush()
}

type adminRemoveCommand struct {
	databaseFlag
	Email string `arg:"" help:"Whose access to the console ends."`
}

func (a *adminRemoveCommand) Run(ctx context.Context, log *slog.Logger) error {
	c, err := a.open(ctx, log)
	if err != nil {
		return err
	}
	defer c.db.Close()
	u, err := c.accounts.UserByEmail(ctx, a.Email)
	if err == nil {
		u, err = c.accounts.SetStaff(ctx, audit.Actor{ID: "cli"}, u.ID, account.NoStaff)
	}
	if fault.Is(err, fault.NotFound) {
		return fmt.Errorf("%s is none of the staff: see `purse admin list`", a.Email)
	}
	if err != nil {
		return err
	}
	fmt.Println(u.Email, "is no longer one of the staff")
	return nil
}
