package sandbox

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write undone.txt anew")

const undoneHead = `# Parameters of Stripe that the sandbox refuses, for it does not do what they ask
# for; where they are words, values other than Stripe's default. An object stands
# for all that is in it. Written by: go test ./handlers/sandbox -run TestEveryParameter -update
`

// Every parameter of Stripe's description is sent to a request that works without
// it. It is done or judged, or refused by its name, and then nothing has changed.
// Undone.txt says exactly which ones are refused.
func TestEveryParameterIsDoneOrRefused(t *testing.T) {
	var got []string
	for _, op := range slices.Sorted(maps.Keys(operations())) {
		t.Run(op, func(t *testing.T) {
			w := newWorld(t)
			undone := map[string]bool{}
			for _, way := range waysOf(op) {
				w.works(op, way)
			}
			for i, l := range leavesOf(operationParams[op], "", nil) {
				if i%10 == 9 {
					w = newWorld(t) // what is there is compared often
				}
				undone[l.path] = w.refuses(op, l)
			}
			for _, path := range collapsed(operationParams[op], "", undone) {
				got = append(got, op+" "+path)
			}
		})
	}
	text := undoneHead + strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile("undone.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("undone.txt")
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		listed := strings.Split(strings.TrimPrefix(string(want), undoneHead), "\n")
		for _, l := range got {
			if !slices.Contains(listed, l) {
				t.Errorf("refused, and not in undone.txt: %s", l)
			}
		}
		for _, l := range listed {
			if l != "" && !slices.Contains(got, l) {
				t.Errorf("in undone.txt, and not refused: %s", l)
			}
		}
	}
}

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
		aSale + "&line_items[0][quantity]=1&line_items[0][price]={price}", "mode=setup&success_url=https://example.com/&customer={customer}",
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

// leaf is a parameter with a value, and what must come with it.
type leaf struct {
	path string
	form url.Values
}

// leavesOf lists the parameters of an operation, of lists their first element.
func leavesOf(p *param, path string, with url.Values) (out []leaf) {
	for _, c := range p.children {
		at, form := join(path, c.name), maps.Clone(with)
		if form == nil {
			form = url.Values{}
		}
		for _, sibling := range p.children {
			if path != "" && sibling.required && sibling != c {
				fill(sibling, join(path, sibling.name), form)
			}
		}
		e := c
		if c.may("a") {
			at, e = at+"[0]", c.items
			e = &param{name: c.name, kinds: e.kinds, enum: e.enum, children: e.children}
		}
		if len(e.children) > 0 {
			out = append(out, leavesOf(e, at, form)...)
			continue
		}
		fill(e, at, form)
		out = append(out, leaf{at, form})
	}
	return out
}

// fill puts a value, with what it requires, into a form.
func fill(p *param, path string, form url.Values) {
	switch {
	case p.may("a"):
		e := *p.items
		e.name = p.name
		fill(&e, path+"[0]", form)
	case len(p.children) > 0:
		some := false
		for _, c := range p.children {
			if c.required {
				some = true
				fill(c, join(path, c.name), form)
			}
		}
		if !some {
			fill(p.children[0], join(path, p.children[0].name), form)
		}
	case p.may("m"):
		form.Set(path+"[k]", "v")
	default:
		form.Set(path, sample(p))
	}
}

// sample is a value that a parameter may have, and not its default.
func sample(p *param) string {
	if v := map[string]string{"currency": "usd", "country": "DE", "url": "https://example.com/", "return_url": "https://example.com/",
		"cancel_url": "https://example.com/", "success_url": "https://example.com/", "email": "a@example.com", "unit_amount": "100",
		"unit_amount_decimal": "100", "amount": "100", "payment_method_types": "card", "minimum_amount_currency": "usd"}[p.name]; v != "" {
		return v
	}
	switch {
	case len(p.enum) > 0:
		for _, v := range slices.Backward(p.enum) {
			if !slices.Contains(asUsual[p.name], any(v)) {
				return v
			}
		}
		return p.enum[0]
	case p.may("b"):
		return "true"
	case p.may("i"), p.may("n"):
		return "1"
	}
	return "x"
}

// usual says whether a parameter can only have a value that is done anyway: what
// it needs beside it is refused.
func usual(l leaf) bool {
	return slices.Contains(asUsual[leafName(l.path)], any(l.form.Get(l.path)))
}

// collapsed are the paths that are refused, whole objects by their own name.
func collapsed(p *param, path string, undone map[string]bool) (out []string) {
	for _, c := range p.children {
		at, e := join(path, c.name), c
		if c.may("a") {
			at, e = at+"[0]", c.items
		}
		var below []string
		for l := range undone {
			if l == at || strings.HasPrefix(l, at+"[") {
				below = append(below, l)
			}
		}
		switch {
		case !slices.ContainsFunc(below, func(l string) bool { return !undone[l] }):
			out = append(out, strings.ReplaceAll(at, "[0]", "[]"))
		case len(e.children) > 0:
			out = append(out, collapsed(e, at, undone)...)
		}
	}
	return out
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

// works asserts that a way in which an operation is called does what it says.
func (w *world) works(op, way string) {
	w.t.Helper()
	method, pattern, _ := strings.Cut(op, " ")
	w.memo = map[string]string{}
	path := w.filled(pattern)
	form, err := url.ParseQuery(w.filled(way))
	if err != nil {
		w.t.Fatal(err)
	}
	if status, o := w.send(method, path, form); status != http.StatusOK && status != http.StatusPaymentRequired {
		w.t.Errorf("%s with %s: %d %s", op, way, status, o.json())
	}
}

// refuses says whether an operation refuses a parameter as undone, in all the
// ways in which it can be called.
func (w *world) refuses(op string, l leaf) bool {
	w.t.Helper()
	method, pattern, _ := strings.Cut(op, " ")
	refused, unclear := 0, ""
	for _, way := range waysOf(op) {
		w.memo = map[string]string{}
		path := w.filled(pattern)
		form, err := url.ParseQuery(w.filled(way))
		if err != nil {
			w.t.Fatal(err)
		}
		if _, base := form[l.path]; base {
			return false // every base is taken
		}
		for name, v := range l.form {
			form[name] = v
		}
		before := w.rows()
		status, o := w.send(method, path, form)
		e := o.sub("error")
		switch message := e.str("message"); {
		case status == http.StatusBadRequest && strings.HasPrefix(message, "The sandbox does not do "):
			refused++
			if head, _, _ := strings.Cut(l.path, "["); !strings.Contains(message, strings.TrimSuffix(l.path, "[0]")) && !strings.Contains(message, " "+head+" ") && !usual(l) || e.str("type") != "invalid_request_error" || !strings.Contains(message, e.str("param")) {
				w.t.Errorf("%s with %s was refused for %s: %s", op, l.path, e.str("param"), message)
			}
			if after := w.rows(); !reflect.DeepEqual(before, after) {
				w.t.Errorf("%s with %s was refused and changed something", op, l.path)
			}
		case status == http.StatusOK, status == http.StatusPaymentRequired, related(e.str("param"), l.path):
			return false
		default:
			unclear = message
		}
	}
	if refused == 0 {
		w.t.Errorf("%s with %s: neither done nor refused: %s", op, l.path, unclear)
	}
	return refused > 0
}

// related says whether an error's param is about a parameter.
func related(param, path string) bool {
	param = strings.TrimSuffix(param, "[0]")
	return param != "" && (strings.HasPrefix(path, param) || strings.HasPrefix(param, strings.TrimSuffix(path, "[0]")))
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
