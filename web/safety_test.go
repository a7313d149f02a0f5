package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// A bank's early warning of fraud freezes the unspent credits; staff says that
// the payment is genuine, or refunds it.
func TestAFraudWarningFreezesUntilStaffDecides(t *testing.T) {
	w, c := shopWorld(t)
	staff := w.person("staff@example.com", account.Admin)
	warned := func() *purchase.Purchase {
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_createIssuerFraudRecord"))
		eventually(t, "frozen", 10*time.Second, func() bool { return w.state(p).Frozen })
		return w.state(p)
	}
	p := warned()
	if b := w.balance(c); b.Available != 0 || b.Frozen != p.Credits || p.State != purchase.Paid {
		t.Errorf("%+v, %s", b, p.State)
	}
	path := "/admin/purchases/" + p.ID
	if s := w.send(http.MethodGet, path, nil, staff.cookie); !strings.Contains(s.body, "may be fraud") || !strings.Contains(s.body, path+"/dismiss") {
		t.Error("the page does not say what the bank warns of")
	}
	form := func(path string, v url.Values) sent {
		return w.send(http.MethodPost, path, []byte(v.Encode()), staff.cookie, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	}
	if s := form(path+"/dismiss", url.Values{}); !strings.Contains(s.body, "Say why") {
		t.Errorf("without a reason: %d", s.status)
	}
	form(path+"/dismiss", url.Values{"reason": {"A buyer of ten years"}, "confirmed": {"1"}})
	if b := w.balance(c); b.Available != p.Credits || b.Frozen != 0 {
		t.Errorf("dismissed: %+v", b)
	}
	// Told once more, it stays dismissed.
	w.check(errOf(w.purchases.Inbox.Reconcile(ctx)))
	w.check(errOf(w.purchases.SyncMoney(ctx, p.ID)))
	if b := w.balance(c); b.Frozen != 0 {
		t.Errorf("told again: %+v", b)
	}

	other := warned()
	w.check(errOf(w.purchases.Refund(ctx, audit.Actor{ID: "usr_staff"}, purchase.NewRefund{Purchase: other.ID, Reason: "The bank warns of fraud"})))
	other = w.waitState(other, purchase.Refunded)
	if b := w.balance(c); b.Available != p.Credits || b.Frozen != 0 || b.Debt != 0 || other.Frozen {
		t.Errorf("refunded: %+v, frozen %v", b, other.Frozen)
	}
	w.addsUp()
}

// Staff answers a dispute with evidence, once; what was said stays known.
func TestStaffAnswersADispute(t *testing.T) {
	w, c := shopWorld(t)
	staff := w.person("staff@example.com", account.Admin)
	p := w.disputed(c)
	path := "/admin/purchases/" + p.ID + "/answer"
	if s := w.send(http.MethodGet, path, nil, staff.cookie); s.status != 200 || !strings.Contains(s.body, c.Name) {
		t.Fatalf("%d", s.status)
	}
	send := func(v url.Values) sent {
		return w.send(http.MethodPost, path, []byte(v.Encode()), staff.cookie, "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
	}
	if s := send(url.Values{"product": {"Kept when it fails"}}); s.status != 422 || !strings.Contains(s.body, "Kept when it fails") || !strings.Contains(s.body, "the bank reads it") {
		t.Errorf("without an explanation: %d", s.status)
	}
	if s := send(url.Values{"explanation": {"winning_evidence"}, "product": {"Credits"}}); s.status != 303 {
		t.Fatalf("%d %s", s.status, s.body)
	}
	p = w.waitState(p, purchase.Paid)
	if b := w.balance(c); p.DisputeStatus != purchase.DisputeWon || b.Available != p.Credits {
		t.Errorf("%s, %+v", p.DisputeStatus, b)
	}
	w.check(w.db.View(ctx, func(tt tx.Tx) error {
		as, err := w.purchases.Answers(tt, p.ID)
		if err == nil && (len(as) != 1 || as[0].Evidence.Explanation != "winning_evidence" || as[0].CreatedBy != staff.user.ID) {
			t.Errorf("%+v", as)
		}
		return err
	}))
	if _, err := w.purchases.AnswerDispute(ctx, audit.Actor{ID: "x"}, p.ID, "", purchase.Evidence{Explanation: "again"}); !fault.HasCode(err, "not_awaited") {
		t.Error(err)
	}
	w.addsUp()
}

// A purchase that a restored backup does not know is an alarm, and can be
// adopted as it was sold.
func TestAnUnknownPurchaseIsAdopted(t *testing.T) {
	w, c := shopWorld(t)
	known := w.bought(c, "pm_card_visa") // its customer is known at Stripe
	c, err := w.accounts.Customer(ctx, c.ID)
	w.check(err)
	lost := id.New("pur", time.Now())
	checkout, err := w.gateway.CreateCheckout(ctx, purchase.CheckoutParams{
		Purchase: lost, Customer: c.ID, Installation: w.stamp.installation, StripeCustomer: c.StripeCustomerID, Name: "Lost", Price: known.Price,
		Sold:       purchase.Sold{Pack: known.Pack, PackName: "Lost", CreditType: known.CreditType, Credits: known.Credits, Bonus: credits("5"), BonusDays: 30},
		SuccessURL: "http://127.0.0.1/ok", ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Second),
	}, lost)
	w.check(err)
	w.check(w.pay(checkout.ID, "pm_card_visa"))
	var alarms []*inbox.Event
	eventually(t, "an alarm", 10*time.Second, func() bool {
		w.check(w.db.View(ctx, func(t tx.Tx) (err error) { alarms, err = w.purchases.Inbox.Events(t, inbox.Alarm, "", 10); return err }))
		return len(alarms) > 0
	})
	before := w.balance(c).Balance
	if _, err := w.purchases.Adopt(ctx, audit.Actor{ID: "usr_staff"}, alarms[0].ID, ""); err == nil {
		t.Error("adopted without a reason")
	}
	p, err := w.purchases.Adopt(ctx, audit.Actor{ID: "usr_staff"}, alarms[0].ID, "The backup of Monday was restored")
	w.check(err)
	if b := w.balance(c); p.ID != lost || p.State != purchase.Paid || b.Balance != before+known.Credits+credits("5") {
		t.Errorf("%+v, %+v", p, b)
	}
	if _, err := w.purchases.Adopt(ctx, audit.Actor{ID: "usr_staff"}, alarms[0].ID, "again"); !fault.HasCode(err, "nothing_to_adopt") {
		t.Error(err)
	}
	w.addsUp()
}

// Who tries many cards is stopped; staff can let a good buyer through.
func TestTooManyCards(t *testing.T) {
	w, c := shopWorld(t)
	for i, card := range []string{"chargeDeclined", "chargeDeclinedInsufficientFunds", "chargeDeclinedLostCard", "chargeDeclinedStolenCard", "chargeDeclinedExpiredCard"} {
		p := w.mustBegin(c, 0)
		_ = w.pay(p.CheckoutSession, "pm_card_visa_"+card) // declined
		eventually(t, "the card is known", 10*time.Second, func() (known bool) {
			w.check(w.db.View(ctx, func(t tx.Tx) error {
				n, _, err := w.purchases.Store.CardsTried(t, c.ID, "", time.Now().Add(-time.Hour))
				known = n == int64(i+1)
				return err
			}))
			return known
		})
	}
	if _, err := w.begin(c, 0, ""); !fault.HasCode(err, "too_many_cards") {
		t.Fatalf("after five cards: %v", err)
	}
	w.check(w.purchases.LetThrough(ctx, audit.Actor{ID: "usr_staff"}, c.ID, "A buyer with many cards"))
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	w.waitState(p, purchase.Paid)
	w.addsUp()
}
