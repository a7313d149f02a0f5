package dbtest

import (
	"slices"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
)

// decide answers the code of the refusal, "" when the command was done. Grants
// and holds that it makes get the ids that the ledger gave them.
func (m *model) decide(c *ledger.Command, key string, fingerprint int, got ledger.Result) string {
	if key != "" {
		if a, ok := m.answers[key]; ok && (a.refused == "" || m.now.Sub(a.at).Hours() < 30*24) {
			if a.fingerprint != fingerprint {
				return "idempotency_mismatch"
			}
			return a.refused
		}
	}
	code := m.run(c.Op, got)
	if key != "" && (code == "" || code == ledger.CodeInsufficient) {
		m.answers[key] = mAnswer{code, fingerprint, m.now}
	}
	return code
}

func (m *model) run(op ledger.Op, got ledger.Result) string {
	switch op := op.(type) {
	case ledger.Debit:
		return m.debit(op)
	case ledger.NewGrant:
		w := m.settled(op.Wallet)
		if !op.ExpiresAt.IsZero() && !op.ExpiresAt.After(m.now) {
			return "invalid"
		}
		w.add([]*mLot{{id: got.Grant, kind: op.Kind, priority: op.Priority, amount: int64(op.Credits), effective: orNow(op.EffectiveAt, m.now),
			expires: op.ExpiresAt, meters: op.Meters, paid: op.Paid.Amount, paidFor: int64(op.Credits)}}, ledger.PostGrant)
		return ""
	case ledger.Void:
		return m.void(op)
	case ledger.Adjust:
		return m.adjust(op, got)
	case ledger.Transfer:
		return m.transfer(op, got)
	case ledger.NewHold:
		w := m.settled(op.Wallet)
		if !op.ExpiresAt.After(m.now) || op.ExpiresAt.Sub(m.now) > 24*time.Hour {
			return "invalid"
		}
		if w.available("", m.now) < int64(op.Credits) {
			return ledger.CodeInsufficient
		}
		parts := w.draw("", int64(op.Credits), m.now)
		w.undo(parts)
		h := &mHold{id: got.Hold, amount: int64(op.Credits), expires: op.ExpiresAt, open: true}
		for _, p := range parts {
			p.lot.held -= p.amount
			h.parts = append(h.parts, mPart{p.lot, -p.amount})
		}
		w.holds = append(w.holds, h)
		return ""
	case ledger.Capture:
		return m.capture(op)
	case ledger.Release:
		w, h := m.hold(op.Hold)
		w.settle(m.now)
		if !h.open {
			return "ended"
		}
		h.end()
		w.settle(m.now)
		return ""
	case ledger.Clawback:
		return m.clawback(op)
	case ledger.SetOverdraft:
		m.settled(op.Wallet).overdraft = int64(op.Limit)
		return ""
	case ledger.Settle:
		m.settled(op.Wallet)
		return ""
	}
	panic("an op that the model does not know")
}

func (m *model) settled(k ledger.WalletKey) *mWallet {
	w := m.wallet(k)
	w.settle(m.now)
	return w
}

func (m *model) debit(op ledger.Debit) string {
	var taken [][]mPart
	for _, ch := range op.Charges {
		m.settled(ch.Wallet)
	}
	refused := false
	for _, ch := range op.Charges {
		w := m.wallet(ch.Wallet)
		var all []mPart
		for _, l := range ch.Lines {
			if l.Credits > 0 && w.available(l.Meter, m.now)-int64(l.Credits) < -w.overdraft {
				refused = true
			}
			all = append(all, w.draw(l.Meter, int64(l.Credits), m.now)...)
		}
		taken = append(taken, all)
	}
	if refused && !op.Record {
		for i, ch := range op.Charges {
			m.wallet(ch.Wallet).undo(taken[i])
		}
		return ledger.CodeInsufficient
	}
	for i, ch := range op.Charges {
		w := m.wallet(ch.Wallet)
		w.postings = append(w.postings, mPosting{ledger.PostDebit, fold(taken[i]), 0})
	}
	return ""
}

// fold adds up parts of the same lot.
func fold(parts []mPart) (out []mPart) {
	for _, p := range parts {
		i := slices.IndexFunc(out, func(o mPart) bool { return o.lot == p.lot })
		if i < 0 {
			out = append(out, p)
		} else {
			out[i].amount += p.amount
		}
	}
	return out
}

func (m *model) lot(id ledger.GrantID) (*mWallet, *mLot) {
	for _, w := range m.wallets {
		for _, l := range w.lots {
			if l.id == id {
				return w, l
			}
		}
	}
	return nil, nil
}

func (m *model) hold(id ledger.HoldID) (*mWallet, *mHold) {
	for _, w := range m.wallets {
		for _, h := range w.holds {
			if h.id == id {
				return w, h
			}
		}
	}
	return nil, nil
}

