package story

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/inbox"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit/browsertest"
)

// visit is a page to look at and who looks at it.
type visit struct {
	name, path string
	who        *person
}

func (w *world) visits(ps *people) []visit {
	paid, failed, delayed, wrong, expired := w.begin(ps.healthy, 0), w.begin(ps.healthy, 1), w.begin(ps.healthy, 2), w.begin(ps.low, 0), w.begin(ps.low, 1)
	w.gateway.pay(paid)
	w.gateway.set(failed, func(c *purchase.Checkout) {
		c.Status, c.Payment = "complete", purchase.PaymentIntent{ID: "pi_f", Status: "requires_payment_method", FailureMessage: "Your card was declined."}
	})
	w.gateway.set(delayed, func(c *purchase.Checkout) {
		c.Status, c.Payment = "complete", purchase.PaymentIntent{ID: "pi_d", Status: "processing", Method: "us_bank_account"}
	})
	w.gateway.pay(wrong)
	w.gateway.set(wrong, func(c *purchase.Checkout) { c.Subtotal, c.Total = 1, 1 })
	w.gateway.set(expired, func(c *purchase.Checkout) { c.Status = "expired" })
	open := w.begin(ps.healthy, 3)
	transfer := w.begin(ps.healthy, 1)
	w.gateway.set(transfer, func(c *purchase.Checkout) {
		c.Status, c.Payment = "complete", purchase.PaymentIntent{ID: "pi_t", Status: "requires_action", Method: card.BankTransfer, Remaining: c.Total - 1000,
			Reference: "W2VFJK8A", InstructionsURL: "https://payments.example.com/instructions/1"}
	})
	w.expect(transfer)
	for _, id := range []string{"evt_1", "evt_2", "evt_3"} {
		_, err := w.purchases.Inbox.Receive(ctx, inbox.Event{ID: id, Type: "checkout.session.completed", ObjectID: map[string]string{"evt_1": paid, "evt_2": wrong, "evt_3": "cs_other"}[id], CreatedAt: w.clock.Now()})
		w.check(err)
		if id != "evt_3" {
			_, err = w.purchases.Inbox.Replay(ctx, audit.System, id)
			w.check(err)
		}
	}
	for _, session := range []string{paid, failed, delayed} {
		w.expect(session)
	}
	buyer := w.person("Back and Forth AG", "bea@example.com", "Europe/Zurich", account.NoStaff)
	viewer, lonely := w.person("", "vic@example.com", "", account.NoStaff), w.person("", "alone@example.com", "", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, audit.System, buyer.customer.ID, viewer.user.ID, account.Viewer))
	w.links(&buyer, &viewer, &lonely)
	key, _, err := w.accounts.CreateKey(ctx, audit.Actor{ID: buyer.user.ID}, account.NewKey{Name: "Nightly report", Customer: buyer.customer.ID, ForCustomer: true})
	w.check(err)
	backend, _, err := w.accounts.CreateKey(ctx, audit.Actor{ID: ps.admin.user.ID}, account.NewKey{Name: "Backend", Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead}})
	w.check(err)
	refunded := w.expect(w.pay(buyer, 1))
	_, err = w.purchases.Refund(ctx, audit.Actor{ID: ps.admin.user.ID}, purchase.NewRefund{Purchase: refunded.ID, Amount: 1000, Reason: "Bought too many"})
	w.check(err)
	lost := w.dispute(w.pay(buyer, 0), purchase.DisputeLost)
	_, err = w.purchases.RefundSelf(ctx, audit.Actor{ID: buyer.user.ID}, buyer.customer.ID, w.expect(w.pay(buyer, 2)).ID)
	w.check(err)
	disputed := w.dispute(w.pay(buyer, 3), "needs_response")
	w.use(buyer, rand.New(rand.NewPCG(5, 6)), 12, "small")
	inquiry := w.dispute(w.pay(buyer, 1), "warning_needs_response")
	customer := "/admin/customers/" + ps.healthy.customer.ID
	invoices := w.someInvoices(ps)
	w.check(w.reports.Export(ctx))
	w.check(w.statements.Make(ctx))
	w.check(w.accounts.InviteStaff(ctx, audit.Actor{ID: ps.admin.user.ID}, "helper@example.com", account.Support))
	w.check(w.accounts.Invite(ctx, audit.Actor{ID: buyer.user.ID}, buyer.customer.ID, "colleague@example.com", account.Developer))
	return append([]visit{
		{"sign-in", "/sign-in", nil},
		{"sign-up", "/sign-up", nil},
		{"reset", "/reset", nil},
		{"dead-link", "/verify?token=none", nil},
		{"overview", "/", &ps.healthy},
		{"ledger", "/ledger", &ps.healthy},
		{"ledger-filtered", "/ledger?kind=grant", &ps.healthy},
		{"ledger-nothing", "/ledger?caller=nobody", &ps.healthy},
		{"ledger-bad-date", "/ledger?from=yesterday", &ps.healthy},
		{"grants", "/grants", &ps.healthy},
		{"statements", "/statements", &ps.healthy},
		{"statement", "/statements/" + w.clock.Now().UTC().Format("2006-01"), &ps.healthy},
		{"statements-none", "/statements", &ps.fresh},
		{"not-found", "/nowhere", &ps.healthy},
		{"low", "/", &ps.low},
		{"empty", "/", &ps.empty},
		{"fresh", "/", &ps.fresh},
		{"fresh-ledger", "/ledger", &ps.fresh},
		{"fresh-grants", "/grants", &ps.fresh},
		{"new-customer", "/customers/new", &ps.fresh},
		{"buy", "/buy", &ps.healthy},
		{"buy-debt", "/buy", &ps.empty},
		{"buy-first", "/buy?currency=jpy", &ps.fresh},
		{"billing", "/billing", &ps.healthy},
		{"billing-viewer", "/billing", &viewer},
		{"return-paid", "/checkout/return?session_id=" + paid, &ps.healthy},
		{"return-failed", "/checkout/return?session_id=" + failed, &ps.healthy},
		{"return-delayed", "/checkout/return?session_id=" + delayed, &ps.healthy},
		{"return-transfer", "/checkout/return?session_id=" + transfer, &ps.healthy},
		{"purchase-transfer", "/purchases/" + w.gateway.sessions[transfer].Purchase, &ps.healthy},
		{"admin-transfer", "/admin/purchases/" + w.gateway.sessions[transfer].Purchase, &ps.admin},
		{"return-alarm", "/checkout/return?since=1000&session_id=" + wrong, &ps.healthy},
		{"return-open", "/checkout/return?session_id=" + open, &ps.healthy},
		{"return-expired", "/checkout/return?session_id=" + expired, &ps.healthy},
		{"cancelled", "/checkout/cancelled?purchase=" + w.gateway.sessions[open].Purchase, &ps.healthy},
		{"purchases", "/purchases", &ps.healthy},
		{"purchases-refunded", "/purchases", &buyer},
		{"purchases-none", "/purchases", &ps.fresh},
		{"purchase-paid", "/purchases/" + w.gateway.sessions[paid].Purchase, &ps.healthy},
		{"purchase-receipt", "/purchases/" + w.gateway.sessions[paid].Purchase + "/receipt", &ps.healthy},
		{"purchase-back", "/purchases/" + w.gateway.sessions[paid].Purchase + "/refund", &ps.healthy},
		{"purchase-open", "/purchases/" + w.gateway.sessions[open].Purchase, &ps.healthy},
		{"purchase-failed", "/purchases/" + w.gateway.sessions[failed].Purchase, &ps.healthy},
		{"purchase-alarm", "/purchases/" + w.gateway.sessions[wrong].Purchase, &ps.low},
		{"purchase-disputed", "/purchases/" + disputed.ID, &buyer},
		{"purchase-refunded", "/purchases/" + refunded.ID, &buyer},
		{"purchase-lost", "/purchases/" + lost.ID, &buyer},
		{"ledger-refunds", "/ledger", &buyer},
		{"grants-refunds", "/grants", &buyer},
		{"why-bought", "/ledger/" + w.newest(ps.healthy, ledger.PostGrant), &ps.healthy},
		{"why-refund", "/ledger/" + w.newest(buyer, ledger.PostRefund), &buyer},
		{"why-dispute", "/ledger/" + w.newest(buyer, ledger.PostDispute), &buyer},
		{"keys", "/keys", &buyer},
		{"keys-none", "/keys", &ps.fresh},
		{"keys-revoke", "/keys/" + key.ID + "/revoke", &buyer},
		{"team", "/team", &buyer},
		{"team-member", "/team/" + buyer.user.ID, &buyer},
		{"team-viewer", "/team", &viewer},
		{"security-log", "/security/log", &buyer},
		{"security", "/security", &buyer},
		{"security-nobody", "/security", &lonely},
		{"why", "/ledger/" + w.newest(ps.healthy, ledger.PostDebit), &ps.healthy},
		{"admin-customers", "/admin", &ps.admin},
		{"admin-nobody", "/admin?q=xyz", &ps.admin},
		{"admin-customer", customer, &ps.admin},
		{"admin-new", "/admin/customers/" + ps.fresh.customer.ID, &ps.admin},
		{"admin-ledger", customer + "/ledger", &ps.admin},
		{"admin-why", customer + "/ledger/" + w.newest(ps.healthy, ledger.PostDebit), &ps.admin},
		{"admin-grants", customer + "/grants", &ps.admin},
		{"admin-statements", customer + "/statements", &ps.admin},
		{"admin-statement", customer + "/statements/" + w.clock.Now().UTC().Format("2006-01"), &ps.admin},
		{"admin-audit", customer + "/audit", &ps.admin},
		{"admin-edit", customer + "/edit", &ps.admin},
		{"admin-grant", customer + "/grant", &ps.admin},
		{"admin-adjust", customer + "/adjust", &ps.admin},
		{"admin-transfer-credits", customer + "/transfer", &ps.admin},
		{"admin-suspend", customer + "/suspend", &ps.admin},
		{"admin-catalog", "/admin/catalog", &ps.admin},
		{"admin-credit-type", "/admin/catalog/credit-types/credits", &ps.admin},
		{"admin-pack", "/admin/catalog/packs/new", &ps.admin},
		{"pack-any-new", "/admin/catalog/packs/new?kind=any", &ps.admin},
		{"pack-any", "/admin/catalog/packs/" + w.catalog.Snapshot().Packs[4].ID, &ps.admin},
		{"admin-meter", "/admin/catalog/meters/new", &ps.admin},
		{"admin-rate", "/admin/catalog/rates/new", &ps.admin},
		{"admin-jobs", "/admin/jobs", &ps.admin},
		{"admin-test-clock", "/admin/test-clock", &ps.admin},
		{"admin-purchases", "/admin/purchases", &ps.admin},
		{"admin-inbox", "/admin/inbox", &ps.admin},
		{"admin-reports", "/admin/reports", &ps.admin},
		{"admin-report", "/admin/reports/" + w.clock.Now().UTC().Add(-2*time.Hour).Format(time.DateOnly), &ps.admin},
		{"admin-report-month", "/admin/reports/" + w.clock.Now().UTC().Format("2006-01"), &ps.admin},
		{"admin-purchase", "/admin/purchases/" + w.gateway.sessions[paid].Purchase, &ps.admin},
		{"admin-disputed", "/admin/purchases/" + disputed.ID, &ps.admin},
		{"admin-lost", "/admin/purchases/" + lost.ID, &ps.admin},
		{"admin-why-bought", customer + "/ledger/" + w.newest(ps.healthy, ledger.PostGrant), &ps.admin},
		{"admin-inquiry", "/admin/purchases/" + inquiry.ID, &ps.admin},
		{"purchases-topay", "/purchases", &invoices.who},
		{"invoices", "/invoices", &invoices.who},
		{"invoices-none", "/invoices", &ps.fresh},
		{"invoice-open", "/invoices/" + invoices.open, &invoices.who},
		{"invoice-paid", "/invoices/" + invoices.paid, &invoices.who},
		{"invoice-lost", "/invoices/" + invoices.lost, &invoices.who},
		{"invoice-ledger", "/ledger", &invoices.who},
		{"scheduled", "/scheduled", &invoices.who},
		{"scheduled-none", "/scheduled", &ps.fresh},
		{"admin-schedule-cancel", "/admin/customers/" + invoices.who.customer.ID + "/schedules/" + invoices.schedule + "/cancel", &ps.admin},
		{"admin-invoices", "/admin/invoices", &ps.admin},
		{"admin-invoices-of", "/admin/customers/" + invoices.who.customer.ID + "/invoices", &ps.admin},
		{"admin-invoice-new", "/admin/customers/" + invoices.who.customer.ID + "/invoices/new", &ps.admin},
		{"admin-invoice-draft", "/admin/invoices/" + invoices.draft, &ps.admin},
		{"admin-invoice-edit", "/admin/invoices/" + invoices.draft + "/edit", &ps.admin},
		{"admin-invoice-open", "/admin/invoices/" + invoices.open, &ps.admin},
		{"admin-invoice-paid", "/admin/invoices/" + invoices.paid, &ps.admin},
		{"admin-invoice-lost", "/admin/invoices/" + invoices.lost, &ps.admin},
		{"admin-invoice-void", "/admin/invoices/" + invoices.open + "/void", &ps.admin},
		{"admin-keys", "/admin/keys", &ps.admin},
		{"admin-keys-customer", "/admin/keys?customer=" + buyer.customer.ID, &ps.admin},
		{"admin-keys-revoke", "/admin/keys/" + backend.ID + "/revoke", &ps.admin},
		{"admin-security", "/security", &ps.admin},
		{"admin-log", "/admin/log", &ps.admin},
		{"admin-staff", "/admin/staff", &ps.admin},
		{"admin-staff-person", "/admin/staff/" + ps.admin.user.ID, &ps.admin},
		{"verify", account.LinkVerify.Path(w.verifyToken("newcomer@example.com")), nil},
		{"admin-refund", "/admin/purchases/" + w.gateway.sessions[paid].Purchase + "/refund", &ps.admin},
	}, append(w.endpointPages(ps), w.alertPages(ps, &viewer)...)...)
}

