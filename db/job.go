package db

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"purse/billing/job"
	"purse/billing/tx"
	"purse/db/gen"
)

// JobStore implements job.Store.
type JobStore struct{}

var _ job.Store = JobStore{}

func (JobStore) Insert(t tx.Tx, j job.Job) error {
	ctx, q := q(t)
	_, err := q.InsertJob(ctx, gen.InsertJobParams{
		ID: j.ID, Kind: j.Kind, Dedup: j.Dedup, Payload: string(j.Payload), RunAt: micros(j.RunAt),
		MaxAttempts: int64(j.MaxAttempts), CreatedAt: micros(j.CreatedAt),
	})
	return err
}

// bulkJob is a row of InsertJobs.
type bulkJob struct {
	ID          string          `json:"id"`
	Kind        string          `json:"kind"`
	Payload     json.RawMessage `json:"payload"`
	RunAt       int64           `json:"run_at"`
	MaxAttempts int             `json:"max_attempts"`
	CreatedAt   int64           `json:"created_at"`
}

// InsertAll inserts jobs that have no dedup value in one statement, the others
// one by one.
func (s JobStore) InsertAll(t tx.Tx, js []job.Job) error {
	rows := make(map[string]bulkJob, len(js))
	for _, j := range js {
		if j.Dedup != "" || len(js) == 1 {
			if err := s.Insert(t, j); err != nil {
				return err
			}
			continue
		}
		rows[j.ID] = bulkJob{j.ID, j.Kind, j.Payload, micros(j.RunAt), j.MaxAttempts, micros(j.CreatedAt)}
	}
	if len(rows) == 0 {
		return nil
	}
	b, err := json.Marshal(rows) // in the order of ids
	if err != nil {
		return err
	}
	ctx, q := q(t)
	return q.InsertJobs(ctx, b)
}

func (JobStore) Claim(t tx.Tx, until time.Time, limit int, skip ...string) ([]job.Job, error) {
	ctx, q := q(t)
	rows, err := q.ClaimJobs(ctx, gen.ClaimJobsParams{
		LeasedUntil: micros(until), Now: micros(t.Now()), Skip: "," + strings.Join(skip, ",") + ",", MaxRows: int32(limit),
	})
	return inOrder(jobs(rows)), err
}

// inOrder puts claimed jobs into the order in which they were made, which
// RETURNING does not keep: what recovered comes after what was crossed.
func inOrder(js []job.Job) []job.Job {
	slices.SortFunc(js, func(a, b job.Job) int { return cmp.Or(a.RunAt.Compare(b.RunAt), strings.Compare(a.ID, b.ID)) })
	return js
}

func (JobStore) ClaimKind(t tx.Tx, kind string, until time.Time, limit int) ([]job.Job, error) {
	ctx, q := q(t)
	rows, err := q.ClaimJobsOfKind(ctx, gen.ClaimJobsOfKindParams{
		LeasedUntil: micros(until), Now: micros(t.Now()), Kind: kind, MaxRows: int32(limit),
	})
	return inOrder(jobs(rows)), err
}

func (JobStore) Release(t tx.Tx) error {
	ctx, q := q(t)
	return q.ReleaseJobs(ctx)
}

func (JobStore) Finish(t tx.Tx, outcomes []job.Outcome) error {
	ctx, q := q(t)
	for _, o := range outcomes {
		var err error
		switch {
		case !o.RetryAt.IsZero():
			err = q.RetryJob(ctx, gen.RetryJobParams{RunAt: micros(o.RetryAt), Error: o.Err, ID: o.ID})
		case o.Err != "":
			err = q.ParkJob(ctx, gen.ParkJobParams{ParkedAt: micros(t.Now()), Error: o.Err, ID: o.ID})
		default:
			var n int64
			if n, err = q.DeleteJob(ctx, gen.DeleteJobParams{ID: o.ID, RunAt: micros(o.RunAt)}); err == nil && n == 0 {
				err = q.RunJobAgain(ctx, o.ID) // it was wanted again while it ran
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (JobStore) Next(t tx.Tx, skip ...string) (time.Time, error) {
	ctx, q := q(t)
	n, err := q.NextJob(ctx, ","+strings.Join(skip, ",")+",")
	return instant(n), err
}

func (JobStore) Unpark(t tx.Tx, id string) (bool, error) {
	ctx, q := q(t)
	n, err := q.UnparkJob(ctx, gen.UnparkJobParams{RunAt: micros(t.Now()), ID: id})
	return n > 0, err
}

func (JobStore) Parked(t tx.Tx, limit int) ([]job.Job, error) {
	ctx, q := q(t)
	rows, err := q.ListParkedJobs(ctx, int32(limit))
	return jobs(rows), err
}

func (JobStore) Count(t tx.Tx) (job.Counts, error) {
	ctx, q := q(t)
	c, err := q.CountJobs(ctx)
	return job.Counts{Waiting: c.Waiting - c.Parked, Parked: c.Parked}, err
}

func jobs(rows []gen.Job) []job.Job {
	out := make([]job.Job, len(rows))
	for i, r := range rows {
		out[i] = job.Job{
			ID: r.ID, Kind: r.Kind, Dedup: r.Dedup, Payload: json.RawMessage(r.Payload), RunAt: instant(r.RunAt),
			Attempts: int(r.Attempts), MaxAttempts: int(r.MaxAttempts), ParkedAt: instant(r.ParkedAt),
			Error: r.Error, CreatedAt: instant(r.CreatedAt),
		}
	}
	return out
}
