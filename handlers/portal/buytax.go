package portal

import (
	"net/http"

	"purse/billing/catalog"
	"purse/billing/purchase"
	"purse/handlers/kit"
	"purse/views/portal"
)

// addTax tells of each pack what it costs with tax, where that is known: with
// automatic tax, an address, and an answer of Stripe's.
func (p *Portal) addTax(r *http.Request, packs []portal.Pack) {
	var sale []purchase.ForSale
	var at []int
	for i := range packs {
		if pack := p.Catalog.Snapshot().Pack(packs[i].ID); pack != nil && packs[i].Problem == "" {
			sale, at = append(sale, purchase.ForSale{Pack: pack, Price: packs[i].Price}), append(at, i)
		}
	}
	for n, taxed := range p.Purchases.Taxes(r.Context(), kit.VisitorOf(r).Customer.ID, sale) {
		if taxed != nil {
			packs[at[n]].Total, packs[at[n]].Tax = taxed.Total, taxed.Tax
		}
	}
}

// taxOf is how a pack's price stands to the tax that Stripe adds: exclusive,
// inclusive, or none where it adds none.
func (p *Portal) taxOf(pack *catalog.Pack) string {
	return p.Purchases.EffectiveTax(pack, p.Purchases.AutomaticTax)
}
