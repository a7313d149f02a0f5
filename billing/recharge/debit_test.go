package recharge_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
)

const (
	achPays   = "000123456789"
	achLacks  = "000222222227"
	achClosed = "000111111113"
	achNever  = "000000000009"
)

// savedAccount saves a test account through Checkout in setup mode, which asks for
// the mandate.
func (w *world) savedAccount(number string) *card.Method {
	w.Helper()
	page, err := w.methods.Add(w.Context(), card.Adding{Customer: w.customer.ID, ReturnPath: "/methods/added", CancelPath: "/methods"})
	w.ok(err)
	form := url.Values{"email": {"demo@example.com"}, "name": {"Demo"}, "country": {"US"}, "method": {card.ACH}, "routing": {"110000000"}, "account": {number}}
	if strings.HasPrefix(number, "DE") {
		form = url.Values{"email": {"demo@example.com"}, "name": {"Demo"}, "country": {"DE"}, "method": {card.SEPA}, "iban": {number}}
	}
	back := w.browse(page, form)
	_, session, ok := strings.Cut(back, "session_id=")
	if !ok {
		w.Fatalf("saving %s led to %q", number, back)
	}
	m, err := w.methods.Added(w.Context(), w.customer.ID, session)
	w.ok(err)
	w.customer, err = w.accounts.Customer(w.Context(), w.customer.ID)
	w.ok(err)
	return m
}

// asked waits until a bank is asked for the money of the one open recharge.
func (w *world) asked() *recharge.Recharge {
	w.Helper()
	w.until("a bank is asked", func() bool { r := w.runs(); return len(r) > 0 && r[0].Processing })
	return w.runs()[0]
}

// A recharge by bank debit waits for days, says until when, and brings its credits
// when the bank has paid. Whatever happens meanwhile, there is one debit.
func TestRechargeByBankDebit(t *testing.T) {
	w := newWorld(t)
	w.earlyInMonth()
	account := w.savedAccount(achPays)
	if account.Type != card.ACH || account.Name() != "STRIPE TEST BANK •6789" || account.Fingerprint == "" {
		t.Fatalf("saved %+v", account)
	}
	w.save(w.settings(account.ID))
	r := w.asked()
	p := w.policy()
	if p.State != recharge.Charging || p.Note != "" || p.Method.Type != card.ACH || r.Method.Type != card.ACH || r.State() != recharge.Pending {
		t.Fatalf("policy %+v, run %+v", p, r)
	}
	zone := w.customer.Location()
	want := "Waiting for a bank debit of $25.00, started on " + r.SentAt.In(zone).Format("2 January 2006") + "; usually there by " +
		card.Arrives(card.ACH, r.SentAt, zone).Format("2 January 2006 MST") + "."
	if got := r.Awaited(w.now(), zone); got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	if v, err := w.Preview(t.Context(), w.settings(account.ID)); err != nil || v.Charges || v.Waits != want {
		t.Errorf("a preview says %+v, %v", v, err)
	}
	// A storm of what starts a recharge: none is begun, nothing is sent again.
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_ = w.Evaluate(t.Context(), w.customer.ID, "credits")
			w.Refused(w.customer.ID, "credits")
			_ = w.Tick(t.Context())
			_ = w.Service.Run(t.Context(), r.ID)
			_ = w.Resume(t.Context(), w.owner, w.customer.ID, "credits")
		})
	}
	all.Wait()
	w.save(w.settings(account.ID)) // saving again waits too
	w.deliver()
	w.move(2 * 24 * time.Hour)
	w.idle()
	if now := w.asked(); len(w.runs()) != 1 || now.Pays != 1 || now.ID != r.ID || w.policy().State != recharge.Charging {
		t.Fatalf("%d runs, %+v", len(w.runs()), now)
	}
	if n := w.count(recharge.Pending); n != 1 {
		t.Errorf("%d are pending", n)
	}
	var spent money.Money
	w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) {
		spent, err = w.SpentThisMonth(t, w.policy())
		return err
	}))
	if spent.Amount != 2500 {
		t.Errorf("what is pending does not count: %d", spent.Amount)
	}
	w.move(4 * 24 * time.Hour)
	w.succeeded(1)
	if n, sum := w.charged(); n != 1 || sum != 2500 || w.available() != 25*money.Micro {
		t.Errorf("%d charges of %d, %s available", n, sum, w.available())
	}
	bought, err := w.purchases.Purchase(t.Context(), w.runs()[0].Purchase)
	if err != nil || bought.CardBrand != "bank account" || bought.CardLast4 != "6789" {
		t.Errorf("%+v, %v", bought, err)
	}
}

