package main

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/schedule"
	"purse/handlers/sandbox"
)

// savedAccount saves a test account through Checkout in setup mode.
func (w *world) savedAccount(c *account.Customer, form url.Values) *card.Method {
	w.Helper()
	page, err := w.methods.Add(ctx, card.Adding{Customer: c.ID, ReturnPath: "/methods/added", CancelPath: "/methods"})
	w.check(err)
	for name, v := range map[string]string{"email": "owner@example.com", "name": "Demo", "country": "US"} {
		form.Set(name, v)
	}
	a, err := send(page, "POST", []byte(form.Encode()), "", "Content-Type", "application/x-www-form-urlencoded")
	w.check(err)
	_, session, ok := strings.Cut(a.header.Get("Location"), "session_id=")
	if !ok {
		w.Fatalf("it was not saved: %d %s", a.status, a.body)
	}
	m, err := w.methods.Added(ctx, c.ID, session)
	w.check(err)
	return m
}

func ach(number string) url.Values {
	return url.Values{"method": {card.ACH}, "routing": {"110000000"}, "account": {number}}
}

// A saved account pays as a debit at Checkout does: processing for days, then its
// credits or a mail. Nothing voids its invoice meanwhile, and nobody can pay it after
// the bank has refused.
func TestASavedAccountPaysInDays(t *testing.T) {
	w, c := shopWorld(t)
	owner := w.person("owner@example.com", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, owner.user.ID, account.Owner))
	good, bad := w.savedAccount(c, ach("000123456789")), w.savedAccount(c, ach("000222222227"))
	page := w.send("GET", "/methods", nil, owner.cookie).body
	for _, want := range []string{"STRIPE TEST BANK •6789", "US bank account", "STRIPE TEST BANK •2227", "Add a payment method", "Default"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of payment methods lacks %q", want)
		}
	}
	if a := w.send("GET", "/buy", nil, owner.cookie); !strings.Contains(a.body, "STRIPE TEST BANK •6789, about 4 business days") {
		t.Errorf("buying does not offer it: %d", a.status)
	}

	listed := w.api("GET", "/v1/customers/"+c.ID+"/payment_methods", "")
	if listed.status != 200 || listed.str("data", 0, "type") != "us_bank_account" || !strings.HasPrefix(listed.str("data", 0, "name"), "STRIPE TEST BANK •") || listed.at("data", 0, "usable") != true ||
		listed.at("data", 0, "exp_year") != nil || listed.at("data", 0, "default") == listed.at("data", 1, "default") {
		t.Errorf("the API: %d %s", listed.status, listed.body)
	}

	p, err := w.buySaved(c, 0, good.PaymentMethod, "n1")
	w.check(err)
	if p.State != purchase.Processing {
		t.Fatalf("%+v", p)
	}
	again, err := w.buySaved(c, 0, good.PaymentMethod, "n1")
	if err != nil || again.ID != p.ID {
		t.Errorf("the button pressed twice: %+v %v", again, err)
	}
	failing, err := w.buySaved(c, 0, bad.PaymentMethod, "n2") // the same pack: what a bank is asked for stays
	w.check(err)
	banner := w.send("GET", "/", nil, owner.cookie).body
	if !strings.Contains(banner, "Waiting for a bank debit of $10.00, started on") || !strings.Contains(banner, "usually there by") {
		t.Error("the banner does not name the debit and its day")
	}
	if a := w.returnPage(p); a.status != 200 || !strings.Contains(a.body, "Waiting for a bank debit of $10.00") {
		t.Errorf("the return page: %d %s", a.status, a.body)
	}
	w.granted(c, 0, "0")
	w.advance(30 * time.Hour) // longer than a Checkout is open
	w.check(w.purchases.Sweep(ctx))
	if now := w.state(p); now.State != purchase.Processing {
		t.Fatalf("after a day it is %s: %s", now.State, now.Problem)
	}
	w.advance(3 * 24 * time.Hour)
	w.waitState(p, purchase.Paid)
	w.granted(c, 1, "1000")
	failed := w.waitState(failing, purchase.Failed)
	if !strings.Contains(failed.Problem, "insufficient funds") {
		t.Errorf("it says %q", failed.Problem)
	}
	eventually(t, "a mail says so", 10*time.Second, func() bool { return w.mailed("did not go through") })
	w.advance(2 * time.Minute)
	w.check(w.purchases.Sweep(ctx))
	eventually(t, "its invoice is void", 10*time.Second, func() bool {
		in, err := w.stripe().Invoices.Get(failed.CheckoutSession, nil)
		return err == nil && in.Status == stripe.InvoiceStatusVoid
	})
	if now := w.state(failing); now.State != purchase.Failed {
		t.Errorf("then it is %s", now.State)
	}
	w.granted(c, 1, "1000")
	w.addsUp()

	// It is removed with the same warning as a card.
	if a := w.send("GET", "/methods/"+bad.ID+"/remove", nil, owner.cookie); !strings.Contains(a.body, "No automatic payment takes this payment method.") {
		t.Errorf("%d %s", a.status, a.body)
	}
	w.check(w.methods.Remove(ctx, audit.System, c.ID, bad.ID))
	if _, err := w.methods.Method(ctx, c.ID, bad.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("it is still there: %v", err)
	}
}

