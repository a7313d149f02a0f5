package static

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// What every page loads travels light: scripts at most 25 kB, and all of it far
// below the 75 kB that a first view may weigh.
func TestAssetsAreLight(t *testing.T) {
	scripts := Size("htmx.js") + Size("hx-sse.js") + Size("app.js")
	if scripts > 25_000 {
		t.Errorf("the scripts weigh %d bytes compressed, at most 25,000 are wanted", scripts)
	}
	if all := scripts + Size("app.css") + Size("favicon.svg"); all > 55_000 {
		t.Errorf("what every page loads weighs %d bytes compressed: with the page itself that nears 75,000", all)
	}
}

func TestAssetsAreServedForEver(t *testing.T) {
	s := httptest.NewServer(Handler())
	defer s.Close()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+URL("app.css"), nil)
	res, err := http.DefaultTransport.RoundTrip(req) // sends Accept-Encoding: gzip and decodes
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || !res.Uncompressed || !strings.Contains(string(body), "--background") {
		t.Errorf("%s, compressed %v, %d bytes", res.Status, res.Uncompressed, len(body))
	}
	if c := res.Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("Cache-Control %q", c)
	}
	for _, path := range []string{"/static/app.css", "/static/", "/static/../static.go", "/static/package.json"} {
		res, err := http.Get(s.URL + path) //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

// Styles may not load anything from elsewhere, nor from data: the policy of
// pages forbids it.
func TestStylesLoadNothing(t *testing.T) {
	for name, a := range byName {
		if strings.HasSuffix(name, ".css") && strings.Contains(string(a.body), "url(") {
			t.Errorf("%s loads something", name)
		}
	}
}
