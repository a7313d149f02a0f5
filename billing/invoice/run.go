package invoice

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/job"
	"purse/billing/outcome"
	"purse/billing/tx"
)

func (s *Service) runJob(ctx context.Context, j job.Job) error {
	var id string
	if err := j.Decode(&id); err != nil {
		return job.Permanent(err)
	}
	return s.Run(ctx, id)
}

func (s *Service) wakeIn(t tx.Tx, in *Invoice) error {
	if err := s.put(t, in, t.Now()); err != nil {
		return err
	}
	return s.Jobs.Add(t, job.Spec{Kind: jobRun, Dedup: in.ID, Payload: in.ID, RunAt: t.Now().Add(5 * time.Second)})
}

// put stores an invoice, to be looked at again at next, and tells who asked to
// be told.
func (s *Service) put(t tx.Tx, in *Invoice, next time.Time) error {
	in.NextAt, in.UpdatedAt = next, t.Now()
	return s.Store.Update(t, in)
}

func (s *Service) tell(t tx.Tx, in *Invoice) error {
	if s.changed == nil {
		return nil
	}
	return s.changed(t, in)
}

// tickJob looks at what waits for a time.
func (s *Service) tickJob(ctx context.Context, _ job.Job) error { return s.Tick(ctx) }

// Tick looks once at every invoice whose time has come.
func (s *Service) Tick(ctx context.Context) error {
	var due []*Invoice
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		due, err = s.Store.Due(t, t.Now(), 50)
		return err
	})
	var mu sync.Mutex // Stripe may be slow: one must not hold up the others
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, in := range due {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if one := s.Run(ctx, in.ID); one != nil {
				mu.Lock()
				defer mu.Unlock()
				err = errors.Join(err, one)
			}
		})
	}
	all.Wait()
	return err
}

// Run takes an invoice as far as it goes now. It may be called at any time, in
// any state.
func (s *Service) Run(ctx context.Context, invoiceID string) error {
	s.mu.Lock()
	if s.busy[invoiceID] {
		s.mu.Unlock()
		return nil
	}
	s.busy[invoiceID] = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.busy, invoiceID)
		s.mu.Unlock()
	}()
	for range 8 {
		more, err := s.step(ctx, invoiceID)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// step commits what is about to be sent, sends it, and writes what came of it.
func (s *Service) step(ctx context.Context, id string) (more bool, err error) {
	var do Act
	var in *Invoice
	var p charge.Terms
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if in, err = s.Store.Invoice(t, id); err != nil {
			return err
		}
		if do, err = s.plan(t, in); err != nil || do == nothing {
			return err
		}
		p, err = s.params(t, in)
		return err
	})
	if err != nil || do == nothing {
		return false, err
	}
	key := fmt.Sprintf("%s:%s:%d", in.ID, do, in.DoingN)
	switch do {
	case issue:
		return s.make(ctx, in, p)
	case find:
		made, ok, err := s.Gateway.FindInvoice(ctx, p, in.CreatedAt.Add(-time.Hour))
		return s.found(ctx, in, p, made, ok, err)
	case send:
		return s.acted(ctx, in, s.Gateway.SendInvoice(ctx, in.Stripe, key))
	case ActVoid, remake:
		return s.acted(ctx, in, s.Gateway.VoidInvoice(ctx, in.Stripe, key))
	case ActUncollectible:
		return s.acted(ctx, in, s.Gateway.MarkUncollectible(ctx, in.Stripe, key))
	case ActRecord:
		return s.acted(ctx, in, s.Gateway.RecordPayment(ctx, in.Stripe, key))
	case pay:
		made, err := s.Gateway.PayInvoice(ctx, in.Stripe, in.Card.ID, key)
		return s.charged(ctx, in, made, err)
	}
	made, err := s.Gateway.Invoice(ctx, in.Stripe)
	return s.looked(ctx, in, made, err)
}

