package ledger

import (
	"encoding/json"
	"time"

	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/tx"
)

// Watch is a level on a wallet's available credits. When they reach it or fall
// below, a job of its kind is inserted in the same transaction, and the watch
// stays crossed until they are at Rearm or above, or until a paid grant lifts
// them over the level: that is one episode.
type Watch struct {
	ID     string
	Wallet WalletID
	Level  money.Credits
	Rearm  money.Credits
	// Of says what the level follows; Level and Rearm are then computed here.
	Of WatchBase
	// Share is how many hundredths of the grant are the level, for OfGrant.
	Share int64
	// OfPaid says that the level was computed of a paid grant, for OfGrant.
	OfPaid bool
	// Step is the least by which credits have to rise over a computed level.
	Step  money.Credits
	State WatchState
	// Recovers asks for a job also when the episode ends.
	Recovers bool
	JobKind  string
	Payload  json.RawMessage
}

// WatchBase is what the level of a watch follows.
type WatchBase string

const (
	// OfNothing is a level that stays as it was put.
	OfNothing WatchBase = ""
	// OfGrant is a share of the last paid grant. Without any there is no level.
	OfGrant WatchBase = "grant"
	// OfOverdraft is where decisions refuse: the overdraft below zero.
	OfOverdraft WatchBase = "overdraft"
)

// WatchState says whether a watch can fire.
type WatchState int64

const (
	WatchIdle    WatchState = 0 // credits were not above it since it was put
	WatchArmed   WatchState = 1
	WatchCrossed WatchState = 2
	WatchQuiet   WatchState = 3 // work of the past crossed it: nobody was told
)

// Crossing is the payload of the job about watches of one kind that one change
// of a wallet crossed, all of them.
type Crossing struct {
	Wallet     WalletID      `json:"wallet"`
	Customer   string        `json:"customer"`
	CreditType string        `json:"credit_type"`
	Seq        int64         `json:"seq"` // the posting that crossed
	At         time.Time     `json:"at"`
	Available  money.Credits `json:"available"`
	Usage      bool          `json:"usage"`           // usage, a hold or a refused request crossed them
	Quiet      bool          `json:"quiet,omitempty"` // work of the past crossed them: nobody is told
	Crossed    []Crossed     `json:"crossed"`
}

// Crossed is one watch of a Crossing.
type Crossed struct {
	Watch     string          `json:"watch"`
	Level     money.Credits   `json:"level"`
	Recovered bool            `json:"recovered,omitempty"` // the episode ended
	OfPaid    bool            `json:"of_paid,omitempty"`   // the level is a share of a paid grant
	Payload   json.RawMessage `json:"payload,omitempty"`
}

// RearmAt is from where on credits have recovered from a level: a tenth above
// it, and at least a step.
func RearmAt(level, step money.Credits) money.Credits {
	return max(level+max(level, 0)/10, level+step)
}

// Hundredths is share hundredths of an amount, rounded down.
func Hundredths(c money.Credits, share int64) money.Credits {
	return c/100*money.Credits(share) + c%100*money.Credits(share)/100
}

// inert says that a watch has no level yet.
func (w *Watch) inert() bool { return w.Of == OfGrant && w.Level == 0 && w.Share > 0 }

// rebase computes the levels that follow a new grant.
func (s *State) rebase(a *account, g NewGrant) {
	for _, w := range a.watches {
		if w.Of != OfGrant || len(g.Meters) > 0 || g.Kind != Paid {
			continue
		}
		w.OfPaid = true
		s.setLevel(w, Hundredths(g.Credits, w.Share))
	}
}