// What a bank refuses is a decline: for good it pauses at once, with a link that can
// be used from then on; for want of funds it is tried again, at most twice.
func TestBankDebitThatFails(t *testing.T) {
	t.Run("account closed", func(t *testing.T) {
		w := newWorld(t)
		w.save(w.settings(w.savedAccount(achClosed).ID))
		w.asked()
		w.move(9 * 24 * time.Hour) // later than the link of a card would be good
		w.inState(recharge.Paused)
		p, r := w.policy(), w.runs()[0]
		if p.Reason != recharge.CardDeclined || p.RepairURL == "" || r.State() != recharge.Waiting || r.Processing || !strings.Contains(r.Problem, "closed") {
			t.Fatalf("policy %+v, run %+v", p, r)
		}
		w.until("mailed", func() bool {
			n, m := w.mailed(recharge.MailPaused)
			return n == 1 && m.Data["card"] == "STRIPE TEST BANK •1113"
		})
		w.move(6 * 24 * time.Hour) // the link is still good
		w.browse(p.RepairURL, url.Values{"email": {"demo@example.com"}, "name": {"Demo"}, "country": {"US"}, "number": {"4242424242424242"}, "expiry": {"12/34"}, "cvc": {"123"}})
		w.deliver()
		w.succeeded(1)
		if r := w.runs()[0]; r.Method.Type != card.Card || r.Method.Last4 != "4242" || w.policy().State != recharge.Armed {
			t.Errorf("paid with %+v, policy %s", r.Method, w.policy().State)
		}
	})
	t.Run("insufficient funds", func(t *testing.T) {
		w := newWorld(t)
		w.save(w.settings(w.savedAccount(achLacks).ID))
		for n := 1; n < charge.MaxDebits; n++ {
			w.asked()
			w.move(5 * 24 * time.Hour)
			w.inState(recharge.Backoff)
			if r := w.runs()[0]; r.Tries != n || r.State() != recharge.Retrying || r.Tolerates() != charge.MaxDebits {
				t.Fatalf("after decline %d: %+v", n, r)
			}
			w.move(3 * time.Hour)
		}
		w.asked()
		w.move(5 * 24 * time.Hour)
		w.inState(recharge.Paused)
		if r := w.runs()[0]; r.Pays != charge.MaxDebits || len(w.runs()) != 1 {
			t.Errorf("%d debits in %d runs", r.Pays, len(w.runs()))
		}
	})
	t.Run("by an event, with a backup", func(t *testing.T) {
		w := newWorld(t)
		card := w.saved("pm_card_visa")
		set := w.settings(w.savedAccount(achClosed).ID)
		set.Backup = card
		w.save(set)
		r := w.asked()
		w.mu.Lock()
		w.at += 5 * 24 * time.Hour // no tick looks at it
		w.mu.Unlock()
		w.deliver()
		w.succeeded(1)
		if now := w.runs()[0]; now.ID != r.ID || !now.BackupUsed || now.Method.Last4 != "4242" || w.policy().Method.Last4 != "4242" || w.policy().Backup.ID != "" {
			t.Errorf("%+v, policy %+v", now, w.policy())
		}
	})
}

// A debit that a bank has is neither voided nor forgotten when the customer turns
// recharges off: its credits come, and nothing more is bought.
func TestTurningOffWhileABankIsAsked(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.savedAccount(achPays).ID))
	r := w.asked()
	w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits"))
	w.idle()
	w.move(time.Hour)
	in, err := w.stripe.Invoices.Get(r.Invoice, nil)
	w.ok(err)
	if in.Status != stripe.InvoiceStatusOpen {
		t.Fatalf("the invoice is %s", in.Status)
	}
	w.move(5 * 24 * time.Hour)
	w.until("credits", func() bool { return w.available() == 25*money.Micro })
	if p := w.policy(); p.State != recharge.Off || len(w.runs()) != 1 {
		t.Errorf("%s, %d runs", p.State, len(w.runs()))
	}
}

