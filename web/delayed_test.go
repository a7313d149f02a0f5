package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// advance moves the clock of the sandbox, which is Purse's too: banks answer.
func (w *world) advance(d time.Duration) {
	w.Helper()
	w.check(w.sandbox.Advance(d))
}

// mailed says whether a mail with these words in its subject or text was sent.
func (w *world) mailed(words string) bool {
	for _, m := range w.sandbox.Mailbox().All() {
		if strings.Contains(m.Subject, words) || strings.Contains(m.Text, words) {
			return true
		}
	}
	return false
}

func TestADebitIsGrantedWhenTheBankHasPaid(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t, func(s *settings) {
		s.PaymentMethods = []string{"card", "us_bank_account", "sepa_debit", "customer_balance"}
	})
	_, err := w.catalog.CreatePack(ctx, audit.System, catalog.NewPack{Name: "Euro", CreditType: "credits", Credits: credits("500"), Price: money.Money{Amount: 500, Currency: "eur"}})
	w.check(err)
	w.sandbox.SetBankDelay(2 * time.Second)
	p := w.mustBegin(c, 1)
	w.check(w.pay(p.CheckoutSession, "pm_usBankAccount_success"))
	w.waitState(p, purchase.Processing)
	if a := w.returnPage(p); a.status != 200 || !strings.Contains(a.body, "Waiting for a bank debit of") {
		t.Errorf("the return page: %d %s", a.status, a.body)
	}
	w.granted(c, 0, "0")
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		pending, err := w.purchases.Pending(t, c.ID, "credits")
		if len(pending) != 1 || pending[0].ID != p.ID {
			w.Errorf("%v pending", pending)
		}
		return err
	}))
	if _, err := w.purchases.Refund(ctx, audit.System, purchase.NewRefund{Purchase: p.ID, Reason: "no"}); err == nil {
		t.Error("a purchase that is not paid was refunded")
	}
	p = w.waitState(p, purchase.Paid)
	if p.CardLast4 != "6789" || p.CardBrand != "bank account" {
		t.Errorf("paid with %s %s", p.CardBrand, p.CardLast4)
	}
	w.granted(c, 1, p.Credits.String())

	sepa := w.mustBegin(w.customer("euros", ""), 0) // one customer pays in one currency
	w.check(w.pay(sepa.CheckoutSession, "pm_success_fr"))
	w.waitState(sepa, purchase.Processing)
	if a := w.returnPage(sepa); !strings.Contains(a.body, "usually there by") {
		t.Errorf("the return page: %s", a.body)
	}
	w.waitState(sepa, purchase.Paid)
	w.addsUp()
}

func TestADebitThatFailsIsTold(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	w.sandbox.SetBankDelay(2 * time.Second)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_usBankAccount_insufficientFunds"))
	w.waitState(p, purchase.Processing)
	p = w.waitState(p, purchase.Failed)
	if !strings.Contains(p.Problem, "insufficient funds") {
		t.Errorf("it says %q", p.Problem)
	}
	if a := w.returnPage(p); !strings.Contains(a.body, "insufficient funds") || !strings.Contains(a.body, "did not go through") {
		t.Errorf("the return page: %s", a.body)
	}
	eventually(t, "a mail says so", 5*time.Second, func() bool { return w.mailed("did not go through") })
	w.granted(c, 0, "0")
	// The customer tries again, and that is another purchase.
	again := w.mustBegin(c, 0)
	w.check(w.pay(again.CheckoutSession, "pm_card_visa"))
	w.waitState(again, purchase.Paid)
	w.granted(c, 1, "1000")
}

func TestADisputedDebitIsLostAtOnce(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	w.sandbox.SetBankDelay(2 * time.Second)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_usBankAccount_dispute"))
	w.waitState(p, purchase.Paid)
	w.apply(ledger.Debit{Charges: []ledger.Charge{{Wallet: wallet(c.ID), Lines: []ledger.Line{{Meter: "work", Credits: credits("300")}}}}})
	p = w.waitState(p, purchase.Refunded)
	if p.DisputeStatus != purchase.DisputeLost || w.available(c.ID) != credits("-300") {
		t.Errorf("%s, %s available", p.DisputeStatus, w.available(c.ID))
	}
	w.addsUp()
}