func (s *Service) params(t tx.Tx, in *Invoice) (charge.Terms, error) {
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil {
		return charge.Terms{}, err
	}
	behavior, code := s.taxOf(s.Catalog.Snapshot().Pack(in.Pack))
	p := charge.Terms{
		Owner: owner(in), Customer: in.Customer, Installation: s.Installation, StripeCustomer: c.StripeCustomerID, Currency: in.Price.Currency,
		Lines: []charge.Line{{Description: in.Name, Price: in.Price, TaxBehavior: behavior, TaxCode: code}}, Memo: in.Memo, PONumber: in.PONumber,
		TaxExempt: string(in.TaxExempt), AutomaticTax: s.AutomaticTax, Replaces: in.Replaces,
	}
	if in.StripeCustomer != "" {
		p.StripeCustomer = in.StripeCustomer
	}
	if in.Collection == Charge {
		p.Method, p.Types = in.Card.ID, []string{in.Card.Type}
		return p, nil
	}
	p.Send, p.NetDays = true, in.NetDays
	if in.Replaces != "" { // it is due when it was, or at once
		if p.NetDays = 0; in.DueAt.After(in.RemadeAt.Add(KeyLife)) {
			p.DueAt = in.DueAt
		}
	}
	return p, nil
}

// owner is what Stripe's invoice is for.
func owner(in *Invoice) charge.Owner { return charge.Owner{Of: charge.OfInvoice, ID: in.ID} }

// taxOf is how a price stands to tax: what staff agrees on (no pack) is a price
// before tax; a pack says itself.
func (s *Service) taxOf(pack *catalog.Pack) (behavior, code string) {
	if pack != nil {
		return s.Purchases.TaxOf(pack)
	}
	_, code = s.Purchases.TaxOf(&catalog.Pack{})
	return "exclusive", code
}

// plan decides the next call, and writes that it is about to be made.
func (s *Service) plan(t tx.Tx, in *Invoice) (Act, error) {
	now := t.Now()
	if in.Final() || in.State == Draft {
		if !in.NextAt.IsZero() {
			return nothing, s.put(t, in, time.Time{})
		}
		return nothing, nil
	}
	if in.Doing == nothing && in.Want != nothing {
		in.Doing, in.Want, in.SentAt = in.Want, nothing, time.Time{}
		in.DoingN++
	}
	if in.Overdue(now) && in.OverdueAt.IsZero() {
		if err := errors.Join(s.tellOverdue(t, in), s.Store.Update(t, in)); err != nil {
			return nothing, err
		}
	}
	if in.Doing == nothing && in.Collection == Charge && in.State == Open && !in.Processing {
		switch {
		case in.repairedUntil().Before(now):
			in.Doing, in.SentAt, in.Reason = ActVoid, time.Time{}, "Nobody paid it in time."
			in.DoingN++
		case in.Tries > 0 && in.Tries < MaxTries && !in.NextAt.After(now) && !in.NextAt.IsZero():
			in.Doing, in.SentAt = pay, time.Time{}
			in.DoingN++
		}
	}
	switch {
	case in.Doing == nothing && in.NextAt.After(now):
		return nothing, nil
	case in.Doing == nothing:
		return look, s.put(t, in, now.Add(lookEvery))
	case !in.SentAt.IsZero() && in.SentAt.Add(KeyLife).Before(now):
		if in.Doing == issue && in.Stripe == "" {
			return find, s.put(t, in, in.backoff(now))
		}
		return look, s.put(t, in, in.backoff(now)) // the key is too old to be sent again
	}
	if in.SentAt.IsZero() {
		in.SentAt = now
	}
	return in.Doing, s.put(t, in, in.backoff(now))
}

// backoff is when to ask again if no answer comes: 5 s, 10 s … 15 minutes.
func (in *Invoice) backoff(now time.Time) time.Time {
	return now.Add(min(5*time.Second<<min(in.Unknowns, 10), 15*time.Minute))
}

