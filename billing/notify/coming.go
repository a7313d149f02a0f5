package notify

import (
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
)

// Coming answers what is on its way to a wallet: purchases whose money a bank is asked
// for, or that is transferred, and an automatic recharge that is being paid.
func Coming(t tx.Tx, purchases *purchase.Service, recharges *recharge.Service, customer, creditType string) (sum money.Credits, err error) {
	pending, err := purchases.Pending(t, customer, creditType)
	if err != nil {
		return 0, err
	}
	for _, p := range pending {
		sum += p.Brings()
	}
	open, err := recharges.Open(t, customer, creditType)
	if err == nil && open != nil && open.State() == recharge.Pending {
		sum += open.Credits + open.Bonus
	}
	return sum, err
}
