package kit

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/views/ui"
)

// Nothing that a browser reads as another host may pass as a path of ours.
func TestSafeNextStaysHere(t *testing.T) {
	for in, want := range map[string]string{
		"/ledger?kind=grant": "/ledger?kind=grant", "": "/", "/": "/",
		"//evil.example": "/", "https://evil.example": "/", "/\\evil.example": "/", "\\/evil.example": "/",
		"/\t/evil.example": "/", "javascript:alert(1)": "/", "/%2f/evil.example": "/", "ledger": "/",
	} {
		if got := SafeNext(in); got != want {
			t.Errorf("SafeNext(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzSafeNext(f *testing.F) {
	for _, s := range []string{"/", "//x", "/\\x", "/a?b#c", "http://x", "/\n/x"} {
		f.Add(s)
	}
	base, _ := url.Parse("https://credits.example.com/sign-in")
	f.Fuzz(func(t *testing.T, next string) {
		got := SafeNext(next)
		u, err := base.Parse(got)
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
			t.Errorf("SafeNext(%q) = %q leads to %v (%v)", next, got, u, err)
		}
		if strings.HasPrefix(got, "//") || strings.HasPrefix(got, "/\\") {
			t.Errorf("SafeNext(%q) = %q", next, got)
		}
	})
}

func TestEveryKindOfFaultHasItsStatus(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.Invalid: 422, fault.Unauthorized: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.NoCredits: 402, fault.TooMany: 429, fault.Unavailable: 503, "?": 500,
	} {
		if got := Status(kind); got != want {
			t.Errorf("%s: %d, want %d", kind, got, want)
		}
	}
}

func TestWhoMayUseARoute(t *testing.T) {
	person := func(role account.Role, staff account.StaffRole) *Visitor {
		v := &Visitor{User: account.User{Staff: staff}}
		if role != "" {
			v.Customer, v.Role = &account.Customer{ID: "cus_1"}, role
		}
		return v
	}
	visitors := map[string]*Visitor{
		"nobody": nil, "lonely": person("", ""), "viewer": person(account.Viewer, ""), "developer": person(account.Developer, ""),
		"billing": person(account.Billing, ""), "owner": person(account.Owner, ""), "support": person("", account.Support), "admin": person("", account.Admin),
	}
	for who, may := range map[Who]string{
		Anyone:     "nobody lonely viewer developer billing owner support admin",
		SignedIn:   "lonely viewer developer billing owner support admin",
		Member:     "viewer developer billing owner",
		Buyer:      "billing owner",
		Developer:  "developer owner",
		OwnerOnly:  "owner",
		Staff:      "support admin",
		StaffAdmin: "admin",
	} {
		for name, v := range visitors {
			want := strings.Contains(" "+may+" ", " "+name+" ")
			if got := allow(who, v) == nil; got != want {
				t.Errorf("%s on a route for %s: %v", name, who, got)
			}
		}
	}
	if !fault.Is(allow(Staff, visitors["owner"]), fault.NotFound) {
		t.Error("to customers the console must not exist")
	}
}

func TestHeadersForbidWhatPagesDoNotNeed(t *testing.T) {
	k := New(Deps{Site: ui.Site{PublicURL: "https://credits.example.com"}})
	w := httptest.NewRecorder()
	k.Headers(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	p := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(p, want) {
			t.Errorf("the policy has no %s: %s", want, p)
		}
	}
	if strings.Contains(p, "unsafe") || strings.Contains(p, "data:") {
		t.Errorf("the policy is loose: %s", p)
	}
	if w.Header().Get("Strict-Transport-Security") == "" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", w.Header())
	}
	if k.store.name != "__Host-purse" || !k.store.options(1).Secure || !k.store.options(1).HttpOnly {
		t.Error("the cookie is not bound to this host and to TLS")
	}
	if local := New(Deps{Site: ui.Site{PublicURL: "http://127.0.0.1:8080"}}); local.store.name != "purse" || local.store.options(1).Secure {
		t.Error("a developer's loopback cannot keep a secure cookie")
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	k := New(Deps{Site: ui.Site{PublicURL: "https://credits.example.com"}})
	h := k.Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for site, want := range map[string]int{"same-origin": http.StatusTeapot, "cross-site": http.StatusForbidden, "same-site": http.StatusForbidden} {
		r := httptest.NewRequest(http.MethodPost, "/sign-out", nil)
		r.Header.Set("Sec-Fetch-Site", site)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", site, w.Code, want)
		}
	}
}

func TestCursorsKeepFilters(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/ledger?kind=debit&after=12&before=9", nil)
	if c := CursorOf(r); c != (Cursor{After: "12"}) {
		t.Errorf("%+v", c)
	}
	if got := WithCursor(r.URL, "before", "7"); got != "/ledger?before=7&kind=debit" {
		t.Error(got)
	}
	if got := WithCursor(r.URL, "", ""); got != "/ledger?kind=debit" {
		t.Error(got)
	}
}

func TestFormsPutRefusalsBesideTheirFields(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("name=+x+&bad=%ff"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	f, err := ReadForm(httptest.NewRecorder(), r, map[string]string{"name": "Name"})
	if err != nil {
		t.Fatal(err)
	}
	if f.Text("name") != "x" || f.Values["name"] != " x " || f.Values["bad"] != "\uFFFD" {
		t.Errorf("%q", f.Values)
	}
	if err := f.Take(fault.New(fault.Conflict, "taken", "name", "Taken.")); err != nil {
		t.Fatal(err)
	}
	if err := f.Take(fault.Bad("other", "About what is not on the form.")); err != nil {
		t.Fatal(err)
	}
	if f.Error("name") != "Taken." || f.Error("") == "" || f.Status() != http.StatusUnprocessableEntity {
		t.Errorf("%+v, %d", f.Errors, f.Status())
	}
	if fault.Missing("page") != nil && f.Take(fault.Missing("page")) == nil {
		t.Error("what is missing is no mistake in the form")
	}
	big := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("a="+strings.Repeat("x", maxForm)))
	big.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := ReadForm(httptest.NewRecorder(), big, nil); err == nil {
		t.Error("an oversized form passes")
	}
}

// Newer leads back the way that was come, page by page, and to the first page
// where none is remembered.
func TestNewerIsThePageBefore(t *testing.T) {
	at := func(address string) *http.Request { return httptest.NewRequest(http.MethodGet, address, nil) }
	if got := Newer(at("/purchases?q=x")); got != "" {
		t.Error(got)
	}
	if got := Newer(at("/purchases?after=pur_5&q=x")); got != "/purchases?q=x" {
		t.Error(got)
	}
	var way []string
	address := "/purchases?q=x"
	for _, last := range []string{"pur_9", "pur_7", "pur_5", "pur_3"} {
		way = append(way, address)
		address = Older(at(address), last)
	}
	if !strings.Contains(address, "after=pur_3") || !strings.Contains(address, "q=x") {
		t.Error(address)
	}
	for i := len(way) - 1; i >= 0; i-- {
		if address = Newer(at(address)); address != way[i] {
			t.Errorf("page %d: %s, want %s", i+1, address, way[i])
		}
	}
	for range 2 * maxTrail { // it does not grow without end
		address = Older(at(address), "pur_1")
	}
	if n := len(trailOf(at(address))); n != maxTrail {
		t.Errorf("%d pages are remembered", n)
	}
}
