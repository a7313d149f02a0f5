package sandbox

// confirmSession pays an open session with a payment method whose billing
// details are what was typed. The session is complete afterwards, or waits for
// authentication (its intent requires action), or an error says why not.
func (c *call) confirmSession(o, pm obj) *apiError {
	if err := open(o); err != nil {
		return err
	}
	if err := c.recheckDiscount(o); err != nil {
		return err
	}
	billing := pm.sub("billing_details")
	details := obj{"address": billing["address"], "email": o.sub("customer_details").or("email", billing["email"]),
		"name": billing["name"], "phone": nil, "tax_exempt": "none", "tax_ids": []any{}}
	o["_details"] = details
	customer := c.s.store.get("customer", o.str("customer"))
	if err := belongs(pm, customer); err != nil {
		return err
	}
	data := o.sub("_intent_data")
	if customer == nil && (o.str("customer_creation") == "always" || o.sub("invoice_creation").yes("enabled") ||
		data.str("setup_future_usage") != "" || o.str("mode") == "setup") {
		customer = c.checkoutCustomer(o, details)
	}
	if o.str("mode") == "setup" {
		return c.confirmSessionSetup(o, pm, customer)
	}
	if o.num("amount_total") == 0 {
		o["payment_status"] = "no_payment_required"
		c.completeSession(o)
		return nil
	}
	pi := c.s.store.get("payment_intent", o.str("payment_intent"))
	if pi == nil {
		pi = c.newIntent(o.num("amount_total"), o.str("currency"), customer, data)
		pi["_session"] = o.id()
		pi.sub("payment_method_options").sub("card")["request_three_d_secure"] = o.sub("payment_method_options").sub("card")["request_three_d_secure"]
		pi["_transfer_country"] = o["_transfer_country"]
		pi["receipt_email"] = data.or("receipt_email", details["email"])
		c.s.store.put("payment_intent", pi)
		c.emit("payment_intent.created", pi)
		o["payment_intent"] = pi.id()
		c.s.store.put("checkout.session", o)
	}
	if pi.str("status") == "requires_action" {
		pi["status"] = "requires_payment_method" // a new attempt replaces the old
	}
	pi["amount"], pi["payment_method_types"] = o.num("amount_total"), o["payment_method_types"]
	if use := o.sub("_options").sub(pm.str("type")).str("setup_future_usage"); use != "" && use != "none" {
		pi["setup_future_usage"] = use
	}
	if _, err := c.confirmWith(pi, pm, obj{"return_url": c.base + "/c/return/" + o.id()}); err != nil {
		return err
	}
	switch {
	case pi.str("status") == "succeeded":
		o["payment_status"] = "paid"
		c.completeSession(o)
	case delayedPayment(pi):
		c.completeSession(o) // complete, and unpaid until the money comes
	}
	return nil
}

func (c *call) confirmSessionSetup(o, pm, customer obj) *apiError {
	si := c.s.store.get("setup_intent", o.str("setup_intent"))
	if si == nil {
		inner := *c
		inner.p = obj{"customer": customer.id(), "usage": "off_session", "payment_method_types": o["payment_method_types"], "metadata": o.sub("_setup_data").metadata(),
			"description": o.sub("_setup_data")["description"]}
		var err *apiError
		if si, err = createSetup(&inner); err != nil {
			return err
		}
		si["_session"] = o.id()
		o["setup_intent"] = si.id()
		c.s.store.put("checkout.session", o)
	}
	if si.str("status") == "requires_action" {
		si["status"] = "requires_payment_method"
	}
	si["_return_url"] = c.base + "/c/return/" + o.id()
	if _, err := c.setUp(si, pm); err != nil {
		return err
	}
	if si.str("status") == "succeeded" {
		c.completeSession(o)
	}
	return nil
}

// checkoutCustomer makes the customer of a session that came without one.
func (c *call) checkoutCustomer(o, details obj) obj {
	customer := c.fresh("customer")
	customer["email"], customer["name"], customer["address"] = details["email"], details["name"], details["address"]
	customer["metadata"], customer["balance"], customer["delinquent"] = obj{}, int64(0), false
	customer["preferred_locales"], customer["tax_exempt"] = []any{}, "none"
	customer["invoice_settings"] = obj{"custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil}
	c.s.store.put("customer", customer)
	c.emit("customer.created", customer)
	o["customer"] = customer.id()
	return customer
}

// completeSession closes a session that was paid or needs no payment.
func (c *call) completeSession(o obj) {
	details := o.sub("_details")
	o["customer_details"] = details
	o["status"] = "complete"
	o["url"] = nil
	if customer := c.s.store.get("customer", o.str("customer")); customer != nil {
		update := o.sub("_customer_update")
		changed := false
		if id := o.sub("_tax_id"); id.str("value") != "" {
			details["tax_ids"] = []any{obj{"type": id.str("type"), "value": id.str("value")}}
			t := c.fresh("tax_id")
			t["customer"], t["type"], t["value"] = customer.id(), id.str("type"), id.str("value")
			c.s.store.put("tax_id", t)
		}
		if update.str("address") == "auto" && details.has("address") {
			customer["address"], changed = publicValue(details["address"]), true
		}
		if update.str("name") == "auto" && details.has("name") {
			customer["name"], changed = details["name"], true
		}
		if changed {
			c.s.store.put("customer", customer)
			c.emit("customer.updated", customer)
		}
	}
	c.redeem(o)
	if o.sub("invoice_creation").yes("enabled") {
		c.invoiceOf(o)
	}
	c.s.store.put("checkout.session", o)
	c.emit("checkout.session.completed", o)
}

// authenticate ends the 3-D Secure step of a payment or setup intent and
// completes the session that it belongs to.
func (c *call) authenticate(id string, passed bool) *apiError {
	if pi := c.s.store.get("payment_intent", id); pi != nil {
		if _, err := c.authenticated(pi, passed); err != nil {
			return err
		}
		if o := c.s.store.get("checkout.session", pi.str("_session")); o != nil {
			o["payment_status"] = "paid"
			c.completeSession(o)
		}
		return nil
	}
	si := c.s.store.get("setup_intent", id)
	if si == nil {
		return noSuch("payment_intent", id, "intent", true)
	}
	if _, err := c.authenticatedSetup(si, passed); err != nil {
		return err
	}
	if o := c.s.store.get("checkout.session", si.str("_session")); o != nil {
		c.completeSession(o)
	}
	return nil
}
