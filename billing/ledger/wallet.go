package ledger

import (
	"time"

	"purse/billing/money"
)

// WalletKey names a wallet: a customer's id and a credit type's key. There is
// one wallet for each pair; it is made when it is first touched.
type WalletKey struct {
	Customer   string
	CreditType string
}

// Wallet is a customer's balance of one credit type.
type Wallet struct {
	ID WalletID
	WalletKey
	// Seq is the place of the last posting, 0 before the first.
	Seq int64
	// Balance is the sum of all entries: what remains in the grants less Debt.
	Balance money.Credits
	// Debt is what was used, refunded or disputed beyond what was there.
	Debt money.Credits
	// Overdraft is how far below zero a decision may take the available credits.
	Overdraft money.Credits
	// Reserved is what open holds may take beyond the grants: of the overdraft.
	Reserved money.Credits
	// LastAt is the time of the last posting; times never go back in a wallet.
	LastAt    time.Time
	CreatedAt time.Time
}

// account is a wallet with what a decision needs of it.
type account struct {
	Wallet
	grants  []*Grant // those with something remaining, in burn order
	watches []*Watch
	isNew   bool
}

// available is what meter ("" for unscoped work) can draw now: what is free in
// the usable grants in scope, less the debt and what holds reserve beyond the
// grants. Below zero it is what is missing.
func (a *account) available(meter string, now time.Time) money.Credits {
	sum := -a.Debt - a.Reserved
	for _, g := range a.grants {
		if g.InScope(meter) && g.Usable(now) {
			sum += g.Free()
		}
	}
	return sum
}

// roseSince says whether a grant became effective after the wallet's last
// posting.
func (a *account) roseSince(now time.Time) bool {
	for _, g := range a.grants {
		if g.EffectiveAt.After(a.LastAt) && !g.EffectiveAt.After(now) {
			return true
		}
	}
	return false
}

// availableToAny is what work on any of these meters could draw: each usable
// grant that is in scope of one of them, once, less the debt.
func (a *account) availableToAny(meters []string, now time.Time) money.Credits {
	sum := -a.Debt - a.Reserved
	for _, g := range a.grants {
		if !g.Usable(now) {
			continue
		}
		in := !g.Scoped()
		for _, m := range meters {
			in = in || g.InScope(m)
		}
		if in {
			sum += g.Free()
		}
	}
	return sum
}
