package charge

import (
	"fmt"

	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

func (s *Service) grant(t tx.Tx, c *Charge, sale Sale, kind ledger.Kind, in Invoice) (ledger.Result, error) {
	op := ledger.NewGrant{
		Wallet: ledger.WalletKey{Customer: c.Customer, CreditType: sale.CreditType}, Credits: sale.Credits, Kind: kind,
		Priority: ledger.DefaultPriority, Source: c.Owner.ID + ":credits", Ref: c.Owner.ID,
		Paid: money.Money{Amount: in.Total - in.Tax, Currency: in.Currency}, // the cost basis is net of tax
	}
	if sale.ExpiresAfterDays > 0 {
		op.ExpiresAt = t.Now().AddDate(0, 0, sale.ExpiresAfterDays)
	}
	r, err := s.Ledger.ApplyOne(t, &ledger.Command{Key: ledger.NewKey(string(c.Owner.Of), op.Source), Op: op})
	if err != nil {
		return r, fmt.Errorf("grant for %s: %w", c.Owner.ID, err)
	}
	return r, nil
}

// give grants the credits, or gives back those that were taken. It answers the posting,
// and what debt the credits repaid.
func (s *Service) give(t tx.Tx, c *Charge, sale Sale, in Invoice) (at ledger.PostingID, repaid money.Credits, err error) {
	before, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: c.Customer, CreditType: sale.CreditType})
	if err != nil {
		return at, 0, err
	}
	switch {
	case c.Grant == 0:
		r, err := s.grant(t, c, sale, ledger.Paid, in)
		if err != nil {
			return at, 0, err
		}
		c.Grant, at = r.Grant, r.Postings[0].ID
		repaid, _ = purchase.Settled(sale.Credits, before.Debt)
	case c.Clawed > 0:
		lot, _, err := s.Ledger.Grant(t, c.Customer, c.Grant)
		if err != nil {
			return at, 0, err
		}
		unpaid := money.Money{Amount: -lot.Paid.Amount, Currency: lot.Paid.Currency}
		r, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Clawback{Grants: []ledger.GrantID{c.Grant}, Credits: -c.Clawed, Kind: ledger.PostRefund, Ref: c.Owner.ID, Money: unpaid},
			Note: ledger.Note{Reason: "Invoice " + c.Number + " was paid after all"}})
		if err != nil {
			return at, 0, err
		}
		at = r.Postings[0].ID
		repaid, _ = purchase.Settled(c.Clawed, before.Debt)
		c.Clawed = 0
	}
	return at, repaid, nil
}

// record writes the purchase that a paid charge has become.
func (s *Service) record(t tx.Tx, c *Charge, terms Terms, in Invoice, repaid money.Credits, at ledger.PostingID) (*purchase.Purchase, error) {
	sale := terms.Sells
	brand, last4 := c.paidWith(in)
	p := &purchase.Purchase{
		Customer: c.Customer, Pack: sale.Pack, PackName: sale.Name, CreditType: sale.CreditType, Credits: sale.Credits, Price: c.Price,
		ExpiresAfterDays: sale.ExpiresAfterDays, PaymentIntent: in.Payment, Total: in.Total, Tax: in.Tax, ReceiptURL: c.ReceiptURL,
		CardBrand: brand, CardLast4: last4, TermsVersion: sale.Version, Address: sale.Address, CreatedBy: c.Owner.ID, Grant: c.Grant, DebtRepaid: repaid,
		CreatedAt: c.CreatedAt, Bonus: sale.Bonus, BonusDays: sale.BonusDays,
	}
	if c.Number != "" && c.Collection == Send {
		p.PackName += " (invoice " + c.Number + ")"
	}
	if p.ReceiptURL == "" {
		p.ReceiptURL = c.URL
	}
	if err := s.Purchases.RecordPaidIn(t, p, string(c.Owner.Of)+"/"+c.Owner.ID, at); err != nil {
		return nil, err
	}
	if err := s.Purchases.NoteCurrencyIn(t, p, in.Took); err != nil {
		return nil, err
	}
	return p, s.explain(t, c, terms, p)
}

// paidWith is what paid a charge, as purchases call it. What was paid on Stripe's page
// with another payment method is the charge's from then on.
func (c *Charge) paidWith(in Invoice) (brand, last4 string) {
	brand, last4 = c.Method.Brand, c.Method.Last4
	if in.CardBrand != "" || in.CardLast4 != "" {
		brand, last4 = in.CardBrand, in.CardLast4
	}
	switch {
	case in.MethodType != "" && (in.MethodType != c.Method.Type || last4 != c.Method.Last4):
		c.Method = Method{Type: in.MethodType, Last4: last4}
		if in.MethodType == card.Card {
			c.Method.Brand = brand
		}
	case c.Collection == Send: // nobody chose it before
		c.Method.Brand, c.Method.Last4 = brand, last4
	}
	return brand, last4
}

// explain keeps how the price came about, where the pack's price still says the same,
// and what the invoice says.
func (s *Service) explain(t tx.Tx, c *Charge, terms Terms, p *purchase.Purchase) error {
	q := &purchase.Quote{Purchase: p.ID, Customer: p.Customer, PONumber: terms.PONumber, InvoiceNumber: c.Number, InvoiceURL: c.URL}
	if len(terms.Lines) > 0 {
		q.TaxBehavior, q.TaxCode = terms.Lines[0].TaxBehavior, terms.Lines[0].TaxCode
	}
	if pack := s.Catalog.Snapshot().Pack(terms.Sells.Pack); pack != nil && pack.Any != nil {
		if now, err := catalog.Quote(pack, terms.Sells.Credits, c.Price.Currency); err == nil && now.Price == c.Price {
			q.Lines = now.Lines
		}
	}
	return s.Purchases.Store.PutQuote(t, q)
}

// takeBack takes credits that were given on issue and will not be paid: what is
// unused goes, what was used becomes debt. What expired unused, and what staff voided
// or took by an adjustment, is neither.
func (s *Service) takeBack(t tx.Tx, c *Charge) error {
	if c.Grant == 0 || c.Clawed > 0 {
		return nil
	}
	terms, err := s.kinds[c.Owner.Of].Terms(t, c)
	if err != nil {
		return err
	}
	key := ledger.WalletKey{Customer: c.Customer, CreditType: terms.Sells.CreditType}
	if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Settle{Wallet: key}}); err != nil {
		return err
	}
	lot, _, err := s.Ledger.Grant(t, c.Customer, c.Grant)
	if err != nil {
		return err
	}
	owed := terms.Sells.Credits - lot.Lapsed - lot.Taken()
	if owed <= 0 {
		return nil
	}
	_, err = s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Clawback{Grants: []ledger.GrantID{c.Grant}, Credits: owed, Kind: ledger.PostRefund, Ref: c.Owner.ID, Money: lot.Paid},
		Note: ledger.Note{Reason: "Invoice " + c.Number + " was not paid"}})
	if err != nil {
		return fmt.Errorf("taking back %s: %w", c.Owner.ID, err)
	}
	c.Clawed = owed
	return nil
}
