package db

import (
	"strings"
	"time"

	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/db/gen"
)

// ScheduleStore implements schedule.Store.
type ScheduleStore struct{}

var _ schedule.Store = ScheduleStore{}

func (ScheduleStore) Put(t tx.Tx, s *schedule.Schedule) error {
	ctx, q := q(t)
	return q.PutSchedule(ctx, gen.PutScheduleParams{
		ID: s.ID, CustomerID: s.Customer, CreditType: s.CreditType, PackID: s.Pack, Quantity: int64(s.Quantity), Name: s.Name, Credits: int64(s.Credits),
		Price: s.Price.Amount, Currency: s.Price.Currency, Discount: int64(s.Discount), ExpiresAfterDays: int64(s.ExpiresAfterDays), Every: string(s.Every),
		FirstDay: s.FirstDay, Collection: string(s.Collection), Method: s.Card.ID, MethodBrand: s.Card.Brand, MethodLast4: s.Card.Last4,
		NetDays: int64(s.NetDays), Recipients: strings.Join(s.Recipients, "\n"), PoNumber: s.PONumber, Memo: s.Memo, TaxExempt: string(s.TaxExempt),
		OnIssue: flag(s.OnIssue), ConsentVersion: s.Consent.Version, ConsentUser: s.Consent.User, ConsentAddress: s.Consent.Address,
		ConsentAt: micros(s.Consent.At), State: string(s.State), Reason: string(s.Reason), Note: s.Note, RepairUrl: s.RepairURL, Done: int64(s.Done),
		NextAt: micros(s.NextAt), CreatedBy: s.CreatedBy, CreatedAt: micros(s.CreatedAt), UpdatedAt: micros(s.UpdatedAt),
		Amount: int64(s.Amount), Bonus: int64(s.Bonus), BonusDays: int64(s.BonusDays), TaxBehavior: s.TaxBehavior, PausedAt: micros(s.PausedAt), MethodType: orCard(s.Card.Type),
	})
}

func (ScheduleStore) Schedule(t tx.Tx, id string) (*schedule.Schedule, error) {
	ctx, q := q(t)
	r, err := q.ScheduleByID(ctx, id)
	if err != nil {
		return nil, notFound(err)
	}
	return scheduleOf(r), nil
}

func (ScheduleStore) List(t tx.Tx, customer, before string, limit int) ([]*schedule.Schedule, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~"
	}
	return schedules(q.Schedules(ctx, gen.SchedulesParams{CustomerID: customer, BeforeID: before, MaxRows: int32(limit)}))
}

func (ScheduleStore) Due(t tx.Tx, now time.Time, limit int) ([]*schedule.Schedule, error) {
	ctx, q := q(t)
	return schedules(q.DueSchedules(ctx, gen.DueSchedulesParams{Now: micros(now), MaxRows: int32(limit)}))
}

func schedules(rows []gen.Schedule, err error) ([]*schedule.Schedule, error) {
	out := make([]*schedule.Schedule, len(rows))
	for i, r := range rows {
		out[i] = scheduleOf(r)
	}
	return out, err
}

func scheduleOf(r gen.Schedule) *schedule.Schedule {
	return &schedule.Schedule{
		ID: r.ID, Customer: r.CustomerID, CreditType: r.CreditType, Pack: r.PackID, Quantity: int(r.Quantity), Name: r.Name, Credits: money.Credits(r.Credits),
		Price: money.Money{Amount: r.Price, Currency: r.Currency}, Discount: int(r.Discount), ExpiresAfterDays: int(r.ExpiresAfterDays),
		Every: schedule.Every(r.Every), FirstDay: r.FirstDay, Collection: charge.Collection(r.Collection),
		Card: charge.Method{ID: r.Method, Type: r.MethodType, Brand: r.MethodBrand, Last4: r.MethodLast4}, NetDays: int(r.NetDays), Recipients: strings.Fields(r.Recipients),
		PONumber: r.PoNumber, Memo: r.Memo, TaxExempt: invoice.TaxExempt(r.TaxExempt), OnIssue: r.OnIssue != 0,
		Consent: schedule.Consent{Version: r.ConsentVersion, User: r.ConsentUser, Address: r.ConsentAddress, At: instant(r.ConsentAt)},
		State:   schedule.State(r.State), Reason: schedule.Reason(r.Reason), Note: r.Note, RepairURL: r.RepairUrl, Done: int(r.Done), NextAt: instant(r.NextAt),
		CreatedBy: r.CreatedBy, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
		Amount: money.Credits(r.Amount), Bonus: money.Credits(r.Bonus), BonusDays: int(r.BonusDays), TaxBehavior: r.TaxBehavior, PausedAt: instant(r.PausedAt),
	}
}
