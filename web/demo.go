package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/schedule"
)

// demoCommand runs everything with the sandbox, seeds, and lets usage flow in.
type demoCommand struct{ settings }

func (c *demoCommand) Run(ctx context.Context, log *slog.Logger) error {
	if c.DB == "" {
		c.DB = "demo.db"
	}
	if c.StripeSecretKey != "" {
		return errors.New("the demo runs in the sandbox only: unset STRIPE_SECRET_KEY, or use `purse serve`")
	}
	c.Sandbox, c.PromotionCodes = true, true
	if c.ScheduleDiscount == nil {
		c.ScheduleDiscount = map[string]int{string(schedule.Yearly): 10}
	}
	if c.Brand == "Purse" {
		c.Brand = "Demo API"
	}
	clock := &movableClock{}
	a, err := newApp(ctx, c.settings, log, clock.Now)
	if err != nil {
		return err
	}
	a.accounts.Exempt = func(u account.User) bool { return u.Email == demoAdmin } // one click signs in
	var traffic sync.WaitGroup
	defer traffic.Wait()
	traffic.Go(func() {})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	return a.run(ctx, func(ctx context.Context) error {
		d, err := seed(ctx, a, clock)
		if err != nil {
			return fmt.Errorf("demo data: %w", err)
		}
		d.print(os.Stdout, a)
		// The reports were made while the clock stood in the history.
		if err := a.reports.Export(ctx); err != nil && ctx.Err() == nil {
			log.Warn("the demo's reports are made later", "error", err)
		}
		traffic.Go(func() { d.live(ctx, a) })
		return nil
	})
}

// movableClock is the real time, but for the seconds in which the demo writes
// its history.
type movableClock struct {
	mu sync.Mutex
	at time.Time // zero: the real time
}

func (c *movableClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// settable is a clock that stands at a time, or at zero goes on as the real one.
type settable interface{ set(at time.Time) }

func (c *movableClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// print tells a newcomer where to look.
func (d *demo) print(w *os.File, a *app) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	base := a.settings.PublicURL
	p("")
	p("  Purse runs with the Stripe sandbox: no money moves. Stop it with Ctrl-C.")
	p("")
	p("  Portal         %s/sign-up   (be a new customer)", base)
	p("  Admin console  %s/admin", base)
	p("  API docs       %s/docs", base)
	p("  Sandbox        %s   (objects, events, faults)", a.sandboxPage("/"))
	p("  Test cards     %s   (and at Checkout, where the code SAVE20 takes 20%% off)", a.sandboxPage("/cards"))
	p("  Mailbox        %s", a.sandboxPage("/mail"))
	a.settings.warn(w)
	p("")
	p("  Sign in, once by each link:")
	for _, l := range d.links {
		p("  %-14s %s%s", l.name, base, account.LinkSignIn.Path(l.secret))
	}
	p("  New links      %s", a.sandboxPage("/people"))
	p("  Some acts ask for the password again. It is: %s", demoPassword)
	p("")
	p("  Usage flows in through the API. To report some yourself:")
	p("  curl %s/v1/usage -H 'Authorization: Bearer %s' -d '{\"id\":\"my-first\",\"customer\":\"ext:demo-healthy\",\"event\":\"%s\",\"properties\":{\"model\":\"large\",\"input_tokens\":4808,\"output_tokens\":10}}'",
		base, d.key, demoEvent)
	p("")
}
