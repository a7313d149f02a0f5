package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

const ledgerRows = 50 // on a page

// Postings lists the ledger.
func (p *Portal) Postings(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	var page portal.Ledger
	status := http.StatusOK
	err := p.view(r.Context(), func(t tx.Tx) error {
		balances, err := p.Ledger.Balances(t, v.Customer.ID)
		if err != nil {
			return err
		}
		page, err = LedgerView(t, p.Ledger, p.Purchases, p.Catalog.Snapshot(), v.Customer, balances, r)
		return err
	})
	if err != nil {
		return err
	}
	page.CanBuy = v.Role.MayBuy()
	f := p.Kit.Frame(r, "Ledger", "/ledger")
	if page.Filter.Errors.Failed() {
		f.Failed, status = true, http.StatusUnprocessableEntity
	}
	return kit.Render(w, r, status, portal.LedgerPage(f, page))
}

// LedgerView fills a page of postings from the request's address, for the
// portal and the admin console alike.
func LedgerView(t tx.Tx, l *ledger.Ledger, ps *purchase.Service, snapshot *catalog.Snapshot, c *account.Customer, balances []ledger.Balance, r *http.Request) (portal.Ledger, error) {
	q, filter := ledgerQuery(r.URL.Query(), snapshot, c, balances)
	page := portal.Ledger{
		Unit: show.Unit(snapshot, q.Wallet.CreditType), Zone: c.Location(), BaseHref: r.URL.Path,
		Types:  show.Types(snapshot, balances, q.Wallet.CreditType, r.URL.Path),
		HasAny: show.Balance(balances, c.ID, q.Wallet.CreditType).Seq > 0,
	}
	callers, err := l.Callers(t, c.ID, 200)
	if err != nil {
		return page, err
	}
	filter.Callers = []ui.Option{{Value: "", Text: "Any"}}
	for _, caller := range callers {
		filter.Callers = append(filter.Callers, ui.Option{Value: caller.Name, Text: caller.Name})
	}
	page.Filter = filter
	if filter.Errors.Failed() {
		return page, nil
	}
	cursor := kit.CursorOf(r)
	q.Limit = ledgerRows
	q.Before, q.After = place(cursor.After), place(cursor.Before)
	if cursor.After != "" && q.Before == 0 || cursor.Before != "" && q.After == 0 {
		return page, kit.BadCursor("after")
	}
	found, err := l.Postings(t, q)
	if err != nil {
		return page, err
	}
	if page.Rows, err = show.Rows(t, l, ps, c.ID, found.Postings, r.URL.Path+"/"); err != nil {
		return page, err
	}
	if n := len(found.Postings); n > 0 {
		if found.Newer {
			page.Newer = kit.WithCursor(r.URL, "before", strconv.FormatInt(found.Postings[0].ID.Seq, 10))
		}
		if found.Older {
			page.Older = kit.WithCursor(r.URL, "after", strconv.FormatInt(found.Postings[n-1].ID.Seq, 10))
		}
	} else if cursor != (kit.Cursor{}) {
		page.Newer = kit.WithCursor(r.URL, "", "")
	}
	csv := *r.URL
	csv.Path = r.URL.Path + ".csv"
	page.CSV = kit.WithCursor(&csv, "", "")
	return page, nil
}

