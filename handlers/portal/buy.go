package portal

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

// Buy offers the packs.
func (p *Portal) Buy(w http.ResponseWriter, r *http.Request) error {
	return p.buyPage(w, r, &kit.Form{}, r.URL.Query().Get("currency"))
}

func (p *Portal) buyPage(w http.ResponseWriter, r *http.Request, form *kit.Form, currency string) error {
	v := kit.VisitorOf(r)
	page := portal.Buy{
		Form: form.Form, Selected: r.URL.Query().Get("pack"), RefundTerms: p.Purchases.RefundPolicy(),
		TermsURL: p.Kit.Site.TermsURL, Nonce: id.New("buy", p.Kit.Now()), MayBuy: v.Role.MayBuy(),
		Suspended: v.Customer.Status != "active",
	}
	err := p.view(r.Context(), func(t tx.Tx) error {
		page.Packs, page.Open, page.AskTax = nil, nil, false
		if err := p.buyCurrency(t, v, &page, currency); err != nil {
			return err
		}
		for _, pack := range onSale(p.Catalog.Snapshot(), page.Currency) {
			typed := form.Text(portal.AmountField(pack.ID))
			shown, err := p.packView(t, v, pack, page.Currency, typed)
			if err != nil {
				return err
			}
			if typed == "" || form.Text("pack") != pack.ID && form.Text("do") == "" {
				// Not asked for: the amount is there to be changed, and nothing is wrong with it.
				if shown, err = p.packView(t, v, pack, page.Currency, ""); err != nil {
					return err
				}
			}
			page.Packs = append(page.Packs, shown)
			page.AskTax = page.AskTax || p.taxOf(pack) == "exclusive"
		}
		if err := p.invoiceFields(t, v, &page); err != nil {
			return err
		}
		policies, err := p.Recharges.Policies(t, v.Customer.ID)
		if err != nil {
			return err
		}
		page.Recharging = ""
		for _, q := range policies {
			if q.State != recharge.Charging {
				continue
			}
			one, err := p.Recharges.Open(t, v.Customer.ID, q.CreditType)
			if err != nil {
				return err
			}
			page.Recharging = show.Recharging(one, t.Now(), v.Customer.Location())
		}
		open, err := p.Purchases.Open(t, v.Customer.ID)
		if open != nil {
			page.Open = &portal.OpenCheckout{Path: "/buy/checkout?purchase=" + open.ID, Pack: open.PackName, Confirm: open.BySaved()}
		}
		return err
	})
	if err != nil {
		return err
	}
	p.addTax(r, page.Packs)
	if page.MayBuy && !page.Suspended {
		page.Methods = p.payingMethods(r, page.Currency)
	}
	f := p.Kit.Frame(r, "Buy credits", "/buy")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.BuyPage(f, page))
}

// buyCurrency finds out in which currency prices are shown: the customer's, or
// else the one that was chosen among those offered.
func (p *Portal) buyCurrency(t tx.Tx, v *kit.Visitor, page *portal.Buy, chosen string) error {
	now, fixed, err := p.Accounts.CurrencyIn(t, v.Customer.ID)
	if err != nil {
		return err
	}
	offered := offeredCurrencies(p.Catalog.Snapshot())
	page.Currency, page.Currencies = now, nil
	if fixed {
		return nil
	}
	switch {
	case slices.Contains(offered, chosen):
		page.Currency = chosen
	case now != "" && slices.Contains(offered, now):
	case len(offered) > 0:
		page.Currency = offered[0]
	}
	for _, c := range offered {
		page.Currencies = append(page.Currencies, portal.CurrencyChoice{Code: ui.Code(c), Href: "/buy?currency=" + c, Current: c == page.Currency})
	}
	return nil
}

