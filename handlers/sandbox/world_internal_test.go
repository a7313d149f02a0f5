package sandbox

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	aCard    = "type=card&card[number]=4242424242424242&card[exp_month]=12&card[exp_year]=2034"
	aSale    = "mode=payment&success_url=https://example.com/"
	aLine    = "&line_items[0][quantity]=1&line_items[0][price_data][currency]=usd&line_items[0][price_data][unit_amount]=2500"
	anAmount = "amount=2500&currency=usd"

	aTransfer = "&payment_method_options[customer_balance][funding_type]=bank_transfer&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"
)

// ways are forms with which operations work. A name in braces is an object of
// makers. What is not here works without parameters.
var ways = map[string][]string{
	"POST /v1/test_helpers/customers/{customer}/fund_cash_balance": {anAmount},
	"POST /v1/customers/{customer}/tax_ids":                        {"type=eu_vat&value=DE123456789"},
	"POST /v1/coupons":                                             {"percent_off=10", "amount_off=100&currency=usd"},
	"POST /v1/promotion_codes":                                     {"coupon={coupon}", "coupon={coupon}&restrictions[minimum_amount]=100&restrictions[minimum_amount_currency]=usd"},
	"POST /v1/test_helpers/test_clocks":                            {"frozen_time={now}"},
	"POST /v1/test_helpers/test_clocks/{test_clock}/advance":       {"frozen_time={soon}"},
	"POST /v1/products":                                            {"name=A", "name=A&default_price_data[currency]=usd&default_price_data[unit_amount]=100"},
	"POST /v1/prices":                                              {"product={product}&currency=usd&unit_amount=100", "product_data[name]=A&currency=usd&unit_amount=100", "product={product}&currency=usd&unit_amount_decimal=100"},
	"POST /v1/payment_methods":                                     {aCard, "type=us_bank_account&us_bank_account[account_number]=000123456789&us_bank_account[routing_number]=110000000", "type=sepa_debit&sepa_debit[iban]=DE89370400440532013000"},
	"GET /v1/payment_methods":                                      {"customer={customer}"},
	"POST /v1/payment_methods/{payment_method}/attach":             {"customer={customer}"},
	"POST /v1/checkout/sessions": {aSale + aLine + "&line_items[0][price_data][product_data][name]=A", aSale + aLine + "&line_items[0][price_data][product]={product}&customer={customer}",
		aSale + "&line_items[0][quantity]=1&line_items[0][price]={price}", "mode=setup&currency=usd&success_url=https://example.com/&customer={customer}",
		aSale + aLine + "&line_items[0][price_data][product_data][name]=A&customer={customer}&payment_method_types[0]=customer_balance&payment_method_options[customer_balance][funding_type]=bank_transfer&payment_method_options[customer_balance][bank_transfer][type]=us_bank_transfer"},
	"POST /v1/payment_pages/{page}/confirm": {"payment_method=pm_card_visa"},
	"POST /v1/payment_intents": {anAmount, anAmount + aTransfer, anAmount + "&customer={customer}&payment_method={payment_method}&confirm=true&payment_method_types[0]=card",
		anAmount + "&payment_method_types[0]=card&payment_method=pm_card_visa_chargeDeclined&confirm=true"},
	"POST /v1/payment_intents/{intent}":         {"", aTransfer[1:]},
	"POST /v1/payment_intents/{intent}/confirm": {"", aTransfer[1:], "payment_method=pm_card_visa_chargeDeclined", "payment_method=pm_card_authenticationRequired"},
	"POST /v1/setup_intents":                    {"customer={customer}", "customer={customer}&payment_method=pm_card_visa&confirm=true"},
	"POST /v1/setup_intents/{intent}/confirm":   {"payment_method=pm_card_visa"},
	"POST /v1/refunds":                          {"charge={charge}"},
	"POST /v1/invoices":                         {"customer={customer}", "customer={customer}&collection_method=send_invoice&days_until_due=3"},
	"POST /v1/invoices/{invoice}/pay":           {"payment_method={payment_method}"},
	"POST /v1/invoiceitems":                     {"customer={customer}&currency=usd&amount=100", "customer={customer}&currency=usd&unit_amount=100&quantity=2"},
	"POST /v1/billing_portal/sessions":          {"customer={customer}"},
	"POST /v1/credit_notes":                     {"invoice={paid}&amount=100&out_of_band_amount=100", "invoice={charged}&amount=100&refund_amount=100"},
	"POST /v1/webhook_endpoints":                {"url=https://example.com/&enabled_events[0]=*"},
	"POST /v1/tax/calculations":                 {"currency=usd&line_items[0][amount]=100&customer_details[address][country]=DE", "currency=usd&line_items[0][amount]=100&customer={customer}"},
}

