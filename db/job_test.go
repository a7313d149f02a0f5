package db_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/job"
	"purse/billing/tx"
)

func queue(t *testing.T) (*job.Queue, func(f func(tx.Tx) error) error, func(func(job.Counts) bool)) {
	o := sqlite{}.New(t)(time.Now)
	q := job.NewQueue(o.Jobs, o.Run, slog.New(slog.DiscardHandler))
	t.Cleanup(o.Close)
	update := func(f func(tx.Tx) error) error { return o.Run.Update(context.Background(), f) }
	until := func(ok func(job.Counts) bool) {
		t.Helper()
		for range 500 {
			var c job.Counts
			if err := o.Run.View(context.Background(), func(t tx.Tx) (err error) { c, err = q.Count(t); return err }); err != nil {
				t.Fatal(err)
			}
			if ok(c) {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatal("it never came to that")
	}
	return q, update, until
}

func run(t *testing.T, q *job.Queue) {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := q.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
}

func TestJobsRunWhenTheirTransactionCommits(t *testing.T) {
	q, update, until := queue(t)
	var ran atomic.Int64
	q.Handle("count", func(context.Context, job.Job) error { ran.Add(1); return nil })
	run(t, q)
	boom := errors.New("boom")
	for i := range 40 {
		err := update(func(t tx.Tx) error {
			if err := q.Add(t, job.Spec{Kind: "count", Payload: i}); err != nil {
				return err
			}
			if i%2 == 1 {
				return boom
			}
			return nil
		})
		if i%2 == 0 && err != nil {
			t.Fatal(err)
		}
	}
	until(func(c job.Counts) bool { return c.Waiting == 0 })
	if ran.Load() != 20 {
		t.Errorf("%d jobs ran, 20 were committed", ran.Load())
	}
}

func TestJobsAreTriedAgainAndParked(t *testing.T) {
	q, update, until := queue(t)
	var fails, hopeless, panics atomic.Int64
	q.Handle("fails", func(_ context.Context, j job.Job) error {
		fails.Add(1)
		if j.Attempts == 1 {
			return job.Later(time.Now().Add(20*time.Millisecond), "not yet")
		}
		return nil
	})
	q.Handle("hopeless", func(context.Context, job.Job) error { hopeless.Add(1); return job.Permanent(errors.New("no use")) })
	q.Handle("panics", func(context.Context, job.Job) error { panics.Add(1); panic("oh") })
	run(t, q)
	err := update(func(t tx.Tx) error {
		return errors.Join(q.Add(t, job.Spec{Kind: "fails"}), q.Add(t, job.Spec{Kind: "hopeless"}),
			q.Add(t, job.Spec{Kind: "panics", MaxAttempts: 1}), q.Add(t, job.Spec{Kind: "nobody"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	until(func(c job.Counts) bool { return c.Waiting == 0 && c.Parked == 3 })
	if fails.Load() != 2 || hopeless.Load() != 1 || panics.Load() != 1 {
		t.Errorf("%d, %d, %d runs", fails.Load(), hopeless.Load(), panics.Load())
	}
	var parked []job.Job
	_ = update(func(t tx.Tx) (err error) { parked, err = q.Parked(t, 10); return err })
	for _, j := range parked {
		if j.Error == "" {
			t.Errorf("%s was parked without saying why", j.Kind)
		}
		if j.Kind == "hopeless" {
			if err := update(func(t tx.Tx) error { _, err := q.Unpark(t, j.ID); return err }); err != nil {
				t.Fatal(err)
			}
		}
	}
	until(func(c job.Counts) bool { return hopeless.Load() == 2 && c.Parked == 3 })
}

func TestADedupJobIsTheOnlyOne(t *testing.T) {
	q, update, until := queue(t)
	for range 3 {
		if err := update(func(t tx.Tx) error { return q.Add(t, job.Spec{Kind: "one", Dedup: "x"}) }); err != nil {
			t.Fatal(err)
		}
	}
	until(func(c job.Counts) bool { return c.Waiting == 1 })
}

// A job that is wanted again while it runs, runs once more: what made it wanted
// may have come after it looked.
func TestAJobWantedWhileItRunsRunsAgain(t *testing.T) {
	q, update, until := queue(t)
	var ran atomic.Int64
	add := func() {
		if err := update(func(t tx.Tx) error { return q.Add(t, job.Spec{Kind: "again", Dedup: "x"}) }); err != nil {
			t.Error(err)
		}
	}
	q.Handle("again", func(context.Context, job.Job) error {
		if ran.Add(1) == 1 {
			add()
			add()
		}
		return nil
	})
	run(t, q)
	add()
	until(func(c job.Counts) bool { return ran.Load() == 2 && c.Waiting == 0 })
}

func TestPeriodicJobsGoOn(t *testing.T) {
	q, _, _ := queue(t)
	var ran atomic.Int64
	q.Every("tick", 10*time.Millisecond, func(context.Context, job.Job) error { ran.Add(1); return errors.New("and fail") })
	run(t, q)
	for range 300 {
		if ran.Load() >= 3 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("it ran %d times", ran.Load())
}
