package admin

import (
	"net/http"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

// archiving is something of the catalog that can be taken out of use, and back.
type archiving struct {
	name, path string
	archived   bool // now
	impact     func(tx.Tx) (catalog.Impact, error)
	do         func(archived bool) error
}

// archive asks before something is archived, says what ends with it, and does
// it; or brings it back.
func (a *Admin) archive(w http.ResponseWriter, r *http.Request, x archiving) error {
	if r.Method != http.MethodPost {
		return a.askArchive(w, r, x)
	}
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	archived := form.Text("archived") != "no"
	if err := x.do(archived); err != nil {
		if f, ok := fault.As(err); ok && f.Kind == fault.Conflict {
			if err := a.Kit.Say(w, r, ui.Bad, f.Detail); err != nil {
				return err
			}
			return kit.Go(w, r, "/admin/catalog")
		}
		return err
	}
	text := x.name + " is archived. It can be brought back."
	if !archived {
		text = x.name + " is in use again."
	}
	if err := a.Kit.Say(w, r, ui.Good, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/catalog")
}

func (a *Admin) askArchive(w http.ResponseWriter, r *http.Request, x archiving) error {
	page := admin.Archiving{Name: x.name, Action: x.path, Archived: x.archived}
	if !x.archived {
		var i catalog.Impact
		err := a.view(r.Context(), func(t tx.Tx) (err error) { i, err = x.impact(t); return err })
		if err != nil {
			return err
		}
		page.Says, page.Who, page.More = i.Says, i.Who, i.More
		for _, id := range i.Customers {
			name := id
			if c, err := a.Accounts.Customer(r.Context(), id); err == nil {
				name = c.Name
			}
			page.Customers = append(page.Customers, admin.Concerned{ID: id, Name: name})
		}
	}
	title := "Archive " + x.name + "?"
	if x.archived {
		title = "Bring " + x.name + " back?"
	}
	return kit.Render(w, r, http.StatusOK, admin.ArchivingPage(a.frame(r, title, "/admin/catalog"), page))
}

// ArchiveCreditType takes a credit type out of use, or back into it.
func (a *Admin) ArchiveCreditType(w http.ResponseWriter, r *http.Request) error {
	c := a.Catalog.Snapshot().CreditType(r.PathValue("key"))
	if c == nil {
		return fault.Missing("credit type")
	}
	return a.archive(w, r, archiving{
		name: c.Name, path: "/admin/catalog/credit-types/" + c.Key + "/archive", archived: c.Archived(),
		impact: func(t tx.Tx) (catalog.Impact, error) { return a.Catalog.OfCreditType(t, c.Key) },
		do: func(archived bool) error {
			_, err := a.Catalog.UpdateCreditType(r.Context(), kit.Actor(r), c.Key, catalog.CreditTypeChange{Archived: &archived})
			return err
		},
	})
}

// ArchiveMeter takes a meter out of use, or back into it.
func (a *Admin) ArchiveMeter(w http.ResponseWriter, r *http.Request) error {
	m := a.Catalog.Snapshot().Meter(r.PathValue("key"))
	if m == nil {
		return fault.Missing("meter")
	}
	return a.archive(w, r, archiving{
		name: m.Key, path: "/admin/catalog/meters/" + m.Key + "/archive", archived: m.Archived(),
		impact: func(t tx.Tx) (catalog.Impact, error) { return a.Catalog.OfMeter(t, m.Key) },
		do: func(archived bool) error {
			_, err := a.Catalog.ArchiveMeter(r.Context(), kit.Actor(r), m.Key, archived)
			return err
		},
	})
}

// ArchiveRate ends a rate, or takes that back.
func (a *Admin) ArchiveRate(w http.ResponseWriter, r *http.Request) error {
	shop := a.Catalog.Snapshot()
	rate := shop.Rate(r.PathValue("rate"))
	if rate == nil {
		return fault.Missing("rate")
	}
	return a.archive(w, r, archiving{
		name: "the rate " + show.RateText(rate, show.Unit(shop, rate.CreditType)) + " of " + rate.Meter, path: "/admin/catalog/rates/" + rate.ID() + "/archive",
		archived: !rate.ArchivedAt.IsZero(),
		impact:   func(t tx.Tx) (catalog.Impact, error) { return a.Catalog.OfRate(t, rate.ID()) },
		do: func(archived bool) (err error) {
			if archived {
				_, err = a.Catalog.ArchiveRate(r.Context(), kit.Actor(r), rate.ID())
			} else {
				_, err = a.Catalog.RestoreRate(r.Context(), kit.Actor(r), rate.ID())
			}
			return err
		},
	})
}

// ArchivePack takes a pack off sale, or puts it back.
func (a *Admin) ArchivePack(w http.ResponseWriter, r *http.Request) error {
	p := a.Catalog.Snapshot().Pack(r.PathValue("pack"))
	if p == nil {
		return fault.Missing("pack")
	}
	return a.archive(w, r, archiving{
		name: p.Name, path: "/admin/catalog/packs/" + p.ID + "/archive", archived: p.Archived(),
		impact: func(t tx.Tx) (catalog.Impact, error) { return a.Catalog.OfPack(t, p.ID) },
		do: func(archived bool) error {
			_, err := a.Catalog.UpdatePack(r.Context(), kit.Actor(r), p.ID, catalog.PackChange{Archived: &archived})
			return err
		},
	})
}
