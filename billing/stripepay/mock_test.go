package stripepay_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/inbox"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/report"
	"purse/billing/stripepay"
)

// Every request that we send passes stripe-mock, which checks it against
// Stripe's description of this API version. adaptive_pricing is left out: it is
// newer than the description.
func TestStripeMock(t *testing.T) {
	seen := &recorder{}
	g := gateway(t, stripepay.Config{Key: "sk_test_123", URL: startMock(t, seen), Retries: -1, OldSpec: true})
	ctx := context.Background()
	const at = "https://purse.example.com/webhooks/stripe"
	whole := params("cus_1")
	whole.Save = true
	euros := params("cus_1")
	euros.Save, euros.BankCountry = true, "DE"
	euros.Methods, euros.Price.Currency = []string{card.Card, card.SEPA, card.BankTransfer}, "eur"
	dollars := params("cus_1")
	dollars.Methods = []string{card.Card, card.ACH, card.BankTransfer}
	all := params("cus_1")
	all.Save, all.Methods = true, describedMethods(t)
	whole.TaxBehavior, whole.TaxCode, whole.Invoice, whole.PONumber = "inclusive", "txcd_10103001", true, "PO 4711"
	least := purchase.CheckoutParams{Purchase: "pur_1", Customer: "cus_1", Installation: "inst_1", Name: "Small", Price: whole.Price, SuccessURL: whole.SuccessURL}
	run := charge.Terms{Owner: charge.Owner{Of: charge.OfRecharge, ID: "rch_1"}, Customer: "cus_1", Installation: "inst_1", StripeCustomer: "cus_1", Method: "pm_1", Types: []string{"us_bank_account", "link"},
		Currency: "usd", Lines: []charge.Line{{Description: "2 × Small, automatic recharge", Price: whole.Price, TaxBehavior: "exclusive", TaxCode: "txcd_10103001"}, {Description: "Seats", Quantity: 2, Price: whole.Price}},
		AutomaticTax: true, PONumber: "PO 4711"}
	sale := charge.Terms{Owner: charge.Owner{Of: charge.OfInvoice, ID: "inv_1"}, Customer: "cus_1", Installation: "inst_1", StripeCustomer: "cus_1", Memo: "As agreed",
		Currency: "usd", Lines: []charge.Line{{Description: "1,000 credits", Price: whole.Price}}, PONumber: "PO-1", Send: true, NetDays: 30, TaxExempt: "exempt", AutomaticTax: true}
	calls := map[string][]func() error{
		"EnsureCustomer": {
			func() error {
				_, err := g.EnsureCustomer(ctx, card.CustomerParams{Customer: "cus_1", Name: "Demo", Email: "demo@example.com", Installation: "inst_1"}, "k1")
				return err
			},
			func() error {
				_, err := g.EnsureCustomer(ctx, card.CustomerParams{Customer: "cus_1", Installation: "inst_1"}, "k2")
				return err
			},
		},
		"CustomerDetails": {func() error { _, err := g.CustomerDetails(ctx, "cus_1"); return err }},
		"CustomerLives":   {func() error { _, err := g.CustomerLives(ctx, "cus_1"); return err }},
		"UpdateCustomer": {
			func() error {
				return g.UpdateCustomer(ctx, "cus_1", card.CustomerParams{Customer: "cus_1", Name: "Demo Ltd", Email: "books@example.com", Installation: "inst_1",
					Address: account.Address{Line1: "1 Demo Street", City: "Berlin", PostalCode: "10115", Country: "DE"}, TaxIDs: []account.TaxID{{Type: "eu_vat", Value: "DE123456788"}}})
			},
			func() error {
				return g.UpdateCustomer(ctx, "cus_1", card.CustomerParams{Customer: "cus_1", Installation: "inst_1"})
			},
		},
		"CreateCheckout": {
			func() error { _, err := g.CreateCheckout(ctx, whole, "k3"); return err },
			func() error { _, err := g.CreateCheckout(ctx, least, "k4"); return err },
			func() error { _, err := g.CreateCheckout(ctx, euros, "k4e"); return err },
			func() error { _, err := g.CreateCheckout(ctx, dollars, "k4d"); return err },
			func() error { _, err := g.CreateCheckout(ctx, all, "k4a"); return err },
		},
		"CreateInvoice": {
			func() error {
				_, err := g.CreateInvoice(ctx, whole, card.PaymentMethod{ID: "pm_1", Type: "card"}, "k31")
				return err
			},
			func() error {
				_, err := g.CreateInvoice(ctx, euros, card.PaymentMethod{ID: "pm_1", Type: "sepa_debit"}, "k31e")
				return err
			},
		},
		"PayInvoiceNow":  {func() error { _, err := g.PayInvoiceNow(ctx, "in_1", "pm_1", "k32"); return err }},
		"Checkout":       {func() error { _, err := g.Checkout(ctx, "cs_test_1"); return err }},
		"ExpireCheckout": {func() error { return g.ExpireCheckout(ctx, "cs_test_1") }},
		"PaymentIntent":  {func() error { _, err := g.PaymentIntent(ctx, "pi_1"); return err }},
		"PaymentOf": {
			func() error { _, err := g.PaymentOf(ctx, "ch_1"); return gone(err) },
			func() error { _, err := g.PaymentOf(ctx, "re_1"); return gone(err) },
			func() error { _, err := g.PaymentOf(ctx, "dp_1"); return gone(err) },
		},
		"CheckoutOf": {func() error { _, err := g.CheckoutOf(ctx, "pi_1"); return err }},
		"SubmitEvidence": {func() error {
			return g.SubmitEvidence(ctx, "dp_1", purchase.Evidence{
				ProductDescription: "Credits", CustomerName: "A buyer", CustomerEmail: "buyer@example.com", PurchaseAddress: "192.0.2.1",
				AccessLog: "Used", RefundPolicy: "None", Explanation: "It is right",
			}, "k26")
		}},
		"MoneyBack": {func() error { _, err := g.MoneyBack(ctx, "pi_1"); return err }},
		"Refund": {func() error {
			_, err := g.Refund(ctx, purchase.RefundParams{Refund: "ref_1", Purchase: "pur_1", Installation: "inst_1", PaymentIntent: "pi_1", Amount: 100}, "k5")
			return err
		}, func() error {
			_, err := g.Refund(ctx, purchase.RefundParams{Refund: "ref_1", Purchase: "pur_1", Installation: "inst_1", Invoice: "in_1", Amount: 100}, "k5o")
			return err
		}},
		"EventsSince": {func() error {
			return g.EventsSince(ctx, time.Now().Add(-time.Hour), func(inbox.Event) error { return nil })
		}},
		"PaymentMethods": {func() error { _, _, err := g.PaymentMethods(ctx, "cus_1"); return err }},
		"PaymentMethod":  {func() error { _, err := g.PaymentMethod(ctx, "pm_1"); return err }},
		"Detach":         {func() error { return g.Detach(ctx, "pm_1") }},
		"SetDefault":     {func() error { return g.SetDefault(ctx, "cus_1", "pm_1") }},
		"CreateSetup": {func() error {
			_, err := g.CreateSetup(ctx, card.SetupParams{Customer: "cus_1", Installation: "inst_1", StripeCustomer: "cus_1",
				Currency: "usd", SuccessURL: "https://purse.example.com/added", CancelURL: "https://purse.example.com/methods"}, "k7")
			return err
		}, func() error {
			_, err := g.CreateSetup(ctx, card.SetupParams{Customer: "cus_1", Installation: "inst_1", StripeCustomer: "cus_1", Currency: "cad",
				Types:      []string{"card", "link", "us_bank_account", "sepa_debit", "bacs_debit", "au_becs_debit", "acss_debit", "cashapp", "paypal"},
				SuccessURL: "https://purse.example.com/added", CancelURL: "https://purse.example.com/methods"}, "k7a")
			return err
		}},
		"Mandate":      {func() error { _, err := g.Mandate(ctx, "evt_1"); return gone(err) }},
		"SetupSession": {func() error { _, err := g.SetupSession(ctx, "cs_test_1"); return err }},
		"PortalURL":    {func() error { _, err := g.PortalURL(ctx, "cus_1", "https://purse.example.com/methods"); return err }},
		"PrepareInvoice": {
			func() error { _, err := g.PrepareInvoice(ctx, sale, "", "k20"); return err },
			func() error {
				due := sale
				due.DueAt, due.Memo, due.TaxExempt = time.Now().Add(48*time.Hour), "", ""
				_, err := g.PrepareInvoice(ctx, due, "", "k21")
				return err
			},
			func() error { _, err := g.PrepareInvoice(ctx, run, "", "k10"); return err },
			func() error {
				least := run
				least.Method, least.AutomaticTax = "", false
				_, err := g.PrepareInvoice(ctx, least, "in_1", "k11")
				return err
			},
		},
		"SendInvoice":       {func() error { return g.SendInvoice(ctx, "in_1", "k22") }},
		"MarkUncollectible": {func() error { return g.MarkUncollectible(ctx, "in_1", "k24") }},
		"RecordPayment":     {func() error { return g.RecordPayment(ctx, "in_1", "k25") }},
		"FraudWarning":      {func() error { _, err := g.FraudWarning(ctx, "issfr_1"); return err }},
		"LookFor": {func() error {
			_, _, err := g.LookFor(ctx, purchase.CheckoutParams{Purchase: "pur_1", Installation: "inst_1", StripeCustomer: "cus_1"}, time.Now())
			return err
		}},
		"FindRefund": {
			func() error {
				_, _, err := g.FindRefund(ctx, purchase.RefundParams{Refund: "ref_1", Purchase: "pur_1", Installation: "inst_1", PaymentIntent: "pi_1", Amount: 100})
				return err
			},
			func() error {
				_, _, err := g.FindRefund(ctx, purchase.RefundParams{Refund: "ref_1", Purchase: "pur_1", Installation: "inst_1", Invoice: "in_1", Amount: 100})
				return err
			},
		},
		"SetupTry":    {func() error { _, err := g.SetupTry(ctx, "seti_1"); return err }},
		"FindInvoice": {func() error { _, _, err := g.FindInvoice(ctx, run, time.Now()); return err }},
		"Invoice":     {func() error { _, err := g.Invoice(ctx, "in_1"); return err }},
		"PayInvoice":  {func() error { _, err := g.PayInvoice(ctx, "in_1", "pm_1", "k12"); return err }},
		"VoidInvoice": {func() error { return g.VoidInvoice(ctx, "in_1", "k13") }},
		"Account":     {func() error { _, _, err := g.Account(ctx); return err }},
		"Setup": {
			func() error { _, err := g.Setup(ctx, at, "inst_1"); return err },
			func() error { _, err := g.Setup(ctx, mockEndpoint, "inst_1"); return err },
		},
		"Check": {func() error {
			findings, err := g.Check(ctx, at)
			for _, f := range findings {
				if !f.OK && f.What != "Webhook endpoint" {
					err = errors.Join(err, errors.New(f.What+": "+f.Detail))
				}
			}
			return err
		}},
		"CalculateTax": {func() error {
			_, err := g.CalculateTax(ctx, purchase.TaxParams{Currency: "eur", Address: account.Address{Line1: "1 Demo Street", City: "Berlin", PostalCode: "10115", Country: "DE"},
				TaxIDs: []account.TaxID{{Type: "eu_vat", Value: "DE123456788"}}, Lines: []purchase.TaxLine{{Amount: 1000, Behavior: "exclusive", Code: "txcd_10103001"}}})
			return err
		}},
		"BalanceSince": {func() error {
			return g.BalanceSince(ctx, time.Now().Add(-time.Hour), func(report.Transaction) error { return nil })
		}},
		"PayoutsSince": {func() error {
			return g.PayoutsSince(ctx, time.Now().Add(-time.Hour), func(report.Payout) error { return nil })
		}},
		"Close": nil,
	}
	// A method that this test forgets fails it.
	typ := reflect.TypeFor[*stripepay.Gateway]()
	for m := range typ.Methods() {
		if _, ok := calls[m.Name]; !ok {
			t.Errorf("%s is not checked by stripe-mock", m.Name)
		}
	}
	for name, list := range calls {
		for i, call := range list {
			if err := call(); err != nil {
				t.Errorf("%s, call %d: %v", name, i, err)
			}
		}
	}
	seen.check(t)
}

