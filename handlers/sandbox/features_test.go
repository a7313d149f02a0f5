package sandbox_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// previous is what the newest event of a type says of what was before.
func (r *rig) previous(typ string) map[string]any {
	r.Helper()
	id := r.events(typ)[0]
	e, err := r.api.Events.Get(id, nil)
	return must(r, e, err).Data.PreviousAttributes
}

// Events of updates say what was before, of objects in the object only what
// changed, and null where there was nothing.
func TestPreviousAttributes(t *testing.T) {
	r := local(t)
	cus := r.customer("before@example.com").ID
	update := func(p *stripe.CustomerParams) {
		c, err := r.api.Customers.Update(cus, p)
		must(t, c, err)
	}
	want := func(typ string, want map[string]any) {
		t.Helper()
		if got := r.previous(typ); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", typ, got, want)
		}
	}
	update(&stripe.CustomerParams{Name: stripe.String("Ada"), Params: meta("tier", "gold")})
	want("customer.updated", map[string]any{"name": nil, "metadata": map[string]any{"tier": nil}})
	r.reopen()
	update(&stripe.CustomerParams{Name: stripe.String("Grace"), Email: stripe.String("after@example.com")})
	want("customer.updated", map[string]any{"name": "Ada", "email": "before@example.com"})
	p := &stripe.CustomerParams{}
	p.AddMetadata("tier", "")
	update(p)
	want("customer.updated", map[string]any{"metadata": map[string]any{"tier": "gold"}})
	in := r.invoice(cus)
	if in, err := r.payInvoice(in.ID, r.saved(cus, "pm_card_visa").ID); err != nil || in.Status != "paid" {
		t.Fatalf("%v", err)
	}
	if before := r.previous("invoice.updated"); before["status"] != "open" || before["paid"] != false || before["amount_paid"] != 0.0 || before["currency"] != nil {
		t.Errorf("%v", before)
	}
	d := r.dispute("pm_card_createDispute")
	d, err := r.api.Disputes.Update(d.ID, evidence("Terms were accepted.", true))
	must(t, d, err)
	if before := r.previous("charge.dispute.updated"); before["status"] != "needs_response" || before["amount"] != nil {
		t.Errorf("%v", before)
	}
	e, err := r.api.Events.Get(r.events("customer.created")[0], nil)
	if must(t, e, err).Data.PreviousAttributes != nil {
		t.Errorf("an event that is no update: %v", e.Data.PreviousAttributes)
	}
}

// A payment intent takes what the dashboard offers unless it names types, and
// wants to know where to lead back to unless redirects are not allowed.
func TestAutomaticPaymentMethods(t *testing.T) {
	r := local(t)
	cus := r.customer("auto@example.com").ID
	make := func(auto *stripe.PaymentIntentAutomaticPaymentMethodsParams, types []string, back, method string) (*stripe.PaymentIntent, error) {
		p := &stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Customer: stripe.String(cus), Confirm: stripe.Bool(true),
			PaymentMethod: stripe.String(method), AutomaticPaymentMethods: auto}
		if types != nil {
			p.PaymentMethodTypes = stripe.StringSlice(types)
		}
		if back != "" {
			p.ReturnURL = stripe.String(back)
		}
		return r.api.PaymentIntents.New(p)
	}
	yes := &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true)}
	never := &stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(true), AllowRedirects: stripe.String("never")}
	pi, err := make(never, nil, "", "pm_card_visa")
	if must(t, pi, err); pi.Status != "succeeded" || pi.AutomaticPaymentMethods.AllowRedirects != "never" || len(pi.PaymentMethodTypes) < 3 {
		t.Errorf("%s %v", pi.Status, pi.PaymentMethodTypes)
	}
	pi, err = make(never, nil, "", "pm_usBankAccount_success")
	if must(t, pi, err).Status != "processing" {
		t.Errorf("a debit: %s", pi.Status)
	}
	for _, auto := range []*stripe.PaymentIntentAutomaticPaymentMethodsParams{yes, nil} {
		if _, err := make(auto, nil, "", "pm_card_visa"); !strings.Contains(refused(t, err, 400, "", "").Msg, "you must provide a `return_url`") {
			t.Error(err)
		}
		pi, err = make(auto, nil, "http://127.0.0.1:8080/back", "pm_card_visa")
		if must(t, pi, err); pi.Status != "succeeded" || !pi.AutomaticPaymentMethods.Enabled {
			t.Errorf("%s", pi.Status)
		}
	}
	pi, err = make(&stripe.PaymentIntentAutomaticPaymentMethodsParams{Enabled: stripe.Bool(false)}, nil, "", "pm_card_visa")
	if must(t, pi, err); pi.AutomaticPaymentMethods != nil || len(pi.PaymentMethodTypes) != 1 {
		t.Errorf("%v", pi.PaymentMethodTypes)
	}
	_, err = make(yes, []string{"card"}, "", "pm_card_visa")
	refused(t, err, 400, "", "")
	_, err = make(nil, []string{"card"}, "", "pm_usBankAccount_success")
	refused(t, err, 400, "", "payment_method")
}

