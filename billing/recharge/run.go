package recharge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/outcome"
	"purse/billing/tx"
	"purse/billing/words"
)

func (s *Service) runJob(ctx context.Context, j job.Job) error {
	var id string
	if err := j.Decode(&id); err != nil {
		return job.Permanent(err)
	}
	return s.Run(ctx, id)
}

// Run takes a recharge as far as it goes now: to paid, to a decline, or to an
// answer that has to be waited for. It may be called at any time, in any state:
// called while this process is at the recharge, it makes that run go once more,
// for what it has read may be older than what the caller wrote.
func (s *Service) Run(ctx context.Context, rechargeID string) error {
	if !s.take(rechargeID) {
		return nil
	}
	for {
		wanted, err := s.steps(ctx, rechargeID)
		if err != nil || !wanted {
			return err
		}
	}
}

// steps goes as far as it can and gives the recharge back, unless it is wanted
// once more.
func (s *Service) steps(ctx context.Context, id string) (wanted bool, err error) {
	well := false // a panic gives it back too
	defer func() { wanted = s.release(id, well) }()
	for more, i := true, 0; more && i < 8; i++ {
		if more, err = s.step(ctx, id); err != nil {
			return false, err
		}
	}
	well = true
	return false, nil
}

// take says whether the recharge is the caller's now; if not, who has it goes
// once more.
func (s *Service) take(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, busy := s.busy[id]
	s.busy[id] = busy
	return !busy
}

// release gives the recharge back, or keeps it when it was wanted meanwhile and
// the caller can go on.
func (s *Service) release(id string, canGoOn bool) (keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if keep = canGoOn && s.busy[id]; keep {
		s.busy[id] = false
	} else {
		delete(s.busy, id)
	}
	return keep
}

// what a step does at Stripe.
type act int

const (
	nothing act = iota
	again       // look at the row again
	prepare
	find
	look
	pay
	void
)

// step commits what is about to be sent, sends it, and writes what came of it.
func (s *Service) step(ctx context.Context, id string) (more bool, err error) {
	var do act
	var r *Recharge
	var params charge.Terms
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if r, err = s.Store.Recharge(t, id); err != nil {
			return err
		}
		p, err := s.Store.PolicyByID(t, r.Policy)
		if err != nil {
			return err
		}
		if do, err = s.plan(t, r, p); err != nil || do == nothing {
			return err
		}
		params, err = s.params(t, r)
		return err
	})
	if err != nil {
		return false, err
	}
	switch do {
	case nothing:
		return false, nil
	case again:
		return true, nil
	case prepare:
		s.tellBilling(ctx, r.Customer)
		in, err := s.Gateway.PrepareInvoice(ctx, params, r.Invoice, r.ID)
		return s.prepared(ctx, r, in, err)
	case find:
		in, ok, err := s.Gateway.FindInvoice(ctx, params, r.CreatedAt.Add(-time.Hour))
		return s.found(ctx, r, in, ok, err)
	case look:
		in, err := s.Gateway.Invoice(ctx, r.Invoice)
		return s.looked(ctx, r, in, err)
	case void:
		err := s.Gateway.VoidInvoice(ctx, r.Invoice, r.ID+":void")
		return s.voided(ctx, r, err)
	}
	in, err := s.Gateway.PayInvoice(ctx, r.Invoice, r.Method.ID, fmt.Sprintf("%s:pay:%d", r.ID, r.Pays))
	return s.afterPay(ctx, r, in, err)
}

func (s *Service) params(t tx.Tx, r *Recharge) (charge.Terms, error) {
	c, err := s.Accounts.CustomerIn(t, r.Customer)
	if err != nil {
		return charge.Terms{}, err
	}
	details, err := s.Accounts.BillingIn(t, r.Customer)
	if err != nil {
		return charge.Terms{}, err
	}
	behavior, code := s.taxOf(r)
	what := r.PackName
	if r.Quantity > 1 {
		what = fmt.Sprintf("%d × %s", r.Quantity, what)
	}
	what += ", automatic recharge"
	return charge.Terms{
		Owner: owner(r), Customer: r.Customer, Installation: s.Installation, StripeCustomer: c.StripeCustomerID, Currency: r.Price.Currency,
		Lines: []charge.Line{{Description: what, Price: r.Price, TaxBehavior: behavior, TaxCode: code}}, Memo: what, PONumber: details.PONumber,
		Method: r.Method.ID, Types: r.Types, AutomaticTax: s.AutomaticTax,
	}, nil
}

