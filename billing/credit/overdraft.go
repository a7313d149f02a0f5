package credit

import (
	"purse/billing/audit"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// SetOverdraft is the act of saying how far below zero decisions may take a wallet.
// What happens at zero follows it.
func (s *Service) SetOverdraft(customer, creditType string, limit money.Credits) (*Act, error) {
	k, err := s.wallet(customer, creditType)
	if err != nil {
		return nil, err
	}
	return &Act{
		Name: OverdraftSet, Wallet: k, Object: k.CreditType, Op: ledger.SetOverdraft{Wallet: k, Limit: limit}, asked: map[string]string{"limit": limit.String()},
		follow: func(t tx.Tx, by audit.Actor) error { return s.Alerts.OverdraftSet(t, by, k, limit) },
	}, nil
}