// 3-D Secure happens where it is asked for, if the card can do it.
func TestRequestThreeDSecure(t *testing.T) {
	r := local(t)
	charge := func(method, request string) (*stripe.PaymentIntent, error) {
		return r.api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Confirm: stripe.Bool(true),
			PaymentMethod: stripe.String(method), PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
			PaymentMethodOptions: &stripe.PaymentIntentPaymentMethodOptionsParams{Card: &stripe.PaymentIntentPaymentMethodOptionsCardParams{RequestThreeDSecure: stripe.String(request)}}})
	}
	for _, c := range []struct {
		method, request string
		want            stripe.PaymentIntentStatus
	}{{"pm_card_threeDSecureOptional", "automatic", "succeeded"}, {"pm_card_threeDSecureOptional", "any", "requires_action"}, {"pm_card_threeDSecureOptional", "challenge", "requires_action"},
		{"pm_card_visa", "any", "succeeded"}, {"pm_card_amex_threeDSecureNotSupported", "any", "succeeded"}, {"pm_card_threeDSecureOptionalProcessingError", "automatic", "succeeded"}} {
		pi, err := charge(c.method, c.request)
		if must(t, pi, err).Status != c.want || string(pi.PaymentMethodOptions.Card.RequestThreeDSecure) != c.request {
			t.Errorf("%s, %s: %s", c.method, c.request, pi.Status)
		}
	}
	_, err := charge("pm_card_threeDSecureOptionalProcessingError", "any")
	refused(t, err, 402, "card_declined", "")
	p := sessionParams("")
	p.AddExtra("payment_method_options[card][request_three_d_secure]", "any")
	s := session(t)(r.api.CheckoutSessions.New(p))
	if status, _, bank := r.browse("POST", "/c/pay/"+s.ID, card("4000000000003055")); status != 303 || !strings.HasPrefix(bank, "/3ds/pi_") {
		t.Errorf("at Checkout: %d to %s", status, bank)
	}
}

