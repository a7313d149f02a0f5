package purchase

import (
	"fmt"

	"purse/billing/ledger"
	"purse/billing/tx"
)

// GrantBonusIn gives the bonus of a purchase that was paid, once: the ledger
// knows the key, and the database lets a source make one grant. It sets
// BonusGrant; the caller stores the purchase.
func (s *Service) GrantBonusIn(t tx.Tx, p *Purchase) error {
	if p.Bonus == 0 || p.BonusGrant != 0 {
		return nil
	}
	op := ledger.NewGrant{
		Wallet: ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}, Credits: p.Bonus, Kind: ledger.Promotional,
		Priority: ledger.DefaultPriority, Source: p.ID + ":bonus", Ref: p.ID,
	}
	if p.BonusDays > 0 {
		op.ExpiresAt = t.Now().AddDate(0, 0, p.BonusDays)
	}
	r, err := s.Ledger.ApplyOne(t, &ledger.Command{Key: ledger.NewKey("purchase", op.Source), Op: op})
	if err != nil {
		return fmt.Errorf("bonus for %s: %w", p.ID, err)
	}
	p.BonusGrant = r.Grant
	return nil
}

// fixCurrency makes the currency of a payment the customer's for good. One in
// another currency can only be older than the rule: it is kept as it is.
func (s *Service) fixCurrency(t tx.Tx, p *Purchase) error {
	now, fixed, err := s.Accounts.CurrencyIn(t, p.Customer)
	if err != nil || fixed && now != p.Price.Currency {
		return err
	}
	return s.Accounts.ChooseCurrencyIn(t, p.Customer, p.Price.Currency, true)
}

// noteInvoice keeps the number and the address of the invoice that Stripe made.
func (s *Service) noteInvoice(t tx.Tx, p *Purchase, number, url string) error {
	if number == "" && url == "" {
		return nil
	}
	q, err := s.QuoteOf(t, p)
	if err != nil {
		return err
	}
	q.InvoiceNumber, q.InvoiceURL = number, url
	return s.Store.PutQuote(t, q)
}
