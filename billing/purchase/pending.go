package purchase

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/job"
	"purse/billing/tx"
)

// Refunds through banks end after days. Which event tells of it depends on the
// version and the age of the account, so that each pending one is also looked at
// until it ends.
const (
	jobPending   = "purchase.refunds_pending"
	pendingEvery = 6 * time.Hour
)

func (s *Service) pendingJob(ctx context.Context, _ job.Job) error {
	const page = 100
	var failed error
	for after := ""; ; {
		var purchases []string
		err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
			purchases, err = s.Store.RefundsPending(t, after, page)
			return err
		})
		if err != nil || len(purchases) == 0 {
			return errors.Join(err, failed)
		}
		for _, id := range purchases {
			if _, err := s.SyncMoney(tx.Background(ctx), id); err != nil { // the others are looked at all the same
				failed = errors.Join(failed, fmt.Errorf("refunds of %s: %w", id, err))
			}
			after = id
		}
	}
}
