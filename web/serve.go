package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/job"
)

// stopTime is how long requests have to end after the signal to stop.
const stopTime = 20 * time.Second

type serveCommand struct{ settings }

func (c *serveCommand) Run(ctx context.Context, log *slog.Logger) error {
	if c.DB == "" {
		c.DB = "purse.db"
	}
	a, err := newApp(ctx, c.settings, log, time.Now)
	if err != nil {
		return err
	}
	return a.run(ctx, func(ctx context.Context) error {
		fmt.Fprintf(os.Stdout, "Purse is at %s\n", a.settings.PublicURL)
		a.settings.warn(os.Stdout)
		if a.sandbox != nil {
			fmt.Fprintf(os.Stdout, "The Stripe sandbox and its mailbox are at %s (no money moves)\n", a.sandboxPage("/"))
		}
		has, err := a.accounts.HasAdmin(ctx)
		if err != nil || has {
			return err
		}
		secret, err := a.accounts.AdminLink(ctx, audit.System)
		if err == nil {
			fmt.Fprintf(os.Stdout, "Nobody is an admin yet. Open this once, within a day:\n  %s\n", a.settings.PublicURL+account.LinkAdmin.Path(secret))
		}
		return err
	})
}

// run serves until ctx ends, then stops in order: no new requests, those that
// were accepted are answered, what the ledger was given is decided, jobs that
// run end, the database closes. started is called once everything runs.
func (a *app) run(ctx context.Context, started func(context.Context) error) error {
	var running sync.WaitGroup
	begin := func(f func(context.Context)) (stop func()) {
		inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
		done := make(chan struct{})
		running.Go(func() { defer close(done); f(inner) })
		return func() { cancel(); <-done }
	}
	logged := func(name string, f func(context.Context) error) func(context.Context) {
		return func(ctx context.Context) {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				a.log.Error(name+" ended", "error", err)
			}
		}
	}
	stopEngine := begin(a.ledger.Run)
	stopRecharges := begin(logged("recharges", a.recharges.Watch))
	stopAccounts := begin(logged("accounts", a.accounts.Run))
	stopEndpoints := begin(logged("webhooks", a.endpoints.Run))
	failed := make(chan error, 2)
	servers := a.servers()
	for i, l := range []net.Listener{a.listener, a.sandboxListener} {
		if i < len(servers) {
			running.Go(func() {
				if err := servers[i].Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
					failed <- err
				}
			})
		}
	}
	stopClock := func() {}
	if a.clock != nil {
		stopClock = begin(logged("the test clock", a.clock.Run))
	}
	stopJobs := begin(logged("jobs", a.jobs.Run))
	err := started(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = nil // asked to stop before it had said that it started
	}
	if err == nil {
		select {
		case <-ctx.Done():
			a.log.Info("stopping")
		case err = <-failed:
		}
	}
	a.hub.Close() // open pages and streams would keep the server from ending
	a.endpoints.Close()
	stop, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	err = errors.Join(err, servers[0].Shutdown(stop))
	stopClock()
	stopRecharges()
	stopEndpoints()
	stopJobs()
	stopEngine()
	// The rows of wallets that are behind their entries: the next start would
	// bring them up to date too, but what is at rest should say it all.
	if _, err := a.ledger.Sweep(stop); err != nil {
		a.log.Warn("the ledger was not written back; the next start does it", "error", err)
	}
	stopAccounts()
	for _, s := range servers[1:] {
		err = errors.Join(err, s.Shutdown(stop))
	}
	running.Wait()
	return errors.Join(err, a.close())
}

// sweepLedger writes down what has expired in wallets that nobody touches.
func (a *app) sweepLedger(ctx context.Context, _ job.Job) error {
	_, err := a.ledger.Sweep(ctx)
	return err
}

func (a *app) sweepAccounts(ctx context.Context, _ job.Job) error {
	return errors.Join(a.accounts.Sweep(ctx), a.accounts.Forget(ctx))
}