// owner is what the invoice of a recharge is for.
func owner(r *Recharge) charge.Owner { return charge.Owner{Of: charge.OfRecharge, ID: r.ID} }

// plan decides the next call, and writes that it is about to be made.
func (s *Service) plan(t tx.Tx, r *Recharge, p *Policy) (act, error) {
	now := t.Now()
	if !r.State.Open() {
		return nothing, nil
	}
	if r.GiveUp == "" {
		switch {
		case p.State == Off:
			r.GiveUp = TurnedOff
		case p.State == Paused && stops(p.Reason):
			r.GiveUp = p.Reason
		case r.State == Waiting && r.repairedUntil().Before(now):
			r.GiveUp = TooLate
		}
	}
	switch {
	case r.Processing: // a bank has it: it can be neither sent again nor voided
		return look, s.put(t, r, now.Add(lookDebit))
	case r.Paying && r.SentAt.Add(KeyLife).Before(now):
		return look, s.put(t, r, r.backoff(now)) // the key is too old to be sent again
	case r.Paying && r.GiveUp != "":
		return look, s.put(t, r, r.backoff(now))
	case r.Paying:
		return pay, s.put(t, r, r.backoff(now)) // the same key and parameters again
	case r.GiveUp != "" && r.Invoice == "" && r.SentAt.IsZero():
		return nothing, s.finishUnpaid(t, r, p, Voided, r.GiveUp, "")
	case r.GiveUp != "" && r.Invoice == "" && now.Before(r.UpdatedAt.Add(lostAnswer)):
		r.NextAt = r.UpdatedAt.Add(lostAnswer) // what was sent may still be done
		return nothing, s.Store.Update(t, r)
	case r.GiveUp != "" && r.Invoice == "":
		return find, s.put(t, r, r.backoff(now)) // it may be there, and could be paid
	case r.GiveUp != "":
		return void, s.put(t, r, r.backoff(now))
	case r.Invoice == "" && !r.SentAt.IsZero() && r.SentAt.Add(KeyLife).Before(now):
		return find, s.put(t, r, r.backoff(now))
	case r.Invoice == "":
		if r.SentAt.IsZero() {
			r.SentAt = now
		}
		return prepare, s.put(t, r, r.backoff(now))
	case r.State == Waiting:
		return look, s.put(t, r, now.Add(time.Hour))
	case r.State == Retrying && r.NextAt.After(now):
		return nothing, nil
	}
	// A payment that has not been sent yet: is it still wanted?
	b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: r.Customer, CreditType: r.CreditType})
	if err != nil {
		return nothing, err
	}
	if b.Available > p.Threshold {
		r.GiveUp = NotNeeded
		return again, s.put(t, r, now)
	}
	r.State, r.Paying, r.SentAt, r.Unknowns = Pending, true, now, 0
	r.Pays++
	p.State, p.Note, p.NextAt, p.UpdatedAt = Charging, "", time.Time{}, now
	if err := s.Store.PutPolicy(t, p); err != nil {
		return nothing, err
	}
	return pay, s.put(t, r, r.backoff(now))
}

// stops says whether a policy that is paused for a reason must not be charged
// for what was begun before.
func stops(r Reason) bool {
	return r == Disputed || r == FraudWarning || r == ByStaff || r == PriceChanged || r == OtherCurrency
}

// backoff is when to ask again if no answer comes: 5 s, 10 s … 15 minutes.
func (r *Recharge) backoff(now time.Time) time.Time {
	return now.Add(min(5*time.Second<<min(r.Unknowns, 10), 15*time.Minute))
}

