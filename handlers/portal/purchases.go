package portal

import (
	"net/http"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

const purchaseRows = 50 // on a page

// PurchaseList lists what the customer bought or began to buy, newest first.
func (p *Portal) PurchaseList(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	cursor := kit.CursorOf(r).After
	page := portal.Purchases{Zone: v.Customer.Location(), CanBuy: v.Role.MayBuy()}
	err := p.view(r.Context(), func(t tx.Tx) error {
		found, err := p.Purchases.List(t, v.Customer.ID, "", cursor, purchaseRows+1)
		if err != nil {
			return err
		}
		if cursor == "" {
			if page.ToPay, err = p.toPay(t, v); err != nil {
				return err
			}
		}
		page.Rows, page.Older = nil, ""
		page.Newer = kit.Newer(r)
		if len(found) > purchaseRows {
			found = found[:purchaseRows]
			page.Older = kit.Older(r, found[purchaseRows-1].ID)
		}
		for _, b := range found {
			row, err := p.bought(t, v, b)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, row)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, portal.PurchasesPage(p.Kit.Frame(r, "Purchases", "/purchases"), page))
}

func (p *Portal) bought(t tx.Tx, v *kit.Visitor, b *purchase.Purchase) (portal.Bought, error) {
	row, err := show.Bought(t, p.Purchases, p.Catalog.Snapshot(), b)
	if !v.Role.MayBuy() {
		row.Resume = ""
	}
	return row, err
}

// purchaseView is a purchase of the visitor's customer; one of another's is as
// missing as one that does not exist.
func (p *Portal) purchaseView(r *http.Request) (portal.PurchaseView, error) {
	v := kit.VisitorOf(r)
	b, err := p.Purchases.Purchase(r.Context(), r.PathValue("purchase"))
	if err != nil {
		return portal.PurchaseView{}, err
	}
	if b.Customer != v.Customer.ID {
		return portal.PurchaseView{}, fault.Missing("purchase")
	}
	var page portal.PurchaseView
	err = p.view(r.Context(), func(t tx.Tx) error {
		row, err := p.bought(t, v, b)
		if err != nil {
			return err
		}
		page = portal.PurchaseView{
			Bought: row, Refunded: money.Money{Amount: b.Refunded, Currency: b.Price.Currency}, Clawed: b.Clawed, Repaid: b.DebtRepaid, Zone: v.Customer.Location(),
		}
		if !b.Granted() {
			return nil
		}
		page.Grant = "/grants?credit_type=" + b.CreditType + "#" + b.Grant.String()
		until, why, err := p.Purchases.MayRefund(t, b)
		page.Back = portal.TakeBack{Asked: b.State == purchase.Paid, May: why == "", Member: v.Role.MayBuy(), Until: until, Why: why}
		return err
	})
	return page, err
}

// Purchase shows one purchase.
func (p *Portal) Purchase(w http.ResponseWriter, r *http.Request) error {
	page, err := p.purchaseView(r)
	if err != nil {
		return err
	}
	return kit.Render(w, r, http.StatusOK, portal.PurchasePage(p.Kit.Frame(r, page.Pack, "/purchases"), page))
}

// TakeBack asks once more before a purchase is taken back. Where it cannot be,
// the purchase's page says why.
func (p *Portal) TakeBack(w http.ResponseWriter, r *http.Request) error {
	page, err := p.purchaseView(r)
	if err != nil {
		return err
	}
	if !page.Back.Asked || !page.Back.May {
		return kit.Go(w, r, page.Href)
	}
	return kit.Render(w, r, http.StatusOK, portal.TakeBackPage(p.Kit.Frame(r, "Take back "+page.Pack, "/purchases"), page))
}

// TakeBackSend takes a purchase back.
func (p *Portal) TakeBackSend(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	back, err := p.Purchases.RefundSelf(r.Context(), kit.Actor(r), v.Customer.ID, r.PathValue("purchase"))
	tone, text := ui.Good, ""
	switch {
	case fault.Is(err, fault.Conflict):
		f, _ := fault.As(err)
		tone, text = ui.Warn, f.Detail
	case err != nil:
		return err
	case back.State == purchase.RefundFailed:
		tone, text = ui.Bad, "Stripe refused the refund: "+back.Problem+" The credits came back. Please ask us."
	default:
		b, err := p.Purchases.Purchase(r.Context(), back.Purchase)
		if err != nil {
			return err
		}
		text = ui.Money(money.Money{Amount: back.Amount, Currency: b.Price.Currency}) + " goes back the way it was paid. Banks take 5 to 10 days."
	}
	if err := p.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/purchases/"+r.PathValue("purchase"))
}
