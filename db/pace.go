package db

import (
	"context"
	"sync/atomic"
	"time"
)

// paceFactor is how long the writer is left to others after background work, in
// times of what that took: it gets at most a fifth while others write.
const (
	paceFactor = 4
	paceMost   = 50 * time.Millisecond
	paceAlone  = 20 * time.Millisecond // after so long without others it is alone
)

// pace lets background work give way: it writes one transaction at a time, and
// between two of them others have the writer, if there are any. Alone it does not
// wait.
type pace struct {
	others atomic.Int64  // when anybody else last asked for the writer, in nanoseconds
	turn   chan struct{} // holds one token: who has it may use what follows
	free   time.Time     // when background work may write again
}

func newPace() *pace {
	p := &pace{turn: make(chan struct{}, 1)}
	p.turn <- struct{}{}
	return p
}

// begin waits until it is background work's turn to write. end must follow.
func (p *pace) begin(ctx context.Context) error {
	select {
	case <-p.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	rest := time.Until(p.free)
	if rest <= 0 || time.Since(time.Unix(0, p.others.Load())) > paceAlone {
		return nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		p.turn <- struct{}{}
		return ctx.Err()
	}
}

// end is told how long the writer was held.
func (p *pace) end(took time.Duration) {
	p.free = time.Now().Add(min(paceFactor*took, paceMost))
	p.turn <- struct{}{}
}