func (s *Service) put(t tx.Tx, r *Recharge, next time.Time) error {
	r.NextAt, r.UpdatedAt = next, t.Now()
	return s.Store.Update(t, r)
}

// with writes what came of a call. It does nothing when the recharge has moved
// on meanwhile; one that was resumed during the call is looked at again.
func (s *Service) with(ctx context.Context, sent *Recharge, f func(t tx.Tx, r *Recharge, p *Policy) (more bool, err error)) (more bool, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		r, err := s.Store.Recharge(t, sent.ID)
		if err != nil {
			return err
		}
		p, err := s.Store.PolicyByID(t, r.Policy)
		if err != nil {
			return err
		}
		if r.Pays != sent.Pays || r.Paying != sent.Paying || r.Processing != sent.Processing || r.Invoice != sent.Invoice {
			more = false
			return nil
		}
		if more = r.State != sent.State; more {
			return nil
		}
		more, err = f(t, r, p)
		return err
	})
	return more, err
}

// unknown notes that no answer came; NextAt says already when to ask again.
func (s *Service) unknown(ctx context.Context, sent *Recharge, err error) (bool, error) {
	s.Log.Warn("Stripe did not answer about a recharge; it is asked again", "recharge", sent.ID, "error", err)
	return s.with(ctx, sent, func(t tx.Tx, r *Recharge, _ *Policy) (bool, error) {
		r.Unknowns++
		return false, s.put(t, r, r.backoff(t.Now()))
	})
}

// prepared writes the invoice that was made, or why there is none.
func (s *Service) prepared(ctx context.Context, sent *Recharge, in charge.Invoice, err error) (bool, error) {
	var no *outcome.Refused
	switch {
	case errors.As(err, &no):
		return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
			s.Log.Error("Stripe refused the invoice of a recharge", "recharge", r.ID, "code", no.Code, "message", no.Message)
			if err := s.endRun(t, r, Failed, RefusedByStripe, no.Message); err != nil {
				return false, err
			}
			return false, s.pauseIn(t, p, r, RefusedByStripe, "")
		})
	case err != nil:
		return s.unknown(ctx, sent, err)
	}
	return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
		r.Invoice, r.Unknowns = in.ID, 0
		r.note(in)
		if problem := s.mismatch(t, r, in); problem != "" {
			s.Log.Error("an invoice is not what was asked for; it is not paid", "recharge", r.ID, "problem", problem)
			r.GiveUp, r.Message = Mismatch, problem
			return true, errors.Join(s.put(t, r, t.Now()), s.pauseIn(t, p, r, Mismatch, ""))
		}
		r.Amount, r.Tax = in.Total, in.Tax
		c, err := s.Accounts.CustomerIn(t, r.Customer)
		if err != nil {
			return false, err
		}
		month, next := monthOf(r.CreatedAt, c.Location())
		spent, _, err := s.Store.Spent(t, r.Customer, r.CreditType, r.Price.Currency, month, r.ID)
		if err != nil {
			return false, err
		}
		if spent+in.Total > p.Cap {
			r.GiveUp = CapReached
			if p.State == Off || p.State == Paused {
				return true, s.put(t, r, t.Now()) // the customer, or somebody else, stopped it meanwhile
			}
			p.State, p.NextAt, p.UpdatedAt = Capped, next, t.Now()
			p.Note = fmt.Sprintf("With tax a recharge costs %s, and %s of the month's cap of %s are spent.",
				words.Minor(in.Total, r.Price.Currency), words.Minor(spent, r.Price.Currency), words.Minor(p.Cap, r.Price.Currency))
			if err := s.Store.PutPolicy(t, p); err != nil {
				return false, err
			}
			if err := s.tellCapped(t, p); err != nil {
				return false, err
			}
		}
		return true, s.put(t, r, t.Now())
	})
}