// place reads a posting's place; what is none is 0, which does not restrict.
func place(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// ledgerQuery reads the filters of an address.
func ledgerQuery(q url.Values, snapshot *catalog.Snapshot, c *account.Customer, balances []ledger.Balance) (ledger.Query, portal.Filter) {
	f := portal.Filter{
		Kind: q.Get("kind"), Meter: q.Get("meter"), Caller: q.Get("caller"), From: q.Get("from"), To: q.Get("to"),
		Kinds: []ui.Option{{Value: "", Text: "All"}}, Meters: []ui.Option{{Value: "", Text: "All"}},
	}
	f.CreditType = show.Type(q.Get("credit_type"), snapshot, balances)
	out := ledger.Query{Wallet: ledger.WalletKey{Customer: c.ID, CreditType: f.CreditType}, Caller: f.Caller}
	for _, k := range ledger.PostingKinds() {
		f.Kinds = append(f.Kinds, ui.Option{Value: string(k), Text: portal.PostingName(string(k))})
	}
	if slices.Contains(ledger.PostingKinds(), ledger.PostingKind(f.Kind)) {
		out.Kind = ledger.PostingKind(f.Kind)
	} else {
		f.Kind = ""
	}
	for _, m := range snapshot.Meters {
		f.Meters = append(f.Meters, ui.Option{Value: m.Key, Text: m.Key})
	}
	if snapshot.Meter(f.Meter) != nil {
		out.Meter = snapshot.Meter(f.Meter).Key
	} else {
		f.Meter = ""
	}
	zone := c.Location()
	if f.From != "" {
		day, err := time.ParseInLocation("2006-01-02", f.From, zone)
		if err != nil {
			f.Errors.Errors = append(f.Errors.Errors, ui.FieldError{Field: "from", Label: "From", Text: "This is not a date like 2026-01-31."})
		}
		out.From = day
	}
	if f.To != "" {
		day, err := time.ParseInLocation("2006-01-02", f.To, zone)
		if err != nil {
			f.Errors.Errors = append(f.Errors.Errors, ui.FieldError{Field: "to", Label: "Up to", Text: "This is not a date like 2026-01-31."})
		}
		out.To = day.AddDate(0, 0, 1) // the day itself is included
	}
	return out, f
}

// Why explains a posting.
func (p *Portal) Why(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	id, ok := ledger.ParsePostingID(r.PathValue("posting"))
	if !ok {
		return fault.Missing("posting")
	}
	var why portal.Why
	err := p.view(r.Context(), func(t tx.Tx) error {
		posting, wallet, err := p.Ledger.Posting(t, v.Customer.ID, id)
		if err != nil {
			return kit.Missing(err, "posting")
		}
		why, err = show.Why(t, p.Ledger, p.Purchases, p.Catalog.Snapshot(), posting, wallet, "/ledger/")
		return err
	})
	if err != nil {
		return err
	}
	why.Zone, why.Back = v.Customer.Location(), "/ledger"
	why.Actor = p.actorName(v, why.Actor)
	for i := range why.Moves {
		if why.Moves[i].Grant != "" {
			why.Moves[i].Href = "/grants#" + why.Moves[i].Grant
		}
	}
	if len(why.Lines) > 0 {
		if err := p.Kit.Learn(w, r); err != nil {
			return err
		}
	}
	title := why.Title
	if len(why.Lines) > 0 {
		title = "Why was I charged?"
	}
	return kit.Render(w, r, http.StatusOK, portal.WhyPage(p.Kit.Frame(r, title, "/ledger"), why))
}

// actorName says to a customer who made a posting: never which of our people.
func (p *Portal) actorName(v *kit.Visitor, id string) string {
	switch {
	case id == "" || id == audit.System.ID:
		return ""
	case id == v.User.ID:
		return "you"
	case strings.HasPrefix(id, "key_"):
		return "API"
	}
	return p.Kit.Site.Brand
}

// Grants lists all lots.
func (p *Portal) Grants(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	var page portal.Grants
	err := p.view(r.Context(), func(t tx.Tx) error {
		balances, err := p.Ledger.Balances(t, v.Customer.ID)
		if err != nil {
			return err
		}
		creditType := show.Type(r.URL.Query().Get("credit_type"), p.Catalog.Snapshot(), balances)
		page, err = GrantsView(t, p.Ledger, p.Catalog.Snapshot(), v.Customer, show.Balance(balances, v.Customer.ID, creditType))
		page.Types = show.Types(p.Catalog.Snapshot(), balances, creditType, "/grants")
		return err
	})
	if err != nil {
		return err
	}
	page.CanBuy = v.Role.MayBuy()
	return kit.Render(w, r, http.StatusOK, portal.GrantsPage(p.Kit.Frame(r, "Grants", "/grants"), page))
}

const closedGrants = 100 // shown of those that are used up

// GrantsView fills the lots of a wallet, for the portal and the admin console.
func GrantsView(t tx.Tx, l *ledger.Ledger, snapshot *catalog.Snapshot, c *account.Customer, b ledger.Balance) (portal.Grants, error) {
	page := portal.Grants{
		Unit: show.Unit(snapshot, b.CreditType), Zone: c.Location(),
		Order: "restricted to a meter first, then by priority, earliest end, kind, and price",
	}
	if b.Wallet == 0 {
		return page, nil
	}
	live, err := l.LiveGrants(t, b.WalletKey)
	if err != nil {
		return page, err
	}
	page.Open = show.LiveGrants(live, t.Now())
	open := map[ledger.GrantID]bool{}
	for _, g := range live {
		open[g.ID] = true
	}
	all, err := l.Grants(t, b.Wallet, false, 0, closedGrants)
	if err != nil {
		return page, err
	}
	for _, g := range all {
		if !open[g.ID] {
			page.Closed = append(page.Closed, show.Grant(g, t.Now()))
		}
	}
	return page, nil
}