func waysOf(op string) []string {
	if w := ways[op]; w != nil {
		return w
	}
	return []string{""}
}

// makers make the objects that paths and forms name.
var makers map[string]func(*world) string

func init() {
	makers = map[string]func(*world) string{
		"now":      func(w *world) string { return strconv.FormatInt(w.s.Now().Unix(), 10) },
		"soon":     func(w *world) string { return strconv.FormatInt(w.s.Now().Unix()+60, 10) },
		"customer": func(w *world) string { return w.made("/v1/customers", "email=a@example.com&address[country]=DE").id() },
		"payment_method": func(w *world) string {
			return w.made("/v1/payment_methods/pm_card_visa/attach", "customer={customer}").id()
		},
		"coupon":         func(w *world) string { return w.made("/v1/coupons", "percent_off=10").id() },
		"promotion_code": func(w *world) string { return w.made("/v1/promotion_codes", "coupon={coupon}").id() },
		"test_clock":     func(w *world) string { return w.made("/v1/test_helpers/test_clocks", "frozen_time={now}").id() },
		"product":        func(w *world) string { return w.made("/v1/products", "name=A").id() },
		"price": func(w *world) string {
			return w.made("/v1/prices", "product={product}&currency=usd&unit_amount=2500").id()
		},
		"session": func(w *world) string {
			return w.made("/v1/checkout/sessions", ways["POST /v1/checkout/sessions"][0]).id()
		},
		"page": func(w *world) string { return w.filled("{session}") },
		"intent": func(w *world) string {
			return w.made("/v1/payment_intents", anAmount+"&payment_method_types[0]=card&payment_method=pm_card_visa").id()
		},
		"setup": func(w *world) string { return w.made("/v1/setup_intents", "customer={customer}").id() },
		"charge": func(w *world) string {
			return w.made("/v1/payment_intents", anAmount+"&payment_method_types[0]=card&payment_method=pm_card_visa&confirm=true").str("latest_charge")
		},
		"refund": func(w *world) string { return w.made("/v1/refunds", "charge={charge}").id() },
		"dispute": func(w *world) string {
			w.made("/v1/payment_intents", anAmount+"&payment_method_types[0]=card&payment_method=pm_card_createDispute&confirm=true")
			return w.newest("dispute")
		},
		"early_fraud_warning": func(w *world) string {
			w.made("/v1/payment_intents", anAmount+"&payment_method_types[0]=card&payment_method=pm_card_createIssuerFraudRecord&confirm=true")
			return w.newest("radar.early_fraud_warning")
		},
		"invoice": func(w *world) string { // a draft
			id := w.made("/v1/invoices", "customer={customer}&collection_method=send_invoice&days_until_due=3").id()
			w.made("/v1/invoiceitems", "customer={customer}&currency=usd&amount=2500&invoice="+id)
			return id
		},
		"open": func(w *world) string { return w.made("/v1/invoices/"+w.filled("{invoice}")+"/finalize", "").id() },
		"paid": func(w *world) string {
			return w.made("/v1/invoices/"+w.filled("{open}")+"/pay", "paid_out_of_band=true").id()
		},
		"charged": func(w *world) string {
			return w.made("/v1/invoices/"+w.filled("{open}")+"/pay", "payment_method={payment_method}").id()
		},
		"invoiceitem": func(w *world) string {
			return w.made("/v1/invoiceitems", "customer={customer}&currency=usd&amount=2500").id()
		},
		"webhook_endpoint": func(w *world) string {
			return w.made("/v1/webhook_endpoints", "url=https://example.com/&enabled_events[0]=payout.paid").id()
		},
		"tax_id": func(w *world) string {
			return w.made("/v1/customers/"+w.filled("{customer}")+"/tax_ids", "type=eu_vat&value=DE123456789").id()
		},
		"credit_note": func(w *world) string {
			return w.made("/v1/credit_notes", "invoice={paid}&amount=100&out_of_band_amount=100").id()
		},
		"event":       func(w *world) string { w.filled("{product}"); return w.newest("event") },
		"transaction": func(w *world) string { w.filled("{charge}"); return w.newest("balance_transaction") },
		"payout": func(w *world) string {
			w.s.locked(func() { w.s.store.put("payout", obj{"id": "po_1", "object": "payout"}) })
			return "po_1"
		},
	}
}

