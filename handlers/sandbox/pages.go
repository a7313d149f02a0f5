package sandbox

import (
	"bytes"
	"embed"
	"net/http"
	"time"

	"github.com/a-h/templ"

	view "purse/views/sandbox"
)

//go:embed assets
var assets embed.FS

// policy keeps pages to what the sandbox serves itself. It has no form-action:
// browsers apply that to redirects too, and a paid Checkout leads back to the
// vendor's site.
const policy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

// pages adds the pages for people to the mux.
func (s *Server) pages(mux *http.ServeMux) {
	page := func(pattern string, f http.HandlerFunc) {
		mux.Handle(pattern, http.NewCrossOriginProtection().Handler(headers(f)))
	}
	page("GET /assets/", http.FileServerFS(assets).ServeHTTP)
	page("GET /c/pay/{session}", s.checkoutPage)
	page("POST /c/pay/{session}", s.payCheckout)
	page("GET /c/return/{session}", s.checkoutReturn)
	page("GET /3ds/{intent}", s.authenticationPage)
	page("POST /3ds/{intent}", s.endAuthentication)
	page("GET /t/{intent}", s.transferPage)
	page("POST /t/{intent}", s.sendTransfer)
	page("GET /receipts/{id}", s.receiptPage)
	page("GET /i/{invoice}", s.invoicePage)
	page("POST /i/{invoice}", s.payInvoicePage)
	page("GET /p/session/{session}", s.portalPage)
	page("POST /p/session/{session}", s.changeOnPortal)

	page("GET /{$}", s.guarded(s.homePage))
	page("GET /objects/{kind}", s.guarded(s.objectsPage))
	page("GET /objects/{kind}/{id}", s.guarded(s.objectPage))
	page("POST /objects/checkout.session/{id}/expire", s.guarded(s.expireOnPage))
	page("POST /objects/payment_intent/{id}/answer", s.guarded(s.answerOnPage))
	page("POST /objects/charge/{id}/refund", s.guarded(s.refundOnPage))
	page("POST /objects/dispute/{id}/decide", s.guarded(s.decideOnPage))
	page("GET /events", s.guarded(s.eventsPage))
	page("POST /events/{id}/resend", s.guarded(s.resendOnPage))
	page("GET /settings", s.guarded(s.settingsPage))
	page("POST /sandbox/clock", s.guarded(s.moveClockOnPage))
	page("GET /sandbox/faults", s.guarded(s.listFaults))
	page("POST /sandbox/faults", s.guarded(s.setFaultOnPage))
	page("POST /sandbox/tax", s.guarded(s.setTaxOnPage))
	page("POST /sandbox/adaptive-pricing", s.guarded(s.setAdaptiveOnPage))
	page("POST /sandbox/banks", s.guarded(s.setBanksOnPage))
	page("GET /cards", s.guarded(s.cardsPage))
	page("GET /promotions", s.guarded(s.promotionsPage))
	page("POST /promotions", s.guarded(s.createPromotionOnPage))
	page("POST /promotions/{id}", s.guarded(s.switchPromotion))
	page("GET /mail", s.guarded(s.mailboxPage))
	page("GET /mail/{id}", s.guarded(s.mailPage))
	page("GET /mail/{id}/html", s.guarded(s.mailHTML))
	page("GET /people", s.guarded(s.peoplePage))
	page("POST /people", s.guarded(s.makeLink))
	page("/", s.notFoundPage)
}

func headers(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next(w, r)
	})
}

// show renders a page into a buffer first, so that a failure is an error and
// not half a page.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	var b bytes.Buffer
	if err := page.Render(r.Context(), &b); err != nil {
		s.log.Error("sandbox: page not rendered", "path", r.URL.Path, "error", err)
		http.Error(w, "The page could not be rendered.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// pageCall is the call that a page makes on behalf of a person.
func (s *Server) pageCall(r *http.Request) *call {
	return &call{s: s, r: r, p: obj{}, reqID: "req_" + randomText(14), base: s.base(r)}
}

func (s *Server) frame(title, active string, r *http.Request) view.Frame {
	f := view.Frame{People: s.people.Load() != nil, Title: title, Active: active, Clock: instant(s.unix()), Home: s.opts.ReturnTo, Notice: notices[r.URL.Query().Get("done")]}
	if s.offset > 0 {
		f.Moved = s.offset.Round(time.Second).String()
	}
	return f
}

// notices are what actions say on the page that follows.
var notices = map[string]string{
	"expired": "The session is expired.", "refunded": "The refund was made.", "resent": "The event is on its way again.",
	"decided": "The bank decided.", "answered": "The bank has answered.", "banks": "The banks' time was changed.",
	"created": "The promotion code was created.", "switched": "The promotion code was changed.",
	"clock-moving": "The clock moves forward, day by day: what becomes due is done on the way.", "clock": "The clock was moved.", "faults": "Faults were changed.", "tax": "The tax was changed.", "adaptive": "Adaptive Pricing was changed.",
}

func instant(unix int64) string { return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04:05 UTC") }

func (s *Server) message(w http.ResponseWriter, r *http.Request, status int, title, text, link, label string) {
	s.show(w, r, status, view.MessagePage(view.Message{Title: title, Text: text, Link: link, Label: label}))
}

func (s *Server) notFoundPage(w http.ResponseWriter, r *http.Request) {
	s.message(w, r, http.StatusNotFound, "Nothing here", "The sandbox has no such page or object. It may have been started with another file.", "/", "To the sandbox")
}
