package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/usage"
)

const (
	keepEvery = 15 * time.Second
	gapFrom   = 5 * time.Minute     // without usage, after which it is filled
	gapMost   = 30 * 24 * time.Hour // that is filled: events may not be older by much
	// demoStep is how far the sandbox's clock jumps at once in the last week of a
	// move, so that the demo's usage is booked in the hour in which it was.
	demoStep = time.Hour
	// allowanceEvery is how often a customer that has nothing gets a little.
	allowanceEvery = 2 * time.Hour
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

// keep fills what is missing of the usage until now, and sees to the balances.
func (d *demo) keep(ctx context.Context, a *app) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.who {
		customer, err := a.accounts.Customer(ctx, "ext:"+c.key)
		if err != nil {
			return err
		}
		if err := d.catchUp(ctx, a, c, customer.ID); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		if err := d.topUp(ctx, a, c, ledger.WalletKey{Customer: customer.ID, CreditType: "credits"}, 0); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// catchUp writes what a customer used until now since its usage was last written,
// hour by hour, with what comes in on the way. While time passes as usual there is
// nothing to write: the live requests are all there is.
func (d *demo) catchUp(ctx context.Context, a *app, c demoCustomer, customer string) error {
	now := a.now()
	k := ledger.WalletKey{Customer: customer, CreditType: "credits"}
	from, known := d.upTo[c.key]
	if !known {
		var err error
		if from, err = lastUse(ctx, a, k, now); err != nil {
			return err
		}
	}
	if from.Before(now.Add(-gapMost)) {
		from = now.Add(-gapMost)
	}
	for step := allowanceEvery; c.allowance > 0; {
		at := from.Truncate(step).Add(step)
		if at.After(now) {
			break
		}
		if err := d.allow(ctx, a, c, k, at, now); err != nil {
			return err
		}
		from = at
	}
	for c.allowance == 0 && now.Sub(from) >= gapFrom {
		to := from.Truncate(time.Hour).Add(time.Hour)
		if to.After(now) {
			to = now
		}
		if err := d.fill(ctx, a, c, k, from, to); err != nil {
			return err
		}
		from = to
		d.upTo[c.key] = to
	}
	d.upTo[c.key] = now
	return nil
}

// lastUse is until when usage of a wallet is there: the end of the last hour that
// has some.
func lastUse(ctx context.Context, a *app, k ledger.WalletKey, now time.Time) (last time.Time, err error) {
	err = a.db.View(ctx, func(t tx.Tx) error {
		b, err := a.ledger.Balance(t, k)
		if err != nil {
			return err
		}
		rows, err := a.ledger.Used(t, b.Wallet, now.Add(-gapMost), now)
		for _, r := range rows {
			if end := r.Hour.Add(time.Hour); end.After(last) {
				last = end
			}
		}
		return err
	})
	if last.After(now) {
		last = now
	}
	return last, err
}

// fill writes what a customer would have used in a part of an hour. Its ids and
// sizes are always the same, so that what was interrupted goes on.
func (d *demo) fill(ctx context.Context, a *app, c demoCustomer, k ledger.WalletKey, from, to time.Time) error {
	rng := rand.New(rand.NewPCG(uint64(from.Unix()), uint64(len(c.key))))
	requests := randomRequests(rng, c.hourly()*busy(from)*to.Sub(from).Hours()*(0.8+0.4*rng.Float64()))
	if err := d.topUp(ctx, a, c, k, money.Credits(costOf(requests)*money.Micro)); err != nil {
		return err
	}
	return d.recordAll(ctx, a, c, k, requests, from, to, rng)
}

// recordAll books requests that were made between two instants.
func (d *demo) recordAll(ctx context.Context, a *app, c demoCustomer, k ledger.WalletKey, requests []request, from, to time.Time, rng *rand.Rand) error {
	var events []usage.Event
	for i, r := range requests {
		at := from.Add(to.Sub(from) * time.Duration(i) / time.Duration(len(requests)))
		e := must(r.event(fmt.Sprintf("%s-gap%d-%d", c.key, from.Unix(), i), k.Customer, at))[0]
		e.Mode, e.Caller = usage.Record, demoCallers[rng.IntN(len(demoCallers))]
		events = append(events, e)
	}
	return reportAll(ctx, a, events)
}

// allow gives a customer that has nothing its allowance, which its requests of the
// next minutes use up to the last.
func (d *demo) allow(ctx context.Context, a *app, c demoCustomer, k ledger.WalletKey, at, now time.Time) error {
	err := a.db.Update(ctx, func(t tx.Tx) error {
		_, err := a.ledger.ApplyOne(t, &ledger.Command{
			Key: ledger.NewKey("demo", c.key, fmt.Sprint(at.Unix())), Note: ledger.Note{Actor: "demo", Reason: "Demo: an allowance that is used up at once"},
			Op: ledger.NewGrant{Wallet: k, Credits: c.allowance, Kind: ledger.Included, Priority: ledger.DefaultPriority},
		})
		return err
	})
	if err != nil {
		return err
	}
	to := at.Add(50 * time.Minute)
	if to.After(now) {
		to = now
	}
	rng := rand.New(rand.NewPCG(uint64(at.Unix()), uint64(len(c.key))))
	requests := randomRequests(rng, 0.9*float64(c.allowance)/money.Micro)
	for microOf(requests) > int64(c.allowance) {
		requests = requests[:len(requests)-1]
	}
	last := request{model: "small"} // what is left, in tokens of input
	for left := int64(c.allowance) - microOf(requests); left > 0; left -= last.micro() {
		last.input = min(left/smallIn, 4_000)
		requests = append(requests, last)
	}
	return d.recordAll(ctx, a, c, k, requests, at, to, rng)
}

// microOf is what requests cost, in micro-credits.
func microOf(requests []request) (sum int64) {
	for _, r := range requests {
		sum += r.micro()
	}
	return sum
}

// topUp brings credits where a customer would have too few after some use: packs
// for one that buys, a small allowance for one that runs low.
func (d *demo) topUp(ctx context.Context, a *app, c demoCustomer, k ledger.WalletKey, need money.Credits) error {
	if c.least == 0 {
		return nil // who has nothing is refused, and needs no help
	}
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
