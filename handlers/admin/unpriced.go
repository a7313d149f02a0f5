package admin

import (
	"net/http"
	"time"

	"purse/billing/tx"
	"purse/billing/usage"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

const unpricedRows = 25 // events that the page shows one by one

// Unpriced shows recorded work that no rate prices, and what the rates of now
// would charge for it.
func (a *Admin) Unpriced(w http.ResponseWriter, r *http.Request) error {
	return a.unpricedPage(w, r, &kit.Form{}, r.URL.Query().Get("customer"))
}

func (a *Admin) unpricedPage(w http.ResponseWriter, r *http.Request, form *kit.Form, customer string) error {
	page := admin.Unpriced{Form: form.Form, Zone: time.UTC, MayChange: mayChange(r), Customer: customer}
	p, err := a.Usage.PreviewUnpriced(r.Context(), customer)
	if err != nil {
		return err
	}
	var events []usage.Unpriced
	err = a.view(r.Context(), func(t tx.Tx) (err error) {
		events, err = a.Usage.Unpriced.UnpricedBefore(t, customer, 0, unpricedRows)
		return err
	})
	if err != nil {
		return err
	}
	names := map[string]string{}
	name := func(id string) string {
		if names[id] == "" {
			names[id] = id
			if c, err := a.Accounts.Customer(r.Context(), id); err == nil {
				names[id] = c.Name
			}
		}
		return names[id]
	}
	shop := a.Catalog.Snapshot()
	page.Seen = p.Seen
	for _, l := range p.Lines {
		row := admin.UnpricedRow{Customer: l.Customer, Name: name(l.Customer), Event: l.Name, Count: l.Events, Priced: l.Priced, First: l.First, Last: l.Last, Missing: l.Missing}
		for _, c := range l.Charges {
			row.Charges = append(row.Charges, show.Unit(shop, c.CreditType).Amount(c.Credits))
		}
		page.Waiting, page.Ready = page.Waiting+l.Events, page.Ready+l.Priced
		page.Rows = append(page.Rows, row)
	}
	for _, e := range events {
		page.Events = append(page.Events, admin.UnpricedEvent{ID: e.Event, Name: name(e.Customer), Event: e.Name, At: e.At, Properties: usage.JSON(e.Properties)})
	}
	f := a.frame(r, "Unpriced usage", "/admin/unpriced")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.UnpricedPage(f, page))
}

// UnpricedSend charges what the page showed.
func (a *Admin) UnpricedSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	customer, reason := form.Text("customer"), reasonOf(form)
	if form.Failed() {
		return a.unpricedPage(w, r, form, customer)
	}
	n, err := a.Usage.PriceUnpriced(r.Context(), kit.Actor(r), customer, form.Text("seen"), reason)
	if err != nil {
		if err := take(form, err); err != nil {
			return err
		}
		return a.unpricedPage(w, r, form, customer)
	}
	if err := a.Kit.Say(w, r, ui.Good, plural(n, "event")+" charged."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/unpriced")
}

// waiting is how many events wait for a price.
func (a *Admin) waiting(t tx.Tx) (n int, err error) {
	if a.Usage == nil {
		return 0, nil
	}
	all, err := a.Usage.Unpriced.Waiting(t)
	for _, w := range all {
		n += int(w.Count)
	}
	return n, err
}

// WithdrawRate takes back a version of a rate that applies later.
func (a *Admin) WithdrawRate(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.Catalog.WithdrawRate(r.Context(), kit.Actor(r), r.PathValue("rate")); err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, "It is withdrawn. What applies today stays."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/catalog")
}
