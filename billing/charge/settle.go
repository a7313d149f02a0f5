package charge

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/tx"
)

// settle brings a charge to where Stripe's invoice is. A look that is older than what is
// written takes nothing back.
func (s *Service) settle(t tx.Tx, c *Charge, in Invoice) error {
	if c.State.Final() && in.Status != "paid" {
		return nil
	}
	if in.Status == "void" && c.Remake == RemakeVoiding && c.Want != ActVoid {
		return s.makeAgain(t, c, in)
	}
	if c.Invoice == "" {
		c.Invoice = in.ID
	}
	asked := c.Processing
	c.note(in)
	switch {
	case in.Status == "paid":
		return s.paid(t, c, in)
	case in.Status == "void":
		return s.end(t, c, Void)
	case in.Status == "uncollectible":
		return s.uncollectible(t, c)
	case in.Status == "open" && (c.State == Issuing || c.State == Draft):
		return s.opened(t, c, in)
	case asked && !c.Processing && c.Collection == Auto: // the bank refused to be debited
		c.SentAt = t.Now() // from now on it can be repaired
		return s.declinedIn(t, c, in.DebitDeclined())
	case c.Processing && !asked:
		s.debiting(t, c, in)
	}
	if err := s.put(t, c, s.next(t, c)); err != nil {
		return err
	}
	return s.remakeIn(t, c, in)
}

// next is when to look again at what was looked at now.
func (s *Service) next(t tx.Tx, c *Charge) time.Time {
	now := t.Now()
	switch {
	case c.Processing:
		return now.Add(lookDebit)
	case c.Doing != nothing:
		return c.NextAt
	case c.State == Charging, c.GiveUp != "" && c.State.UnderWay():
		return now
	}
	next := now.Add(lookEvery)
	if c.State == Retrying && c.RetryAt.Before(next) {
		return c.RetryAt
	}
	if due := c.DueAt.Add(grace); !c.DueAt.IsZero() && c.OverdueAt.IsZero() && due.Before(next) && due.After(now) {
		next = due
	}
	return next
}

// note keeps what Stripe's invoice says about itself and its payment.
func (c *Charge) note(in Invoice) {
	c.Number, c.URL, c.Total, c.Tax = in.Number, in.URL, in.Total, in.Tax
	c.AmountPaid = max(c.AmountPaid, in.AmountPaid)
	older := c.Processing && in.Status == "open" && in.Payment == c.PaymentIntent && !in.DebitRefused()
	c.Processing = in.Debiting() || older
	if in.Payment != "" {
		c.PaymentIntent = in.Payment
	}
	if in.ReceiptURL != "" {
		c.ReceiptURL = in.ReceiptURL
	}
	if !in.DueAt.IsZero() {
		c.DueAt = in.DueAt
	}
	if in.Status == "open" && in.FailureMessage != "" && in.PaymentStatus == "requires_payment_method" {
		c.fault(CauseDeclined, in.FailureMessage)
	}
}

// debiting notes that a bank has been asked: it takes its time, and the answer comes as
// an event, or is looked for.
func (s *Service) debiting(t tx.Tx, c *Charge, in Invoice) {
	paying := c.Paying()
	if paying {
		c.Doing = nothing
	}
	c.Unknowns = 0
	if c.Collection != Auto {
		return
	}
	if !paying { // the customer lets it debit an account, on Stripe's page
		c.SentAt = t.Now()
		if in.MethodType != "" {
			c.Method = Method{Type: in.MethodType, Last4: in.CardLast4}
		}
	}
	c.State = Charging
}

// mismatch says what of an invoice differs from what was asked for.
func (s *Service) mismatch(t tx.Tx, c *Charge, in Invoice) string {
	customer, err := s.Accounts.CustomerIn(t, c.Customer)
	whose := false
	if err == nil {
		whose, err = s.Accounts.IsStripeCustomerIn(t, customer, in.StripeCustomer)
	}
	if err != nil {
		return "the customer cannot be read: " + err.Error()
	}
	if in.ID != c.Invoice {
		return "a second invoice of one was paid: refund it"
	}
	return in.Mismatch(Asked{Owner: c.Owner, Installation: s.Installation, Customer: c.Customer, Price: c.Price, Livemode: s.Livemode, Whose: whose})
}

