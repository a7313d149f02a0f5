package event

import (
	"slices"
	"strings"
)

// The types of events, dotted past tense.
const (
	CreditsGranted       = "credits.granted"
	CreditsExpiring      = "credits.expiring"
	CreditsExpired       = "credits.expired"
	CreditsVoided        = "credits.voided"
	BalanceLow           = "balance.low"
	BalanceDepleted      = "balance.depleted"
	BalanceRecovered     = "balance.recovered"
	UsageAnomaly         = "usage.anomaly"
	UsageUnpriced        = "usage.unpriced"
	LimitReached         = "limit.reached"
	LimitRefused         = "limit.refused"
	LimitReset           = "limit.reset"
	EntitlementChange    = "entitlement.changed"
	PurchasePaid         = "purchase.paid"
	PurchaseFailed       = "purchase.failed"
	PurchaseRefunded     = "purchase.refunded"
	PurchaseDisputed     = "purchase.disputed"
	InvoiceIssued        = "invoice.issued"
	InvoiceReissued      = "invoice.reissued"
	InvoicePaid          = "invoice.paid"
	InvoiceOverdue       = "invoice.overdue"
	InvoiceVoided        = "invoice.voided"
	InvoiceUncollectible = "invoice.uncollectible"
	SchedulePaused       = "schedule.paused"
	RechargeSucceeded    = "recharge.succeeded"
	RechargeFailed       = "recharge.failed"
	RechargePaused       = "recharge.paused"
	RechargeCapped       = "recharge.capped"
	StatementReady       = "statement.ready"
	CustomerCreated      = "customer.created"
	CustomerChanged      = "customer.updated"
	EndpointTested       = "webhook.test"
	TestClockReady       = "test_clock.ready"
)

// Type is an entry of the catalogue.
type Type struct {
	Name string
	Text string // a sentence: when it happens
	// Customers says whether customers are told too; the vendor is told all.
	Customers bool
	// Wallet says whether it belongs to a wallet: then the event has a sequence.
	Wallet bool
	// Example is the data of one, as JSON. Every event of the type has these
	// fields, but for those that Optional names, and no others.
	Example string
}

// optional are fields that some events of a type do not have.
var optional = map[string][]string{
	BalanceLow:        {"percent"}, // of the kind share
	BalanceDepleted:   {"percent"},
	BalanceRecovered:  {"percent"},
	EntitlementChange: {"reason"}, // where it is refused
}

// Optional are the fields of the data that may be absent.
func (t Type) Optional() []string { return optional[t.Name] }

func ofGrant(reason string) string {
	return `{"grant":"gr_0d9v2m4k7q1xa","posting":"pst_0d9v2m4k7q1xb_12","credit_type":"credits","credits":"1000","kind":"paid","reason":"` + reason + `"}`
}

func ofPurchase(status, refunded string, dispute string) string {
	return `{"purchase":"pur_06h009hchvm6s4qgpdfhxqrvew","status":"` + status + `","pack":"pack_06h009hchvm6s4qgpdfhxqrvex","credit_type":"credits","credits":"1000","bonus":"50",` +
		`"price":{"amount":1000,"currency":"usd"},"total":{"amount":1190,"currency":"usd"},"refunded":{"amount":` + refunded + `,"currency":"usd"},"dispute_status":` + dispute + `}`
}

func ofLevel(kind, available, level, more string) string {
	return `{"alert":"alr_06h009hchvm6s4qgpdfhxqrvew","kind":` + kind + `,"credit_type":"credits","available":"` + available + `","level":"` + level + `"` + more + `}`
}

const ofLimit = `{"limit":"lim_06h009hchvm6s4qgpdfhxqrvew","credit_type":"credits","scope":"customer","period":"day","stops_requests":true,` +
	`"credits":"50","spent":"48.2","held":"1.8","resets_at":"2030-01-02T00:00:00Z"}`

func ofRecharge(status, reason string) string {
	return `{"recharge":"rch_06h009hchvm6s4qgpdfhxqrvew","status":"` + status + `","reason":` + reason + `,"credit_type":"credits","credits":"1000",` +
		`"amount":1190,"currency":"usd","purchase":null}`
}

