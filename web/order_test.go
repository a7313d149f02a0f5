package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/inbox"
	"purse/billing/money"
	"purse/billing/purchase"
)

var orders = flag.Int("orders", 6, "random orders of the events of each life of a purchase; the long run 200")

// TestEventOrder lets purchases live through all that may happen to a payment,
// and delivers every event that Stripe makes of it in a random order: early or
// late, several at once, twice, or long after another has overtaken it. Whatever
// the order, the purchase and the wallet end as they do when each event arrives
// at once, and the ledger adds up after each step.
func TestEventOrder(t *testing.T) {
	t.Parallel()
	w, _ := shopWorld(t)
	w.sandbox.SetBankDelay(time.Hour)
	for name, life := range livesOfPurchases() {
		t.Run(name, func(t *testing.T) {
			w.TB = t
			want := w.live(life, nil)
			t.Logf("it ends as %+v", want)
			for seed := range *orders {
				r := rand.New(rand.NewPCG(uint64(seed), 7))
				if got := w.live(life, r); got != want {
					t.Fatalf("with the order of seed %d it ends as %+v, in order as %+v", seed, got, want)
				}
			}
		})
	}
	w.TB = t
	if n := len(w.inboxOf(inbox.Alarm, "")); n != 0 {
		t.Errorf("%d alarms", n)
	}
}

// lived is a purchase to which things happen at Stripe.
type lived struct {
	*world
	c *account.Customer
	p *purchase.Purchase
}

type step func(l *lived)

func pays(method string) step {
	return func(l *lived) { l.check(l.pay(l.p.CheckoutSession, method)) }
}

func declined(l *lived) {
	if l.pay(l.p.CheckoutSession, "pm_card_chargeDeclined") == nil {
		l.Fatal("a declined card paid")
	}
}

// payment is Stripe's id of the payment, which Purse may not know yet.
func (l *lived) payment() *string {
	l.Helper()
	s, err := l.stripe().CheckoutSessions.Get(l.p.CheckoutSession, nil)
	l.check(err)
	return stripe.String(s.PaymentIntent.ID)
}

func refunds(amount int64) step {
	return func(l *lived) {
		_, err := l.stripe().Refunds.New(&stripe.RefundParams{PaymentIntent: l.payment(), Amount: stripe.Int64(amount)})
		l.check(err)
	}
}

func answers(evidence string) step {
	return func(l *lived) {
		d := l.stripe().Disputes.List(&stripe.DisputeListParams{PaymentIntent: l.payment()})
		if !d.Next() {
			l.Fatal("there is no dispute")
		}
		_, err := l.stripe().Disputes.Update(d.Dispute().ID, &stripe.DisputeParams{
			Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: stripe.String(evidence)}, Submit: stripe.Bool(true),
		})
		l.check(err)
	}
}

// used books work that is done already: what is not there yet becomes debt.
func used(credits int) step {
	return func(l *lived) {
		a := l.api("POST", "/v1/usage", fmt.Sprintf(`{"id":"%s-%d","customer":%q,"event":"work","mode":"record","properties":{"units":%d}}`, l.p.ID, credits, l.c.ID, credits))
		if a.status != 200 {
			l.Fatal(a.body)
		}
	}
}

func banksAnswer(l *lived) { l.advance(2 * time.Hour) }

func livesOfPurchases() map[string][]step {
	return map[string][]step{
		"pays":                           {pays("pm_card_visa"), used(300)},
		"declined, then pays":            {declined, declined, pays("pm_card_visa")},
		"expires":                        {declined, func(l *lived) { l.check(l.gateway.ExpireCheckout(ctx, l.p.CheckoutSession)) }},
		"two refunds in part":            {pays("pm_card_visa"), used(250), refunds(300), refunds(201)},
		"refunded beyond what is unused": {used(700), pays("pm_card_visa"), refunds(500), refunds(500)},
		"a refund fails":                 {pays("pm_card_refundFail"), refunds(400), banksAnswer, used(10)},
		"refunded, disputed, lost":       {pays("pm_card_createDisputeInquiry"), refunds(333), answers("escalate_inquiry_evidence"), used(100), answers("losing_evidence")},
		"refunded, disputed, won":        {pays("pm_card_createDisputeInquiry"), refunds(333), answers("escalate_inquiry_evidence"), answers("winning_evidence"), used(20)},
		"an inquiry, and a refund":       {pays("pm_card_createDisputeInquiry"), answers("winning_evidence"), refunds(100)},
		"won after they were used":       {pays("pm_card_createDispute"), used(600), answers("winning_evidence")},
		"lost after they were used":      {pays("pm_card_createDispute"), used(600), answers("losing_evidence")},
		"won, then refunded":             {pays("pm_card_createDisputeProductNotReceived"), answers("winning_evidence"), refunds(1000)},
		"an early fraud warning":         {pays("pm_card_createIssuerFraudRecord"), used(5), refunds(1000)},
		"a debit pays":                   {pays("pm_usBankAccount_success"), banksAnswer, used(50), refunds(100), refunds(899)},
		"a debit fails":                  {pays("pm_usBankAccount_insufficientFunds"), banksAnswer},
		"a debit is disputed":            {pays("pm_usBankAccount_dispute"), used(50), banksAnswer},
	}
}

