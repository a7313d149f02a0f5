package recharge_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// Turned off while nobody knows whether it was paid: what was paid is granted,
// what was not is voided, and nothing is sent again.
func TestTurnOffWhileUnknown(t *testing.T) {
	for _, action := range []string{sandbox.FaultError, sandbox.FaultErrorAfter} {
		t.Run(action, func(t *testing.T) {
			w := newWorld(t)
			card := w.saved("pm_card_visa")
			var once sync.Once
			pays := 0
			w.onRequest(func(r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/pay") {
					pays++
					once.Do(func() {
						_ = w.box.SetFaults(sandbox.Faults{API: []sandbox.APIFault{{Action: action, Method: "POST", Path: r.URL.Path, Count: 1}}})
					})
				}
			})
			w.save(w.settings(card))
			w.until("sent", func() bool { return w.runs()[0].Paying() && w.runs()[0].Unknowns > 0 })
			w.ok(w.TurnOff(t.Context(), w.owner, w.customer.ID, "credits"))
			w.until("ended", func() bool { w.move(10 * time.Second); return !w.runs()[0].State().Open() })
			n, _ := w.charged()
			r := w.runs()[0]
			if pays != 1 || (n == 1) != (r.State() == recharge.Succeeded) || (n == 0) != (r.State() == recharge.Voided) || w.policy().State != recharge.Off {
				t.Errorf("sent %d times, %d charges, %s, %s", pays, n, r.State(), w.policy().State)
			}
			if (n == 1) != (w.available() > 0) {
				t.Errorf("%d charges, %s available", n, w.available())
			}
		})
	}
}

// A card that is removed pauses what charges it, and a new one resumes; the same
// number saved again is taken in silence.
func TestRemovedCard(t *testing.T) {
	w := newWorld(t)
	w.give(50_000_000)
	first := w.saved("pm_card_visa")
	w.save(w.settings(first))
	again := w.saved("pm_card_visa")
	_, err := w.stripe.PaymentMethods.Detach(first, nil) // in Stripe's portal
	w.ok(err)
	w.deliver()
	w.until("the same card under its new id", func() bool { return w.policy().Method.ID == again })
	w.ok(w.methods.Remove(t.Context(), w.owner, w.customer.ID, again))
	if p := w.policy(); p.State != recharge.Paused || p.Reason != recharge.NoCard {
		t.Fatalf("%s %s", p.State, p.Reason)
	}
	w.use(45_000_000)
	w.idle()
	w.saved("pm_card_mastercard")
	w.deliver()
	w.succeeded(1)
	if p := w.policy(); p.Method.Last4 != "4444" {
		t.Errorf("%+v", p.Method)
	}
}

// Changing the settings gives up what was declined, and begins anew with the new
// card: one payment.
func TestEditWhileDeclined(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_chargeCustomerFail")))
	w.inState(recharge.Backoff)
	w.save(w.settings(w.saved("pm_card_visa")))
	w.succeeded(1)
	if n, _ := w.charged(); n != 1 || w.count(recharge.Voided) != 1 || len(w.runs()) != 2 {
		t.Errorf("%d charges, %d voided, %d runs", n, w.count(recharge.Voided), len(w.runs()))
	}
}

// Credits that come from elsewhere while a decline waits make it needless: it is
// voided, not charged later.
func TestNotNeeded(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_chargeCustomerFail")))
	w.inState(recharge.Backoff)
	w.give(50_000_000)
	w.move(2 * time.Hour)
	w.until("voided", func() bool { return w.count(recharge.Voided) == 1 })
	if r := w.runs()[0]; r.Reason() != recharge.NotNeeded || w.policy().State != recharge.Armed {
		t.Errorf("%s, %s", r.Reason(), w.policy().State)
	}
	w.use(45_000_000)
	w.inState(recharge.Backoff) // and the next crossing is a new run
}

// What nobody repairs in a week is voided.
func TestTooLate(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_authenticationRequired")))
	w.inState(recharge.Paused)
	w.move(charge.RepairFor + time.Hour)
	w.until("voided", func() bool { return w.count(recharge.Voided) == 1 })
	if p := w.policy(); p.State != recharge.Paused || p.RepairURL != "" {
		t.Errorf("%+v", p)
	}
}

// Voided in Stripe's dashboard: it ends here too.
func TestVoidedAtStripe(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_authenticationRequired")))
	w.inState(recharge.Paused)
	_, err := w.stripe.Invoices.VoidInvoice(w.runs()[0].Invoice, &stripe.InvoiceVoidInvoiceParams{})
	w.ok(err)
	w.deliver()
	w.until("voided", func() bool { return w.count(recharge.Voided) == 1 })
}

// The database itself refuses a second open recharge of a wallet, and two
// policies of one.
func TestTheDatabaseRefusesTwo(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_authenticationRequired")))
	w.inState(recharge.Paused)
	open := w.runs()[0]
	w.ok(w.db.Update(t.Context(), func(t tx.Tx) error {
		second := open.Charge
		second.Owner.ID, second.Invoice = "rch_second", ""
		ok, err := w.charges.Store.Insert(t, &second)
		if ok {
			w.Error("two recharges are open")
		}
		return err
	}))
	staff := audit.Actor{ID: "usr_staff"}
	w.ok(w.Pause(t.Context(), staff, w.customer.ID, "credits", "x"))
	w.until("voided", func() bool { return w.count(recharge.Voided) == 1 })
}

// A recharge is refunded like every purchase, and its invoice says so. It frees
// nothing of the cap, and starts no recharge.
func TestRefund(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_visa")))
	w.succeeded(1)
	r := w.runs()[0]
	_, err := w.purchases.Refund(t.Context(), audit.Actor{ID: "usr_staff"}, purchase.NewRefund{Purchase: r.Purchase, Amount: 2000, Reason: "asked for"})
	w.ok(err)
	var notes []*stripe.CreditNote
	w.until("a credit note", func() bool {
		w.move(time.Minute)
		notes = nil
		for i := w.stripe.CreditNotes.List(&stripe.CreditNoteListParams{Invoice: stripe.String(r.Invoice)}); i.Next(); {
			notes = append(notes, i.CreditNote())
		}
		return len(notes) > 0
	})
	w.deliver()
	w.idle()
	if len(notes) != 1 || notes[0].Amount != 2000 || w.available() != 5_000_000 || len(w.runs()) != 1 {
		t.Errorf("%d notes, %s available, %d runs", len(notes), w.available(), len(w.runs()))
	}
	v, err := w.Preview(t.Context(), w.settings(r.Method.ID))
	if err != nil || v.SpentNow.Amount != 2500 {
		t.Errorf("spent %d, %v", v.SpentNow.Amount, err)
	}
}

// A pause that gets another reason is not told twice.
func TestToldOnce(t *testing.T) {
	w := newWorld(t)
	w.save(w.settings(w.saved("pm_card_authenticationRequired")))
	w.inState(recharge.Paused)
	w.ok(w.db.Update(t.Context(), func(t tx.Tx) error { return w.PauseAllIn(t, audit.System, w.customer.ID, recharge.Disputed) }))
	w.ok(w.Pause(t.Context(), audit.Actor{ID: "usr_staff"}, w.customer.ID, "credits", "x"))
	w.idle()
	if n, _ := w.mailed(recharge.MailPaused); n != 1 {
		t.Errorf("%d mails", n)
	}
	if r := w.runs()[0]; r.State() != recharge.Voided || w.policy().RepairURL != "" {
		t.Errorf("%s can still be paid at %q", r.State(), w.policy().RepairURL)
	}
}