// SEPA debits pay in euros, and in nothing else.
func TestRechargeBySEPA(t *testing.T) {
	w := newWorld(t)
	if err := w.accounts.SetCurrency(t.Context(), audit.System, w.customer.ID, "eur"); err != nil {
		t.Fatal(err)
	}
	pack, err := w.catalog.CreatePack(t.Context(), audit.System, catalog.NewPack{Name: "Euro", CreditType: "credits", Credits: 25 * money.Micro, Price: money.Money{Amount: 2000, Currency: "eur"}})
	w.ok(err)
	iban := w.savedAccount("DE89370400440532013000")
	ach := w.saved("pm_usBankAccount_success")
	set := w.settings(iban.ID)
	set.Pack, set.Cap = pack.ID, money.Money{Amount: 10000, Currency: "eur"}
	wrong := set
	wrong.Method = ach
	if _, err := w.Preview(t.Context(), wrong); err == nil || !strings.Contains(err.Error(), "cannot pay in EUR") {
		t.Errorf("a US account in euros: %v", err)
	}
	w.save(set)
	w.asked()
	w.move(8 * 24 * time.Hour)
	w.succeeded(1)
	if r := w.runs()[0]; r.Method.Name() != "SEPA debit •3000" || w.available() != 25*money.Micro {
		t.Errorf("%s, %s available", r.Method.Name(), w.available())
	}
}

// Link pays at once, also while the customer is away.
func TestRechargeByLink(t *testing.T) {
	w := newWorld(t)
	w.saved("pm_card_visa")
	id := w.savedLink("owner@example.com")
	w.save(w.settings(id))
	w.succeeded(1)
	if r := w.runs()[0]; r.Method.Name() != "Link (owner@example.com)" || r.Method.Type != card.Link {
		t.Errorf("%+v", r.Method)
	}
	// Another wallet is another payment method, though neither has a fingerprint.
	set := w.settings(id)
	set.Backup = w.savedLink("other@example.com")
	w.save(set)
}

func (w *world) savedLink(email string) string {
	w.Helper()
	pm, err := w.stripe.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("link"), BillingDetails: &stripe.PaymentMethodBillingDetailsParams{Email: stripe.String(email)}})
	w.ok(err)
	_, err = w.stripe.SetupIntents.New(&stripe.SetupIntentParams{Customer: stripe.String(w.customer.StripeCustomerID), PaymentMethod: stripe.String(pm.ID),
		PaymentMethodTypes: stripe.StringSlice([]string{"link"}), Confirm: stripe.Bool(true)})
	w.ok(err)
	return pm.ID
}

// A mandate that is withdrawn at the bank makes the account as good as removed.
func TestMandateWithdrawn(t *testing.T) {
	w := newWorld(t)
	w.give(30 * money.Micro)
	account := w.savedAccount(achPays)
	w.save(w.settings(account.ID))
	page, err := w.methods.Portal(t.Context(), w.customer.ID, "/methods")
	w.ok(err)
	w.browse(page, url.Values{"card": {account.ID}, "do": {"withdraw"}})
	w.deliver()
	w.inState(recharge.Paused)
	if p := w.policy(); p.Reason != recharge.NoCard {
		t.Errorf("paused for %s", p.Reason)
	}
	list, err := w.methods.List(t.Context(), w.customer.ID)
	if err != nil || len(list) != 1 || !list[0].Ended || list[0].Usable(w.now()) {
		t.Fatalf("%+v %v", list, err)
	}
	if err := w.Resume(t.Context(), w.owner, w.customer.ID, "credits"); err != nil {
		t.Fatal(err)
	}
	w.use(25 * money.Micro)
	w.inState(recharge.Paused)
	if n, _ := w.charged(); n != 0 {
		t.Errorf("%d charges", n)
	}
	// Saved again it has a new mandate, and is what counts.
	again := w.savedAccount(achPays)
	if again.Ended || again.ID == account.ID || !again.Is(account.ID) {
		t.Errorf("%+v", again)
	}
}

