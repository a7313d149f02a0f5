package main

import (
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/report"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// payIn pays an invoice on Stripe's page in another currency.
func (w *world) payIn(page, currency, card string) {
	w.Helper()
	a := w.onPage(page, url.Values{"number": {card}, "expiry": {"12/34"}, "cvc": {"123"}, "name": {"Test"}, "country": {"DE"}, "currency": {currency}})
	if a.status != http.StatusSeeOther {
		w.Fatalf("paying: %d %s", a.status, a.body)
	}
}

// chargeOf is Stripe's charge of a purchase.
func (w *world) chargeOf(p *purchase.Purchase) *stripe.Charge {
	w.Helper()
	params := &stripe.PaymentIntentParams{}
	params.AddExpand("latest_charge")
	pi, err := w.stripe().PaymentIntents.Get(p.PaymentIntent, params)
	w.check(err)
	return pi.LatestCharge
}

// reported is today's report, whose differences are listed.
func (w *world) reported() *report.Day {
	w.Helper()
	w.check(w.app.reports.Export(ctx))
	var d *report.Day
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) {
		d, err = w.app.reports.Of(t, t.Now().UTC().Format(time.DateOnly))
		return err
	}))
	return d
}

func (w *world) paidAbroad(c *account.Customer, how, currency, card string) (*invoice.Invoice, *purchase.Purchase) {
	w.Helper()
	w.sandbox.SetAdaptivePricing(how)
	in := w.invoiced(deal(c))
	w.payIn(in.URL, currency, card)
	in = w.waitInvoice(in, invoice.Paid)
	p, err := w.purchases.Purchase(ctx, in.Purchase)
	w.check(err)
	return in, p
}

// Whatever currency the buyer of an invoice pays in, the invoice says what was sold;
// refunds are of it, in parts that add up, and the report lists both amounts.
func TestAnInvoiceIsPaidInAnotherCurrency(t *testing.T) {
	for _, how := range []string{sandbox.AdaptiveShown, sandbox.AdaptiveCharged} {
		for _, currency := range []string{"eur", "jpy"} {
			t.Run(how+" "+currency, func(t *testing.T) {
				t.Parallel()
				w, c := shopWorld(t)
				_, p := w.paidAbroad(c, how, currency, "4242424242424242")
				w.granted(c, 1, "5000")
				if p.Total != 4000 || p.Price.Currency != "usd" || p.Problem != "" {
					t.Errorf("the purchase: %+v", p)
				}
				ch := w.chargeOf(p)
				want := money.Money{Amount: 4000, Currency: "usd"}
				if how == sandbox.AdaptiveCharged {
					want = map[string]money.Money{"eur": {Amount: 3600, Currency: "eur"}, "jpy": {Amount: 6000, Currency: "jpy"}}[currency]
				}
				if ch.Amount != want.Amount || string(ch.Currency) != want.Currency {
					t.Fatalf("the charge is of %d %s", ch.Amount, ch.Currency)
				}
				d := w.reported()
				if len(d.Differences) != 1 || d.Differences[0].Kind != report.OtherCurrency || d.Alarms() != 0 || d.Differences[0].Currency != currency ||
					!strings.Contains(d.Differences[0].Detail, "40.00 usd") {
					t.Errorf("the report: %+v", d.Differences)
				}
				if len(d.Sales) != 1 || d.Sales[0].Total != 4000 || len(d.Balance) != 1 || d.Balance[0].Charges != 4000 {
					t.Errorf("sold %+v, moved %+v", d.Sales, d.Balance)
				}
				for i, part := range []int64{1333, 1333, 1334} {
					w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: []string{sandbox.FaultErrorAfter, sandbox.FaultDropAfter, sandbox.FaultError}[i], Method: http.MethodPost, Path: "/v1/refunds", Count: 1}}})
					r, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: part, Reason: "a part"})
					w.check(err)
					eventually(t, "it is made", 20*time.Second, func() bool {
						w.advance(31 * time.Second)
						r, err = w.purchases.RefundByID(ctx, r.ID)
						w.check(err)
						return r.State == purchase.RefundSucceeded
					})
					if r.Amount != part {
						t.Errorf("part %d is %d", i, r.Amount)
					}
				}
				if now := w.state(p); now.State != purchase.Refunded || now.Refunded != 4000 || w.available(c.ID) != 0 {
					t.Errorf("%+v, %s available", now, w.available(c.ID))
				}
				if ch := w.chargeOf(p); !ch.Refunded || ch.AmountRefunded != ch.Amount {
					t.Errorf("of %d, %d went back", ch.Amount, ch.AmountRefunded)
				}
				if d := w.reported(); d.Alarms() != 0 || len(d.Differences) != 1 {
					t.Errorf("the report: %+v", d.Differences)
				}
				w.addsUp()
			})
		}
	}
}

// Refunds in Stripe's dashboard are in the charge's currency, and count by their share.
func TestARefundInTheDashboardOfAnotherCurrency(t *testing.T) {
	w, c := shopWorld(t)
	_, p := w.paidAbroad(c, sandbox.AdaptiveCharged, "eur", "4242424242424242")
	refund := func(n int64, want int64, left string) {
		t.Helper()
		_, err := w.stripe().Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(p.PaymentIntent), Amount: stripe.Int64(n)})
		w.check(err)
		eventually(t, "it is known", 10*time.Second, func() bool { return w.state(p).Refunded == want })
		if got := w.available(c.ID); got != credits(left) {
			t.Errorf("%s available, want %s", got, left)
		}
	}
	refund(900, 1000, "3750")
	_, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: 1001, Reason: "ours"})
	w.check(err)
	if now := w.state(p); now.Refunded != 2001 {
		t.Errorf("refunded %d", now.Refunded)
	}
	ch := w.chargeOf(p)
	refund(ch.Amount-ch.AmountRefunded, 4000, "0")
	if w.state(p).State != purchase.Refunded {
		t.Errorf("%+v", w.state(p))
	}
	w.addsUp()
}

