package invoice

import (
	"context"

	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// Kind says how invoices are collected, and who is told of it.
func (s *Service) Kind() charge.Kind {
	return charge.Kind{
		Terms:    s.terms,
		Settled:  s.settled,
		Declined: s.declined,
		Changed:  s.moved, Sent: s.sent, Overdue: s.overdue, Remade: s.remade,
	}
}

// Run takes an invoice as far as it goes now: see charge.Service.Run.
func (s *Service) Run(ctx context.Context, invoiceID string) error {
	return s.Charges.Run(ctx, owner(invoiceID))
}

// of answers the invoice that a charge is of, with the charge as it is now.
func (s *Service) of(t tx.Tx, c *charge.Charge) (*Invoice, error) {
	in, err := s.Store.Invoice(t, c.Owner.ID)
	if err == nil {
		in.Charge = *c
	}
	return in, err
}

func (s *Service) terms(t tx.Tx, c *charge.Charge) (charge.Terms, error) {
	in, err := s.of(t, c)
	if err != nil {
		return charge.Terms{}, err
	}
	behavior, code := s.taxOf(s.Catalog.Snapshot().Pack(in.Pack))
	return charge.Terms{
		Lines: []charge.Line{{Description: in.Name, Price: in.Price, TaxBehavior: behavior, TaxCode: code}}, Memo: in.Memo, PONumber: in.PONumber,
		NetDays: in.NetDays, TaxExempt: string(in.TaxExempt),
		Sells: charge.Sale{
			Pack: in.Pack, Name: in.Name, CreditType: in.CreditType, Credits: in.Credits, ExpiresAfterDays: in.ExpiresAfterDays, Bonus: in.Bonus, BonusDays: in.BonusDays,
			OnIssue: in.OnIssue,
		},
	}, nil
}

// taxOf is how a price stands to tax: what staff agrees on (no pack) is a price
// before tax; a pack says itself.
func (s *Service) taxOf(pack *catalog.Pack) (behavior, code string) {
	if pack != nil {
		return s.Purchases.TaxOf(pack)
	}
	_, code = s.Purchases.TaxOf(&catalog.Pack{})
	return "exclusive", code
}

func (s *Service) settled(t tx.Tx, c *charge.Charge, _ *purchase.Purchase, _ ledger.PostingID) error {
	in, err := s.of(t, c)
	if err != nil {
		return err
	}
	if err := s.Events.Append(t, event.InvoicePaid, in.Customer, 0, 0, eventOf(in)); err != nil {
		return err
	}
	return s.changed(t, in)
}

func (s *Service) declined(t tx.Tx, c *charge.Charge, _ *outcome.Declined) error {
	in, err := s.of(t, c)
	if err != nil {
		return err
	}
	return s.changed(t, in)
}

// moved tells of what an invoice has come to.
func (s *Service) moved(t tx.Tx, c *charge.Charge, before charge.State) error {
	in, err := s.of(t, c)
	if err != nil {
		return err
	}
	if c.State == charge.Void && c.GiveUp == charge.TooLate {
		in.Reason = "Nobody paid it in time."
		if err := s.Store.Update(t, in); err != nil {
			return err
		}
	}
	if was := stateOf(before); was != in.State() {
		issued := event.InvoiceIssued
		if in.Replaces != "" {
			issued = event.InvoiceReissued
		}
		if name := map[State]string{Open: issued, Void: event.InvoiceVoided, Uncollectible: event.InvoiceUncollectible}[in.State()]; name != "" {
			if err := s.Events.Append(t, name, in.Customer, 0, 0, eventOf(in)); err != nil {
				return err
			}
		}
		if in.State() == Open && in.Cause == charge.CauseNoMethod { // it is paid on Stripe's page, and Stripe does not mail it
			if err := s.mailCustomer(t, in); err != nil {
				return err
			}
		}
	}
	return s.changed(t, in)
}

// sent lets the further recipients know.
func (s *Service) sent(t tx.Tx, c *charge.Charge) error {
	in, err := s.of(t, c)
	if err != nil {
		return err
	}
	for _, to := range in.Recipients {
		if err := s.mailTo(t, in, to, false); err != nil {
			return err
		}
	}
	return nil
}

// overdue says once that the day has passed.
func (s *Service) overdue(t tx.Tx, c *charge.Charge) error {
	in, err := s.of(t, c)
	if err != nil {
		return err
	}
	if err := s.Events.Append(t, event.InvoiceOverdue, in.Customer, 0, 0, eventOf(in)); err != nil {
		return err
	}
	customer, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil {
		return err
	}
	for _, to := range append([]string{customer.Email}, in.Recipients...) {
		if err := s.mailTo(t, in, to, true); err != nil {
			return err
		}
	}
	return nil
}

// remade keeps for Stripe's new customer what it knew of the former one's tax.
func (s *Service) remade(t tx.Tx, c *charge.Charge, was charge.Invoice) error {
	in, err := s.of(t, c)
	if err != nil {
		return err
	}
	before := says(in)
	if was := TaxExempt(was.TaxExempt); in.TaxExempt == TaxAsIs && was != TaxNone {
		in.TaxExempt = was
		if err := s.Store.Update(t, in); err != nil {
			return err
		}
	}
	return s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: in.Customer, Action: "invoice.remade", Object: in.ID, Before: before})
}