// opened writes that the invoice is there, what follows, and gives the credits if that
// was agreed.
func (s *Service) opened(t tx.Tx, c *Charge, in Invoice) error {
	before := c.State
	c.Remake = RemakeNone
	if c.IssuedAt.IsZero() { // what is made again was issued when it first was
		c.IssuedAt = t.Now()
	}
	c.solved()
	c.State = Charging
	if c.Collection == Send || c.Method.ID == "" {
		c.State = Open
	}
	kind := s.kinds[c.Owner.Of]
	if differs := s.mismatch(t, c, in); differs != "" {
		s.Log.Error("an invoice is not what was asked for; it is voided", string(c.Owner.Of), c.Owner.ID, "problem", differs)
		c.GiveUp = Differs // nobody may pay it
		c.fault(CauseDiffers, differs)
	} else if err := s.asked(t, c, kind, in); err != nil {
		return err
	}
	if err := s.put(t, c, s.next(t, c)); err != nil {
		return err
	}
	if err := s.changed(t, c, before); err != nil {
		return err
	}
	if c.GiveUp != "" || c.Collection == Auto && c.Method.ID != "" && !in.CustomerGone {
		return nil
	}
	if err := s.remakeIn(t, c, in); err != nil || c.Doing != nothing || c.Collection != Send {
		return err
	}
	c.do(actSend)
	return s.put(t, c, t.Now())
}

// asked goes on with an invoice that is what was asked for.
func (s *Service) asked(t tx.Tx, c *Charge, kind Kind, in Invoice) error {
	if c.State == Open && c.Collection == Auto { // it is paid on Stripe's page
		c.fault(CauseNoMethod, MethodGone)
	}
	if kind.Made != nil && c.GiveUp == "" {
		why, err := kind.Made(t, c)
		if c.GiveUp = why; err != nil || why != "" {
			return err
		}
	}
	terms, err := kind.Terms(t, c)
	if err != nil || !terms.Sells.OnIssue || c.Grant != 0 {
		return err
	}
	r, err := s.grant(t, c, terms.Sells, ledger.Committed, in)
	c.Grant = r.Grant
	return err
}

// paid grants what was paid for, once: the ledger knows the key, and the database lets a
// source make one grant. It does so whatever state the charge was in: what was paid for
// is there. Credits that were given on issue stay, and come back if they had been taken.
func (s *Service) paid(t tx.Tx, c *Charge, in Invoice) error {
	if c.State == Paid {
		return nil
	}
	before := c.State
	if problem := s.mismatch(t, c, in); problem != "" {
		s.Log.Error("a paid invoice is not what was asked for; nothing is granted", string(c.Owner.Of), c.Owner.ID, "problem", problem)
		c.fault(CauseDiffers, "Paid, and not granted: "+problem)
		c.Doing, c.Processing = nothing, false
		if err := s.put(t, c, time.Time{}); err != nil {
			return err
		}
		return s.changed(t, c, before)
	}
	terms, err := s.kinds[c.Owner.Of].Terms(t, c)
	if err != nil {
		return err
	}
	at, repaid, err := s.give(t, c, terms.Sells, in)
	if err != nil {
		return err
	}
	c.State, c.FinishedAt, c.AmountPaid, c.Processing = Paid, t.Now(), in.AmountPaid, false
	c.Doing, c.Want, c.Remake, c.GiveUp, c.Unknowns = nothing, nothing, RemakeNone, "", 0
	c.solved()
	p, err := s.record(t, c, terms, in, repaid, at)
	if err != nil {
		return err
	}
	c.Purchase = p.ID
	if err := s.put(t, c, time.Time{}); err != nil {
		return err
	}
	if err := s.kinds[c.Owner.Of].Settled(t, c, p, at); err != nil {
		return err
	}
	return s.Store.Update(t, c)
}

// uncollectible writes that a charge was given up at Stripe, where it can still be paid.
func (s *Service) uncollectible(t tx.Tx, c *Charge) error {
	before := c.State
	if before == Uncollectible {
		return s.put(t, c, s.next(t, c))
	}
	c.State, c.Remake = Uncollectible, RemakeNone
	if c.Doing == ActUncollectible {
		c.Doing = nothing
	}
	if err := s.takeBack(t, c); err != nil {
		return err
	}
	if err := s.put(t, c, s.next(t, c)); err != nil {
		return err
	}
	return s.changed(t, c, before)
}
