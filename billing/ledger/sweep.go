package ledger

import (
	"context"
	"time"

	"purse/billing/tx"
)

// Sweep writes what is due in wallets that nobody touches: expired grants and
// holds, and the rows of wallets that are behind their entries. Decisions and
// reads do not wait for it. Wallets in which a grant became effective since the
// last sweep are looked at too, for their watches. It answers how many wallets
// it settled.
func (l *Ledger) Sweep(ctx context.Context) (int, error) {
	const page = 200
	total := 0
	if err := l.run.Update(ctx, l.store.Flush); err != nil {
		return 0, err
	}
	if err := l.sweepEffective(ctx); err != nil {
		return 0, err
	}
	for {
		var n int
		err := l.run.Update(ctx, func(t tx.Tx) error {
			keys, err := l.store.DueWallets(t, page)
			if err != nil || len(keys) == 0 {
				n = 0
				return err
			}
			n = len(keys)
			commands := make([]*Command, len(keys))
			for i, k := range keys {
				commands[i] = &Command{Op: Settle{k}}
			}
			_, err = l.Apply(t, commands...)
			return err
		})
		total += n
		if err != nil || n < page {
			return total, err
		}
	}
}

// effectiveBefore is how far the first sweep of a process looks back for grants
// that became effective.
const effectiveBefore = 7 * 24 * time.Hour

// sweepEffective settles wallets in which a grant became effective. Looking
// twice changes nothing.
func (l *Ledger) sweepEffective(ctx context.Context) error {
	l.sweeping.Lock()
	defer l.sweeping.Unlock()
	const page = 200
	var to time.Time
	after, from := WalletID(0), l.effective
	for {
		var n int
		var last WalletID
		err := l.run.Update(ctx, func(t tx.Tx) error {
			if to.IsZero() {
				to = t.Now()
			}
			if from.IsZero() || from.After(to) {
				from = to.Add(-effectiveBefore)
			}
			keys, id, err := l.store.EffectiveWallets(t, from, to, after, page)
			n, last = len(keys), id
			if err != nil || n == 0 {
				return err
			}
			commands := make([]*Command, n)
			for i, k := range keys {
				commands[i] = &Command{Op: Settle{k}}
			}
			_, err = l.Apply(t, commands...)
			return err
		})
		if err != nil {
			return err
		}
		if n < page {
			l.effective = to
			return nil
		}
		after = last
	}
}