// offeredCurrencies are those in which something is sold, that of most packs
// first.
func offeredCurrencies(s *catalog.Snapshot) []string {
	count := map[string]int{}
	var out []string
	for _, p := range s.OnSale() {
		for _, c := range p.Currencies() {
			if count[c]++; count[c] == 1 {
				out = append(out, c)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(count[b], count[a]) })
	return out
}

// onSale are the packs that can be bought in a currency: the cheapest first,
// those for any amount last.
func onSale(s *catalog.Snapshot, currency string) []*catalog.Pack {
	packs := slices.DeleteFunc(slices.Clone(s.OnSale()), func(p *catalog.Pack) bool { return p.PriceIn(currency) == nil })
	slices.SortStableFunc(packs, func(a, b *catalog.Pack) int {
		if (a.Any == nil) != (b.Any == nil) {
			if a.Any == nil {
				return -1
			}
			return 1
		}
		x, _ := a.Least(currency)
		y, _ := b.Least(currency)
		return cmp.Compare(x.Price.Amount, y.Price.Amount)
	})
	return packs
}

// packView shows a pack, or what was typed of one for any amount.
func (p *Portal) packView(t tx.Tx, v *kit.Visitor, pack *catalog.Pack, currency, typed string) (portal.Pack, error) {
	unit := show.Unit(p.Catalog.Snapshot(), pack.CreditType)
	out := portal.Pack{
		ID: pack.ID, Name: pack.Name, Unit: unit, ExpireDays: pack.ExpiresAfterDays, Zone: v.Customer.Location(), Currency: currency,
		TaxIncluded: p.taxOf(pack) == "inclusive",
	}
	var amount money.Credits
	var err error
	if pack.Any != nil {
		out.Any, out.Range, out.Typed = true, show.Range(pack.Any, unit), typed
		out.QuotePath = "/buy/quote?pack=" + url.QueryEscape(pack.ID) + "&currency=" + url.QueryEscape(currency)
		if amount = pack.Any.Min; typed == "" {
			out.Typed = ui.Credits(amount)
		} else if amount, err = typedCredits(typed); err != nil {
			out.Problem = problemOf(err)
			return out, nil
		}
	}
	q, err := catalog.Quote(pack, amount, currency)
	if _, refused := fault.As(err); refused {
		out.Problem = problemOf(err)
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Credits, out.Price, out.Bonus, out.BonusDays = q.Credits, q.Price, q.Bonus, q.BonusDays
	out.Lines = show.Lines(q.Lines, unit, currency)
	b, err := p.Ledger.Balance(t, ledger.WalletKey{Customer: v.Customer.ID, CreditType: pack.CreditType})
	if pack.ExpiresAfterDays > 0 {
		out.Expires = t.Now().AddDate(0, 0, pack.ExpiresAfterDays)
	}
	if b.Debt > 0 {
		out.Debt, out.Available = purchase.Settled(q.Credits, b.Debt)
		out.Owed = b.Debt
	}
	return out, err
}

// typedCredits reads an amount as people type it.
func typedCredits(s string) (money.Credits, error) {
	c, err := money.ParseCredits(strings.ReplaceAll(strings.TrimSpace(s), ",", ""))
	if err != nil {
		return 0, fault.Bad("credits", "This %s.", err)
	}
	return c, nil
}

func problemOf(err error) string {
	f, _ := fault.As(err)
	return f.Detail
}

// BuyQuote answers what a typed amount of a pack costs, as a part of the page.
func (p *Portal) BuyQuote(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	pack := p.Catalog.Snapshot().Pack(q.Get("pack"))
	if pack == nil || pack.Archived() || pack.PriceIn(q.Get("currency")) == nil || !kit.IsPart(r) {
		return kit.Go(w, r, "/buy?pack="+url.QueryEscape(q.Get("pack"))+"&currency="+url.QueryEscape(q.Get("currency")))
	}
	var shown portal.Pack
	typed := cmp.Or(strings.TrimSpace(q.Get(portal.AmountField(pack.ID))), "0")
	err := p.view(r.Context(), func(t tx.Tx) (err error) {
		shown, err = p.packView(t, kit.VisitorOf(r), pack, q.Get("currency"), typed)
		return err
	})
	if err != nil {
		return err
	}
	one := []portal.Pack{shown}
	p.addTax(r, one)
	return kit.Render(w, r, http.StatusOK, portal.QuotePart(one[0]))
}

// BuySend begins a purchase and goes on to a page of ours that leads to
// Checkout: browsers apply form-action to redirects after a form.
func (p *Portal) BuySend(w http.ResponseWriter, r *http.Request) error {
	labels := map[string]string{"pack": "Pack", "company": "Company", "po_number": "PO number", "tax_id": "Tax id", "tax_type": "Kind of tax id", "method": "Pay with"}
	form, err := kit.ReadForm(w, r, labels)
	if err != nil {
		return err
	}
	v := kit.VisitorOf(r)
	currency := form.Text("currency")
	packID := form.Require("pack", "Choose a pack.")
	field := portal.AmountField(packID)
	labels[field] = "How many"
	begin := purchase.Begin{Customer: v.Customer.ID, Pack: packID, Key: form.Text("nonce"), Currency: currency, Address: kit.Address(r), Save: form.Checked("save_card")}
	if pack := p.Catalog.Snapshot().Pack(packID); pack != nil && pack.Any != nil {
		begin.Credits, err = typedCredits(form.Text(field))
		if err == nil {
			_, err = catalog.Quote(pack, begin.Credits, currency)
		}
		if err != nil {
			form.Fail(field, problemOf(err))
		}
	}
	if form.Text("do") == "show" || form.Failed() {
		return p.buyPage(w, r, form, currency)
	}
	if err := p.saveInvoiceFields(r, form, v); err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return p.buyPage(w, r, form, currency)
	}
	if method := form.Text("method"); method != "" {
		return p.buySaved(w, r, form, begin, method)
	}
	bought, err := p.Purchases.Begin(r.Context(), kit.Actor(r), begin)
	if err != nil {
		if fault.HasCode(err, "unknown_pack") {
			err = fault.Bad("pack", "This pack is no longer for sale. Choose another one.")
		}
		if err := form.Take(err); err != nil {
			return err
		}
		return p.buyPage(w, r, form, currency)
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
