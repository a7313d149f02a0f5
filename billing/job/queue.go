package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"purse/billing/tx"
)

const (
	lease   = 5 * time.Minute
	workers = 8
	maxWait = 5 * time.Second // the poll behind the wake-up
	// claimAhead is how many jobs are claimed in one transaction: some wait for a
	// worker then.
	claimAhead = 32
)

// Handler does a job's work.
type Handler func(ctx context.Context, j Job) error

// BatchHandler does the work of many jobs of a kind at once. When it fails, each
// is given to it alone, so that one does not hold up the others.
type BatchHandler func(ctx context.Context, jobs []Job) error

// maxBatch is how many jobs a BatchHandler gets at once. One batch of a kind
// runs at a time, and after a large one the kind rests restFactor times as long
// as it took: whatever else wants the database, debits above all, comes first.
const (
	maxBatch   = 250
	largeBatch = 25
	restFactor = 7
	restPoll   = 50 * time.Millisecond
	stormPause = 10 * time.Millisecond
)

// Queue runs jobs. Register handlers and periods before Run.
type Queue struct {
	store    Store
	run      tx.Runner
	log      *slog.Logger
	handlers map[string]Handler
	batches  map[string]BatchHandler
	periods  []period
	wake     chan struct{}
	claiming atomic.Int64
	ahead    atomic.Int64 // by how much the database's clock is ahead of the real one

	mu     sync.Mutex
	busy   map[string]bool // kinds of which a batch runs or rests
	storms map[string]bool // kinds whose last batch was a large one
	held   map[string]bool // jobs that are claimed here and not written off yet
}

type period struct {
	kind  string
	every time.Duration
}

