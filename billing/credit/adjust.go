package credit

import (
	"context"
	"errors"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Adjustment corrects a balance.
type Adjustment struct {
	Customer   string // its id
	CreditType string // a key or an id; "" for that of the posting that it corrects
	Credits    money.Credits
	Corrects   string // a posting whose credits go back to its grants, "" for none; only with Credits above zero
}

// Adjust is the act of correcting a balance. What limits had counted of a posting
// that is corrected, they give back.
func (s *Service) Adjust(ctx context.Context, n Adjustment) (*Act, error) {
	if n.Credits == 0 {
		return nil, fault.Bad("credits", "Give an amount other than zero.")
	}
	if n.Credits < 0 && n.Corrects != "" {
		return nil, fault.Bad("corrects", "A posting can only be given back: choose that direction, or leave the posting out.")
	}
	op, a := ledger.Adjust{Credits: n.Credits}, &Act{Name: Adjusted, asked: map[string]string{"credits": n.Credits.String(), "corrects": n.Corrects}}
	var err error
	if n.CreditType != "" || n.Corrects == "" {
		if op.Wallet, err = s.wallet(n.Customer, n.CreditType); err != nil {
			return nil, err
		}
	}
	if n.Corrects != "" {
		posting, ok := ledger.ParsePostingID(n.Corrects)
		if !ok {
			return nil, fault.Bad("corrects", "This is not the id of a posting: they look like pst_….")
		}
		none := fault.Bad("corrects", "This customer has no such posting of this credit type.")
		err := s.Runner.View(ctx, func(t tx.Tx) error {
			_, w, err := s.Ledger.Posting(t, n.Customer, posting)
			if errors.Is(err, tx.ErrNotFound) || err == nil && op.Wallet.CreditType != "" && op.Wallet != w.WalletKey {
				return none
			}
			if err != nil {
				return err
			}
			op.Wallet, op.Corrects = w.WalletKey, posting.Seq
			a.counters, err = s.Usage.Counted(t, n.Customer, posting)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	a.Op, a.Wallet = op, op.Wallet
	return a, nil
}
