package purchase

import (
	"log/slog"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// Deps is what a Service needs.
type Deps struct {
	Runner   tx.Runner
	Store    Store
	Gateway  Gateway
	Tax      TaxGateway // nil: tax is shown at Checkout only
	Accounts *account.Service
	Catalog  *catalog.Service
	Ledger   *ledger.Ledger
	Jobs     *job.Queue
	Events   *event.Log
	Audit    *audit.Log
	Inbox    *inbox.Service
	Log      *slog.Logger
	// Installation is this database's id: it tells our objects at Stripe from
	// those of other products on the same account.
	Installation string
	// Livemode is what the Stripe key is for.
	Livemode bool
	// PublicURL is where Purse's own pages are.
	PublicURL string
	// ReturnOrigins are other origins that success_url and cancel_url may have.
	ReturnOrigins []string
	// AllowLoopback also permits loopback in them: in the sandbox.
	AllowLoopback bool
	// TermsVersion is the version of the terms that buyers accept.
	TermsVersion string
	// Promotions lets buyers enter promotion codes at Checkout, AutomaticTax lets
	// Stripe add tax there.
	Promotions, AutomaticTax bool
	// Methods are the payment methods that Checkout offers, none for what Stripe's
	// dashboard says; BankCountry is whose accounts take transfers in euros.
	Methods     []string
	BankCountry string
	// TaxBehavior and TaxCode are of packs that have none of their own:
	// "exclusive" or "inclusive", "" for exclusive; a code of Stripe's.
	TaxBehavior, TaxCode string
	// RefundWindow is how long customers may take back an unused purchase
	// themselves; 0 for not at all.
	RefundWindow time.Duration
	// RefundTerms are the vendor's words on refunds, "" for what the code does.
	RefundTerms string
}

// Service sells packs.
type Service struct {
	Deps
	others  Others
	syncing oneByOne // by customer: Stripe is told of one's details by one at a time
	taxes   taxCache
}

// Names of jobs, and how often the sweep runs.
const (
	jobSweep   = "purchase.sweep"
	sweepEvery = 30 * time.Second
)

// New makes a Service and registers its jobs.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	d.Jobs.Handle(jobRefund, s.refundJob)
	d.Jobs.Handle(jobBilling, s.billingJob)
	d.Jobs.Handle(jobGone, s.goneJob)
	d.Jobs.Every(jobForgetCards, 24*time.Hour, s.forgetCards)
	d.Jobs.Every(jobPending, pendingEvery, s.pendingJob)
	d.Jobs.Every(jobSweep, sweepEvery, s.sweepJob)
	return s
}