// Bank accounts count towards the limit on what is tried out, as cards do.
func TestAccountsCountAsTried(t *testing.T) {
	w, c := shopWorld(t)
	for _, number := range []string{"000123456789", "000222222227", "000111111113", "000111111116", "000333333335"} {
		w.savedAccount(c, ach(number))
	}
	eventually(t, "the limit", 10*time.Second, func() bool {
		_, err := w.purchases.Begin(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: w.pack(0)})
		return fault.HasCode(err, "too_many_cards")
	})
}

// What is ticked at Checkout is saved, also of a debit, and beside what cannot be.
func TestCheckoutSavesAnAccount(t *testing.T) {
	t.Parallel()
	for name, methods := range map[string][]string{"dashboard": nil, "named": {"card", "us_bank_account"}, "beside transfers": {"card", "us_bank_account", "customer_balance"}} {
		w, c := shopWorld(t, func(s *settings) { s.PaymentMethods = methods })
		p, err := w.purchases.Begin(ctx, audit.Actor{ID: "test"}, purchase.Begin{Customer: c.ID, Pack: w.pack(0), Save: true})
		w.check(err)
		w.check(w.pay(p.CheckoutSession, "pm_usBankAccount_success"))
		w.waitState(p, purchase.Processing)
		list, err := w.methods.List(ctx, c.ID)
		if err != nil || len(list) != 1 || list[0].Type != card.ACH || !list[0].Usable(time.Now()) {
			t.Errorf("%s: saved %+v, %v", name, list, err)
			continue
		}
		later, err := w.buySaved(c, 1, list[0].PaymentMethod, "later")
		if err != nil || later.State != purchase.Processing {
			t.Errorf("%s: %+v %v", name, later, err)
		}
	}
}

// What cannot be saved is not offered for it; with nothing to save the page says so.
func TestWhatCanBeSaved(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.PaymentMethods = []string{"customer_balance", "sepa_debit", "ideal"} })
	if types, currency, err := w.methods.Savable(ctx, c.ID); err != nil || len(types) != 0 || currency != "usd" {
		t.Errorf("%v in %s, %v", types, currency, err)
	}
	if _, err := w.methods.Add(ctx, card.Adding{Customer: c.ID, ReturnPath: "/methods/added", CancelPath: "/methods"}); !fault.HasCode(err, "nothing_to_save") {
		t.Error(err)
	}
	w.check(w.accounts.SetCurrency(ctx, audit.System, c.ID, "eur"))
	m := w.savedAccount(c, url.Values{"method": {card.SEPA}, "iban": {"DE89370400440532013000"}})
	if m.Name() != "SEPA debit •3000" || m.Type != card.SEPA {
		t.Errorf("%+v", m)
	}
}

// A schedule charges an account too. What the bank refuses pauses it, with a link.
func TestAScheduleByBankDebit(t *testing.T) {
	w, c := shopWorld(t)
	good, bad := w.savedAccount(c, ach("000123456789")), w.savedAccount(c, ach("000111111113"))
	paid := w.scheduled(c, good.ID, schedule.Monthly, w.today(c))
	refused := w.scheduled(c, bad.ID, schedule.Monthly, w.today(c))
	for _, sch := range []*schedule.Schedule{paid, refused} {
		eventually(t, "a bank is asked", 10*time.Second, func() bool { r := w.runs(sch); return len(r) == 1 && r[0].Processing })
	}
	w.advance(9 * 24 * time.Hour)
	w.ticks()
	eventually(t, "one is paid", 10*time.Second, func() bool { w.ticks(); return w.runs(paid)[0].State() == invoice.Paid })
	eventually(t, "the other is paused", 10*time.Second, func() bool {
		w.ticks()
		now, err := w.schedules.Schedule(ctx, c.ID, refused.ID)
		return err == nil && now.State == schedule.Paused && now.Reason == schedule.CardDeclined && now.RepairURL != ""
	})
	if in := w.runs(refused)[0]; in.State() != invoice.Open || !strings.Contains(in.Problem, "closed") {
		t.Errorf("%+v", in)
	}
}

