package api

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
)

func (w *world) dispatch() {
	w.Helper()
	if err := w.deps.Endpoints.Dispatch(context.Background()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) types(a answer) []string {
	var out []string
	list, _ := a.body["data"].([]any)
	for i := range list {
		out = append(out, a.str("data", i, "type"))
	}
	return out
}

func TestEventsAreListedNewestFirstAndFiltered(t *testing.T) {
	w := newWorld(t)
	w.pace = time.Millisecond
	w.shop("10")
	w.must("POST", "/v1/customers", `{"name":"Other","external_id":"other"}`)
	all := w.must("GET", "/v1/events", "")
	if got := w.types(all); !slices.Equal(got, []string{"customer.created", "credits.granted", "customer.created"}) {
		t.Fatal(got)
	}
	granted := all.at("data", 1).(map[string]any)
	if granted["object"] != "event" || granted["credit_type"] != "credits" || granted["sequence"] != json.Number("1") || granted["customer"] == nil {
		t.Error(granted)
	}
	if a := w.must("GET", "/v1/events?type=credits.granted,credits.voided", ""); len(w.types(a)) != 1 {
		t.Error(a.text)
	}
	if a := w.must("GET", "/v1/events?type=customer.created", ""); len(w.types(a)) != 2 {
		t.Error(a.text)
	}
	if a := w.must("GET", "/v1/events?customer=ext:acme", ""); len(w.types(a)) != 2 {
		t.Error(a.text)
	}
	w.refuse(w.read, "GET", "/v1/events?type=credits.stolen", "", 422, "invalid")

	first := w.must("GET", "/v1/events?limit=2", "")
	if first.at("has_more") != true {
		t.Error(first.text)
	}
	if a := w.must("GET", "/v1/events?limit=2&starting_after="+first.str("data", 1, "id"), ""); len(w.types(a)) != 1 || a.at("has_more") != false {
		t.Error(a.text)
	}
	if a := w.must("GET", "/v1/events?limit=1&ending_before="+all.str("data", 2, "id"), ""); a.str("data", 0, "id") != all.str("data", 1, "id") || a.at("has_more") != true {
		t.Error(a.text)
	}
	if a := w.must("GET", "/v1/events/"+all.str("data", 1, "id"), ""); a.str("type") != "credits.granted" {
		t.Error(a.text)
	}

	// A customer's own key reads what customers are told, of itself.
	own := w.key(account.NewKey{ForCustomer: true, Customer: "ext:acme"})
	if got := w.types(w.call(own, "GET", "/v1/events", "")); !slices.Equal(got, []string{"credits.granted"}) {
		t.Error(got)
	}
	w.refuse(own, "GET", "/v1/events?customer=ext:other", "", 404, "not_found")
	w.refuse(own, "GET", "/v1/events/"+all.str("data", 0, "id"), "", 404, "not_found")
	w.refuse(own, "GET", "/v1/events/"+all.str("data", 2, "id"), "", 404, "not_found") // its own, but not told
	if got := w.types(w.call(own, "GET", "/v1/events?type=customer.created", "")); len(got) != 0 {
		t.Error(got)
	}
}

// reader reads a stream of events.
type reader struct {
	t    *testing.T
	res  *http.Response
	scan *bufio.Scanner
}

func (w *world) openStream(t *testing.T, url, query, last string) *reader {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/events/stream"+query, nil)
	req.Header.Set("Authorization", "Bearer "+w.read)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return &reader{t, res, bufio.NewScanner(res.Body)}
}

// next reads a message: its id and its name.
func (r *reader) next() (id, name, data string) {
	r.t.Helper()
	for r.scan.Scan() {
		field, value, _ := strings.Cut(r.scan.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" {
				return id, name, data
			}
		}
	}
	r.t.Fatal("the stream ended", r.scan.Err())
	return "", "", ""
}

