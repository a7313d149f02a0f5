package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/account"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/job"
	"purse/billing/tx"
)

// Tick runs every schedule whose day has come.
func (s *Service) Tick(ctx context.Context) error {
	var due []*Schedule
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		due, err = s.Store.Due(t, t.Now(), 100)
		return err
	})
	for _, sch := range due {
		if _, one := s.tickOne(ctx, sch.ID); one != nil {
			err = errors.Join(err, one)
		}
	}
	return err
}

// tickOne runs a schedule if its day has come.
func (s *Service) tickOne(ctx context.Context, scheduleID string) (sch *Schedule, err error) {
	begun := ""
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		begun = ""
		if sch, err = s.Store.Schedule(t, scheduleID); err != nil {
			return err
		}
		begun, err = s.runIn(t, sch)
		return err
	})
	if err != nil || begun == "" {
		return sch, err
	}
	if err := s.Invoices.Run(ctx, begun); err != nil {
		s.Log.Warn("a scheduled purchase waits for Stripe and is tried again", "schedule", scheduleID, "error", err)
	}
	return s.Schedule(ctx, "", scheduleID)
}

// runIn writes the invoice of the day that has come, and the next day. Several
// days that were missed are one run.
func (s *Service) runIn(t tx.Tx, sch *Schedule) (begun string, err error) {
	if sch.State != Active {
		return "", nil
	}
	c, err := s.Accounts.CustomerIn(t, sch.Customer)
	if err != nil {
		return "", err
	}
	n, due := sch.due(t.Now(), c.Location())
	if !due {
		return "", s.next(t, sch, c)
	}
	if c.Status != account.Active { // as if the program were down
		sch.Note, sch.NextAt = "Nothing is bought while the account is suspended.", t.Now().Add(time.Hour)
		return "", s.put(t, sch)
	}
	in := &invoice.Invoice{
		Schedule: sch.ID, Period: sch.Day(n, c.Location()).Format(time.DateOnly), Name: sch.Name, Pack: sch.Pack,
		CreditType: sch.CreditType, Credits: sch.Credits, Bonus: sch.Bonus, BonusDays: sch.BonusDays, ExpiresAfterDays: sch.ExpiresAfterDays,
		OnIssue: sch.OnIssue, NetDays: sch.NetDays,
		Recipients: sch.Recipients, PONumber: sch.PONumber, Memo: sch.Memo, TaxExempt: sch.TaxExempt, CreatedBy: sch.ID,
	}
	in.Charge = charge.Charge{Customer: sch.Customer, Collection: sch.Collection, Price: sch.Price, Method: sch.Card}
	if sch.Collection == invoice.Charge {
		in.Types = []string{sch.Card.Type}
	}
	if in.PONumber == "" { // the customer's own, as on every automatic purchase
		details, err := s.Accounts.BillingIn(t, sch.Customer)
		if err != nil {
			return "", err
		}
		in.PONumber = details.PONumber
	}
	if sch.Pack != "" {
		pack := s.Catalog.Snapshot().Pack(sch.Pack)
		if !sch.sells(pack) {
			return "", s.pauseIn(t, sch, PriceChanged, "This pack is not sold any more.", "")
		}
		today := *sch
		err := s.terms(t, &today, pack)
		if _, refused := fault.As(err); refused {
			return "", s.pauseIn(t, sch, PriceChanged, "This amount is not sold any more.", "")
		}
		if err != nil {
			return "", err
		}
		if !sch.asAgreed(&today) {
			return "", s.pauseIn(t, sch, PriceChanged, "The pack costs more than you agreed to, or brings less.", "")
		}
		in.Price, in.Credits, in.Bonus, in.BonusDays, in.ExpiresAfterDays = today.Price, today.Credits, today.Bonus, today.BonusDays, today.ExpiresAfterDays
	}
	ok, err := s.Invoices.BeginIn(t, in, fmt.Sprintf("schedule/%s/%d", sch.ID, n))
	if err != nil {
		return "", err
	}
	sch.Done, sch.Note = n+1, ""
	if !ok {
		return "", s.next(t, sch, c) // it was run already
	}
	return in.ID, s.next(t, sch, c)
}

func (s *Service) next(t tx.Tx, sch *Schedule, c *account.Customer) error {
	sch.NextAt = sch.Day(sch.Done, c.Location())
	return s.put(t, sch)
}

