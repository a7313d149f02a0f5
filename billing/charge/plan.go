package charge

import (
	"time"

	"purse/billing/tx"
)

// plan decides the next call. Where it answers one, the charge says that it is about to
// be made, and is still to be stored; where it answers none, what changed is stored.
func (s *Service) plan(t tx.Tx, c *Charge) (Act, error) {
	now := t.Now()
	if c.State.Final() || c.State == Draft {
		if c.NextAt.IsZero() {
			return nothing, nil
		}
		return nothing, s.put(t, c, time.Time{})
	}
	if err := s.tellOverdue(t, c); err != nil {
		return nothing, err
	}
	if err := s.ask(t, c, false); err != nil {
		return nothing, err
	}
	if c.Doing == nothing {
		if act, err := s.begin(t, c); c.Doing == nothing || err != nil {
			return act, err
		}
	}
	old := !c.SentAt.IsZero() && c.SentAt.Add(KeyLife).Before(now) // the key is too old to be sent again
	switch {
	case c.Doing == actIssue && c.GiveUp != "" && c.SentAt.IsZero():
		return nothing, s.end(t, c, Void)
	case c.Doing == actIssue && c.GiveUp != "" && now.Before(c.UpdatedAt.Add(lostAnswer)):
		c.NextAt = c.UpdatedAt.Add(lostAnswer) // what was sent may still be done
		return nothing, s.Store.Update(t, c)
	case c.Doing == actIssue && (old || c.GiveUp != ""): // it may be there, and could be paid
		c.due(now, c.backoff(now))
		return actFind, nil
	case old, c.Paying() && (c.GiveUp != "" || c.Want == ActVoid):
		c.due(now, c.backoff(now))
		return actLook, nil
	}
	if c.SentAt.IsZero() {
		c.SentAt = now
	}
	c.due(now, c.backoff(now))
	return c.Doing, nil // the same key and parameters again
}

// due notes when to go on.
func (c *Charge) due(now, next time.Time) { c.NextAt, c.UpdatedAt = next, now }

// begin decides what is done next where nothing is being done: Doing says it, or else the
// look that it answers.
func (s *Service) begin(t tx.Tx, c *Charge) (Act, error) {
	now := t.Now()
	if c.State == Open && c.Collection == Auto && c.GiveUp == "" && c.repairedUntil().Before(now) {
		c.GiveUp = TooLate
	}
	switch {
	case c.Processing: // a bank has it: it can be neither sent again nor voided
		c.due(now, now.Add(lookDebit))
		return actLook, nil
	case c.Want != nothing:
		c.do(c.Want)
		c.Want = nothing
	case c.GiveUp != "" && c.Invoice == "":
		return nothing, s.end(t, c, Void)
	case c.GiveUp != "":
		c.do(ActVoid)
	case c.State == Issuing:
		c.do(actIssue)
	case c.State == Charging, c.State == Retrying && !c.RetryAt.After(now):
		// A payment that has not been sent yet: is it still wanted?
		if err := s.ask(t, c, true); err != nil {
			return nothing, err
		}
		if c.GiveUp != "" {
			c.do(ActVoid)
			break
		}
		c.State = Charging
		c.Pays++
		c.do(actPay)
	case c.NextAt.After(now):
	default:
		c.due(now, s.next(t, c))
		return actLook, nil
	}
	return nothing, nil
}

// ask lets the kind give a charge up.
func (s *Service) ask(t tx.Tx, c *Charge, pay bool) error {
	wanted := s.kinds[c.Owner.Of].Wanted
	if wanted == nil || c.GiveUp != "" {
		return nil
	}
	why, err := wanted(t, c, pay)
	c.GiveUp = why
	return err
}

// tellOverdue says once that the day has passed.
func (s *Service) tellOverdue(t tx.Tx, c *Charge) error {
	if !c.Overdue(t.Now()) || !c.OverdueAt.IsZero() {
		return nil
	}
	c.OverdueAt = t.Now()
	if tell := s.kinds[c.Owner.Of].Overdue; tell != nil {
		if err := tell(t, c); err != nil {
			return err
		}
	}
	return s.Store.Update(t, c)
}

// end ends a charge without money.
func (s *Service) end(t tx.Tx, c *Charge, as State) error {
	before := c.State
	c.State, c.FinishedAt, c.Processing = as, t.Now(), false
	c.Doing, c.Want, c.Remake, c.Unknowns = nothing, nothing, RemakeNone, 0
	if err := s.takeBack(t, c); err != nil {
		return err
	}
	if err := s.put(t, c, time.Time{}); err != nil {
		return err
	}
	return s.changed(t, c, before)
}

// changed tells the kind of a change.
func (s *Service) changed(t tx.Tx, c *Charge, before State) error {
	tell := s.kinds[c.Owner.Of].Changed
	if tell == nil {
		return nil
	}
	if err := tell(t, c, before); err != nil {
		return err
	}
	return s.Store.Update(t, c)
}