func TestAStreamThatIsResumedLosesNothing(t *testing.T) {
	w := newWorld(t)
	w.pace = time.Millisecond
	server := httptest.NewServer(w.outer)
	defer server.Close()
	defer w.deps.Endpoints.Close()
	r := w.openStream(t, server.URL, "", "")
	begin, name, _ := r.next()
	if begin != "start" || name != "ready" {
		t.Fatal(begin, name)
	}
	w.shop("10")
	w.dispatch()
	created, name, data := r.next()
	var o event.Object
	if err := json.Unmarshal([]byte(data), &o); err != nil || name != "customer.created" || o.ID != created || o.Type != name {
		t.Error(name, data, err)
	}
	granted, name, _ := r.next()
	if name != "credits.granted" {
		t.Error(name)
	}
	_ = r.res.Body.Close()

	w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"1"}`)
	w.must("POST", "/v1/customers", `{"name":"Other","external_id":"other"}`) // while nobody reads
	w.dispatch()
	again := w.openStream(t, server.URL, "", created)
	if id, name, _ := again.next(); id != created || name != "ready" {
		t.Error(id, name)
	}
	if id, _, _ := again.next(); id != granted {
		t.Error("the event after the last one that was seen is not next")
	}
	for _, want := range []string{"credits.granted", "customer.created"} {
		if _, name, _ := again.next(); name != want {
			t.Error(name, "instead of", want)
		}
	}
	filtered := w.openStream(t, server.URL, "?type=credits.granted&customer=ext:acme", "start")
	filtered.next()
	for range 2 {
		if _, name, _ := filtered.next(); name != "credits.granted" {
			t.Error(name)
		}
	}
	if res := w.openStream(t, server.URL, "", "evt_00000000000000000000000000").res; res.StatusCode != http.StatusUnprocessableEntity {
		t.Error("an event that is not kept:", res.Status)
	}
	if res := w.openStream(t, server.URL, "?typ=x", "").res; res.StatusCode != http.StatusUnprocessableEntity {
		t.Error("an unknown parameter:", res.Status)
	}
}

func TestEndpointsOverTheAPI(t *testing.T) {
	w := newWorld(t)
	w.pace = time.Millisecond
	w.shop("10")
	a := w.must("POST", "/v1/webhook_endpoints", `{"url":"https://example.com/hook","types":["credits.granted"],"description":"Ours"}`, "Idempotency-Key", "1")
	id, secret := a.str("id"), a.str("secret")
	if a.status != 201 || !strings.HasPrefix(secret, "whsec_") || a.str("status") != "enabled" {
		t.Fatal(a.text)
	}
	if again := w.must("POST", "/v1/webhook_endpoints", `{"url":"https://example.com/hook","types":["credits.granted"],"description":"Ours"}`, "Idempotency-Key", "1"); again.str("id") != id || again.str("secret") != "" {
		t.Error("a replay shows the secret again:", again.text)
	}
	path := "/v1/webhook_endpoints/" + id
	if a := w.must("GET", path, ""); a.str("secret") != "" || a.str("url") != "https://example.com/hook" {
		t.Error(a.text)
	}
	for body, param := range map[string]string{
		`{"url":"http://example.com/"}`: "url", `{"url":"https://169.254.169.254/latest"}`: "url", `{"url":""}`: "url", `{}`: "url",
		`{"url":"https://example.com/","types":["nothing"]}`:                                "types",
		`{"url":"https://example.com/","types":["customer.created"],"customer":"ext:acme"}`: "types", // customers are not told
		`{"url":"https://example.com/","kind":"pager"}`:                                     "kind",
	} {
		if a := w.call(w.admin, "POST", "/v1/webhook_endpoints", body); a.status != 422 || a.str("param") != param {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	own := w.must("POST", "/v1/webhook_endpoints", `{"url":"https://customer.example.com/hook","customer":"ext:acme"}`)
	slack := w.must("POST", "/v1/webhook_endpoints", `{"url":"https://hooks.example.com/services/T0/B0/very-secret","kind":"slack"}`)
	if slack.str("secret") != "" || strings.Contains(slack.text, "very-secret") {
		t.Error("a Slack address is a secret:", slack.text)
	}
	if a := w.must("GET", "/v1/webhook_endpoints", ""); len(a.body["data"].([]any)) != 2 {
		t.Error("the vendor's:", a.text)
	}
	if a := w.must("GET", "/v1/webhook_endpoints?customer=ext:acme", ""); a.str("data", 0, "id") != own.str("id") {
		t.Error(a.text)
	}
	if a := w.must("POST", path+"/rotate", ""); a.str("secret") == secret || a.str("rotating_until")[:16] != "2026-03-02T12:00" {
		t.Error(a.text)
	}
	w.refuse(w.admin, "POST", "/v1/webhook_endpoints/"+slack.str("id")+"/rotate", "", 409, "no_secret")
	d := w.must("POST", path+"/test", "")
	if d.str("type") != "webhook.test" || d.str("status") != "pending" {
		t.Error(d.text)
	}
	w.must("POST", "/v1/customers/ext:acme/grants", `{"credit_type":"credits","credits":"1"}`)
	w.dispatch()
	if a := w.must("GET", path+"/deliveries", ""); len(w.types(a)) != 2 || w.types(a)[0] != "credits.granted" {
		t.Error("filter:", a.text)
	}
	if a := w.must("GET", "/v1/webhook_endpoints/"+own.str("id")+"/deliveries", ""); !slices.Equal(w.types(a), []string{"credits.granted"}) {
		t.Error("the customer's:", a.text)
	}
	if a := w.must("GET", "/v1/webhook_endpoints/"+slack.str("id")+"/deliveries?limit=100", ""); !slices.Equal(w.types(a), []string{"credits.granted"}) {
		t.Error("a test is told to one endpoint only:", a.text)
	}
	if a := w.must("PATCH", path, `{"status":"disabled","types":[]}`); a.str("status") != "disabled" || a.str("disabled_reason") != "owner" || len(a.body["types"].([]any)) != 0 {
		t.Error(a.text)
	}
	w.refuse(w.admin, "POST", path+"/test", "", 409, "endpoint_disabled")
	if a := w.must("GET", path+"/deliveries?status=failed", ""); len(w.types(a)) != 2 {
		t.Error("what was under way:", a.text)
	}
	w.must("PATCH", path, `{"status":"enabled"}`)
	if a := w.must("POST", path+"/redeliver", `{"since":"2026-03-01T00:00:00Z"}`); a.at("count") != json.Number("2") {
		t.Error(a.text)
	}
	if a := w.must("GET", "/v1/deliveries/"+d.str("id"), ""); a.str("status") != "pending" {
		t.Error(a.text)
	}
	if a := w.must("DELETE", path, ""); a.at("deleted") != true {
		t.Error(a.text)
	}
	w.refuse(w.read, "GET", path, "", 404, "not_found")
	w.refuse(w.read, "GET", "/v1/deliveries/"+d.str("id"), "", 404, "not_found")
}

func TestTheDocumentTellsEveryEvent(t *testing.T) {
	w := newWorld(t)
	w.pace = time.Millisecond
	a := w.call("", "GET", "/v1/openapi.json", "")
	hooks, _ := a.at("webhooks").(map[string]any)
	for _, typ := range event.Catalogue() {
		if hooks[typ.Name] == nil {
			t.Errorf("%s is not in the document", typ.Name)
		}
	}
	if len(hooks) != len(event.Catalogue()) {
		t.Error("too many")
	}
}

// A stream ends within a second of the revocation of its key.
func TestAStreamEndsWithItsKey(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.outer)
	defer server.Close()
	defer w.deps.Endpoints.Close()
	k, secret, err := w.deps.Accounts.CreateKey(t.Context(), audit.System, account.NewKey{Name: "x", Scopes: []account.Scope{account.ScopeRead}})
	if err != nil {
		t.Fatal(err)
	}
	w.read = secret
	r := w.openStream(t, server.URL, "", "")
	r.next()
	if _, err := w.deps.Accounts.RevokeKey(t.Context(), audit.System, "", k.ID); err != nil {
		t.Fatal(err)
	}
	revoked := time.Now()
	for r.scan.Scan() {
	}
	if d := time.Since(revoked); d > time.Second {
		t.Errorf("it ended after %s", d)
	}
}

// TestFormerPathsAnswerAsBefore: the document marks them, and they name the path that
// has taken their place.
func TestFormerPathsAnswerAsBefore(t *testing.T) {
	w := newWorld(t)
	e := w.must("POST", "/v1/webhook-endpoints", `{"url":"https://example.com/hook"}`)
	for _, path := range []string{"/v1/webhook-endpoints/", "/v1/webhook_endpoints/"} {
		if a := w.must("GET", path+e.str("id"), ""); a.str("object") != "webhook_endpoint" || (a.header.Get("Link") != "") != strings.Contains(path, "-") {
			t.Errorf("%s: %s %s", path, a.text, a.header.Get("Link"))
		}
	}
	for path, item := range w.api.open.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if o != nil && o.Deprecated != strings.Contains(path, "-") {
				t.Errorf("%s %s: deprecated is %v", o.Method, path, o.Deprecated)
			}
		}
	}
}
