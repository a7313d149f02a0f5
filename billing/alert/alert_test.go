package alert_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

func (w *world) expect(what string, want ...string) {
	w.Helper()
	if got := w.events(); !slices.Equal(got, want) {
		w.Errorf("%s: events %v, want %v", what, got, want)
	}
}

// toldOf takes the levels that people were told of.
func (w *world) toldOf() []string {
	out := []string{}
	for _, n := range w.told {
		out = append(out, n.Event+" "+n.Data["percent"])
	}
	w.told = nil
	return out
}

// Everybody is told at 50, 20 and 5 percent of the last paid grant and when
// nothing is left: one debit that crosses several sends the most severe.
func TestDefaultsTell(t *testing.T) {
	w := newWorld(t)
	w.grant("100", ledger.Paid, 0)
	w.expect("the first credits", event.EntitlementChange)
	w.use(cr("50"), "")
	w.expect("half", event.BalanceLow)
	if got := w.toldOf(); !slices.Equal(got, []string{"balance.low 50"}) {
		t.Error(got)
	}
	w.use(cr("46"), "")
	w.expect("20 and 5 percent at once", event.BalanceLow, event.BalanceLow)
	if got := w.toldOf(); !slices.Equal(got, []string{"balance.low 5"}) {
		t.Errorf("the most severe is told, the other recorded: %v", got)
	}
	w.use(cr("4"), "")
	w.expect("empty", event.EntitlementChange, event.BalanceDepleted)
	w.grant("100", ledger.Paid, 0)
	w.expect("a top-up ends each episode", event.EntitlementChange, event.BalanceRecovered, event.BalanceRecovered, event.BalanceRecovered, event.BalanceRecovered)
	w.told = nil
	w.use(cr("100"), "")
	w.events()
	if got := w.toldOf(); !slices.Equal(got, []string{}) {
		t.Errorf("told twice on a day: %v", got) // of the empty wallet, which was told of already
	}
	var es []alert.Episode
	w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) {
		es, err = w.Store.Open(t, w.customer.ID)
		return err
	}))
	if len(es) != 4 {
		t.Errorf("%d open episodes, of 50, 20 and 5 percent and of nothing left", len(es))
	}
	w.step(24 * time.Hour)
	w.grant("10", ledger.Paid, 0)
	w.use(cr("10"), "")
	if got := w.toldOf(); len(got) != 1 || got[0] != "balance.depleted 0" {
		t.Errorf("the next day: %v", got)
	}
}

// What time does to a wallet is looked at before the change that comes next: a
// grant that became effective lifts it over its levels, one that expired lets it
// fall, and the change crosses anew what it crosses.
func TestTimeCrossesToo(t *testing.T) {
	w := newWorld(t)
	w.grant("100", ledger.Paid, 0)
	w.events()
	w.use(cr("60"), "")
	w.expect("half", event.BalanceLow)
	w.ok(w.do(ledger.NewGrant{Wallet: w.key, Credits: cr("100"), Kind: ledger.Promotional, Priority: ledger.DefaultPriority, EffectiveAt: w.now().Add(time.Hour)}).Err())
	w.expect("nothing yet")
	w.step(2 * time.Hour)
	w.use(cr("95"), "")
	w.expect("a debit after it rose", event.BalanceRecovered, event.BalanceLow)

	w = newWorld(t)
	w.grant("100", ledger.Promotional, time.Hour)
	w.step(2 * time.Hour)
	w.grant("100", ledger.Paid, 0)
	got := w.events()
	slices.Sort(got)
	// Shares are of purchases: there was none to fall below a share of.
	want := []string{event.BalanceDepleted, event.BalanceRecovered, event.EntitlementChange, event.EntitlementChange, event.EntitlementChange}
	if !slices.Equal(got, want) {
		t.Errorf("a top-up after it was empty for an hour: %v", got)
	}
	var open []alert.Episode
	w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) { open, err = w.Store.Open(t, w.customer.ID); return err }))
	if len(open) != 0 {
		t.Errorf("episodes last though there is enough: %v", open)
	}
}

