package recharge

import (
	"context"
	"errors"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

func (p *Policy) wallet() ledger.WalletKey {
	return ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}
}

// SpentThisMonth is what counts towards a policy's cap now: recharges that were
// paid or are open, tax included, in the calendar month of the customer's zone.
func (s *Service) SpentThisMonth(t tx.Tx, p *Policy) (money.Money, error) {
	c, err := s.Accounts.CustomerIn(t, p.Customer)
	if err != nil {
		return money.Money{}, err
	}
	month, _ := monthOf(t.Now(), c.Location())
	spent, _, err := s.Store.Spent(t, p.Customer, p.CreditType, p.Price.Currency, month, "")
	return money.Money{Amount: spent, Currency: p.Price.Currency}, err
}

// Policy answers the policy of a wallet as it stands, NotFound when there never was
// one.
func (s *Service) Policy(ctx context.Context, customer, creditType string) (p *Policy, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		p, err = s.Store.Policy(t, customer, creditType)
		if errors.Is(err, tx.ErrNotFound) {
			return fault.Missing("recharge policy")
		}
		if err != nil {
			return err
		}
		return s.recovered(t, p)
	})
	return p, err
}

// Policies answers the policies of a customer as they stand, by credit type.
func (s *Service) Policies(t tx.Tx, customer string) ([]*Policy, error) {
	all, err := s.Store.PoliciesOf(t, customer)
	for _, p := range all {
		if err == nil {
			err = s.recovered(t, p)
		}
	}
	return all, err
}

// recovered takes the note off a policy that waited for usage below its threshold,
// and does not any more: the balance is above it again.
func (s *Service) recovered(t tx.Tx, p *Policy) error {
	if p.State != Armed || p.Note != waitsForUsage {
		return nil
	}
	b, err := s.Ledger.Balance(t, p.wallet())
	if err == nil && b.Available > p.Threshold {
		p.Note = ""
	}
	return err
}

// All answers everybody's policies in a state ("" for any), newest first, older
// than the policy before ("" for the newest): for staff.
func (s *Service) All(t tx.Tx, state State, before string, limit int) ([]*Policy, error) {
	return s.Store.Policies(t, state, before, limit)
}

// Open answers the open recharge of a wallet, nil when there is none. Pages that
// sell credits warn while there is one.
func (s *Service) Open(t tx.Tx, customer, creditType string) (*Recharge, error) {
	r, err := s.Store.OpenOf(t, customer, creditType)
	if errors.Is(err, tx.ErrNotFound) {
		return nil, nil
	}
	return r, err
}

// History answers the recharges of a customer and credit type ("" for all),
// newest first, older than the recharge before ("" for the newest).
func (s *Service) History(t tx.Tx, customer, creditType, before string, limit int) ([]*Recharge, error) {
	return s.Store.List(t, customer, creditType, before, limit)
}