// found adopts an invoice whose making was never answered. One that is not
// there was never made.
func (s *Service) found(ctx context.Context, sent *Recharge, in charge.Invoice, ok bool, err error) (bool, error) {
	if err != nil {
		return s.unknown(ctx, sent, err)
	}
	if !ok {
		return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
			if r.GiveUp != "" {
				return false, s.finishUnpaid(t, r, p, Voided, r.GiveUp, "")
			}
			return false, s.finishUnpaid(t, r, p, Failed, Unknown, "Stripe did not answer for a day, and knows of no invoice.")
		})
	}
	if sent.GiveUp != "" { // it is voided next, or was paid already
		return s.with(ctx, sent, func(t tx.Tx, r *Recharge, _ *Policy) (bool, error) {
			r.Invoice, r.Unknowns = in.ID, 0
			r.note(in)
			return true, s.put(t, r, t.Now())
		})
	}
	if in.Status != "draft" {
		return s.prepared(ctx, sent, in, nil)
	}
	var params charge.Terms
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		params, err = s.params(t, sent)
		return err
	})
	if err != nil {
		return false, err
	}
	in, err = s.Gateway.PrepareInvoice(ctx, params, in.ID, sent.ID+":found")
	return s.prepared(ctx, sent, in, err)
}

// note keeps what an invoice says about itself and its payment.
func (r *Recharge) note(in charge.Invoice) {
	r.InvoiceNumber, r.InvoiceURL = in.Number, in.URL
	if in.Payment != "" {
		r.PaymentIntent = in.Payment
	}
	if in.ReceiptURL != "" {
		r.ReceiptURL = in.ReceiptURL
	}
}

// mismatch says what of an invoice differs from what was asked for.
func (s *Service) mismatch(t tx.Tx, r *Recharge, in charge.Invoice) string {
	c, err := s.Accounts.CustomerIn(t, r.Customer)
	whose := false
	if err == nil {
		whose, err = s.Accounts.IsStripeCustomerIn(t, c, in.StripeCustomer)
	}
	if err != nil {
		return "the customer cannot be read: " + err.Error()
	}
	return in.Mismatch(charge.Asked{Owner: owner(r), Installation: s.Installation, Customer: r.Customer, Price: r.Price, Livemode: s.Livemode, Whose: whose})
}

// afterPay writes the outcome of a payment.
func (s *Service) afterPay(ctx context.Context, sent *Recharge, in charge.Invoice, err error) (bool, error) {
	var declined *outcome.Declined
	var no *outcome.Refused
	switch {
	case err == nil:
		return s.looked(ctx, sent, in, nil)
	case errors.As(err, &declined):
		return s.declined(ctx, sent, declined)
	case errors.Is(err, outcome.ErrStale), errors.As(err, &no), errors.Is(err, outcome.ErrGone):
		// What was done is not in this answer: the invoice knows.
		now, lookErr := s.Gateway.Invoice(ctx, sent.Invoice)
		switch {
		case lookErr != nil:
			return s.unknown(ctx, sent, errors.Join(err, lookErr))
		case now.Status == "paid" || now.Status == "void" || now.PaymentStatus == "processing" || now.PaymentStatus == "requires_action":
			return s.looked(ctx, sent, now, nil)
		case errors.Is(err, outcome.ErrStale):
			if now.FailureCode != "" && now.PaymentStatus == "requires_payment_method" {
				return s.declined(ctx, sent, now.Declined())
			}
			return s.with(ctx, sent, func(t tx.Tx, r *Recharge, _ *Policy) (bool, error) {
				r.Paying = false // nothing was charged: go on under a new key
				r.Unknowns++
				return false, s.put(t, r, r.backoff(t.Now()))
			})
		}
		return s.declined(ctx, sent, charge.NoMethod())
	}
	return s.unknown(ctx, sent, err)
}

// finishVoided ends a run whose invoice will not be paid any more.
func (s *Service) finishVoided(t tx.Tx, r *Recharge, p *Policy) error {
	why := r.GiveUp
	if why == "" {
		why = TurnedOff
	}
	return s.finishUnpaid(t, r, p, Voided, why, "")
}

