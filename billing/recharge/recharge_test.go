package recharge_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// The balance reaches the threshold: one payment, the credits once, a receipt,
// a purchase that can be refunded.
func TestRecharge(t *testing.T) {
	w := newWorld(t)
	w.give(30 * money.Micro)
	p := w.save(w.settings(w.saved("pm_card_visa")))
	if p.State != recharge.Armed || p.Price.Amount != 2500 || p.Consent.User != "usr_owner" || p.Consent.Version != recharge.ConsentVersion || p.Consent.Address != "192.0.2.7" {
		t.Fatalf("%+v", p)
	}
	c, ok, err := w.accounts.LatestConsent(t.Context(), "usr_owner", recharge.ConsentDocument)
	if err != nil || !ok || c.Version != recharge.ConsentVersion || c.From.Address != "192.0.2.7" || c.Customer != w.customer.ID {
		t.Errorf("consent: %+v %v %v", c, ok, err)
	}
	w.use(15 * money.Micro)
	if n := len(w.runs()); n != 0 {
		t.Fatalf("%d recharges above the threshold", n)
	}
	w.use(5 * money.Micro) // exactly the threshold
	w.succeeded(1)
	if n, sum := w.charged(); n != 1 || sum != 2500 || w.available() != 35*money.Micro {
		t.Errorf("%d charges of %d, %s available", n, sum, w.available())
	}
	r := w.runs()[0]
	if r.ReceiptURL == "" || r.Number == "" || r.Method.Last4 != "4242" || r.Purchase == "" || r.Grant == 0 || w.policy().State != recharge.Armed {
		t.Errorf("%+v", r)
	}
	pur, err := w.purchases.Purchase(t.Context(), r.Purchase)
	if err != nil || pur.State != purchase.Paid || pur.Total != 2500 || pur.Grant != r.Grant || pur.PaymentIntent != r.PaymentIntent {
		t.Errorf("%+v %v", pur, err)
	}
	var lot ledger.Grant
	w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) {
		lot, _, err = w.ledger.Grant(t, w.customer.ID, r.Grant)
		return err
	}))
	if lot.Kind != ledger.Paid || lot.Paid.Amount != 2500 || lot.Source != r.ID+":credits" {
		t.Errorf("%+v", lot)
	}
	w.deliver() // events that say the same change nothing
	w.deliver()
	w.until("receipt", func() bool { n, _ := w.mailed(purchase.MailReceipt); return n == 1 })
	if w.available() != 35*money.Micro {
		t.Errorf("%s available", w.available())
	}
}

// Already below when it is enabled: evaluated at once. After a fall without
// usage: at the next usage, not before.
func TestLevel(t *testing.T) {
	w := newWorld(t)
	card := w.saved("pm_card_visa")
	v, err := w.Preview(t.Context(), w.settings(card))
	if err != nil || !v.Charges || v.Price.Amount != 2500 || v.Policy.Method.Last4 != "4242" {
		t.Fatalf("%+v %v", v, err)
	}
	if n, _ := w.charged(); n != 0 || len(w.runs()) != 0 {
		t.Fatal("a preview charged")
	}
	w.save(w.settings(card))
	w.succeeded(1)
	w.move(time.Hour)
	w.ok(w.db.Update(t.Context(), func(t tx.Tx) error {
		_, err := w.ledger.ApplyOne(t, &ledger.Command{Op: ledger.Adjust{Wallet: w.wallet(), Credits: -20 * money.Micro}})
		return err
	}))
	w.until("noted", func() bool { return w.policy().Note != "" })
	w.ok(w.Tick(t.Context()))
	if n := len(w.runs()); n != 1 {
		t.Fatalf("an adjustment started one: %d", n)
	}
	if w.use(100 * money.Micro) { // refused, and that is usage too
		t.Fatal("allowed")
	}
	w.succeeded(2)
	if w.available() != 30*money.Micro {
		t.Error(w.available())
	}
	// After another fall, and above the threshold again, it waits for nothing.
	w.ok(w.db.Update(t.Context(), func(t tx.Tx) error {
		_, err := w.ledger.ApplyOne(t, &ledger.Command{Op: ledger.Adjust{Wallet: w.wallet(), Credits: -25 * money.Micro}})
		return err
	}))
	w.until("noted again", func() bool { return w.policy().Note != "" })
	w.give(100 * money.Micro)
	if now, err := w.Policy(t.Context(), w.customer.ID, "credits"); err != nil || now.Note != "" {
		t.Errorf("far above the threshold it says %q, %v", now.Note, err)
	}
}

