package sandbox

import (
	"strings"

	"purse/billing/money"
)

const maxAmount = money.MaxMinor

func lower(s string) string { return strings.ToLower(s) }

func checkCurrency(code, param string) *apiError {
	if _, ok := money.Exponent(lower(code)); !ok {
		return bad("", param, "Invalid currency: %s. Stripe currently supports these currencies: usd, aed, afn, all, amd, ang, aoa, ars, aud and more, see https://stripe.com/docs/currencies", code)
	}
	return nil
}

// checkAmount refuses what Stripe would not charge.
func checkAmount(amount int64, currency, param string) *apiError {
	least := money.LeastCharge(currency)
	switch {
	case amount < 0:
		return bad("parameter_invalid_integer", param, "This value must be greater than or equal to 1.")
	case amount < least:
		return bad("amount_too_small", param, "Amount must be at least %s", amountText(least, currency))
	case amount > maxAmount:
		return bad("amount_too_large", param, "Amount must be no more than %s", amountText(maxAmount, currency))
	}
	if err := (money.Money{Amount: amount, Currency: currency}).Valid(); err != nil {
		return bad("parameter_invalid_integer", param, "Invalid amount: it %s.", err)
	}
	return nil
}

var symbols = map[string]string{"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "CA$", "aud": "A$", "inr": "₹"}

// amountText is an amount for people: "$25.00", "CHF 25.00".
func amountText(amount int64, currency string) string {
	m := money.Money{Amount: amount, Currency: currency}
	text := m.Decimal()
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	whole, fraction, dotted := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dotted {
		whole += "." + fraction
	}
	if s := symbols[currency]; s != "" {
		return sign + s + whole
	}
	return sign + strings.ToUpper(currency) + " " + whole
}