func TestBalanceTransactionsExpand(t *testing.T) {
	r := local(t)
	p := &stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Confirm: stripe.Bool(true),
		PaymentMethod: stripe.String("pm_card_visa"), PaymentMethodTypes: stripe.StringSlice([]string{"card"})}
	p.AddExpand("latest_charge.balance_transaction")
	pi, err := r.api.PaymentIntents.New(p)
	must(t, pi, err)
	if b := pi.LatestCharge.BalanceTransaction; b == nil || b.Amount != 2500 || b.Fee != 103 || b.Net != 2397 || b.Source.ID != pi.LatestCharge.ID {
		t.Errorf("%+v", b)
	}
	c := &stripe.ChargeParams{}
	c.AddExpand("balance_transaction")
	ch, err := r.api.Charges.Get(pi.LatestCharge.ID, c)
	if must(t, ch, err).BalanceTransaction.Net != 2397 {
		t.Errorf("%+v", ch.BalanceTransaction)
	}
	q := &stripe.RefundParams{PaymentIntent: stripe.String(pi.ID)}
	q.AddExpand("balance_transaction")
	re, err := r.api.Refunds.New(q)
	if must(t, re, err).BalanceTransaction.Amount != -2500 {
		t.Errorf("%+v", re.BalanceTransaction)
	}
	pi, err = r.charge("pm_card_bypassPending", "", false)
	must(t, pi, err)
	if ch, err = r.api.Charges.Get(pi.LatestCharge.ID, c); must(t, ch, err).BalanceTransaction.Status != "available" {
		t.Errorf("%s", ch.BalanceTransaction.Status)
	}
}

// An inquiry that is closed took nothing; a charge can be refunded after it.
func TestCloseInquiry(t *testing.T) {
	r := local(t)
	q := r.dispute("pm_card_createDisputeInquiry")
	q, err := r.api.Disputes.Close(q.ID, nil)
	if must(t, q, err).Status != "warning_closed" || len(q.BalanceTransactions) != 0 {
		t.Errorf("%+v", q)
	}
	if len(r.events("charge.dispute.closed")) != 1 || len(r.events("charge.dispute.funds_withdrawn")) != 0 {
		t.Error("events")
	}
	if _, err := r.api.Disputes.Close(q.ID, nil); err == nil {
		t.Error("closed twice")
	}
	if _, err := r.api.Refunds.New(&stripe.RefundParams{Charge: stripe.String(q.Charge.ID)}); err != nil {
		t.Error(err)
	}
	second := r.dispute("pm_card_createDisputeInquiry")
	if _, text, _ := r.browse("GET", "/objects/dispute/"+second.ID, nil); !strings.Contains(text, "Close this inquiry") {
		t.Error("the page has no button")
	}
	r.browse("POST", "/objects/dispute/"+second.ID+"/decide", url.Values{"outcome": {"won"}})
	if second, err = r.api.Disputes.Get(second.ID, nil); must(t, second, err).Status != "warning_closed" {
		t.Errorf("by the button: %s", second.Status)
	}
}

// Sending a draft finalizes it first.
func TestSendDraftInvoice(t *testing.T) {
	r := contract(t)
	cus := r.customer("send@example.com").ID
	in, err := r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(cus), CollectionMethod: stripe.String("send_invoice"), DaysUntilDue: stripe.Int64(30),
		AutoAdvance: stripe.Bool(false), PendingInvoiceItemsBehavior: stripe.String("exclude")})
	must(t, in, err)
	item, err := r.api.InvoiceItems.New(&stripe.InvoiceItemParams{Customer: stripe.String(cus), Invoice: stripe.String(in.ID), Amount: stripe.Int64(2500), Currency: stripe.String("usd")})
	must(t, item, err)
	in, err = r.api.Invoices.SendInvoice(in.ID, nil)
	if must(t, in, err).Status != "open" || in.Number == "" || in.HostedInvoiceURL == "" {
		t.Errorf("%+v", in)
	}
	if r.server == nil {
		return
	}
	if len(r.events("invoice.finalized")) != 1 || len(r.events("invoice.sent")) != 1 {
		t.Error("events")
	}
	empty, err := r.api.Invoices.New(&stripe.InvoiceParams{Customer: stripe.String(cus), CollectionMethod: stripe.String("send_invoice"), DaysUntilDue: stripe.Int64(30)})
	must(t, empty, err)
	if _, err := r.api.Invoices.SendInvoice(empty.ID, nil); err == nil {
		t.Error("an empty invoice was sent")
	}
}

