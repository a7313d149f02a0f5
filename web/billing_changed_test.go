package main

import (
	"net/url"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/purchase"
)

func (w *world) stripeCustomer(c *account.Customer) string {
	w.Helper()
	id, err := w.purchases.EnsureCustomer(ctx, c.ID)
	w.check(err)
	return id
}

// What a customer changes in Stripe's portal is what the billing details say, and
// what is saved here afterwards counts again.
func TestWhatIsChangedInStripesPortalIsKept(t *testing.T) {
	w, c := shopWorld(t)
	at := w.stripeCustomer(c)
	_, err := w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, account.BillingDetails{Customer: c.ID, Company: "Books Ltd", Email: "bills@example.com", PONumber: "PO-1",
		Address: account.Address{Line1: "Old 1", City: "Berlin", PostalCode: "10115", Country: "DE"}, TaxIDs: []account.TaxID{{Type: "eu_vat", Value: "DE123456789"}}})
	w.check(err)
	_, err = w.stripe().Customers.Update(at, &stripe.CustomerParams{Name: stripe.String("Who Pays"), Address: &stripe.AddressParams{
		Line1: stripe.String("New 2"), City: stripe.String("Bonn"), PostalCode: stripe.String("53111"), Country: stripe.String("DE")}})
	w.check(err)
	eventually(t, "the address is taken over", 10*time.Second, func() bool { return w.billing(c).Line1 == "New 2" })
	_, err = w.stripe().TaxIDs.New(&stripe.TaxIDParams{Customer: stripe.String(at), Type: stripe.String("eu_vat"), Value: stripe.String("FR12345678901")})
	w.check(err)
	eventually(t, "the tax id is taken over", 10*time.Second, func() bool { return len(w.billing(c).TaxIDs) == 2 })
	b := w.billing(c)
	if b.Company != "Books Ltd" || b.Email != "bills@example.com" || b.PONumber != "PO-1" || b.City != "Bonn" || b.TaxIDs[0].Value != "DE123456789" || b.Synced != b.Version {
		t.Errorf("%+v", b)
	}
	b.Line1, b.TaxIDs = "Newest 3", b.TaxIDs[1:]
	_, err = w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, b)
	w.check(err)
	w.settled()
	if b = w.billing(c); b.Line1 != "Newest 3" || len(b.TaxIDs) != 1 || b.Synced != b.Version {
		t.Errorf("an echo of what was saved here has changed it: %+v", b)
	}
	now, err := w.stripe().Customers.Get(at, nil)
	w.check(err)
	if now.Address.Line1 != "Newest 3" {
		t.Errorf("%+v", now.Address)
	}
}

// What Stripe does not take hides nothing that was typed here.
func TestWhatStripeRefusesIsNotForgotten(t *testing.T) {
	w, c := shopWorld(t)
	at := w.stripeCustomer(c)
	b, err := w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, account.BillingDetails{Customer: c.ID, Address: account.Address{Line1: "Old 1", City: "Berlin", Country: "DE"},
		TaxIDs: []account.TaxID{{Type: "eu_vat", Value: "DE000000000"}}})
	w.check(err)
	if b.Problem == "" {
		t.Fatal("Stripe took a tax id that is none")
	}
	w.check(errOf(w.stripe().Customers.Update(at, &stripe.CustomerParams{Phone: stripe.String("1")})))
	w.settled()
	if b = w.billing(c); len(b.TaxIDs) != 1 || b.Problem == "" {
		t.Errorf("%+v", b)
	}
}

// What is typed at a Checkout whose payment takes days is told Stripe at most
// once: an echo of it is no change.
func TestEchoesOfBillingDetailsEnd(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax = true })
	w.sandbox.SetBankDelay(time.Hour)
	p := w.mustBegin(c, 0)
	form := url.Values{"type": {"us_bank_account"}, "us_bank_account[account_number]": {"000123456789"}, "us_bank_account[routing_number]": {"110000000"},
		"us_bank_account[account_holder_type]": {"individual"}, "billing_details[name]": {"Typed Books"}}
	for k, v := range berlin {
		form.Set("billing_details[address]["+k+"]", v)
	}
	pm := w.onPageAPI("/v1/payment_methods", form.Encode())
	w.check(w.pay(p.CheckoutSession, pm.str("id")))
	w.waitState(p, purchase.Processing)
	changes := func() (n int) {
		l := &stripe.EventListParams{}
		l.Filters.AddFilter("type", "", "customer.updated")
		for i := w.stripe().Events.List(l); i.Next(); {
			n++
		}
		return n
	}
	w.settled()
	eventually(t, "nothing is changed any more", 15*time.Second, func() bool {
		before, version := changes(), w.billing(c).Version
		time.Sleep(700 * time.Millisecond)
		w.settled()
		return changes() == before && w.billing(c).Version == version
	})
	// Saved while the payment is on its way, and changed at Stripe: it is told once.
	_, err := w.purchases.SaveBilling(ctx, audit.Actor{ID: "usr_owner"}, account.BillingDetails{Customer: c.ID, Address: account.Address{Line1: "Mine 1", City: "Berlin", Country: "DE"}})
	w.check(err)
	w.settled()
	if n := changes(); n > 4 {
		t.Errorf("Stripe's customer was changed %d times", n)
	}
	if b := w.billing(c); b.Line1 != "Mine 1" || b.Synced != b.Version {
		t.Errorf("%+v", b)
	}
}

// settled waits until all events of Stripe's have arrived and were processed.
func (w *world) settled() {
	w.Helper()
	w.check(errOf(w.purchases.Inbox.Reconcile(ctx)))
	eventually(w, "the inbox is empty", 15*time.Second, func() bool {
		waiting, _, err := w.purchases.Inbox.Lag(ctx)
		w.check(err)
		return waiting == 0
	})
}
