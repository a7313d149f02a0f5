package recharge

import "context"

// tellBilling lets Stripe know the customer's billing details before an invoice
// is made. What does not come of it is tried again elsewhere: the invoice is
// made all the same.
func (s *Service) tellBilling(ctx context.Context, customer string) {
	if s.Purchases == nil {
		return
	}
	if err := s.Purchases.SyncBilling(ctx, customer); err != nil {
		s.Log.Warn("Stripe was not told of billing details before a recharge", "customer", customer, "error", err)
	}
}

// taxOf is how the price of a recharge stands to tax, and its tax code.
func (s *Service) taxOf(r *Recharge) (behavior, code string) {
	if s.Purchases == nil {
		return "", ""
	}
	return s.Purchases.TaxOf(s.Catalog.Snapshot().Pack(r.Pack))
}