// A dispute in another currency takes its share of the credits, and all of a charge
// that is disputed in two parts takes all.
func TestADisputeInAnotherCurrency(t *testing.T) {
	t.Parallel()
	for card, want := range map[string]string{"4000000000000259": "whole", "4000000404000079": "in two parts"} {
		t.Run(want, func(t *testing.T) {
			w, c := shopWorld(t)
			_, p := w.paidAbroad(c, sandbox.AdaptiveCharged, "eur", card)
			eventually(t, "it is disputed", 10*time.Second, func() bool { return w.state(p).State == purchase.Disputed })
			var sum int64
			w.check(w.db.View(ctx, func(t tx.Tx) error {
				all, err := w.purchases.Disputes(t, p.ID)
				sum = 0
				for _, d := range all {
					sum += d.Amount
				}
				return err
			}))
			if sum != 4000 {
				t.Errorf("disputed are %d", sum)
			}
			list := w.stripe().Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(p.PaymentIntent)})
			for list.Next() {
				_, err := w.stripe().Disputes.Close(list.Dispute().ID, nil)
				w.check(err)
			}
			eventually(t, "it is lost", 10*time.Second, func() bool { return w.state(p).State == purchase.Refunded })
			if now := w.state(p); now.MoneyBack != 4000 || w.available(c.ID) != 0 {
				t.Errorf("%+v, %s available", now, w.available(c.ID))
			}
			if d := w.reported(); d.Alarms() != 0 {
				t.Errorf("the report: %+v", d.Differences)
			}
			w.addsUp()
		})
	}
}

// A declined run of a schedule that is paid on Stripe's page in another currency
// counts too; a card that is charged while the buyer is away never is in another.
func TestADeclinedRunIsPaidInAnotherCurrency(t *testing.T) {
	w, c := shopWorld(t)
	w.sandbox.SetAdaptivePricing(sandbox.AdaptiveCharged)
	sch := w.scheduled(c, w.saved(c, "pm_card_chargeCustomerFail"), schedule.Monthly, w.today(c))
	in := w.runs(sch)[0]
	w.payIn(in.URL, "gbp", "4242424242424242")
	in = w.waitInvoice(in, invoice.Paid)
	w.granted(c, 1, "1000")
	p, err := w.purchases.Purchase(ctx, in.Purchase)
	w.check(err)
	if ch := w.chargeOf(p); ch.Currency != "gbp" || p.Total != 1000 {
		t.Errorf("charged %d %s for %d", ch.Amount, ch.Currency, p.Total)
	}
	// Checkout says that it converts nothing, whatever the dashboard says.
	q := w.mustBegin(c, 0)
	s, err := w.stripe().CheckoutSessions.Get(q.CheckoutSession, nil)
	w.check(err)
	if !strings.Contains(string(s.LastResponse.RawJSON), `"adaptive_pricing":{"enabled":false}`) {
		t.Errorf("the Checkout: %s", s.LastResponse.RawJSON)
	}
}

// `stripe check` names the dashboard's page once such a charge was seen.
func TestCheckTellsOfOtherCurrencies(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	check := func() string {
		t.Helper()
		bin, err := built()
		w.check(err)
		cmd := exec.Command(bin, "stripe", "check", "--db", w.settings.DB)
		cmd.Env = []string{"STRIPE_SECRET_KEY=" + sandboxKey, "PURSE_PUBLIC_URL=http://" + browserHost(w.listener.Addr()), "PURSE_STRIPE_URL=" + w.sandboxURL}
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%v: %s", err, out)
		}
		return string(out)
	}
	if out := check(); strings.Contains(out, "Adaptive") || strings.Count(out, "\n") != 1 {
		t.Errorf("before: %s", out)
	}
	// The sandbox's page turns it on, as Stripe's dashboard does; the invoice's offers it.
	if a := w.onPage(w.sandboxURL+"/sandbox/adaptive-pricing", url.Values{"adaptive": {"nothing"}}); a.status != 422 {
		t.Errorf("a bad setting: %d", a.status)
	}
	if a := w.onPage(w.sandboxURL+"/sandbox/adaptive-pricing", url.Values{"adaptive": {sandbox.AdaptiveShown}}); a.status != http.StatusSeeOther {
		t.Fatalf("%d %s", a.status, a.body)
	}
	in := w.invoiced(deal(c))
	page, err := send(in.URL, http.MethodGet, nil, "")
	w.check(err)
	if !strings.Contains(page.body, "€36.00") || !strings.Contains(page.body, "$40.00") {
		t.Errorf("the invoice's page: %s", page.body)
	}
	w.payIn(in.URL, "eur", "4242424242424242")
	w.waitInvoice(in, invoice.Paid)
	if out := check(); !strings.Contains(out, "https://dashboard.stripe.com/settings/adaptive-pricing") || !strings.Contains(out, "\nok: ") {
		t.Errorf("after: %s", out)
	}
}
