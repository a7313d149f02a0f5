package admin

import (
	"context"
	"net/http"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/portal"
)

// Log is the audit log of the whole installation, which can be limited.
func (a *Admin) Log(w http.ResponseWriter, r *http.Request) error {
	ask := r.URL.Query()
	page := portal.Log{Path: "/admin/log", Group: ask.Get("kind"), Groups: show.LogGroups(), Person: ask.Get("person"), Customer: ask.Get("customer"), Everywhere: true, Zone: time.UTC}
	q := audit.Query{Actions: account.SecurityActions[page.Group], Before: kit.CursorOf(r).After, Limit: auditRows + 1}
	if q.Person = page.Person; page.Customer != "" {
		c, err := a.Accounts.Customer(r.Context(), page.Customer)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if q.Customer = page.Customer; err == nil {
			q.Customer = c.ID
		}
	}
	rows, err := a.Accounts.AuditList(r.Context(), q)
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(rows) > auditRows {
		rows = rows[:auditRows]
		page.Older = kit.Older(r, rows[auditRows-1].ID)
	}
	page.Rows = show.Log(rows, a.logNames(r.Context(), rows))
	return kit.Render(w, r, http.StatusOK, admin.LogPage(a.frame(r, "Security log", "/admin/log"), page, mayChange(r)))
}

// logNames are who entries are by and about.
func (a *Admin) logNames(ctx context.Context, rows []audit.Entry) map[string]string {
	var ids []string
	for _, e := range rows {
		ids = append(ids, e.Actor.ID, e.Object)
	}
	return a.names(ctx, ids)
}