// A wallet that nobody touches may go on when a grant becomes effective: whoever
// refuses by its own cache must hear of it.
func TestEffectiveGrantsAreTold(t *testing.T) {
	w := newWorld(t)
	w.grant("10", ledger.Paid, 0)
	w.use(cr("10"), "")
	w.events()
	w.ok(w.do(ledger.NewGrant{Wallet: w.key, Credits: cr("100"), Kind: ledger.Promotional, Priority: ledger.DefaultPriority, EffectiveAt: w.now().Add(time.Hour)}).Err())
	for range 3 {
		w.step(50 * time.Minute)
		_, err := w.ledger.Sweep(t.Context())
		w.ok(err)
		w.ok(w.jobs.Drain(t.Context()))
	}
	w.expect("after it became effective", event.EntitlementChange, event.BalanceRecovered, event.BalanceRecovered, event.BalanceRecovered, event.BalanceRecovered)
}

// Property: over random debits, grants, holds, expiries and clock steps each
// crossing is one event, none is missed, and none repeats before re-arming;
// people get at most one message a level and day.
func TestEachCrossingIsOneEvent(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t)
		for _, d := range w.Defaults() { // only those made below
			w.ok(w.End(t.Context(), w.by, "", d.ID))
		}
		w.ok(w.jobs.Drain(t.Context()))
		levels := []*level{{at: cr("10")}, {at: cr("40")}, {at: 0}}
		for _, l := range levels {
			a, err := w.Create(t.Context(), w.by, w.customer.ID, alert.New{CreditType: "credits", Kind: alert.Below, Credits: l.at})
			w.ok(err)
			l.id = a.ID
		}
		share, err := w.Create(t.Context(), w.by, w.customer.ID, alert.New{CreditType: "credits", Kind: alert.Share, Share: 25})
		w.ok(err)
		levels = append(levels, &level{id: share.ID, share: 25})
		w.ok(w.jobs.Drain(t.Context()))
		w.events() // a wallet that begins empty is told of at once: levels 0, 10, 40
		w.told = nil
		for _, l := range levels {
			l.state = map[bool]string{true: "idle", false: "crossed"}[l.share > 0]
		}
		perDay := map[string]int{}
		var holds []ledger.HoldID
		for range rapid.IntRange(5, 40).Draw(r, "ops") {
			paid := money.Credits(0)
			amount := money.Credits(rapid.Int64Range(1, 60).Draw(r, "amount")) * money.Micro
			op := rapid.IntRange(0, 6).Draw(r, "op")
			switch op {
			case 0:
				w.grant(amount.String(), ledger.Paid, 0)
				paid = amount
			case 1:
				w.grant(amount.String(), ledger.Promotional, time.Duration(rapid.IntRange(1, 72).Draw(r, "life"))*time.Hour)
			case 2, 3:
				w.use(amount, "")
			case 4:
				if res := w.do(ledger.NewHold{Wallet: w.key, Credits: amount / 2}); res.Refused == nil {
					holds = append(holds, res.Hold)
				}
			case 5:
				if len(holds) > 0 {
					w.do(ledger.Release{Hold: holds[0]})
					holds = holds[1:]
				}
			case 6:
				w.step(time.Duration(rapid.IntRange(1, 60).Draw(r, "step")) * time.Hour)
				w.do(ledger.Settle{Wallet: w.key})
			}
			var b ledger.Balance
			w.ok(w.db.View(t.Context(), func(t tx.Tx) (err error) { b, err = w.ledger.Balance(t, w.key); return err }))
			var want []string
			for _, l := range levels {
				want = append(want, l.change(b.Available, paid)...)
			}
			var got []string
			for _, e := range w.log {
				switch e.Type {
				case event.BalanceLow, event.BalanceDepleted, event.BalanceRecovered:
					got = append(got, e.Type)
				}
			}
			w.log = nil
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				r.Fatalf("op %d of %s leaves %s available: events %v, want %v", op, amount, b.Available, got, want)
			}
			for _, n := range w.told {
				k := n.Event + n.Data["level"] + n.Data["percent"] + w.now().In(w.customer.Location()).Format(time.DateOnly)
				if perDay[k]++; perDay[k] > 1 {
					r.Fatalf("told twice on a day of %s", k)
				}
			}
			w.told = nil
		}
	})
}

// level is an alert as a careful person would follow it.
type level struct {
	id    string
	at    money.Credits
	share int64
	state string
}

