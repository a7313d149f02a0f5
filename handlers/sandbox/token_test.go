package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// With a token, the pages for who develops ask for it, and those that buyers see
// and the API do not.
func TestPagesAskForTheToken(t *testing.T) {
	s, err := Open("", Options{Token: "the-token-of-this-test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Mailbox().Send(t.Context(), "purse@example.com", "a@example.com", "Verify", "a secret link", ""); err != nil {
		t.Fatal(err)
	}
	id := s.Mailbox().All()[0].ID
	ask := func(method, path, cookie string) *httptest.ResponseRecorder {
		w, r := httptest.NewRecorder(), httptest.NewRequest(method, path, nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		if strings.HasPrefix(path, "/v1/") {
			r.Header.Set("Authorization", "Bearer sk_test_purse_sandbox")
		}
		s.Handler().ServeHTTP(w, r)
		return w
	}
	pages := []string{"/", "/mail", "/mail/" + id, "/mail/" + id + "/html", "/events", "/settings", "/objects/charge", "/promotions", "/sandbox/faults"}
	for _, path := range pages {
		for _, cookie := range []string{"", "sandbox-token=the-token-of-this-test", "sandbox-token=" + strings.Repeat("0", 64)} {
			if w := ask("GET", path, cookie); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "secret link") || !strings.Contains(w.Body.String(), "Give the token") {
				t.Errorf("%s with %q: %d", path, cookie, w.Code)
			}
		}
	}
	for _, path := range []string{"/sandbox/clock", "/sandbox/faults", "/promotions", "/people"} {
		if w := ask("POST", path+"?token=the-token-of-this-test", ""); w.Code != http.StatusUnauthorized {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
	if w := ask("GET", "/mail?token=wrong", ""); w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "This is not the token.") {
		t.Errorf("a wrong token: %d", w.Code)
	}
	w := ask("GET", "/mail?after=&token=the-token-of-this-test", "")
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if w.Code != http.StatusSeeOther || strings.Contains(w.Header().Get("Location"), "token") || strings.Contains(cookie, "the-token") {
		t.Fatalf("the token: %d to %q with %q", w.Code, w.Header().Get("Location"), cookie)
	}
	for _, path := range pages {
		if w := ask("GET", path, cookie); w.Code != http.StatusOK {
			t.Errorf("%s with the cookie: %d", path, w.Code)
		}
	}
	for _, path := range []string{"/c/pay/cs_test_none", "/receipts/none", "/v1/customers"} {
		if w := ask("GET", path, ""); w.Code == http.StatusUnauthorized {
			t.Errorf("%s asks for the token", path)
		}
	}
}
