package dbtest

import (
	"maps"
	"math/big"
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
			expires: op.ExpiresAt, meters: op.Meters, paid: op.Paid.Amount, paidFor: int64(op.Credits)}}, ledger.PostGrant, m.now)
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
		if w.available("", m.now)+w.overdraft < int64(op.Credits) {
			return ledger.CodeInsufficient
		}
		parts := w.draw("", int64(op.Credits), m.now)
		w.undo(parts)
		h := &mHold{id: got.Hold, amount: int64(op.Credits), expires: op.ExpiresAt, open: true}
		for _, p := range parts {
			if p.lot == nil {
				w.reserved -= p.amount
			} else {
				p.lot.held -= p.amount
			}
			h.parts = append(h.parts, mPart{p.lot, -p.amount})
		}
		w.holds = append(w.holds, h)
		return ""
	case ledger.Capture:
		return m.capture(op)
	case ledger.Release:
		w, h := m.hold(op.Hold)
		w.settle(m.now, time.Time{})
		if !h.open {
			return "ended"
		}
		h.end(w)
		w.settle(m.now, m.now)
		return ""
	case ledger.Clawback:
		return m.clawback(op, got)
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
	w.settle(m.now, time.Time{})
	return w
}

func (m *model) debit(op ledger.Debit) string {
	var taken [][]mPart
	for _, ch := range op.Charges {
		m.settled(ch.Wallet)
	}
	refused := false
	costs := make([]map[string]*big.Rat, len(op.Charges))
	for i, ch := range op.Charges {
		w := m.wallet(ch.Wallet)
		costs[i] = map[string]*big.Rat{}
		var all []mPart
		for _, l := range ch.Lines {
			credits := w.grow(l, costs[i])
			left := w.available(l.Meter, m.now) + w.overdraft
			if (credits > 0 || !l.Cost.IsZero()) && (credits > left || left <= 0) {
				refused = true
			}
			all = append(all, w.drawAlso(l.Meter, credits, m.now, func(lot *mLot) bool {
				return op.Record && op.Grace > 0 && !lot.void && lot.group == 0 && lot.expires.Sub(m.now) <= 0 && m.now.Sub(lot.expires) <= op.Grace &&
					lot.expires.Sub(op.EventAt) > 0 && op.EventAt.Sub(lot.effective) >= 0
			})...)
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
		maps.Copy(w.costs, costs[i])
		var back []mPart
		for _, p := range fold(taken[i]) {
			if p.lot != nil && !p.lot.expires.IsZero() && !p.lot.expires.After(m.now) {
				p.lot.left -= p.amount
				back = append(back, mPart{p.lot, -p.amount})
			}
		}
		if len(back) > 0 {
			w.note(ledger.PostExpire, m.now, 0, back)
		}
		w.note(ledger.PostDebit, m.now, 0, fold(taken[i]))
	}
	return ""
}

// fold adds up parts of the same lot.
func fold(parts []mPart) (out mParts) {
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

// mParts are parts of different lots.
type mParts []mPart

func (ps mParts) of(l *mLot) int64 {
	for _, p := range ps {
		if p.lot == l {
			return p.amount
		}
	}
	return 0
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
	w.settle(m.now, time.Time{})
	if l.void || l.left == 0 {
		return "nothing_left"
	}
	l.void, l.voided = true, m.now
	w.settle(m.now, time.Time{})
	return ""
}

func (m *model) capture(op ledger.Capture) string {
	w, h := m.hold(op.Hold)
	w.settle(m.now, time.Time{})
	if !h.open {
		return "ended"
	}
	h.end(w)
	rest := int64(op.Credits)
	var parts []mPart
	for _, p := range h.parts {
		part := min(rest, p.amount)
		if p.lot == nil {
			w.debt += part
		} else {
			p.lot.left -= part
		}
		rest -= part
		parts = append(parts, mPart{p.lot, -part})
	}
	parts = append(parts, w.draw("", rest, m.now)...)
	w.note(ledger.PostCapture, m.now, 0, fold(parts))
	w.settle(m.now, m.now)
	return ""
}

func (m *model) adjust(op ledger.Adjust, got ledger.Result) string {
	w := m.settled(op.Wallet)
	switch {
	case op.Credits < 0:
		if int64(-op.Credits) > w.available("", m.now) {
			return "exceeds_available"
		}
		w.note(ledger.PostAdjust, m.now, int(op.Corrects), w.draw("", int64(-op.Credits), m.now))
		return ""
	case op.Corrects == 0:
		w.add([]*mLot{m.gift(got.Grant, op.Credits)}, ledger.PostAdjust, m.now)
		return ""
	}
	return m.giveBack(w, op, got)
}

func (m *model) giveBack(w *mWallet, op ledger.Adjust, got ledger.Result) string {
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
	// The debt of the posting itself, then what refunds made of its lots' purchases.
	if part := min(rest, back[nil], w.debt); part > 0 {
		parts = append(parts, mPart{nil, part})
		rest -= part
	}
	for _, l := range w.burnOrder() {
		of := slices.ContainsFunc(order, func(o *mLot) bool { return o != nil && o.group != 0 && o.group == l.group })
		part := min(rest, l.clawDebt, w.debt-fold(parts).of(nil))
		if of && part > 0 {
			l.clawDebt -= part
			rest -= part
			parts = append(parts, mPart{nil, part})
		}
	}
	gifts := got.Grants
	give := func(amount int64, expires time.Time) {
		for _, p := range parts {
			if p.lot != nil && slices.Contains(got.Grants, p.lot.id) && p.lot.expires.Equal(expires) {
				p.lot.amount += amount
				p.lot.paidFor += amount
				parts = append(parts, mPart{p.lot, amount})
				return
			}
		}
		l := m.gift(gifts[0], money.Credits(amount))
		l.expires = expires
		gifts = gifts[1:]
		w.lots = append(w.lots, l)
		parts = append(parts, mPart{l, amount})
	}
	slices.Reverse(order)
	for _, l := range order {
		if l == nil {
			continue
		}
		part := min(rest, back[l], l.amount-l.left)
		switch {
		case part <= 0:
			continue
		case (l.void || !l.expires.IsZero() && !l.expires.After(m.now)) && (l.expires.IsZero() || l.expires.After(named.at)):
			left := time.Time{}
			if !l.expires.IsZero() {
				left = m.now.Add(l.expires.Sub(named.at))
			}
			give(part, left)
		default:
			parts = append(parts, mPart{l, part})
		}
		rest -= part
	}
	if rest > 0 {
		give(rest, time.Time{})
	}
	w.post(ledger.PostAdjust, m.now, int(op.Corrects), fold(parts)...)
	w.settle(m.now, m.now)
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
	from.note(ledger.PostTransfer, m.now, 0, parts)
	var lots []*mLot
	for i, p := range parts {
		l := *p.lot
		l.id, l.amount, l.left, l.held, l.lapsed = got.Grants[i], -p.amount, 0, 0, 0
		l.clawed, l.clawDebt, l.group = 0, 0, 0
		lots = append(lots, &l)
	}
	to.add(lots, ledger.PostTransfer, m.now)
	return ""
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t
}

func (m *model) clawback(op ledger.Clawback, got ledger.Result) string {
	var w *mWallet
	var lots []*mLot
	for _, id := range op.Grants {
		in, l := m.lot(id)
		w, lots = in, append(lots, l)
	}
	w.settle(m.now, time.Time{})
	order := w.burnOrder()
	slices.SortFunc(lots, func(a, b *mLot) int { return slices.Index(order, a) - slices.Index(order, b) })
	rest := int64(op.Credits)
	if rest < 0 {
		return m.unclaw(w, lots, -rest, op, got)
	}
	var parts []mPart
	for _, l := range lots {
		l.group = slices.Min(op.Grants)
		if part := min(rest, l.left-l.held); part > 0 {
			parts = append(parts, mPart{l, -part})
			l.clawed += part
			rest -= part
		}
	}
	for _, l := range lots {
		part := min(rest, l.held-l.reclaim)
		l.reclaim += part
		rest -= part
	}
	if rest > 0 {
		lots[0].clawDebt += rest
		parts = append(parts, mPart{nil, -rest})
	}
	w.post(op.Kind, m.now, 0, parts...)
	return ""
}

// unclaw undoes clawbacks, the last part first: debt, what waits, what was taken.
func (m *model) unclaw(w *mWallet, lots []*mLot, rest int64, op ledger.Clawback, got ledger.Result) string {
	taken := int64(0)
	for _, l := range lots {
		taken += l.clawDebt + l.reclaim + min(l.clawed, l.amount-l.left)
	}
	if rest > taken {
		return "invalid"
	}
	var parts []mPart
	repaid, debt := int64(0), w.debt
	for _, l := range lots {
		l.group = slices.Min(op.Grants)
		part := min(rest, l.clawDebt)
		l.clawDebt -= part
		rest -= part
		repaid += max(part-debt, 0)
		part = min(part, debt)
		debt -= part
		parts = append(parts, mPart{nil, part})
	}
	for _, l := range slices.Backward(lots) {
		part := min(rest, l.reclaim)
		l.reclaim -= part
		rest -= part
	}
	for _, l := range slices.Backward(lots) {
		part := min(rest, l.clawed, l.amount-l.left)
		l.clawed -= part
		rest -= part
		parts = append(parts, mPart{l, part})
	}
	for _, l := range slices.Backward(lots) {
		part := min(repaid, l.amount-l.left-fold(parts).of(l))
		if part > 0 && !l.void && (l.expires.IsZero() || l.expires.After(m.now)) {
			parts = append(parts, mPart{l, part})
			repaid -= part
		}
	}
	if repaid > 0 {
		l := m.gift(got.Grant, money.Credits(repaid))
		w.lots = append(w.lots, l)
		parts = append(parts, mPart{l, repaid})
	}
	w.post(op.Kind, m.now, 0, fold(parts)...)
	w.settle(m.now, m.now)
	return ""
}
