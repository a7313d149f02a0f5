package audit

import (
	"context"
	"sync"

	"purse/billing/tx"
)

// gathered are acts that anybody can cause as often as they like. They are counted
// in memory and written as one entry a minute for each action and object.
type gathered struct {
	mu    sync.Mutex
	waits map[gatherKey]*waiting
}

type gatherKey struct{ action, object string }

type waiting struct {
	first Record
	times int64
}

// mostGathered is how many different objects of all actions are told apart between
// two writings; what comes beyond counts without its object.
const mostGathered = 200

// Gather notes an act that Flush writes. The first of several is described.
func (l *Log) Gather(r Record) {
	l.gathered.mu.Lock()
	defer l.gathered.mu.Unlock()
	l.gathered.add(r, 1)
}

func (g *gathered) add(r Record, times int64) {
	if g.waits == nil {
		g.waits = map[gatherKey]*waiting{}
	}
	key := gatherKey{r.Action, r.Object}
	if g.waits[key] == nil && len(g.waits) >= mostGathered {
		r = Record{Action: r.Action}
		key.object = ""
	}
	if w := g.waits[key]; w != nil {
		w.times += times
		return
	}
	g.waits[key] = &waiting{r, times}
}

// Flush writes what was gathered. What cannot be written waits again.
func (l *Log) Flush(ctx context.Context, run tx.Runner) error {
	l.gathered.mu.Lock()
	waits := l.gathered.waits
	l.gathered.waits = nil
	l.gathered.mu.Unlock()
	if len(waits) == 0 {
		return nil
	}
	err := run.Update(ctx, func(t tx.Tx) error {
		for _, w := range waits {
			if err := l.write(t, w.first, w.times); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		l.gathered.mu.Lock()
		defer l.gathered.mu.Unlock()
		for _, w := range waits {
			l.gathered.add(w.first, w.times)
		}
	}
	return err
}
