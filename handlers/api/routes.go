package api

import (
	"net/http"
	"strings"

	"purse/billing/account"
)

const (
	get   = http.MethodGet
	post  = http.MethodPost
	patch = http.MethodPatch
	del   = http.MethodDelete
)

// table is every route of the API: method, path, who.
func table() []Route {
	admin, read, report := account.ScopeAdmin, account.ScopeRead, account.ScopeUsage
	vendor := true
	r := func(method, path string, scope account.Scope, vendor bool, tag, id, summary string) Route {
		status := http.StatusOK
		return Route{Method: method, Path: path, Scope: scope, Vendor: vendor, tag: tag, id: id, summary: summary, status: status}
	}
	return withFormer([]Route{
		usageRoute(r(post, usagePath, report, false, "Usage", "reportUsage", "Report usage: one event or a batch")),

		op(r(get, "/v1/unpriced_events", read, vendor, "Usage", "listUnpricedEvents", "List recorded usage that no rate prices"), listUnpriced),
		op(r(get, "/v1/unpriced_events/pricing", read, vendor, "Usage", "previewUnpriced", "Read what pricing it would charge now"), previewUnpriced),
		op(r(post, "/v1/unpriced_events/pricing", admin, vendor, "Usage", "priceUnpriced", "Charge what a preview showed"), priceUnpriced),

		op(r(post, "/v1/holds", report, false, "Holds", "createHold", "Set credits aside"), createHold).makes(),
		op(r(get, "/v1/holds/{id}", read, false, "Holds", "getHold", "Read a hold"), getHold),
		op(r(post, "/v1/holds/{id}/capture", report, false, "Holds", "captureHold", "End a hold and book what the work cost"), captureHold),
		op(r(post, "/v1/holds/{id}/release", report, false, "Holds", "releaseHold", "End a hold and take nothing"), releaseHold),

		op(r(get, "/v1/customers/{id}/balance", read, false, "Balances", "getBalance", "Read the balances of a customer"), getBalance),
		op(r(get, "/v1/customers/{id}/entitlement", read, false, "Balances", "getEntitlement", "Ask whether a customer may go on"), getEntitlement),
		op(r(get, "/v1/customers/{id}/grants", read, false, "Balances", "listGrants", "List the grants of a customer"), listGrants),
		op(r(get, "/v1/customers/{id}/ledger", read, false, "Balances", "listPostings", "List the postings of a wallet"), listPostings),
		op(r(get, "/v1/customers/{id}/statements", read, false, "Balances", "listStatements", "List the monthly statements of a customer"), listStatements),
		op(r(get, "/v1/customers/{id}/statements/{month}", read, false, "Balances", "getStatement", "Read the statement of a month"), getStatement),
		op(r(get, "/v1/grants/{id}", read, false, "Balances", "getGrant", "Read a grant"), getGrant),
		op(r(get, "/v1/postings/{id}", read, false, "Balances", "getPosting", "Read a posting and why it was made"), getPosting),

		op(r(get, "/v1/customers/{id}/alerts", read, false, "Alerts", "listAlerts", "List the alerts that a customer set"), listAlerts),
		op(r(post, "/v1/customers/{id}/alerts", admin, vendor, "Alerts", "createAlert", "Watch a level for a customer"), createAlert).makes(),
		op(r(del, "/v1/customers/{id}/alerts/{alert}", admin, vendor, "Alerts", "endAlert", "Stop watching a level"), endAlert),
		op(r(get, "/v1/customers/{id}/limits", read, false, "Alerts", "listLimits", "List spend limits and what is spent"), listLimits),
		op(r(post, "/v1/customers/{id}/limits", admin, vendor, "Alerts", "setLimit", "Set a spend limit, or change the one that counts the same"), setLimit),
		op(r(del, "/v1/customers/{id}/limits/{limit}", admin, vendor, "Alerts", "endLimit", "End a spend limit"), endLimit),
		op(r(get, "/v1/customers/{id}/at_zero", read, false, "Alerts", "listAtZero", "Read what happens at zero"), getAtZero),
		op(r(post, "/v1/customers/{id}/at_zero", admin, vendor, "Alerts", "setAtZero", "Choose what happens at zero: block, grace or throttle"), setAtZero),
		op(r(get, "/v1/alerts", read, vendor, "Alerts", "listDefaultAlerts", "List what every customer is told of"), listDefaultAlerts),
		op(r(post, "/v1/alerts", admin, vendor, "Alerts", "createDefaultAlert", "Tell every customer of a level"), createDefaultAlert).makes(),
		op(r(del, "/v1/alerts/{id}", admin, vendor, "Alerts", "endDefaultAlert", "Stop telling every customer of a level"), endDefaultAlert),
		op(r(post, "/v1/bounces", admin, vendor, "Alerts", "reportBounce", "Report that an address refuses mail: it gets no more alerts"), reportBounce),

		op(r(post, "/v1/customers", admin, vendor, "Customers", "createCustomer", "Create a customer"), createCustomer).makes(),
		op(r(get, "/v1/customers", read, vendor, "Customers", "listCustomers", "List and search customers"), listCustomers),
		op(r(get, "/v1/customers/{id}", read, false, "Customers", "getCustomer", "Read a customer"), getCustomer),
		op(r(post, "/v1/customers/{id}", admin, vendor, "Customers", "updateCustomer", "Change a customer"), updateCustomer),
		op(r(post, "/v1/customers/{id}/suspend", admin, vendor, "Customers", "suspendCustomer", "Stop decisions, holds and purchases"), suspendCustomer),
		op(r(post, "/v1/customers/{id}/resume", admin, vendor, "Customers", "resumeCustomer", "Lift a suspension"), resumeCustomer),
		op(r(post, "/v1/customers/{id}/join_links", admin, vendor, "Customers", "createJoinLink", "Make a one-time link by which a person joins"), createJoinLink).makes(),

		op(r(post, "/v1/customers/{id}/grants", admin, vendor, "Credits", "createGrant", "Grant credits"), createGrant).makes(),
		op(r(post, "/v1/grants/{id}/void", admin, vendor, "Credits", "voidGrant", "Take back what is left of a grant"), voidGrant),
		op(r(post, "/v1/customers/{id}/adjustments", admin, vendor, "Credits", "adjust", "Correct a balance"), adjust).makes(),
		op(r(post, "/v1/customers/{id}/overdraft", admin, vendor, "Credits", "setOverdraft", "Set how far below zero decisions may go"), setOverdraft),
		op(r(post, "/v1/transfers", admin, vendor, "Credits", "transfer", "Move credits between two customers"), transfer).makes(),

		op(r(get, "/v1/customers/{id}/billing", read, false, "Purchases", "getBilling", "Read whom invoices are addressed to"), getBilling),
		op(r(post, "/v1/customers/{id}/billing", admin, vendor, "Purchases", "updateBilling", "Change whom later invoices are addressed to, or fix the currency"), updateBilling),
		op(r(post, "/v1/customers/{id}/purchases", admin, vendor, "Purchases", "createPurchase", "Sell a pack: send the customer to checkout_url"), createPurchase).makes(),
		op(r(get, "/v1/customers/{id}/payment_methods", read, vendor, "Purchases", "listPaymentMethods", "List the payment methods that a customer has saved"), listMethods),
		op(r(get, "/v1/purchases/{id}", read, false, "Purchases", "getPurchase", "Read a purchase"), getPurchase),
		op(r(post, "/v1/purchases/{id}/refunds", admin, vendor, "Purchases", "createRefund", "Refund what was paid for unused credits"), createRefund).makes(),
		op(r(get, "/v1/purchases/{id}/refunds", read, false, "Purchases", "listRefunds", "List the refunds of a purchase"), listRefunds),
		op(r(post, "/v1/customers/{id}/invoices", admin, vendor, "Purchases", "createInvoice", "Draft an invoice for credits at a price of their own"), createInvoice).makes(),
		op(r(get, "/v1/customers/{id}/invoices", read, false, "Purchases", "listInvoices", "List the invoices of a customer"), listInvoices),
		op(r(get, "/v1/invoices/{id}", read, false, "Purchases", "getInvoice", "Read an invoice"), getInvoice),
		op(r(post, "/v1/invoices/{id}/send", admin, vendor, "Purchases", "sendInvoice", "Let Stripe make a drafted invoice and send it"), sendInvoice),
		op(r(post, "/v1/reconciliations", admin, vendor, "Purchases", "reconcile", "Compare with Stripe now"), reconcile),
		op(r(get, "/v1/reports/{id}", read, vendor, "Purchases", "getReport", "Read a day or month: Stripe's money against the ledger"), getReport),
		op(r(post, "/v1/stripe_events/{id}/replay", admin, vendor, "Purchases", "replayStripeEvent", "Process an event of Stripe's again"), replayStripeEvent),

		op(r(post, "/v1/credit_types", admin, vendor, "Catalog", "createCreditType", "Create a credit type"), createCreditType).makes(),
		op(r(get, "/v1/credit_types", read, false, "Catalog", "listCreditTypes", "List credit types"), listCreditTypes),
		op(r(get, "/v1/credit_types/{id}", read, false, "Catalog", "getCreditType", "Read a credit type"), getCreditType),
		op(r(post, "/v1/credit_types/{id}", admin, vendor, "Catalog", "updateCreditType", "Change or archive a credit type"), updateCreditType),
		op(r(post, "/v1/meters", admin, vendor, "Catalog", "createMeter", "Create a meter"), createMeter).makes(),
		op(r(get, "/v1/meters", read, false, "Catalog", "listMeters", "List meters"), listMeters),
		op(r(get, "/v1/meters/{id}", read, false, "Catalog", "getMeter", "Read a meter"), getMeter),
		op(r(post, "/v1/meters/{id}", admin, vendor, "Catalog", "updateMeter", "Archive a meter, or take it back into use"), updateMeter),
		op(r(post, "/v1/rates", admin, vendor, "Catalog", "createRate", "Create a rate, or a new version of one"), createRate).makes(),
		op(r(get, "/v1/rates", read, false, "Catalog", "listRates", "List rates"), listRates),
		op(r(get, "/v1/rates/{id}", read, false, "Catalog", "getRate", "Read a rate"), getRate),
		op(r(post, "/v1/rates/{id}/archive", admin, vendor, "Catalog", "archiveRate", "End a rate now"), archiveRate),
		op(r(post, "/v1/rates/{id}/restore", admin, vendor, "Catalog", "restoreRate", "Take the archiving of a rate back"), restoreRate),
		op(r(post, "/v1/rates/{id}/withdraw", admin, vendor, "Catalog", "withdrawRate", "Take back a version that applies later; today's stays"), withdrawRate),
		op(r(post, "/v1/packs", admin, vendor, "Catalog", "createPack", "Create a pack"), createPack).makes(),
		op(r(get, "/v1/packs", read, false, "Catalog", "listPacks", "List packs"), listPacks),
		op(r(get, "/v1/packs/{id}", read, false, "Catalog", "getPack", "Read a pack"), getPack),
		op(r(post, "/v1/packs/{id}", admin, vendor, "Catalog", "updatePack", "Change or archive a pack"), updatePack),
		op(r(get, "/v1/packs/{id}/quote", read, false, "Catalog", "quotePack", "Read what an amount of a pack costs, and why"), quotePack),

		op(r(get, "/v1/test_clock", read, vendor, "Test clock", "getTestClock", "Read the clock of a sandbox"), getTestClock),
		op(r(post, "/v1/test_clock/advance", admin, vendor, "Test clock", "advanceTestClock", "Move the clock of a sandbox forward"), advanceTestClock).accepts(),

		op(r(get, "/v1/events", read, false, "Events", "listEvents", "List what happened in the last 30 days"), listEvents),
		streamRoute(r(get, "/v1/events/stream", read, vendor, "Events", "streamEvents", "Be told of events as they happen")),
		op(r(get, "/v1/events/{id}", read, false, "Events", "getEvent", "Read an event"), getEvent),

		op(r(post, "/v1/webhook_endpoints", admin, vendor, "Webhooks", "createWebhookEndpoint", "Have a system told of events"), createEndpoint).makes(),
		op(r(get, "/v1/webhook_endpoints", read, vendor, "Webhooks", "listWebhookEndpoints", "List webhook endpoints"), listEndpoints),
		op(r(get, "/v1/webhook_endpoints/{id}", read, vendor, "Webhooks", "getWebhookEndpoint", "Read a webhook endpoint"), getEndpoint),
		op(r(patch, "/v1/webhook_endpoints/{id}", admin, vendor, "Webhooks", "updateWebhookEndpoint", "Change, disable or enable a webhook endpoint"), updateEndpoint),
		op(r(del, "/v1/webhook_endpoints/{id}", admin, vendor, "Webhooks", "deleteWebhookEndpoint", "Delete a webhook endpoint and its log"), deleteEndpoint),
		op(r(post, "/v1/webhook_endpoints/{id}/rotate", admin, vendor, "Webhooks", "rotateWebhookSecret", "Make a new secret; the old one signs too for a day"), rotateEndpoint),
		op(r(post, "/v1/webhook_endpoints/{id}/test", admin, vendor, "Webhooks", "testWebhookEndpoint", "Send a test event"), testEndpoint),
		op(r(get, "/v1/webhook_endpoints/{id}/deliveries", read, vendor, "Webhooks", "listDeliveries", "List what was sent to an endpoint"), listDeliveries),
		op(r(post, "/v1/webhook_endpoints/{id}/redeliver", admin, vendor, "Webhooks", "redeliverFailed", "Send again what failed since a time"), redeliverFailed),
		op(r(get, "/v1/deliveries/{id}", read, vendor, "Webhooks", "getDelivery", "Read a delivery with every try"), getDelivery),
		op(r(post, "/v1/deliveries/{id}/redeliver", admin, vendor, "Webhooks", "redeliver", "Send one event again"), redeliver),

		op(r(post, "/v1/keys", admin, vendor, "Keys", "createKey", "Create an API key"), createKey).makes(),
		op(r(get, "/v1/keys", admin, vendor, "Keys", "listKeys", "List API keys"), listKeys),
		op(r(post, "/v1/keys/{id}/revoke", admin, vendor, "Keys", "revokeKey", "End an API key at once"), revokeKey),
	})
}

// formerPaths are prefixes under which earlier releases had what has another now.
// They answer as before.
var formerPaths = map[string]string{"/v1/webhook_endpoints": "/v1/webhook-endpoints", "/v1/test_clock": "/v1/test-clock"}

// withFormer adds the routes by their former paths, marked as deprecated.
func withFormer(routes []Route) []Route {
	for _, r := range routes {
		for now, former := range formerPaths {
			if rest, ok := strings.CutPrefix(r.Path, now); ok {
				r.successor, r.Path, r.id = r.Path, former+rest, r.id+"Former"
				routes = append(routes, r)
			}
		}
	}
	return routes
}

// accepts says that the route answers 202: the work goes on.
func (r Route) accepts() Route {
	r.status = http.StatusAccepted
	return r
}

// makes says that the route answers 201.
func (r Route) makes() Route {
	r.status = http.StatusCreated
	return r
}
