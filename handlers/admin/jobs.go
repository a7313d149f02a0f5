package admin

import (
	"net/http"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/admin"
	"purse/views/ui"
)

// JobList shows the jobs that were given up.
func (a *Admin) JobList(w http.ResponseWriter, r *http.Request) error {
	page := admin.Jobs{Zone: time.UTC, MayChange: mayChange(r)}
	err := a.view(r.Context(), func(t tx.Tx) error {
		counts, err := a.Jobs.Count(t)
		if err != nil {
			return err
		}
		page.Waiting, page.Parked = counts.Waiting, counts.Parked
		parked, err := a.Jobs.Parked(t, 100)
		page.Rows = nil
		for _, j := range parked {
			page.Rows = append(page.Rows, jobRow(j))
		}
		return err
	})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, admin.JobsPage(a.frame(r, "Jobs", "/admin/jobs"), page))
}

func jobRow(j job.Job) admin.JobRow {
	payload := string(j.Payload)
	if j.Kind == "mail" { // its links are secrets
		payload = ""
	}
	if len(payload) > 200 {
		payload = payload[:200] + "…"
	}
	return admin.JobRow{ID: j.ID, Kind: j.Kind, Payload: payload, Error: j.Error, Attempts: j.Attempts, Created: j.CreatedAt, Parked: j.ParkedAt}
}

// JobRetry runs a job again that was given up.
func (a *Admin) JobRetry(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("job")
	err := a.Runner.Update(r.Context(), func(t tx.Tx) error {
		ok, err := a.Jobs.Unpark(t, id)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Missing("parked job")
		}
		return a.Audit.Record(t, audit.Record{Actor: kit.Actor(r), Action: "job.retried", Object: id})
	})
	if err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, "The job runs again."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/jobs")
}
