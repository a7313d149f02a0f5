// Package audit is the append-only record of who did what: changes that people
// and keys make, and what happened at the doors. An entry holds ids, numbers and
// enumerations; the words beside it (address, device, e-mail, before, after,
// reason) are deleted after a while. It holds no secrets.
package audit

import (
	"encoding/json"
	"slices"
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// Actor is who did something: a user ("usr_…"), a key ("key_…"), a command
// ("cli") or Purse itself ("system"), and the network address it came from.
type Actor struct {
	ID      string
	Address string
	Device  string // what its browser calls itself
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
	Times     int64  // how often, of what was gathered for a minute
	Email     string // that was tried, and may be nobody's
	Before    string // JSON, "" when there is none
	After     string
	Reason    string
	CreatedAt time.Time
}

// Store keeps entries.
type Store interface {
	Insert(t tx.Tx, e Entry) error
	List(t tx.Tx, q Query) ([]Entry, error)
	// DeleteDetails deletes the words beside entries that are older, and answers
	// of how many.
	DeleteDetails(t tx.Tx, before time.Time) (int64, error)
}

// Query asks for entries, newest first. At most one of Customer and Owner is set;
// neither for those of the whole installation.
type Query struct {
	Customer string   // about this customer
	Owner    string   // about this customer, or about its members since they are
	Person   string   // by or about this user, key or other id
	Actions  []string // only these, nil for all
	Before   string   // older than this entry, "" for the newest
	Limit    int
}

// Log records acts.
type Log struct {
	store    Store
	gathered gathered
}

// NewLog makes a log on a store.
func NewLog(store Store) *Log { return &Log{store: store} }

// Record is an act to write; Before and After are stored as JSON, nil as "".
type Record struct {
	Actor                    Actor
	Customer, Action, Object string
	Before, After            any
	Reason                   string
	Email                    string // that was tried
}

// Record writes an act in t.
func (l *Log) Record(t tx.Tx, r Record) error { return l.write(t, r, 1) }

func (l *Log) write(t tx.Tx, r Record, times int64) error {
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
		Before: before, After: after, Reason: r.Reason, Email: r.Email, Times: times, CreatedAt: t.Now(),
	})
}

// former are names under which earlier releases wrote acts. What is written stays;
// it is read by today's name.
var former = map[string]string{"credits.granted": "grant.created"}

// List answers entries, newest first.
func (l *Log) List(t tx.Tx, q Query) ([]Entry, error) {
	if q.Before == "" {
		q.Before = "~"
	}
	for old, name := range former {
		if slices.Contains(q.Actions, name) {
			q.Actions = append(slices.Clip(q.Actions), old)
		}
	}
	entries, err := l.store.List(t, q)
	for i, e := range entries {
		if name, ok := former[e.Action]; ok {
			entries[i].Action = name
		}
	}
	return entries, err
}

// Forget deletes the words beside entries that are older than a time.
func (l *Log) Forget(t tx.Tx, before time.Time) (int64, error) {
	return l.store.DeleteDetails(t, before)
}

func encode(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	raw, err := json.Marshal(v)
	return string(raw), err
}