// named says which object a path means, where its name is not the maker's.
var named = map[string]string{
	"/v1/products/{id}": "product", "/v1/events/{id}": "event", "/v1/balance_transactions/{id}": "transaction", "/v1/credit_notes/{id}": "credit_note",
	"/v1/customers/{customer}/tax_ids/{id}": "tax_id", "/v1/setup_intents/{intent}": "setup", "/v1/setup_intents/{intent}/confirm": "setup",
	"/v1/setup_intents/{intent}/cancel": "setup", "/v1/invoices/{invoice}/pay": "open", "/v1/invoices/{invoice}/void": "open",
	"/v1/invoices/{invoice}/mark_uncollectible": "open",
}

var inBraces = regexp.MustCompile(`\{[a-z_]+\}`)

// filled puts ids for the names in braces, of objects made for this request.
func (w *world) filled(text string) string {
	w.t.Helper()
	last := named[text]
	parts := inBraces.FindAllString(text, -1)
	n := 0
	return inBraces.ReplaceAllStringFunc(text, func(name string) string {
		n++
		if name = strings.Trim(name, "{}"); n == len(parts) && last != "" {
			name = last
		}
		if w.memo[name] == "" {
			w.memo[name] = makers[name](w)
		}
		return w.memo[name]
	})
}

func (w *world) newest(kind string) (id string) {
	w.s.locked(func() {
		all := w.s.store.all(kind)
		id = all[len(all)-1].body.id()
	})
	return id
}

// world is a sandbox with what requests are about.
type world struct {
	t    *testing.T
	s    *Server
	host *httptest.Server
	memo map[string]string // objects of one request, by their names
}

func newWorld(t *testing.T) *world {
	at := time.Now().Truncate(time.Second)
	s, err := Open("", Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, s: s, host: httptest.NewServer(s.Handler())}
	t.Cleanup(func() {
		w.host.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) send(method, path string, form url.Values) (int, obj) {
	w.t.Helper()
	var req *http.Request
	if method == http.MethodPost {
		req, _ = http.NewRequest(method, w.host.URL+path, strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		req, _ = http.NewRequest(method, w.host.URL+path+"?"+form.Encode(), nil)
	}
	req.Header.Set("Authorization", "Bearer sk_test_sandbox_0123456789")
	res, err := w.host.Client().Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var m map[string]any
	d := json.NewDecoder(res.Body)
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, fromJSON(m).(obj)
}

func (w *world) made(path, form string) obj {
	w.t.Helper()
	values, err := url.ParseQuery(w.filled(form))
	if err != nil {
		w.t.Fatal(err)
	}
	status, o := w.send(http.MethodPost, path, values)
	if status != http.StatusOK {
		w.t.Fatalf("POST %s %s: %s", path, form, o.json())
	}
	return o
}

// rows is all that the sandbox keeps.
func (w *world) rows() map[rowKey]obj {
	out := map[rowKey]obj{}
	w.s.locked(func() {
		for k, r := range w.s.store.rows {
			out[k] = cloned(r.body).(obj)
			out[k]["_seq"] = r.seq
		}
	})
	return out
}

func cloned(v any) any {
	switch v := v.(type) {
	case obj:
		out := make(obj, len(v))
		for name, e := range v {
			out[name] = cloned(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloned(e)
		}
		return out
	}
	return v
}
