package main

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/sandbox"
)

// bought is a purchase that was paid with a card; its credits are there.
func (w *world) bought(c *account.Customer, card string) *purchase.Purchase {
	w.Helper()
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, card))
	w.check(errOf(w.purchases.FulfilBySession(ctx, p.CheckoutSession)))
	return w.state(p)
}

func errOf[T any](_ T, err error) error { return err }

// use takes credits as usage does.
func (w *world) use(c *account.Customer, amount money.Credits) {
	w.Helper()
	w.apply(ledger.Debit{Charges: []ledger.Charge{{Wallet: wallet(c.ID), Lines: []ledger.Line{{Meter: "input_tokens", Credits: amount}}}}})
}

func (w *world) balance(c *account.Customer) (b ledger.Balance) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { b, err = w.ledger.Balance(t, wallet(c.ID)); return err }))
	return b
}

// half is a part of what a purchase brought.
func part(p *purchase.Purchase, numerator, denominator int64) money.Credits {
	return money.Credits(int64(p.Credits) * numerator / denominator)
}

func TestARefundTakesTheUnusedCreditsBack(t *testing.T) {
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_visa")
	w.use(c, part(p, 1, 4))
	by := audit.Actor{ID: "usr_staff"}
	_, err := w.purchases.Refund(ctx, by, purchase.NewRefund{Purchase: p.ID, Amount: p.Total*3/4 + 1, Reason: "too much"})
	if !fault.HasCode(err, "exceeds_refundable") {
		t.Fatalf("more than the unused part: %v", err)
	}
	r, err := w.purchases.Refund(ctx, by, purchase.NewRefund{Purchase: p.ID, Amount: p.Total / 2, Reason: "Asked for it", Key: "k"})
	w.check(err)
	if r.State != purchase.RefundSucceeded || r.StripeID == "" {
		t.Errorf("%+v", r)
	}
	again, err := w.purchases.Refund(ctx, by, purchase.NewRefund{Purchase: p.ID, Amount: p.Total / 2, Reason: "Asked for it", Key: "k"})
	if err != nil || again.ID != r.ID {
		t.Errorf("the same form sent twice: %+v, %v", again, err)
	}
	if b := w.balance(c); b.Balance != part(p, 1, 4) || b.Debt != 0 {
		t.Errorf("%+v", b)
	}
	w.waitState(p, purchase.PartiallyRefunded)
	w.check(errOf(w.purchases.Refund(ctx, by, purchase.NewRefund{Purchase: p.ID, Reason: "The rest"})))
	if b := w.balance(c); b.Balance != 0 || b.Debt != 0 {
		t.Errorf("%+v", b)
	}
	if p = w.state(p); p.Refunded != p.Total*3/4 {
		t.Errorf("%d of %d are refunded", p.Refunded, p.Total)
	}
	w.addsUp()
}

// TestRefundsInTheDashboard are made at Stripe, beyond what is unused, and
// arrive in any order and number.
func TestRefundsInTheDashboard(t *testing.T) {
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_visa")
	w.use(c, part(p, 3, 4))
	w.faults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDuplicate, Count: -1}, {Action: sandbox.FaultReorder, Count: -1}}})
	for _, amount := range []int64{p.Total / 4, p.Total / 4} {
		_, err := w.stripe().Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(p.PaymentIntent), Amount: stripe.Int64(amount)})
		w.check(err)
	}
	eventually(t, "both refunds are known", 15*time.Second, func() bool { return w.state(p).Refunded == p.Total/4*2 })
	eventually(t, "the credits went back", 10*time.Second, func() bool {
		b := w.balance(c)
		return b.Debt == part(p, 1, 4) && b.Balance == -part(p, 1, 4)
	})
	// The next paid grant repays what was used and refunded.
	second := w.bought(c, "pm_card_visa")
	if second.DebtRepaid != part(p, 1, 4) {
		t.Errorf("%s repaid", second.DebtRepaid)
	}
	w.addsUp()
}