func TestTaxIDsOfNewCustomer(t *testing.T) {
	r := contract(t)
	id := func(value string) []*stripe.CustomerTaxIDDataParams {
		return []*stripe.CustomerTaxIDDataParams{{Type: stripe.String("eu_vat"), Value: stripe.String(value)}}
	}
	c, err := r.api.Customers.New(&stripe.CustomerParams{Email: stripe.String("vat@example.com"), TaxIDData: id("DE123456789")})
	must(t, c, err)
	i := r.api.TaxIDs.List(&stripe.TaxIDListParams{Customer: stripe.String(c.ID)})
	if !i.Next() || i.TaxID().Value != "DE123456789" || i.TaxID().Type != "eu_vat" {
		t.Errorf("%+v", i.TaxID())
	}
	if r.server == nil {
		return
	}
	before := r.counts()
	_, err = r.api.Customers.New(&stripe.CustomerParams{Email: stripe.String("vat@example.com"), TaxIDData: id("nonsense")})
	refused(t, err, 400, "tax_id_invalid", "tax_id_data[0][value]")
	if after := r.counts(); !reflect.DeepEqual(before, after) {
		t.Error("a customer with a wrong tax id was made")
	}
}

func TestDefaultPrice(t *testing.T) {
	r := local(t)
	p := &stripe.ProductParams{Name: stripe.String("Pack"), DefaultPriceData: &stripe.ProductDefaultPriceDataParams{Currency: stripe.String("eur"), UnitAmount: stripe.Int64(900)}}
	p.AddExpand("default_price")
	made, err := r.api.Products.New(p)
	if must(t, made, err); made.DefaultPrice.UnitAmount != 900 || made.DefaultPrice.Currency != "eur" {
		t.Fatalf("%+v", made.DefaultPrice)
	}
	_, err = r.api.Prices.Update(made.DefaultPrice.ID, &stripe.PriceParams{Active: stripe.Bool(false)})
	refused(t, err, 400, "", "active")
	other, err := r.api.Prices.New(&stripe.PriceParams{Product: stripe.String(made.ID), Currency: stripe.String("eur"), UnitAmount: stripe.Int64(800)})
	must(t, other, err)
	changed, err := r.api.Products.Update(made.ID, &stripe.ProductParams{DefaultPrice: stripe.String(other.ID)})
	if must(t, changed, err).DefaultPrice.ID != other.ID || r.previous("product.updated")["default_price"] != made.DefaultPrice.ID {
		t.Errorf("%+v", changed.DefaultPrice)
	}
	_, err = r.api.Products.Update(made.ID, &stripe.ProductParams{DefaultPrice: stripe.String("price_none")})
	refused(t, err, 400, "resource_missing", "default_price")
}

// Link is a payment method of its own, which is saved like a card.
func TestLinkAtCheckout(t *testing.T) {
	r := local(t)
	cus := r.customer("link@example.com").ID
	p := sessionParams(cus)
	p.PaymentIntentData.SetupFutureUsage = stripe.String("off_session")
	s := session(t)(r.api.CheckoutSessions.New(p))
	page := "/c/pay/" + s.ID
	if _, text, _ := r.browse("GET", page+"?method=link", nil); !strings.Contains(text, "Pay with Link") || strings.Contains(text, "Card number") {
		t.Error("the page for Link")
	}
	status, _, to := r.browse("POST", page, url.Values{"method": {"link"}, "name": {"Ada"}, "country": {"DE"}})
	if status != 303 || !strings.HasPrefix(to, "http://127.0.0.1:8080/return") {
		t.Fatalf("%d to %s", status, to)
	}
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, expand("payment_intent.latest_charge")))
	if d := s.PaymentIntent.LatestCharge.PaymentMethodDetails; s.PaymentStatus != "paid" || d.Type != "link" || d.Link == nil || d.Card != nil {
		t.Errorf("%s %+v", s.PaymentStatus, d)
	}
	i := r.api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: stripe.String(cus), Type: stripe.String("link")})
	if !i.Next() || i.PaymentMethod().Link.Email != "link@example.com" {
		t.Fatal("nothing saved")
	}
	pi, err := r.api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String("usd"), Customer: stripe.String(cus), Confirm: stripe.Bool(true),
		OffSession: stripe.Bool(true), PaymentMethod: stripe.String(i.PaymentMethod().ID), PaymentMethodTypes: stripe.StringSlice([]string{"link"})})
	if must(t, pi, err).Status != "succeeded" {
		t.Error(pi.Status)
	}
	if _, text, _ := r.browse("GET", s.PaymentIntent.LatestCharge.ReceiptURL, nil); !strings.Contains(text, "Link") {
		t.Error("the receipt")
	}
}

