package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
)

// The demo goes on as its history was: each customer uses about as much an hour, in
// requests of the same sizes, and stays what its name says, also when the machine
// slept or the sandbox's clock was moved: see demo_gap.go.

// atOnce is how many requests each customer makes as soon as the demo runs.
const atOnce = 3

var demoCallers = []string{"checkout-bot", "search", "support-assistant"}

// live keeps the demo alive until ctx ends.
func (d *demo) live(ctx context.Context, a *app) {
	a.clock.Accompany(demoStep, func(ctx context.Context) error { return d.keep(ctx, a) })
	var all sync.WaitGroup
	all.Go(func() { d.flow(ctx, a) })
	all.Go(func() { d.keepUp(ctx, a) })
	all.Wait()
}

// flow reports usage of every demo customer through the API, as the vendor's
// backend would, until ctx ends.
func (d *demo) flow(ctx context.Context, a *app) {
	api := newClient("http://"+browserHost(a.listener.Addr()), d.key)
	run := id.New("run", time.Now())
	var all sync.WaitGroup
	for i, c := range d.who {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), uint64(i)))
			for n := 0; ; n++ {
				pause := time.Second
				if n >= atOnce {
					pause = time.Duration(float64(c.pause(a.now())) * rng.ExpFloat64())
				}
				select {
				case <-ctx.Done():
					return
				case <-time.After(pause):
				}
				if err := d.request(ctx, a, api, c, fmt.Sprintf("%s-%d", run, n), rng); err != nil && ctx.Err() == nil {
					a.log.Warn("demo traffic", "customer", c.key, "error", err)
				}
			}
		})
	}
	all.Wait()
}

// pause is how long it takes on average until a customer's next request.
func (c demoCustomer) pause(now time.Time) time.Duration {
	if c.allowance > 0 { // they are refused, and cost nothing
		return 30 * time.Second
	}
	return time.Duration(usualCost / (c.hourly() * busy(now)) * float64(time.Hour))
}

// request makes one request now, after all that came before it.
func (d *demo) request(ctx context.Context, a *app, api *client, c demoCustomer, eventID string, rng *rand.Rand) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	customer, err := a.accounts.Customer(ctx, "ext:"+c.key)
	if err != nil {
		return err
	}
	if err := d.catchUp(ctx, a, c, customer.ID); err != nil {
		return err
	}
	r := randomRequest(rng)
	if err := d.topUp(ctx, a, c, ledger.WalletKey{Customer: customer.ID, CreditType: "credits"}, money.Credits(r.cost()*money.Micro)); err != nil {
		return err
	}
	err = api.post(ctx, "/v1/usage", map[string]any{
		"id": eventID, "customer": "ext:" + c.key, "event": demoEvent, "caller": demoCallers[rng.IntN(len(demoCallers))], "properties": r.properties(),
	}, nil)
	var p *problem
	if errors.As(err, &p) && p.Status == http.StatusPaymentRequired {
		return nil
	}
	return err
}
