package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purse/handlers/kit"
	"purse/views/ui"
)

func TestThePageTellsEveryRouteAndLoadsNothingFromElsewhere(t *testing.T) {
	w := newWorld(t)
	k := kit.New(kit.Deps{Site: ui.Site{PublicURL: "http://purse.test"}, Accounts: w.deps.Accounts})
	rec := httptest.NewRecorder()
	k.Handle(w.api.Docs(k)).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/docs", nil))
	html := rec.Body.String()
	if rec.Code != 200 {
		t.Fatal(rec.Code, html)
	}
	for _, r := range table() {
		if r.successor == "" && (!strings.Contains(html, `id="`+r.id+`"`) || !strings.Contains(html, "<code>"+r.Path+"</code>")) {
			t.Errorf("%s %s is missing", r.Method, r.Path)
		}
	}
	for _, rule := range []string{"they do not expire until the dispute is decided", "an older one that it replaced does not come back", "at most what is free in it less the customer's debt"} {
		if !strings.Contains(html, rule) {
			t.Errorf("it does not say that %s", rule)
		}
	}
	for _, no := range []string{"<style", " style=", "<script>", `src="http`, `href="http`} {
		if strings.Contains(html, no) {
			t.Errorf("the page has %s", no)
		}
	}
	for _, o := range w.api.reference().Sections[0].Operations {
		if o.ID == "reportUsage" && (len(o.Body) < 7 || len(o.Answer) < 5 || o.Example == "") {
			t.Errorf("%+v", o)
		}
	}
	// Where a problem's type leads to is on the page.
	a := w.call(w.all, "POST", "/v1/customers", `{`)
	if !strings.Contains(html, `id="`+strings.TrimPrefix(a.str("type"), "/docs#")+`"`) {
		t.Error(a.str("type"), "leads nowhere")
	}
}

// A schema without a name is a reference that programs cannot follow.
func TestEverySchemaOfTheDocumentHasAName(t *testing.T) {
	w := newWorld(t)
	for name := range w.api.open.Components.Schemas.Map() {
		if name == "" {
			t.Error("a schema has no name")
		}
	}
}
