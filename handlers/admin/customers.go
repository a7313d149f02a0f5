package admin

import (
	"context"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/handlers/kit"
	pages "purse/handlers/portal"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/portal"
	"purse/views/ui"
)

const customersPerPage = 30

// Customers lists customers with what they have available.
func (a *Admin) Customers(w http.ResponseWriter, r *http.Request) error {
	query := strings.TrimSpace(r.URL.Query().Get("q"))
	cursor := kit.CursorOf(r)
	found, more, err := a.Accounts.SearchCustomers(r.Context(), query, account.Page{After: cursor.After, Before: cursor.Before, Limit: customersPerPage})
	if err != nil {
		return err
	}
	page := admin.Customers{Query: query, Zone: time.UTC, Path: r.URL.RequestURI()}
	snapshot := a.Catalog.Snapshot()
	err = a.view(r.Context(), func(t tx.Tx) error {
		page.Rows = nil
		for _, c := range found {
			balances, err := a.Ledger.Balances(t, c.ID)
			if err != nil {
				return err
			}
			row := admin.CustomerRow{ID: c.ID, Name: c.Name, Email: c.Email, External: c.ExternalID, Suspended: c.Status == account.Suspended, Created: c.CreatedAt}
			for _, b := range balances {
				row.Balances = append(row.Balances, admin.Amount{Unit: show.Unit(snapshot, b.CreditType), Amount: b.Available, Debt: b.Debt})
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if n := len(found); n > 0 {
		if cursor.After != "" || (cursor.Before != "" && more) {
			page.Newer = kit.WithCursor(r.URL, "before", found[0].ID)
		}
		if cursor.Before != "" || more {
			page.Older = kit.WithCursor(r.URL, "after", found[n-1].ID)
		}
	}
	if kit.IsPart(r) {
		return kit.Render(w, r, http.StatusOK, admin.CustomersTable(page))
	}
	return kit.Render(w, r, http.StatusOK, admin.CustomersPage(a.frame(r, "Customers", "/admin"), page))
}

// frame is the frame of a page of the console: its times are UTC.
func (a *Admin) frame(r *http.Request, title, section string) ui.Frame {
	f := a.Kit.Frame(r, title, section)
	f.Zone, f.Customer, f.Customers, f.Hidden = time.UTC, "", nil, nil
	f.Alerts = a.alarms(r)
	return f
}

// Customer shows one customer.
func (a *Admin) Customer(w http.ResponseWriter, r *http.Request) error {
	return a.customerPage(w, r, &kit.Form{}, nil)
}

func (a *Admin) customerPage(w http.ResponseWriter, r *http.Request, form *kit.Form, made *admin.JoinLink) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	page := admin.Customer{
		ID: c.ID, Name: c.Name, Email: c.Email, External: c.ExternalID, Stripe: c.StripeCustomerID, Zone: ui.Zone(c.Location()),
		Suspended: c.Status == account.Suspended, Reason: c.SuspendedReason, Created: c.CreatedAt, Location: c.Location(),
		MayChange: mayChange(r), JoinLink: made, Metadata: metadata(c), Form: form.Form,
	}
	members, err := a.Accounts.Members(r.Context(), c.ID)
	if err != nil {
		return err
	}
	for _, m := range members {
		page.Members = append(page.Members, admin.Member{Email: m.Email, Name: m.Name, Role: string(m.Role), Since: m.CreatedAt})
	}
	if page.MayChange {
		open, err := a.Accounts.Invitations(r.Context(), c.ID)
		if err != nil {
			return err
		}
		for _, l := range open {
			page.Invitations = append(page.Invitations, ui.Invitation{
				Email: l.Email, Role: string(l.Role), Until: l.ExpiresAt, Revoke: "/admin/customers/" + c.ID + "/invitations/" + l.ID + "/revoke",
			})
		}
	}
	if err := a.fillCustomer(r.Context(), c, &page); err != nil {
		return err
	}
	f := a.frame(r, c.Name, "/admin")
	f.Zone, f.Failed = c.Location(), form.Failed()
	return kit.Render(w, r, form.Status(), admin.CustomerPage(f, page))
}

// fillCustomer reads what a customer has and did.
func (a *Admin) fillCustomer(ctx context.Context, c *account.Customer, page *admin.Customer) error {
	return a.view(ctx, func(t tx.Tx) error {
		balances, err := a.Ledger.Balances(t, c.ID)
		if err != nil {
			return err
		}
		page.Wallets, page.Recent, page.Purchases = nil, nil, nil
		if page.Billing, err = a.billing(t, c.ID); err != nil {
			return err
		}
		bought, err := a.Purchases.List(t, c.ID, "", "", 10)
		if err != nil {
			return err
		}
		for _, p := range bought {
			page.Purchases = append(page.Purchases, a.purchaseRow(p))
		}
		for _, b := range balances {
			wallet, err := a.wallet(t, b)
			if err != nil {
				return err
			}
			page.Wallets = append(page.Wallets, wallet)
			recent, err := a.Ledger.Postings(t, ledger.Query{Wallet: b.WalletKey, Limit: 8})
			if err != nil {
				return err
			}
			rows, err := show.Rows(t, a.Ledger, a.Purchases, c.ID, recent.Postings, "/admin/customers/"+c.ID+"/ledger/")
			if err != nil {
				return err
			}
			page.Recent = append(page.Recent, rows...)
		}
		sort.SliceStable(page.Recent, func(i, j int) bool { return page.Recent[i].At.After(page.Recent[j].At) })
		page.Recent = page.Recent[:min(len(page.Recent), 8)]
		for i := range page.Recent {
			if page.Recent[i].GrantID != "" {
				page.Recent[i].GrantHref = "/admin/customers/" + c.ID + "/grants#" + page.Recent[i].GrantID
			}
		}
		return nil
	})
}

func metadata(c *account.Customer) []admin.Pair {
	var out []admin.Pair
	for k, v := range c.Metadata {
		out = append(out, admin.Pair{Name: k, Value: v})
	}
	slices.SortFunc(out, func(a, b admin.Pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (a *Admin) wallet(t tx.Tx, b ledger.Balance) (admin.Wallet, error) {
	grants, err := a.Ledger.LiveGrants(t, b.WalletKey)
	if err != nil {
		return admin.Wallet{}, err
	}
	return admin.Wallet{
		CreditType: b.CreditType, Unit: show.Unit(a.Catalog.Snapshot(), b.CreditType), Balance: b.Balance, Available: b.Available,
		Held: b.Held, Pending: b.Pending, Frozen: b.Frozen, Debt: b.Debt, Overdraft: b.Overdraft, Scoped: show.Scoped(b),
		Grants: show.LiveGrants(grants, t.Now()),
	}, err
}

// Postings lists the ledger of a customer.
func (a *Admin) Postings(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	var page portal.Ledger
	err = a.view(r.Context(), func(t tx.Tx) error {
		balances, err := a.Ledger.Balances(t, c.ID)
		if err != nil {
			return err
		}
		page, err = pages.LedgerView(t, a.Ledger, a.Purchases, a.Catalog.Snapshot(), c, balances, r)
		return err
	})
	if err != nil {
		return err
	}
	for i := range page.Rows {
		if page.Rows[i].GrantID != "" {
			page.Rows[i].GrantHref = "/admin/customers/" + c.ID + "/grants#" + page.Rows[i].GrantID
		}
	}
	f := a.frame(r, "Ledger of "+c.Name, "/admin")
	f.Zone = c.Location()
	status := http.StatusOK
	if page.Filter.Errors.Failed() {
		f.Failed, status = true, http.StatusUnprocessableEntity
	}
	return kit.Render(w, r, status, admin.LedgerPage(f, c.ID, c.Name, page))
}

// PostingsCSV is the filtered ledger of a customer as CSV.
func (a *Admin) PostingsCSV(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return pages.ExportLedger(w, r, a.Runner, a.Ledger, a.Purchases, a.Catalog.Snapshot(), c)
}

// Why explains a posting of a customer.
func (a *Admin) Why(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	id, ok := ledger.ParsePostingID(r.PathValue("posting"))
	if !ok {
		return fault.Missing("posting")
	}
	base := "/admin/customers/" + c.ID
	var why portal.Why
	err = a.view(r.Context(), func(t tx.Tx) error {
		posting, wallet, err := a.Ledger.Posting(t, c.ID, id)
		if err != nil {
			return kit.Missing(err, "posting")
		}
		why, err = show.Why(t, a.Ledger, a.Purchases, a.Catalog.Snapshot(), posting, wallet, base+"/ledger/")
		return err
	})
	if err != nil {
		return err
	}
	why.Zone, why.Back = c.Location(), base+"/ledger"
	if why.Bought != nil {
		why.Bought.Href = "/admin/purchases/" + why.Bought.ID
	}
	why.Actor = a.names(r.Context(), []string{why.Actor})[why.Actor]
	for i := range why.Moves {
		if why.Moves[i].Grant != "" {
			why.Moves[i].Href = base + "/grants#" + why.Moves[i].Grant
		}
	}
	correct := ""
	if mayChange(r) && (why.Kind == string(ledger.PostDebit) || why.Kind == string(ledger.PostCapture)) && why.Amount < 0 {
		correct = base + "/adjust?corrects=" + why.ID
	}
	f := a.frame(r, why.Title, "/admin")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.WhyPage(f, why, correct))
}

// Grants lists all lots of a customer.
func (a *Admin) Grants(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	var page portal.Grants
	err = a.view(r.Context(), func(t tx.Tx) error {
		balances, err := a.Ledger.Balances(t, c.ID)
		if err != nil {
			return err
		}
		snapshot := a.Catalog.Snapshot()
		creditType := show.Type(r.URL.Query().Get("credit_type"), snapshot, balances)
		page, err = pages.GrantsView(t, a.Ledger, snapshot, c, show.Balance(balances, c.ID, creditType))
		page.Types = show.Types(snapshot, balances, creditType, r.URL.Path)
		return err
	})
	if err != nil {
		return err
	}
	f := a.frame(r, "Grants of "+c.Name, "/admin")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.GrantsPage(f, c.ID, c.Name, page))
}

const auditRows = 50

// AuditLog lists what people and keys changed of a customer.
func (a *Admin) AuditLog(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	var rows []audit.Entry
	err = a.view(r.Context(), func(t tx.Tx) error {
		rows, err = a.Audit.List(t, audit.Query{Customer: c.ID, Before: kit.CursorOf(r).After, Limit: auditRows + 1})
		return err
	})
	if err != nil {
		return err
	}
	page := admin.Audit{ID: c.ID, Name: c.Name, Zone: time.UTC}
	page.Newer = kit.Newer(r)
	if len(rows) > auditRows {
		rows = rows[:auditRows]
		page.Older = kit.Older(r, rows[auditRows-1].ID)
	}
	page.Rows = show.Log(rows, a.logNames(r.Context(), rows))
	return kit.Render(w, r, http.StatusOK, admin.AuditPage(a.frame(r, "Audit log of "+c.Name, "/admin"), page))
}

// JoinLink makes a link by which the person who has an address joins the
// customer, and shows it once.
func (a *Admin) JoinLink(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"email": "E-mail address"})
	if err != nil {
		return err
	}
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	secret, l, err := a.Accounts.JoinLink(r.Context(), kit.Actor(r), c.ID, form.Text("email"), account.Owner)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return a.customerPage(w, r, form, nil)
	}
	return a.customerPage(w, r, &kit.Form{}, &admin.JoinLink{Email: l.Email, URL: a.Kit.URL(account.LinkJoin.Path(secret))})
}

// InvitationRevoke ends an invitation to a customer.
func (a *Admin) InvitationRevoke(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	l, err := a.Accounts.RevokeInvitation(r.Context(), kit.Actor(r), c.ID, r.PathValue("invitation"))
	if err != nil {
		return err
	}
	if err := a.Kit.Say(w, r, ui.Good, "The invitation of "+l.Email+" no longer works."); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/customers/"+c.ID)
}

// typeOptions are the credit types that something new may use.
func typeOptions(s *catalog.Snapshot) []ui.Option {
	var out []ui.Option
	for _, t := range s.CreditTypes {
		if !t.Archived() {
			out = append(out, ui.Option{Value: t.Key, Text: t.Name})
		}
	}
	return out
}
