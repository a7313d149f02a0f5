package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/db"
)

// What is kept of invoices that are made again, of former customers of Stripe's and
// of payments in other currencies comes back as it was written.
func TestRemakesAndOtherCurrencies(t *testing.T) {
	purchases, in := purchaseDB(t)
	now := noon
	in(func(t2 tx.Tx) error {
		made := &invoice.Invoice{ID: "inv_1", Schedule: "sch_1", Period: "2030-01-01", Name: "n", Pack: "pack_1", CreditType: "credits", Credits: 1, Bonus: 2, BonusDays: 3, ExpiresAfterDays: 4,
			OnIssue: true, NetDays: 30, Recipients: []string{"a@example.com", "b@example.com"}, PONumber: "PO", Memo: "m", TaxExempt: invoice.TaxReverse, Reason: "r", CreatedBy: "usr_1",
			Charge: charge.Charge{Owner: charge.Owner{Of: charge.OfInvoice, ID: "inv_1"}, Customer: "cus_1", Collection: charge.Send, State: charge.Draft, Price: money.Money{Amount: 1, Currency: "usd"}}}
		store := db.InvoiceStore{}
		for i, want := range []bool{true, false} {
			if ok, err := store.Insert(t2, made, "key"); err != nil || ok != want {
				t.Errorf("insert %d: %v, %v", i, ok, err)
			}
		}
		if _, err := (db.ChargeStore{}).Insert(t2, &made.Charge); err != nil {
			return err
		}
		made.Reason, made.TaxExempt = "another", invoice.TaxExempts
		if err := store.Update(t2, made); err != nil {
			return err
		}
		got, err := store.ByKey(t2, "key")
		if diff := cmp.Diff(made, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("the invoice (-want +got)\n%s %v", diff, err)
		}
		for state, want := range map[charge.State]map[invoice.State]int{
			charge.Draft: {invoice.Draft: 1, invoice.Open: 0, "": 1}, charge.Retrying: {invoice.Open: 1, invoice.Paid: 0}, charge.Charging: {invoice.Open: 1}, charge.Paid: {invoice.Open: 0, invoice.Paid: 1},
		} {
			made.Charge.State = state
			if err := (db.ChargeStore{}).Update(t2, &made.Charge); err != nil {
				return err
			}
			for as, n := range want {
				if list, err := store.List(t2, "cus_1", "sch_1", as, "", 10); err != nil || len(list) != n {
					t.Errorf("%d are %q that are %s: %v", len(list), as, state, err)
				}
			}
		}
		return nil
	})
	in(func(t2 tx.Tx) error {
		s := &schedule.Schedule{ID: "sch_1", Customer: "cus_1", CreditType: "credits", Every: schedule.Monthly, Collection: invoice.Charge, State: schedule.Paused, Quantity: 1,
			Credits: 1, Price: money.Money{Amount: 1, Currency: "usd"}, Card: charge.Method{ID: "pm_1", Type: "card", Brand: "visa", Last4: "1"}, FirstDay: "2030-01-01"}
		store := db.ScheduleStore{}
		if err := store.Put(t2, s); err != nil {
			return err
		}
		s.Card, s.PausedAt = charge.Method{ID: "pm_2", Type: "sepa_debit", Brand: "mastercard", Last4: "2"}, now
		if err := store.Put(t2, s); err != nil {
			return err
		}
		is, err := store.Schedule(t2, s.ID)
		if err != nil || is.Card != s.Card || !is.PausedAt.Equal(now) {
			t.Errorf("the schedule: %+v, %v", is, err)
		}
		if of, err := (db.CardStore{}).Charging(t2, "pm_2"); err != nil || of != "cus_1" {
			t.Errorf("who is charged by it: %q, %v", of, err)
		}
		if of, err := (db.CardStore{}).Charging(t2, "pm_1"); !errors.Is(err, tx.ErrNotFound) {
			t.Errorf("by the former card: %q, %v", of, err)
		}
		return nil
	})
	in(func(t2 tx.Tx) error {
		store := db.AccountStore{}
		if _, err := store.FormerStripeCustomer(t2, "cus_s"); !errors.Is(err, tx.ErrNotFound) {
			t.Errorf("nobody was it: %v", err)
		}
		for _, c := range []string{"cus_1", "cus_2"} {
			if err := store.PutFormerStripeCustomer(t2, "cus_s", c); err != nil {
				return err
			}
		}
		if c, err := store.FormerStripeCustomer(t2, "cus_s"); c != "cus_2" || err != nil {
			t.Errorf("it was %q: %v", c, err)
		}
		for range 2 {
			if err := purchases.PutOtherCurrency(t2, purchase.OtherCurrency{Payment: "pi_1", Purchase: "pur_1", Paid: money.Money{Amount: 9, Currency: "eur"}}); err != nil {
				return err
			}
		}
		n, last, err := purchases.OtherCurrencies(t2)
		if n != 1 || err != nil || t2.Now().Sub(last) > time.Second {
			t.Errorf("%d, last %v: %v", n, last, err)
		}
		return nil
	})
}