func TestARefundThatFailsGivesTheCreditsBack(t *testing.T) {
	t.Parallel()
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_refundFail")
	w.check(errOf(w.purchases.Refund(ctx, audit.System, purchase.NewRefund{Purchase: p.ID, Reason: "Asked for it"})))
	eventually(t, "the credits are back", 20*time.Second, func() bool { return w.state(p).State == purchase.Paid && w.available(c.ID) == p.Credits })
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		refunds, err := w.purchases.Refunds(t, p.ID)
		if err == nil && (len(refunds) != 1 || refunds[0].State != purchase.RefundFailed || refunds[0].Problem == "") {
			w.Errorf("%+v", refunds)
		}
		return err
	}))
	w.mailArrives("$10.00 is refunded")
	w.mailArrives("A refund of $10.00 did not go through")
	w.addsUp()
}

func TestADisputeFreezesWhatIsUnspent(t *testing.T) {
	w, c := shopWorld(t)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_createDispute"))
	p = w.waitState(p, purchase.Disputed)
	if b := w.balance(c); b.Available != 0 || b.Frozen != p.Credits || b.Balance != p.Credits {
		t.Errorf("%+v", b)
	}
	if p.DisputeDue.IsZero() || p.DisputeReason == "" || p.DisputeAmount != p.Total {
		t.Errorf("%+v", p)
	}
	if _, err := w.purchases.Refund(ctx, audit.System, purchase.NewRefund{Purchase: p.ID, Reason: "x"}); !fault.HasCode(err, "disputed") {
		t.Errorf("a refund of a disputed payment: %v", err)
	}
	// Another purchase is not touched.
	other := w.bought(c, "pm_card_visa")
	if got := w.available(c.ID); got != other.Credits {
		t.Errorf("%s available", got)
	}
	w.addsUp()
}

func TestAnInquiryFreezesNothing(t *testing.T) {
	w, c := shopWorld(t)
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_createDisputeInquiry"))
	eventually(t, "the inquiry is known", 10*time.Second, func() bool { return w.state(p).Inquiry() })
	if got := w.available(c.ID); got != p.Credits || w.state(p).State != purchase.Paid {
		t.Errorf("%s available, %s", got, w.state(p).State)
	}
}

// TestReconcileHealsWhatWebhooksDidNot drops every delivery of a purchase, its
// refund and a dispute, and lets the comparison with Stripe find them.
func TestReconcileHealsWhatWebhooksDidNot(t *testing.T) {
	w, c := shopWorld(t)
	w.faults(dropAll)
	paid, disputed := w.mustBegin(c, 0), w.mustBegin(c, 1)
	w.check(w.pay(paid.CheckoutSession, "pm_card_visa"))
	w.check(w.pay(disputed.CheckoutSession, "pm_card_createDispute"))
	session, err := w.stripe().CheckoutSessions.Get(paid.CheckoutSession, nil)
	w.check(err)
	_, err = w.stripe().Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(session.PaymentIntent.ID), Amount: stripe.Int64(400)})
	w.check(err)
	if n, _ := w.grantsOf(c.ID); n != 0 {
		t.Fatal("a webhook arrived although all are dropped")
	}
	stdout, stderr, code := purse(t, cleanEnv(), "reconcile", "--url", w.url, "--key", w.key)
	if code != 0 {
		t.Fatalf("%s%s", stdout, stderr)
	}
	w.waitState(paid, purchase.PartiallyRefunded)
	w.waitState(disputed, purchase.Disputed)
	r, err := w.purchases.Inbox.Reconcile(ctx)
	if err != nil || r.Missing != 0 || r.Events == 0 {
		t.Errorf("a second time: %+v, %v", r, err)
	}
	w.addsUp()
}

