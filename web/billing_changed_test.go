package main

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
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

// settled waits until all events of Stripe's have arrived and were processed.
func (w *world) settled() {
	w.Helper()
	w.check(errOf(w.purchases.Reconcile(ctx)))
	eventually(w, "the inbox is empty", 15*time.Second, func() bool {
		waiting, _, err := w.purchases.InboxLag(ctx)
		w.check(err)
		return waiting == 0
	})
}
