package credit

import (
	"purse/billing/ledger"
	"purse/billing/money"
)

// NewTransfer moves credits from one customer to another.
type NewTransfer struct {
	From, To   string // their ids
	CreditType string // a key, or an id
	Credits    money.Credits
	Grant      ledger.GrantID // only from this one; 0 for the unscoped in burn order
}

// Transfer is the act of moving credits. It stands in the log of whom they leave.
func (s *Service) Transfer(n NewTransfer) (*Act, error) {
	from, err := s.wallet(n.From, n.CreditType)
	if err != nil {
		return nil, err
	}
	op := ledger.Transfer{From: from, To: ledger.WalletKey{Customer: n.To, CreditType: from.CreditType}, Credits: n.Credits, Grant: n.Grant}
	asked := map[string]string{"credits": n.Credits.String(), "to": n.To}
	if n.Grant != 0 {
		asked["grant"] = n.Grant.String()
	}
	return &Act{Name: Transferred, Wallet: from, Other: op.To, Op: op, asked: asked}, nil
}
