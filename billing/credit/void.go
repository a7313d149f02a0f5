package credit

import (
	"context"
	"errors"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// Void is the act of taking back what is left of a grant. customer is whose it must
// be, "" for anybody's. It answers the grant as it is.
func (s *Service) Void(ctx context.Context, customer string, id ledger.GrantID) (*Act, ledger.Grant, error) {
	var g ledger.Grant
	var w ledger.Wallet
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		g, w, err = s.Ledger.Grant(t, customer, id)
		return err
	})
	if errors.Is(err, tx.ErrNotFound) {
		return nil, g, fault.Missing("grant")
	}
	if err != nil {
		return nil, g, err
	}
	return &Act{
		Name: Voided, Wallet: w.WalletKey, Object: id.String(), Op: ledger.Void{Customer: customer, Grant: id}, asked: map[string]string{"credits": g.Free().String()},
	}, g, nil
}
