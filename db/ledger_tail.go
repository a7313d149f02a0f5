package db

import (
	"slices"
	"strconv"

	"purse/billing/ledger"
)

// The row of a wallet may be behind its entries: the writer stores it now and
// then, not after every debit. Its seq says how far it goes; the entries after
// it, its tail, tell the rest. Whoever reads rows adds the tail.

// maxTail is how many postings the row of a wallet may be behind. It bounds
// what a reader has to add.
const maxTail = 256

// addTails brings wallets and grants that were read from rows up to date, and
// answers the entries that it took for that.
func addTails(st *transaction, wallets []*ledger.Wallet, grants []*ledger.Grant) ([]ledger.Entry, error) {
	if len(wallets) == 0 {
		return nil, nil
	}
	byID := make(map[ledger.WalletID]*ledger.Wallet, len(wallets))
	list := append(make([]byte, 0, 2+32*len(wallets)), '[')
	for i, w := range wallets {
		byID[w.ID] = w
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, '[')
		list = strconv.AppendInt(list, int64(w.ID), 10)
		list = append(list, ',')
		list = strconv.AppendInt(list, w.Seq, 10)
		list = append(list, ']')
	}
	rows, err := st.db.ledger.load(st, loadTails).QueryContext(st.ctx, string(append(list, ']')))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var tail []ledger.Entry
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		tail = append(tail, e)
	}
	if err := rows.Err(); err != nil || len(tail) == 0 {
		return nil, err
	}
	byGrant := make(map[ledger.GrantID]*ledger.Grant, len(grants))
	for _, g := range grants {
		byGrant[g.ID] = g
	}
	for _, e := range tail {
		w := byID[e.Wallet]
		w.Seq, w.Balance, w.LastAt = e.Seq, e.BalanceAfter, e.At
		if e.Grant == 0 {
			w.Debt -= e.Amount
		} else if g := byGrant[e.Grant]; g != nil {
			g.Remaining += e.Amount
		}
	}
	return tail, nil
}

// upToDate brings wallets up to date that a page or a check reads.
func upToDate(st *transaction, wallets []ledger.Wallet) error {
	ptrs := make([]*ledger.Wallet, len(wallets))
	for i := range wallets {
		ptrs[i] = &wallets[i]
	}
	_, err := addTails(st, ptrs, nil)
	return err
}

// grantsUpToDate brings grants of one wallet up to date.
func grantsUpToDate(st *transaction, id ledger.WalletID, grants []ledger.Grant) error {
	row, err := st.q.WalletByID(st.ctx, int64(id))
	if err != nil {
		return err
	}
	w := wallet(row)
	ptrs := make([]*ledger.Grant, len(grants))
	for i := range grants {
		ptrs[i] = &grants[i]
	}
	_, err = addTails(st, []*ledger.Wallet{&w}, ptrs)
	return err
}

// tailRollups are the figures of a wallet that its hourly rows lack.
func tailRollups(st *transaction, id ledger.WalletID) (r ledger.Rollups, first, last ledger.Entry, err error) {
	r = ledger.NewRollups()
	row, err := st.q.WalletByID(st.ctx, int64(id))
	if err != nil {
		return r, first, last, notFound(err)
	}
	w := wallet(row)
	tail, err := addTails(st, []*ledger.Wallet{&w}, nil)
	for _, e := range tail {
		r.Add(e)
	}
	if len(tail) > 0 {
		first, last = tail[0], tail[len(tail)-1]
	}
	return r, first, last, err
}

// live leaves out grants with nothing remaining.
func live(grants []ledger.Grant) []ledger.Grant {
	return slices.DeleteFunc(grants, func(g ledger.Grant) bool { return g.Remaining == 0 })
}