// A policy without consent, or one that can never work, is not saved.
func TestRefusedSettings(t *testing.T) {
	w := newWorld(t)
	visa, master := w.saved("pm_card_visa"), w.saved("pm_card_mastercard")
	twin := w.saved("pm_card_visa")
	for param, change := range map[string]func(*recharge.Settings){
		"consent":   func(s *recharge.Settings) { s.Consented = false },
		"threshold": func(s *recharge.Settings) { s.Threshold = -1 },
		"pack":      func(s *recharge.Settings) { s.Pack = "pack_none" },
		"quantity":  func(s *recharge.Settings) { s.Quantity = 101 },
		"cap":       func(s *recharge.Settings) { s.Cap.Amount = 2499 },
		"per_day":   func(s *recharge.Settings) { s.PerDay = 25 },
		"cooldown":  func(s *recharge.Settings) { s.Cooldown = time.Second },
		"method":    func(s *recharge.Settings) { s.Method = "pm_none" },
		"backup":    func(s *recharge.Settings) { s.Backup = twin },
	} {
		s := w.settings(visa)
		change(&s)
		_, err := w.Save(t.Context(), w.owner, s)
		if f, ok := fault.As(err); !ok || f.Param != param {
			t.Errorf("%s: %v", param, err)
		}
	}
	s := w.settings(visa)
	s.Price = money.Money{Amount: 2400, Currency: "usd"}
	if _, err := w.Save(t.Context(), w.owner, s); !fault.HasCode(err, "price_changed") {
		t.Errorf("another price than was shown: %v", err)
	}
	s = w.settings(visa)
	s.Version = "old"
	if _, err := w.Save(t.Context(), w.owner, s); err == nil {
		t.Error("an older text")
	}
	if _, err := w.Policy(t.Context(), w.customer.ID, "credits"); !fault.Is(err, fault.NotFound) {
		t.Errorf("something was saved: %v", err)
	}
	s = w.settings(visa)
	s.Backup = master
	if p := w.save(s); p.Backup.Last4 != "4444" {
		t.Errorf("%+v", p)
	}
}

// Sum of recharges ≤ cap, tax included; a day's count and the cool-down hold.
func TestCaps(t *testing.T) {
	w := newWorld(t)
	w.earlyInMonth()
	s := w.settings(w.saved("pm_card_visa"))
	s.Cap.Amount = 60_00 // two of 25.00
	w.save(s)
	w.succeeded(1)
	w.use(20 * money.Micro)
	w.until("cool-down", func() bool { return strings.Contains(w.policy().Note, "10 minutes") })
	if _, sum := w.charged(); sum != 2500 {
		t.Fatalf("%d charged within the cool-down", sum)
	}
	w.move(recharge.MinCooldown + time.Second)
	w.succeeded(2)
	w.use(25 * money.Micro)
	w.move(recharge.MinCooldown + time.Second)
	w.inState(recharge.Capped)
	w.until("mail of the cap", func() bool { n, _ := w.mailed(recharge.MailCapped); return n > 0 })
	if n, m := w.mailed(recharge.MailCapped); n != 1 || m.Data["until"] == "" {
		t.Errorf("%d mails of the cap: %v", n, m.Data)
	}
	if _, sum := w.charged(); sum != 5000 || !strings.Contains(w.policy().Note, "$50.00 of $60.00") {
		t.Errorf("%d charged, %q", sum, w.policy().Note)
	}
	local := w.policy().NextAt.In(w.customer.Location())
	if local.Day() != 1 || local.Hour() != 0 || local.Minute() != 0 {
		t.Errorf("goes on %s", local)
	}
	w.use(money.Micro)
	w.move(time.Until(local.Add(-time.Until(w.now()))) + time.Minute)
	w.succeeded(3)
	s.PerDay = 1
	w.save(s)
	w.use(25 * money.Micro)
	w.move(time.Hour)
	w.until("day's limit", func() bool { return strings.Contains(w.policy().Note, "limit of 1") })
	w.move(24 * time.Hour)
	w.succeeded(4)
}

