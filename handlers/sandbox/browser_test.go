package sandbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stripe/stripe-go/v76"

	"purse/handlers/kit/browsertest"
	"purse/handlers/sandbox"
)

// Every page passes axe at two widths in both schemes, without a complaint of
// the browser's. PURSE_SHOTS names a directory for pictures.
func TestPagesInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	r := local(t)
	cus := r.customer("buyer@example.com")
	paid, open, expired := r.session(cus.ID), r.session(""), r.session("")
	if err := r.pay(paid.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	paid = session(t)(r.api.CheckoutSessions.Get(paid.ID, expand("payment_intent.latest_charge")))
	if _, err := r.api.CheckoutSessions.Expire(expired.ID, nil); err != nil {
		t.Fatal(err)
	}
	pi, err := r.charge("pm_card_authenticationRequired", "", false)
	must(t, pi, err)
	r.server.EnsureEndpoint("http://127.0.0.1:1/webhooks/stripe")
	r.customer("delivered@example.com")
	if err := r.server.Mailbox().Send(context.Background(), "purse@example.com", "a@example.com", "Verify your address", "Go to http://127.0.0.1:8080/verify?t=1", "<h1>Hello</h1>"); err != nil {
		t.Fatal(err)
	}
	if err := r.server.SetFaults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDrop, Count: 3}},
		API: []sandbox.APIFault{{Action: sandbox.FaultDropAfter, Method: "DELETE", Path: "/v1/customers", Count: 1}}}); err != nil {
		t.Fatal(err)
	}
	charge := paid.PaymentIntent.LatestCharge.ID
	saver := r.customer("saver@example.com").ID
	saved := r.saved(saver, "pm_card_authenticationRequired")
	r.saved(saver, "pm_card_visa")
	invoice := r.invoice(saver)
	if _, err := r.payInvoice(invoice.ID, saved.ID); err == nil {
		t.Fatal("paid without authentication")
	}
	portal, err := r.api.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{Customer: stripe.String(saver)})
	must(t, portal, err)
	dispute := r.dispute("pm_card_createDispute")
	choose := r.session(r.customer("bank@example.com").ID)
	transfer := r.session(r.customer("transfer@example.com").ID)
	balance, err := r.api.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("customer_balance"), CustomerBalance: &stripe.PaymentMethodCustomerBalanceParams{}})
	must(t, 0, r.pay(transfer.ID, must(t, balance, err).ID))
	waits := r.look(transfer.ID).PaymentIntent.ID
	codes := r.promotable("")
	r.enter(codes.ID, "SAVE20")
	p := b.Page(t, 1280, false)
	for name, path := range map[string]string{
		"checkout": "/c/pay/" + open.ID, "checkout-failed": "/c/pay/" + open.ID + "?failed=authentication", "checkout-expired": "/c/pay/" + expired.ID,
		"authentication": "/3ds/" + pi.ID, "receipt": "/receipts/" + charge, "cards": "/cards", "promotions": "/promotions", "checkout-promotion": "/c/pay/" + codes.ID, "home": "/", "events": "/events", "settings": "/settings?done=clock",
		"sessions": "/objects/checkout.session", "refunds-none": "/objects/refund", "session": "/objects/checkout.session/" + open.ID,
		"charge": "/objects/charge/" + charge, "event": "/objects/event/" + r.events("customer.created")[0],
		"invoice": "/i/" + invoice.ID, "portal": "/p/session/" + portal.ID, "dispute": "/objects/dispute/" + dispute.ID,
		"checkout-ach": "/c/pay/" + choose.ID + "?method=us_bank_account", "checkout-link": "/c/pay/" + choose.ID + "?method=link", "checkout-transfer": "/c/pay/" + choose.ID + "?method=customer_balance",
		"transfer": "/t/" + waits,
		"mail":     "/mail", "message": "/mail/" + r.server.Mailbox().All()[0].ID,
	} {
		p.Go(r.url + path)
		if name == "checkout-expired" {
			p.Problems() // the browser notes the status
		}
		for _, width := range []int{1280, 390, 320} {
			p.Width(width)
			for _, dark := range []bool{false, true} {
				p.Scheme(dark)
				if at := fmt.Sprintf("%s at %d, dark %v", name, width, dark); dark {
					p.CleanColors(at)
				} else {
					p.Clean(at)
				}
				if dir := os.Getenv("PURSE_SHOTS"); dir != "" {
					p.Shot(filepath.Join(dir, fmt.Sprintf("sandbox-%s-%d-%v.png", name, width, dark)))
				}
			}
		}
	}
}

// Without scripts a customer is declined, authenticates and pays.
func TestPayingInBrowser(t *testing.T) {
	b := browsertest.Open(t)
	r := local(t)
	back := r.url + "/mail?session={CHECKOUT_SESSION_ID}"
	params := sessionParams(r.customer("buyer@example.com").ID)
	params.SuccessURL = stripe.String(back)
	s := session(t)(r.api.CheckoutSessions.New(params))
	p := b.Page(t, 390, false)
	p.NoScript(true)
	p.Go(s.URL)
	filled := func(last4 string) { p.Wait("document.querySelector('#number')?.value.endsWith('" + last4 + "')") }
	p.ClickText("Insufficient funds")
	filled("9995")
	p.Click(".details .pay")
	p.WaitText("Your card has insufficient funds.")
	p.ClickText("Needs authentication")
	filled("3184")
	p.Click(".details .pay")
	p.WaitText("Is this you?")
	p.ClickText("Complete authentication")
	p.WaitText("Mails are kept here")
	if at := p.URL(); at != r.url+"/mail?session="+s.ID {
		t.Errorf("at %s", at)
	}
}
