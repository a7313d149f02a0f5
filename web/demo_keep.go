package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/usage"
)

// The demo goes on as its history was: each customer uses about as much an hour,
// and stays what its name says, also when the machine slept or the sandbox's clock
// was moved.
const (
	keepEvery   = 15 * time.Second
	gapFrom     = 30 * time.Minute    // without usage, after which it is filled
	gapMost     = 30 * 24 * time.Hour // that is filled
	gapRequests = 6                   // an hour
)

// keepUp keeps customers what their names say until ctx ends.
func (d *demo) keepUp(ctx context.Context, a *app) {
	for tick := time.NewTicker(keepEvery); ; {
		if err := d.keep(ctx, a); err != nil && ctx.Err() == nil {
			a.log.Warn("demo", "error", err)
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// keep fills gaps in the usage and sees to the balances.
func (d *demo) keep(ctx context.Context, a *app) error {
	for _, c := range d.who {
		if c.perHour == 0 || c.least == 0 {
			continue // who has nothing is refused, and needs no help
		}
		customer, err := a.accounts.Customer(ctx, "ext:"+c.key)
		if err != nil {
			return err
		}
		k := ledger.WalletKey{Customer: customer.ID, CreditType: "credits"}
		gap, need := d.gap(ctx, a, c, k)
		if err := d.topUp(ctx, a, c, k, need); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		for len(gap) > 0 {
			n := min(len(gap), usage.MaxBatch)
			outcomes, err := a.usage.Report(ctx, usage.Reporter{MayBackdate: true}, gap[:n])
			if err != nil {
				return err
			}
			for _, o := range outcomes {
				if o.Err != nil && !fault.Is(o.Err, fault.Conflict) {
					return o.Err
				}
			}
			gap = gap[n:]
		}
	}
	return nil
}

// gap is what a customer would have used since its last request, and about what
// that costs.
func (d *demo) gap(ctx context.Context, a *app, c demoCustomer, k ledger.WalletKey) (events []usage.Event, need money.Credits) {
	now := a.now()
	last := now
	_ = a.db.View(ctx, func(t tx.Tx) error {
		page, err := a.ledger.Postings(t, ledger.Query{Wallet: k, Kind: ledger.PostDebit, Limit: 1})
		if err == nil && len(page.Postings) > 0 {
			last = page.Postings[0].At
		}
		return err
	})
	if now.Sub(last) < gapFrom {
		return nil, 0
	}
	if now.Sub(last) > gapMost {
		last = now.Add(-gapMost)
	}
	rng := rand.New(rand.NewPCG(uint64(last.Unix()), uint64(len(c.key))))
	for at := last.Truncate(time.Hour).Add(time.Hour); at.Before(now); at = at.Add(time.Hour) {
		for i := range gapRequests {
			r := randomRequest(rng).costing(c.live * busy(at) / gapRequests)
			need += money.Credits(r.cost() * money.Micro)
			happened := at.Add(-time.Duration(rng.IntN(3500)) * time.Second)
			for _, e := range must(r.event(fmt.Sprintf("%s-gap%d-%d", c.key, at.Unix(), i), k.Customer, happened)) {
				e.Mode, e.Backdated, e.Caller = usage.Record, true, demoCallers[rng.IntN(len(demoCallers))]
				events = append(events, e)
			}
		}
	}
	return events, need
}

// topUp brings credits where a customer would have too few after some use: packs
// for one that buys, a small allowance for one that runs low.
func (d *demo) topUp(ctx context.Context, a *app, c demoCustomer, k ledger.WalletKey, need money.Credits) error {
	for range 20 {
		left, err := demoAvailable(ctx, a, k)
		if err != nil || left-need >= c.least {
			return err
		}
		if c.buys == 0 {
			return a.db.Update(ctx, func(t tx.Tx) error {
				_, err := a.ledger.ApplyOne(t, &ledger.Command{
					Note: ledger.Note{Actor: "demo", Reason: "Demo: an allowance that keeps it running low"},
					Op: ledger.NewGrant{
						Wallet: k, Credits: c.leave - left + need, Kind: ledger.Included, Priority: ledger.DefaultPriority, ExpiresAt: t.Now().Add(gapMost),
					},
				})
				return err
			})
		}
		user, err := a.accounts.UserByEmail(ctx, c.email)
		if err != nil {
			return err
		}
		if err := demoPurchase(ctx, a, k.Customer, user.ID, "Team", fmt.Sprint("demo-live-", a.now().UnixMilli())); err != nil {
			return err
		}
	}
	return nil
}

var demoCallers = []string{"checkout-bot", "search", "support-assistant"}