// With tax a recharge may exceed the cap although its price does not: it is not
// paid.
func TestCapCountsTax(t *testing.T) {
	w := newWorld(t)
	w.earlyInMonth()
	s := w.settings(w.saved("pm_card_visa"))
	s.Cap.Amount = 2600
	w.charges.AutomaticTax = true
	_, err := w.stripe.Customers.Update(w.customer.StripeCustomerID, &stripe.CustomerParams{Address: &stripe.AddressParams{Country: stripe.String("DE")}})
	w.ok(err)
	w.browse("/sandbox/tax", url.Values{"percent": {"19"}})
	w.save(s)
	w.until("voided", func() bool { return w.count(recharge.Voided) == 1 })
	if n, _ := w.charged(); n != 0 || w.policy().State != recharge.Capped || w.runs()[0].Reason() != recharge.CapReached {
		t.Errorf("%d charged, %s, %s", n, w.policy().State, w.runs()[0].Reason())
	}
	w.use(money.Micro)
	time.Sleep(50 * time.Millisecond)
	if n := len(w.runs()); n != 1 {
		t.Errorf("%d tries in one month", n)
	}
	s.Cap.Amount = 10000
	w.save(s)
	w.succeeded(1)
	r := w.runs()[0]
	var lot ledger.Grant
	w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) {
		lot, _, err = w.ledger.Grant(t, "", r.Grant)
		return err
	}))
	if r.Due().Amount != 2975 || r.Tax != 475 || lot.Paid.Amount != 2500 {
		t.Errorf("paid %d, tax %d, basis %d", r.Due().Amount, r.Tax, lot.Paid.Amount)
	}
}

