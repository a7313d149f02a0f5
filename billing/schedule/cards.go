package schedule

import (
	"context"
	"errors"
	"slices"
	"time"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/tx"
)

// tolerance is how much later Stripe's clock may be than ours.
const tolerance = time.Minute

// MethodsChanged looks at a customer's schedules after cards were saved or removed,
// or Stripe's customer was deleted with all of them. One whose card is gone pauses
// at once, not only on its next day; one that is paused for that goes on with a
// card that was saved since. Days that passed meanwhile are not made up for.
func (s *Service) MethodsChanged(ctx context.Context, customer string) error {
	mind := false
	err := s.Runner.View(ctx, func(t tx.Tx) error {
		list, err := s.charging(t, customer)
		mind = len(list) > 0
		return err
	})
	if err != nil || !mind {
		return err
	}
	saved, err := s.Methods.List(ctx, customer)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		list, err := s.charging(t, customer)
		for _, sch := range list {
			err = errors.Join(err, s.refit(t, sch, saved))
		}
		return err
	})
}

// charging answers a customer's schedules that charge a card.
func (s *Service) charging(t tx.Tx, customer string) (out []*Schedule, err error) {
	for before := ""; ; {
		page, err := s.Store.List(t, customer, before, 100)
		if err != nil {
			return nil, err
		}
		for _, sch := range page {
			before = sch.ID
			if sch.Collection == invoice.Charge && sch.State != Ended {
				out = append(out, sch)
			}
		}
		if len(page) < 100 {
			return out, nil
		}
	}
}

// refit brings a schedule's card in line with what is saved.
func (s *Service) refit(t tx.Tx, sch *Schedule, saved []card.Method) error {
	have := slices.ContainsFunc(saved, func(m card.Method) bool { return m.Is(sch.Card.ID) && !m.Ended })
	switch {
	case have && sch.Reason != NoCard:
		return nil
	case sch.State == Active:
		return s.pauseIn(t, sch, NoCard, charge.MethodGone, "")
	case sch.Reason == CardDeclined: // paying that run is not enough any more
		return s.pauseIn(t, sch, NoCard, charge.MethodGone, sch.RepairURL)
	case sch.Reason != NoCard:
		return nil // its card is looked at when it goes on
	}
	i := slices.IndexFunc(saved, func(m card.Method) bool {
		return m.Usable(t.Now()) && card.Takes(m.Type, sch.Price.Currency) && (m.Is(sch.Card.ID) || !m.CreatedAt.Before(sch.PausedAt.Add(-tolerance)))
	})
	if i < 0 {
		return nil
	}
	c, err := s.Accounts.CustomerIn(t, sch.Customer)
	if err != nil {
		return err
	}
	sch.Card = charge.Method{ID: saved[i].ID, Type: saved[i].Type, Brand: saved[i].Brand, Last4: saved[i].Last4}
	s.goOn(t, sch, c)
	return s.put(t, sch)
}
