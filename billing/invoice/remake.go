package invoice

import (
	"context"

	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/tx"
)

// CustomerGone looks at what a customer has to pay, now that Stripe has deleted it.
func (s *Service) CustomerGone(ctx context.Context, customer string) error {
	return s.Charges.CustomerGone(ctx, charge.OfInvoice, customer)
}

// Remake tries once more to void an invoice of a customer that is gone at Stripe
// and to make it again, after Stripe has refused that.
func (s *Service) Remake(ctx context.Context, by audit.Actor, invoiceID string) (*Invoice, error) {
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.get(t, invoiceID)
		switch {
		case err != nil:
			return err
		case in.State() != Open || in.Charge.Remake != charge.RemakeRefused:
			return fault.New(fault.Conflict, "not_refused", "", "This invoice does not wait to be made again.")
		case in.AmountPaid > 0:
			return fault.New(fault.Conflict, "part_paid", "", "A part of it was paid. Record the rest or refund the part in Stripe, and void it here.")
		case in.Doing != "":
			return nil
		}
		if err := s.Charges.RemakeIn(t, &in.Charge); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.remake", Object: in.ID})
	})
	if err != nil {
		return nil, err
	}
	return s.run(ctx, invoiceID)
}
