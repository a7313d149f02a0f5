package main

import (
	"fmt"
	"sync"
	"testing"

	"purse/billing/fault"
	"purse/billing/purchase"
	"purse/handlers/sandbox"
)

// A Checkout that cannot be opened for sure is opened by trying again with the
// same form, and once only.
func TestAnUnknownAnswerToOpeningACheckout(t *testing.T) {
	for _, action := range []string{sandbox.FaultError, sandbox.FaultErrorAfter, sandbox.FaultDropAfter, sandbox.FaultRateLimit} {
		for _, path := range []string{"/v1/checkout/sessions", "/v1/customers"} {
			t.Run(action+" "+path, func(t *testing.T) {
				t.Parallel() // most of it is waiting
				w, c := shopWorld(t)
				w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: action, Method: "POST", Path: path, Count: 1}}})
				p, err := w.begin(c, 0, "nonce")
				if err != nil {
					if !fault.Is(err, fault.Unavailable) {
						t.Fatalf("the first try failed with %v, which does not say that it may be tried again", err)
					}
					p, err = w.begin(c, 0, "nonce") // the buyer presses the button again
				}
				w.check(err)
				if p.State != purchase.Created || p.CheckoutURL == "" {
					t.Fatalf("%+v", p)
				}
				w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
				w.waitState(p, purchase.Paid)
				w.granted(c, 1, "1000")
				list := w.api("GET", "/v1/customers/"+c.ID+"/grants", "")
				if len(list.at("data").([]any)) != 1 {
					t.Errorf("%s", list.body)
				}
			})
		}
	}
}

func TestTwoTabs(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	t.Run("one after the other", func(t *testing.T) {
		w.TB = t
		first, second := w.mustBegin(c, 0), w.mustBegin(c, 0)
		if s := w.state(first).State; s != purchase.Expired {
			t.Errorf("the older one is %s", s)
		}
		if err := w.pay(first.CheckoutSession, "pm_card_visa"); err == nil {
			t.Error("the older Checkout could still be paid")
		}
		w.check(w.pay(second.CheckoutSession, "pm_card_visa"))
		w.waitState(second, purchase.Paid)
		w.granted(c, 1, "1000")
	})
	t.Run("the older is being paid meanwhile", func(t *testing.T) {
		w.TB = t
		w.faults(dropAll)
		c := w.customer("meanwhile", "")
		first := w.mustBegin(c, 0)
		w.check(w.pay(first.CheckoutSession, "pm_card_visa"))
		w.mustBegin(c, 0)
		if s := w.state(first).State; s != purchase.Paid {
			t.Errorf("the older one was paid and is %s", s)
		}
		w.granted(c, 1, "1000")
		w.faults(sandbox.Faults{})
	})
	t.Run("the same form twice at once", func(t *testing.T) {
		w.TB = t
		c := w.customer("double", "")
		sessions := sync.Map{}
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				p, err := w.begin(c, 0, "same")
				if err != nil {
					t.Error(err)
					return
				}
				sessions.Store(p.CheckoutSession, p)
			})
		}
		all.Wait()
		n := 0
		sessions.Range(func(k, _ any) bool { n++; return k != "" })
		if n != 1 {
			t.Errorf("%d Checkouts", n)
		}
	})
	t.Run("many at the same moment", func(t *testing.T) {
		w.TB = t
		for round := range 5 {
			c := w.customer(fmt.Sprint("race", round), "")
			var mu sync.Mutex
			var begun []*purchase.Purchase
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					p, err := w.begin(c, 0, "")
					if err != nil && !fault.Is(err, fault.Conflict) {
						t.Error(err)
					}
					if err == nil {
						mu.Lock()
						begun = append(begun, p)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			payable := 0
			for _, p := range begun {
				if w.pay(p.CheckoutSession, "pm_card_visa") == nil {
					payable++
					w.waitState(p, purchase.Paid)
				}
			}
			if payable > 1 {
				t.Errorf("%d Checkouts of one pack could be paid", payable)
			}
			if payable == 0 {
				t.Error("none of the Checkouts could be paid")
			}
			n, _ := w.grantsOf(c.ID)
			if n != payable {
				t.Errorf("%d payments and %d grants", payable, n)
			}
		}
	})
}
