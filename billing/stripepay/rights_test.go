package stripepay

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// readmeRights are the rights that the README names.
func readmeRights(t *testing.T) (write, read []string) {
	t.Helper()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(string(b)), " ")
	m := regexp.MustCompile(`restricted key that may write (.*?), and read (.*?)\. Nothing else`).FindStringSubmatch(text)
	if m == nil {
		t.Fatal("the README names no rights any more")
	}
	list := func(s string) []string { return strings.Split(strings.ReplaceAll(s, " and ", ", "), ", ") }
	return list(m[1]), list(m[2])
}

// TestTheReadmeNamesTheRights: what the README has a key allowed is what the code
// asks for, and what the check tries.
func TestTheReadmeNamesTheRights(t *testing.T) {
	write, read := readmeRights(t)
	wantWrite, wantRead := []string{"webhook endpoints"}, []string{}
	for _, p := range permissions {
		into := &wantWrite
		if p.method == http.MethodGet {
			into = &wantRead
		}
		if !slices.Contains(*into, p.of) {
			*into = append(*into, p.of)
		}
	}
	for _, list := range [][]string{write, read, wantWrite, wantRead} {
		slices.Sort(list)
	}
	if !slices.Equal(write, wantWrite) || !slices.Equal(read, wantRead) {
		t.Errorf("the README says write %q and read %q, the code needs %q and %q", write, read, wantWrite, wantRead)
	}
}

// stub is a Stripe that knows a restricted key with exactly the README's rights,
// less one.
func stub(t *testing.T, without string, endpoints ...map[string]any) *Gateway {
	write, read := readmeRights(t)
	const url = "https://purse.example.com/webhooks/stripe"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		allowed := strings.HasPrefix(r.URL.Path, "/v1/webhook_endpoints") && slices.Contains(write, "webhook endpoints")
		for _, p := range permissions {
			has := slices.Contains(write, p.of) || r.Method == http.MethodGet && slices.Contains(read, p.of)
			allowed = allowed || p.path == r.URL.Path && p.method == r.Method && has && p.of != without
		}
		answer := func(status int, v any) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(v)
		}
		switch {
		case !allowed:
			answer(http.StatusForbidden, map[string]any{"error": map[string]any{"type": "invalid_request_error", "message": "The provided key does not have the required permissions"}})
		case r.Method == http.MethodPost && r.FormValue(nobody) != "":
			answer(http.StatusBadRequest, map[string]any{"error": map[string]any{"type": "invalid_request_error", "code": "parameter_unknown"}})
		case r.URL.Path == "/v1/webhook_endpoints":
			all := []any{}
			for _, e := range endpoints {
				e["object"], e["url"], e["status"], e["api_version"] = "webhook_endpoint", url, "enabled", stripe.APIVersion
				all = append(all, e)
			}
			answer(http.StatusOK, map[string]any{"object": "list", "data": all})
		default:
			answer(http.StatusOK, map[string]any{"object": "list", "data": []any{}})
		}
	}))
	t.Cleanup(s.Close)
	g, err := New(Config{Key: "rk_test_" + strings.Repeat("a", 24), URL: s.URL, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// TestCheckWithTheReadmesRights: such a key passes, and one that lacks a right is told
// which; two endpoints of an address, and events that are missing, are named.
func TestCheckWithTheReadmesRights(t *testing.T) {
	const url = "https://purse.example.com/webhooks/stripe"
	all := map[string]any{"id": "we_1", "enabled_events": Events}
	failed := func(g *Gateway) string {
		t.Helper()
		findings, err := g.Check(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range findings {
			if !f.OK {
				out = append(out, f.What+": "+f.Detail)
			}
		}
		return strings.Join(out, "\n")
	}
	if got := failed(stub(t, "", all)); got != "" {
		t.Errorf("with exactly the README's rights: %s", got)
	}
	if _, _, err := stub(t, "", all).Account(t.Context()); !NotPermitted(err) {
		t.Errorf("the stub lets everybody read the account: %v", err)
	}
	if got := failed(stub(t, "setup intents", all)); !strings.Contains(got, "the right to read setup intents") {
		t.Errorf("without a right: %q", got)
	}
	if got := failed(stub(t, "", all, map[string]any{"id": "we_2", "enabled_events": Events})); !strings.Contains(got, "we_2 sends to the same address") {
		t.Errorf("two endpoints: %q", got)
	}
	old := map[string]any{"id": "we_1", "enabled_events": slices.DeleteFunc(slices.Clone(Events), func(e string) bool { return strings.HasPrefix(e, "refund.") })}
	if got := failed(stub(t, "", old)); !strings.Contains(got, "does not send refund.created, refund.updated") {
		t.Errorf("events are missing: %q", got)
	}
}
