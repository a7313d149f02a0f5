package portal

import (
	"net/http"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
)

const logRows = 50 // on a page

// SecurityLog shows owners what concerns who may do what in their organisation.
func (p *Portal) SecurityLog(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	page := portal.Log{Path: "/security/log", Group: r.URL.Query().Get("kind"), Person: r.URL.Query().Get("person"), Zone: v.Customer.Location()}
	for _, g := range show.LogGroups() {
		if g.Value != "staff" { // the vendor's
			page.Groups = append(page.Groups, g)
		}
	}
	q := audit.Query{Owner: v.Customer.ID, Person: page.Person, Actions: account.SecurityActions[page.Group], Before: kit.CursorOf(r).After, Limit: logRows + 1}
	if len(q.Actions) == 0 || page.Group == "staff" {
		q.Actions = show.SecurityActions()
	}
	members, err := p.Accounts.Members(r.Context(), v.Customer.ID)
	if err != nil {
		return err
	}
	names := map[string]string{"system": "Purse", "cli": "the vendor"}
	for _, m := range members {
		names[m.User] = m.Email
	}
	rows, err := p.Accounts.AuditList(r.Context(), q)
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(rows) > logRows {
		rows = rows[:logRows]
		page.Older = kit.Older(r, rows[logRows-1].ID)
	}
	page.Rows = show.Log(rows, names)
	return kit.Render(w, r, http.StatusOK, portal.LogPage(p.Kit.Frame(r, "Security log", "/team"), page))
}
