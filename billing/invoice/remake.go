package invoice

import (
	"context"
	"time"

	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/tx"
)

// Remake is how far an invoice is whose customer was deleted at Stripe: nobody can
// be reminded of it there, and no card of it can be charged. It is voided and, once
// that is certain, made again for Stripe's new customer: the same invoice here,
// whose credits stay as they are. One that is paid meanwhile is not made again.
type Remake string

const (
	RemakeNone    Remake = ""
	RemakeVoiding Remake = "voiding" // Stripe is to void it
	RemakeMaking  Remake = "making"  // it is void, and being made again
	RemakeRefused Remake = "refused" // Stripe did not void it: staff has to look
)

// CustomerGone looks at what a customer has to pay, now that Stripe has deleted it.
func (s *Service) CustomerGone(ctx context.Context, customer string) error {
	var open []*Invoice
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		open = open[:0]
		for before := ""; ; {
			page, err := s.Store.List(t, customer, "", Open, before, 100)
			if err != nil {
				return err
			}
			for _, in := range page {
				before = in.ID
				if in.Doing != nothing { // its answer leads on
					continue
				}
				open = append(open, in)
				if err := s.wakeIn(t, in); err != nil {
					return err
				}
			}
			if len(page) < 100 {
				return nil
			}
		}
	})
	for _, in := range open {
		if one := s.Run(ctx, in.ID); one != nil { // its job tries again
			s.Log.Warn("an invoice of a customer that was deleted at Stripe waits for Stripe", "invoice", in.ID, "error", one)
		}
	}
	return err
}

// remakeIn begins to void an open invoice of a customer that is gone, and commits
// that first. What a bank is paying at this moment is left to the bank.
func (s *Service) remakeIn(t tx.Tx, in *Invoice, at charge.Invoice) error {
	switch {
	case !at.CustomerGone || in.State != Open || in.Processing || in.Doing != nothing || in.Want != nothing:
		return nil
	case in.Remake != RemakeNone && in.Remake != RemakeVoiding:
		return nil
	case in.AmountPaid > 0: // what was paid of it must not be lost
		in.Remake = RemakeRefused
		return s.Store.Update(t, in)
	}
	in.Remake, in.Doing, in.SentAt = RemakeVoiding, remake, time.Time{}
	in.DoingN++
	return s.wakeIn(t, in)
}

// makeAgain goes on with an invoice that is void at Stripe and is to be made again.
func (s *Service) makeAgain(t tx.Tx, in *Invoice, was charge.Invoice) error {
	before := says(in)
	if was := TaxExempt(was.TaxExempt); in.TaxExempt == TaxAsIs && was != TaxNone { // the new customer knows nothing of it
		in.TaxExempt = was
	}
	in.Replaces, in.ReplacesNumber, in.RemadeAt = in.Stripe, in.Number, t.Now()
	in.Remake = RemakeMaking
	in.solved()
	if in.Collection == Charge {
		in.Card, in.Tries = Card{}, MaxTries // it went with the customer
	}
	if err := s.anew(t, in); err != nil {
		return err
	}
	s.Log.Warn("an invoice's customer was deleted at Stripe; it is made again", "invoice", in.ID, "voided", in.Replaces)
	return s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: in.Customer, Action: "invoice.remade", Object: in.ID, Before: before})
}

// anew commits that Stripe is to make the invoice, under a key that it was never
// asked for under.
func (s *Service) anew(t tx.Tx, in *Invoice) error {
	in.Stripe, in.URL, in.PaymentIntent, in.StripeCustomer = "", "", "", ""
	in.Remakes++
	in.State, in.Doing, in.SentAt, in.Unknowns = Issuing, issue, time.Time{}, 0
	in.DoingN++
	return s.wakeIn(t, in)
}

// Remake tries once more to void an invoice of a customer that is gone at Stripe
// and to make it again, after Stripe has refused that.
func (s *Service) Remake(ctx context.Context, by audit.Actor, invoiceID string) (*Invoice, error) {
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.get(t, invoiceID)
		switch {
		case err != nil:
			return err
		case in.State != Open || in.Remake != RemakeRefused:
			return fault.New(fault.Conflict, "not_refused", "", "This invoice does not wait to be made again.")
		case in.AmountPaid > 0:
			return fault.New(fault.Conflict, "part_paid", "", "A part of it was paid. Record the rest or refund the part in Stripe, and void it here.")
		case in.Doing != nothing:
			return nil
		}
		in.Remake = RemakeVoiding
		in.solved()
		if err := s.wakeIn(t, in); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.remake", Object: in.ID})
	})
	if err != nil {
		return nil, err
	}
	return s.run(ctx, invoiceID)
}

// Refused counts the invoices of customers that are gone at Stripe which Stripe did
// not void: staff has to look at them.
func (s *Service) Refused(t tx.Tx) (int, error) { return s.Store.CountRemakes(t, RemakeRefused) }
