package report

import (
	"math/bits"

	"purse/billing/ledger"
	"purse/billing/money"
)

// Lot is a lot that was paid for, as far as the entries have been read.
type Lot struct {
	ID                ledger.GrantID
	Currency          string
	Worth             int64 // of the whole lot, in minor units
	Amount, Remaining money.Credits
}

// left is what the remainder is worth, rounded half up to a minor unit. What
// leaves the liability is the difference of two of these, so that parts add up to
// Worth whatever their number and order.
func (l *Lot) left() int64 { return share(l.Worth, l.Remaining, l.Amount) }

// share is worth × part ÷ whole, rounded half up, in 128 bits. 0 ≤ part ≤ whole.
func share(worth int64, part, whole money.Credits) int64 {
	if whole <= 0 || worth <= 0 || part <= 0 {
		return 0
	}
	if part >= whole {
		return worth
	}
	hi, lo := bits.Mul64(uint64(worth), uint64(part))
	lo, carry := bits.Add64(lo, uint64(whole)/2, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(whole))
	return int64(q)
}

// Movement is why deferred revenue changed.
type Movement string

const (
	moveSold        Movement = "sold"
	moveUsed        Movement = "used"
	moveExpired     Movement = "expired"
	moveRefunded    Movement = "refunded"
	moveDisputed    Movement = "disputed"
	moveKept        Movement = "kept"
	moveVoided      Movement = "voided"
	moveAdjusted    Movement = "adjusted"
	moveTransferred Movement = "transferred"
)

// movementOf is what an entry on a paid lot means. A new lot that repays a debt
// is used at once: the credits were spent before they were paid.
func movementOf(kind ledger.PostingKind, amount money.Credits) Movement {
	switch kind {
	case ledger.PostDebit, ledger.PostCapture:
		return moveUsed
	case ledger.PostExpire:
		return moveExpired
	case ledger.PostRefund:
		return moveRefunded
	case ledger.PostDispute:
		return moveDisputed
	case ledger.PostVoid:
		return moveVoided
	case ledger.PostTransfer:
		return moveTransferred
	case ledger.PostGrant:
		if amount < 0 {
			return moveUsed
		}
		return moveSold
	}
	return moveAdjusted
}

// add counts an amount as a movement.
func (d *Deferred) add(m Movement, amount int64) {
	*map[Movement]*int64{
		moveSold: &d.Sold, moveUsed: &d.Used, moveExpired: &d.Expired, moveRefunded: &d.Refunded, moveDisputed: &d.Disputed, moveKept: &d.Kept,
		moveVoided: &d.Voided, moveAdjusted: &d.Adjusted, moveTransferred: &d.Transferred,
	}[m] += amount
}
