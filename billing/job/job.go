// Package job is leased work: a row says what to do, for whom and when. It is
// inserted in the transaction that wants the work done, so it exists exactly
// when that transaction committed. A job runs at least once; its handler is a
// thin call into billing that may run twice.
package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// Spec is a job to add.
type Spec struct {
	// Kind chooses the handler.
	Kind string
	// Dedup, when not empty, makes the job the only one of its kind with this
	// value until it is done: adding another changes nothing. One that runs at
	// that moment runs once more, with the new payload: what it did may have been
	// too early.
	Dedup string
	// Payload is stored as JSON.
	Payload any
	// RunAt is the earliest time; the transaction's when zero.
	RunAt time.Time
	// MaxAttempts is after how many failures the job is parked; 12 when 0.
	MaxAttempts int
}

// Job is a row of work.
type Job struct {
	ID, Kind, Dedup string
	Payload         json.RawMessage
	RunAt           time.Time
	Attempts        int // counts this one while it runs
	MaxAttempts     int
	ParkedAt        time.Time
	Error           string
	CreatedAt       time.Time
}

// Decode reads the payload.
func (j Job) Decode(v any) error { return json.Unmarshal(j.Payload, v) }

// Outcome is what became of a run. A nil Err deletes the job; otherwise it is
// tried again at RetryAt, or parked when RetryAt is zero.
type Outcome struct {
	ID      string
	RunAt   time.Time // of the job as it was claimed: a later one says that it was wanted again meanwhile
	Err     string
	RetryAt time.Time
}

// Counts are the numbers of jobs that wait and that are parked.
type Counts struct{ Waiting, Parked int64 }

// Store keeps jobs.
type Store interface {
	Insert(t tx.Tx, j Job) error
	// InsertAll does so for many at once.
	InsertAll(t tx.Tx, js []Job) error
	// Claim leases due jobs to the caller until the given time, but for those of
	// kinds to skip.
	Claim(t tx.Tx, until time.Time, limit int, skip ...string) ([]Job, error)
	// ClaimKind does so for jobs of one kind.
	ClaimKind(t tx.Tx, kind string, until time.Time, limit int) ([]Job, error)
	Finish(t tx.Tx, outcomes []Outcome) error
	// Release ends every lease.
	Release(t tx.Tx) error
	// Next is when the earliest job is due, but for those of kinds to skip; zero
	// when there is none.
	Next(t tx.Tx, skip ...string) (time.Time, error)
	Unpark(t tx.Tx, id string) (bool, error)
	Parked(t tx.Tx, limit int) ([]Job, error)
	Count(t tx.Tx) (Counts, error)
}

// Permanent marks an error that no retry will cure: the job is parked at once.
func Permanent(err error) error { return &permanent{err} }

type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// Later is an error that asks for another run at a given time, without counting
// as a failure that an alarm should name.
func Later(at time.Time, why string) error { return &later{at, why} }

type later struct {
	at  time.Time
	why string
}

func (l *later) Error() string { return l.why }

// Add inserts a job in t. Its worker is woken after the commit.
func (q *Queue) Add(t tx.Tx, s Spec) error {
	j, err := s.job(t)
	if err != nil {
		return err
	}
	t.OnCommit(q.wakeUp)
	return q.store.Insert(t, j)
}

// AddAll is Add for many jobs.
func (q *Queue) AddAll(t tx.Tx, specs []Spec) error {
	if len(specs) == 0 {
		return nil
	}
	js := make([]Job, len(specs))
	for i, s := range specs {
		var err error
		if js[i], err = s.job(t); err != nil {
			return err
		}
	}
	t.OnCommit(q.wakeUp)
	return q.store.InsertAll(t, js)
}

func (s Spec) job(t tx.Tx) (Job, error) {
	payload, err := json.Marshal(s.Payload)
	if err != nil {
		return Job{}, fmt.Errorf("job %s: %w", s.Kind, err)
	}
	if s.Kind == "" {
		return Job{}, errors.New("job: a kind is needed")
	}
	if s.RunAt.IsZero() {
		s.RunAt = t.Now()
	}
	if s.MaxAttempts == 0 {
		s.MaxAttempts = 12
	}
	return Job{
		ID: id.New("job", t.Now()), Kind: s.Kind, Dedup: s.Dedup, Payload: payload,
		RunAt: s.RunAt, MaxAttempts: s.MaxAttempts, CreatedAt: t.Now(),
	}, nil
}

// Parked lists the jobs that were given up, newest first.
func (q *Queue) Parked(t tx.Tx, limit int) ([]Job, error) { return q.store.Parked(t, limit) }

// Count counts waiting and parked jobs.
func (q *Queue) Count(t tx.Tx) (Counts, error) { return q.store.Count(t) }

// Unpark gives a parked job its attempts back and runs it again. It answers
// false when there is no such parked job.
func (q *Queue) Unpark(t tx.Tx, id string) (bool, error) {
	t.OnCommit(q.wakeUp)
	return q.store.Unpark(t, id)
}