// with writes what came of a call, unless the invoice has moved on meanwhile.
func (s *Service) with(ctx context.Context, sent *Invoice, f func(t tx.Tx, in *Invoice) (bool, error)) (more bool, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.Store.Invoice(t, sent.ID)
		if err != nil {
			return err
		}
		if in.Doing != sent.Doing || in.DoingN != sent.DoingN {
			more = false
			return nil
		}
		more, err = f(t, in)
		return err
	})
	return more, err
}

// unknown notes that no answer came; NextAt says already when to ask again.
func (s *Service) unknown(ctx context.Context, sent *Invoice, err error) (bool, error) {
	s.Log.Warn("Stripe did not answer about an invoice; it is asked again", "invoice", sent.ID, "error", err)
	return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
		in.Unknowns++
		return false, s.put(t, in, in.backoff(t.Now()))
	})
}

// issued writes the invoice that was made, or why there is none.
func (s *Service) issued(ctx context.Context, sent *Invoice, made charge.Invoice, err error) (bool, error) {
	var no *outcome.Refused
	switch {
	case errors.As(err, &no):
		s.Log.Error("Stripe refused an invoice", "invoice", sent.ID, "code", no.Code, "message", no.Message)
		return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
			if in.Collection == Charge && no.Missing("payment_method") {
				return false, s.failed(t, in, CauseNoCard, CardGone)
			}
			return false, s.failed(t, in, CauseRefused, "Stripe refused to make the invoice: "+no.Message)
		})
	case err != nil:
		return s.unknown(ctx, sent, err)
	}
	return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
		in.Unknowns = 0
		if err := s.settle(t, in, made); err != nil || in.State != Open {
			return false, err
		}
		in.Doing, in.SentAt = send, time.Time{}
		switch {
		case in.Cause == CauseDiffers: // nobody may pay it
			in.Doing = ActVoid
		case made.CustomerGone:
			in.Doing = nothing
			return true, s.remakeIn(t, in, made)
		case in.Collection == Charge && in.Card.ID == "": // it is paid on Stripe's page
			in.Doing = nothing
			return false, errors.Join(s.put(t, in, t.Now().Add(lookEvery)), s.mailCustomer(t, in))
		case in.Collection == Charge:
			in.Doing = pay
		}
		in.DoingN++
		return true, s.put(t, in, t.Now())
	})
}

// found adopts an invoice whose making was never answered. One that is not there
// was never made.
func (s *Service) found(ctx context.Context, sent *Invoice, p charge.Terms, made charge.Invoice, ok bool, err error) (bool, error) {
	switch {
	case err != nil:
		return s.unknown(ctx, sent, err)
	case !ok:
		return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
			return false, s.failed(t, in, CauseNotMade, "Stripe did not answer for a day, and knows of no invoice.")
		})
	case made.Status == "draft":
		made, err = s.Gateway.PrepareInvoice(ctx, p, made.ID, sent.ID+":found")
	}
	return s.issued(ctx, sent, made, err)
}

// acted looks at what an act made of the invoice: the invoice itself decides.
func (s *Service) acted(ctx context.Context, sent *Invoice, err error) (bool, error) {
	var no *outcome.Refused
	if err != nil && !errors.As(err, &no) && !errors.Is(err, outcome.ErrGone) && !errors.Is(err, outcome.ErrStale) {
		return s.unknown(ctx, sent, err)
	}
	made, lookErr := s.Gateway.Invoice(ctx, sent.Stripe)
	if lookErr != nil {
		return s.unknown(ctx, sent, errors.Join(err, lookErr))
	}
	return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
		in.Unknowns = 0
		if no != nil {
			in.fault(CauseRefused, "Stripe refused: "+no.Message)
			if in.Doing == remake && made.Status != "void" {
				in.Remake = RemakeRefused
			}
		} else if in.Doing == send {
			in.solved()
			if err := s.mailRecipients(t, in); err != nil {
				return false, err
			}
		}
		in.Doing, in.SentAt = nothing, time.Time{}
		if err := s.settle(t, in, made); err != nil {
			return false, err
		}
		if in.Remake == RemakeRefused && in.Processing { // a bank is paying it: the next look knows more
			in.Remake = RemakeVoiding
			return false, s.Store.Update(t, in)
		}
		return in.Want != nothing || in.Doing != nothing, nil
	})
}