// TestEveryPageIsCleanAtEveryWidthAndScheme lets axe look at every page, and
// the browser complain. From the narrowest phone to a wide desk no table is cut off,
// and a page's times are of one zone.
func TestEveryPageIsCleanAtEveryWidthAndScheme(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	ps := w.fill()
	p := page{b.Page(t, 1280, false), t}
	shots := os.Getenv("PURSE_SHOTS") // a directory for pictures to look at
	only := os.Getenv("PURSE_ONLY")
	var last *person
	for _, v := range w.visits(&ps) {
		if only != "" && !strings.Contains(v.name, only) {
			continue
		}
		if v.who != nil && v.who != last {
			p.Go(v.who.link)
			last = v.who
		}
		p.Problems()
		p.Go(w.url + v.path)
		if got := p.URL(); got != w.url+v.path {
			t.Fatalf("%s: at %s", v.name, got)
		}
		if strings.HasPrefix(v.name, "ledger-bad") || v.name == "not-found" || v.name == "dead-link" {
			p.Problems() // the browser notes the status
		}
		p.zones(v.name)
		for _, width := range widths(&p, shots != "") {
			p.Width(width)
			p.cut(v.name, width)
			if width == 390 || width == 1280 || width == 320 {
				p.look(v.name, width, shots)
			}
		}
	}
}

