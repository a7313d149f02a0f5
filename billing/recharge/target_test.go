package recharge_test

import (
	"testing"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
)

// anyPack makes a pack for 10 to 500 credits in steps of 5, a credit at a dollar
// and, above 100, at 90 cents; from 100 on a tenth comes for nothing.
func (w *world) anyPack() catalog.Pack {
	w.Helper()
	p, err := w.catalog.CreatePack(w.Context(), audit.System, catalog.NewPack{
		Name: "Any", CreditType: "credits", Any: &catalog.Range{Min: 10 * money.Micro, Max: 500 * money.Micro, Step: 5 * money.Micro},
		Prices:  []catalog.Price{{Currency: "usd", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: 100 * money.Micro, Unit: "1"}, {Unit: "0.9"}}}},
		Bonuses: []catalog.Bonus{{From: 100 * money.Micro, Percent: "10"}},
	})
	w.ok(err)
	return p
}

func (w *world) targetSettings(card string) recharge.Settings {
	s := w.settings(card)
	s.Pack, s.Target, s.Cap.Amount = w.anyPack().ID, 60*money.Micro, 500_00
	return s
}

// TestTarget brings the balance back up to a level: what is missing is bought,
// rounded up to the step; the bonus comes on top.
func TestTarget(t *testing.T) {
	w := newWorld(t)
	s := w.targetSettings(w.saved("pm_card_visa"))
	w.give(50 * money.Micro)
	v, err := w.Preview(t.Context(), s)
	if err != nil || v.Charges || v.Policy.Credits != 50*money.Micro || v.Policy.Price.Amount != 50_00 {
		t.Fatalf("%+v %v", v, err)
	}
	w.save(s)
	w.use(43 * money.Micro) // 7 are left: 53 are missing
	w.succeeded(1)
	if n, sum := w.charged(); n != 1 || sum != 55_00 || w.available() != 62*money.Micro {
		t.Errorf("%d charges of %d, %s available", n, sum, w.available())
	}
	if p := w.policy(); p.Target != 60*money.Micro || p.State != recharge.Armed {
		t.Errorf("%+v", p)
	}
	// Recorded work leaves a debt: up to the level from there, with a bonus.
	w.move(recharge.MinCooldown)
	w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits"))
	w.use(62 * money.Micro)
	s.Target = 110 * money.Micro
	s.Threshold = 10 * money.Micro
	if v, err = w.Preview(t.Context(), s); err != nil || !v.Charges || v.Credits != 110*money.Micro || v.Price.Amount != 109_00 {
		t.Fatalf("%+v %v", v, err)
	}
	w.save(s)
	w.succeeded(2)
	r := w.runs()[0]
	if r.Credits != 110*money.Micro || r.Bonus != 11*money.Micro || w.available() != 121*money.Micro {
		t.Errorf("%+v, %s available", r, w.available())
	}
	pur, err := w.purchases.Purchase(t.Context(), r.Purchase)
	if err != nil || pur.Bonus != 11*money.Micro || pur.BonusGrant == 0 {
		t.Errorf("%+v %v", pur, err)
	}
	w.ok(w.db.View(t.Context(), func(t tx.Tx) error {
		q, err := w.purchases.QuoteOf(t, pur)
		if len(q.Lines) != 2 || q.InvoiceURL == "" {
			w.Errorf("%+v", q)
		}
		currency, fixed, _ := w.accounts.CurrencyIn(t, w.customer.ID)
		if currency != "usd" || !fixed {
			w.Errorf("%s %v", currency, fixed)
		}
		return err
	}))
}

// TestTargetPrice charges what was consented to, less when it became cheaper, and
// asks again when any part of it became dearer.
func TestTargetPrice(t *testing.T) {
	w := newWorld(t)
	s := w.targetSettings(w.saved("pm_card_visa"))
	w.give(50 * money.Micro)
	w.save(s)
	unit := func(u string) {
		_, err := w.catalog.UpdatePack(t.Context(), audit.System, s.Pack, catalog.PackChange{
			Prices: []catalog.Price{{Currency: "usd", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: 100 * money.Micro, Unit: u}, {Unit: u}}}}})
		w.ok(err)
	}
	unit("0.8")
	w.use(40 * money.Micro)
	w.succeeded(1)
	if _, sum := w.charged(); sum != 40_00 {
		t.Errorf("charged %d", sum)
	}
	w.move(recharge.MinCooldown)
	unit("1.01")
	w.use(50 * money.Micro)
	w.inState(recharge.Paused)
	if n, _ := w.charged(); n != 1 || w.policy().Reason != recharge.PriceChanged {
		t.Errorf("%d charged, %s", n, w.policy().Reason)
	}
}

