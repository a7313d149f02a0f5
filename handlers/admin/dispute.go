package admin

import (
	"net/url"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

const firstHour = 2000 // requests that are counted one by one

// dispute shows a dispute with the evidence that we hold.
func (a *Admin) dispute(t tx.Tx, p *purchase.Purchase, c *account.Customer) (admin.Dispute, error) {
	d := admin.Dispute{
		ID: p.Dispute, Status: disputeStatus(p.DisputeStatus), Reason: strings.ReplaceAll(p.DisputeReason, "_", " "),
		Amount: money.Money{Amount: p.DisputeAmount, Currency: p.Price.Currency}, Due: p.DisputeDue, Open: p.DisputeOpen(), Inquiry: p.Inquiry(),
		Awaited: p.DisputeStatus == "needs_response" || p.DisputeStatus == "warning_needs_response",
		Overdue: !p.DisputeDue.IsZero() && t.Now().After(p.DisputeDue), Email: c.Email, Unit: show.Unit(a.Catalog.Snapshot(), p.CreditType), Stripe: a.dashboard(p),
	}
	if !p.Granted() {
		return d, nil
	}
	for _, id := range p.Grants() {
		g, _, err := a.Ledger.Grant(t, p.Customer, id)
		if err != nil {
			return d, err
		}
		d.Used += g.Amount - g.Remaining
	}
	d.Used = max(d.Used-p.Clawed, 0)
	key := ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}
	b, err := a.Ledger.Balance(t, key)
	if err != nil || b.Wallet == 0 {
		return d, err
	}
	// Usage of the wallet since it was paid: whole hours from their totals, the
	// rest of the first hour one by one, for evidence must count nothing earlier.
	whole := p.PaidAt.Truncate(time.Hour).Add(time.Hour)
	rows, err := a.Ledger.Posted(t, b.Wallet, whole, t.Now().Add(time.Hour))
	if err != nil {
		return d, err
	}
	for _, kind := range usageKinds {
		early, err := a.Ledger.Postings(t, ledger.Query{Wallet: key, Kind: kind, From: p.PaidAt, To: whole, Limit: firstHour})
		if err != nil {
			return d, err
		}
		d.AtLeast = d.AtLeast || early.Older
		for _, u := range early.Postings {
			d.Requests++
			d.Spent -= u.Amount
		}
		for _, r := range rows {
			if r.Kind == kind {
				d.Requests += r.Count
				d.Spent -= r.Credits
			}
		}
		first, err := a.Ledger.Postings(t, ledger.Query{Wallet: key, Kind: kind, From: p.PaidAt, After: 1, Limit: 1})
		if err != nil {
			return d, err
		}
		last, err := a.Ledger.Postings(t, ledger.Query{Wallet: key, Kind: kind, From: p.PaidAt, Limit: 1})
		if err != nil {
			return d, err
		}
		if len(first.Postings) > 0 && (d.First.IsZero() || first.Postings[0].At.Before(d.First)) {
			d.First = first.Postings[0].At
		}
		if len(last.Postings) > 0 && last.Postings[0].At.After(d.Last) {
			d.Last = last.Postings[0].At
		}
	}
	return d, nil
}

func disputeStatus(s string) string {
	return strings.ReplaceAll(strings.TrimPrefix(s, "warning_"), "_", " ")
}

// otherDisputes are those of the same payment beside the one that matters now.
func (a *Admin) otherDisputes(t tx.Tx, p *purchase.Purchase) (out []admin.OtherDispute, err error) {
	all, err := a.Purchases.Disputes(t, p.ID)
	for _, d := range all {
		if d.ID != p.Dispute {
			out = append(out, admin.OtherDispute{ID: d.ID, Status: disputeStatus(d.Status), Amount: money.Money{Amount: d.Amount, Currency: p.Price.Currency}, At: d.CreatedAt})
		}
	}
	return out, err
}

// usageKinds are the postings by which credits are used: at once, or held first
// and captured.
var usageKinds = []ledger.PostingKind{ledger.PostDebit, ledger.PostCapture}

// dashboard is where Stripe takes the evidence: the page of the payment.
func (a *Admin) dashboard(p *purchase.Purchase) string {
	switch a.Kit.Site.Mode {
	case ui.Sandbox:
		return a.Kit.Site.SandboxURL
	case ui.Test:
		return "https://dashboard.stripe.com/test/payments/" + url.PathEscape(p.PaymentIntent)
	}
	return "https://dashboard.stripe.com/payments/" + url.PathEscape(p.PaymentIntent)
}