func TestACustomerTakesAnUnusedPurchaseBackOnce(t *testing.T) {
	w, c := shopWorld(t, func(s *settings) { s.RefundWindow = 24 * time.Hour })
	by := audit.Actor{ID: "usr_owner"}
	used := w.bought(c, "pm_card_visa")
	w.use(c, 1)
	if _, err := w.purchases.RefundSelf(ctx, by, c.ID, used.ID); !fault.HasCode(err, "not_refundable") {
		t.Errorf("a used one: %v", err)
	}
	fresh := w.bought(c, "pm_card_visa")
	other := w.customer("Other", w.person("other@example.com", account.NoStaff).user.ID)
	if _, err := w.purchases.RefundSelf(ctx, by, other.ID, fresh.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another customer's: %v", err)
	}
	// Two at once are one too many; the same one twice is one refund.
	second := w.bought(c, "pm_card_visa")
	var done sync.WaitGroup
	var taken, refused atomic.Int32
	for _, p := range []*purchase.Purchase{fresh, second, fresh, second} {
		done.Go(func() {
			switch _, err := w.purchases.RefundSelf(ctx, by, c.ID, p.ID); {
			case err == nil:
				taken.Add(1)
			case fault.HasCode(err, "not_refundable"):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	done.Wait()
	if taken.Load() != 2 || refused.Load() != 2 {
		t.Errorf("%d were taken back, %d refused", taken.Load(), refused.Load())
	}
	if w.state(fresh).Refunded == 0 {
		fresh, second = second, fresh
	}
	if p := w.state(second); p.Refunded != 0 {
		t.Errorf("both were taken back: %+v", p)
	}
	if p := w.waitState(fresh, purchase.Refunded); p.Refunded != p.Total {
		t.Errorf("%+v", p)
	}
	again := w.bought(c, "pm_card_visa")
	if _, err := w.purchases.RefundSelf(ctx, by, c.ID, again.ID); !fault.HasCode(err, "not_refundable") {
		t.Errorf("a second time: %v", err)
	}
	w.addsUp()
}

func TestTooManyUnpaidPurchases(t *testing.T) {
	w, c := shopWorld(t)
	for n := range purchase.HourlyUnpaid {
		w.check(errOf(w.begin(c, n%2, "")))
	}
	if _, err := w.begin(c, 0, ""); !fault.Is(err, fault.TooMany) {
		t.Errorf("one too many: %v", err)
	}
}

// decide answers a dispute with evidence that Stripe's test mode decides by.
func (w *world) decide(p *purchase.Purchase, evidence string) {
	w.Helper()
	_, err := w.stripe().Disputes.Update(p.Dispute, &stripe.DisputeParams{
		Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: stripe.String(evidence)}, Submit: stripe.Bool(true),
	})
	w.check(err)
}

func (w *world) disputed(c *account.Customer) *purchase.Purchase {
	w.Helper()
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_createDispute"))
	return w.waitState(p, purchase.Disputed)
}

func TestADisputeThatIsWonRestores(t *testing.T) {
	w, c := shopWorld(t)
	p := w.disputed(c)
	w.decide(p, "winning_evidence")
	p = w.waitState(p, purchase.Paid)
	if b := w.balance(c); b.Available != p.Credits || b.Frozen != 0 || p.DisputeStatus != purchase.DisputeWon {
		t.Errorf("%+v %+v", b, p)
	}
	// Stripe tells it once more, out of order: nothing changes.
	w.check(errOf(w.purchases.SyncMoney(ctx, p.ID)))
	if b := w.balance(c); b.Available != p.Credits {
		t.Errorf("%+v", b)
	}
	w.mailArrives("A payment of $10.00 is in question")
	w.mailArrives("The question about a payment of $10.00 is settled")
	w.addsUp()
}

func TestADisputeThatIsLostReverses(t *testing.T) {
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_visa")
	w.use(c, p.Credits) // all of it is spent before the other purchase is disputed
	lost := w.disputed(c)
	w.decide(lost, "losing_evidence")
	lost = w.waitState(lost, purchase.Refunded)
	if b := w.balance(c); b.Balance != 0 || b.Debt != 0 || lost.Clawed != lost.Credits {
		t.Errorf("%+v %+v", b, lost)
	}
	w.mailArrives("$10.00 went back in a dispute")
	w.addsUp()
}

func TestASpentPurchaseThatIsLostBecomesDebt(t *testing.T) {
	w, c := shopWorld(t)
	// What is spent before the dispute is known.
	w.faults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{
		{Action: sandbox.FaultDrop, Type: "charge.dispute.created", Count: -1}, {Action: sandbox.FaultDrop, Type: "charge.dispute.funds_withdrawn", Count: -1},
	}})
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_createDispute"))
	eventually(t, "the credits are there", 10*time.Second, func() bool { return w.balance(c).Balance == p.Credits })
	w.use(c, part(p, 3, 5))
	w.check(errOf(w.purchases.SyncMoney(ctx, p.ID)))
	p = w.waitState(p, purchase.Disputed)
	w.decide(p, "losing_evidence")
	p = w.waitState(p, purchase.Refunded)
	if b := w.balance(c); b.Debt != part(p, 3, 5) || b.Balance != -part(p, 3, 5) {
		t.Errorf("%+v", b)
	}
	next := w.bought(c, "pm_card_visa")
	if next.DebtRepaid != part(p, 3, 5) {
		t.Errorf("the next paid grant repays %s", next.DebtRepaid)
	}
	w.addsUp()
}

// A payment can be disputed in parts: each dispute counts, whatever becomes of
// the others.
func TestAPaymentThatIsDisputedTwice(t *testing.T) {
	t.Parallel()
	for _, end := range []struct {
		first, second string
		state         purchase.State
		left          int64 // of two halves
	}{
		{"losing_evidence", "winning_evidence", purchase.PartiallyRefunded, 1},
		{"winning_evidence", "losing_evidence", purchase.PartiallyRefunded, 1},
		{"losing_evidence", "losing_evidence", purchase.Refunded, 0},
		{"winning_evidence", "winning_evidence", purchase.Paid, 2},
	} {
		w, c := shopWorld(t)
		p := w.mustBegin(c, 0)
		w.check(w.pay(p.CheckoutSession, "pm_card_createMultipleDisputes"))
		w.waitState(p, purchase.Disputed)
		var both []purchase.ChargeDispute
		disputes := func() []purchase.ChargeDispute {
			w.check(w.db.View(ctx, func(t tx.Tx) (err error) { both, err = w.purchases.Disputes(t, p.ID); return err }))
			return both
		}
		eventually(t, "both disputes are known", 10*time.Second, func() bool { return len(disputes()) == 2 })
		p = w.state(p)
		first := p.Dispute
		w.decide(p, end.first)
		eventually(t, "the other one is what matters now", 10*time.Second, func() bool { p = w.state(p); return p.Dispute != first && p.DisputeOpen() })
		if b := w.balance(c); b.Available > 0 {
			t.Errorf("%s are available while a dispute is open", b.Available)
		}
		_, err := w.purchases.AnswerDispute(ctx, audit.Actor{ID: "usr_staff"}, p.ID, first, purchase.Evidence{Explanation: "The form of the other one, sent twice"})
		if !fault.HasCode(err, "not_awaited") {
			t.Errorf("a form about the first answers the second: %v", err)
		}
		w.decide(p, end.second)
		p = w.waitState(p, end.state)
		if b := w.balance(c); b.Available != part(p, end.left, 2) || b.Frozen != 0 || b.Debt != 0 {
			t.Errorf("%s, %s: %+v", end.first, end.second, b)
		}
		w.addsUp()
	}
}

// counting counts the transactions of calls whose context asks for it.
type counting struct {
	tx.Runner
	updates, views atomic.Int32
}

type counted struct{}

func (r *counting) Update(ctx context.Context, f func(tx.Tx) error) error {
	if ctx.Value(counted{}) != nil {
		r.updates.Add(1)
	}
	return r.Runner.Update(ctx, f)
}

func (r *counting) View(ctx context.Context, f func(tx.Tx) error) error {
	if ctx.Value(counted{}) != nil {
		r.views.Add(1)
	}
	return r.Runner.View(ctx, f)
}

// A refund needs two transactions: the intent before Stripe is asked, and what it said.
func TestARefundOpensTwoTransactions(t *testing.T) {
	w, c := shopWorld(t)
	p := w.bought(c, "pm_card_visa")
	count := &counting{Runner: w.purchases.Runner}
	w.purchases.Runner = count
	r, err := w.purchases.Refund(context.WithValue(ctx, counted{}, true), audit.Actor{ID: "usr_staff"}, purchase.NewRefund{Purchase: p.ID, Amount: 100, Reason: "Asked for it"})
	w.check(err)
	if r.State != purchase.RefundSucceeded || count.updates.Load() != 2 || count.views.Load() != 0 {
		t.Errorf("%d writing and %d reading transactions, %+v", count.updates.Load(), count.views.Load(), r)
	}
}
