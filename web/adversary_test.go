package main

import (
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// refundsAt are the refunds of a purchase's payment at Stripe.
func (w *world) refundsAt(p *purchase.Purchase) (n int, sum int64) {
	w.Helper()
	for i := w.stripe().Refunds.List(&stripe.RefundListParams{PaymentIntent: stripe.String(p.PaymentIntent)}); i.Next(); {
		n++
		sum += i.Refund().Amount
	}
	return n, sum
}

func (w *world) refundStates(p *purchase.Purchase) (out []purchase.RefundState) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		list, err := w.purchases.Refunds(t, p.ID)
		out = nil
		for _, r := range list {
			out = append(out, r.State)
		}
		return err
	}))
	return out
}

// A refund whose answer was lost is not made twice, though Stripe has forgotten
// its key by the time that it is asked for again.
func TestARefundIsNotMadeTwiceAfterADay(t *testing.T) {
	t.Parallel()
	for _, made := range []bool{true, false} {
		w, c := shopWorld(t)
		p := w.bought(c, "pm_card_visa")
		action := sandbox.FaultError
		if made {
			action = sandbox.FaultDropAfter
		}
		w.faults(sandbox.Faults{Deliveries: dropAll.Deliveries, API: []sandbox.APIFault{{Action: action, Method: "POST", Path: "/v1/refunds", Count: -1}}})
		r, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: 400, Reason: "some of it"})
		w.check(err)
		if r.State != purchase.RefundPending || r.StripeID != "" {
			t.Fatalf("%+v", r)
		}
		w.faults(dropAll)
		w.advance(30 * time.Hour) // the program was down, and Stripe forgets keys after 24 hours
		eventually(t, "the refund ends", 10*time.Second, func() bool {
			s := w.refundStates(p)
			return len(s) == 1 && s[0] != purchase.RefundPending
		})
		n, sum := w.refundsAt(p)
		p = w.state(p)
		if made && (n != 1 || sum != 400 || p.Refunded != 400 || w.available(c.ID) != credits("600")) {
			t.Errorf("%d refunds of %d; %+v", n, sum, p)
		}
		if !made && (n != 0 || p.Refunded != 0 || w.available(c.ID) != credits("1000")) { // failed: the credits are back
			t.Errorf("%d refunds of %d; %+v", n, sum, p)
		}
		w.addsUp()
	}
}

// A failure that Stripe remembers under the key does not leave a refund hanging.
func TestARefundBehindARememberedFailure(t *testing.T) {
	for _, action := range []string{sandbox.FaultError, sandbox.FaultErrorAfter} {
		w, c := shopWorld(t)
		p := w.bought(c, "pm_card_visa")
		w.faults(sandbox.Faults{Deliveries: dropAll.Deliveries, API: []sandbox.APIFault{{Action: action, Method: "POST", Path: "/v1/refunds", Count: 1}}})
		_, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: 400, Reason: "some of it"})
		w.check(err)
		eventually(t, action+": it is made", 10*time.Second, func() bool {
			w.advance(time.Minute)
			s := w.refundStates(p)
			return len(s) == 1 && s[0] == purchase.RefundSucceeded
		})
		if n, sum := w.refundsAt(p); n != 1 || sum != 400 {
			t.Errorf("%s: %d refunds of %d", action, n, sum)
		}
	}
}

// What can be refunded is an amount that Stripe refunds: in dinars it ends in 0,
// in Icelandic crowns it is whole.
func TestWhatCanBeRefundedCanBeSent(t *testing.T) {
	t.Parallel()
	for currency, price := range map[string]int64{"kwd": 12340, "isk": 123400, "jpy": 1234} {
		w, c := shopWorld(t)
		pack, err := w.catalog.CreatePack(ctx, audit.System, catalog.NewPack{Name: "Other money", CreditType: "credits", Credits: credits("1000"), Price: money.Money{Amount: price, Currency: currency}})
		w.check(err)
		p, err := w.purchases.Begin(ctx, staff, purchase.Begin{Customer: c.ID, Pack: pack.ID})
		w.check(err)
		w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
		p = w.waitState(p, purchase.Paid)
		w.use(c, credits("333")) // two thirds are left, which is no round amount
		r, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Reason: "the rest"})
		w.check(err)
		if r.State != purchase.RefundSucceeded || (money.Money{Amount: r.Amount, Currency: currency}).Valid() != nil || r.Amount > price*667/1000 {
			t.Errorf("%s: %+v", currency, r)
		}
		if money.MinorStep(currency) > 1 {
			if _, err := w.purchases.Refund(ctx, staff, purchase.NewRefund{Purchase: p.ID, Amount: 1, Reason: "odd"}); !fault.Is(err, fault.Invalid) && !fault.HasCode(err, "exceeds_refundable") {
				t.Errorf("%s: an odd amount: %v", currency, err)
			}
		}
	}
}

// A price that contained tax, and now has it on top, is dearer though it is the
// same number: automatic purchases stop and ask.
func TestTaxThatComesOnTopAsks(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.AutomaticTax, s.TaxBehavior = true, "inclusive" })
	_, err := w.purchases.SaveBilling(ctx, staff, account.BillingDetails{Customer: c.ID, Address: account.Address{Line1: "Street 1", City: "Berlin", PostalCode: "10115", Country: "DE"}})
	w.check(err)
	card := w.saved(c, "pm_card_visa")
	sch := w.scheduled(c, card, schedule.Monthly, w.clock.Now().Add(48*time.Hour).Format(time.DateOnly))
	w.grant(c, "500")
	_, err = w.recharges.Save(ctx, staff, recharge.Settings{
		Customer: c.ID, CreditType: "credits", Threshold: credits("100"), Pack: w.pack(0), Cap: money.Money{Amount: 10000, Currency: "usd"}, Method: card,
		Consented: true, Version: recharge.ConsentVersion,
	})
	w.check(err)
	exclusive := "exclusive"
	_, err = w.catalog.UpdatePack(ctx, audit.System, w.pack(0), catalog.PackChange{TaxBehavior: &exclusive})
	w.check(err)
	w.work(c.ID, "450")
	eventually(t, "the recharge asks", 10*time.Second, func() bool {
		p, err := w.recharges.Policy(ctx, c.ID, "credits")
		w.check(err)
		return p.State == recharge.Paused && p.Reason == recharge.PriceChanged
	})
	w.advance(3 * 24 * time.Hour)
	w.ticks()
	if sch, err = w.schedules.Schedule(ctx, c.ID, sch.ID); err != nil || sch.Reason != schedule.PriceChanged || len(w.runs(sch)) != 0 {
		t.Errorf("%+v %v", sch, err)
	}
	if n, _ := w.grantsOf(c.ID); n != 1 {
		t.Errorf("%d grants: something was bought", n)
	}
	// Agreed to once more, it goes on with the tax on top.
	_, err = w.schedules.Renew(ctx, staff, c.ID, sch.ID, schedule.Settings{Consented: true, Version: schedule.ConsentVersion, Price: sch.Price})
	w.check(err)
	w.advance(32 * 24 * time.Hour)
	w.ticks()
	eventually(t, "the next run is paid", 10*time.Second, func() bool { runs := w.runs(sch); return len(runs) == 1 && runs[0].State() == invoice.Paid })
}
