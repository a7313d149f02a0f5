package account

import (
	"context"
	"time"

	"purse/billing/tx"
)

// Carry takes sessions and links along before the test clock of a sandbox moves
// forward by so much: people live in real time, and who moves the clock by a
// month stays signed in.
func (s *Service) Carry(ctx context.Context, by time.Duration) error {
	s.seen.carry(by)
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.Store.Carry(t, by) })
}