func (m *model) void(op ledger.Void) string {
	w, l := m.lot(op.Grant)
	w.settle(m.now)
	if l.void || l.left == 0 {
		return "nothing_left"
	}
	l.void = true
	w.settle(m.now)
	return ""
}

func (m *model) capture(op ledger.Capture) string {
	w, h := m.hold(op.Hold)
	w.settle(m.now)
	if !h.open {
		return "ended"
	}
	h.end()
	rest := int64(op.Credits)
	var parts []mPart
	for _, p := range h.parts {
		part := min(rest, p.amount)
		p.lot.left -= part
		rest -= part
		parts = append(parts, mPart{p.lot, -part})
	}
	parts = append(parts, w.draw("", rest, m.now)...)
	w.postings = append(w.postings, mPosting{ledger.PostCapture, fold(parts), 0})
	w.settle(m.now)
	return ""
}

func (m *model) adjust(op ledger.Adjust, got ledger.Result) string {
	w := m.settled(op.Wallet)
	switch {
	case op.Credits < 0:
		if int64(-op.Credits) > w.available("", m.now) {
			return "exceeds_available"
		}
		w.postings = append(w.postings, mPosting{ledger.PostAdjust, w.draw("", int64(-op.Credits), m.now), int(op.Corrects)})
		return ""
	case op.Corrects == 0:
		w.add([]*mLot{m.gift(got.Grant, op.Credits)}, ledger.PostAdjust)
		return ""
	}
	if int(op.Corrects) > len(w.postings) {
		return "not_found"
	}
	named := w.postings[op.Corrects-1]
	if named.kind != ledger.PostDebit && named.kind != ledger.PostCapture && named.kind != ledger.PostAdjust {
		return "not_correctable"
	}
	back := map[*mLot]int64{}
	var order []*mLot
	total := int64(0)
	for _, p := range named.parts {
		back[p.lot] -= p.amount
		total -= p.amount
		order = append(order, p.lot)
	}
	for _, p := range w.postings {
		if p.corrects == int(op.Corrects) {
			for _, part := range p.parts {
				if part.amount > 0 {
					back[part.lot] -= part.amount
					total -= part.amount
				}
			}
		}
	}
	rest := int64(op.Credits)
	if rest > total {
		return "exceeds_posting"
	}
	var parts []mPart
	if part := min(rest, back[nil], w.debt); part > 0 {
		parts = append(parts, mPart{nil, part})
		rest -= part
	}
	slices.Reverse(order)
	for _, l := range order {
		if l == nil {
			continue
		}
		if part := min(rest, back[l], l.amount-l.left); part > 0 {
			parts = append(parts, mPart{l, part})
			rest -= part
		}
	}
	if rest > 0 {
		l := m.gift(got.Grant, money.Credits(rest))
		w.lots = append(w.lots, l)
		parts = append(parts, mPart{l, rest})
	}
	w.post(ledger.PostAdjust, int(op.Corrects), parts...)
	return ""
}

func (m *model) gift(id ledger.GrantID, c money.Credits) *mLot {
	return &mLot{id: id, kind: ledger.Promotional, priority: 50, amount: int64(c), effective: m.now, paidFor: int64(c)}
}

func (m *model) transfer(op ledger.Transfer, got ledger.Result) string {
	from, to := m.settled(op.From), m.settled(op.To)
	if int64(op.Credits) > from.available("", m.now) {
		return "exceeds_available"
	}
	parts := from.draw("", int64(op.Credits), m.now)
	from.postings = append(from.postings, mPosting{ledger.PostTransfer, parts, 0})
	var lots []*mLot
	for i, p := range parts {
		l := *p.lot
		l.id, l.amount, l.left, l.held = got.Grants[i], -p.amount, 0, 0
		lots = append(lots, &l)
	}
	to.add(lots, ledger.PostTransfer)
	return ""
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

func (m *model) clawback(op ledger.Clawback) string {
	w, l := m.lot(op.Grants[0])
	w.settle(m.now)
	rest := int64(op.Credits)
	if rest > 0 {
		var parts []mPart
		if part := min(rest, l.left-l.held); part > 0 {
			parts = append(parts, mPart{l, -part})
			rest -= part
		}
		if rest > 0 {
			parts = append(parts, mPart{nil, -rest})
		}
		w.post(op.Kind, 0, parts...)
		return ""
	}
	rest = -rest
	debt := min(rest, w.debt)
	if rest-debt > l.amount-l.left {
		return "invalid"
	}
	var parts []mPart
	if debt > 0 {
		parts = append(parts, mPart{nil, debt})
	}
	if rest > debt {
		parts = append(parts, mPart{l, rest - debt})
	}
	w.post(op.Kind, 0, parts...)
	w.settle(m.now)
	return ""
}