// look lets axe look at a page in light and dark, or takes its picture.
func (p *page) look(name string, width int, shots string) {
	for _, dark := range []bool{false, true} {
		p.Scheme(dark)
		if dark {
			name += " dark"
		}
		switch at := fmt.Sprint(name, " at ", width); {
		case width == 390: // for pictures
		case dark:
			p.CleanColors(at)
		default:
			p.Clean(at)
		}
		if shots != "" && width != 320 {
			p.Shot(filepath.Join(shots, strings.ReplaceAll(name, " ", "-")+map[int]string{1280: "-wide", 390: "-phone"}[width]+".png"))
		}
	}
	p.Scheme(false)
}

// newest is the id of a person's newest posting of a kind.
func (w *world) newest(p person, kind ledger.PostingKind) string {
	var out string
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		page, err := w.ledger.Postings(t, ledger.Query{Wallet: ledger.WalletKey{Customer: p.customer.ID, CreditType: "credits"}, Kind: kind, Limit: 1})
		if err == nil {
			out = page.Postings[0].ID.String()
		}
		return err
	}))
	return out
}

// pay buys the nth pack with a card and answers its Checkout.
func (w *world) pay(p person, n int) string {
	session := w.begin(p, n)
	w.gateway.pay(session)
	w.expect(session)
	return session
}

// expect looks at a Checkout as the return page does.
func (w *world) expect(session string) *purchase.Purchase {
	b, err := w.purchases.FulfilBySession(ctx, session)
	w.check(err)
	return b
}

// dispute lets the buyer's bank dispute a payment.
func (w *world) dispute(session, status string) *purchase.Purchase {
	b := w.expect(session)
	w.gateway.mu.Lock()
	w.gateway.disputes[b.PaymentIntent] = &purchase.ChargeDispute{
		ID: "dp_" + session, Status: status, Reason: "fraudulent", Amount: b.Total, Due: w.clock.Now().Add(9 * 24 * time.Hour),
	}
	w.gateway.mu.Unlock()
	b, err := w.purchases.SyncMoney(ctx, b.ID)
	w.check(err)
	return b
}

// begin begins a purchase of the nth pack and answers its Checkout.
func (w *world) begin(p person, n int) string {
	pack := w.catalog.Snapshot().OnSale()[n]
	b, err := w.purchases.Begin(ctx, audit.Actor{ID: p.user.ID}, purchase.Begin{Customer: p.customer.ID, Pack: pack.ID})
	w.check(err)
	return b.CheckoutSession
}
