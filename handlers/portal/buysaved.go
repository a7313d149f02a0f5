package portal

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// payingMethods are the saved payment methods that can pay in a currency: none while
// Stripe does not answer.
func (p *Portal) payingMethods(r *http.Request, currency string) (out []ui.Option) {
	list, err := p.Methods.List(r.Context(), kit.VisitorOf(r).Customer.ID)
	if err != nil {
		p.Kit.Log.WarnContext(r.Context(), "saved payment methods are not known", "error", err)
		return nil
	}
	for _, m := range list {
		if !m.Usable(p.Kit.Now()) || !card.Takes(m.Type, currency) {
			continue
		}
		text := m.Name() + " now"
		if n := card.BusinessDays(m.Type); n > 0 {
			text = m.Name() + ", about " + strconv.Itoa(n) + " business days"
		}
		out = append(out, ui.Option{Value: m.ID, Text: text})
	}
	return out
}

// PaysMuch says whether a form pays with a saved payment method more than what may be paid
// without a fresh proof of who is there. A price that is not the true one is
// refused later.
func (p *Portal) PaysMuch(form url.Values) bool {
	if form.Get("method") == "" || form.Get("confirmed") == "" {
		return false
	}
	seen, err := strconv.ParseInt(strings.TrimSpace(form.Get("seen")), 10, 64)
	free, set := p.AskAbove[strings.ToLower(strings.TrimSpace(form.Get("currency")))]
	return err != nil || !set || seen > free
}

// buySaved asks once more with the exact sum, or pays with a saved payment method
// of the customer's.
func (p *Portal) buySaved(w http.ResponseWriter, r *http.Request, form *kit.Form, begin purchase.Begin, method string) error {
	list, err := p.Methods.List(r.Context(), begin.Customer)
	i := slices.IndexFunc(list, func(m card.Method) bool { return m.Is(method) })
	switch {
	case err != nil:
	case i < 0:
		err = fault.Bad("method", "Choose one of your saved payment methods, or Stripe's page.")
	default:
		err = list[i].CheckUse("method", begin.Currency, p.Kit.Now())
	}
	if err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return p.buyPage(w, r, form, begin.Currency)
	}
	m := list[i].PaymentMethod
	if !form.Checked("confirmed") {
		return p.paySavedPage(w, r, form, begin, m)
	}
	seen, err := strconv.ParseInt(form.Text("seen"), 10, 64)
	if err != nil || seen <= 0 {
		return p.paySavedPage(w, r, form, begin, m)
	}
	begin.Seen = money.Money{Amount: seen, Currency: begin.Currency}
	bought, err := p.Purchases.BeginSaved(r.Context(), kit.Actor(r), begin, m)
	if err := form.Take(err); err != nil {
		return err
	}
	switch {
	case form.Failed():
		return p.buyPage(w, r, form, begin.Currency)
	case bought.Open(p.Kit.Now()):
		return kit.Go(w, r, "/buy/checkout?purchase="+url.QueryEscape(bought.ID))
	}
	return kit.Go(w, r, "/checkout/return?session_id="+url.QueryEscape(bought.CheckoutSession))
}

func (p *Portal) paySavedPage(w http.ResponseWriter, r *http.Request, form *kit.Form, begin purchase.Begin, m card.PaymentMethod) error {
	pack := p.Catalog.Snapshot().Pack(begin.Pack)
	if pack == nil || pack.Archived() || pack.PriceIn(begin.Currency) == nil {
		form.Fail("pack", "This pack is no longer for sale. Choose another one.")
		return p.buyPage(w, r, form, begin.Currency)
	}
	page := portal.PaySaved{Method: m.Name(), Terms: p.Purchases.RefundPolicy(), Tax: "That is all."}
	if n := card.BusinessDays(m.Type); n > 0 {
		page.Takes = "The bank takes about " + strconv.Itoa(n) + " business days. The credits come when it has paid; if it does not, we mail you."
	}
	err := p.view(r.Context(), func(t tx.Tx) (err error) {
		page.Pack, err = p.packView(t, kit.VisitorOf(r), pack, begin.Currency, form.Text(portal.AmountField(pack.ID)))
		return err
	})
	if err != nil {
		return err
	}
	one := []portal.Pack{page.Pack}
	p.addTax(r, one)
	page.Pack = one[0]
	if p.Purchases.AutomaticTax {
		page.Tax = "Tax by your billing address is added."
		if behavior, _ := p.Purchases.TaxOf(pack); behavior == "inclusive" {
			page.Tax = "Tax is contained."
		}
		if page.Pack.Total.Amount > 0 {
			page.Tax = "With tax: " + ui.Money(page.Pack.Total) + ", of which " + ui.Money(page.Pack.Tax) + " is tax. That is all."
		}
	}
	for _, name := range []string{"pack", "currency", "nonce", "method", portal.AmountField(pack.ID)} {
		if v := form.Text(name); v != "" {
			page.Hidden = append(page.Hidden, ui.Option{Value: name, Text: v})
		}
	}
	page.Hidden = append(page.Hidden, ui.Option{Value: "confirmed", Text: "yes"}, ui.Option{Value: "seen", Text: strconv.FormatInt(page.Pack.Price.Amount, 10)})
	return kit.Render(w, r, http.StatusOK, portal.PaySavedPage(p.Kit.Frame(r, "Check and pay", "/buy"), page))
}
