// Package audit is the append-only record of who did what: changes that people
// and keys make, with what was before and after. It holds no secrets.
package audit

import (
	"encoding/json"
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// Actor is who did something: a user ("usr_…"), a key ("key_…"), a command
// ("cli") or Purse itself ("system"), and the network address it came from.
type Actor struct {
	ID      string
	Address string
}

// System is Purse itself.
var System = Actor{ID: "system"}

// Entry is one act.
type Entry struct {
	ID        string
	Actor     Actor
	Customer  string // "" when it is about no customer
	Action    string // "customer.suspended"
	Object    string // the id of what was acted on
	Before    string // JSON, "" when there is none
	After     string
	Reason    string
	CreatedAt time.Time
}

// Store keeps entries.
type Store interface {
	Insert(t tx.Tx, e Entry) error
	// List answers entries of a customer older than beforeID, newest first.
	List(t tx.Tx, customer, beforeID string, limit int) ([]Entry, error)
}

// Log records acts.
type Log struct{ store Store }

// NewLog makes a log on a store.
func NewLog(store Store) *Log { return &Log{store} }

// Record is an act to write; Before and After are stored as JSON, nil as "".
type Record struct {
	Actor                    Actor
	Customer, Action, Object string
	Before, After            any
	Reason                   string
}

// Record writes an act in t.
func (l *Log) Record(t tx.Tx, r Record) error {
	before, err := encode(r.Before)
	if err != nil {
		return err
	}
	after, err := encode(r.After)
	if err != nil {
		return err
	}
	return l.store.Insert(t, Entry{
		ID: id.New("aud", t.Now()), Actor: r.Actor, Customer: r.Customer, Action: r.Action, Object: r.Object,
		Before: before, After: after, Reason: r.Reason, CreatedAt: t.Now(),
	})
}

// List answers entries of a customer older than the entry beforeID ("" for the
// newest), newest first.
func (l *Log) List(t tx.Tx, customer, beforeID string, limit int) ([]Entry, error) {
	if beforeID == "" {
		beforeID = "~"
	}
	return l.store.List(t, customer, beforeID, limit)
}

func encode(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}
