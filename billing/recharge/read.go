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

// recovered makes the note of a policy that waits true again: its balance may be
// above the threshold, a purchase that was to lift it may have been paid or refused
// since, and another may have been begun.
func (s *Service) recovered(t tx.Tx, p *Policy) error {
	if p.State != Armed || p.Note == "" || p.Waits == WaitsNothing {
		return nil
	}
	b, err := s.Ledger.Balance(t, p.wallet())
	if err != nil {
		return err
	}
	if b.Available > p.Threshold {
		p.Note = ""
		return nil
	}
	c, err := s.Accounts.CustomerIn(t, p.Customer)
	if err != nil {
		return err
	}
	note, err := s.coming(t, p, c, b.Available)
	switch {
	case err != nil || note != "":
		p.Note, p.Waits = note, WaitsPayment
	case p.NextAt.IsZero():
		p.Note, p.Waits = waitsForUsage, WaitsUsage
	default:
		p.Note = "" // it is looked at again in a moment
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
