package sandbox

import (
	"math/big"
	"net/http"
	"slices"

	"purse/billing/money"
)

// What Adaptive Pricing on hosted invoices does, which Stripe's dashboard turns on:
// the buyer may pay in a currency of their own, and the invoice keeps its numbers.
const (
	AdaptiveOff = ""
	// AdaptiveShown is what Stripe does since 2025: payment, charge and refunds keep the
	// invoice's currency, and presentment_details say what the buyer saw.
	AdaptiveShown = "shown"
	// AdaptiveCharged is what it did before: payment and charge are in the buyer's
	// currency, refunds and disputes too. The balance keeps the invoice's.
	AdaptiveCharged = "charged"
)

// adaptiveRates are what a US dollar costs in the sandbox, the buyer's fee included.
var adaptiveRates = map[string]*big.Rat{"usd": big.NewRat(1, 1), "eur": big.NewRat(9, 10), "gbp": big.NewRat(4, 5), "jpy": big.NewRat(150, 1)}

var adaptiveCurrencies = []string{"eur", "gbp", "jpy", "usd"}

// SetAdaptivePricing turns Adaptive Pricing on hosted invoices on, as AdaptiveShown
// or AdaptiveCharged, or off.
func (s *Server) SetAdaptivePricing(how string) {
	s.locked(func() { s.saveSetting("adaptive_pricing", how) })
}

// localized is an amount of an invoice in a buyer's currency, false where it is not
// offered.
func (s *Server) localized(in obj, currency string) (money.Money, bool) {
	from, to := adaptiveRates[in.str("currency")], adaptiveRates[currency]
	if s.setting("adaptive_pricing") == AdaptiveOff || from == nil || to == nil || currency == in.str("currency") {
		return money.Money{}, false
	}
	due := money.Money{Amount: in.num("amount_due"), Currency: in.str("currency")}.Rat()
	m, err := money.RoundMoney(new(big.Rat).Quo(new(big.Rat).Mul(due, to), from), currency)
	return m, err == nil && checkAmount(m.Amount, currency, "") == nil
}

// present makes the payment of an invoice one in a buyer's currency, "" for the
// invoice's own.
func (s *Server) present(in, pi obj, currency string) {
	pi["amount"], pi["currency"] = in.num("amount_due"), in.str("currency")
	delete(pi, "presentment_details")
	delete(pi, "_settles")
	m, ok := s.localized(in, currency)
	switch {
	case !ok:
	case s.setting("adaptive_pricing") == AdaptiveShown:
		pi["presentment_details"] = obj{"presentment_amount": m.Amount, "presentment_currency": m.Currency}
	default:
		pi["_settles"] = obj{"amount": in.num("amount_due"), "currency": in.str("currency")}
		pi["amount"], pi["currency"] = m.Amount, m.Currency
	}
	s.store.put("payment_intent", pi)
}

// settles is the part of the account's balance that an amount of a charge is.
func settles(ch obj, amount int64) (int64, any) {
	to := ch.sub("_settles")
	if to == nil {
		return amount, ch["currency"]
	}
	return money.Share(to.num("amount"), amount, ch.num("amount")), to["currency"]
}

// presented says on a refund what the buyer sees of it.
func presented(ch obj, amount int64) any {
	d := ch.sub("presentment_details")
	if d == nil {
		return nil
	}
	return obj{"presentment_amount": money.Share(d.num("presentment_amount"), amount, ch.num("amount")), "presentment_currency": d["presentment_currency"]}
}

// credits says whether a refund is of an amount in the invoice's currency: one that
// was converted may differ by rounding.
func (s *Server) credits(in, refund obj, amount int64) bool {
	if refund.str("currency") == in.str("currency") {
		return refund.num("amount") == amount
	}
	is := money.Share(in.num("total"), refund.num("amount"), s.store.get("charge", refund.str("charge")).num("amount"))
	return is-amount <= 1 && amount-is <= 1
}

func (s *Server) setAdaptiveOnPage(w http.ResponseWriter, r *http.Request) {
	how := r.PostFormValue("adaptive")
	if how == "off" {
		how = AdaptiveOff
	}
	if !slices.Contains([]string{AdaptiveOff, AdaptiveShown, AdaptiveCharged}, how) {
		s.showSettings(w, r, http.StatusUnprocessableEntity, "Adaptive Pricing is off, shown or charged.")
		return
	}
	s.SetAdaptivePricing(how)
	http.Redirect(w, r, "/settings?done=adaptive", http.StatusSeeOther)
}
