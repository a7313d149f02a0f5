package report

import (
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
func (l *Lot) left() int64 { return money.Share(l.Worth, l.Remaining, l.Amount) }

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
