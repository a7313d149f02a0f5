package report

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// Store keeps figures, Stripe's transactions and the exports that were made.
// Rows that are not there are tx.ErrNotFound.
type Store interface {
	FoldedUntil(t tx.Tx) (int64, error)
	SetFoldedUntil(t tx.Tx, entry int64) error
	// Entries answers the entries after one in the order of their commits.
	Entries(t tx.Tx, after int64, limit int) ([]Entry, error)
	Lot(t tx.Tx, id ledger.GrantID) (*Lot, error)
	PutLot(t tx.Tx, l *Lot) error
	// LiveLots answers lots with something left, after an id.
	LiveLots(t tx.Tx, after ledger.GrantID, limit int) ([]*Lot, error)
	// LotsThatDiffer answers lots of which the ledger has another remainder, with
	// that; it leaves out wallets in which something happened after an entry.
	LotsThatDiffer(t tx.Tx, until int64) ([]LotDiffers, error)
	AddMoved(t tx.Tx, m Moved, amount int64) error
	// Opening is what all movements before a day add up to, by currency.
	Opening(t tx.Tx, day time.Time) (map[string]int64, error)
	Moved(t tx.Tx, from, to time.Time) (map[Moved]int64, error)

	// FetchedUntil is the newest transaction that was read, and when; zero for never.
	FetchedUntil(t tx.Tx) (newest, at time.Time, err error)
	SetFetchedUntil(t tx.Tx, newest, at time.Time) error
	FirstPaid(t tx.Tx) (time.Time, error)
	// PutTransaction answers false when it is there already.
	PutTransaction(t tx.Tx, x *Transaction, ours bool) (bool, error)
	// PutPayout answers false when nothing of it is new.
	PutPayout(t tx.Tx, p *Payout) (bool, error)

	Balance(t tx.Tx, from, to time.Time) ([]Sum, error)
	Sales(t tx.Tx, from, to time.Time) ([]Sales, error)
	Payouts(t tx.Tx, from, to time.Time) ([]Payout, error)
	Differences(t tx.Tx, from, to time.Time) ([]Found, error)

	PutReport(t tx.Tx, day time.Time, d *Day) error
	Report(t tx.Tx, day time.Time) (d *Day, stale bool, err error)
	// Reports answers what was made of the days before one, newest first.
	Reports(t tx.Tx, before time.Time, limit int) ([]*Day, error)
	MarkStale(t tx.Tx, day time.Time) error
	// Stale answers days to be made again: those that are marked, and those since a
	// day that have differences, which may be settled by now.
	Stale(t tx.Tx, since time.Time, limit int) ([]time.Time, error)
	// Alarms counts those of the exports since a day.
	Alarms(t tx.Tx, since time.Time) (int, error)
}

// Sum is what transactions of one class add up to.
type Sum struct {
	Currency         string
	Class            Class
	Ours             bool
	Count            int64
	Amount, Fee, Net int64
}

// Found is a difference and when it came to be.
type Found struct {
	Difference
	At time.Time
}

// Deps is what a Service needs.
type Deps struct {
	Runner       tx.Runner
	Store        Store
	Gateway      Gateway
	Jobs         *job.Queue
	Log          *slog.Logger
	Installation string
}

// Service makes reports.
type Service struct{ Deps }

const (
	jobExport   = "report.export"
	exportEvery = 10 * time.Minute
)

// New makes a Service and registers its job.
func New(d Deps) *Service {
	s := &Service{d}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Every(jobExport, exportEvery, func(ctx context.Context, _ job.Job) error { return s.Export(ctx) })
	return s
}

// Export reads what is new here and at Stripe, and makes what is due: today as
// far as it is, the days since the last export, and days that something late
// belongs to. Where Stripe does not answer, the ledger's half is made all the same.
func (s *Service) Export(ctx context.Context) error {
	failed := s.Fetch(ctx)
	if err := s.Fold(ctx); err != nil && !errors.Is(err, errMoved) {
		return errors.Join(failed, err)
	}
	var due []time.Time
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		due, err = s.due(t)
		return err
	})
	for _, day := range due {
		if err != nil {
			break
		}
		err = s.export(ctx, day)
	}
	return errors.Join(failed, err)
}

func (s *Service) export(ctx context.Context, day time.Time) error {
	var found []Difference
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		if dayBefore(day, t.Now()) {
			found, err = s.check(t)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		d, err := s.build(t, day, day.AddDate(0, 0, 1))
		if err != nil {
			return err
		}
		d.Differences = append(d.Differences, found...)
		return s.Store.PutReport(t, day, d)
	})
}

const (
	mostDays = 100 // that one run makes
	watched  = 35  // days whose differences are looked at again
)

func (s *Service) due(t tx.Tx) ([]time.Time, error) {
	today := dayOf(t.Now())
	due, err := s.Store.Stale(t, today.AddDate(0, 0, -watched), mostDays)
	if err != nil {
		return nil, err
	}
	seen := map[time.Time]bool{}
	for _, d := range due {
		seen[d] = true
	}
	made, err := s.Store.Reports(t, today.AddDate(0, 0, 1), 1)
	if err != nil {
		return nil, err
	}
	from := today.AddDate(0, 0, -1)
	if len(made) > 0 {
		from = made[0].From
	} else if first, err := s.Store.FirstPaid(t); err != nil {
		return nil, err
	} else if !first.IsZero() {
		from = dayOf(first)
	}
	for d := from; !d.After(today) && len(due) < 2*mostDays; d = d.AddDate(0, 0, 1) {
		if !seen[d] {
			due = append(due, d)
		}
	}
	return due, nil
}
