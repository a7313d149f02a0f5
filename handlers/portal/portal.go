// Package portal is the pages and actions of customers: one file per page.
package portal

import (
	"context"
	"net/http"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/billing/statement"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/handlers/endpoints"
	"purse/handlers/kit"
	"purse/handlers/statements"
	"purse/views/ui"
)

// Deps is what the portal needs.
type Deps struct {
	Kit      *kit.Kit
	Runner   tx.Runner
	Accounts *account.Service
	Catalog  *catalog.Service
	Ledger   *ledger.Ledger
	Hub      *kit.Hub
	// Usage takes the sample requests of the sandbox.
	Usage *usage.Service
	// Purchases sells the packs.
	Purchases *purchase.Service
	// Methods are the saved cards, Recharges what is bought with them by itself.
	Methods   *card.Service
	Recharges *recharge.Service
	// Endpoints tells the customer's own systems of events.
	Endpoints *notify.Endpoints
	// Invoices are those that staff sent.
	Invoices *invoice.Service
	// PrivateWebhooks says that they may lead inside: for development.
	PrivateWebhooks bool
	// Schedules are what is bought on set days.
	Schedules *schedule.Service
	// Alerts watches levels and limits, Messages tells people of them.
	Alerts   *alert.Service
	Messages *notify.Messages
	// Statements add up the months.
	Statements *statement.Service
	// Events are what happened.
	Events *event.Log
	// AskAbove are the amounts, by currency in minor units, above which paying
	// with a saved card asks again who is there. Other currencies always ask.
	AskAbove map[string]int64
	// Terms is the version of the terms that people accept, "" for none.
	TermsVersion string
}

// Portal answers the customers' pages. Each exported method with the signature
// of a kit.Handler is one route.
type Portal struct {
	Deps
	burn burnCache
	// Webhooks are the pages of webhook endpoints.
	Webhooks *endpoints.Pages
	// StatementPages are the pages of statements.
	StatementPages *statements.Pages
}

// New makes a Portal.
func New(d Deps) *Portal {
	p := &Portal{Deps: d}
	d.Kit.Banner = p.banner
	p.Webhooks = &endpoints.Pages{
		Kit: d.Kit, Runner: d.Runner, Accounts: d.Accounts, Endpoints: d.Endpoints, Base: "/webhooks", Private: d.PrivateWebhooks,
		Frame: func(r *http.Request, title string) ui.Frame { return p.Kit.Frame(r, title, "/webhooks") },
	}
	p.StatementPages = &statements.Pages{
		Runner: d.Runner, Ledger: d.Ledger, Catalog: d.Catalog, Statements: d.Statements, Brand: d.Kit.Site.Brand,
		Customer: func(r *http.Request) (*account.Customer, error) { return kit.VisitorOf(r).Customer, nil },
		Base:     func(*account.Customer) string { return "/statements" },
		Postings: func(*account.Customer) string { return "/ledger" },
		Frame:    func(r *http.Request, title string) ui.Frame { return p.Kit.Frame(r, title, "/ledger") },
	}
	return p
}

// view runs f in one read snapshot.
func (p *Portal) view(ctx context.Context, f func(tx.Tx) error) error { return p.Runner.View(ctx, f) }

// zoneOptions are the time zones that a new customer chooses from.
func zoneOptions() []ui.Option {
	var out []ui.Option
	for _, name := range []string{
		"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
		"America/Anchorage", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Chicago", "America/Denver",
		"America/Halifax", "America/Los_Angeles", "America/Mexico_City", "America/New_York", "America/Phoenix",
		"America/Sao_Paulo", "America/Toronto", "Asia/Bangkok", "Asia/Dhaka", "Asia/Dubai", "Asia/Hong_Kong",
		"Asia/Jakarta", "Asia/Jerusalem", "Asia/Karachi", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul",
		"Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tokyo", "Australia/Brisbane", "Australia/Perth",
		"Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest",
		"Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv", "Europe/Lisbon", "Europe/London",
		"Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm",
		"Europe/Vienna", "Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland", "Pacific/Honolulu",
	} {
		if l, err := time.LoadLocation(name); err == nil {
			out = append(out, ui.Option{Value: name, Text: ui.Zone(l)})
		}
	}
	return out
}