// looked writes what an invoice says: it decides whatever else was said.
func (s *Service) looked(ctx context.Context, sent *Recharge, in charge.Invoice, err error) (bool, error) {
	switch {
	case errors.Is(err, outcome.ErrGone):
		return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
			return false, s.finishUnpaid(t, r, p, Failed, Unknown, "Stripe does not know the invoice any more.")
		})
	case err != nil:
		return s.unknown(ctx, sent, err)
	case in.Status == "paid":
		return false, s.Runner.Update(ctx, func(t tx.Tx) error { return s.settlePaid(t, sent.ID, in) })
	case sent.Processing && in.DebitRefused():
		return s.declined(ctx, sent, in.DebitDeclined())
	case in.Status == "open" && sent.Paying && in.PaymentStatus == "requires_action":
		return s.declined(ctx, sent, charge.WantsConfirmation())
	case in.Status == "open" && sent.Paying && in.PaymentStatus == "requires_payment_method" && in.FailureCode != "":
		return s.declined(ctx, sent, in.Declined())
	}
	return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
		r.note(in)
		switch {
		case in.Status == "void" || in.Status == "uncollectible":
			return false, s.finishVoided(t, r, p)
		case in.PaymentStatus == "processing":
			// The bank takes its time; the answer comes as an event, or is looked for.
			if !r.Paying && !r.Processing { // the customer lets it debit an account, on Stripe's page
				r.SentAt = t.Now()
				if in.MethodType != "" {
					r.Method = Method{Type: in.MethodType, Last4: in.CardLast4}
				}
			}
			r.Paying, r.Processing, r.State, r.Unknowns = false, true, Pending, 0
			return false, s.put(t, r, t.Now().Add(lookDebit))
		case r.Paying:
			// It was never charged, and its key is too old or no longer wanted.
			r.Paying, r.Unknowns = false, 0
			return true, s.put(t, r, t.Now())
		case r.GiveUp != "":
			return false, s.put(t, r, r.backoff(t.Now()))
		}
		return false, s.put(t, r, t.Now().Add(time.Hour))
	})
}

// voided ends a recharge that was given up.
func (s *Service) voided(ctx context.Context, sent *Recharge, err error) (bool, error) {
	var no *outcome.Refused
	switch {
	case errors.As(err, &no), errors.Is(err, outcome.ErrGone):
		in, err := s.Gateway.Invoice(ctx, sent.Invoice) // it was paid or voided meanwhile
		return s.looked(ctx, sent, in, err)
	case err != nil:
		return s.unknown(ctx, sent, err)
	}
	return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
		return false, s.finishUnpaid(t, r, p, Voided, r.GiveUp, "")
	})
}

// endRun ends a recharge without money.
func (s *Service) endRun(t tx.Tx, r *Recharge, state RunState, why Reason, message string) error {
	r.State, r.Paying, r.Processing, r.FinishedAt = state, false, false, t.Now()
	if r.Reason = why; message != "" {
		r.Message = message
	}
	if err := s.put(t, r, time.Time{}); err != nil {
		return err
	}
	return s.Events.Append(t, event.RechargeFailed, r.Customer, 0, 0, eventOf(r))
}

// finishUnpaid ends a recharge without money and lets its policy go on.
func (s *Service) finishUnpaid(t tx.Tx, r *Recharge, p *Policy, state RunState, why Reason, message string) error {
	if err := s.endRun(t, r, state, why, message); err != nil {
		return err
	}
	p.RepairURL = ""
	if p.State == Charging || p.State == Backoff || p.State == Armed {
		p.State, p.NextAt = Armed, time.Time{}
	}
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	switch why {
	case Edited, NotNeeded:
		return s.evaluateIn(t, p, byAct)
	case Unknown:
		p.NextAt, p.Waits = t.Now().Add(MinCooldown), WaitsNothing
		p.Note = "Stripe did not answer. The next try follows in " + span(MinCooldown) + "."
		return s.Store.PutPolicy(t, p)
	}
	if p.State == Armed {
		return s.watch(t, p) // the next usage looks again
	}
	return nil
}
