package story

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/billing/stripepay"
	"purse/billing/tx"
	"purse/db"
	"purse/handlers/sandbox"
)

// rechargeParts are saved cards and automatic purchases, on a sandbox: cards
// that are declined in every way are its business.
type rechargeParts struct {
	box       *sandbox.Server
	boxURL    string
	methods   *card.Service
	charges   *charge.Service
	recharges *recharge.Service
	invoices  *invoice.Service
	schedules *schedule.Service
}

func (w *world) openRecharges(events *event.Log, log *slog.Logger) {
	var err error
	w.box, err = sandbox.Open("", sandbox.Options{Now: w.clock.Now})
	w.check(err)
	host := httptest.NewServer(w.box.Handler())
	w.boxURL = host.URL
	gateway, err := stripepay.New(stripepay.Config{Key: "sk_test_0123456789", URL: host.URL, Retries: -1})
	w.check(err)
	w.methods = card.New(card.Deps{
		Runner: w.db, Store: db.CardStore{}, Gateway: gateway, Accounts: w.accounts, Audit: w.audit, Installation: "ins_test", PublicURL: w.url,
	})
	w.charges = charge.New(charge.Deps{
		Runner: w.db, Store: db.ChargeStore{}, Gateway: gateway, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger, Purchases: w.purchases,
		Jobs: w.jobs, Log: log, Installation: "ins_test",
	})
	w.recharges = recharge.New(recharge.Deps{
		Runner: w.db, Store: db.RechargeStore{}, Charges: w.charges, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger, Purchases: w.purchases,
		Methods: w.methods, Jobs: w.jobs, Events: events, Audit: w.audit, Log: log,
	})
	w.invoices = invoice.New(invoice.Deps{
		Runner: w.db, Store: db.InvoiceStore{}, Charges: w.charges, Accounts: w.accounts, Catalog: w.catalog, Ledger: w.ledger, Purchases: w.purchases,
		Jobs: w.jobs, Events: events, Audit: w.audit, Log: log,
	})
	w.charges.Collect(map[charge.Of]charge.Kind{charge.OfRecharge: w.recharges.Kind(), charge.OfInvoice: w.invoices.Kind()})
	w.schedules = schedule.New(schedule.Deps{
		Runner: w.db, Store: db.ScheduleStore{}, Accounts: w.accounts, Catalog: w.catalog, Invoices: w.invoices, Purchases: w.purchases, Methods: w.methods,
		Jobs: w.jobs, Events: events, Audit: w.audit, Log: log, Discounts: map[schedule.Every]int{schedule.Yearly: 10},
	})
	w.methods.Tell(w.recharges.MethodsChanged, w.schedules.MethodsChanged)
	w.invoices.Tell(w.schedules.InvoiceChanged)
	w.t.Cleanup(func() {
		gateway.Close()
		host.Close()
		w.check(w.box.Close())
	})
}

// debit takes credits as usage does.
func (w *world) debit(p person, amount string) {
	r, err := w.ledger.Submit(ctx, &ledger.Command{Op: ledger.Debit{Charges: []ledger.Charge{{
		Wallet: ledger.WalletKey{Customer: p.customer.ID, CreditType: "credits"}, Lines: []ledger.Line{{Meter: "input_tokens", Credits: credits(amount)}},
	}}}})
	w.check(err)
	if r[0].Refused != nil {
		w.t.Fatal(r[0].Refused)
	}
}

// attach saves a test card of Stripe's for a person, and answers its id.
func (w *world) attach(p person, method string) string {
	_, err := w.methods.Portal(ctx, p.customer.ID, "/methods") // it makes Stripe's customer
	w.check(err)
	c, err := w.accounts.Customer(ctx, p.customer.ID)
	w.check(err)
	body := strings.NewReader(url.Values{"customer": {c.StripeCustomerID}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.boxURL+"/v1/payment_methods/"+method+"/attach", body)
	w.check(err)
	req.Header.Set("Authorization", "Bearer sk_test_0123456789")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Stripe-Version", "2023-10-16")
	res, err := http.DefaultClient.Do(req)
	w.check(err)
	defer res.Body.Close()
	var pm struct{ ID string }
	if err := json.NewDecoder(res.Body).Decode(&pm); err != nil || pm.ID == "" {
		w.t.Fatalf("no card: %s %v", res.Status, err)
	}
	return pm.ID
}

// runs are the automatic purchases of a person.
func (w *world) runs(p person) (out []*recharge.Recharge) {
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) {
		out, err = w.recharges.History(t, p.customer.ID, "", "", 100)
		return err
	}))
	return out
}