func (l *level) change(available, paid money.Credits) []string {
	if l.share > 0 && paid > 0 {
		l.at = paid * money.Credits(l.share) / 100
	}
	if l.share > 0 && l.at == 0 {
		return nil
	}
	rearm := max(l.at+l.at/10, l.at+money.Micro/100)
	switch {
	case l.state == "armed" && available <= l.at:
		l.state = "crossed"
		if l.at == 0 {
			return []string{event.BalanceDepleted}
		}
		return []string{event.BalanceLow}
	case l.state == "crossed" && (available >= rearm || paid > 0 && available > l.at):
		l.state = "armed"
		return []string{event.BalanceRecovered}
	case l.state == "idle" && available > l.at:
		l.state = "armed"
	}
	return nil
}

// A hard limit refuses and says until when, counts what was spent before it was
// made, is told of once, and starts anew with its period.
func TestHardLimit(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Promotional, 0)
	w.events()
	w.use(cr("30"), "bot")
	l, err := w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: cr("50"), Hard: true})
	w.ok(err)
	if r := w.use(cr("21"), ""); r.Refused == nil || r.Refused.Fault.Code != ledger.CodeSpendLimit || r.Refused.Limit.Spent != cr("30") {
		t.Fatalf("30 were spent before the limit was made: %+v", r.Refused)
	}
	midnight := time.Date(2028, 2, 1, 23, 0, 0, 0, time.UTC) // in Berlin
	w.expect("it did not fit", event.LimitRefused)
	if r := w.use(cr("21"), ""); r.Refused == nil || !r.Refused.Limit.ResetsAt.Equal(midnight) {
		t.Errorf("%+v", r.Refused)
	}
	if r := w.use(cr("20"), ""); r.Refused != nil {
		t.Error("there is room for 20")
	}
	w.expect("reached by that", event.LimitReached, event.EntitlementChange)
	w.step(midnight.Sub(w.now()))
	w.ok(w.jobs.Drain(t.Context()))
	w.expect("a new day", event.LimitReset, event.EntitlementChange)
	if r := w.use(cr("50"), ""); r.Refused != nil {
		t.Error("the new day has a limit of its own")
	}
	w.expect("reached exactly", event.LimitReached, event.EntitlementChange)
	_, err = w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: cr("60"), Hard: true})
	w.ok(err)
	w.expect("raised", event.LimitReset, event.EntitlementChange)
	if n := len(w.Limits(w.customer.ID)); n != 1 || w.Limits(w.customer.ID)[0].ID != l.ID {
		t.Errorf("%d limits", n)
	}
	if r := w.use(cr("10.01"), ""); r.Refused == nil {
		t.Error("what was spent still counts")
	}
	w.ok(w.EndLimit(t.Context(), w.by, w.customer.ID, l.ID))
	if r := w.use(cr("100"), ""); r.Refused != nil {
		t.Error("no limit any more")
	}
}

// A limit on every caller counts each on its own; a soft one only tells.
func TestALimitThatIsRaisedIsReachedAgain(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Paid, 0)
	w.events()
	set := func(credits string) {
		_, err := w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: cr(credits)})
		w.ok(err)
		w.ok(w.jobs.Drain(t.Context()))
	}
	set("100")
	w.use(cr("100"), "")
	w.expect("at the limit", event.LimitReached)
	set("200")
	w.expect("it was raised", event.LimitReset)
	w.use(cr("100"), "")
	w.expect("at the new limit, on the same day", event.LimitReached)
	if got := len(w.told); got != 1 {
		t.Errorf("people were told %d times of one limit on one day", got)
	}
	w.step(24 * time.Hour)
	w.ok(w.jobs.Drain(t.Context()))
	w.expect("the day is over", event.LimitReset)
}

func TestCallerLimits(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Promotional, 0)
	w.use(cr("4"), "one")
	_, err := w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Scope: alert.Caller, Period: alert.Month, Credits: cr("5"), Hard: true})
	w.ok(err)
	_, err = w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Scope: alert.Meter, Meter: "tokens", Period: alert.Week, Credits: cr("6")})
	w.ok(err)
	w.events()
	if r := w.use(cr("2"), "one"); r.Refused == nil {
		t.Error("one has spent 4 of 5")
	}
	w.expect("it does not fit; the customer goes on", event.LimitRefused)
	w.use(cr("1"), "one")
	w.expect("one is stopped; the customer is not", event.LimitReached)
	if r := w.use(cr("1"), "two"); r.Refused != nil {
		t.Error("two has spent nothing")
	}
	w.expect("the meter's limit of 6 tells", event.LimitReached)
	if r := w.use(cr("100"), ""); r.Refused != nil {
		t.Error("nobody's limit")
	}
	w.step(32 * 24 * time.Hour)
	w.ok(w.jobs.Drain(t.Context()))
	w.expect("both start anew", event.LimitReset, event.LimitReset)
	if r := w.use(cr("5"), "one"); r.Refused != nil {
		t.Error("a new month")
	}
}