// gone lets pass that stripe-mock's charges and refunds have no payment intent.
func gone(err error) error {
	if errors.Is(err, outcome.ErrGone) {
		return nil
	}
	return err
}

// mockEndpoint is the URL of the endpoint in stripe-mock's fixtures.
const mockEndpoint = "https://example.com/my/webhook/endpoint"

// describedMethods are the payment methods of Checkout that Stripe's description of
// the version knows.
func describedMethods(t *testing.T) []string {
	spec, err := os.ReadFile("../../handlers/sandbox/params.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(spec), "\nPOST /v1/checkout/sessions\n")
	_, rest, _ = strings.Cut(rest, "\n payment_method_types ae:")
	names, _, _ := strings.Cut(rest, "\n")
	return strings.Split(names, "|")
}

// startMock starts stripe-mock v0.183.0 and answers the URL of a proxy before
// it, which notes what passes.
func startMock(t *testing.T, seen *recorder) string {
	name := os.Getenv("PURSE_STRIPE_MOCK")
	if name == "" {
		name = "stripe-mock"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		const how = "stripe-mock is not there: go install github.com/stripe/stripe-mock@v0.183.0, and put it into PATH or name it in PURSE_STRIPE_MOCK"
		if strings.Contains(os.Getenv("PURSE_TEST_REQUIRE"), "stripe-mock") {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	cmd := exec.Command(path, "-strict-version-check", "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	var address string
	for lines := bufio.NewScanner(out); address == "" && lines.Scan(); {
		if _, a, ok := strings.Cut(lines.Text(), "Listening for HTTP at address: "); ok {
			address = a
		}
	}
	if address == "" {
		t.Fatal("stripe-mock did not say where it listens")
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	target, err := url.Parse("http://" + address)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			b, _ := io.ReadAll(r.In.Body)
			r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		},
		ModifyResponse: seen.note,
	}
	host := httptest.NewServer(proxy)
	t.Cleanup(func() {
		host.Close()
		transport.CloseIdleConnections()
	})
	return host.URL
}

var noVersion = regexp.MustCompile(`"api_version":\s*null`)

// recorder notes requests and how stripe-mock answered.
type recorder struct {
	mu    sync.Mutex
	lines []string
	bad   []string
	newer bool // events were asked for that this version does not know
}

func (r *recorder) note(res *http.Response) error {
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	// The fixture's endpoint has no version of its own; ours would.
	b = noVersion.ReplaceAll(b, []byte(`"api_version":"`+stripe.APIVersion+`"`))
	res.Body, res.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	res.Header.Del("Content-Length")
	r.mu.Lock()
	defer r.mu.Unlock()
	line := res.Request.Method + " " + res.Request.URL.Path
	r.lines = append(r.lines, line)
	// Check asks for permissions with a parameter that does not exist.
	probe := res.StatusCode == http.StatusBadRequest && res.Request.Method == http.MethodPost && res.Request.ContentLength == int64(len("purse_check=1"))
	// The newer event types are asked for in a call of their own, which this version refuses.
	newer := strings.HasPrefix(line, "POST /v1/webhook_endpoints/we_") && strings.Contains(string(b), "'enabled_events' validation failed")
	r.newer = r.newer || newer
	if res.StatusCode != http.StatusOK && !probe && !newer {
		r.bad = append(r.bad, line+": "+string(b))
	}
	return nil
}

// check asserts that all passed, and that the calls that matter were made.
func (r *recorder) check(t *testing.T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bad {
		t.Error(b)
	}
	if !r.newer {
		t.Error("refund.failed was not asked for")
	}
	all := strings.Join(r.lines, "\n")
	for _, want := range []string{"POST /v1/customers", "POST /v1/checkout/sessions", "GET /v1/checkout/sessions/cs_test_1",
		"POST /v1/checkout/sessions/cs_test_1/expire", "GET /v1/payment_intents/pi_1", "GET /v1/account",
		"POST /v1/webhook_endpoints", "POST /v1/webhook_endpoints/we_", "POST /v1/invoices", "POST /v1/invoiceitems",
		"/finalize", "/pay", "/void", "POST /v1/billing_portal/sessions", "POST /v1/payment_methods/pm_1/detach"} {
		if !strings.Contains(all, want) {
			t.Errorf("never sent: %s", want)
		}
	}
}
