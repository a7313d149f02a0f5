// Package event is the outbox: what happened, written in the transaction that
// made it happen. An event exists if and only if its change was committed, and
// its id stays the same wherever it is delivered.
package event

import (
	"encoding/json"
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// The types of events, dotted past tense.
const (
	CreditsGranted    = "credits.granted"
	CreditsExpired    = "credits.expired"
	CreditsVoided     = "credits.voided"
	BalanceDepleted   = "balance.depleted"
	BalanceRecovered  = "balance.recovered"
	PurchasePaid      = "purchase.paid"
	PurchaseFailed    = "purchase.failed"
	PurchaseRefunded  = "purchase.refunded"
	PurchaseDisputed  = "purchase.disputed"
	RechargeSucceeded = "recharge.succeeded"
	RechargeFailed    = "recharge.failed"
	RechargePaused    = "recharge.paused"
	CustomerCreated   = "customer.created"
	CustomerChanged   = "customer.updated"
)

// Event is one thing that happened. Wallet and Seq are set where it belongs to
// a wallet: events are ordered by Seq within a wallet, and only there.
type Event struct {
	ID, Type, Customer string
	Wallet, Seq        int64
	Data               json.RawMessage
	CreatedAt          time.Time
}

// Store keeps events.
type Store interface {
	Insert(t tx.Tx, e Event) error
}

// Log appends events.
type Log struct{ store Store }

// NewLog makes a log on a store.
func NewLog(store Store) *Log { return &Log{store} }

// Append writes an event in t. Its data is stored as JSON.
func (l *Log) Append(t tx.Tx, typ, customer string, wallet, seq int64, data any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return err
	}
	return l.store.Insert(t, Event{
		ID: id.New("evt", t.Now()), Type: typ, Customer: customer, Wallet: wallet, Seq: seq,
		Data: raw, CreatedAt: t.Now(),
	})
}