// Wallets pay with cards, which say where they come from.
func TestWalletsAtCheckout(t *testing.T) {
	r := local(t)
	for wallet, name := range map[string]string{"apple_pay": "Apple Pay", "google_pay": "Google Pay"} {
		s := r.session(r.customer("wallet@example.com").ID)
		if _, text, _ := r.browse("GET", "/c/pay/"+s.ID, nil); !strings.Contains(text, name) {
			t.Errorf("no button of %s", name)
		}
		if status, _, _ := r.browse("POST", "/c/pay/"+s.ID, url.Values{"wallet": {wallet}, "country": {"DE"}}); status != 303 {
			t.Fatalf("%s: %d", wallet, status)
		}
		s = session(t)(r.api.CheckoutSessions.Get(s.ID, expand("payment_intent.latest_charge")))
		d := s.PaymentIntent.LatestCharge.PaymentMethodDetails
		if s.PaymentStatus != "paid" || d.Type != "card" || string(d.Card.Wallet.Type) != wallet || d.Card.Last4 != "4242" {
			t.Errorf("%s: %s %+v", wallet, s.PaymentStatus, d.Card)
		}
	}
	s := r.session("")
	if status, text, _ := r.browse("POST", "/c/pay/"+s.ID, url.Values{"wallet": {"apple_pay"}, "number": {"4000000000000002"}, "country": {"DE"}}); status != 402 || !strings.Contains(text, "declined") {
		t.Errorf("a card that declines in a wallet: %d", status)
	}
	if status, _, _ := r.browse("POST", "/c/pay/"+s.ID, url.Values{"wallet": {"purse"}, "country": {"DE"}}); status != 400 {
		t.Errorf("an unknown wallet: %d", status)
	}
}

// Each test card has a number that can be typed, and a name that programs use.
func TestMoreCards(t *testing.T) {
	r := local(t)
	for method, want := range map[string]string{"pm_card_visa_debit_eftposAuCoBranded": "AU debit visa", "pm_card_th_debit": "TH debit visa", "pm_card_th_credit": "TH credit visa",
		"pm_card_ae_mastercard": "AE credit mastercard", "pm_card_visa_cartesBancaires": "FR credit visa", "pm_card_debit_visaHsaProductCode": "US debit visa",
		"pm_card_highEfwScore": "US credit visa", "pm_card_avsZipFailElevatedRisk": "US credit visa"} {
		pi, err := r.charge(method, "", false)
		must(t, pi, err)
		k := pi.LatestCharge.PaymentMethodDetails.Card
		if got := strings.Join([]string{k.Country, string(k.Funding), string(k.Brand)}, " "); pi.Status != "succeeded" || got != want {
			t.Errorf("%s: %s, %s, want %s", method, pi.Status, got, want)
		}
	}
	if n := r.typed("4000050360000001", "", "").Card.Networks.Available; len(n) != 2 || string(n[0]) != "eftpos_au" {
		t.Errorf("%v", n)
	}
	_, err := r.charge(r.typed("4000058400307872", "", "").ID, "", false)
	refused(t, err, 402, "incorrect_cvc", "cvc")
	_, err = r.charge("pm_card_chargeDeclinedFraudulent", "", false)
	if e := refused(t, err, 402, "card_declined", ""); e.DeclineCode != "fraudulent" {
		t.Error(e.DeclineCode)
	}
}
