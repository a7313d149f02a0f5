package charge

import (
	"context"
	"time"

	"purse/billing/tx"
)

// Remake is how far a charge is whose customer was deleted at Stripe: nobody can
// be reminded of it there, and no card of it can be charged. Its invoice is voided and,
// once that is certain, made again for Stripe's new customer: the same charge here,
// whose credits stay as they are. One that is paid meanwhile is not made again.
type Remake string

const (
	RemakeNone    Remake = ""
	RemakeVoiding Remake = "voiding" // Stripe is to void it
	RemakeMaking  Remake = "making"  // it is void, and being made again
	RemakeRefused Remake = "refused" // Stripe did not void it: staff has to look
)

// CustomerGone looks at what a customer has to pay of a kind, now that Stripe has
// deleted it.
func (s *Service) CustomerGone(ctx context.Context, of Of, customer string) error {
	var open []Owner
	err := s.Runner.Update(ctx, func(t tx.Tx) (err error) {
		if open, err = s.Store.Payable(t, of, customer); err != nil {
			return err
		}
		for _, o := range open {
			c, err := s.Store.Charge(t, o)
			if err != nil {
				return err
			}
			if c.Doing == nothing { // or else its answer leads on
				if err := s.wakeIn(t, c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	for _, o := range open {
		if one := s.Run(ctx, o); one != nil { // its job tries again
			s.Log.Warn("a charge of a customer that was deleted at Stripe waits for Stripe", string(o.Of), o.ID, "error", one)
		}
	}
	return err
}

// remakeIn begins to void the open invoice of a customer that is gone, and commits
// that first. What a bank is paying at this moment is left to the bank.
func (s *Service) remakeIn(t tx.Tx, c *Charge, in Invoice) error {
	switch {
	case !in.CustomerGone || !c.Payable() || c.State == Uncollectible || c.Doing != nothing || c.Want != nothing || c.GiveUp != "":
		return nil
	case s.kinds[c.Owner.Of].Remade == nil, c.Remake != RemakeNone && c.Remake != RemakeVoiding:
		return nil
	case c.AmountPaid > 0: // what was paid of it must not be lost
		c.Remake = RemakeRefused
		return s.Store.Update(t, c)
	}
	c.Remake = RemakeVoiding
	c.do(actRemake)
	return s.wakeIn(t, c)
}

// RemakeIn tries once more to void the invoice of a customer that is gone at Stripe
// and to make it again, after Stripe has refused that.
func (s *Service) RemakeIn(t tx.Tx, c *Charge) error {
	c.Remake = RemakeVoiding
	c.solved()
	return s.wakeIn(t, c)
}

// makeAgain goes on with a charge whose invoice is void at Stripe and is to be made again.
func (s *Service) makeAgain(t tx.Tx, c *Charge, was Invoice) error {
	c.Replaces, c.ReplacesNumber, c.RemadeAt = c.Invoice, c.Number, t.Now()
	c.Remake = RemakeMaking
	c.solved()
	if c.Collection == Auto {
		c.Method, c.Tries = Method{}, 0 // it went with the customer
	}
	if err := s.anew(t, c); err != nil {
		return err
	}
	s.Log.Warn("an invoice's customer was deleted at Stripe; it is made again", string(c.Owner.Of), c.Owner.ID, "voided", c.Replaces)
	if err := s.kinds[c.Owner.Of].Remade(t, c, was); err != nil {
		return err
	}
	return s.Store.Update(t, c)
}

// anew commits that Stripe is to make the invoice, under a key that it was never
// asked for under.
func (s *Service) anew(t tx.Tx, c *Charge) error {
	c.Invoice, c.URL, c.PaymentIntent, c.StripeCustomer = "", "", "", ""
	c.Remakes++
	c.State, c.SentAt, c.Unknowns = Issuing, time.Time{}, 0
	c.do(actIssue)
	return s.wakeIn(t, c)
}

// Refused counts the charges of customers that are gone at Stripe whose invoices Stripe
// did not void: staff has to look at them.
func (s *Service) Refused(t tx.Tx) (int, error) { return s.Store.CountRemakes(t, RemakeRefused) }
