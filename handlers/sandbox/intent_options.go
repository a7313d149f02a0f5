package sandbox

// confirmation is what a request says of how to confirm.
func (c *call) confirmation() obj {
	return obj{"off_session": c.p.value("off_session"), "return_url": c.p.value("return_url"),
		"error_on_requires_action": c.p.value("error_on_requires_action"), "use_stripe_sdk": c.p.value("use_stripe_sdk")}
}

// intentMethods reads with what a new payment intent may be paid. Since version
// 2023-08-16 what the dashboard offers is the default.
func (c *call) intentMethods(pi, customer obj) *apiError {
	types, auto := c.p.list("payment_method_types"), c.p.sub("automatic_payment_methods")
	enabled := auto.yes("enabled")
	redirects := auto.or("allow_redirects", "always")
	switch {
	case len(types) > 0 && enabled:
		return bad("", "", "You may only specify one of these parameters: automatic_payment_methods, payment_method_types.")
	case len(types) > 0:
		for _, m := range types {
			if m := m.(string); methodNames[m] == "" {
				return notValue("payment_method_types", m)
			}
		}
		pi["payment_method_types"] = types
	case auto != nil && !enabled:
		pi["payment_method_types"] = []any{"card"}
	default:
		pi["automatic_payment_methods"] = obj{"allow_redirects": redirects, "enabled": true}
		pi["payment_method_types"] = dashboardMethods(pi.str("currency"), customer != nil, pi.str("setup_future_usage") != "")
	}
	return nil
}

// changedMethods reads what an update or a confirmation says of how to pay.
func (c *call) changedMethods(pi obj) *apiError {
	if c.p.has("payment_method_types") {
		pi["automatic_payment_methods"] = nil
		if err := c.intentMethods(pi, c.s.store.get("customer", pi.str("customer"))); err != nil {
			return err
		}
	}
	return c.intentOptions(pi)
}

// capturedAtOnce refuses to authorize only.
func capturedAtOnce(p obj, path string) *apiError {
	if v := p.str("capture_method"); v == "manual" {
		return notValue(join(path, "capture_method"), v)
	}
	return nil
}

// intentOptions reads payment_method_options of a payment intent.
func (c *call) intentOptions(pi obj) *apiError {
	if err := capturedAtOnce(c.p, ""); err != nil {
		return err
	}
	options := c.p.sub("payment_method_options")
	card := options.sub("card")
	for _, m := range []string{"link", "us_bank_account", "sepa_debit"} {
		if use := options.sub(m).str("setup_future_usage"); use != "" {
			pi.sub("payment_method_options")[m] = obj{"setup_future_usage": use}
		}
	}
	kept := pi.sub("payment_method_options").sub("card")
	kept["request_three_d_secure"] = card.or("request_three_d_secure", kept["request_three_d_secure"])
	if use := card.str("setup_future_usage"); use != "" {
		kept["setup_future_usage"] = use
	}
	if in := options.sub("customer_balance"); in != nil {
		return readTransfer(pi, in, pi.str("currency"))
	}
	return nil
}

// secretOf checks a client_secret that came along: a program may send one.
func (c *call) secretOf(pi obj) *apiError {
	if secret := c.p.str("client_secret"); secret != "" && secret != pi.str("client_secret") {
		return bad("payment_intent_invalid_parameter", "client_secret", "The client_secret provided does not match the client_secret associated with the PaymentIntent.")
	}
	return nil
}