// A customer who moves to another time zone has limits by its new days.
func TestLimitsFollowTheZone(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Promotional, 0)
	_, err := w.SetLimit(t.Context(), w.by, w.customer.ID, alert.NewLimit{CreditType: "credits", Period: alert.Day, Credits: cr("50"), Hard: true})
	w.ok(err)
	w.use(cr("40"), "")
	zone := "Asia/Kolkata" // half an hour off: 18:30 UTC is midnight
	_, err = w.accounts.UpdateCustomer(t.Context(), w.by, w.customer.ID, accountChange(zone))
	w.ok(err)
	if r := w.use(cr("11"), ""); r.Refused == nil || r.Refused.Limit.Spent != cr("40") || r.Refused.Limit.ResetsAt.UTC().Format("15:04") != "18:30" {
		t.Errorf("%+v", r.Refused)
	}
}

// Credits that expire are told of once at 30, 7 and 1 days, with what is left.
func TestExpiring(t *testing.T) {
	w := newWorld(t)
	w.grant("500", ledger.Paid, 0)
	w.grant("100", ledger.Promotional, 40*24*time.Hour)
	w.use(cr("30"), "")
	w.events()
	var days []string
	for range 41 * 24 {
		w.step(time.Hour)
		w.ok(w.Scan(t.Context()))
		for _, n := range w.told {
			if n.Event == event.CreditsExpiring {
				days = append(days, n.Data["days"]+" "+n.Data["credits"])
			}
		}
		w.told = nil
	}
	if want := []string{"30 70", "7 70", "1 70"}; !slices.Equal(days, want) {
		t.Errorf("told %v, want %v", days, want)
	}
}

// Days left: the level follows the burn rate, and the ledger's watch fires in
// the transaction that crosses it.
func TestDaysLeft(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Promotional, 0)
	_, err := w.Create(t.Context(), w.by, w.customer.ID, alert.New{CreditType: "credits", Kind: alert.DaysLeft, Days: 7})
	w.ok(err)
	w.events()
	for range 14 { // 50 a day: 7 days are 350
		w.use(cr("50"), "")
		w.step(24 * time.Hour)
		w.ok(w.Scan(t.Context()))
		w.ok(w.jobs.Drain(t.Context()))
	}
	low := 0
	for _, n := range w.told {
		if n.Data["kind"] == string(alert.DaysLeft) {
			low++
			if a := cr(n.Data["available"]); a > cr("350") || a < cr("300") {
				t.Errorf("told at %s", a)
			}
		}
	}
	if low != 1 {
		t.Errorf("told %d times", low)
	}
}

// A burn rate of twice the usual is told of, once, and small use is left alone.
func TestSurge(t *testing.T) {
	w := newWorld(t)
	w.grant("10000", ledger.Paid, 0)
	w.events()
	_, err := w.Create(t.Context(), w.by, w.customer.ID, alert.New{CreditType: "credits", Kind: alert.Surge, Credits: cr("30")})
	w.ok(err)
	for range 48 {
		w.use(cr("10"), "")
		w.step(time.Hour)
		w.ok(w.Scan(t.Context()))
	}
	w.expect("usual hours")
	w.use(cr("20"), "")
	w.ok(w.Scan(t.Context()))
	w.expect("below the floor")
	w.use(cr("20"), "")
	w.ok(w.Scan(t.Context()))
	w.ok(w.Scan(t.Context()))
	w.expect("four times the usual", event.UsageAnomaly)
	w.step(3 * time.Hour)
	w.ok(w.Scan(t.Context()))
	w.use(cr("90"), "")
	w.ok(w.Scan(t.Context()))
	w.expect("again, after it was over", event.UsageAnomaly)
	if len(w.told) != 1 {
		t.Errorf("told %d times on a day", len(w.told))
	}
}

