package sandbox

import "slices"

// debits are the payment methods for which a mandate is needed: the permission to
// debit an account.
var debits = []string{"us_bank_account", "sepa_debit"}

// reusable are the payment methods that can be saved and charged later.
var reusable = append([]string{"card", "link"}, debits...)

// setupMethods are the payment methods that a new session in setup mode offers:
// those that are named, or those of this account's dashboard for a currency.
func (c *call) setupMethods() ([]any, *apiError) {
	list := c.p.list("payment_method_types")
	if len(list) == 0 {
		currency := lower(c.p.str("currency"))
		if currency == "" {
			return nil, bad("parameter_missing", "currency", "You must specify `currency` in `setup` mode when `payment_method_types` is not set.")
		}
		if err := checkCurrency(currency, "currency"); err != nil {
			return nil, err
		}
		return dashboardMethods(currency, true, true), nil
	}
	for _, m := range list {
		switch m := m.(string); {
		case methodNames[m] == "":
			return nil, notRun(m)
		case !slices.Contains(reusable, m):
			return nil, bad("", "payment_method_types", "The payment method `%s` cannot be used in `setup` mode.", m)
		}
	}
	return list, nil
}

// keep saves a payment method to a customer so that it can be charged while the
// customer is away; of a bank account it makes the mandate.
func (c *call) keep(pm, customer obj) *apiError {
	if customer == nil {
		return nil
	}
	if err := c.attach(pm, customer); err != nil {
		return err
	}
	pm["_set_up"] = true
	if slices.Contains(debits, pm.str("type")) && pm.str("_mandate") == "" {
		m := c.fresh("mandate")
		delete(m, "created") // a mandate has none
		m["customer_acceptance"] = obj{"accepted_at": c.s.unix(), "type": "online", "online": obj{"ip_address": "127.0.0.1", "user_agent": "sandbox"}}
		m["multi_use"], m["payment_method"], m["status"], m["type"] = obj{}, pm.id(), "active", "multi_use"
		m["payment_method_details"] = obj{"type": pm.str("type"), pm.str("type"): obj{}}
		c.s.store.put("mandate", m)
		pm["_mandate"] = m.id()
	}
	c.s.store.put("payment_method", pm)
	return nil
}

// debitable refuses to debit an account without a mandate that stands.
func (c *call) debitable(pm obj) *apiError {
	if !slices.Contains(debits, pm.str("type")) {
		return nil
	}
	switch c.s.store.get("mandate", pm.str("_mandate")).str("status") {
	case "active":
		return nil
	case "inactive":
		return bad("payment_intent_mandate_invalid", "", "The mandate of this payment method is inactive and cannot be used for payments.")
	}
	return bad("billing_invalid_mandate", "", "The Subscription or Invoice attempted payment on a PaymentMethod without an active mandate. In order to create Subscription or Invoice payments with this PaymentMethod, it must be confirmed on-session with a PaymentIntent or SetupIntent first.")
}

// endMandate is what a bank tells when a customer withdraws the permission there.
func (c *call) endMandate(pm obj) *apiError {
	m := c.s.store.get("mandate", pm.str("_mandate"))
	if m.str("status") != "active" {
		return bad("", "", "There is no permission to withdraw.")
	}
	m["status"] = "inactive"
	c.s.store.put("mandate", m)
	c.emit("mandate.updated", m)
	return nil
}

// invoiceTypes are the payment methods by which an invoice can be paid.
func invoiceTypes(in obj) []any {
	if list := in.sub("payment_settings").list("payment_method_types"); len(list) > 0 {
		return list
	}
	return dashboardMethods(in.str("currency"), true, false)
}

// invoicePayments reads payment_settings of an invoice.
func (c *call) invoicePayments(in obj) *apiError {
	given := c.p.sub("payment_settings")
	types := given.list("payment_method_types")
	for _, m := range types {
		switch m := m.(string); {
		case methodNames[m] == "":
			return notValue("payment_settings[payment_method_types]", m)
		case !takes(m, in.str("currency")):
			return bad("", "payment_settings[payment_method_types]", "The payment method `%s` cannot be used with the currency `%s`.", m, in.str("currency"))
		}
	}
	var all any
	if len(types) > 0 {
		all = types
	}
	in["payment_settings"] = obj{"default_mandate": nil, "payment_method_options": nil, "payment_method_types": all}
	return nil
}

// methodLabel is a saved payment method, for people.
func methodLabel(pm obj) string {
	switch typ := pm.str("type"); typ {
	case "card":
		return brandNames[pm.sub("card").str("brand")] + " ending in " + pm.sub("card").str("last4")
	case "link":
		return "Link, " + pm.sub("link").str("email")
	default:
		return methodNames[typ] + " ending in " + pm.sub(typ).str("last4")
	}
}
