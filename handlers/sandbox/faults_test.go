package sandbox_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"purse/handlers/sandbox"
)

// set sets faults as a person does on the page.
func (r *rig) set(form url.Values) (int, string) {
	r.Helper()
	status, text, _ := r.browse("POST", "/sandbox/faults", form)
	return status, text
}

func (r *rig) newCustomer(key string) (*stripe.Customer, error) {
	p := &stripe.CustomerParams{Email: stripe.String("faults@example.com")}
	if key != "" {
		p.SetIdempotencyKey(key)
	}
	return r.api.Customers.New(p)
}

func (r *rig) customerCount() (n int) {
	for i := r.api.Customers.List(&stripe.CustomerListParams{}); i.Next(); {
		n++
	}
	return n
}

// Each fault of the API does what its name says to the chosen operation, as
// often as was asked, and nothing after.
func TestFaultsOnDemand(t *testing.T) {
	r := local(t)
	for i, test := range []struct {
		action  string
		status  int // 0: the connection breaks
		done    bool
		replays bool // a retry under the same key gets the same answer
	}{
		{"error", 500, false, false},
		{"error_after", 500, true, true},
		{"drop_after", 0, true, false},
		{"rate_limit", 429, false, false},
		{"conflict", 409, false, false},
	} {
		t.Run(test.action, func(t *testing.T) {
			before, key := r.customerCount(), "key-"+test.action
			if status, _ := r.set(url.Values{"api_action": {test.action}, "count": {"2"}, "method": {"post"}, "path": {"/v1/customers"}}); status != 303 {
				t.Fatalf("not set: %d", status)
			}
			if n := r.customerCount(); n != before {
				t.Errorf("%d customers: another operation was disturbed", n)
			}
			_, err := r.newCustomer(key)
			if test.status == 0 {
				if err == nil || strings.Contains(err.Error(), `"status"`) {
					t.Errorf("the connection did not break: %v", err)
				}
			} else if e, ok := err.(*stripe.Error); !ok || e.HTTPStatusCode != test.status { //nolint:errorlint // as stripe-go returns it
				t.Errorf("got %v, want %d", err, test.status)
			}
			if done := r.customerCount() > before; done != test.done {
				t.Errorf("done %v, want %v", done, test.done)
			}
			_, _ = r.newCustomer("") // the second of the two
			c, err := r.newCustomer(key)
			switch {
			case test.replays:
				refused(t, err, 500, "", "")
			case err != nil:
				t.Errorf("the retry: %v", err)
			case test.done && r.customerCount() > before+2:
				t.Errorf("the retry did it again: %s", c.ID)
			}
			if left := r.server.Faults(); len(left.API) != 0 {
				t.Errorf("run %d: still set: %+v", i, left)
			}
		})
	}
}

// What is set is listed, each can be cleared, and what makes no sense is
// refused in words.
func TestFaultsPage(t *testing.T) {
	r := local(t)
	for name, test := range map[string]struct {
		form url.Values
		says string
	}{
		"no count":    {url.Values{"api_action": {"error"}, "count": {"some"}}, "whole number"},
		"zero":        {url.Values{"api_action": {"error"}, "count": {"0"}}, "whole number"},
		"no such":     {url.Values{"api_action": {"explode"}, "count": {"1"}}, "one of error, error_after"},
		"no path":     {url.Values{"api_action": {"error"}, "count": {"1"}, "path": {"refunds"}}, "begins with /v1/"},
		"no method":   {url.Values{"api_action": {"error"}, "count": {"1"}, "method": {"PUSH"}}, "GET, POST or DELETE"},
		"no delivery": {url.Values{"action": {"explode"}, "count": {"1"}}, "one of drop, duplicate"},
		"delay":       {url.Values{"action": {"delay"}, "count": {"1"}, "delay": {"long"}}, "number of seconds"},
		"no reason":   {url.Values{"charge_code": {"bad_mood"}, "count": {"1"}}, "knows no such reason"},
		"cleared":     {url.Values{"clear": {"api-3"}}, "not set any more"},
	} {
		if status, text := r.set(test.form); status != 422 || !strings.Contains(text, test.says) || !strings.Contains(text, "<title>Error: ") ||
			(test.form.Get("path") != "" && !strings.Contains(text, `value="`+test.form.Get("path")+`"`)) {
			t.Errorf("%s: %d", name, status)
		}
	}
	r.set(url.Values{"api_action": {"rate_limit"}, "count": {"3"}, "path": {"/v1/refunds"}})
	r.set(url.Values{"api_action": {"conflict"}, "count": {"-1"}, "method": {"POST"}, "path": {"/v1/invoices"}})
	r.set(url.Values{"action": {"drop"}, "count": {"2"}, "type": {"charge.*"}})
	r.set(url.Values{"charge_code": {"lost_card"}, "count": {"1"}})
	_, text, _ := r.browse("GET", "/settings", nil)
	for _, want := range []string{"Answer 429: the next 3 requests to /v1/refunds", "Answer 409: all requests to POST /v1/invoices", "Drop the next 2 events of type charge.*",
		"Decline the next charge, whatever the card: lost_card"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if status, _ := r.set(url.Values{"clear": {"api-0"}}); status != 303 {
		t.Errorf("clearing one: %d", status)
	}
	var f sandbox.Faults
	_, text, _ = r.browse("GET", "/sandbox/faults", nil)
	if err := json.Unmarshal([]byte(text), &f); err != nil || len(f.API) != 1 || f.API[0].Action != "conflict" || len(f.Deliveries) != 1 || len(f.Charges) != 1 {
		t.Errorf("%s %v", text, err)
	}
	_, err := r.charge("pm_card_visa", "", false)
	if e := refused(t, err, 402, "card_declined", ""); e.DeclineCode != "lost_card" {
		t.Errorf("declined with %s", e.DeclineCode)
	}
	if status, _ := r.set(url.Values{"clear": {"1"}}); status != 303 {
		t.Errorf("clearing all: %d", status)
	}
	if f := r.server.Faults(); len(f.API)+len(f.Deliveries)+len(f.Charges) != 0 {
		t.Errorf("%+v", f)
	}
}
