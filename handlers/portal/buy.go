package portal

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
)

// Buy offers the packs.
func (p *Portal) Buy(w http.ResponseWriter, r *http.Request) error {
	return p.buyPage(w, r, &kit.Form{})
}

func (p *Portal) buyPage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v := kit.VisitorOf(r)
	page := portal.Buy{
		Form: form.Form, Selected: r.URL.Query().Get("pack"), RefundTerms: p.refundTerms(),
		TermsURL: p.Kit.Site.TermsURL, Nonce: id.New("buy", p.Kit.Now()), MayBuy: v.Role.MayBuy(),
		Suspended: v.Customer.Status != "active", AskTax: p.Purchases.AutomaticTax,
	}
	err := p.view(r.Context(), func(t tx.Tx) error {
		page.Packs, page.Open = nil, nil
		for _, pack := range onSale(p.Catalog.Snapshot()) {
			shown, err := p.packView(t, v, pack)
			if err != nil {
				return err
			}
			page.Packs = append(page.Packs, shown)
		}
		policies, err := p.Recharges.Policies(t, v.Customer.ID)
		if err != nil {
			return err
		}
		page.Recharging = slices.ContainsFunc(policies, func(q *recharge.Policy) bool { return q.State == recharge.Charging })
		open, err := p.Purchases.Open(t, v.Customer.ID)
		if open != nil {
			page.Open = &portal.OpenCheckout{Path: "/buy/checkout?purchase=" + open.ID, Pack: open.PackName}
		}
		return err
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Buy credits", "/buy")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.BuyPage(f, page))
}

// onSale are the packs that can be bought, the cheapest first.
func onSale(s *catalog.Snapshot) []*catalog.Pack {
	packs := slices.Clone(s.OnSale())
	slices.SortStableFunc(packs, func(a, b *catalog.Pack) int {
		if c := cmp.Compare(a.Price.Currency, b.Price.Currency); c != 0 {
			return c
		}
		return cmp.Compare(a.Price.Amount, b.Price.Amount)
	})
	return packs
}

func (p *Portal) packView(t tx.Tx, v *kit.Visitor, pack *catalog.Pack) (portal.Pack, error) {
	b, err := p.Ledger.Balance(t, ledger.WalletKey{Customer: v.Customer.ID, CreditType: pack.CreditType})
	out := portal.Pack{
		ID: pack.ID, Name: pack.Name, Credits: pack.Credits, Price: pack.Price, Unit: show.Unit(p.Catalog.Snapshot(), pack.CreditType),
		ExpireDays: pack.ExpiresAfterDays, Zone: v.Customer.Location(),
	}
	if pack.ExpiresAfterDays > 0 {
		out.Expires = t.Now().AddDate(0, 0, pack.ExpiresAfterDays)
	}
	if b.Debt > 0 {
		out.Debt, out.Available = purchase.Settled(pack.Credits, b.Debt)
		out.Owed = b.Debt
	}
	return out, err
}

// BuySend begins a purchase and goes on to a page of ours that leads to
// Checkout: browsers apply form-action to redirects after a form.
func (p *Portal) BuySend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, map[string]string{"pack": "Pack"})
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	pack := form.Require("pack", "Choose a pack.")
	if form.Failed() {
		return p.buyPage(w, r, form)
	}
	begin := purchase.Begin{Customer: v.Customer.ID, Pack: pack, Key: form.Text("nonce"), Address: kit.Address(r), SaveCard: form.Checked("save_card")}
	bought, err := p.Purchases.Begin(r.Context(), kit.Actor(r), begin)
	if err != nil {
		if fault.HasCode(err, "unknown_pack") {
			err = fault.Bad("pack", "This pack is no longer for sale. Choose another one.")
		}
		if err := form.Take(err); err != nil {
			return err
		}
		return p.buyPage(w, r, form)
	}
	return kit.Go(w, r, "/buy/checkout?purchase="+url.QueryEscape(bought.ID))
}

// Leave is the page that goes on to Checkout by itself, with a plain link
// where it does not. A purchase that can no longer be paid goes to where it is
// told how it ended.
func (p *Portal) Leave(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	bought, err := p.Purchases.Purchase(r.Context(), r.URL.Query().Get("purchase"))
	if err != nil {
		return err
	}
	if bought.Customer != v.Customer.ID {
		return fault.Missing("purchase")
	}
	if !bought.Open(p.Kit.Now()) {
		if bought.CheckoutSession == "" {
			return kit.Go(w, r, "/buy")
		}
		return kit.Go(w, r, "/checkout/return?session_id="+url.QueryEscape(bought.CheckoutSession))
	}
	host := bought.CheckoutURL
	if u, err := url.Parse(bought.CheckoutURL); err == nil {
		host = u.Host
	}
	return kit.Render(w, r, http.StatusOK, portal.LeavePage(p.Kit.Frame(r, "Going to Checkout", "/buy"), portal.Leave{
		URL: bought.CheckoutURL, Host: host,
		Pack: portal.Pack{Name: bought.PackName, Credits: bought.Credits, Price: bought.Price, Unit: show.Unit(p.Catalog.Snapshot(), bought.CreditType)},
	}))
}
