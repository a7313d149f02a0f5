package main

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"purse/handlers/admin"
	"purse/handlers/kit"
	"purse/handlers/portal"
	"purse/static"
)

// pages is every page and action, with who may use it. The API's table is in
// handlers/api/routes.go. What is neither there nor here does not exist.
func pages(p *portal.Portal, a *admin.Admin, docs kit.Handler) []kit.Route {
	return []kit.Route{
		{Method: "GET", Pattern: "/", Who: kit.Member, Handle: p.Overview},
		{Method: "GET", Pattern: "/live", Who: kit.Member, Handle: p.Live},
		{Method: "POST", Pattern: "/samples", Who: kit.Member, Handle: p.SendSamples},
		{Method: "POST", Pattern: "/samples/key", Who: kit.Developer, Handle: p.SampleKey},
		{Method: "GET", Pattern: "/buy", Who: kit.Member, Handle: p.Buy},
		{Method: "POST", Pattern: "/buy", Who: kit.Buyer, Handle: p.BuySend},
		{Method: "GET", Pattern: "/buy/quote", Who: kit.Member, Handle: p.BuyQuote},
		{Method: "GET", Pattern: "/billing", Who: kit.Member, Handle: p.Billing},
		{Method: "POST", Pattern: "/billing", Who: kit.Buyer, Handle: p.BillingSend},
		{Method: "GET", Pattern: "/buy/checkout", Who: kit.Buyer, Handle: p.Leave},
		{Method: "GET", Pattern: "/checkout/return", Who: kit.Anyone, Handle: p.Return},
		{Method: "GET", Pattern: "/checkout/cancelled", Who: kit.Anyone, Handle: p.Cancelled},
		{Method: "GET", Pattern: "/purchases", Who: kit.Member, Handle: p.PurchaseList},
		{Method: "GET", Pattern: "/purchases/{purchase}", Who: kit.Member, Handle: p.Purchase},
		{Method: "GET", Pattern: "/purchases/{purchase}/receipt", Who: kit.Member, Handle: p.Receipt},
		{Method: "GET", Pattern: "/purchases/{purchase}/refund", Who: kit.Buyer, Handle: p.TakeBack},
		{Method: "POST", Pattern: "/purchases/{purchase}/refund", Who: kit.Buyer, Handle: p.TakeBackSend},
		{Method: "GET", Pattern: "/scheduled", Who: kit.Member, Handle: p.Scheduled},
		{Method: "POST", Pattern: "/scheduled", Who: kit.Buyer, Handle: p.ScheduledSend},
		{Method: "POST", Pattern: "/scheduled/{schedule}/cancel", Who: kit.Buyer, Handle: p.ScheduleCancel},
		{Method: "POST", Pattern: "/scheduled/{schedule}/resume", Who: kit.Buyer, Handle: p.ScheduleResume},
		{Method: "GET", Pattern: "/invoices", Who: kit.Member, Handle: p.InvoiceList},
		{Method: "GET", Pattern: "/invoices/{invoice}", Who: kit.Member, Handle: p.Invoice},
		{Method: "GET", Pattern: "/methods", Who: kit.Member, Handle: p.MethodList},
		{Method: "POST", Pattern: "/methods/add", Who: kit.Buyer, Handle: p.MethodAdd},
		{Method: "GET", Pattern: "/methods/add", Who: kit.Buyer, Handle: p.MethodLeave},
		{Method: "GET", Pattern: "/methods/added", Who: kit.Buyer, Handle: p.MethodAdded},
		{Method: "POST", Pattern: "/methods/portal", Who: kit.Buyer, Handle: p.MethodPortal},
		{Method: "GET", Pattern: "/methods/portal", Who: kit.Buyer, Handle: p.MethodPortalLeave},
		{Method: "GET", Pattern: "/methods/returned", Who: kit.Buyer, Handle: p.MethodReturned},
		{Method: "POST", Pattern: "/methods/{method}/use", Who: kit.Buyer, Handle: p.MethodUse},
		{Method: "GET", Pattern: "/methods/{method}/remove", Who: kit.Buyer, Handle: p.MethodRemove},
		{Method: "POST", Pattern: "/methods/{method}/remove", Who: kit.Buyer, Handle: p.MethodRemoveSend},
		{Method: "GET", Pattern: "/recharge", Who: kit.Member, Handle: p.Recharge},
		{Method: "POST", Pattern: "/recharge", Who: kit.Buyer, Handle: p.RechargeSend},
		{Method: "POST", Pattern: "/recharge/off", Who: kit.Buyer, Handle: p.RechargeOff},
		{Method: "POST", Pattern: "/recharge/resume", Who: kit.Buyer, Handle: p.RechargeResume},
		{Method: "GET", Pattern: "/ledger", Who: kit.Member, Handle: p.Postings},
		{Method: "GET", Pattern: "/ledger.csv", Who: kit.Member, Handle: p.LedgerCSV},
		{Method: "GET", Pattern: "/ledger/{posting}", Who: kit.Member, Handle: p.Why},
		{Method: "GET", Pattern: "/grants", Who: kit.Member, Handle: p.Grants},
		{Method: "GET", Pattern: "/keys", Who: kit.Developer, Handle: p.Keys},
		{Method: "POST", Pattern: "/keys", Who: kit.Developer, Handle: p.KeysSend},
		{Method: "GET", Pattern: "/keys/{apikey}/revoke", Who: kit.Developer, Handle: p.RevokeKey},
		{Method: "POST", Pattern: "/keys/{apikey}/revoke", Who: kit.Developer, Handle: p.RevokeKeySend},
		{Method: "GET", Pattern: "/webhooks", Who: kit.Developer, Handle: p.Webhooks.List},
		{Method: "POST", Pattern: "/webhooks", Who: kit.Developer, Handle: p.Webhooks.ListSend},
		{Method: "GET", Pattern: "/webhooks/{endpoint}", Who: kit.Developer, Handle: p.Webhooks.One},
		{Method: "GET", Pattern: "/webhooks/{endpoint}/edit", Who: kit.Developer, Handle: p.Webhooks.Edit},
		{Method: "POST", Pattern: "/webhooks/{endpoint}/edit", Who: kit.Developer, Handle: p.Webhooks.EditSend},
		{Method: "POST", Pattern: "/webhooks/{endpoint}/test", Who: kit.Developer, Handle: p.Webhooks.Test},
		{Method: "POST", Pattern: "/webhooks/{endpoint}/redeliver", Who: kit.Developer, Handle: p.Webhooks.Redeliver},
		{Method: "GET", Pattern: "/webhooks/{endpoint}/deliveries/{delivery}", Who: kit.Developer, Handle: p.Webhooks.Delivery},
		{Method: "POST", Pattern: "/webhooks/{endpoint}/deliveries/{delivery}/redeliver", Who: kit.Developer, Handle: p.Webhooks.DeliveryAgain},
		{Method: "GET", Pattern: "/webhooks/{endpoint}/delete", Who: kit.Developer, Handle: p.Webhooks.Delete},
		{Method: "POST", Pattern: "/webhooks/{endpoint}/delete", Who: kit.Developer, Handle: p.Webhooks.DeleteSend},
		{Method: "GET", Pattern: "/team", Who: kit.Member, Handle: p.Team},
		{Method: "POST", Pattern: "/team", Who: kit.OwnerOnly, Handle: p.Invite},
		{Method: "GET", Pattern: "/team/{member}", Who: kit.OwnerOnly, Handle: p.Member},
		{Method: "POST", Pattern: "/team/{member}", Who: kit.OwnerOnly, Handle: p.MemberSend},
		{Method: "POST", Pattern: "/team/{member}/remove", Who: kit.OwnerOnly, Handle: p.MemberRemove},
		{Method: "GET", Pattern: "/security", Who: kit.SignedIn, Handle: p.Security},
		{Method: "POST", Pattern: "/security/password", Who: kit.SignedIn, Handle: p.ChangePassword},
		{Method: "POST", Pattern: "/security/sessions/{session}/end", Who: kit.SignedIn, Handle: p.EndSession},
		{Method: "POST", Pattern: "/security/others", Who: kit.SignedIn, Handle: p.EndOthers},
		{Method: "GET", Pattern: "/customers", Who: kit.SignedIn, Handle: p.Customers},
		{Method: "POST", Pattern: "/customers", Who: kit.SignedIn, Handle: p.SwitchCustomer},
		{Method: "GET", Pattern: "/customers/new", Who: kit.SignedIn, Handle: p.NewCustomer},
		{Method: "POST", Pattern: "/customers/new", Who: kit.SignedIn, Handle: p.NewCustomerSend},
		{Method: "GET", Pattern: "/join", Who: kit.Anyone, Handle: p.Join},
		{Method: "POST", Pattern: "/join", Who: kit.SignedIn, Handle: p.JoinSend},
		{Method: "GET", Pattern: "/sign-up", Who: kit.Anyone, Handle: p.SignUp},
		{Method: "POST", Pattern: "/sign-up", Who: kit.Anyone, Handle: p.SignUpSend},
		{Method: "GET", Pattern: "/verify", Who: kit.Anyone, Handle: p.Verify},
		{Method: "POST", Pattern: "/verify", Who: kit.Anyone, Handle: p.VerifySend},
		{Method: "GET", Pattern: "/sign-in", Who: kit.Anyone, Handle: p.SignIn},
		{Method: "POST", Pattern: "/sign-in", Who: kit.Anyone, Handle: p.SignInSend},
		{Method: "GET", Pattern: "/sign-in/link", Who: kit.Anyone, Handle: p.SignInLink},
		{Method: "POST", Pattern: "/sign-out", Who: kit.Anyone, Handle: p.SignOut},
		{Method: "GET", Pattern: "/reset", Who: kit.Anyone, Handle: p.Reset},
		{Method: "POST", Pattern: "/reset", Who: kit.Anyone, Handle: p.ResetSend},
		{Method: "GET", Pattern: "/reset/new", Who: kit.Anyone, Handle: p.ResetNew},
		{Method: "POST", Pattern: "/reset/new", Who: kit.Anyone, Handle: p.ResetNewSend},
		{Method: "GET", Pattern: "/docs", Who: kit.Anyone, Handle: docs},

		{Method: "GET", Pattern: "/admin/claim", Who: kit.Anyone, Handle: a.Claim},
		{Method: "POST", Pattern: "/admin/claim", Who: kit.Anyone, Handle: a.ClaimSend},
		{Method: "GET", Pattern: "/admin", Who: kit.Staff, Handle: a.Customers},
		{Method: "GET", Pattern: "/admin/customers/{customer}", Who: kit.Staff, Handle: a.Customer},
		{Method: "GET", Pattern: "/admin/customers/{customer}/ledger", Who: kit.Staff, Handle: a.Postings},
		{Method: "GET", Pattern: "/admin/customers/{customer}/ledger.csv", Who: kit.Staff, Handle: a.PostingsCSV},
		{Method: "GET", Pattern: "/admin/customers/{customer}/ledger/{posting}", Who: kit.Staff, Handle: a.Why},
		{Method: "GET", Pattern: "/admin/customers/{customer}/grants", Who: kit.Staff, Handle: a.Grants},
		{Method: "GET", Pattern: "/admin/customers/{customer}/audit", Who: kit.Staff, Handle: a.AuditLog},
		{Method: "POST", Pattern: "/admin/customers/{customer}/join-link", Who: kit.StaffAdmin, Handle: a.JoinLink},
		{Method: "GET", Pattern: "/admin/customers/{customer}/edit", Who: kit.StaffAdmin, Handle: a.Edit},
		{Method: "POST", Pattern: "/admin/customers/{customer}/edit", Who: kit.StaffAdmin, Handle: a.EditSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/grant", Who: kit.StaffAdmin, Handle: a.Grant},
		{Method: "POST", Pattern: "/admin/customers/{customer}/grant", Who: kit.StaffAdmin, Handle: a.GrantSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/adjust", Who: kit.StaffAdmin, Handle: a.Adjust},
		{Method: "POST", Pattern: "/admin/customers/{customer}/adjust", Who: kit.StaffAdmin, Handle: a.AdjustSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/grants/{grant}/void", Who: kit.StaffAdmin, Handle: a.Void},
		{Method: "POST", Pattern: "/admin/customers/{customer}/grants/{grant}/void", Who: kit.StaffAdmin, Handle: a.VoidSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/suspend", Who: kit.StaffAdmin, Handle: a.Suspend},
		{Method: "POST", Pattern: "/admin/customers/{customer}/suspend", Who: kit.StaffAdmin, Handle: a.SuspendSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/resume", Who: kit.StaffAdmin, Handle: a.Resume},
		{Method: "POST", Pattern: "/admin/customers/{customer}/resume", Who: kit.StaffAdmin, Handle: a.ResumeSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/recharge", Who: kit.Staff, Handle: a.Recharge},
		{Method: "GET", Pattern: "/admin/customers/{customer}/recharge/{type}/pause", Who: kit.StaffAdmin, Handle: a.PauseRecharge},
		{Method: "POST", Pattern: "/admin/customers/{customer}/recharge/{type}/pause", Who: kit.StaffAdmin, Handle: a.PauseRechargeSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/recharge/{type}/release", Who: kit.StaffAdmin, Handle: a.ReleaseRecharge},
		{Method: "POST", Pattern: "/admin/customers/{customer}/recharge/{type}/release", Who: kit.StaffAdmin, Handle: a.ReleaseRechargeSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/schedules/{schedule}/cancel", Who: kit.StaffAdmin, Handle: a.CancelSchedule},
		{Method: "POST", Pattern: "/admin/customers/{customer}/schedules/{schedule}/cancel", Who: kit.StaffAdmin, Handle: a.CancelScheduleSend},
		{Method: "GET", Pattern: "/admin/invoices", Who: kit.Staff, Handle: a.InvoiceList},
		{Method: "GET", Pattern: "/admin/invoices/{invoice}", Who: kit.Staff, Handle: a.Invoice},
		{Method: "GET", Pattern: "/admin/invoices/{invoice}/edit", Who: kit.StaffAdmin, Handle: a.EditInvoice},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/edit", Who: kit.StaffAdmin, Handle: a.EditInvoiceSend},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/send", Who: kit.StaffAdmin, Handle: a.SendInvoice},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/resend", Who: kit.StaffAdmin, Handle: a.ResendInvoice},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/discard", Who: kit.StaffAdmin, Handle: a.DiscardInvoice},
		{Method: "GET", Pattern: "/admin/invoices/{invoice}/void", Who: kit.StaffAdmin, Handle: a.EndInvoice},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/void", Who: kit.StaffAdmin, Handle: a.EndInvoiceSend},
		{Method: "GET", Pattern: "/admin/invoices/{invoice}/uncollectible", Who: kit.StaffAdmin, Handle: a.EndInvoice},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/uncollectible", Who: kit.StaffAdmin, Handle: a.EndInvoiceSend},
		{Method: "GET", Pattern: "/admin/invoices/{invoice}/record", Who: kit.StaffAdmin, Handle: a.EndInvoice},
		{Method: "POST", Pattern: "/admin/invoices/{invoice}/record", Who: kit.StaffAdmin, Handle: a.EndInvoiceSend},
		{Method: "GET", Pattern: "/admin/customers/{customer}/invoices", Who: kit.Staff, Handle: a.InvoicesOf},
		{Method: "GET", Pattern: "/admin/customers/{customer}/invoices/new", Who: kit.StaffAdmin, Handle: a.NewInvoice},
		{Method: "POST", Pattern: "/admin/customers/{customer}/invoices/new", Who: kit.StaffAdmin, Handle: a.NewInvoiceSend},
		{Method: "GET", Pattern: "/admin/catalog", Who: kit.Staff, Handle: a.CatalogPage},
		{Method: "GET", Pattern: "/admin/catalog/credit-types/new", Who: kit.StaffAdmin, Handle: a.NewCreditType},
		{Method: "POST", Pattern: "/admin/catalog/credit-types/new", Who: kit.StaffAdmin, Handle: a.NewCreditTypeSend},
		{Method: "GET", Pattern: "/admin/catalog/credit-types/{key}", Who: kit.StaffAdmin, Handle: a.CreditType},
		{Method: "POST", Pattern: "/admin/catalog/credit-types/{key}", Who: kit.StaffAdmin, Handle: a.CreditTypeSend},
		{Method: "POST", Pattern: "/admin/catalog/credit-types/{key}/archive", Who: kit.StaffAdmin, Handle: a.ArchiveCreditType},
		{Method: "GET", Pattern: "/admin/catalog/packs/new", Who: kit.StaffAdmin, Handle: a.NewPack},
		{Method: "POST", Pattern: "/admin/catalog/packs/new", Who: kit.StaffAdmin, Handle: a.NewPackSend},
		{Method: "GET", Pattern: "/admin/catalog/packs/{pack}", Who: kit.StaffAdmin, Handle: a.Pack},
		{Method: "POST", Pattern: "/admin/catalog/packs/{pack}", Who: kit.StaffAdmin, Handle: a.PackSend},
		{Method: "POST", Pattern: "/admin/catalog/packs/{pack}/archive", Who: kit.StaffAdmin, Handle: a.ArchivePack},
		{Method: "GET", Pattern: "/admin/catalog/meters/new", Who: kit.StaffAdmin, Handle: a.NewMeter},
		{Method: "POST", Pattern: "/admin/catalog/meters/new", Who: kit.StaffAdmin, Handle: a.NewMeterSend},
		{Method: "GET", Pattern: "/admin/catalog/meters/{key}", Who: kit.StaffAdmin, Handle: a.Meter},
		{Method: "POST", Pattern: "/admin/catalog/meters/{key}/archive", Who: kit.StaffAdmin, Handle: a.ArchiveMeter},
		{Method: "GET", Pattern: "/admin/catalog/rates/new", Who: kit.StaffAdmin, Handle: a.NewRate},
		{Method: "POST", Pattern: "/admin/catalog/rates/new", Who: kit.StaffAdmin, Handle: a.NewRateSend},
		{Method: "POST", Pattern: "/admin/catalog/rates/{rate}/archive", Who: kit.StaffAdmin, Handle: a.ArchiveRate},
		{Method: "GET", Pattern: "/admin/purchases", Who: kit.Staff, Handle: a.PurchaseList},
		{Method: "GET", Pattern: "/admin/purchases/{purchase}", Who: kit.Staff, Handle: a.Purchase},
		{Method: "GET", Pattern: "/admin/purchases/{purchase}/refund", Who: kit.StaffAdmin, Handle: a.Refund},
		{Method: "POST", Pattern: "/admin/purchases/{purchase}/refund", Who: kit.StaffAdmin, Handle: a.RefundSend},
		{Method: "GET", Pattern: "/admin/inbox", Who: kit.Staff, Handle: a.Inbox},
		{Method: "POST", Pattern: "/admin/inbox/{event}/replay", Who: kit.StaffAdmin, Handle: a.Replay},
		{Method: "GET", Pattern: "/admin/keys", Who: kit.Staff, Handle: a.Keys},
		{Method: "POST", Pattern: "/admin/keys", Who: kit.StaffAdmin, Handle: a.KeysSend},
		{Method: "GET", Pattern: "/admin/keys/{apikey}/revoke", Who: kit.StaffAdmin, Handle: a.RevokeKey},
		{Method: "POST", Pattern: "/admin/keys/{apikey}/revoke", Who: kit.StaffAdmin, Handle: a.RevokeKeySend},
		{Method: "GET", Pattern: "/admin/webhooks", Who: kit.Staff, Handle: a.Webhooks.List},
		{Method: "POST", Pattern: "/admin/webhooks", Who: kit.StaffAdmin, Handle: a.Webhooks.ListSend},
		{Method: "GET", Pattern: "/admin/webhooks/{endpoint}", Who: kit.Staff, Handle: a.Webhooks.One},
		{Method: "GET", Pattern: "/admin/webhooks/{endpoint}/edit", Who: kit.StaffAdmin, Handle: a.Webhooks.Edit},
		{Method: "POST", Pattern: "/admin/webhooks/{endpoint}/edit", Who: kit.StaffAdmin, Handle: a.Webhooks.EditSend},
		{Method: "POST", Pattern: "/admin/webhooks/{endpoint}/test", Who: kit.StaffAdmin, Handle: a.Webhooks.Test},
		{Method: "POST", Pattern: "/admin/webhooks/{endpoint}/redeliver", Who: kit.StaffAdmin, Handle: a.Webhooks.Redeliver},
		{Method: "GET", Pattern: "/admin/webhooks/{endpoint}/deliveries/{delivery}", Who: kit.Staff, Handle: a.Webhooks.Delivery},
		{Method: "POST", Pattern: "/admin/webhooks/{endpoint}/deliveries/{delivery}/redeliver", Who: kit.StaffAdmin, Handle: a.Webhooks.DeliveryAgain},
		{Method: "GET", Pattern: "/admin/webhooks/{endpoint}/delete", Who: kit.StaffAdmin, Handle: a.Webhooks.Delete},
		{Method: "POST", Pattern: "/admin/webhooks/{endpoint}/delete", Who: kit.StaffAdmin, Handle: a.Webhooks.DeleteSend},
		{Method: "GET", Pattern: "/admin/deliveries", Who: kit.Staff, Handle: a.Deliveries},
		{Method: "POST", Pattern: "/admin/inbox/reconcile", Who: kit.StaffAdmin, Handle: a.Reconcile},
		{Method: "GET", Pattern: "/admin/jobs", Who: kit.Staff, Handle: a.JobList},
		{Method: "POST", Pattern: "/admin/jobs/{job}/retry", Who: kit.StaffAdmin, Handle: a.JobRetry},
	}
}

// router mounts everything behind what every request passes.
func (a *app) router() http.Handler {
	r := chi.NewRouter()
	r.Use(kit.WithRequestID, trustProxies(a.settings.TrustedProxies), kit.LogRequests(a.log), a.kit.Headers)
	r.NotFound(a.kit.NotFound().ServeHTTP)
	r.MethodNotAllowed(a.kit.MethodNotAllowed().ServeHTTP)

	r.Method(http.MethodPost, "/webhooks/stripe", a.stripe)
	r.Handle("/v1/*", a.api)
	r.Handle(static.Prefix+"*", static.Handler())
	r.Method(http.MethodGet, "/livez", http.HandlerFunc(livez))
	r.Method(http.MethodGet, "/readyz", http.HandlerFunc(a.readyz))
	r.Method(http.MethodGet, "/metrics", a.metrics.handler(a.settings.MetricsToken))

	r.Group(func(r chi.Router) {
		r.Use(a.kit.Protect, middleware.Compress(5, "text/html", "text/csv", "application/json"))
		a.kit.Mount(r, pages(a.portal, a.admin, a.api.Docs(a.kit)))
	})
	return r
}
