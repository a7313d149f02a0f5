package mail

import (
	"context"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/invoice"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/views/ui"
)

// Templates are all mails with data such as their senders queue.
var templates = map[string]map[string]string{
	account.MailVerify:     {"link": "/verify?token=abc"},
	account.MailKnown:      {"link": "/sign-in"},
	account.MailReset:      {"link": "/reset/new?token=abc"},
	account.MailStaff:      {"role": "support", "link": "/admin/claim?token=abc"},
	account.MailNewStaff:   {"who": "new@example.com", "role": "admin", "link": "/admin/staff"},
	account.MailNoAccount:  {"link": "/sign-up"},
	account.MailNewSecret:  {"link": "/reset"},
	account.MailInvitation: {"customer": "Northwind <Labs>", "role": "owner", "link": "/join?token=abc"},
	purchase.MailReceipt: {
		"purchase": "pur_1", "customer": "Northwind <Labs>", "pack": "Team", "credits": "2600", "credit_type": "credits", "unit": "credit", "units": "credits",
		"amount": "25.00", "currency": "usd", "receipt_url": "https://pay.example.com/r/1", "link": "/ledger",
	},
	schedule.MailPaused: {
		"customer": "Northwind <Labs>", "name": "2 × Team", "reason": "card_declined", "message": "Your card was declined.", "amount": "50.00", "currency": "usd",
		"card": "visa •0341", "repair_url": "https://pay.example.com/i/1", "link": "/scheduled",
	},
	invoice.MailInvoice: {
		"customer": "Northwind <Labs>", "name": "5,000 credits", "number": "INV-0007", "amount": "40.00", "currency": "usd", "due": "22 December 2026",
		"url": "https://pay.example.com/i/1", "po_number": "PO-7", "overdue": "1", "link": "/invoices/inv_1",
	},
	purchase.MailFailed: {
		"purchase": "pur_1", "customer": "Northwind <Labs>", "pack": "Team", "credits": "2600", "unit": "credit", "units": "credits",
		"amount": "25.00", "currency": "usd", "problem": "The payment failed. The customer's bank account has been closed.", "link": "/buy",
	},
	purchase.MailMoneyBack: {
		"what": "lost", "purchase": "pur_1", "customer": "Northwind <Labs>", "pack": "Team", "credits": "2600", "unit": "credit", "units": "credits",
		"amount": "25.00", "currency": "usd", "link": "/purchases/pur_1",
	},
	recharge.MailCapped: {
		"customer": "Northwind <Labs>", "cap": "100.00", "currency": "usd", "note": "", "until": "2030-02-01T00:00:00Z", "zone": "Europe/Berlin", "link": "/recharge",
	},
	recharge.MailPaused: {
		"customer": "Northwind <Labs>", "reason": "authentication_required", "message": "Your card was declined.", "credit_type": "credits",
		"repair_url": "https://pay.example.com/i/1", "link": "/recharge", "card": "visa •3184", "amount": "29.75", "currency": "usd",
	},
}

func TestEveryMailHasItsLinkInTextAndHTML(t *testing.T) {
	site := ui.Site{Brand: "Example AI", Mode: ui.Sandbox, PublicURL: "https://credits.example.com"}
	for name, data := range templates {
		subject, text, html, err := Render(context.Background(), site, name, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		link := "https://credits.example.com" + data["link"]
		if subject == "" || strings.Contains(subject, "\n") {
			t.Errorf("%s: subject %q", name, subject)
		}
		for kind, body := range map[string]string{"text": text, "html": html} {
			if !strings.Contains(body, link) {
				t.Errorf("%s: the %s has no link %s", name, kind, link)
			}
			if !strings.Contains(body, "no money moves") {
				t.Errorf("%s: the %s does not say that it is a test", name, kind)
			}
		}
		if strings.Contains(html, "<Labs>") || strings.Contains(html, "<script") {
			t.Errorf("%s: data is not escaped in the HTML", name)
		}
	}
}

func TestTheReceiptSaysWhatWasBoughtAndPaid(t *testing.T) {
	_, text, html, err := Render(context.Background(), ui.Site{Brand: "B", Mode: ui.Live, PublicURL: "https://x.example"}, purchase.MailReceipt, templates[purchase.MailReceipt])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"2,600 credits", "$25.00", "pur_1", "https://pay.example.com/r/1"} {
		if !strings.Contains(text, want) || !strings.Contains(html, want) {
			t.Errorf("the receipt does not say %s", want)
		}
	}
	if strings.Contains(text, "Test:") {
		t.Error("a live receipt calls itself a test")
	}
}

