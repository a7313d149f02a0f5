package ledger

import (
	"encoding/json"

	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/tx"
)

// Watch is a level on a wallet's available credits. When they reach it or fall
// below, a job of its kind is inserted in the same transaction and the watch is
// disarmed until they are at Rearm or above.
type Watch struct {
	ID      string
	Wallet  WalletID
	Level   money.Credits
	Rearm   money.Credits
	Armed   bool
	JobKind string
	Payload json.RawMessage
}

// Crossing is the payload of a watch's job.
type Crossing struct {
	Watch      string          `json:"watch"`
	Customer   string          `json:"customer"`
	CreditType string          `json:"credit_type"`
	Seq        int64           `json:"seq"` // the posting that crossed
	Available  money.Credits   `json:"available"`
	Level      money.Credits   `json:"level"`
	Usage      bool            `json:"usage"` // usage, a hold or a refused request crossed it
	Payload    json.RawMessage `json:"payload,omitempty"`
}

// checkWatches fires and re-arms the watches of a wallet after a change.
func (s *State) checkWatches(a *account, usage bool) {
	if len(a.watches) == 0 {
		return
	}
	available := a.available("", s.now)
	for _, w := range a.watches {
		switch {
		case w.Armed && available <= w.Level:
			w.Armed = false
			s.out.Jobs = append(s.out.Jobs, job.Spec{Kind: w.JobKind, Payload: Crossing{
				Watch: w.ID, Customer: a.Customer, CreditType: a.CreditType, Seq: a.Seq,
				Available: available, Level: w.Level, Usage: usage, Payload: w.Payload,
			}})
		case !w.Armed && available >= w.Rearm:
			w.Armed = true
		default:
			continue
		}
		s.touchedWatches[w.ID] = w
	}
}

// usage says whether an operation is somebody using credits.
func usage(op Op) bool {
	switch op.(type) {
	case Debit, NewHold, Capture:
		return true
	}
	return false
}

// PutWatch makes or changes a watch. It is checked from the wallet's next change
// on.
func (l *Ledger) PutWatch(t tx.Tx, w Watch) error { return l.store.PutWatch(t, w) }

// DeleteWatch ends a watch.
func (l *Ledger) DeleteWatch(t tx.Tx, id string) error { return l.store.DeleteWatch(t, id) }
