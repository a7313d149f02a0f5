package db

import (
	"fmt"

	"purse/billing/ledger"
	"purse/billing/money"
)

// loadSumsOf reads what rates have cost wallets, adds what their tails tell, and
// answers the sums that rows lack.
func loadSumsOf(st *transaction, l *ledger.Loaded, ids []ledger.WalletID, tail []ledger.Entry) (map[ledger.SumID]bool, error) {
	rows, err := st.db.ledger.load(st, loadSums).QueryContext(st.ctx, numbers(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var wallet int64
		var rate, text string
		if err := rows.Scan(&wallet, &rate, &text); err != nil {
			return nil, err
		}
		sum, err := money.ParseExact(text)
		if err != nil {
			return nil, fmt.Errorf("the sum of %s: %w", rate, err)
		}
		l.Sums[ledger.SumID{Wallet: ledger.WalletID(wallet), Rate: rate}] = sum
	}
	added := map[ledger.SumID]bool{}
	for _, e := range tail {
		if e.Detail == nil {
			continue
		}
		for _, line := range e.Detail.Lines {
			if line.Rate == "" {
				continue
			}
			at := ledger.SumID{Wallet: e.Wallet, Rate: line.Rate}
			added[at] = true
			if line.Sum.IsZero() {
				l.Sums[at] = l.Sums[at].Add(line.Credits.Exact())
			} else {
				l.Sums[at] = line.Sum
			}
		}
	}
	return added, rows.Err()
}