func TestAnUnknownMailIsAnError(t *testing.T) {
	if _, _, _, err := Render(context.Background(), ui.Site{}, "nonsense", nil); err == nil {
		t.Error("no error")
	}
}

// The mail about a pause leads to where it is repaired, and says nothing else
// than what is wrong and what to do.
func TestThePauseLeadsToStripesPage(t *testing.T) {
	data := templates[recharge.MailPaused]
	_, text, html, err := Render(context.Background(), ui.Site{Brand: "B", Mode: ui.Live, PublicURL: "https://x.example"}, recharge.MailPaused, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"https://pay.example.com/i/1", "$29.75", "Visa •3184", "Your bank wants you to confirm"} {
		if !strings.Contains(text, want) || !strings.Contains(html, want) {
			t.Errorf("it does not say %s", want)
		}
	}
	for reason := range pauses {
		d := map[string]string{"reason": string(reason), "customer": "C", "card": "visa •1", "amount": "1", "currency": "usd", "link": "/recharge"}
		if _, text, _, err := Render(context.Background(), ui.Site{Brand: "B", PublicURL: "https://x.example"}, recharge.MailPaused, d); err != nil || !strings.Contains(text, pauses[reason][0]) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

// TestALowBalanceKnowsWhatIsComing: who is told that little is left is told of the
// recharge or the bank debit that is on its way, and is not asked to buy.
func TestALowBalanceKnowsWhatIsComing(t *testing.T) {
	for _, typ := range []string{"balance.low", "balance.depleted"} {
		data := map[string]string{"customer": "C", "event": typ, "kind": "below", "available": "41", "level": "50", "now": "41", "unit": "credit", "units": "credits", "coming": "100"}
		_, text, _, err := Render(context.Background(), ui.Site{Brand: "B", PublicURL: "https://x.example"}, "alert", data)
		if err != nil || !strings.Contains(text, "it brings 100 credits as soon as it arrives") || strings.Contains(text, "Buy credits") {
			t.Errorf("%s: %v\n%s", typ, err, text)
		}
	}
}

// TestALimitSaysWhatItDid: reached with what is held, and a request that did not fit
// as what it is.
func TestALimitSaysWhatItDid(t *testing.T) {
	data := map[string]string{"customer": "C", "event": "limit.reached", "unit": "credit", "units": "credits", "limit": "10", "spent": "0", "held": "10", "period": "day", "stops": "true", "resets_at": "2030-01-02T00:00:00Z"}
	render := func() string {
		subject, text, _, err := Render(context.Background(), ui.Site{Brand: "B", PublicURL: "https://x.example"}, "alert", data)
		if err != nil {
			t.Error(err)
		}
		return subject + "\n" + text
	}
	if s := render(); !strings.Contains(s, "Spend limit reached") || !strings.Contains(s, "10 credits") || !strings.Contains(s, "Held") {
		t.Error(s)
	}
	data["event"], data["required"], data["spent"], data["held"] = "limit.refused", "12", "1", "0"
	if s := render(); strings.Contains(s, "reached") || !strings.Contains(s, "The request needed 12 credits, more than is left of the limit.") || strings.Contains(s, "Held") {
		t.Error(s)
	}
}

// TestALowBalanceThatRoseIsTold: what came before the mail was sent is in its subject.
func TestALowBalanceThatRoseIsTold(t *testing.T) {
	for typ, want := range map[string]string{"balance.low": "Fell to 5 credits, 105 credits available now", "balance.depleted": "Ran out of credits, 105 credits available now"} {
		data := map[string]string{"customer": "C", "event": typ, "kind": "amount", "available": "5", "level": "10", "now": "105", "unit": "credit", "units": "credits"}
		subject, text, _, err := Render(context.Background(), ui.Site{Brand: "B", PublicURL: "https://x.example"}, "alert", data)
		if err != nil || subject != want+" – C" || !strings.Contains(text, "More has come since: 105 credits can be used now.") {
			t.Errorf("%s: %q, %v\n%s", typ, subject, err, text)
		}
		data["now"] = "5"
		if subject, _, _, err := Render(context.Background(), ui.Site{Brand: "B"}, "alert", data); err != nil || strings.Contains(subject, "now") {
			t.Errorf("%s: %q, %v", typ, subject, err)
		}
	}
}