func TestABankTransferInParts(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.PaymentMethods = []string{"card", "customer_balance"} })
	p := w.mustBegin(c, 0)
	form := url.Values{"method": {"customer_balance"}, "name": {"Test"}, "country": {"US"}}
	a, err := send(w.sandboxURL+"/c/pay/"+p.CheckoutSession, "POST", []byte(form.Encode()), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	to := a.header.Get("Location")
	if a.status != http.StatusSeeOther || !strings.HasPrefix(to, "/t/pi_") {
		t.Fatalf("paying by transfer: %d %s %s", a.status, to, a.body)
	}
	transfer := func(amount string) {
		t.Helper()
		a, err := send(w.sandboxURL+to, "POST", []byte(url.Values{"amount": {amount}}.Encode()), "", "Content-Type", "application/x-www-form-urlencoded")
		w.check(err)
		if a.status != http.StatusSeeOther {
			t.Fatalf("the transfer: %d %s", a.status, a.body)
		}
	}
	w.waitState(p, purchase.Processing)
	if a := w.returnPage(p); !strings.Contains(a.body, "Send $10.00 by bank transfer") || !strings.Contains(a.body, to) {
		t.Errorf("the return page: %s", a.body)
	}
	transfer("4.00")
	eventually(t, "the part is seen", 5*time.Second, func() bool {
		return strings.Contains(w.returnPage(p).body, "$4.00 of $10.00 has arrived, $6.00 is missing")
	})
	owner := w.person("o@example.com", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, owner.user.ID, account.Owner))
	owner.cookie = w.signIn(owner.user)
	for _, path := range []string{"/purchases", "/purchases/" + p.ID} {
		if a := w.send("GET", path, nil, owner.cookie); a.status != 200 || !strings.Contains(a.body, "$6.00 is missing") || !strings.Contains(a.body, to) {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	w.granted(c, 0, "0")
	transfer("7.00") // one too much, which stays with Stripe for the customer
	p = w.waitState(p, purchase.Paid)
	if p.Total != 1000 {
		t.Errorf("%+v", p)
	}
	w.granted(c, 1, "1000")
}

// looks is a Stripe that answers what it said at some moment.
type looks struct {
	purchase.Gateway
	checkout purchase.Checkout
	back     purchase.MoneyBack
}

func (g *looks) Checkout(context.Context, string) (purchase.Checkout, error) { return g.checkout, nil }
func (g *looks) MoneyBack(context.Context, string) (purchase.MoneyBack, error) {
	return g.back, nil
}

// However Stripe's events arrive, late, twice or with an answer that was old
// already when it was written, a purchase ends in one state.
func TestEventOrderOfADelayedPurchaseDoesNotMatter(t *testing.T) {
	t.Parallel()
	w, _ := shopWorld(t)
	stripeNow := w.purchases.Gateway
	n := 0
	refund := func(id, status string, amount int64) purchase.ChargeRefund {
		return purchase.ChargeRefund{ID: fmt.Sprint(id, "_", n), Status: status, Amount: amount}
	}
	lives := map[string]func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool){
		"fails": func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool) {
			c.Payment.Status = []string{"processing", "processing", "requires_payment_method"}[at]
			return purchase.MoneyBack{}, at == 2
		},
		"pays, refunded in two parts": func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool) {
			return []purchase.MoneyBack{{}, {}, {Refunds: []purchase.ChargeRefund{refund("re_1", "pending", 300)}},
				{Refunds: []purchase.ChargeRefund{refund("re_2", "succeeded", 200), refund("re_1", "succeeded", 300)}}}[at], at == 3
		},
		"pays, a refund fails": func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool) {
			return []purchase.MoneyBack{{}, {}, {Refunds: []purchase.ChargeRefund{refund("re_1", "succeeded", 300)}},
				{Refunds: []purchase.ChargeRefund{refund("re_1", "failed", 300)}}}[at], at == 3
		},
		"pays, refunded in part and lost in a dispute": func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool) {
			part := []purchase.ChargeRefund{refund("re_1", "succeeded", 300)}
			d := func(status string) []purchase.ChargeDispute {
				return []purchase.ChargeDispute{{ID: fmt.Sprint("dp_", n), Status: status, Amount: 700}}
			}
			return []purchase.MoneyBack{{}, {}, {Refunds: part}, {Refunds: part, Disputes: d("needs_response")}, {Refunds: part, Disputes: d("under_review")}, {Refunds: part, Disputes: d("lost")}}[at], at == 5
		},
		"pays, and a dispute is won": func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool) {
			d := func(status string) []purchase.ChargeDispute {
				return []purchase.ChargeDispute{{ID: fmt.Sprint("dp_", n), Status: status, Amount: 1000}}
			}
			return []purchase.MoneyBack{{}, {}, {Disputes: d("warning_needs_response")}, {Disputes: d("needs_response")}, {Disputes: d("won")}}[at], at == 4
		},
	}
	// Each of two disputes is about a part: what is lost stays lost, whatever
	// becomes of the other.
	lives["pays, and is disputed twice"] = func(c *purchase.Checkout, at int) (purchase.MoneyBack, bool) {
		status := [][2]string{{}, {}, {"needs_response", ""}, {"under_review", "needs_response"}, {"lost", "needs_response"}, {"lost", "won"}}[at]
		var m purchase.MoneyBack
		for i, s := range status {
			if s != "" {
				m.Disputes = append(m.Disputes, purchase.ChargeDispute{ID: fmt.Sprint("dp_", i, "_", n), Status: s, Amount: int64(400 + 100*i), CreatedAt: time.Unix(int64(i+1), 0)})
			}
		}
		return m, at == 5
	}
	type end struct {
		state    purchase.State
		refunded int64
		clawed   money.Credits
		dispute  string
		frozen   bool
		granted  bool
		left     money.Credits
	}
	for name, life := range lives {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			run := func(order func(n int) []int) end {
				w.purchases.Gateway = stripeNow
				n++
				c := w.customer(fmt.Sprint("order", n), "")
				p := w.mustBegin(c, 0)
				open, err := stripeNow.Checkout(ctx, p.CheckoutSession)
				w.check(err)
				var all []*looks
				for at, last := 0, false; !last; at++ {
					l := &looks{Gateway: stripeNow, checkout: open}
					l.checkout.Status = "complete"
					l.checkout.Payment = purchase.PaymentIntent{ID: "pi_" + p.ID, Method: "us_bank_account", Status: "processing", Purchase: p.ID, Installation: w.stamp.installation}
					if name != "fails" && at > 0 {
						l.checkout.PaymentStatus, l.checkout.Payment.Status = "paid", "succeeded"
					}
					l.back, last = life(&l.checkout, at)
					all = append(all, l)
				}
				for _, i := range order(len(all)) {
					w.purchases.Gateway = all[i]
					_, err := w.purchases.FulfilBySession(ctx, p.CheckoutSession)
					w.check(err)
					_, err = w.purchases.SyncMoney(ctx, p.ID)
					w.check(err)
				}
				now := w.state(p)
				return end{now.State, now.Refunded, now.Clawed, now.DisputeStatus, now.Frozen, now.Granted(), w.available(c.ID)}
			}
			want := run(func(n int) (out []int) {
				for i := range n {
					out = append(out, i)
				}
				return out
			})
			for seed := range 25 {
				r := rand.New(rand.NewPCG(uint64(seed), 1))
				var used []int
				got := run(func(n int) []int {
					used = r.Perm(n)
					for range r.IntN(4) { // some twice
						used = append(used, r.IntN(n))
					}
					r.Shuffle(len(used), func(i, j int) { used[i], used[j] = used[j], used[i] })
					return used
				})
				if got != want {
					t.Fatalf("in the order %v it ends as %+v, in order as %+v", used, got, want)
				}
			}
			w.addsUp()
		})
	}
	w.TB, w.purchases.Gateway = t, stripeNow
}
