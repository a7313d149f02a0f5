package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"purse/billing/fault"
	"purse/billing/tx"
)

const (
	maxBatch  = 4096 // commands in one transaction
	queueSize = 4096 // commands that may wait before Submit blocks
)

// Ledger is the one way to change a balance and to read one.
type Ledger struct {
	store  Store
	run    tx.Runner
	jobs   Jobs
	events Events
	o      Options
	queue  chan pending
	closed chan struct{}

	sweeping  sync.Mutex
	effective time.Time // until when grants that became effective were looked at
}

// Options are optional parts of a Ledger.
type Options struct {
	// Changed is called after each commit with the customers whose wallets
	// changed. It must not block.
	Changed func(customers []string)
	// Watches answers the watches that a new wallet is made with; their ids and
	// the wallet's are put in here. It is asked inside the transaction and must
	// not open anything. May be nil.
	Watches func(k WalletKey, w WalletID) []Watch
	// Batch is called after each batch of the engine. It must not block.
	Batch func(Batch)
}

// Batch describes one transaction of the engine.
type Batch struct {
	Commands, Refused, Waiting int
	Took                       time.Duration
	Err                        error
}

type pending struct {
	commands []*Command
	answer   chan<- answer
}

type answer struct {
	results []Result
	err     error
}

// New makes a Ledger. Submit works while Run does.
func New(store Store, run tx.Runner, jobs Jobs, events Events, o Options) *Ledger {
	return &Ledger{store: store, run: run, jobs: jobs, events: events, o: o,
		queue: make(chan pending, queueSize), closed: make(chan struct{})}
}

// ErrStopped says that the engine no longer takes commands.
var ErrStopped = fault.New(fault.Unavailable, "stopping", "", "Purse is stopping. Try again with the same id.")

// Submit decides commands in the engine's next batch and answers when they are
// durable, one Result for each in their order. Commands of one call are decided
// together, in one transaction, but each on its own. An error is an unknown
// outcome for all of them: retry under the same keys. ctx bounds the wait, not
// the work: what was queued is decided.
func (l *Ledger) Submit(ctx context.Context, commands ...*Command) ([]Result, error) {
	if len(commands) == 0 {
		return nil, nil
	}
	if l.run.Inside(ctx) {
		return nil, tx.ErrNested
	}
	ch := make(chan answer, 1)
	select {
	case l.queue <- pending{commands, ch}:
	case <-l.closed:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case a := <-ch:
		return a.results, a.err
	case <-l.closed:
		// The engine drains its queue before it is closed.
		select {
		case a := <-ch:
			return a.results, a.err
		default:
			return nil, ErrStopped
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Run is the engine: it takes all commands that wait, without any delay of its
// own, and decides them in one transaction. It ends with ctx, after what waits
// by then has been decided and answered.
func (l *Ledger) Run(ctx context.Context) {
	defer close(l.closed)
	for {
		select {
		case p := <-l.queue:
			l.batch(l.gather(p))
		case <-ctx.Done():
			for {
				select {
				case p := <-l.queue:
					l.batch(l.gather(p))
				default:
					return
				}
			}
		}
	}
}

// gather takes what waits. Three yields let callers that are ready to submit do
// so; sleeping would only add latency.
func (l *Ledger) gather(first pending) []pending {
	batch := []pending{first}
	n := len(first.commands)
	for range 3 {
		runtime.Gosched()
		for n < maxBatch {
			select {
			case p := <-l.queue:
				batch = append(batch, p)
				n += len(p.commands)
				continue
			default:
			}
			break
		}
	}
	return batch
}

func (l *Ledger) batch(batch []pending) {
	start := time.Now()
	var commands []*Command
	for _, p := range batch {
		commands = append(commands, p.commands...)
	}
	results, err := l.submit(commands)
	if err != nil && len(batch) > 1 && !errors.Is(err, tx.ErrUnknown) {
		// One caller's command must not take the others with it.
		for _, p := range batch {
			r, err := l.submit(p.commands)
			p.answer <- answer{r, unavailable(err)}
		}
	} else {
		at := 0
		for _, p := range batch {
			a := answer{err: unavailable(err)}
			if err == nil {
				a.results = results[at : at+len(p.commands)]
			}
			at += len(p.commands)
			p.answer <- a
		}
	}
	if l.o.Batch != nil {
		b := Batch{Commands: len(commands), Waiting: len(l.queue), Took: time.Since(start), Err: err}
		for _, r := range results {
			if r.Refused != nil {
				b.Refused++
			}
		}
		l.o.Batch(b)
	}
}

func (l *Ledger) submit(commands []*Command) (results []Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("ledger: %v", p)
		}
	}()
	err = l.run.Update(context.Background(), func(t tx.Tx) error {
		results, err = l.Apply(t, commands...)
		return err
	})
	return results, err
}

// unavailable wraps what the database said for the caller, who can only retry.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "unknown_outcome", "",
		"It is not known whether this was booked. Send it again with the same id."), err)
}

