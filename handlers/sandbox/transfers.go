package sandbox

import "slices"

var transferTypes = map[string]string{"usd": "us_bank_transfer", "eur": "eu_bank_transfer", "gbp": "gb_bank_transfer", "jpy": "jp_bank_transfer", "mxn": "mx_bank_transfer"}

func transferType(currency string) string { return transferTypes[currency] }

// euroCountries are where the virtual bank accounts of eu_bank_transfer are.
var euroCountries = []string{"BE", "DE", "ES", "FR", "IE", "NL"}

// readTransfer reads how a payment or a Checkout Session takes bank transfers.
func readTransfer(o, in obj, currency string) *apiError {
	const at = "payment_method_options[customer_balance]"
	transfer := in.sub("bank_transfer")
	country := transfer.sub("eu_bank_transfer").str("country")
	switch {
	case in.str("funding_type") != "bank_transfer":
		return parameterMissing(at + "[funding_type]")
	case transfer.str("type") != transferType(currency):
		return bad("", at+"[bank_transfer][type]", "The bank transfer type must be `%s` for the currency `%s`.", transferType(currency), currency)
	case country != "" && transfer.str("type") != "eu_bank_transfer", country != "" && !slices.Contains(euroCountries, country):
		return bad("", at+"[bank_transfer][eu_bank_transfer][country]", "Invalid country %s: it must be %s, for transfers in euros.", country, oneOf(euroCountries))
	case country != "":
		o["_transfer_country"] = country
	}
	return nil
}

// instructions are where a customer sends money, and how much is missing.
func (c *call) instructions(pi obj) obj {
	currency := pi.str("currency")
	holder := obj{"city": "South San Francisco", "country": "US", "line1": "354 Oyster Point Blvd", "line2": nil, "postal_code": "94080", "state": "CA"}
	country := pi.or("_transfer_country", "DE").(string)
	var to obj
	switch transferType(currency) {
	case "us_bank_transfer":
		to = obj{"type": "aba", "supported_networks": []any{"ach", "domestic_wire_us"}, "aba": obj{"account_number": "11119987600453127", "bank_name": "STRIPE TEST BANK",
			"routing_number": routingNumber, "account_holder_name": c.s.opts.Merchant, "account_holder_address": holder, "bank_address": holder, "account_type": "checking"}}
	case "eu_bank_transfer":
		to = obj{"type": "iban", "supported_networks": []any{"sepa"}, "iban": obj{"account_holder_name": c.s.opts.Merchant, "bic": "SOGEDEFFXXX", "country": country,
			"iban": country + "00000000000000000001", "account_holder_address": holder, "bank_address": holder}}
	case "gb_bank_transfer":
		to = obj{"type": "sort_code", "supported_networks": []any{"bacs", "fps"}, "sort_code": obj{"account_holder_name": c.s.opts.Merchant, "account_number": "12345678",
			"sort_code": "100000", "account_holder_address": holder, "bank_address": holder}}
	case "jp_bank_transfer":
		to = obj{"type": "zengin", "supported_networks": []any{"zengin"}, "zengin": obj{"account_holder_name": c.s.opts.Merchant, "account_number": "1234567", "account_type": "futsu",
			"bank_code": "0009", "bank_name": "Test Bank", "branch_code": "950", "branch_name": "Test"}}
	default:
		to = obj{"type": "spei", "supported_networks": []any{"spei"}, "spei": obj{"bank_code": "646", "bank_name": "Test Bank", "clabe": "123456789012345678"}}
	}
	return obj{"type": "display_bank_transfer_instructions", "display_bank_transfer_instructions": obj{
		"amount_remaining": pi.num("amount") - pi.num("_funded"), "currency": currency, "type": transferType(currency), "reference": pi.str("_reference"),
		"hosted_instructions_url": c.base + "/t/" + pi.id(), "financial_addresses": []any{to},
	}}
}

// awaitTransfer asks for a bank transfer: what the customer's cash balance holds
// counts first. The payment of an invoice is never funded in part.
func (c *call) awaitTransfer(pi, pm obj) (obj, *apiError) {
	customer := c.s.store.get("customer", pi.str("customer"))
	if customer == nil {
		return nil, bad("", "customer", "A customer is needed to pay by bank transfer.")
	}
	pi["_base"] = c.base
	if pi.str("_reference") == "" {
		pi["_reference"] = "SANDBOX" + randomText(8)
	}
	pi["status"], pi["payment_method"] = "requires_action", pm.id()
	pi["next_action"] = c.instructions(pi)
	c.s.store.put("payment_intent", pi)
	c.spendCash(customer, pi.str("currency"), pi)
	if pi.str("status") == "requires_action" {
		c.emit("payment_intent.requires_action", pi)
	}
	return pi, nil
}

