package db_test

import (
	"errors"
	"testing"
	"time"

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
		made := &invoice.Invoice{ID: "inv_1", Customer: "cus_1", Collection: invoice.Send, Name: "n", CreditType: "credits", Credits: 1, State: invoice.Draft,
			Price: money.Money{Amount: 1, Currency: "usd"}}
		if _, err := (db.InvoiceStore{}).Insert(t2, made, "key"); err != nil {
			return err
		}
		made.StripeCustomer, made.Remake, made.Remakes, made.Replaces, made.ReplacesNumber, made.RemadeAt = "cus_s", invoice.RemakeRefused, 2, "in_1", "N-1", now
		made.Cause, made.Problem = invoice.CauseNoCard, invoice.CardGone
		if err := (db.InvoiceStore{}).Update(t2, made); err != nil {
			return err
		}
		got, err := db.InvoiceStore{}.Invoice(t2, "inv_1")
		if err != nil || got.StripeCustomer != "cus_s" || got.Remake != invoice.RemakeRefused || got.Remakes != 2 || got.Replaces != "in_1" ||
			got.ReplacesNumber != "N-1" || !got.RemadeAt.Equal(now) || got.Cause != invoice.CauseNoCard || got.Problem != invoice.CardGone {
			t.Errorf("the invoice: %+v, %v", got, err)
		}
		for how, want := range map[invoice.Remake]int{invoice.RemakeRefused: 1, invoice.RemakeVoiding: 0, invoice.RemakeNone: 0} {
			if n, err := (db.InvoiceStore{}).CountRemakes(t2, how); n != want || err != nil {
				t.Errorf("%d are %q: %v", n, how, err)
			}
		}
		return nil
	})
	in(func(t2 tx.Tx) error {
		s := &schedule.Schedule{ID: "sch_1", Customer: "cus_1", CreditType: "credits", Every: schedule.Monthly, Collection: invoice.Charge, State: schedule.Paused, Quantity: 1,
			Credits: 1, Price: money.Money{Amount: 1, Currency: "usd"}, Card: invoice.Card{ID: "pm_1", Type: "card", Brand: "visa", Last4: "1"}, FirstDay: "2030-01-01"}
		store := db.ScheduleStore{}
		if err := store.Put(t2, s); err != nil {
			return err
		}
		s.Card, s.PausedAt = invoice.Card{ID: "pm_2", Type: "sepa_debit", Brand: "mastercard", Last4: "2"}, now
		if err := store.Put(t2, s); err != nil {
			return err
		}
		is, err := store.Schedule(t2, s.ID)
		if err != nil || is.Card != s.Card || !is.PausedAt.Equal(now) {
			t.Errorf("the schedule: %+v, %v", is, err)
		}
		if of, err := (db.MethodStore{}).Charging(t2, "pm_2"); err != nil || of != "cus_1" {
			t.Errorf("who is charged by it: %q, %v", of, err)
		}
		if of, err := (db.MethodStore{}).Charging(t2, "pm_1"); !errors.Is(err, tx.ErrNotFound) {
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
