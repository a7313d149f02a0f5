package purchase

import (
	"errors"
	"strings"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/words"
)

// Quote is how the price of a purchase came about, and what its invoice says. It
// is kept as it was sold.
type Quote struct {
	Purchase, Customer   string
	Lines                []catalog.QuoteLine // add up to the price
	TaxBehavior, TaxCode string
	PONumber             string // the buyer's own number
	// InvoiceNumber and InvoiceURL are Stripe's, "" where it made no invoice.
	InvoiceNumber, InvoiceURL string
}

// QuoteOf answers how the price of a purchase came about; one that was made
// before quotes were kept has no lines.
func (s *Service) QuoteOf(t tx.Tx, p *Purchase) (*Quote, error) {
	q, err := s.Store.Quote(t, p.ID)
	if errors.Is(err, tx.ErrNotFound) {
		return &Quote{Purchase: p.ID, Customer: p.Customer}, nil
	}
	return q, err
}

// Brings is all that a purchase brings: the credits bought and the bonus.
func (p *Purchase) Brings() money.Credits { return p.Credits + p.Bonus }

// Grants are the grants that a purchase has made.
func (p *Purchase) Grants() []ledger.GrantID {
	var out []ledger.GrantID
	for _, g := range []ledger.GrantID{p.Grant, p.BonusGrant} {
		if g != 0 {
			out = append(out, g)
		}
	}
	return out
}

// quoteFor prices what is to be bought in the customer's currency, or in the one
// that is chosen while none is fixed.
func (s *Service) quoteFor(t tx.Tx, customer string, pack *catalog.Pack, b Begin) (catalog.Quoted, error) {
	now, fixed, err := s.Accounts.CurrencyIn(t, customer)
	if err != nil {
		return catalog.Quoted{}, err
	}
	currency := strings.ToLower(b.Currency)
	switch {
	case fixed && currency != "" && currency != now:
		return catalog.Quoted{}, account.CurrencyFixed(now)
	case currency == "" && now != "" && (fixed || pack.PriceIn(now) != nil):
		currency = now
	}
	if fixed && pack.PriceIn(currency) == nil {
		return catalog.Quoted{}, fault.New(fault.Conflict, "no_price_in_currency", "pack", "The customer pays in %s, and this pack has no price in it.", strings.ToUpper(now))
	}
	q, err := catalog.Quote(pack, b.Credits, currency)
	if err == nil && b.Seen != (money.Money{}) && b.Seen != q.Price {
		err = fault.New(fault.Conflict, "price_changed", "pack", "The price is now %s. Look at it again.", words.Money(q.Price))
	}
	return q, err
}

// olderOf answers the open purchases that a new one replaces: those of the same
// pack, and those in another currency, which is no longer the customer's.
func (s *Service) olderOf(t tx.Tx, p *Purchase) ([]*Purchase, error) {
	all, err := s.Store.OpenOf(t, p.Customer, "")
	var out []*Purchase
	for _, o := range all {
		if o.Pack == p.Pack || o.Price.Currency != p.Price.Currency {
			out = append(out, o)
		}
	}
	return out, err
}

// stillIn refuses to open a Checkout in a currency that is not the customer's
// any more: a payment in another arrived meanwhile.
func (s *Service) stillIn(t tx.Tx, p *Purchase) error {
	now, fixed, err := s.Accounts.CurrencyIn(t, p.Customer)
	if err == nil && fixed && now != p.Price.Currency {
		err = account.CurrencyFixed(now)
	}
	return err
}

// behavior is whether a pack's price contains tax, code what it is taxed as.
func (s *Service) behavior(pack *catalog.Pack) string {
	switch {
	case pack != nil && pack.TaxBehavior != "":
		return pack.TaxBehavior
	case s.TaxBehavior != "":
		return s.TaxBehavior
	}
	return "exclusive"
}

func (s *Service) taxCode(pack *catalog.Pack) string {
	if pack != nil && pack.TaxCode != "" {
		return pack.TaxCode
	}
	return s.TaxCode
}

// EffectiveTax is how a pack's price stands to tax when it is charged: inclusive,
// exclusive, or none where no tax is computed.
func (s *Service) EffectiveTax(pack *catalog.Pack, automatic bool) string {
	if !automatic {
		return "none"
	}
	return s.behavior(pack)
}

// TaxComesOnTop says whether a price that was consented to when it stood to tax
// as then costs more as it stands now, though it is the same price. What was
// consented to before that was kept ("") is not judged.
func TaxComesOnTop(then, now string) bool {
	return now == "exclusive" && (then == "inclusive" || then == "none")
}

// TaxOf is how a pack's price stands to tax, and its tax code at Stripe: the
// pack's own, or the settings'.
func (s *Service) TaxOf(pack *catalog.Pack) (behavior, code string) {
	return s.behavior(pack), s.taxCode(pack)
}
