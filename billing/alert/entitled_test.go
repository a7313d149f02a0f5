package alert_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// entitlements takes what was committed and answers what a gateway was told:
// each as "allowed" or the reason, with the rate where it is to slow down.
func (w *world) entitlements() []string {
	w.Helper()
	out := []string{}
	for _, e := range w.log {
		if e.Type != event.EntitlementChange {
			continue
		}
		var d struct {
			Allowed, Throttle bool
			Reason            string
			Rate              *int `json:"rate_per_minute"`
		}
		w.ok(json.Unmarshal(e.Data, &d))
		if (d.Rate != nil) != d.Throttle || d.Allowed != (d.Reason == "") {
			w.Errorf("%s", e.Data)
		}
		word := d.Reason
		if d.Allowed {
			word = "allowed"
		}
		if d.Throttle {
			word += fmt.Sprintf(" %d", *d.Rate)
		}
		out = append(out, word)
	}
	w.log = nil
	return out
}

func (w *world) gateway(what string, want ...string) {
	w.Helper()
	if got := w.entitlements(); !slices.Equal(got, want) {
		w.Errorf("%s: the gateway was told %v, want %v", what, got, want)
	}
}

// A gateway that keeps its own answer hears of the first credits, of the last,
// and of each change of whether to slow down and how much.
func TestTheGatewayIsTold(t *testing.T) {
	w := newWorld(t)
	atZero := func(z alert.AtZero) {
		z.Customer, z.CreditType = w.customer.ID, "credits"
		_, err := w.SetAtZero(t.Context(), w.by, z)
		w.ok(err)
		w.ok(w.jobs.Drain(t.Context()))
	}
	w.grant("10", ledger.Paid, 0)
	w.gateway("the first credits", "allowed")
	w.use(cr("5"), "")
	w.gateway("some are left")
	atZero(alert.AtZero{Mode: alert.Throttle, Overdraft: cr("5"), Rate: 60})
	w.gateway("above zero nothing changes")
	w.use(cr("5"), "")
	w.gateway("at zero", "allowed 60")
	w.use(cr("2"), "")
	w.gateway("below zero")
	atZero(alert.AtZero{Mode: alert.Throttle, Overdraft: cr("5"), Rate: 30})
	w.gateway("another rate", "allowed 30")
	atZero(alert.AtZero{Mode: alert.Grace, Overdraft: cr("5")})
	w.gateway("no rate", "allowed")
	atZero(alert.AtZero{Mode: alert.Throttle, Overdraft: cr("5"), Rate: 30})
	w.gateway("a rate", "allowed 30")
	w.use(cr("3"), "")
	w.gateway("the overdraft is used up", "insufficient_credits 30")
	w.grant("3", ledger.Paid, 0)
	w.gateway("some of the debt is repaid", "allowed 30")
	w.grant("3", ledger.Paid, 0)
	w.gateway("all of it", "allowed")
	w.use(cr("3"), "")
	w.gateway("past zero in one", "allowed 30")
	atZero(alert.AtZero{Mode: alert.Block})
	w.gateway("blocked", "insufficient_credits")
}