func ofInvoice(status, paid, purchase string) string {
	return `{"invoice":"inv_06h009hchvm6s4qgpdfhxqrvew","status":"` + status + `","number":"INV-0007","credit_type":"credits","credits":"50000","amount":40000,` +
		`"amount_paid":` + paid + `,"currency":"usd","due_at":"2030-01-31T00:00:00Z","purchase":` + purchase + `}`
}

const customerExample = `{"id":"cus_06h009hchvm6s4qgpdfhxqrvew","name":"Their name","email":"billing@example.com","external_id":"your-id","stripe_customer_id":"",` +
	`"timezone":"Europe/Berlin","metadata":{},"status":"active","suspended_reason":"","created_at":"2030-01-01T12:00:00Z","updated_at":"2030-01-01T12:00:00Z"}`

var catalogue = []Type{
	{CreditsGranted, "Credits came into a wallet: granted, bought, transferred, or given back. reason is grant, adjustment, transfer, refund or dispute.", true, true, ofGrant("grant")},
	{CreditsExpiring, "Credits expire within an alert's days. expires_at is the earliest; each grant is listed.", true, true,
		`{"alert":"alr_06h009hchvm6s4qgpdfhxqrvew","credit_type":"credits","credits":"250","expires_at":"2030-01-31T00:00:00Z","days":7,` +
			`"grants":[{"grant":"gr_0d9v2m4k7q1xa","credits":"250","expires_at":"2030-01-31T00:00:00Z"}]}`},
	{CreditsExpired, "What was left of a grant expired.", true, true, ofGrant("expiry")},
	{CreditsVoided, "Credits were taken out of a grant other than by use: voided, adjusted, transferred away, refunded or lost in a dispute.", true, true, ofGrant("void")},
	{BalanceLow, "Available fell to an alert's level. kind is below, share (percent of the last paid grant) or days_left.", true, true, ofLevel(`"share"`, "48.5", "50", `,"percent":50`)},
	{BalanceDepleted, "Nothing is available any more.", true, true, ofLevel(`"below"`, "0", "0", "")},
	{BalanceRecovered, "Available rose above the level of an alert again, or a paid grant lifted it: the episode is over.", true, true, ofLevel(`"share"`, "1050", "50", `,"percent":50`)},
	{UsageAnomaly, "The last hour used a multiple of what is usual: percent of usual_hour.", true, true,
		`{"alert":"alr_06h009hchvm6s4qgpdfhxqrvew","credit_type":"credits","last_hour":"420","usual_hour":"100","percent":200}`},
	{UsageUnpriced, "Work was recorded that no rate prices: the first of its customer and name that waits for one. It is kept, and charged once staff has looked at what it costs.", false, false,
		`{"id":"req_8f14e45f","event":"llm.completion","timestamp":"2030-01-01T12:00:00Z","reason":"No rate of the meter \"input_tokens\" matches this event at its time. Create one."}`},
	{LimitReached, "Nothing is left of a spend limit: what is spent, and what open holds set aside of a limit on everything, has come to it. stops_requests says whether usage is refused while that is so, at the latest until resets_at.", true, true, ofLimit},
	{LimitRefused, "A spend limit that was not reached refused a request that needed more than was left: required. Told once in a period.", true, true,
		strings.Replace(ofLimit, `"resets_at"`, `"required":"12","resets_at"`, 1)},
	{LimitReset, "A spend limit that was reached no longer is: a new period began, a hold ended, a correction gave back, or it was raised or ended.", true, true, ofLimit},
	{EntitlementChange, "Whether the customer may go on changed, or whether to slow it down: what a gateway caches. reason says why not; throttle asks for no more than rate_per_minute.", true, true,
		`{"credit_type":"credits","allowed":false,"reason":"insufficient_credits","available":"0","throttle":false,"rate_per_minute":null}`},
	{PurchasePaid, "A purchase was paid and its credits were granted.", true, true, ofPurchase("paid", "0", "null")},
	{PurchaseFailed, "The payment of a purchase failed.", true, false, ofPurchase("failed", "0", "null")},
	{PurchaseRefunded, "Money of a purchase went back, and the unused credits with it.", true, false, ofPurchase("partially_refunded", "500", "null")},
	{PurchaseDisputed, "The buyer's bank disputes a payment, or decided about it.", true, false, ofPurchase("disputed", "0", `"needs_response"`)},
	{InvoiceIssued, "An invoice for credits was sent to the customer.", true, false, ofInvoice("open", "0", "null")},
	{InvoiceReissued, "An invoice for credits was made again, with another number and link: its customer was deleted at Stripe. Its credits are not given again.", true, false, ofInvoice("open", "0", "null")},
	{InvoicePaid, "An invoice for credits was paid.", true, false, ofInvoice("paid", "40000", `"pur_06h009hchvm6s4qgpdfhxqrvew"`)},
	{InvoiceOverdue, "An invoice for credits was not paid by its due date.", true, false, ofInvoice("open", "0", "null")},
	{InvoiceVoided, "An invoice for credits was voided: it cannot be paid any more.", true, false, ofInvoice("void", "0", "null")},
	{InvoiceUncollectible, "An invoice for credits was given up. It can still be paid.", true, false, ofInvoice("uncollectible", "0", "null")},
	{SchedulePaused, "Scheduled purchases are paused until somebody acts. repair_url, where there is one, is Stripe's page that cures it.", true, false,
		`{"schedule":"sch_06h009hchvm6s4qgpdfhxqrvew","credit_type":"credits","reason":"card_declined","repair_url":null}`},
	{RechargeSucceeded, "An automatic recharge was paid and its credits were granted.", true, true, ofRecharge("succeeded", "null")},
	{RechargeFailed, "An automatic recharge ended without money.", true, false, ofRecharge("failed", `"card_declined"`)},
	{RechargePaused, "Automatic recharges are paused until somebody acts. repair_url, where there is one, is Stripe's page that cures it.", true, false,
		`{"recharge_policy":"rpl_06h009hchvm6s4qgpdfhxqrvew","credit_type":"credits","reason":"card_declined","repair_url":null}`},
	{RechargeCapped, "The month's cap of automatic recharges is reached.", true, false,
		`{"recharge_policy":"rpl_06h009hchvm6s4qgpdfhxqrvew","credit_type":"credits","cap":{"amount":10000,"currency":"usd"},"until":"2030-02-01T00:00:00Z"}`},
	{StatementReady, "A month is over in the customer's time zone, and its statement can be read. to is exclusive.", true, false,
		`{"period":"2030-01","from":"2029-12-31T23:00:00Z","to":"2030-01-31T23:00:00Z","timezone":"Europe/Berlin"}`},
	{CustomerCreated, "A customer was created.", false, false, customerExample},
	{CustomerChanged, "A customer was changed, suspended or resumed.", false, false, customerExample},
	{TestClockReady, "The test clock of a sandbox was moved forward, and what became due on the way has been done. Sandboxes only.", false, false,
		`{"from":"2030-01-01T12:00:00Z","now":"2030-01-31T12:00:00Z"}`},
	{EndpointTested, "Somebody asked for a test of an endpoint. Only that endpoint is told.", true, false, `{"endpoint":"we_06h009hchvm6s4qgpdfhxqrvew"}`},
}

// Catalogue is every type, as the documentation lists them.
func Catalogue() []Type { return slices.Clone(catalogue) }

// Find answers the entry of a type.
func Find(name string) (Type, bool) {
	i := slices.IndexFunc(catalogue, func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return catalogue[i], true
}

// ForCustomers says whether customers are told of a type.
func ForCustomers(name string) bool {
	t, ok := Find(name)
	return ok && t.Customers
}

// Names are the types that an endpoint may choose from: all of them, or those
// that customers are told of. Tests come whatever was chosen.
func Names(customer bool) []string {
	var out []string
	for _, t := range catalogue {
		if t.Name != EndpointTested && (t.Customers || !customer) {
			out = append(out, t.Name)
		}
	}
	return out
}
