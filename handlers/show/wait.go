package show

import (
	"purse/billing/card"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/views/portal"
	"purse/views/ui"
)

// Wait says what a purchase waits for, nil when its payment takes no time.
func Wait(t tx.Tx, ps *purchase.Service, p *purchase.Purchase) (*portal.Wait, error) {
	if p.State != purchase.Processing {
		return nil, nil
	}
	w, err := ps.Waits(t, p.ID)
	if err != nil {
		return nil, err
	}
	out := &portal.Wait{Text: "This payment method takes a few days. The credits come when it has paid."}
	switch {
	case w == nil:
	case w.Transfer():
		in := func(n int64) string { return ui.Money(money.Money{Amount: n, Currency: p.Price.Currency}) }
		out.Text = "Send " + in(w.Missing()) + " by bank transfer. The credits come when all of it has arrived."
		if w.Received > 0 {
			out.Text = in(w.Received) + " of " + in(w.Due) + " has arrived, " + in(w.Missing()) + " is missing. The credits come when all of it has arrived."
		}
		out.Transfer, out.Reference, out.Link = true, w.Reference, w.InstructionsURL
	case card.BusinessDays(w.Method) > 0:
		c, err := ps.Accounts.CustomerIn(t, p.Customer)
		if err != nil {
			return nil, err
		}
		out.Text = card.Awaited(ui.Money(money.Money{Amount: w.Due, Currency: p.Price.Currency}), w.Method, w.Since, t.Now(), c.Location()) + " The credits come when it has paid."
	}
	return out, nil
}