func (s *Service) put(t tx.Tx, sch *Schedule) error {
	sch.UpdatedAt = t.Now()
	return s.Store.Put(t, sch)
}

// MailPaused is the template of the mail that tells that a scheduled purchase
// did not work: customer, name, reason, message, amount, currency, card,
// repair_url (on Stripe's page, "" for none) and link: to the schedule, or, for
// NoCard, to where cards are saved.
const MailPaused = "schedule_paused"

// pauseIn pauses a schedule, and tells the customer once.
func (s *Service) pauseIn(t tx.Tx, sch *Schedule, why Reason, note, repair string) error {
	was := sch.State
	if was != Paused || sch.PausedAt.IsZero() {
		sch.PausedAt = t.Now()
	}
	sch.State, sch.Reason, sch.Note, sch.RepairURL, sch.NextAt = Paused, why, note, repair, time.Time{}
	if err := s.put(t, sch); err != nil || was == Paused {
		return err
	}
	if err := s.Events.Append(t, event.SchedulePaused, sch.Customer, 0, 0, scheduleEvent{sch.ID, sch.CreditType, string(why), repair}); err != nil {
		return err
	}
	c, err := s.Accounts.CustomerIn(t, sch.Customer)
	if err != nil || c.Email == "" {
		return err
	}
	link := "/scheduled"
	if why == NoCard {
		link = "/methods"
	}
	return s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: MailPaused, To: c.Email, Data: map[string]string{
		"customer": c.Name, "name": sch.Name, "reason": string(why), "message": note, "amount": sch.Price.Decimal(), "currency": sch.Price.Currency,
		"card": sch.Card.Name(), "repair_url": repair, "link": link,
	}}})
}

type scheduleEvent struct {
	Schedule   string `json:"schedule"`
	CreditType string `json:"credit_type"`
	Reason     string `json:"reason"`
	RepairURL  string `json:"repair_url,omitempty"`
}

// InvoiceChanged follows the runs: a card that is declined pauses the schedule,
// a payment lets it go on.
func (s *Service) InvoiceChanged(t tx.Tx, in *invoice.Invoice) error {
	if in.Schedule == "" {
		return nil
	}
	sch, err := s.Store.Schedule(t, in.Schedule)
	if err != nil || sch.State == Ended {
		return err
	}
	switch {
	case in.State() == invoice.Paid && sch.State == Paused && sch.Reason == CardDeclined:
		c, err := s.Accounts.CustomerIn(t, sch.Customer)
		if err != nil {
			return err
		}
		sch.State, sch.Reason, sch.Note, sch.RepairURL, sch.PausedAt = Active, "", "", "", time.Time{}
		if n, due := sch.due(t.Now(), c.Location()); due {
			sch.Done = n + 1
		}
		return s.next(t, sch, c)
	case in.State() == invoice.Paid && sch.Note != "":
		sch.Note, sch.RepairURL = "", ""
		return s.put(t, sch)
	case in.State() == invoice.Failed && in.Cause == charge.CauseNoMethod:
		return s.pauseIn(t, sch, NoCard, in.Problem, "")
	case in.State() == invoice.Failed:
		return s.pauseIn(t, sch, NotMade, in.Problem, "")
	case in.State() == invoice.Void && sch.RepairURL == in.URL:
		sch.RepairURL = ""
		return s.put(t, sch)
	case in.State() == invoice.Open && in.Cause == charge.CauseNoMethod:
		return s.pauseIn(t, sch, NoCard, in.Problem, in.URL)
	case in.Charge.State == charge.Open && in.Collection == invoice.Charge && in.Cause != charge.CauseNone:
		return s.pauseIn(t, sch, CardDeclined, in.Problem, in.URL)
	case in.Charge.State == charge.Retrying:
		sch.Note, sch.RepairURL = in.Problem+" It is tried again.", in.URL
		return s.put(t, sch)
	}
	return nil
}

// Disputed pauses what charges the cards of a customer whose bank disputes a
// payment.
func (s *Service) Disputed(t tx.Tx, customer string) error {
	list, err := s.Store.List(t, customer, "", 100)
	if err != nil {
		return err
	}
	for _, sch := range list {
		if sch.State == Active && sch.Collection == invoice.Charge {
			if err := s.pauseIn(t, sch, Disputed, "A payment is disputed.", ""); err != nil {
				return err
			}
		}
	}
	return nil
}
