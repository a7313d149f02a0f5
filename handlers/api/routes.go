package api

import (
	"net/http"
	"slices"
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
	return withFormer(slices.Concat(usageRoutes(), customerRoutes(), catalogRoutes()))
}

// vendor routes refuse keys that reach only one customer.
const vendor = true

func at(method, path string, scope account.Scope, vendor bool, tag, id, summary string) Route {
	return Route{Method: method, Path: path, Scope: scope, Vendor: vendor, tag: tag, id: id, summary: summary, status: http.StatusOK}
}

// usageRoutes are those of usage, holds, balances, alerts and limits.
func usageRoutes() []Route {
	return []Route{
		usageRoute(at(post, usagePath, account.ScopeUsage, false, "Usage", "reportUsage", "Report usage: one event or a batch")),

		op(at(get, "/v1/unpriced_events", account.ScopeRead, vendor, "Usage", "listUnpricedEvents", "List recorded usage that no rate prices"), listUnpriced),
		op(at(get, "/v1/unpriced_events/pricing", account.ScopeRead, vendor, "Usage", "previewUnpriced", "Read what pricing it would charge now"), previewUnpriced),
		op(at(post, "/v1/unpriced_events/pricing", account.ScopeAdmin, vendor, "Usage", "priceUnpriced", "Charge what a preview showed"), priceUnpriced),

		op(at(post, "/v1/holds", account.ScopeUsage, false, "Holds", "createHold", "Set credits aside"), createHold).makes(),
		op(at(get, "/v1/holds/{id}", account.ScopeRead, false, "Holds", "getHold", "Read a hold"), getHold),
		op(at(post, "/v1/holds/{id}/capture", account.ScopeUsage, false, "Holds", "captureHold", "End a hold and book what the work cost"), captureHold),
		op(at(post, "/v1/holds/{id}/release", account.ScopeUsage, false, "Holds", "releaseHold", "End a hold and take nothing"), releaseHold),

		op(at(get, "/v1/customers/{id}/balance", account.ScopeRead, false, "Balances", "getBalance", "Read the balances of a customer"), getBalance),
		op(at(get, "/v1/customers/{id}/entitlement", account.ScopeRead, false, "Balances", "getEntitlement", "Ask whether a customer may go on"), getEntitlement),
		op(at(get, "/v1/customers/{id}/grants", account.ScopeRead, false, "Balances", "listGrants", "List the grants of a customer"), listGrants),
		op(at(get, "/v1/customers/{id}/ledger", account.ScopeRead, false, "Balances", "listPostings", "List the postings of a wallet"), listPostings),
		op(at(get, "/v1/customers/{id}/statements", account.ScopeRead, false, "Balances", "listStatements", "List the monthly statements of a customer"), listStatements),
		op(at(get, "/v1/customers/{id}/statements/{month}", account.ScopeRead, false, "Balances", "getStatement", "Read the statement of a month"), getStatement),
		op(at(get, "/v1/grants/{id}", account.ScopeRead, false, "Balances", "getGrant", "Read a grant"), getGrant),
		op(at(get, "/v1/postings/{id}", account.ScopeRead, false, "Balances", "getPosting", "Read a posting and why it was made"), getPosting),

		op(at(get, "/v1/customers/{id}/alerts", account.ScopeRead, false, "Alerts", "listAlerts", "List the alerts that a customer set"), listAlerts),
		op(at(post, "/v1/customers/{id}/alerts", account.ScopeAdmin, vendor, "Alerts", "createAlert", "Watch a level for a customer"), createAlert).makes(),
		op(at(del, "/v1/customers/{id}/alerts/{alert}", account.ScopeAdmin, vendor, "Alerts", "endAlert", "Stop watching a level"), endAlert),
		op(at(get, "/v1/customers/{id}/limits", account.ScopeRead, false, "Alerts", "listLimits", "List spend limits and what is spent"), listLimits),
		op(at(post, "/v1/customers/{id}/limits", account.ScopeAdmin, vendor, "Alerts", "setLimit", "Set a spend limit, or change the one that counts the same"), setLimit),
		op(at(del, "/v1/customers/{id}/limits/{limit}", account.ScopeAdmin, vendor, "Alerts", "endLimit", "End a spend limit"), endLimit),
		op(at(get, "/v1/customers/{id}/at_zero", account.ScopeRead, false, "Alerts", "listAtZero", "Read what happens at zero"), getAtZero),
		op(at(post, "/v1/customers/{id}/at_zero", account.ScopeAdmin, vendor, "Alerts", "setAtZero", "Choose what happens at zero: block, grace or throttle"), setAtZero),
		op(at(get, "/v1/alerts", account.ScopeRead, vendor, "Alerts", "listDefaultAlerts", "List what every customer is told of"), listDefaultAlerts),
		op(at(post, "/v1/alerts", account.ScopeAdmin, vendor, "Alerts", "createDefaultAlert", "Tell every customer of a level"), createDefaultAlert).makes(),
		op(at(del, "/v1/alerts/{id}", account.ScopeAdmin, vendor, "Alerts", "endDefaultAlert", "Stop telling every customer of a level"), endDefaultAlert),
		op(at(post, "/v1/bounces", account.ScopeAdmin, vendor, "Alerts", "reportBounce", "Report that an address refuses mail: it gets no more alerts"), reportBounce),
	}
}

