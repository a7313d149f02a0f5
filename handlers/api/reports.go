package api

import (
	"context"

	"purse/billing/fault"
	"purse/billing/report"
	"purse/billing/tx"
)

type reportIn struct {
	Day string `path:"id" doc:"A day as 2026-11-21, or a month as 2026-11; UTC" example:"2026-11-21"`
}

var errNoReports = fault.New(fault.Unavailable, "no_reports", "", "This Purse makes no reports: it was started without Stripe.")

// getReport answers the reconciliation of a day or month. Its amounts are in
// minor units of the currency beside them.
func getReport(a *API, ctx context.Context, in *reportIn) (*reply[*report.Day], error) {
	if a.Reports == nil {
		return nil, errNoReports
	}
	var d *report.Day
	err := a.Runner.View(ctx, func(t tx.Tx) (err error) {
		d, err = a.Reports.Of(t, in.Day)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ok(d)
}
