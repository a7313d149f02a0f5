package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"purse/billing/id"
)

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
				pause := time.Duration(float64(c.every) * (0.3 + rng.ExpFloat64()*0.7))
				select {
				case <-ctx.Done():
					return
				case <-time.After(pause):
				}
				r := randomRequest(rng).costing(c.live * busy(a.now()) * c.every.Hours())
				err := api.post(ctx, "/v1/usage", map[string]any{
					"id": fmt.Sprintf("%s-%d", run, n), "customer": "ext:" + c.key, "event": demoEvent,
					"caller": demoCallers[rng.IntN(len(demoCallers))], "properties": r.properties(),
				}, nil)
				var p *problem
				if err != nil && ctx.Err() == nil && (!errors.As(err, &p) || p.Status != http.StatusPaymentRequired) {
					a.log.Warn("demo traffic", "customer", c.key, "error", err)
				}
			}
		})
	}
	all.Wait()
}

// payInSandbox completes a Checkout with a test card, by the calls that
// Stripe's own command-line client uses.
func payInSandbox(ctx context.Context, base, session, card string, amount int64) error {
	form := url.Values{"payment_method": {card}, "expected_amount": {fmt.Sprint(amount)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/v1/payment_pages/"+session+"/confirm", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+sandboxKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(res.Body, 2000))
		return fmt.Errorf("the sandbox answered %s: %s", res.Status, b)
	}
	return nil
}