// customerRoutes are those of customers, their credits and what they bought.
func customerRoutes() []Route {
	return []Route{
		op(at(post, "/v1/customers", account.ScopeAdmin, vendor, "Customers", "createCustomer", "Create a customer"), createCustomer).makes(),
		op(at(get, "/v1/customers", account.ScopeRead, vendor, "Customers", "listCustomers", "List and search customers"), listCustomers),
		op(at(get, "/v1/customers/{id}", account.ScopeRead, false, "Customers", "getCustomer", "Read a customer"), getCustomer),
		op(at(post, "/v1/customers/{id}", account.ScopeAdmin, vendor, "Customers", "updateCustomer", "Change a customer"), updateCustomer),
		op(at(post, "/v1/customers/{id}/suspend", account.ScopeAdmin, vendor, "Customers", "suspendCustomer", "Stop decisions, holds and purchases"), suspendCustomer),
		op(at(post, "/v1/customers/{id}/resume", account.ScopeAdmin, vendor, "Customers", "resumeCustomer", "Lift a suspension"), resumeCustomer),
		op(at(post, "/v1/customers/{id}/join_links", account.ScopeAdmin, vendor, "Customers", "createJoinLink", "Make a one-time link by which a person joins"), createJoinLink).makes(),

		op(at(post, "/v1/customers/{id}/grants", account.ScopeAdmin, vendor, "Credits", "createGrant", "Grant credits"), createGrant).makes(),
		op(at(post, "/v1/grants/{id}/void", account.ScopeAdmin, vendor, "Credits", "voidGrant", "Take back what is left of a grant"), voidGrant),
		op(at(post, "/v1/customers/{id}/adjustments", account.ScopeAdmin, vendor, "Credits", "adjust", "Correct a balance"), adjust).makes(),
		op(at(post, "/v1/customers/{id}/overdraft", account.ScopeAdmin, vendor, "Credits", "setOverdraft", "Set how far below zero decisions may go"), setOverdraft),
		op(at(post, "/v1/transfers", account.ScopeAdmin, vendor, "Credits", "transfer", "Move credits between two customers"), transfer).makes(),

		op(at(get, "/v1/customers/{id}/billing", account.ScopeRead, false, "Purchases", "getBilling", "Read whom invoices are addressed to"), getBilling),
		op(at(post, "/v1/customers/{id}/billing", account.ScopeAdmin, vendor, "Purchases", "updateBilling", "Change whom later invoices are addressed to, or fix the currency"), updateBilling),
		op(at(post, "/v1/customers/{id}/purchases", account.ScopeAdmin, vendor, "Purchases", "createPurchase", "Sell a pack: send the customer to checkout_url"), createPurchase).makes(),
		op(at(get, "/v1/customers/{id}/payment_methods", account.ScopeRead, vendor, "Purchases", "listPaymentMethods", "List the payment methods that a customer has saved"), listMethods),
		op(at(get, "/v1/purchases/{id}", account.ScopeRead, false, "Purchases", "getPurchase", "Read a purchase"), getPurchase),
		op(at(post, "/v1/purchases/{id}/refunds", account.ScopeAdmin, vendor, "Purchases", "createRefund", "Refund what was paid for unused credits"), createRefund).makes(),
		op(at(get, "/v1/purchases/{id}/refunds", account.ScopeRead, false, "Purchases", "listRefunds", "List the refunds of a purchase"), listRefunds),
		op(at(post, "/v1/customers/{id}/invoices", account.ScopeAdmin, vendor, "Purchases", "createInvoice", "Draft an invoice for credits at a price of their own"), createInvoice).makes(),
		op(at(get, "/v1/customers/{id}/invoices", account.ScopeRead, false, "Purchases", "listInvoices", "List the invoices of a customer"), listInvoices),
		op(at(get, "/v1/invoices/{id}", account.ScopeRead, false, "Purchases", "getInvoice", "Read an invoice"), getInvoice),
		op(at(post, "/v1/invoices/{id}/send", account.ScopeAdmin, vendor, "Purchases", "sendInvoice", "Let Stripe make a drafted invoice and send it"), sendInvoice),
		op(at(post, "/v1/reconciliations", account.ScopeAdmin, vendor, "Purchases", "reconcile", "Compare with Stripe now"), reconcile),
		op(at(get, "/v1/reports/{id}", account.ScopeRead, vendor, "Purchases", "getReport", "Read a day or month: Stripe's money against the ledger"), getReport),
		op(at(post, "/v1/stripe_events/{id}/replay", account.ScopeAdmin, vendor, "Purchases", "replayStripeEvent", "Process an event of Stripe's again"), replayStripeEvent),

		op(at(post, "/v1/keys", account.ScopeAdmin, vendor, "Keys", "createKey", "Create an API key"), createKey).makes(),
		op(at(get, "/v1/keys", account.ScopeAdmin, vendor, "Keys", "listKeys", "List API keys"), listKeys),
		op(at(post, "/v1/keys/{id}/revoke", account.ScopeAdmin, vendor, "Keys", "revokeKey", "End an API key at once"), revokeKey),
	}
}

