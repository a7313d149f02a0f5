package inbox_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/outcome"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

// post is an inbox on a database of its own, with Stripe's list of events.
type post struct {
	*testing.T
	*inbox.Service
	db     *db.DB
	jobs   *job.Queue
	now    time.Time
	listed []inbox.Event
	since  time.Time // that Stripe was asked for
}

func (p *post) EventsSince(_ context.Context, since time.Time, f func(inbox.Event) error) error {
	p.since = since
	for _, e := range p.listed {
		if err := f(e); err != nil {
			return err
		}
	}
	return nil
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	p.db, err = db.Open(t.Context(), freshdb.Path(t), db.Options{Now: func() time.Time { return p.now }})
	p.ok(err)
	t.Cleanup(func() { _ = p.db.Close() })
	p.jobs = job.NewQueue(db.JobStore{}, p.db, slog.New(slog.DiscardHandler))
	p.Service = inbox.New(inbox.Deps{Runner: p.db, Store: db.InboxStore{}, Gateway: p, Jobs: p.jobs, Audit: audit.NewLog(db.AuditStore{})})
	return p
}

func (p *post) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// arrives takes an event in and answers what became of it.
func (p *post) arrives(id, typ string) *inbox.Event {
	p.Helper()
	_, err := p.Receive(p.Context(), inbox.Event{ID: id, Type: typ, ObjectID: "obj_" + id, CreatedAt: p.now})
	p.ok(err)
	p.ok(p.jobs.Drain(p.Context()))
	e, err := p.Event(p.Context(), id)
	p.ok(err)
	return e
}

// TestAnEventReachesItsOneOwner: the first of the table whose types it is of, with its
// object fetched once; what becomes of it is a value.
func TestAnEventReachesItsOneOwner(t *testing.T) {
	p := newPost(t)
	fetched := map[string]int{}
	fetch := func(_ context.Context, id string) (string, error) {
		fetched[id]++
		if id == "obj_gone" {
			return "", outcome.ErrGone
		}
		return "the " + id, nil
	}
	var seen []string
	p.Owners = inbox.Owners{
		{Types: "thing.lost", Handle: func(context.Context, *inbox.Event) (inbox.Verdict, error) { return inbox.Orphan(), nil }},
		{Types: "thing.", Handle: inbox.Fetched(fetch, func(_ context.Context, e *inbox.Event, o string) (inbox.Verdict, error) {
			seen = append(seen, o)
			return inbox.Verdict{State: inbox.Done}, nil
		})},
	}
	for _, c := range []struct {
		id, typ string
		want    inbox.State
	}{
		{"one", "thing.made", inbox.Done}, {"gone", "thing.made", inbox.NotOurs}, {"lost", "thing.lost", inbox.Alarm}, {"other", "else.made", inbox.Ignored},
	} {
		if e := p.arrives(c.id, c.typ); e.State != c.want || e.Orphan() != (c.want == inbox.Alarm) || e.Attempts != 1 || e.ProcessedAt.IsZero() {
			t.Errorf("%s: %+v, want %s", c.id, e, c.want)
		}
	}
	p.arrives("one", "thing.made") // once more: it is there
	if len(seen) != 1 || seen[0] != "the obj_one" || fetched["obj_one"] != 1 || fetched["obj_lost"] != 0 {
		t.Errorf("handled %q, fetched %v", seen, fetched)
	}
}

// TestWhatBecameOfAnEventIsCommittedWithItsEffect: what its owner wrote in the
// transaction of the effect stands; what fails is tried again and says why.
func TestWhatBecameOfAnEventIsCommittedWithItsEffect(t *testing.T) {
	p := newPost(t)
	var fail error
	p.Owners = inbox.Owners{{Types: "", Handle: func(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
		err := p.db.Update(ctx, func(t tx.Tx) error {
			e.Purchase = "pur_1"
			if err := e.ConcludeIn(t, inbox.Verdict{State: inbox.Alarm, Why: "the effect says so"}); err != nil {
				return err
			}
			return fail
		})
		return inbox.Verdict{State: inbox.Done}, err
	}}}
	if e := p.arrives("a", "x"); e.State != inbox.Alarm || e.Why != "the effect says so" || e.Purchase != "pur_1" || e.Attempts != 1 {
		t.Errorf("%+v", e)
	}
	fail = errors.New("the effect was rolled back")
	if e := p.arrives("b", "x"); e.State != inbox.Retrying || e.Why != fail.Error() || e.Purchase != "" {
		t.Errorf("%+v", e)
	}
	waiting, _, err := p.Lag(t.Context())
	if err != nil || waiting != 1 {
		t.Errorf("%d wait, %v", waiting, err)
	}
	fail = nil
	if e, err := p.Replay(t.Context(), audit.System, "b"); err != nil || e.State != inbox.Alarm {
		t.Errorf("replayed: %+v, %v", e, err)
	}
	if _, err := p.Replay(t.Context(), audit.System, "none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("of none: %v", err)
	}
	if _, err := p.Receive(t.Context(), inbox.Event{ID: "live", Livemode: true}); !fault.HasCode(err, "livemode") {
		t.Errorf("of live mode: %v", err)
	}
}

// TestReconcile takes in what never arrived, once, and reads on from where it was.
func TestReconcile(t *testing.T) {
	p := newPost(t)
	p.arrives("came", "x")
	p.listed = []inbox.Event{{ID: "came", Type: "x"}, {ID: "missed", Type: "x"}}
	for round, missing := range []int{1, 0} {
		r, err := p.Reconcile(t.Context())
		if err != nil || r.Events != 2 || r.Missing != missing {
			t.Errorf("round %d: %+v, %v", round, r, err)
		}
	}
	first := p.now
	p.now = p.now.Add(time.Hour)
	_, err := p.Reconcile(t.Context())
	p.ok(err)
	if want := first.Add(-15 * time.Minute); !p.since.Equal(want) {
		t.Errorf("read since %s, want %s", p.since, want)
	}
	p.ok(p.jobs.Drain(t.Context()))
	if e, err := p.Event(t.Context(), "missed"); err != nil || e.State != inbox.Ignored {
		t.Errorf("%+v, %v", e, err)
	}
}
