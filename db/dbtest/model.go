package dbtest

import (
	"cmp"
	"math/big"
	"slices"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
)

// model is the ledger as one would explain it on paper: no batches, no
// database, whole loops over everything. Amounts are plain micro-credits.
type model struct {
	now     time.Time
	wallets map[ledger.WalletKey]*mWallet
	answers map[string]mAnswer
}

type mWallet struct {
	lots      []*mLot
	debt      int64
	overdraft int64
	reserved  int64 // by holds, beyond the lots
	holds     []*mHold
	postings  []mPosting
	last      time.Time           // of the newest posting
	costs     map[string]*big.Rat // of each rate so far, in micro-credits
}

type mLot struct {
	id                 ledger.GrantID
	kind               ledger.Kind
	priority           int
	amount, left, held int64
	effective, expires time.Time
	meters             []string
	paid               int64 // for paidFor credits
	paidFor            int64
	void               bool
	voided             time.Time
	// What refunds took of it and take when its holds end, and what of its
	// purchase they made debt; lots of one purchase have one group.
	clawed, reclaim, clawDebt int64
	lapsed                    int64 // that expired and no late work drew
	group                     ledger.GrantID
}

type mHold struct {
	id      ledger.HoldID
	amount  int64
	parts   []mPart
	expires time.Time
	open    bool
}

type mPart struct {
	lot    *mLot
	amount int64
}

type mPosting struct {
	kind     ledger.PostingKind
	at       time.Time
	parts    []mPart // nil lot: debt; amounts with sign
	corrects int
}

type mAnswer struct {
	refused     string
	fingerprint int
	at          time.Time
}

func newModel() *model {
	return &model{wallets: map[ledger.WalletKey]*mWallet{}, answers: map[string]mAnswer{}}
}

func (m *model) wallet(k ledger.WalletKey) *mWallet {
	if m.wallets[k] == nil {
		m.wallets[k] = &mWallet{costs: map[string]*big.Rat{}}
	}
	return m.wallets[k]
}

func (l *mLot) usable(now time.Time) bool {
	return !l.void && !l.effective.After(now) && (l.expires.IsZero() || l.expires.After(now))
}

func (l *mLot) serves(meter string) bool {
	return len(l.meters) == 0 || slices.Contains(l.meters, meter)
}

// burnOrder is invariant 25, written once more.
func (w *mWallet) burnOrder() []*mLot {
	never := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	rank := func(l *mLot) (r struct {
		scope, priority, kind int
		expires               time.Time
	}) {
		r.scope = 1
		if len(l.meters) > 0 {
			r.scope = 0
		}
		r.priority = l.priority
		r.expires = l.expires
		if l.expires.IsZero() {
			r.expires = never
		}
		r.kind = slices.Index([]ledger.Kind{"promotional", "included", "committed", "paid"}, l.kind)
		return r
	}
	lots := slices.Clone(w.lots)
	slices.SortFunc(lots, func(a, b *mLot) int {
		x, y := rank(a), rank(b)
		return cmp.Or(cmp.Compare(x.scope, y.scope), cmp.Compare(x.priority, y.priority), x.expires.Compare(y.expires),
			cmp.Compare(x.kind, y.kind), cmp.Compare(a.paid*b.paidFor, b.paid*a.paidFor), a.effective.Compare(b.effective), cmp.Compare(a.id, b.id))
	})
	return lots
}

func (w *mWallet) available(meter string, now time.Time) int64 {
	sum := -w.debt - w.reserved
	for _, l := range w.lots {
		if l.usable(now) && l.serves(meter) {
			sum += l.left - l.held
		}
	}
	return sum
}

func (w *mWallet) balance() int64 {
	sum := -w.debt
	for _, l := range w.lots {
		sum += l.left
	}
	return sum
}

func (w *mWallet) heldSum() (sum int64) {
	sum = w.reserved
	for _, l := range w.lots {
		sum += l.held
	}
	return sum
}

// clone copies a wallet with its lots and holds, to look ahead.
func (w *mWallet) clone() *mWallet {
	copies := map[*mLot]*mLot{nil: nil}
	c := *w
	c.lots, c.holds, c.postings = nil, nil, slices.Clone(w.postings)
	for _, l := range w.lots {
		copied := *l
		copies[l] = &copied
		c.lots = append(c.lots, &copied)
	}
	for _, h := range w.holds {
		copied := *h
		copied.parts = slices.Clone(h.parts)
		for i := range copied.parts {
			copied.parts[i].lot = copies[copied.parts[i].lot]
		}
		c.holds = append(c.holds, &copied)
	}
	return &c
}

// costs of a line: what the rounded sum of its rate's costs grows by.
func (w *mWallet) grow(l ledger.Line, costs map[string]*big.Rat) int64 {
	if l.Cost.IsZero() {
		return int64(l.Credits)
	}
	before := costs[l.Rate]
	if before == nil {
		if before = w.costs[l.Rate]; before == nil {
			before = new(big.Rat)
		}
	}
	cost, _ := new(big.Rat).SetString(l.Cost.String())
	after := new(big.Rat).Add(before, cost.Mul(cost, big.NewRat(money.Micro, 1)))
	costs[l.Rate] = after
	return halfUp(after) - halfUp(before)
}

func halfUp(r *big.Rat) int64 {
	up := new(big.Rat).Add(r, big.NewRat(1, 2))
	return new(big.Int).Quo(up.Num(), up.Denom()).Int64()
}