// An account that is removed pauses too, and goes on with another that is saved.
func TestRemovedAccountPauses(t *testing.T) {
	w := newWorld(t)
	w.give(30 * money.Micro)
	account := w.savedAccount(achPays)
	w.save(w.settings(account.ID))
	w.ok(w.methods.Remove(t.Context(), w.owner, w.customer.ID, account.ID))
	w.inState(recharge.Paused)
	w.savedAccount(achNever)
	w.inState(recharge.Armed)
	if p := w.policy(); p.Method.Last4 != "0009" || p.Method.Type != card.ACH {
		t.Errorf("%+v", p.Method)
	}
}

// A purchase that a bank is asked for holds a recharge up, and is named with its
// day; the page does not promise that the next usage starts one.
func TestPurchaseByDebitHoldsUp(t *testing.T) {
	w := newWorld(t)
	w.give(30 * money.Micro)
	account := w.savedAccount(achLacks)
	w.save(w.settings(w.saved("pm_card_visa")))
	bought, err := w.purchases.BeginSaved(t.Context(), w.owner, purchase.Begin{Customer: w.customer.ID, Pack: w.pack.ID}, account.PaymentMethod)
	if err != nil || bought.State != purchase.Processing {
		t.Fatalf("%+v %v", bought, err)
	}
	w.ok(w.db.Update(t.Context(), func(t tx.Tx) error { // it falls without usage
		_, err := w.ledger.ApplyOne(t, &ledger.Command{Op: ledger.Adjust{Wallet: w.wallet(), Credits: -25 * money.Micro}})
		return err
	}))
	w.until("noted", func() bool { return w.policy().Note != "" })
	says := func() string { return w.policy().Note }
	if !strings.HasPrefix(says(), "Waiting for a bank debit of $25.00, started on ") || !strings.Contains(says(), "usually there by ") {
		t.Errorf("it says %q", says())
	}
	w.use(money.Micro)
	w.idle()
	if len(w.runs()) != 0 {
		t.Fatal("a recharge was begun beside the purchase")
	}
	if !strings.HasPrefix(says(), "Waiting for a bank debit") {
		t.Errorf("after usage it says %q", says())
	}
	w.move(5 * 24 * time.Hour)
	w.deliver()
	w.until("refused", func() bool {
		p, err := w.purchases.Purchase(t.Context(), bought.ID)
		return err == nil && p.State == purchase.Failed
	})
	if strings.HasPrefix(says(), "Waiting for a bank debit") {
		t.Errorf("after the bank refused it says %q", says())
	}
	w.move(time.Hour)
	w.succeeded(1) // the card pays now
}

// A declined recharge that is repaired with a bank account waits for that bank, and is
// not charged to the card meanwhile.
func TestRepairedByBankDebit(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_chargeCustomerFail")))
	for range charge.Backoffs {
		w.inState(recharge.Backoff)
		w.idle()
		w.move(8 * time.Hour)
	}
	w.inState(recharge.Paused)
	w.browse(w.policy().RepairURL, url.Values{"email": {"demo@example.com"}, "name": {"Demo"}, "country": {"US"}, "method": {card.ACH}, "routing": {"110000000"}, "account": {achPays}})
	w.move(2 * time.Hour)
	r := w.asked()
	if r.Method.Type != card.ACH || r.Method.Last4 != "6789" || w.now().Sub(r.SentAt) > time.Minute {
		t.Errorf("%+v since %s", r.Method, r.SentAt)
	}
	w.ok(w.Resume(t.Context(), w.owner, w.customer.ID, "credits"))
	w.idle()
	if now := w.asked(); now.Pays != r.Pays {
		t.Errorf("it was charged again: %d", now.Pays)
	}
	w.move(6 * 24 * time.Hour)
	w.succeeded(1)
	if n, _ := w.charged(); n != 1 {
		t.Errorf("%d charges", n)
	}
}
