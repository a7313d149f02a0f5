package story

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/event"
	"purse/billing/invoice"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/handlers/kit/browsertest"
	"purse/views/mail"
	"purse/views/ui"
)

// TestMailsReadWellOnAPhoneAndOnADesk opens every mail as a page.
func TestMailsReadWellOnAPhoneAndOnADesk(t *testing.T) {
	b := browsertest.Open(t)
	site := ui.Site{Brand: "Example AI", Color: "#7a1fa2", Mode: ui.Sandbox, PublicURL: "https://credits.example.com", SupportURL: "mailto:help@example.com"}
	mails := map[string]map[string]string{
		account.MailVerify:     {"link": "/verify?token=01h7x3q9w8e2r6t4y0p5s1d7f3g9h2j6k8"},
		account.MailKnown:      {"link": "/sign-in"},
		account.MailReset:      {"link": "/reset/new?token=01h7x3q9w8e2r6t4y0p5s1d7f3g9h2j6k8"},
		account.MailStaff:      {"role": "support", "link": "/admin/claim?token=abc"},
		account.MailNewStaff:   {"who": "new@example.com", "role": "admin", "link": "/admin/staff"},
		account.MailNoAccount:  {"link": "/sign-up"},
		account.MailNewSecret:  {"link": "/reset"},
		account.MailInvitation: {"customer": "Northwind Labs", "role": "owner", "link": "/join?token=01h7x3q9w8e2r6t4y0p5s1d7f3g9h2j6k8"},
		schedule.MailPaused: {
			"customer": "Northwind Labs", "name": "2 × Team", "reason": "card_declined", "message": "Your card was declined.", "amount": "50.00", "currency": "usd",
			"card": "visa •0341", "repair_url": "https://pay.example.com/i/1", "link": "/scheduled",
		},
		invoice.MailInvoice: {
			"customer": "Northwind Labs", "name": "5,000 credits", "number": "INV-0007", "amount": "40.00", "currency": "usd", "due": "22 December 2026",
			"url": "https://pay.example.com/i/1", "po_number": "PO-7", "overdue": "1", "link": "/invoices/inv_1",
		},
		purchase.MailMoneyBack: {
			"what": "in_question", "purchase": "pur_06h009hchvm6s4qgpdfhxqrvew", "customer": "Northwind Labs", "pack": "Team", "credits": "0", "unit": "minute", "units": "minutes",
			"amount": "25.00", "currency": "usd", "link": "/purchases/pur_06h009hchvm6s4qgpdfhxqrvew",
		},
		recharge.MailCapped: {
			"customer": "Northwind Labs", "cap": "100.00", "currency": "usd", "note": "", "until": "2030-02-01T00:00:00Z", "zone": "Europe/Berlin", "link": "/recharge",
		},
		notify.MailAlert: {
			"event": event.LimitReached, "customer": "Northwind Labs", "unit": "credit", "units": "credits", "limit": "50", "spent": "48.2", "period": "day",
			"stops": "true", "meter": "tokens", "caller": "nightly-batch", "resets_at": "2030-01-02T00:00:00Z", "zone": "Europe/Berlin", "unsubscribe": "/unsubscribe?token=x",
		},
		notify.MailDigest: {
			"customer": "Northwind Labs", "unsubscribe": "/unsubscribe?token=x",
			"lines": `[{"event":"balance.low","at":"2030-01-02T00:00:00Z","data":{"customer":"Northwind Labs","unit":"credit","units":"credits","kind":"share","percent":"20","available":"18.5","level":"20"}},` +
				`{"event":"balance.depleted","at":"2030-01-02T01:00:00Z","data":{"customer":"Northwind Labs","unit":"credit","units":"credits","available":"0"}},` +
				`{"event":"credits.expiring","at":"2030-01-02T02:00:00Z","data":{"customer":"Northwind Labs","unit":"credit","units":"credits","credits":"250","days":"7","expires_at":"2030-01-09T00:00:00Z"}},` +
				`{"event":"usage.anomaly","at":"2030-01-02T02:00:00Z","data":{"customer":"Northwind Labs","unit":"credit","units":"credits","last_hour":"420","usual_hour":"100"}}]`,
		},
		purchase.MailFailed: {
			"purchase": "pur_06h009hchvm6s4qgpdfhxqrvew", "customer": "Northwind Labs", "pack": "Team", "credits": "2600", "unit": "minute", "units": "minutes",
			"amount": "25.00", "currency": "usd", "problem": "The payment failed. The customer's bank account has been closed.", "link": "/buy",
		},
		notify.MailEndpointFailing:  {"url": "https://hooks.example.com/purse", "customer": "Northwind Labs", "since": "2030-01-01T12:00:00Z", "disables_at": "2030-01-06T12:00:00Z", "link": "/webhooks/we_1"},
		notify.MailEndpointDisabled: {"url": "https://hooks.example.com/purse", "description": "Billing gateway", "reason": "failing", "since": "2030-01-01T12:00:00Z", "link": "/admin/webhooks/we_1"},
		purchase.MailReceipt: {
			"purchase": "pur_06h009hchvm6s4qgpdfhxqrvew", "customer": "Northwind Labs", "pack": "Team", "credits": "2600",
			"credit_type": "minutes", "unit": "minute", "units": "minutes", "amount": "25.00", "currency": "usd", "receipt_url": "https://receipts.example.com/1", "link": "/ledger",
		},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		_, _, html, err := mail.Render(r.Context(), site, name, mails[name])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(html))
	}))
	defer s.Close()
	p := b.Page(t, 600, false)
	for name := range mails {
		for _, width := range []int{600, 320} {
			p.Width(width)
			for _, dark := range []bool{false, true} {
				p.Scheme(dark)
				p.Go(s.URL + "/" + name)
				p.Problems() // a mail has no icon
				for _, v := range p.Axe() {
					switch v.ID {
					case "region", "landmark-one-main": // a mail is no page
						continue
					}
					for _, n := range v.Nodes {
						t.Errorf("%s at %d: %s: %s\n%s", name, width, v.ID, n.HTML, n.Summary)
					}
				}
				var wide float64
				p.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth", &wide)
				if wide > 0 {
					t.Errorf("%s is %v px wider than %d", name, wide, width)
				}
				if shots := os.Getenv("PURSE_SHOTS"); shots != "" {
					p.Shot(filepath.Join(shots, "mail-"+name+map[bool]string{true: "-dark"}[dark]+map[int]string{600: "-wide", 320: "-phone"}[width]+".png"))
				}
			}
		}
	}
}
