package ledger

import (
	"context"

	"purse/billing/tx"
)

// Sweep writes what is due in wallets that nobody touches: expired grants and
// holds, and the rows of wallets that are behind their entries. Decisions and
// reads do not wait for it. It answers how many wallets it settled.
func (l *Ledger) Sweep(ctx context.Context) (int, error) {
	const page = 200
	total := 0
	if err := l.run.Update(ctx, l.store.Flush); err != nil {
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
