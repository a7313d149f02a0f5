package recharge_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/charge"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

var apiFaults = []string{sandbox.FaultError, sandbox.FaultErrorAfter, sandbox.FaultDropAfter, sandbox.FaultRateLimit, sandbox.FaultConflict}

// Every fault at every call of a recharge: one payment, the credits once.
func TestUnknownOutcomes(t *testing.T) {
	calls := map[string]func(path string) bool{
		"create":   func(p string) bool { return p == "/v1/invoices" },
		"item":     func(p string) bool { return p == "/v1/invoiceitems" },
		"finalize": func(p string) bool { return strings.HasSuffix(p, "/finalize") },
		"pay":      func(p string) bool { return strings.HasSuffix(p, "/pay") },
	}
	for name, is := range calls {
		for _, fault := range apiFaults {
			for _, times := range []int32{1, 3} {
				t.Run(fmt.Sprintf("%s %s %d times", name, fault, times), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t)
					card := w.saved("pm_card_visa")
					var left atomic.Int32
					left.Store(times)
					w.onRequest(func(r *http.Request) {
						if r.Method == http.MethodPost && is(r.URL.Path) && left.Add(-1) >= 0 {
							_ = w.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: fault, Method: "POST", Path: r.URL.Path, Count: 1}}})
						}
					})
					w.save(w.settings(card))
					w.until("paid", func() bool { w.move(10 * time.Second); return w.count(recharge.Succeeded) == 1 })
					w.deliver()
					w.idle()
					if n, sum := w.charged(); n != 1 || sum != 2500 || w.available() != 25*money.Micro || len(w.runs()) != 1 {
						t.Errorf("%d charges of %d, %s available, %d runs", n, sum, w.available(), len(w.runs()))
					}
				})
			}
		}
	}
}

// When Stripe is silent for a day, nothing is sent again: the invoice is looked
// for. Found, it is paid once; absent, the recharge has failed, and only then
// may another begin.
func TestSilentDay(t *testing.T) {
	for _, made := range []bool{true, false} {
		t.Run("made "+strconv.FormatBool(made), func(t *testing.T) {
			w := newWorld(t)
			card := w.saved("pm_card_visa")
			first, rest := sandbox.FaultDropAfter, sandbox.FaultError
			if !made {
				first = sandbox.FaultError
			}
			w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: first, Method: "POST", Path: "/v1/invoices", Count: 1}, {Action: rest, Path: "/v1/invoice", Count: -1}}})
			w.save(w.settings(card))
			w.until("sent", func() bool { return w.runs()[0].Unknowns > 0 })
			var late atomic.Int32
			w.move(charge.KeyLife + time.Minute)
			w.onRequest(func(r *http.Request) {
				if r.Method == http.MethodPost && r.URL.Path == "/v1/invoices" {
					late.Add(1)
				}
			})
			w.move(time.Hour)
			if late.Load() != 0 || len(w.runs()) != 1 || w.runs()[0].State() != recharge.Pending {
				t.Fatalf("sent again %d times, %d runs", late.Load(), len(w.runs()))
			}
			w.faults(sandbox.Faults{})
			w.until("settled", func() bool { w.move(20 * time.Minute); return w.count(recharge.Succeeded) == 1 })
			want := 1
			if !made {
				want = 2
			}
			if n, _ := w.charged(); n != 1 || len(w.runs()) != want || w.available() != 25*money.Micro {
				t.Errorf("%d charges, %d runs, %s available", n, len(w.runs()), w.available())
			}
		})
	}
}

// TestCooldownCountsFromTheCharge: a recharge that an outage has delayed is followed
// by the next one after the cool-down, not at once.
func TestCooldownCountsFromTheCharge(t *testing.T) {
	w := newWorld(t)
	card := w.saved("pm_card_visa")
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Path: "/v1/invoice", Count: -1}}})
	w.save(w.settings(card))
	w.until("sent", func() bool { return w.runs()[0].Unknowns > 0 })
	w.move(2 * time.Hour)
	w.faults(sandbox.Faults{})
	w.until("paid", func() bool { w.move(time.Minute); return w.count(recharge.Succeeded) == 1 })
	for range 5 {
		w.use(5 * money.Micro)
	}
	w.idle()
	if n, _ := w.charged(); n != 1 || !strings.Contains(w.policy().Note, "At most one recharge") {
		t.Errorf("%d charges, the policy says %q", n, w.policy().Note)
	}
}

// rounds is how many a storm has; PURSE_ROUNDS asks for more.
func rounds(least int) int {
	if n, err := strconv.Atoi(os.Getenv("PURSE_ROUNDS")); err == nil {
		return n
	}
	return least
}

// storm uses 25 credits in 200 debits at once.
func (w *world) storm() {
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() { w.use(25 * money.Micro / 200) })
	}
	all.Wait()
}