// At zero a wallet blocks, allows some debt, or is slowed down.
func TestAtZero(t *testing.T) {
	w := newWorld(t)
	w.grant("10", ledger.Paid, 0)
	w.use(cr("10"), "")
	w.events()
	if r := w.use(cr("1"), ""); r.Refused == nil {
		t.Error("nothing is left")
	}
	_, err := w.SetAtZero(t.Context(), w.by, alert.AtZero{Customer: w.customer.ID, CreditType: "credits", Mode: alert.Throttle, Overdraft: cr("5"), Rate: 60})
	w.ok(err)
	w.ok(w.jobs.Drain(t.Context()))
	w.expect("may go on", event.EntitlementChange)
	if r := w.use(cr("1"), ""); r.Refused != nil || w.ThrottledTo(w.key) != 60 {
		t.Errorf("%+v", r)
	}
	w.use(cr("4"), "")
	w.expect("the overdraft is used up", event.EntitlementChange)
	_, err = w.SetAtZero(t.Context(), w.by, alert.AtZero{Customer: w.customer.ID, CreditType: "credits", Mode: alert.Grace})
	if err == nil {
		t.Error("grace without an amount")
	}
}

// Mutes and new defaults reach the wallets that exist.
func TestMutesAndNewDefaults(t *testing.T) {
	w := newWorld(t)
	w.grant("100", ledger.Paid, 0)
	w.events()
	half := w.Defaults()[slices.IndexFunc(w.Defaults(), func(a alert.Alert) bool { return a.Share == 50 })]
	w.ok(w.Mute(t.Context(), w.by, w.customer.ID, half.ID, true))
	_, err := w.Create(t.Context(), w.by, "", alert.New{Kind: alert.Share, Share: 60})
	w.ok(err)
	w.ok(w.jobs.Drain(t.Context()))
	w.use(cr("55"), "")
	w.expect("60 percent, not 50", event.BalanceLow)
	if got := w.toldOf(); !slices.Equal(got, []string{"balance.low 60"}) {
		t.Error(got)
	}
	w.ok(w.Mute(t.Context(), w.by, w.customer.ID, half.ID, false))
	w.use(cr("1"), "")
	w.expect("it was below already when it was asked for again")
}

// A level that was reached and left within an hour is seen too, as often as it
// was.
func TestPreviewWithinAnHour(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Paid, 0)
	w.step(48 * time.Hour)
	for range 2 {
		w.use(cr("950"), "")
		w.step(time.Minute)
		w.grant("950", ledger.Paid, 0)
		w.step(time.Minute)
	}
	w.step(48 * time.Hour)
	var at []time.Time
	w.ok(w.db.View(t.Context(), func(tt tx.Tx) (err error) {
		at, err = w.Preview(tt, w.customer.ID, alert.New{CreditType: "credits", Kind: alert.Below, Credits: cr("100")})
		return err
	}))
	if len(at) != 2 {
		t.Errorf("it would have told %v", at)
	}
}

// A preview says when an alert would have told in the last 30 days.
func TestPreview(t *testing.T) {
	w := newWorld(t)
	w.grant("1000", ledger.Paid, 0)
	var want []time.Time
	for d := range 20 { // 60 a day: 100 are left after 15 days; and on day 17 comes more
		if d == 17 {
			w.grant("500", ledger.Paid, 0)
		}
		w.use(cr("60"), "bot")
		if d == 14 {
			want = append(want, w.now().Truncate(time.Hour))
		}
		w.step(24 * time.Hour)
	}
	preview := func(n alert.New) (at []time.Time) {
		n.CreditType = "credits"
		w.ok(w.db.View(t.Context(), func(tt tx.Tx) (err error) { at, err = w.Preview(tt, w.customer.ID, n); return err }))
		return at
	}
	if got := preview(alert.New{Kind: alert.Below, Credits: cr("100")}); !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("below 100: %v, want %v", got, want)
	}
	if got := preview(alert.New{Kind: alert.Share, Share: 10}); !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("10 percent of 1000: %v, want %v", got, want)
	}
	if got := preview(alert.New{Kind: alert.Below, Credits: cr("5")}); len(got) != 0 {
		t.Errorf("below 5: %v", got)
	}
	if got := preview(alert.New{Kind: alert.DaysLeft, Days: 3}); len(got) != 1 {
		t.Errorf("3 days left: %v", got)
	}
	var at []time.Time
	w.ok(w.db.View(t.Context(), func(tt tx.Tx) (err error) {
		at, err = w.PreviewLimit(tt, w.customer.ID, alert.NewLimit{CreditType: "credits", Scope: alert.Caller, Period: alert.Week, Credits: cr("300")})
		return err
	}))
	if len(at) != 3 { // in each of the weeks, on its fifth day with use
		t.Errorf("300 a week were reached %d times, %v", len(at), at)
	}
}
