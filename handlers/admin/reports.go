package admin

import (
	"encoding/json"
	"net/http"
	"time"

	"purse/billing/fault"
	"purse/billing/report"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/admin"
)

const reportRows = 31

var noReports = fault.New(fault.Unavailable, "no_reports", "", "This Purse makes no reports: it was started without Stripe.")

// ReportList lists the daily exports, newest first.
func (a *Admin) ReportList(w http.ResponseWriter, r *http.Request) error {
	if a.Reports == nil {
		return noReports
	}
	var before time.Time
	if after := kit.CursorOf(r).After; after != "" {
		var err error
		if before, err = time.Parse(time.DateOnly, after); err != nil {
			return kit.BadCursor("after")
		}
	}
	var page admin.Reports
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		page = admin.Reports{}
		if page.Alarms, err = a.Reports.Alarms(t); err != nil {
			return err
		}
		page.Days, err = a.Reports.Days(t, before, reportRows+1)
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(page.Days) > reportRows {
		page.Days = page.Days[:reportRows]
		page.Older = kit.Older(r, page.Days[reportRows-1].Period)
	}
	return kit.Render(w, r, http.StatusOK, admin.ReportsPage(a.frame(r, "Reports", "/admin/reports"), page))
}

func (a *Admin) report(r *http.Request) (d *report.Day, err error) {
	if a.Reports == nil {
		return nil, noReports
	}
	err = a.view(r.Context(), func(t tx.Tx) (err error) {
		d, err = a.Reports.Of(t, r.PathValue("period"))
		return err
	})
	if fault.Is(err, fault.Invalid) {
		err = fault.Missing("report")
	}
	return d, err
}

// Report shows a day or a month.
func (a *Admin) Report(w http.ResponseWriter, r *http.Request) error {
	d, err := a.report(r)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, admin.ReportPage(a.frame(r, "Report of "+d.Period, "/admin/reports"), d))
}

// ReportCSV is a report as CSV, ReportJSON as the API has it.
func (a *Admin) ReportCSV(w http.ResponseWriter, r *http.Request) error {
	d, err := a.report(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="purse-`+d.Period+`.csv"`)
	return d.CSV(w)
}

// ReportJSON is a report as JSON.
func (a *Admin) ReportJSON(w http.ResponseWriter, r *http.Request) error {
	d, err := a.report(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="purse-`+d.Period+`.json"`)
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(d)
}