// A gateway is told of each change of the answer, once: also where work of the past
// makes it, and where several levels and limits come to the same.
func TestEachChangeIsToldOnce(t *testing.T) {
	w := newWorld(t)
	past := func(credits string) {
		t.Helper()
		w.do(ledger.Debit{Record: true, Quiet: true, Event: "e", EventName: "tokens", EventAt: w.now(), Charges: []ledger.Charge{{
			Wallet: w.key, Lines: []ledger.Line{{Meter: "tokens", Credits: cr(credits)}},
		}}}, w.Counters(w.key, "", w.now())...)
	}
	done := func(_ *account.Customer, err error) { t.Helper(); w.ok(err) }
	w.grant("2", ledger.Paid, 0)
	w.gateway("the first credits", "allowed")
	past("3")
	w.gateway("work of the past", ledger.CodeInsufficient)
	w.do(ledger.Debit{Record: true, Event: "f", EventName: "tokens", Charges: []ledger.Charge{{Wallet: w.key, Lines: []ledger.Line{{Meter: "tokens", Credits: cr("1")}}}}})
	w.gateway("work of now, which changes nothing")
	done(w.accounts.Suspend(t.Context(), w.by, w.customer.ID, "why"))
	w.gateway("suspended", alert.CodeSuspended)
	w.grant("12", ledger.Paid, 0)
	w.gateway("credits for who is suspended")
	done(w.accounts.Resume(t.Context(), w.by, w.customer.ID, "why"))
	w.gateway("resumed", "allowed")

	_, err := w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: cr("9"), Hard: true}) // 4 are spent, 10 are left
	w.ok(err)
	w.gateway("a limit with room")
	past("5")
	w.expect("work of the past reaches it", event.EntitlementChange)
	w.do(ledger.Debit{Record: true, Event: "g", EventName: "tokens", Charges: []ledger.Charge{{Wallet: w.key, Lines: []ledger.Line{{Meter: "tokens", Credits: cr("1")}}}}},
		w.Counters(w.key, "", w.now())...)
	if got := w.events(); !slices.Contains(got, event.LimitReached) || slices.Contains(got, event.EntitlementChange) {
		t.Errorf("with the next change people are told, and the gateway knows: %v", got)
	}
	w.use(cr("5"), "") // refused
	past("5")
	w.gateway("nothing is left, and the limit says so already")
	w.step(24 * time.Hour)
	w.ok(w.jobs.Drain(t.Context()))
	w.gateway("a new day", ledger.CodeInsufficient)
}

// A limit below what is spent already is reached when it is set; one that is
// raised or ended lets the customer go on at once.
func TestALimitIsEvaluatedWhenItIsSet(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Promotional, 0)
	w.use(cr("40"), "bot")
	w.events()
	commit := func(n alert.NewLimit) alert.Limit {
		t.Helper()
		n.CreditType = "credits"
		l, err := w.SetLimit(t.Context(), w.by, w.customer.ID, n)
		w.ok(err)
		return l // no job has run
	}
	hard := alert.NewLimit{Period: alert.Day, Credits: cr("30"), Hard: true}
	l := commit(hard)
	w.expect("set below what is spent", event.LimitReached, event.EntitlementChange)
	if len(w.told) != 1 {
		t.Errorf("people were told %d times", len(w.told))
	}
	commit(hard)
	w.expect("set to the same")
	if r := w.use(cr("1"), ""); r.Refused == nil {
		t.Error("it stops requests")
	}
	w.expect("it was told of already")
	hard.Credits = cr("20")
	commit(hard)
	w.expect("lowered: it still stops", event.LimitReset, event.LimitReached)
	hard.Credits = cr("50")
	commit(hard)
	w.gateway("raised", "allowed")
	hard.Credits = cr("40")
	commit(hard)
	w.gateway("lowered", ledger.CodeSpendLimit)
	w.ok(w.EndLimit(t.Context(), w.by, w.customer.ID, l.ID))
	w.gateway("ended", "allowed")

	soft := commit(alert.NewLimit{Scope: alert.Caller, Period: alert.Week, Credits: cr("10")})
	w.expect("each caller on its own, which tells", event.LimitReached)
	w.ok(w.EndLimit(t.Context(), w.by, w.customer.ID, soft.ID))
	w.expect("ended", event.LimitReset)

	commit(alert.NewLimit{Period: alert.Month, Credits: cr("5"), Hard: true})
	w.gateway("by the month", ledger.CodeSpendLimit)
	w.step(29 * 24 * time.Hour) // it was the first of February
	w.ok(w.jobs.Drain(t.Context()))
	w.gateway("a new month", "allowed")
	var open []alert.Episode
	w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) { open, err = w.Store.Open(t, w.customer.ID); return err }))
	if len(open) != 0 {
		t.Errorf("still open: %v", open)
	}
}