// before answers an invoice as it stood before its bank was asked.
type before struct {
	charge.Gateway
	on atomic.Bool
}

func (g *before) Invoice(ctx context.Context, id string) (charge.Invoice, error) {
	in, err := g.Gateway.Invoice(ctx, id)
	if g.on.Load() {
		in.PaymentStatus, in.FailureCode, in.FailureMessage = "requires_payment_method", "", ""
	}
	return in, err
}

// A look from before the bank was asked, which comes late, is no refusal.
func TestAnOldLookIsNoRefusalOfTheBank(t *testing.T) {
	w, c := shopWorld(t)
	g := &before{Gateway: w.gateway}
	w.charges.Gateway = g
	account := w.savedAccount(c, ach("000123456789"))
	sch := w.scheduled(c, account.ID, schedule.Monthly, w.today(c))
	eventually(t, "the bank is asked", 10*time.Second, func() bool { r := w.runs(sch); return len(r) == 1 && r[0].Processing })
	g.on.Store(true)
	w.advance(2 * time.Hour)
	w.check(w.charges.Tick(ctx))
	if in := w.runs(sch)[0]; !in.Processing || in.Tries != 0 || in.Problem != "" || in.NextAt.Before(w.now()) {
		t.Errorf("%+v", in)
	}
	g.on.Store(false)
	w.advance(9 * 24 * time.Hour)
	eventually(t, "it is paid", 10*time.Second, func() bool { w.ticks(); return w.runs(sch)[0].State() == invoice.Paid })
}

// Every name that Checkout takes today is taken, also those that are newer than the
// API version, and another is refused with all names. The sandbox says which it
// cannot run.
func TestPaymentMethodNames(t *testing.T) {
	all := card.Types()
	spec, err := os.ReadFile("../handlers/sandbox/params.txt") // as Stripe's description of the version has them
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(spec), "\nPOST /v1/checkout/sessions\n")
	_, rest, _ = strings.Cut(rest, "\n payment_method_types ae:")
	names, _, _ := strings.Cut(rest, "\n")
	names += "|alma|amazon_pay|billie|bizum|crypto|kakao_pay|kr_card|mb_way|mobilepay|multibanco|naver_pay|nz_bank_account|pay_by_bank|payco|payto|samsung_pay|satispay|scalapay|sunbit|twint|upi"
	want := strings.Split(names, "|")
	slices.Sort(want)
	if !slices.Equal(want, all) {
		t.Errorf("Checkout takes %s, the code knows %s", want, all)
	}
	var s settings
	w := newWorld(t, func(have *settings) { s = *have })
	s.PaymentMethods = all
	if err := s.check(); err != nil {
		t.Error(err)
	}
	s.PaymentMethods = []string{"card", "cheque"}
	if err := s.check(); err == nil || !strings.Contains(err.Error(), `"cheque" is none of acss_debit, affirm,`) || !strings.Contains(err.Error(), "wechat_pay, zip") {
		t.Error(err)
	}
	if got := card.TypesFor([]string{"card", "twint", "mobilepay", "amazon_pay", "crypto"}, "chf"); strings.Join(got, " ") != "card twint amazon_pay crypto" {
		t.Error(got)
	}
	var said bytes.Buffer
	s.PaymentMethods = []string{"card", "twint", "ideal"}
	if s.warn(&said); !strings.Contains(said.String(), "the sandbox cannot run twint, ideal") {
		t.Error(said.String())
	}
	for _, m := range all {
		_, err := w.stripe().CheckoutSessions.New(&stripe.CheckoutSessionParams{
			Mode: stripe.String("payment"), SuccessURL: stripe.String("https://example.com"), PaymentMethodTypes: stripe.StringSlice([]string{m}),
			LineItems: []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String("usd"), UnitAmount: stripe.Int64(1000), ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String("Credits")}}}},
		})
		if !sandbox.Runs(m) && (err == nil || !strings.Contains(err.Error(), "The sandbox cannot run the payment method `"+m+"`")) {
			t.Errorf("%s: %v", m, err)
		}
	}
}
