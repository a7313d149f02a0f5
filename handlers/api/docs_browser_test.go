package api

import (
	"net/http/httptest"
	"os"
	"testing"

	"github.com/go-chi/chi/v5"

	"purse/handlers/kit"
	"purse/handlers/kit/browsertest"
	"purse/static"
	"purse/views/ui"
)

// The reference in a real browser, at two widths, light and dark, folded and
// unfolded.
func TestTheReferenceInABrowser(t *testing.T) {
	browsertest.Require(t)
	w := newWorld(t)
	k := kit.New(kit.Deps{Site: ui.Site{Brand: "Purse", PublicURL: "http://127.0.0.1"}, Accounts: w.deps.Accounts})
	r := chi.NewRouter()
	r.Use(kit.WithRequestID, k.Headers)
	r.Handle(static.Prefix+"*", static.Handler())
	k.Mount(r, []kit.Route{{Method: "GET", Pattern: "/docs", Who: kit.Anyone, Handle: w.api.Docs(k)}})
	server := httptest.NewServer(r)
	defer server.Close()
	b := browsertest.Open(t)
	for _, width := range []int{320, 1280} {
		for _, dark := range []bool{false, true} {
			p := b.Page(t, width, dark)
			p.Go(server.URL + "/docs")
			p.Eval(`document.querySelectorAll("details").forEach((d, i) => d.open = i < 3)`, nil)
			p.Clean("docs")
			if dir := os.Getenv("PURSE_SHOTS"); dir != "" && !dark {
				p.Shot(dir + "/docs-" + map[int]string{320: "320", 1280: "1280"}[width] + ".png")
			}
		}
	}
}
