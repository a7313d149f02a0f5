package story

import (
	"context"
	"time"

	"purse/billing/report"
	"purse/db"
)

// fakeBalance is a Stripe account that moved something of each kind, some of it
// without a match here.
type fakeBalance struct{ clock *clock }

func (b fakeBalance) BalanceSince(_ context.Context, _ time.Time, f func(report.Transaction) error) error {
	at := b.clock.Now().Add(-2 * time.Hour)
	for _, x := range []report.Transaction{
		{ID: "txn_1", Class: report.Charge, Type: "charge", Amount: 2500, Fee: 103, Net: 2397, SourceAmount: 2500, PaymentIntent: "pi_unknown", Source: "ch_1", Installation: "inst_story"},
		{ID: "txn_2", Class: report.Charge, Type: "charge", Amount: 9900, Fee: 317, Net: 9583, SourceAmount: 9900, PaymentIntent: "pi_foreign", Source: "ch_2"},
		{ID: "txn_3", Class: report.Fee, Type: "stripe_fee", Amount: -4, Net: -4},
		{ID: "txn_4", Class: report.Paidout, Type: "payout", Amount: -5000, Net: -5000, Source: "po_1"},
	} {
		x.Currency, x.SourceCurrency, x.CreatedAt, x.AvailableAt = "usd", "usd", at, at
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

func (b fakeBalance) PayoutsSince(_ context.Context, _ time.Time, f func(report.Payout) error) error {
	at := b.clock.Now().Add(-2 * time.Hour)
	return f(report.Payout{ID: "po_1", Amount: 5000, Currency: "usd", Status: "in_transit", CreatedAt: at, ArrivalAt: at.Add(48 * time.Hour)})
}

func (w *world) newReports() *report.Service {
	return report.New(report.Deps{Runner: w.db, Store: db.ReportStore{}, Gateway: fakeBalance{w.clock}, Jobs: w.jobs, Installation: "inst_story"})
}
