// Package admin is the console of the vendor's staff: one file per page or act.
package admin

import (
	"context"
	"net/http"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/invoice"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/report"
	"purse/billing/schedule"
	"purse/billing/statement"
	"purse/billing/testclock"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/handlers/endpoints"
	"purse/handlers/kit"
	"purse/handlers/statements"
	"purse/views/ui"
)

// Deps is what the console needs.
type Deps struct {
	Kit       *kit.Kit
	Runner    tx.Runner
	Accounts  *account.Service
	Catalog   *catalog.Service
	Ledger    *ledger.Ledger
	Purchases *purchase.Service
	Recharges *recharge.Service
	Endpoints *notify.Endpoints
	Invoices  *invoice.Service
	// PrivateWebhooks says that they may lead inside: for development.
	PrivateWebhooks bool
	Jobs            *job.Queue
	Audit           *audit.Log
	Schedules       *schedule.Service
	// Alerts watches levels and limits, Messages tells people of them.
	Alerts   *alert.Service
	Messages *notify.Messages
	Reports  *report.Service // nil without Stripe
	// Statements add up a customer's months.
	Statements *statement.Service
	Clock      *testclock.Clock // nil but in a sandbox
	// Usage prices what was recorded without a price.
	Usage *usage.Service
	// Credit is what staff does to credits.
	Credit *credit.Service
}

// Admin answers the console's pages. Each exported method with the signature of
// a kit.Handler is one route.
type Admin struct {
	Deps
	// Webhooks are the pages of webhook endpoints.
	Webhooks *endpoints.Pages
	// StatementPages are the pages of customers' statements.
	StatementPages *statements.Pages
}

// New makes an Admin.
func New(d Deps) *Admin {
	a := &Admin{Deps: d}
	a.Webhooks = &endpoints.Pages{
		Kit: d.Kit, Runner: d.Runner, Accounts: d.Accounts, Endpoints: d.Endpoints, Base: "/admin/webhooks", Admin: true, Private: d.PrivateWebhooks,
		Frame: func(r *http.Request, title string) ui.Frame { return a.frame(r, title, "/admin/webhooks") },
	}
	a.StatementPages = &statements.Pages{
		Runner: d.Runner, Ledger: d.Ledger, Catalog: d.Catalog, Statements: d.Statements, Brand: d.Kit.Site.Brand, Customer: a.customer, Admin: true,
		Base:     func(c *account.Customer) string { return "/admin/customers/" + c.ID + "/statements" },
		Postings: func(c *account.Customer) string { return "/admin/customers/" + c.ID + "/ledger" },
		Frame:    func(r *http.Request, title string) ui.Frame { return a.frame(r, title, "/admin") },
	}
	return a
}

func (a *Admin) view(ctx context.Context, f func(tx.Tx) error) error { return a.Runner.View(ctx, f) }

// mayChange says whether the visitor is more than support staff.
func mayChange(r *http.Request) bool { return kit.VisitorOf(r).User.Staff == account.Admin }

// customer is the customer that the address names.
func (a *Admin) customer(r *http.Request) (*account.Customer, error) {
	return a.Accounts.Customer(r.Context(), r.PathValue("customer"))
}

// names turns the ids of users and keys into what staff knows them by.
func (a *Admin) names(ctx context.Context, ids []string) map[string]string {
	out := map[string]string{"system": "Purse", "cli": "command line", "": ""}
	for _, id := range ids {
		if _, ok := out[id]; ok {
			continue
		}
		out[id] = id
		if u, err := a.Accounts.User(ctx, id); err == nil {
			out[id] = u.Email
		}
	}
	return out
}