// catalogRoutes are those of the catalog, events, webhooks and the test clock.
func catalogRoutes() []Route {
	return []Route{
		op(at(post, "/v1/credit_types", account.ScopeAdmin, vendor, "Catalog", "createCreditType", "Create a credit type"), createCreditType).makes(),
		op(at(get, "/v1/credit_types", account.ScopeRead, false, "Catalog", "listCreditTypes", "List credit types"), listCreditTypes),
		op(at(get, "/v1/credit_types/{id}", account.ScopeRead, false, "Catalog", "getCreditType", "Read a credit type"), getCreditType),
		op(at(post, "/v1/credit_types/{id}", account.ScopeAdmin, vendor, "Catalog", "updateCreditType", "Change or archive a credit type"), updateCreditType),
		op(at(post, "/v1/meters", account.ScopeAdmin, vendor, "Catalog", "createMeter", "Create a meter"), createMeter).makes(),
		op(at(get, "/v1/meters", account.ScopeRead, false, "Catalog", "listMeters", "List meters"), listMeters),
		op(at(get, "/v1/meters/{id}", account.ScopeRead, false, "Catalog", "getMeter", "Read a meter"), getMeter),
		op(at(post, "/v1/meters/{id}", account.ScopeAdmin, vendor, "Catalog", "updateMeter", "Archive a meter, or take it back into use"), updateMeter),
		op(at(post, "/v1/rates", account.ScopeAdmin, vendor, "Catalog", "createRate", "Create a rate, or a new version of one"), createRate).makes(),
		op(at(get, "/v1/rates", account.ScopeRead, false, "Catalog", "listRates", "List rates"), listRates),
		op(at(get, "/v1/rates/{id}", account.ScopeRead, false, "Catalog", "getRate", "Read a rate"), getRate),
		op(at(post, "/v1/rates/{id}/archive", account.ScopeAdmin, vendor, "Catalog", "archiveRate", "End a rate now"), archiveRate),
		op(at(post, "/v1/rates/{id}/restore", account.ScopeAdmin, vendor, "Catalog", "restoreRate", "Take the archiving of a rate back"), restoreRate),
		op(at(post, "/v1/rates/{id}/withdraw", account.ScopeAdmin, vendor, "Catalog", "withdrawRate", "Take back a version that applies later; today's stays"), withdrawRate),
		op(at(post, "/v1/packs", account.ScopeAdmin, vendor, "Catalog", "createPack", "Create a pack"), createPack).makes(),
		op(at(get, "/v1/packs", account.ScopeRead, false, "Catalog", "listPacks", "List packs"), listPacks),
		op(at(get, "/v1/packs/{id}", account.ScopeRead, false, "Catalog", "getPack", "Read a pack"), getPack),
		op(at(post, "/v1/packs/{id}", account.ScopeAdmin, vendor, "Catalog", "updatePack", "Change or archive a pack"), updatePack),
		op(at(get, "/v1/packs/{id}/quote", account.ScopeRead, false, "Catalog", "quotePack", "Read what an amount of a pack costs, and why"), quotePack),

		op(at(get, "/v1/test_clock", account.ScopeRead, vendor, "Test clock", "getTestClock", "Read the clock of a sandbox"), getTestClock),
		op(at(post, "/v1/test_clock/advance", account.ScopeAdmin, vendor, "Test clock", "advanceTestClock", "Move the clock of a sandbox forward"), advanceTestClock).accepts(),

		op(at(get, "/v1/events", account.ScopeRead, false, "Events", "listEvents", "List what happened in the last 30 days"), listEvents),
		streamRoute(at(get, "/v1/events/stream", account.ScopeRead, vendor, "Events", "streamEvents", "Be told of events as they happen")),
		op(at(get, "/v1/events/{id}", account.ScopeRead, false, "Events", "getEvent", "Read an event"), getEvent),

		op(at(post, "/v1/webhook_endpoints", account.ScopeAdmin, vendor, "Webhooks", "createWebhookEndpoint", "Have a system told of events"), createEndpoint).makes(),
		op(at(get, "/v1/webhook_endpoints", account.ScopeRead, vendor, "Webhooks", "listWebhookEndpoints", "List webhook endpoints"), listEndpoints),
		op(at(get, "/v1/webhook_endpoints/{id}", account.ScopeRead, vendor, "Webhooks", "getWebhookEndpoint", "Read a webhook endpoint"), getEndpoint),
		op(at(patch, "/v1/webhook_endpoints/{id}", account.ScopeAdmin, vendor, "Webhooks", "updateWebhookEndpoint", "Change, disable or enable a webhook endpoint"), updateEndpoint),
		op(at(del, "/v1/webhook_endpoints/{id}", account.ScopeAdmin, vendor, "Webhooks", "deleteWebhookEndpoint", "Delete a webhook endpoint and its log"), deleteEndpoint),
		op(at(post, "/v1/webhook_endpoints/{id}/rotate", account.ScopeAdmin, vendor, "Webhooks", "rotateWebhookSecret", "Make a new secret; the old one signs too for a day"), rotateEndpoint),
		op(at(post, "/v1/webhook_endpoints/{id}/test", account.ScopeAdmin, vendor, "Webhooks", "testWebhookEndpoint", "Send a test event"), testEndpoint),
		op(at(get, "/v1/webhook_endpoints/{id}/deliveries", account.ScopeRead, vendor, "Webhooks", "listDeliveries", "List what was sent to an endpoint"), listDeliveries),
		op(at(post, "/v1/webhook_endpoints/{id}/redeliver", account.ScopeAdmin, vendor, "Webhooks", "redeliverFailed", "Send again what failed since a time"), redeliverFailed),
		op(at(get, "/v1/deliveries/{id}", account.ScopeRead, vendor, "Webhooks", "getDelivery", "Read a delivery with every try"), getDelivery),
		op(at(post, "/v1/deliveries/{id}/redeliver", account.ScopeAdmin, vendor, "Webhooks", "redeliver", "Send one event again"), redeliver),
	}
}

// formerPaths are prefixes under which earlier releases had what has another now.
// They answer as before.
var formerPaths = map[string]string{"/v1/webhook_endpoints": "/v1/webhook-endpoints", "/v1/test_clock": "/v1/test-clock"}

// withFormer adds the routes by their former paths, marked as deprecated.
func withFormer(routes []Route) []Route {
	for _, r := range routes {
		for present, former := range formerPaths {
			if rest, ok := strings.CutPrefix(r.Path, present); ok {
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