// settle writes what came due until now, one thing after the other in time: from
// is when something ended that kept other things from being due.
func (w *mWallet) settle(now, from time.Time) {
	for {
		first := time.Time{}
		var do func(at time.Time)
		see := func(at time.Time, what func(at time.Time)) {
			if at.Before(from) {
				at = from
			}
			if !at.After(now) && (do == nil || at.Before(first)) {
				first, do = at, what
			}
		}
		for _, h := range w.holds {
			if h.open {
				see(h.expires, func(time.Time) { h.end(w) })
			}
		}
		lots := w.burnOrder()
		for _, l := range lots {
			if l.kind == ledger.Paid && w.debt > 0 && l.left > l.held && !l.void && l.effective.After(w.last) {
				see(l.effective, func(at time.Time) { w.repayAt(l.effective, at) })
			}
		}
		for _, l := range lots {
			switch free := l.left - l.held; {
			case l.reclaim > 0 && (free > 0 || l.reclaim > l.held):
				see(from, func(at time.Time) { w.reclaim(l, at) })
			case free == 0:
			case l.void: // at once, also when the clock went back
				see(earlier(l.voided, now), func(at time.Time) { w.post(ledger.PostVoid, at, 0, mPart{l, -free}) })
			case !l.expires.IsZero():
				see(l.expires, func(at time.Time) {
					l.lapsed += free
					w.post(ledger.PostExpire, at, 0, mPart{l, -free})
				})
			}
		}
		if do == nil {
			return
		}
		do(first)
		from = first
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// repayAt lets the paid lots that became effective then pay the debt.
func (w *mWallet) repayAt(effective, at time.Time) {
	var parts []mPart
	debt := w.debt
	for _, l := range w.burnOrder() {
		if l.kind != ledger.Paid || l.void || !l.effective.Equal(effective) {
			continue
		}
		if pay := min(debt, l.left-l.held); pay > 0 {
			parts = append(parts, mPart{l, -pay}, mPart{nil, pay})
			debt -= pay
		}
	}
	w.post(ledger.PostGrant, at, 0, parts...)
}

// reclaim takes what a refund waits for; what was used of it is debt.
func (w *mWallet) reclaim(l *mLot, at time.Time) {
	var parts []mPart
	if part := min(l.reclaim, l.left-l.held); part > 0 {
		parts = append(parts, mPart{l, -part})
		l.clawed += part
		l.reclaim -= part
	}
	if used := l.reclaim - l.held; used > 0 {
		parts = append(parts, mPart{nil, -used})
		l.clawDebt += used
		l.reclaim -= used
	}
	w.post(ledger.PostRefund, at, 0, parts...)
}

func (h *mHold) end(w *mWallet) {
	h.open = false
	for _, p := range h.parts {
		if p.lot == nil {
			w.reserved -= p.amount
		} else {
			p.lot.held -= p.amount
		}
	}
}

func (w *mWallet) post(kind ledger.PostingKind, at time.Time, corrects int, parts ...mPart) {
	for _, p := range parts {
		if p.lot == nil {
			w.debt -= p.amount
		} else {
			p.lot.left += p.amount
		}
	}
	w.note(kind, at, corrects, parts)
}

// note writes a posting whose parts have moved; time never goes back.
func (w *mWallet) note(kind ledger.PostingKind, at time.Time, corrects int, parts []mPart) {
	if at.Before(w.last) {
		at = w.last
	}
	w.last = at
	w.postings = append(w.postings, mPosting{kind, at, parts, corrects})
}

// draw says which lots an amount comes from now, and takes it at once.
func (w *mWallet) draw(meter string, amount int64, now time.Time) (parts []mPart) {
	return w.drawAlso(meter, amount, now, func(*mLot) bool { return false })
}

// drawAlso draws what expired of some lots too, in their places of the order.
func (w *mWallet) drawAlso(meter string, amount int64, now time.Time, also func(*mLot) bool) (parts []mPart) {
	for _, l := range w.burnOrder() {
		if part := min(amount, l.lapsed); l.serves(meter) && part > 0 && also(l) {
			l.lapsed -= part
			l.left -= part // goes back up when the expiry is undone
			amount -= part
			parts = append(parts, mPart{l, -part})
			continue
		}
		if !l.usable(now) || !l.serves(meter) {
			continue
		}
		if part := min(amount, l.left-l.held); part > 0 {
			l.left -= part
			amount -= part
			parts = append(parts, mPart{l, -part})
		}
	}
	if amount > 0 {
		w.debt += amount
		parts = append(parts, mPart{nil, -amount})
	}
	return parts
}

// undo puts back what draw took.
func (w *mWallet) undo(parts []mPart) {
	for _, p := range parts {
		if p.lot == nil {
			w.debt += p.amount
		} else {
			p.lot.left -= p.amount
		}
	}
}

// add puts lots into the wallet; paid ones that are effective pay its debt first.
func (w *mWallet) add(lots []*mLot, kind ledger.PostingKind, now time.Time) {
	var parts []mPart
	for _, l := range lots {
		w.lots = append(w.lots, l)
		l.left = l.amount
		parts = append(parts, mPart{l, l.amount})
		if pay := min(w.debt, l.amount); l.kind == ledger.Paid && pay > 0 && !l.effective.After(now) {
			w.debt -= pay
			l.left -= pay
			parts = append(parts, mPart{l, -pay}, mPart{nil, pay})
		}
	}
	w.note(kind, now, 0, parts)
}