// livedEnd is all that must not depend on the order of events.
type livedEnd struct {
	state              purchase.State
	refunded           int64
	clawed             money.Credits
	dispute            string
	frozen             bool
	grants             int
	granted            money.Credits
	available, balance money.Credits
}

// live lets a purchase live and answers how it ends. Without r each event arrives
// when it happens, with r whenever chance will have it.
func (w *world) live(life []step, r *rand.Rand) livedEnd {
	w.Helper()
	w.faults(dropAll) // the test delivers
	l := &lived{world: w, c: w.customer(fmt.Sprint("lived", time.Now().UnixNano()), "")}
	before := w.newest()
	l.p = w.mustBegin(l.c, 0)
	for _, happens := range life {
		happens(l)
		if all := w.since(before); r == nil {
			w.tell(all)
		} else {
			w.tell(some(r, all))
		}
		w.addsUp()
	}
	all := w.since(before)
	if r != nil {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = append(all, some(r, all)...)
	}
	w.tell(all)
	w.quiet()
	if r != nil { // and some of them again, one by one, long after all is over
		for _, e := range some(r, all)[:1] {
			var about struct{ ID string }
			unmarshal(w, e, &about)
			w.check(errOf(w.purchases.Inbox.Replay(ctx, audit.System, about.ID)))
		}
	}
	w.addsUp()
	p, b := w.state(l.p), w.balance(l.c)
	end := livedEnd{state: p.State, refunded: p.Refunded, clawed: p.Clawed, dispute: p.DisputeStatus, frozen: p.Frozen, available: b.Available, balance: b.Balance}
	end.grants, end.granted = w.grantsOf(l.c.ID)
	return end
}

// some is a random choice of events in a random order, at least one.
func some(r *rand.Rand, all [][]byte) (out [][]byte) {
	for _, i := range r.Perm(len(all)) {
		if len(out) == 0 || r.IntN(3) == 0 {
			out = append(out, all[i])
		}
	}
	return out
}

func (w *world) tell(events [][]byte) {
	w.Helper()
	for _, e := range events {
		if a := w.send("POST", "/webhooks/stripe", e, "", signed(w.settings.StripeWebhookSecret, w.now(), e)...); a.status != 200 {
			w.Fatalf("%d %s", a.status, a.body)
		}
	}
}

// quiet waits until what has arrived is processed.
func (w *world) quiet() {
	w.Helper()
	eventually(w, "the inbox is empty", 20*time.Second, func() bool {
		n, _, err := w.purchases.Inbox.Lag(ctx)
		return err == nil && n == 0
	})
}

// newest is the id of the sandbox's latest event, "" for none.
func (w *world) newest() string {
	w.Helper()
	a, err := send(w.sandboxURL+"/v1/events?limit=1", "GET", nil, "", "Authorization", "Bearer "+sandboxKey)
	w.check(err)
	return a.str("data", 0, "id")
}

// since are the sandbox's events after one, oldest first.
func (w *world) since(id string) (out [][]byte) {
	w.Helper()
	query := url.Values{"limit": {"100"}}
	if id != "" {
		query.Set("ending_before", id)
	}
	a, err := send(w.sandboxURL+"/v1/events?"+query.Encode(), "GET", nil, "", "Authorization", "Bearer "+sandboxKey)
	w.check(err)
	var page struct{ Data []json.RawMessage }
	unmarshal(w, []byte(a.body), &page)
	if len(page.Data) == 100 {
		w.Fatal("more events than one page holds")
	}
	for _, e := range page.Data {
		out = append(out, e)
	}
	slices.Reverse(out)
	return out
}
