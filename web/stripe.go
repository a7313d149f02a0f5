package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"purse/billing/stripepay"
	"purse/billing/tx"
	"purse/db"
)

type stripeCommands struct {
	Setup stripeSetupCommand `cmd:"" help:"Make the webhook endpoint at Stripe and print its signing secret."`
	Check stripeCheckCommand `cmd:"" help:"Check the key's permissions and the webhook endpoint."`
}

type stripeSettings struct {
	StripeSecretKey string `help:"Stripe's secret or restricted key." env:"STRIPE_SECRET_KEY"`
	PublicURL       string `help:"Where Stripe reaches Purse." env:"PURSE_PUBLIC_URL" required:""`
	StripeURL       string `help:"Another address of Stripe: the sandbox's." env:"PURSE_STRIPE_URL" hidden:""`
}

func (s *stripeSettings) gateway(log *slog.Logger) (*stripepay.Gateway, error) {
	if s.StripeSecretKey == "" {
		return nil, errors.New("STRIPE_SECRET_KEY is not set")
	}
	return stripepay.New(stripepay.Config{Key: s.StripeSecretKey, URL: s.StripeURL, Logger: log})
}

func (s *stripeSettings) endpoint() string {
	return strings.TrimRight(s.PublicURL, "/") + "/webhooks/stripe"
}

type stripeSetupCommand struct{ stripeSettings }

func (c *stripeSetupCommand) Run(ctx context.Context, log *slog.Logger) error {
	g, err := c.gateway(log)
	if err != nil {
		return err
	}
	defer g.Close()
	e, err := g.Setup(ctx, c.endpoint(), "")
	if err != nil {
		return err
	}
	for _, id := range e.Ended {
		fmt.Println("There was another endpoint for the same address,", id+": it was deleted.")
	}
	if e.Secret == "" {
		if len(e.Added) > 0 {
			fmt.Println("It sends more now:", strings.Join(e.Added, ", ")+".")
		}
		fmt.Println("The endpoint", c.endpoint(), "exists and is up to date. Stripe shows its signing secret in the dashboard.")
		return nil
	}
	fmt.Println("Made the endpoint", c.endpoint(), "at Stripe. Set:")
	fmt.Println("STRIPE_WEBHOOK_SECRET=" + e.Secret)
	return nil
}

type stripeCheckCommand struct {
	stripeSettings
	databaseFlag
}

func (c *stripeCheckCommand) Run(ctx context.Context, log *slog.Logger) error {
	g, err := c.gateway(log)
	if err != nil {
		return err
	}
	defer g.Close()
	findings, err := g.Check(ctx, c.endpoint())
	if err != nil {
		return err
	}
	if err := c.otherCurrencies(ctx, log); err != nil { // of an older release, say: the key is what is checked
		fmt.Printf("note  Whether buyers have paid in other currencies cannot be read from %s: %s\n", c.DB, err)
	}
	failed := slices.DeleteFunc(slices.Clone(findings), func(f stripepay.Finding) bool { return f.OK })
	for _, f := range failed {
		fmt.Printf("FAIL  %s: %s\n", f.What, f.Detail)
	}
	if len(failed) > 0 {
		return exitCode(1)
	}
	fmt.Printf("ok: %s; the key has all rights, and the endpoint sends all events\n", findings[0].Detail)
	return nil
}

// otherCurrencies says whether buyers have paid in other currencies, as far as there is
// a database that knows. It is no fault: what was sold is what the invoice says.
func (c *stripeCheckCommand) otherCurrencies(ctx context.Context, log *slog.Logger) error {
	if _, err := os.Stat(c.DB); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	k, err := c.open(ctx, log)
	if err != nil {
		return err
	}
	defer k.db.Close()
	return k.db.View(ctx, func(t tx.Tx) error {
		n, last, err := db.PurchaseStore{}.OtherCurrencies(t)
		if err == nil && n > 0 {
			fmt.Printf("note  Adaptive Pricing is on for hosted invoices: %d of them were paid in another currency, the last on %s. Credits and reports go by the invoice. Turn it off at %s\n",
				n, last.Format(time.DateOnly), stripepay.AdaptivePricingPage)
		}
		return err
	})
}
