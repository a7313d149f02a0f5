package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// TestPricesWithTax checks that who has an address sees what is paid with tax
// before paying, and that no answer of Stripe's leaves the price as it is.
func TestPricesWithTax(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax = true })
	if _, err := send(w.sandboxURL+"/sandbox/tax", http.MethodPost, []byte("percent=19"), "", "Content-Type", "application/x-www-form-urlencoded"); err != nil {
		t.Fatal(err)
	}
	pack := w.catalog.Snapshot().Pack(w.pack(0))
	price := money.Money{Amount: pack.Price.Amount, Currency: pack.Price.Currency}
	sale := []purchase.ForSale{{Pack: pack, Price: price}}
	if got := w.purchases.Taxes(ctx, c.ID, sale); got[0] != nil {
		t.Errorf("without an address: %+v", got[0])
	}
	w.check(w.db.Update(ctx, func(t tx.Tx) error {
		_, _, err := w.accounts.SaveBillingIn(t, audit.System, account.BillingDetails{Customer: c.ID,
			Address: account.Address{Line1: "1 Demo Street", City: "Berlin", PostalCode: "10115", Country: "DE"}})
		return err
	}))
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Path: "/v1/tax/calculations", Count: 100}}})
	if got := w.purchases.Taxes(ctx, c.ID, sale); got[0] != nil {
		t.Errorf("without an answer: %+v", got[0])
	}
	w.faults(sandbox.Faults{})
	w.clock.step(time.Minute)
	got := w.purchases.Taxes(ctx, c.ID, sale)[0]
	if got == nil || got.Total.Amount != price.Amount+got.Tax.Amount || got.Tax.Amount != price.Amount*19/100 {
		t.Fatalf("%+v for %+v", got, price)
	}
	w.faults(sandbox.Faults{API: []sandbox.APIFault{{Action: sandbox.FaultError, Path: "/v1/tax/calculations", Count: 100}}})
	if again := w.purchases.Taxes(ctx, c.ID, sale)[0]; again == nil || *again != *got {
		t.Errorf("a minute later: %+v", again)
	}
	u, err := w.accounts.CreateVerifiedUser(ctx, "tax@example.com", "", password, account.NoStaff)
	w.check(err)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, u.ID, account.Owner))
	page := w.send("GET", "/buy", nil, w.signIn(u))
	if page.status != 200 || !strings.Contains(page.body, "of tax.") {
		t.Errorf("%d: the page does not say what is paid with tax", page.status)
	}
}