// Each time that concurrent usage crosses the threshold, there is one payment,
// whatever goes wrong on the way to Stripe.
func TestRechargeStorm(t *testing.T) {
	w := newWorld(t)
	w.give(30 * money.Micro)
	s := w.settings(w.saved("pm_card_visa"))
	s.Cap.Amount = 90_000_00
	w.save(s)
	n := rounds(25)
	for round := 1; round <= n; round++ {
		var f sandbox.Faults
		for range rand.IntN(4) {
			f.API = append(f.API, sandbox.APIFault{Action: apiFaults[rand.IntN(len(apiFaults))], Path: "/v1/invoice", Count: 1 + rand.IntN(2)})
		}
		w.faults(f)
		w.storm()
		w.until("round "+strconv.Itoa(round), func() bool {
			if w.count(recharge.Succeeded) == round {
				return true
			}
			w.move(5 * time.Second)
			return false
		})
		if len(w.runs()) != round || w.available() != 30*money.Micro {
			t.Fatalf("round %d: %d runs, %s available", round, len(w.runs()), w.available())
		}
		w.move(65 * time.Minute) // past the cool-down, and fewer than 24 a day
	}
	w.deliver()
	w.idle()
	if w.available() != 30*money.Micro || w.count(recharge.Succeeded) != n {
		t.Errorf("%s available, %d succeeded", w.available(), w.count(recharge.Succeeded))
	}
	w.verify()
}

// However much is used at once, the cap is not exceeded.
func TestCapStorm(t *testing.T) {
	w := newWorld(t)
	w.earlyInMonth()
	w.give(30 * money.Micro)
	s := w.settings(w.saved("pm_card_visa"))
	s.Cap.Amount = 3*2500 + 2499
	w.save(s)
	for range 8 {
		w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: apiFaults[rand.IntN(len(apiFaults))], Path: "/v1/invoice", Count: 2}}})
		w.storm()
		for range 8 {
			w.move(2 * time.Minute)
			time.Sleep(5 * time.Millisecond)
		}
	}
	w.until("ended", func() bool { w.move(time.Minute); return w.count(recharge.Pending) == 0 })
	if n, sum := w.charged(); n != 3 || sum > s.Cap.Amount || w.policy().State != recharge.Capped {
		t.Errorf("%d charges of %d, %s", n, sum, w.policy().State)
	}
	w.verify()
}

// verify holds the ledger to its invariants.
func (w *world) verify() {
	w.Helper()
	w.ok(w.db.View(w.Context(), func(t tx.Tx) error {
		problems, _, _, err := w.ledger.Verify(t)
		for _, p := range problems {
			w.Error(p)
		}
		return err
	}))
}

// A decline behind an answer that Stripe remembers as its own failure is seen on
// the invoice, and counts once.
func TestCachedFailureHidesADecline(t *testing.T) {
	for method, want := range map[string]recharge.State{"pm_card_chargeCustomerFail": recharge.Backoff, "pm_card_authenticationRequired": recharge.Paused} {
		t.Run(method, func(t *testing.T) {
			w := newWorld(t)
			card := w.saved(method)
			w.onRequest(func(r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/pay") {
					_ = w.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultErrorAfter, Method: "POST", Path: r.URL.Path, Count: 1}}})
				}
			})
			w.save(w.settings(card))
			w.until(string(want), func() bool { w.move(10 * time.Second); return w.policy().State == want })
			if r := w.runs()[0]; r.Pays != 1 || r.Paying() || r.Tries > 1 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// What is turned off while nobody knows whether its invoice was made leaves none
// that could be paid.
func TestTurnedOffWithoutAnAnswer(t *testing.T) {
	for _, call := range []string{"/v1/invoices", "/v1/invoiceitems", "/v1/invoices/in_"} {
		t.Run(call, func(t *testing.T) {
			w := newWorld(t)
			card := w.saved("pm_card_visa")
			w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultDropAfter, Method: "POST", Path: call, Count: -1}}})
			w.save(w.settings(card))
			w.until("sent", func() bool { return w.runs()[0].Unknowns > 0 })
			w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits"))
			w.faults(sandbox.Faults{})
			w.until("given up", func() bool { w.move(2 * time.Minute); return w.count(recharge.Voided) == 1 })
			open := 0
			for i := w.stripe.Invoices.List(nil); i.Next(); {
				if i.Invoice().Status != stripe.InvoiceStatusVoid {
					open++
				}
			}
			if n, _ := w.charged(); n != 0 || open != 0 {
				t.Errorf("%d charges, %d invoices are left", n, open)
			}
			w.inState(recharge.Off)
		})
	}
}

// What is turned off while its invoice is being made is voided, and never charged,
// whichever call is under way.
func TestTurnedOffDuringPreparation(t *testing.T) {
	for _, call := range []string{"/v1/invoices", "/v1/invoiceitems", "/finalize"} {
		t.Run(call, func(t *testing.T) {
			w := newWorld(t)
			card := w.saved("pm_card_visa")
			var once sync.Once
			w.onRequest(func(r *http.Request) {
				if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, call) {
					once.Do(func() { w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits")) })
				}
			})
			w.save(w.settings(card))
			w.until("given up", func() bool { w.move(time.Minute); return w.count(recharge.Voided) == 1 })
			for i := w.stripe.Invoices.List(nil); i.Next(); {
				if s := i.Invoice().Status; s != stripe.InvoiceStatusVoid {
					t.Errorf("an invoice is %s", s)
				}
			}
			if n, _ := w.charged(); n != 0 {
				t.Errorf("%d charges", n)
			}
			if r := w.runs()[0]; r.Reason() != recharge.TurnedOff || w.available() != 0 {
				t.Errorf("%+v", r)
			}
			w.inState(recharge.Off)
		})
	}
}