// Apply decides commands inside a transaction of the caller's, one Result for
// each. A refusal is a Result; an error means that nothing of this is to be
// committed.
func (l *Ledger) Apply(t tx.Tx, commands ...*Command) ([]Result, error) {
	var n Needs
	for _, c := range commands {
		c.Op.needs(&n)
		if c.Key != (Key{}) {
			n.Keys = append(n.Keys, c.Key)
			if c.FormerKey != (Key{}) {
				n.Keys = append(n.Keys, c.FormerKey)
			}
		}
		for _, counter := range c.Counters {
			n.Counters = append(n.Counters, CounterRef{counter.Wallet, counter.Key, counter.PeriodStart.UnixMicro()})
		}
	}
	loaded, err := l.store.Load(t, &n)
	if err != nil {
		return nil, err
	}
	s := NewState(t.Now(), &n, loaded)
	if l.o.Watches != nil {
		s.watchNew(l.o.Watches)
	}
	results := make([]Result, len(commands))
	for i, c := range commands {
		results[i] = s.Decide(c)
	}
	out := s.Changes()
	if err := l.store.Save(t, out); err != nil {
		return nil, err
	}
	if len(out.Jobs) > 0 { // a ledger that watches nothing needs no queue
		if err := l.jobs.AddAll(t, out.Jobs); err != nil {
			return nil, err
		}
	}
	for _, e := range out.Events {
		if err := l.events.Append(t, e.Type, e.Customer, int64(e.Wallet), e.Seq, e.Data); err != nil {
			return nil, err
		}
	}
	if l.o.Changed != nil {
		if customers := s.customers(); len(customers) > 0 {
			t.OnCommit(func() { l.o.Changed(customers) })
		}
	}
	return results, nil
}

// watchNew gives the wallets that are made their watches.
func (s *State) watchNew(watches func(WalletKey, WalletID) []Watch) {
	for k, a := range s.wallets {
		if !a.isNew {
			continue
		}
		for _, w := range watches(k, a.ID) {
			w.Wallet = a.ID
			a.watches = append(a.watches, &w)
		}
	}
}

// customers are those whose wallets, grants or holds changed.
func (s *State) customers() []string {
	seen := map[string]bool{}
	for id := range s.touchedWallets {
		seen[s.byID[id].Customer] = true
	}
	for id := range s.touchedGrants {
		if a := s.byID[s.grants[id].Wallet]; a != nil {
			seen[a.Customer] = true
		}
	}
	out := make([]string, 0, len(seen))
	for c := range seen {
		out = append(out, c)
	}
	return out
}

// ApplyOne is Apply for one command whose refusal is the caller's error.
func (l *Ledger) ApplyOne(t tx.Tx, c *Command) (Result, error) {
	results, err := l.Apply(t, c)
	if err != nil {
		return Result{}, err
	}
	return results[0], results[0].Err()
}