// restand computes the levels that follow a grant after one was refunded, disputed
// or voided, or stands again: they follow the newest with something left that
// stands. Without one there is no level.
func (s *State) restand(a *account) {
	var base *Grant
	for _, g := range a.grants {
		if g.Standing() > 0 && (base == nil || g.ID > base.ID) {
			base = g
		}
	}
	for _, w := range a.watches {
		if w.Of != OfGrant {
			continue
		}
		level := money.Credits(0)
		if base != nil {
			level = Hundredths(base.Standing(), w.Share)
		}
		if level != w.Level {
			s.setLevel(w, level)
		}
	}
}

func (s *State) setLevel(w *Watch, level money.Credits) {
	w.Level, w.Rearm = level, RearmAt(level, w.Step)
	s.touchedWatches[w.ID] = w
}

// cause is what changed a wallet: somebody used credits, a paid grant came in, work
// of the past was brought in.
type cause struct{ usage, paid, quiet bool }

// checkWatches fires and re-arms the watches of a wallet after a change.
func (s *State) checkWatches(a *account, by cause) {
	if len(a.watches) == 0 {
		return
	}
	available := a.available("", s.now)
	var jobs []job.Spec
	tell := func(w *Watch, recovered bool) {
		crossed := Crossed{w.ID, w.Level, recovered, w.OfPaid, w.Payload}
		for i := range jobs {
			if jobs[i].Kind == w.JobKind {
				c := jobs[i].Payload.(*Crossing)
				c.Crossed = append(c.Crossed, crossed)
				return
			}
		}
		jobs = append(jobs, job.Spec{Kind: w.JobKind, Payload: &Crossing{
			Wallet: a.ID, Customer: a.Customer, CreditType: a.CreditType, Seq: a.Seq, At: s.now,
			Available: available, Usage: by.usage, Quiet: by.quiet, Crossed: []Crossed{crossed},
		}})
	}
	for _, w := range a.watches {
		if w.Of == OfOverdraft && w.Level != -a.Overdraft {
			w.Level = -a.Overdraft
			w.Rearm = RearmAt(w.Level, w.Step)
			s.touchedWatches[w.ID] = w
		}
		switch {
		case w.inert():
			continue
		case by.quiet && w.State == WatchArmed && available <= w.Level:
			w.State = WatchQuiet
			tell(w, false)
		case !by.quiet && (w.State == WatchArmed || w.State == WatchQuiet) && available <= w.Level:
			w.State = WatchCrossed
			tell(w, false)
		case (w.State == WatchCrossed || w.State == WatchQuiet) && (available >= w.Rearm || by.paid && available > w.Level):
			w.State = WatchArmed
			if w.Recovers {
				tell(w, true)
			}
		case w.State == WatchIdle && available > w.Level: // there is no episode to recover from
			w.State = WatchArmed
		default:
			continue
		}
		s.touchedWatches[w.ID] = w
	}
	s.out.Jobs = append(s.out.Jobs, jobs...)
}

// usage says whether an operation is somebody using credits.
func usage(op Op) bool {
	switch op.(type) {
	case Debit, NewHold, Capture:
		return true
	}
	return false
}

// CheckWatches looks at a wallet's watches without changing anything else. It
// follows PutWatch where the level may be crossed already.
type CheckWatches struct{ Wallet WalletKey }

func (c CheckWatches) needs(n *Needs) { n.Wallets = append(n.Wallets, c.Wallet) }

func (c CheckWatches) decide(s *State, _ *Command) Result {
	if a := s.wallets[c.Wallet]; !a.isNew {
		s.touch(a)
	}
	return Result{}
}

// PutWatch makes or changes a watch of a wallet that exists. It is checked from
// the wallet's next change on.
func (l *Ledger) PutWatch(t tx.Tx, w Watch) error { return l.store.PutWatch(t, w) }

// DeleteWatch ends a watch.
func (l *Ledger) DeleteWatch(t tx.Tx, id string) error { return l.store.DeleteWatch(t, id) }

// Watches answers the watches of a wallet.
func (l *Ledger) Watches(t tx.Tx, w WalletID) ([]Watch, error) { return l.store.WatchesOf(t, w) }