// Soft declines back off 1, 3 and 7 hours on one invoice, then pause.
func TestSoftDeclines(t *testing.T) {
	w := newWorld(t)
	w.faults(sandbox.Faults{Charges: []sandbox.ChargeFault{{Code: "card_declined", DeclineCode: "insufficient_funds", Count: -1}}})
	w.save(w.settings(w.saved("pm_card_visa")))
	w.inState(recharge.Backoff)
	for i, wait := range charge.Backoffs {
		w.move(wait - time.Minute)
		if r := w.runs()[0]; r.Tries != i+1 {
			t.Fatalf("%d tries before %s", r.Tries, wait)
		}
		w.move(2 * time.Minute)
		w.until("the next try", func() bool { return w.runs()[0].Tries == i+2 })
	}
	w.inState(recharge.Paused)
	r := w.runs()[0]
	if len(w.runs()) != 1 || r.Tries != charge.MaxTries || r.Pays != charge.MaxTries || r.State() != recharge.Waiting || w.policy().Reason != recharge.CardDeclined {
		t.Errorf("%d runs, %+v", len(w.runs()), r)
	}
	w.until("mail", func() bool { n, _ := w.mailed(recharge.MailPaused); return n == 1 })
	w.move(time.Hour)
	w.use(money.Micro)
	w.faults(sandbox.Faults{})
	w.move(time.Hour)
	if n, _ := w.charged(); n != 0 {
		t.Fatal("charged while paused")
	}
	w.ok(w.Resume(t.Context(), w.owner, w.customer.ID, "credits"))
	w.succeeded(1)
	if n, _ := w.charged(); n != 1 || len(w.runs()) != 1 {
		t.Errorf("%d charges, %d runs", n, len(w.runs()))
	}
	if n, _ := w.mailed(recharge.MailPaused); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// A hard decline pauses at once; a card with another number resumes, the same
// number saved again does not.
func TestHardDecline(t *testing.T) {
	w := newWorld(t)
	w.faults(sandbox.Faults{Charges: []sandbox.ChargeFault{{Code: "card_declined", DeclineCode: "lost_card", Count: 1}}})
	w.save(w.settings(w.saved("pm_card_visa")))
	w.inState(recharge.Paused)
	p := w.policy()
	if r := w.runs()[0]; r.Tries != 0 || p.RepairURL == "" || p.RepairURL != r.URL {
		t.Errorf("%+v", p)
	}
	w.until("mail", func() bool {
		n, m := w.mailed(recharge.MailPaused)
		return n == 1 && m.Data["repair_url"] == p.RepairURL && m.To == "demo@example.com"
	})
	w.saved("pm_card_visa")
	w.deliver()
	w.ok(w.MethodsChanged(t.Context(), w.customer.ID))
	if w.policy().State != recharge.Paused {
		t.Fatal("the same number resumed it")
	}
	w.saved("pm_card_mastercard")
	w.deliver()
	w.succeeded(1)
	if p := w.policy(); p.State != recharge.Armed || p.Method.Last4 != "4444" || w.available() != 25*money.Micro {
		t.Errorf("%+v", p)
	}
}

// Authentication pauses at once; the customer confirms on Stripe's page, the
// credits come, and it goes on.
func TestAuthenticationRepair(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_authenticationRequired")))
	w.inState(recharge.Paused)
	p := w.policy()
	if p.Reason != recharge.AuthenticationRequired || p.RepairURL == "" {
		t.Fatalf("%+v", p)
	}
	// The mail is out before the clock is moved: a job whose lease runs out
	// meanwhile may run twice.
	w.until("mail", func() bool { n, _ := w.mailed(recharge.MailPaused); return n == 1 })
	w.move(2 * time.Hour)
	if w.policy().State != recharge.Paused || len(w.runs()) != 1 {
		t.Fatal("it did not wait")
	}
	bank := w.browse(p.RepairURL, url.Values{"fill": {"confirm"}})
	w.browse(bank, url.Values{"outcome": {"complete"}})
	w.deliver()
	w.succeeded(1)
	if p := w.policy(); p.State != recharge.Armed || p.RepairURL != "" || w.available() != 25*money.Micro {
		t.Errorf("%+v, %s available", p, w.available())
	}
	if n, _ := w.mailed(recharge.MailPaused); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// The repair is seen without any event, too.
func TestRepairIsLookedFor(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_chargeCustomerFail")))
	w.inState(recharge.Backoff)
	w.browse(w.policy().RepairURL, url.Values{"email": {"a@example.com"}, "name": {"Demo"}, "country": {"US"}, "number": {"4242424242424242"}, "expiry": {"12/34"}, "cvc": {"123"}})
	w.move(time.Hour + time.Minute) // the next try finds it paid
	w.succeeded(1)
	if n, _ := w.charged(); n != 1 || w.available() != 25*money.Micro {
		t.Errorf("%d charges, %s", n, w.available())
	}
}

// The backup is taken when the first card is declined.
func TestBackup(t *testing.T) {
	w := newWorld(t)
	s := w.settings(w.saved("pm_card_chargeCustomerFail"))
	s.Backup = w.saved("pm_card_mastercard")
	w.save(s)
	w.succeeded(1)
	if r := w.runs()[0]; !r.BackupUsed || r.Method.Last4 != "4444" {
		t.Errorf("%+v", r)
	}
}

// A card that is declined for good is not tried again: the backup takes its
// place.
func TestBackupTakesOver(t *testing.T) {
	w := newWorld(t)
	w.faults(sandbox.Faults{Charges: []sandbox.ChargeFault{{Code: "card_declined", DeclineCode: "stolen_card", Count: 1}}})
	s := w.settings(w.saved("pm_card_visa"))
	s.Backup = w.saved("pm_card_mastercard")
	w.save(s)
	w.succeeded(1)
	if p := w.policy(); p.Method.Last4 != "4444" || p.Backup.ID != "" || p.State != recharge.Armed {
		t.Errorf("%+v", p)
	}
}

// A bank's early fraud warning pauses, like a dispute.
func TestFraudWarningPauses(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_createIssuerFraudRecord")))
	w.succeeded(1)
	w.deliver()
	w.inState(recharge.Paused)
	if p := w.policy(); p.Reason != recharge.FraudWarning {
		t.Errorf("%+v", p)
	}
}

// A payment in another currency pauses at once, with its own reason, and nothing is
// charged in the one that was agreed to. A currency that is only chosen changes
// nothing yet.
func TestAnotherCurrency(t *testing.T) {
	w := newWorld(t)
	_, err := w.catalog.UpdatePack(t.Context(), audit.System, w.pack.ID, catalog.PackChange{Prices: []catalog.Price{
		{Currency: "usd", Model: catalog.Fixed, Amount: 2500}, {Currency: "eur", Model: catalog.Fixed, Amount: 2300},
	}})
	w.ok(err)
	s := w.settings(w.saved("pm_card_visa"))
	w.give(50 * money.Micro)
	w.save(s)
	choose := func(fix bool) {
		w.ok(w.db.Update(t.Context(), func(t tx.Tx) error { return w.accounts.ChooseCurrencyIn(t, w.customer.ID, "eur", fix) }))
	}
	choose(false)
	if p := w.policy(); p.State != recharge.Armed {
		t.Fatalf("%s %s", p.State, p.Reason)
	}
	choose(true)
	if p := w.policy(); p.State != recharge.Paused || p.Reason != recharge.OtherCurrency || p.PausedAt.IsZero() {
		t.Fatalf("%s %s", p.State, p.Reason)
	}
	w.until("it is mailed", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return slices.ContainsFunc(w.mails, func(m account.Mail) bool { return m.Data["reason"] == string(recharge.OtherCurrency) })
	})
	if err := w.Resume(t.Context(), w.owner, w.customer.ID, "credits"); !fault.HasCode(err, "other_currency") {
		t.Errorf("resumed without consent: %v", err)
	}
	w.use(45 * money.Micro)
	if n, _ := w.charged(); n != 0 {
		t.Errorf("%d charged", n)
	}
	s.Cap.Currency = "eur"
	if p := w.save(s); p.Price != (money.Money{Amount: 2300, Currency: "eur"}) {
		t.Errorf("set up again at %+v", p.Price)
	}
	w.succeeded(1)
	// Staff fixes another still: the next is not charged either. One that staff
	// paused stays theirs.
	w.ok(w.accounts.SetCurrency(t.Context(), audit.System, w.customer.ID, "usd"))
	if p := w.policy(); p.Reason != recharge.OtherCurrency {
		t.Errorf("%s %s", p.State, p.Reason)
	}
}

// Dearer, or not sold any more: it pauses and asks. Cheaper: it charges less.
func TestPriceChanges(t *testing.T) {
	w := newWorld(t)
	s := w.settings(w.saved("pm_card_visa"))
	w.give(50 * money.Micro)
	w.save(s)
	price := func(n int64) {
		_, err := w.catalog.UpdatePack(t.Context(), audit.System, w.pack.ID, catalog.PackChange{Price: &money.Money{Amount: n, Currency: "usd"}})
		w.ok(err)
	}
	price(2600)
	w.use(45 * money.Micro)
	w.inState(recharge.Paused)
	if n, _ := w.charged(); n != 0 || w.policy().Reason != recharge.PriceChanged {
		t.Fatalf("%d charged, %s", n, w.policy().Reason)
	}
	if err := w.Resume(t.Context(), w.owner, w.customer.ID, "credits"); !fault.HasCode(err, "price_changed") {
		t.Errorf("resumed without consent: %v", err)
	}
	price(2000)
	w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits"))
	w.use(money.Micro)
	if s := w.policy().State; s != recharge.Off {
		t.Fatal(s)
	}
	price(2500)
	w.give(50 * money.Micro)
	w.save(s)
	price(2000)
	w.use(50 * money.Micro)
	w.succeeded(1)
	if _, sum := w.charged(); sum != 2000 {
		t.Errorf("charged %d", sum)
	}
}

// Turning it off, or changing it, voids what was declined: it can never be paid
// by surprise.
func TestTurnOff(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_authenticationRequired")))
	w.inState(recharge.Paused)
	w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits"))
	w.until("voided", func() bool { return w.count(recharge.Voided) == 1 })
	in, err := w.stripe.Invoices.Get(w.runs()[0].Invoice, nil)
	if err != nil || in.Status != "void" || w.policy().State != recharge.Off {
		t.Errorf("%s %v, %s", in.Status, err, w.policy().State)
	}
	w.save(w.settings(w.saved("pm_card_visa")))
	w.succeeded(1)
	if w.count(recharge.Voided) != 1 {
		t.Error("voided more")
	}
}

// Staff pauses, the customer cannot resume that, and staff never charges.
func TestStaff(t *testing.T) {
	w := newWorld(t)
	w.give(50 * money.Micro)
	w.save(w.settings(w.saved("pm_card_visa")))
	staff := audit.Actor{ID: "usr_staff"}
	w.ok(w.Pause(t.Context(), staff, w.customer.ID, "credits", "asked by phone"))
	w.use(45 * money.Micro)
	w.idle()
	for _, err := range []error{w.Resume(t.Context(), w.owner, w.customer.ID, "credits"), second(w.Save(t.Context(), w.owner, w.settings(w.policy().Method.ID)))} {
		if !fault.HasCode(err, "paused_by_staff") {
			t.Errorf("%v", err)
		}
	}
	w.ok(w.Release(t.Context(), staff, w.customer.ID, "credits", "done"))
	w.ok(w.Tick(t.Context()))
	if len(w.runs()) != 0 {
		t.Fatal("staff charged the customer")
	}
	w.use(money.Micro)
	w.succeeded(1)
}

func second[T any](_ T, err error) error { return err }

// A dispute about any payment pauses all policies of the customer.
func TestDisputePauses(t *testing.T) {
	w := newWorld(t)
	s := w.settings(w.saved("pm_card_createDispute"))
	w.save(s)
	w.succeeded(1)
	w.deliver()
	w.inState(recharge.Paused)
	if p := w.policy(); p.Reason != recharge.Disputed {
		t.Errorf("%+v", p)
	}
	pur, err := w.purchases.Purchase(t.Context(), w.runs()[0].Purchase)
	if err != nil || pur.State != purchase.Disputed || !pur.Frozen {
		t.Errorf("%+v %v", pur, err)
	}
	w.use(money.Micro)
	w.move(time.Hour)
	if n, _ := w.charged(); n != 1 {
		t.Errorf("%d charges", n)
	}
}

// An open Checkout delays a recharge, visibly.
func TestCheckoutDelays(t *testing.T) {
	w := newWorld(t)
	card := w.saved("pm_card_visa")
	_, err := w.purchases.Begin(t.Context(), w.owner, purchase.Begin{Customer: w.customer.ID, Pack: w.pack.ID})
	w.ok(err)
	w.save(w.settings(card))
	if p := w.policy(); len(w.runs()) != 0 || !strings.Contains(p.Note, "Waiting for your Checkout until") {
		t.Fatalf("%d runs, %q", len(w.runs()), p.Note)
	}
	w.move(recharge.CheckoutWait + time.Second)
	w.succeeded(1)
}