// NewQueue makes a queue on a store.
func NewQueue(store Store, run tx.Runner, log *slog.Logger) *Queue {
	return &Queue{store: store, run: run, log: log, handlers: map[string]Handler{}, batches: map[string]BatchHandler{}, busy: map[string]bool{}, storms: map[string]bool{}, held: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// Handle names the handler of a kind.
func (q *Queue) Handle(kind string, h Handler) { q.handlers[kind] = h }

// HandleBatch names the handler of a kind of which many may come at once.
func (q *Queue) HandleBatch(kind string, h BatchHandler) {
	q.batches[kind] = h
	q.handlers[kind] = func(ctx context.Context, j Job) error { return h(ctx, []Job{j}) }
}

// Every makes h run each time the period has passed, at most once at a time,
// over all processes on this database.
func (q *Queue) Every(kind string, every time.Duration, h Handler) {
	q.handlers[kind] = h
	q.periods = append(q.periods, period{kind, every})
}

// now is the time by the database's clock, which a test moves: what is to run
// later is later by it.
func (q *Queue) now() time.Time { return time.Now().Add(time.Duration(q.ahead.Load())) }

// look reads the database's clock and when the earliest job is due, but for
// those of kinds to skip.
func (q *Queue) look(t tx.Tx, skip ...string) (next time.Time, due bool, err error) {
	q.ahead.Store(int64(time.Until(t.Now())))
	next, err = q.store.Next(t, skip...)
	return next, err == nil && !next.IsZero() && !next.After(t.Now()), err
}

// Idle says whether nothing is due and nothing runs here.
func (q *Queue) Idle(ctx context.Context) (idle bool, err error) {
	claiming := q.claiming.Load() > 0
	err = q.run.View(ctx, func(t tx.Tx) error {
		_, due, err := q.look(t)
		idle = !due
		return err
	})
	q.mu.Lock()
	defer q.mu.Unlock()
	return idle && !claiming && q.claiming.Load() == 0 && len(q.held) == 0, err
}

// Wake makes Run look at once for what is due: the clock was moved.
func (q *Queue) Wake() { q.wakeUp() }

func (q *Queue) wakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Release gives back what a process that was killed had leased, so that it runs
// at once and not when the lease ends. It is for a process that knows that it is
// the only one on the database.
func (q *Queue) Release(ctx context.Context) error {
	return q.run.Update(ctx, func(t tx.Tx) error { return q.store.Release(t) })
}

// Run works until ctx ends, then waits for the jobs that run.
func (q *Queue) Run(ctx context.Context) error {
	ctx = tx.Uncounted(ctx)
	if err := q.schedule(ctx); err != nil {
		return err
	}
	slots := make(chan struct{}, workers)
	done := make(chan Outcome, workers)
	var running sync.WaitGroup
	finished := make(chan struct{})
	go func() { defer close(finished); q.finish(done) }()
	var claimed [][]Job // and not begun
	for ctx.Err() == nil {
		var next time.Time
		if len(claimed) < workers {
			var jobs []Job
			jobs, next = q.claim(ctx, claimAhead)
			claimed = append(claimed, q.together(jobs)...)
		}
		for len(claimed) > 0 && len(slots) < workers {
			work := claimed[0]
			claimed = claimed[1:]
			slots <- struct{}{}
			running.Go(func() {
				took := q.work(context.WithoutCancel(ctx), work, done)
				<-slots
				q.rest(ctx, work, took)
				q.wakeUp()
			})
		}
		if q.stormy() {
			// Each commit wakes: with thousands of jobs at rest, looking is not free.
			select {
			case <-time.After(stormPause):
			case <-ctx.Done():
			}
		}
		wait := maxWait
		if !next.IsZero() && len(claimed) == 0 && len(slots) < workers {
			wait = min(wait, max(next.Sub(q.now()), 5*time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-q.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	for _, work := range claimed { // give them back
		for _, j := range work {
			done <- Outcome{ID: j.ID, RunAt: j.RunAt, RetryAt: q.now()}
		}
	}
	running.Wait()
	close(done)
	<-finished
	return nil
}

// Drain works until nothing is due, one job after the other. It is for tests and
// for what runs beside no server.
func (q *Queue) Drain(ctx context.Context) error {
	for {
		jobs, _ := q.claim(ctx, workers)
		if len(jobs) == 0 {
			return ctx.Err()
		}
		done := make(chan Outcome, len(jobs))
		for _, work := range q.together(jobs) {
			q.work(ctx, work, done)
			q.rest(ctx, work, 0)
		}
		close(done)
		q.finish(done)
	}
}

func (q *Queue) schedule(ctx context.Context) error {
	return q.run.Update(ctx, func(t tx.Tx) error {
		for _, p := range q.periods {
			if err := q.Add(t, Spec{Kind: p.kind, Dedup: "period", Payload: struct{}{}}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (q *Queue) claim(ctx context.Context, limit int) (jobs []Job, next time.Time) {
	if limit <= 0 {
		return nil, time.Time{}
	}
	// Looking is cheap and does not disturb the writer.
	due, resting := false, q.resting()
	err := q.run.View(ctx, func(t tx.Tx) (err error) {
		next, due, err = q.look(t, resting...)
		return err
	})
	if err == nil && due {
		q.claiming.Add(1) // what is leased is not due any more, and not held yet
		defer q.claiming.Add(-1)
		err = q.run.Update(ctx, func(t tx.Tx) (err error) {
			until := t.Now().Add(lease)
			if jobs, err = q.store.Claim(t, until, limit, resting...); err != nil {
				return err
			}
			for _, work := range q.together(jobs) {
				if kind := work[0].Kind; q.batches[kind] != nil {
					more, err := q.store.ClaimKind(t, kind, until, maxBatch-len(work))
					if err != nil {
						return err
					}
					jobs = append(jobs, more...)
				}
			}
			return nil
		})
	}
	if err != nil && ctx.Err() == nil {
		q.log.Error("claiming jobs failed", "error", err)
		return nil, q.now().Add(time.Second)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	// A lease that ran out on a clock that jumped is still ours.
	jobs = slices.DeleteFunc(jobs, func(j Job) bool { return q.held[j.ID] })
	for _, j := range jobs {
		q.held[j.ID] = true
		if q.batches[j.Kind] != nil {
			q.busy[j.Kind] = true
		}
	}
	if poll := q.now().Add(restPoll); len(jobs) == 0 && len(q.busy) > 0 && (next.IsZero() || next.After(poll)) {
		next = poll // what is due may be resting
	}
	return jobs, next
}

// together puts the jobs of a kind that has a BatchHandler into one piece of work.
func (q *Queue) together(jobs []Job) [][]Job {
	var out [][]Job
	at := map[string]int{}
	for _, j := range jobs {
		if i, ok := at[j.Kind]; ok {
			out[i] = append(out[i], j)
			continue
		}
		if q.batches[j.Kind] != nil {
			at[j.Kind] = len(out)
		}
		out = append(out, []Job{j})
	}
	return out
}

// resting are the kinds of which nothing is claimed now.
func (q *Queue) resting() (kinds []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for k := range q.busy {
		kinds = append(kinds, k)
	}
	return kinds
}

// stormy says whether a large batch was the last of its kind, so that more of it
// may wait.
func (q *Queue) stormy() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.storms) > 0
}

func (q *Queue) storm(kind string, large bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if large {
		q.storms[kind] = true
		return
	}
	delete(q.storms, kind)
}

// rest waits after a large batch, and lets its kind be claimed again.
func (q *Queue) rest(ctx context.Context, jobs []Job, took time.Duration) {
	kind := jobs[0].Kind
	if q.batches[kind] == nil {
		return
	}
	large := len(jobs) >= largeBatch
	q.storm(kind, large)
	if large {
		select {
		case <-time.After(restFactor * took):
		case <-ctx.Done():
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.busy, kind)
}

func (q *Queue) work(ctx context.Context, jobs []Job, done chan<- Outcome) time.Duration {
	start := time.Now()
	q.perform(ctx, jobs, done)
	return time.Since(start)
}

func (q *Queue) perform(ctx context.Context, jobs []Job, done chan<- Outcome) {
	if len(jobs) > 1 {
		err := q.callBatch(ctx, jobs)
		if err == nil {
			for _, j := range jobs {
				done <- Outcome{ID: j.ID, RunAt: j.RunAt}
			}
			return
		}
		q.log.Warn("jobs failed together and are tried one by one", "kind", jobs[0].Kind, "jobs", len(jobs), "error", err)
	}
	for _, j := range jobs {
		done <- q.attempt(ctx, j)
	}
}

func (q *Queue) callBatch(ctx context.Context, jobs []Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return q.batches[jobs[0].Kind](ctx, jobs)
}

func (q *Queue) attempt(ctx context.Context, j Job) Outcome {
	err := q.call(ctx, j)
	out := Outcome{ID: j.ID, RunAt: j.RunAt}
	for _, p := range q.periods {
		if p.kind == j.Kind && j.Dedup == "period" {
			if err != nil {
				q.log.Error("periodic job failed", "kind", j.Kind, "error", err)
				out.Err = err.Error()
			}
			out.RetryAt = q.now().Add(p.every)
			return out
		}
	}
	var asked *later
	var hopeless *permanent
	switch {
	case err == nil:
	case errors.As(err, &asked):
		out.Err, out.RetryAt = asked.why, asked.at
	case errors.As(err, &hopeless) || j.Attempts >= j.MaxAttempts:
		q.log.Error("job parked", "kind", j.Kind, "job", j.ID, "attempts", j.Attempts, "error", err)
		out.Err = err.Error()
	default:
		q.log.Warn("job failed, will be tried again", "kind", j.Kind, "job", j.ID, "attempts", j.Attempts, "error", err)
		out.Err, out.RetryAt = err.Error(), q.now().Add(backoff(j.Attempts))
	}
	return out
}

func (q *Queue) call(ctx context.Context, j Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	h, ok := q.handlers[j.Kind]
	if !ok {
		return Permanent(fmt.Errorf("no handler for jobs of kind %q", j.Kind))
	}
	return h(ctx, j)
}

// finish writes outcomes, as many as wait in one transaction. A write that
// fails is given up after some tries: the lease runs out and the job runs again.
func (q *Queue) finish(done <-chan Outcome) {
	for first := range done {
		batch := []Outcome{first}
	more:
		for {
			select {
			case o, ok := <-done:
				if !ok {
					break more
				}
				batch = append(batch, o)
			default:
				break more
			}
		}
		for try := range 3 {
			err := q.run.Update(tx.Uncounted(context.Background()), func(t tx.Tx) error { return q.store.Finish(t, batch) })
			if err == nil {
				q.wakeUp() // a retry may be due before the next poll
				break
			}
			q.log.Error("writing the outcome of jobs failed", "jobs", len(batch), "try", try, "error", err)
			time.Sleep(50 * time.Millisecond << try)
		}
		q.mu.Lock()
		for _, o := range batch {
			delete(q.held, o.ID)
		}
		q.mu.Unlock()
		q.wakeUp()
	}
}

// backoff is 1 s, 2 s, 4 s … up to an hour, with a quarter of jitter.
func backoff(attempts int) time.Duration {
	d := min(time.Second<<min(attempts-1, 12), time.Hour)
	return d + rand.N(d/4+1)
}