// TestTargetBonus asks again when the bonus that was consented to has shrunk: less
// would come for the same money.
func TestTargetBonus(t *testing.T) {
	w := newWorld(t)
	s := w.targetSettings(w.saved("pm_card_visa"))
	s.Target = 150 * money.Micro
	w.give(60 * money.Micro)
	w.save(s)
	bonus := func(percent string) {
		_, err := w.catalog.UpdatePack(t.Context(), audit.System, s.Pack, catalog.PackChange{Bonuses: &[]catalog.Bonus{{From: 100 * money.Micro, Percent: percent}}})
		w.ok(err)
	}
	bonus("20")
	w.use(55 * money.Micro)
	w.succeeded(1)
	if r := w.runs()[0]; r.Credits != 145*money.Micro || r.Bonus != 29*money.Micro {
		t.Errorf("%+v", r)
	}
	w.move(recharge.MinCooldown)
	bonus("9")
	w.use(170 * money.Micro)
	w.inState(recharge.Paused)
	if n, _ := w.charged(); n != 1 || w.policy().Reason != recharge.PriceChanged {
		t.Errorf("%d charged, %s", n, w.policy().Reason)
	}
}

func TestRefusedTargets(t *testing.T) {
	w := newWorld(t)
	base := w.targetSettings(w.saved("pm_card_visa"))
	for name, c := range map[string]struct {
		change func(*recharge.Settings)
		param  string
	}{
		"not above the threshold":      {func(s *recharge.Settings) { s.Target = s.Threshold }, "target"},
		"more than one recharge buys":  {func(s *recharge.Settings) { s.Target = 511 * money.Micro }, "target"},
		"no level":                     {func(s *recharge.Settings) { s.Target = 0 }, "target"},
		"a pack of fixed size":         {func(s *recharge.Settings) { s.Pack = w.pack.ID }, "target"},
		"a cap below one recharge":     {func(s *recharge.Settings) { s.Cap.Amount = 49_99 }, "cap"},
		"several":                      {func(s *recharge.Settings) { s.Quantity = 2 }, "quantity"},
		"a price that nobody has seen": {func(s *recharge.Settings) { s.Price = money.Money{Amount: 49_00, Currency: "usd"} }, "pack"},
	} {
		s := base
		c.change(&s)
		_, err := w.Save(t.Context(), w.owner, s)
		if f, ok := fault.As(err); !ok || f.Param != c.param {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInvoiceBearsBillingDetails carries the PO number, the name and the tax id to
// the invoice of an automatic recharge.
func TestInvoiceBearsBillingDetails(t *testing.T) {
	w := newWorld(t)
	card := w.saved("pm_card_visa")
	_, err := w.purchases.SaveBilling(t.Context(), w.owner, account.BillingDetails{Customer: w.customer.ID, Company: "Acme Books Ltd", PONumber: "PO 4711",
		Address: account.Address{Line1: "1 Demo Street", City: "Berlin", Country: "DE"}, TaxIDs: []account.TaxID{{Type: "eu_vat", Value: "DE123456789"}}})
	w.ok(err)
	w.save(w.settings(card)) // nothing is there: it charges at once
	w.succeeded(1)
	in, err := w.stripe.Invoices.Get(w.runs()[0].Invoice, nil)
	w.ok(err)
	if in.CustomerName != "Acme Books Ltd" || in.CustomerAddress == nil || in.CustomerAddress.City != "Berlin" || len(in.CustomFields) != 1 || in.CustomFields[0].Value != "PO 4711" ||
		len(in.CustomerTaxIDs) != 1 || in.CustomerTaxIDs[0].Value != "DE123456789" {
		t.Errorf("%+v %+v %+v %+v", in.CustomerName, in.CustomerAddress, in.CustomFields, in.CustomerTaxIDs)
	}
}
