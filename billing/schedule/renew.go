package schedule

import (
	"context"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/tx"
)

// Offer is a paused schedule at today's terms, as it would go on if the customer
// agreed to them. It changes nothing.
func (s *Service) Offer(ctx context.Context, customer, scheduleID string) (sch *Schedule, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if sch, err = s.get(t, customer, scheduleID); err != nil {
			return err
		}
		return s.offerIn(t, sch)
	})
	return sch, err
}

func (s *Service) offerIn(t tx.Tx, sch *Schedule) error {
	if sch.State != Paused || sch.Reason != PriceChanged || sch.Pack == "" || sch.Collection != invoice.Charge {
		return fault.New(fault.Conflict, "not_asked", "", "This schedule does not wait for a new price.")
	}
	c, err := s.Accounts.CustomerIn(t, sch.Customer)
	if err != nil {
		return err
	}
	if c.Status != account.Active {
		return fault.New(fault.Forbidden, "customer_suspended", "", "The customer is suspended and cannot buy.")
	}
	pack := s.Catalog.Snapshot().Pack(sch.Pack)
	if !sch.sells(pack) {
		return fault.New(fault.Conflict, "not_sold", "pack", "This pack is not sold any more. Cancel the schedule and choose another pack.")
	}
	if err := s.terms(t, sch, pack); err != nil {
		return err
	}
	s.goOn(t, sch, c)
	return nil
}

// goOn makes a schedule active. Days that passed meanwhile are not made up for.
func (s *Service) goOn(t tx.Tx, sch *Schedule, c *account.Customer) {
	if n, due := sch.due(t.Now(), c.Location()); due {
		sch.Done = n + 1
	}
	sch.State, sch.Reason, sch.Note, sch.RepairURL, sch.PausedAt = Active, "", "", "", time.Time{}
	sch.NextAt = sch.Day(sch.Done, c.Location())
}

// Renew lets a schedule go on at today's terms, with the customer's consent to
// them: set's Price, Consented, Version and From. Handlers ask for the password
// again before.
func (s *Service) Renew(ctx context.Context, by audit.Actor, customer, scheduleID string, set Settings) (*Schedule, error) {
	return s.change(ctx, by, customer, scheduleID, "schedule.renewed", "", func(t tx.Tx, sch *Schedule) error {
		if err := s.offerIn(t, sch); err != nil {
			return err
		}
		switch {
		case !set.Consented || set.Version != ConsentVersion:
			return fault.Bad("consent", "Tick the box to agree that this payment method is charged on these days.")
		case set.Price != sch.Price:
			return changedMeanwhile
		}
		return s.consentIn(t, by, sch, set.From)
	})
}

// consentIn writes down who agreed to a schedule.
func (s *Service) consentIn(t tx.Tx, by audit.Actor, sch *Schedule, from account.From) error {
	sch.Consent = Consent{Version: ConsentVersion, User: by.ID, Address: from.Address, At: t.Now().Truncate(time.Microsecond)}
	return s.Accounts.RecordConsentIn(t, account.Consent{User: by.ID, Customer: sch.Customer, Document: ConsentDocument, Version: ConsentVersion, From: from})
}