// cash is what a customer has sent and not spent, by currency.
func cash(customer obj) obj {
	if customer.sub("_cash") == nil {
		customer["_cash"] = obj{}
	}
	return customer.sub("_cash")
}

// spendCash applies the cash balance of a customer to the payments that wait for
// transfers: first the one that is named, then the oldest.
func (c *call) spendCash(customer obj, currency string, first obj) {
	var waiting []obj
	for _, r := range c.s.store.all("payment_intent") {
		pi := r.body
		if pi.str("customer") == customer.id() && pi.str("currency") == currency && pi.str("status") == "requires_action" &&
			pi.sub("next_action").str("type") == "display_bank_transfer_instructions" {
			waiting = append(waiting, pi)
		}
	}
	if first != nil {
		slices.SortStableFunc(waiting, func(a, b obj) int {
			switch {
			case a.id() == first.id():
				return -1
			case b.id() == first.id():
				return 1
			}
			return 0
		})
	}
	balance := cash(customer)
	for _, pi := range waiting {
		have, missing := balance.num(currency), pi.num("amount")-pi.num("_funded")
		if have <= 0 || (pi.str("invoice") != "" && have < missing) {
			continue
		}
		part := min(have, missing)
		balance[currency] = have - part
		c.s.store.put("customer", customer)
		pi["_funded"] = pi.num("_funded") + part
		c.cashMoved(customer, currency, "applied_to_payment", -part, obj{"applied_to_payment": obj{"payment_intent": pi.id()}})
		if part < missing {
			pi["next_action"] = c.instructions(pi)
			c.s.store.put("payment_intent", pi)
			c.emit("payment_intent.partially_funded", pi)
			continue
		}
		pm := c.s.store.get("payment_method", pi.str("payment_method"))
		c.arrived(pi, c.charge(pi, pm))
	}
	if left := balance.num(currency); left > 0 {
		c.emit("cash_balance.funds_available", c.s.cashBalance(customer))
	}
}

func (c *call) cashMoved(customer obj, currency, typ string, amount int64, more obj) obj {
	o := c.fresh("customer_cash_balance_transaction")
	o["currency"], o["customer"], o["type"], o["net_amount"] = currency, customer.id(), typ, amount
	o["ending_balance"] = cash(customer).num(currency)
	for k, v := range more {
		o[k] = v
	}
	c.s.store.put("customer_cash_balance_transaction", o)
	c.emit("customer_cash_balance_transaction.created", o)
	return o
}

// fund is a transfer that arrives. reference names the payment, where the sender
// wrote it.
func (c *call) fund(customer obj, currency string, amount int64, reference string) obj {
	balance := cash(customer)
	balance[currency] = balance.num(currency) + amount
	c.s.store.put("customer", customer)
	o := c.cashMoved(customer, currency, "funded", amount, obj{"funded": obj{"bank_transfer": obj{"type": transferType(currency), "reference": nullText(reference)}}})
	var first obj
	for _, r := range c.s.store.all("payment_intent") {
		if reference != "" && r.body.str("_reference") == reference {
			first = r.body
		}
	}
	c.spendCash(customer, currency, first)
	return o
}

func fundCashBalance(c *call) (obj, *apiError) {
	customer, err := c.find("customer", "customer", "id")
	if err != nil {
		return nil, err
	}
	currency := lower(c.p.str("currency"))
	if err := checkCurrency(currency, "currency"); err != nil {
		return nil, err
	}
	switch {
	case transferType(currency) == "":
		return nil, bad("", "currency", "Bank transfers are not available in `%s`.", currency)
	case c.p.num("amount") <= 0 || c.p.num("amount") > maxAmount:
		return nil, bad("parameter_invalid_integer", "amount", "Invalid positive integer")
	}
	return c.fund(customer, currency, c.p.num("amount"), c.p.str("reference")), nil
}

func (s *Server) cashBalance(customer obj) obj {
	o := obj{"object": "cash_balance", "customer": customer.id(), "livemode": false, "available": nil,
		"settings": obj{"reconciliation_mode": "automatic", "using_merchant_default": true}}
	available := obj{}
	for k, v := range customer.sub("_cash") {
		if v != int64(0) {
			available[k] = v
		}
	}
	if len(available) > 0 {
		o["available"] = available
	}
	return o
}

func getCashBalance(c *call) (obj, *apiError) {
	customer, err := c.find("customer", "customer", "id")
	if err != nil {
		return nil, err
	}
	return c.s.cashBalance(customer), nil
}

func listCashTransactions(c *call) (obj, *apiError) {
	if _, err := c.find("customer", "customer", "id"); err != nil {
		return nil, err
	}
	return c.page("customer_cash_balance_transaction", func(o obj) bool { return o.str("customer") == c.id })
}
