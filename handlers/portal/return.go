package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
)

// lateAfter is when the page says that it takes longer than usual.
const lateAfter = time.Minute

// Return is where Stripe sends a buyer back to. It fulfils the purchase itself,
// whether or not a webhook has come, and asks again until the purchase is
// settled; then it goes on to the vendor's own page, where there is one. It
// needs no sign-in: the session's id shows this purchase and
// nothing else; the balance needs a member.
func (p *Portal) Return(w http.ResponseWriter, r *http.Request) error {
	session := r.URL.Query().Get("session_id")
	if kit.VisitorOf(r) == nil {
		// Only what we know ourselves to be ours is asked for at Stripe, or anybody
		// could have it asked for anything.
		if _, err := p.Purchases.BySession(r.Context(), session); err != nil {
			return err
		}
	}
	bought, err := p.Purchases.FulfilBySession(r.Context(), session)
	unknown := fault.Is(err, fault.Unavailable)
	if unknown { // Stripe does not answer: what we know ourselves
		bought, err = p.Purchases.BySession(r.Context(), session)
	}
	if err != nil {
		return err
	}
	now := p.Kit.Now()
	since := now
	if n, err := strconv.ParseInt(r.URL.Query().Get("since"), 10, 64); err == nil && n > 0 {
		since = time.Unix(n, 0)
	}
	page := portal.Return{
		State: returnState(bought, unknown, now), Pack: bought.PackName, Credits: bought.Credits, Price: bought.Price,
		Unit: show.Unit(p.Catalog.Snapshot(), bought.CreditType), Reference: bought.ID, Late: now.Sub(since) >= lateAfter || bought.Problem != "",
		Debt: bought.DebtRepaid, Bonus: bought.Bonus, Receipt: bought.ReceiptURL, Resume: bought.CheckoutURL, Confirm: bought.BySaved(),
	}
	again := "/checkout/return?session_id=" + url.QueryEscape(session) + "&since=" + strconv.FormatInt(since.Unix(), 10)
	switch {
	case page.State == portal.ReturnWaiting && !page.Late:
		page.PollPath, page.PollEvery = again, "1500ms"
	case page.State == portal.ReturnWaiting || page.State == portal.ReturnDelayed:
		page.PollPath, page.PollEvery = again, "15s" // each look is a question to Stripe
	}
	if onward := bought.Onward(); onward != "" && page.State == portal.ReturnDone {
		return kit.Go(w, r, onward)
	}
	if page.State == portal.ReturnFailed {
		page.Problem = bought.Problem
	}
	err = p.view(r.Context(), func(t tx.Tx) error {
		w, err := show.Wait(t, p.Purchases, bought)
		if w != nil {
			page.Wait = *w
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := p.forMember(r, bought, &page); err != nil {
		return err
	}
	if kit.IsPart(r) {
		return kit.Render(w, r, http.StatusOK, portal.ReturnPart(page))
	}
	f := p.Kit.Frame(r, returnTitle(page), "/buy")
	f.Flash = nil
	if page.State == portal.ReturnWaiting {
		f.Refresh = again
	}
	return kit.Render(w, r, http.StatusOK, portal.ReturnPage(f, page))
}

// returnState says how a purchase looks from the way back. Unknown says that
// Stripe could not be asked.
func returnState(b *purchase.Purchase, unknown bool, now time.Time) portal.ReturnState {
	switch b.State {
	case purchase.Paid, purchase.PartiallyRefunded, purchase.Disputed:
		return portal.ReturnDone
	case purchase.Refunded:
		return portal.ReturnRefunded
	case purchase.Processing:
		return portal.ReturnDelayed
	case purchase.Failed:
		return portal.ReturnFailed
	case purchase.Expired:
		return portal.ReturnExpired
	}
	if !unknown && b.Open(now) {
		return portal.ReturnOpen
	}
	// Paid, and something of it must be looked at first; or Stripe is silent.
	return portal.ReturnWaiting
}

func returnTitle(p portal.Return) string {
	switch p.State {
	case portal.ReturnDone:
		return "Credits added"
	case portal.ReturnDelayed:
		if p.Wait.Transfer {
			return "Waiting for your bank transfer"
		}
		return "Your bank is working on it"
	case portal.ReturnFailed:
		return "The payment did not go through"
	case portal.ReturnExpired:
		return "This Checkout has expired"
	case portal.ReturnCancelled:
		return "Nothing was charged"
	case portal.ReturnOpen:
		return "Not paid yet"
	case portal.ReturnRefunded:
		return "Refunded"
	}
	return "Payment received"
}

// forMember adds what only members of the customer see.
func (p *Portal) forMember(r *http.Request, b *purchase.Purchase, page *portal.Return) error {
	v := kit.VisitorOf(r)
	if v == nil || !slices.ContainsFunc(v.Memberships, func(m account.Membership) bool { return m.Customer.ID == b.Customer }) {
		return nil
	}
	page.SignedIn = true
	return p.view(r.Context(), func(t tx.Tx) error {
		balance, err := p.Ledger.Balance(t, ledger.WalletKey{Customer: b.Customer, CreditType: b.CreditType})
		page.Balance = &balance.Available
		return err
	})
}

// Cancelled is where Stripe sends a buyer who left Checkout.
func (p *Portal) Cancelled(w http.ResponseWriter, r *http.Request) error {
	bought, err := p.Purchases.Purchase(r.Context(), r.URL.Query().Get("purchase"))
	if err != nil {
		return err
	}
	if bought.State != purchase.Created && bought.CheckoutSession != "" {
		return kit.Go(w, r, "/checkout/return?session_id="+url.QueryEscape(bought.CheckoutSession))
	}
	if onward := bought.OnwardCancelled(); onward != "" {
		return kit.Go(w, r, onward)
	}
	page := portal.Return{
		State: portal.ReturnCancelled, Pack: bought.PackName, Credits: bought.Credits, Price: bought.Price,
		Unit: show.Unit(p.Catalog.Snapshot(), bought.CreditType),
	}
	v := kit.VisitorOf(r)
	page.SignedIn = v != nil && v.Customer != nil && v.Customer.ID == bought.Customer
	if page.SignedIn && bought.Open(p.Kit.Now()) {
		page.Resume, page.Confirm = "/buy/checkout?purchase="+url.QueryEscape(bought.ID), bought.BySaved()
	}
	return kit.Render(w, r, http.StatusOK, portal.ReturnPage(p.Kit.Frame(r, returnTitle(page), "/buy"), page))
}
