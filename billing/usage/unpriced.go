package usage

import (
	"context"
	"errors"
	"sync"
	"time"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/rating"
	"purse/billing/tx"
)

// Unpriced is recorded work that no rate prices yet. It waits, whole, until one
// does and somebody of staff has looked at what that charges.
type Unpriced struct {
	Number      int64 // the key of its row; later ones are greater
	Key         ledger.Key
	Fingerprint ledger.Fingerprint
	Customer    string
	Event       string // its id
	Name        string
	Caller      string
	At          time.Time // when it happened
	Backdated   bool
	Properties  rating.Properties
	CreatedAt   time.Time
}

// ID is "unp_…".
func (u Unpriced) ID() string { return id.Text("unp", u.Number) }

// ParseUnpricedID reads what ID wrote.
func ParseUnpricedID(s string) (int64, bool) { return id.ParseText("unp", s) }

// Waiting sums up the unpriced events of a customer and a name.
type Waiting struct {
	Customer, Name string
	Count          int64
	First, Last    time.Time // when they happened
}

// UnpricedStore keeps unpriced events. Rows that are not there are tx.ErrNotFound.
type UnpricedStore interface {
	InsertUnpriced(t tx.Tx, u Unpriced) error
	Unpriced(t tx.Tx, key ledger.Key) (Unpriced, error)
	// UnpricedAfter answers events of a customer, "" for all, by number.
	UnpricedAfter(t tx.Tx, customer string, after int64, limit int) ([]Unpriced, error)
	// UnpricedBefore answers them newest first, 0 for the newest.
	UnpricedBefore(t tx.Tx, customer string, before int64, limit int) ([]Unpriced, error)
	DeleteUnpriced(t tx.Tx, number int64) error
	// Waiting counts them by customer and name.
	Waiting(t tx.Tx) ([]Waiting, error)
	UnpricedKeys(t tx.Tx) ([]ledger.Key, error)
}

// waiting are the keys of the events that are unpriced, so that a retry finds
// its event there without a query for every other one.
type waiting struct {
	sync.RWMutex
	keys map[ledger.Key]bool
}

func (w *waiting) has(k ledger.Key) bool {
	w.RLock()
	defer w.RUnlock()
	return w.keys[k]
}

func (w *waiting) set(k ledger.Key, on bool) {
	w.Lock()
	defer w.Unlock()
	if on {
		w.keys[k] = true
	} else {
		delete(w.keys, k)
	}
}

// Load reads which events are unpriced. A start needs it called before events
// come in.
func (s *Service) Load(ctx context.Context) error {
	if s.Unpriced == nil {
		return nil
	}
	var keys []ledger.Key
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		keys, err = s.Unpriced.UnpricedKeys(t)
		return err
	})
	for _, k := range keys {
		s.waiting.set(k, true)
	}
	return err
}

// errWaiting stands for an event that was taken in before any rate priced it.
var errWaiting = fault.New(fault.Conflict, "unpriced", "", "This event waits for a price.")

// waits says whether an outcome is that of work to be kept until it has a price.
func (s *Service) waits(e *Event, err error) bool {
	return s.Unpriced != nil && (errors.Is(err, errWaiting) || (e.Mode == Record && fault.HasCode(err, "no_rate")))
}

// keep writes down the events of a batch that no rate prices, each once, and
// turns their outcomes into receipts. An event that was priced just now is
// reported again.
func (s *Service) keep(ctx context.Context, who Reporter, events []Event, out []Outcome) error {
	var at []int
	for i := range out {
		if out[i].Err != nil && s.waits(&events[i], out[i].Err) {
			at = append(at, i)
		}
	}
	if len(at) == 0 {
		return nil
	}
	kept, priced := make([]Outcome, len(at)), make([]bool, len(at))
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		told := map[string]bool{}
		for j, i := range at {
			kept[j], priced[j] = out[i], false
			if err := s.keepIn(t, &events[i], &kept[j], &priced[j], told); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for j, i := range at {
		out[i] = kept[j]
		if !priced[j] {
			continue
		}
		again, err := s.Report(ctx, who, []Event{events[i]})
		if err != nil {
			return err
		}
		out[i] = again[0]
	}
	return nil
}

func (s *Service) keepIn(t tx.Tx, e *Event, o *Outcome, priced *bool, told map[string]bool) error {
	key, former := e.keys(o.Customer)
	before, err := s.Unpriced.Unpriced(t, key)
	if errors.Is(err, tx.ErrNotFound) {
		before, err = s.Unpriced.Unpriced(t, former)
	}
	switch {
	case err == nil && before.Fingerprint != e.meaning() && before.Fingerprint != e.formerly():
		o.Err = fault.New(fault.Conflict, "idempotency_mismatch", "id", "This id was used for another request. Use a new id for a new request.")
		return nil
	case err == nil:
		o.Err, o.Receipt = nil, Receipt{ID: e.ID, Replayed: true, Mode: e.Mode, Unpriced: true}
		return nil
	case !errors.Is(err, tx.ErrNotFound):
		return err
	case errors.Is(o.Err, errWaiting):
		*priced = true
		return nil
	}
	u := Unpriced{
		Number: id.Number(t.Now()), Key: key, Fingerprint: e.meaning(), Customer: o.Customer, Event: e.ID, Name: e.Name, Caller: e.Caller, At: e.Timestamp,
		Backdated: e.Backdated, Properties: e.Properties, CreatedAt: t.Now(),
	}
	if u.At.IsZero() {
		u.At = t.Now()
	}
	if err := s.tell(t, u, o.Err, told); err != nil {
		return err
	}
	o.Err, o.Receipt = nil, Receipt{ID: e.ID, Mode: e.Mode, Unpriced: true}
	t.OnCommit(func() { s.waiting.set(key, true) })
	return s.Unpriced.InsertUnpriced(t, u)
}

// tell announces the first event of a customer and a name that waits.
func (s *Service) tell(t tx.Tx, u Unpriced, why error, told map[string]bool) error {
	if told[u.Customer+"\x00"+u.Name] || s.Events == nil {
		return nil
	}
	told[u.Customer+"\x00"+u.Name] = true
	all, err := s.Unpriced.Waiting(t)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.Customer == u.Customer && w.Name == u.Name {
			return nil
		}
	}
	reason := ""
	if f, ok := fault.As(why); ok {
		reason = f.Detail
	}
	return s.Events.Append(t, event.UsageUnpriced, u.Customer, 0, 0, map[string]any{
		"id": u.Event, "event": u.Name, "timestamp": u.At, "reason": reason,
	})
}