// charged writes the outcome of charging a card.
func (s *Service) charged(ctx context.Context, sent *Invoice, made charge.Invoice, err error) (bool, error) {
	var declined *outcome.Declined
	var no *outcome.Refused
	switch {
	case err == nil:
		return s.looked(ctx, sent, made, nil)
	case errors.As(err, &declined):
		return s.declined(ctx, sent, declined)
	case errors.Is(err, outcome.ErrStale), errors.As(err, &no), errors.Is(err, outcome.ErrGone):
		now, lookErr := s.Gateway.Invoice(ctx, sent.Stripe)
		switch {
		case lookErr != nil:
			return s.unknown(ctx, sent, errors.Join(err, lookErr))
		case now.Status != "open" || now.PaymentStatus == "processing" || now.PaymentStatus == "requires_action":
			return s.looked(ctx, sent, now, nil)
		case now.FailureCode != "":
			return s.declined(ctx, sent, now.Declined())
		case errors.Is(err, outcome.ErrStale): // nothing was charged: go on under a new key
			return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
				in.DoingN++
				in.SentAt = time.Time{}
				in.Unknowns++
				return false, s.put(t, in, in.backoff(t.Now()))
			})
		}
		return s.declined(ctx, sent, charge.NoMethod())
	}
	return s.unknown(ctx, sent, err)
}

// looked writes what an invoice says.
func (s *Service) looked(ctx context.Context, sent *Invoice, made charge.Invoice, err error) (bool, error) {
	switch {
	case errors.Is(err, outcome.ErrGone):
		return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
			return false, s.failed(t, in, CauseNotMade, "Stripe does not know the invoice any more.")
		})
	case err != nil:
		return s.unknown(ctx, sent, err)
	case made.Status == "open" && sent.Doing == pay && made.PaymentStatus == "requires_action":
		return s.declined(ctx, sent, charge.WantsConfirmation())
	case made.Status == "open" && sent.Doing == pay && made.PaymentStatus == "requires_payment_method" && made.FailureCode != "":
		return s.declined(ctx, sent, made.Declined())
	}
	return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
		in.Unknowns = 0
		stale := in.Doing != nothing && in.Doing != issue // its key was too old, or it was paid
		if stale {
			in.SentAt = time.Time{}
			in.DoingN++
		}
		if err := s.settle(t, in, made); err != nil {
			return false, err
		}
		if stale && in.State == Open && !in.Processing {
			return false, s.put(t, in, t.Now().Add(5*time.Second)) // again, under a new key
		}
		if in.Final() || in.Processing {
			in.Doing = nothing
			return false, s.Store.Update(t, in)
		}
		return in.Doing == remake && !stale, nil
	})
}

// declined writes what a decline means: another try later, or that the customer
// has to act.
func (s *Service) declined(ctx context.Context, sent *Invoice, d *outcome.Declined) (bool, error) {
	return s.with(ctx, sent, func(t tx.Tx, in *Invoice) (bool, error) {
		if in.Final() {
			return false, nil
		}
		return in.Want != nothing, s.declinedIn(t, in, d)
	})
}

// declinedIn does so in a transaction.
func (s *Service) declinedIn(t tx.Tx, in *Invoice, d *outcome.Declined) error {
	in.Doing, in.SentAt, in.Unknowns, in.Processing = nothing, time.Time{}, 0, false
	in.fault(CauseDeclined, d.Message)
	if d.Authentication() {
		in.fault(CauseDeclined, charge.Unconfirmed)
	}
	next := t.Now().Add(lookEvery)
	if in.Tries++; d.Soft() && !d.Authentication() && in.Tries < in.tolerates() {
		next = t.Now().Add(Backoffs[in.Tries-1])
	} else {
		in.Tries = MaxTries
	}
	if err := s.put(t, in, next); err != nil {
		return err
	}
	return s.tell(t, in)
}
