package ledger

import (
	"fmt"

	"purse/billing/money"
	"purse/billing/tx"
)

// Verify recomputes every wallet and grant from the entries and answers a
// sentence for each difference, none when all is well.
func (l *Ledger) Verify(t tx.Tx) (problems []string, wallets, entries int64, err error) {
	say := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	err = l.store.EachWallet(t, func(w Wallet) error {
		wallets++
		n, err := l.verifyWallet(t, w, say)
		entries += n
		return err
	})
	return problems, wallets, entries, err
}

func (l *Ledger) verifyWallet(t tx.Tx, w Wallet, say func(string, ...any)) (n int64, err error) {
	sums, lapsed := map[GrantID]money.Credits{}, map[GrantID]money.Credits{}
	var balance money.Credits
	var seq int64
	line := 0
	err = l.store.EachEntry(t, w.ID, func(e Entry) error {
		n++
		switch {
		case e.Seq == seq && e.Line == line+1:
			line++
		case e.Seq == seq+1 && e.Line == 0:
			seq, line = e.Seq, 0
		default:
			say("%s: after posting %d line %d comes posting %d line %d", w.ID, seq, line, e.Seq, e.Line)
			seq, line = e.Seq, e.Line
		}
		balance += e.Amount
		if balance != e.BalanceAfter {
			say("%s: the balance after line %d is %s, the entries add up to %s", e.PostingID, e.Line, e.BalanceAfter, balance)
			balance = e.BalanceAfter
		}
		sums[e.Grant] += e.Amount
		if e.Kind == PostExpire {
			lapsed[e.Grant] -= e.Amount
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	if seq != w.Seq {
		say("%s: the last posting is %d, the wallet says %d", w.ID, seq, w.Seq)
	}
	if balance != w.Balance {
		say("%s: the balance is %s, the entries add up to %s", w.ID, w.Balance, balance)
	}
	if w.Debt != -sums[0] || w.Debt < 0 {
		say("%s: the debt is %s, the entries add up to %s", w.ID, w.Debt, -sums[0])
	}
	return n, l.verifyGrants(t, w, sums, lapsed, say)
}

func (l *Ledger) verifyGrants(t tx.Tx, w Wallet, sums, lapsed map[GrantID]money.Credits, say func(string, ...any)) error {
	held := map[GrantID]money.Credits{}
	for before := HoldID(0); ; {
		holds, err := l.store.HoldsOf(t, w.ID, true, before, 1000)
		if err != nil {
			return err
		}
		for _, h := range holds {
			for _, r := range h.Reservations {
				held[r.Grant] += r.Amount
			}
			before = h.ID
		}
		if len(holds) < 1000 {
			break
		}
	}
	var remaining money.Credits
	for before := GrantID(0); ; {
		grants, err := l.store.GrantsOf(t, w.ID, false, before, 1000)
		if err != nil {
			return err
		}
		for _, g := range grants {
			before = g.ID
			remaining += g.Remaining
			if g.Remaining != sums[g.ID] {
				say("%s: %s remain, the entries add up to %s", g.ID, g.Remaining, sums[g.ID])
			}
			if g.Held != held[g.ID] {
				say("%s: %s are held, the open holds add up to %s", g.ID, g.Held, held[g.ID])
			}
			if g.Lapsed != lapsed[g.ID] {
				say("%s: %s expired, the entries add up to %s", g.ID, g.Lapsed, lapsed[g.ID])
			}
			if g.Reclaim < 0 || g.Held < g.Reclaim || g.Held > g.Remaining || g.Remaining > g.Amount {
				say("%s: out of bounds: to take back %s, held %s, remaining %s, amount %s", g.ID, g.Reclaim, g.Held, g.Remaining, g.Amount)
			}
			delete(sums, g.ID)
		}
		if len(grants) < 1000 {
			break
		}
	}
	if w.Reserved != held[0] {
		say("%s: %s of the overdraft are held, the open holds add up to %s", w.ID, w.Reserved, held[0])
	}
	delete(sums, 0)
	for id := range sums {
		say("%s: entries name it, and it does not exist in %s", id, w.ID)
	}
	if remaining-w.Debt != w.Balance {
		say("%s: the balance is %s, the grants' remainders less the debt are %s", w.ID, w.Balance, remaining-w.Debt)
	}
	return nil
}
