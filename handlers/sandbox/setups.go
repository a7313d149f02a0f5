package sandbox

import (
	"net/http"
	"slices"
)

func createSetup(c *call) (obj, *apiError) {
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	o := c.fresh("setup_intent")
	o["client_secret"] = o.id() + "_secret_" + randomText(25)
	if customer != nil {
		o["customer"] = customer.id()
	}
	o["description"] = c.p.null("description")
	o["metadata"] = c.p.metadata()
	o["_return_url"] = c.p.str("return_url")
	o["payment_method_options"] = obj{"card": obj{"mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}}
	o["payment_method_types"] = c.p.or("payment_method_types", []any{"card"})
	o["status"] = "requires_payment_method"
	for _, m := range o.list("payment_method_types") {
		if !slices.Contains(reusable, m.(string)) {
			return nil, notValue("payment_method_types", m.(string))
		}
	}
	o["usage"] = c.p.or("usage", "off_session")
	var pm obj
	if id := c.p.str("payment_method"); id != "" {
		if pm, err = c.paymentMethod(id, "payment_method"); err != nil {
			return nil, err
		}
		if err := belongs(pm, customer); err != nil {
			return nil, err
		}
		o["payment_method"] = pm.id()
		o["status"] = "requires_confirmation"
	}
	c.s.store.put("setup_intent", o)
	c.emit("setup_intent.created", o)
	if c.p.yes("confirm") {
		return c.setUp(o, pm)
	}
	return o, nil
}

func getSetup(c *call) (obj, *apiError) { return c.find("setup_intent", "setupintent", "intent") }

func listSetups(c *call) (obj, *apiError) {
	return c.page("setup_intent", c.matches("customer", "payment_method"))
}

func confirmSetup(c *call) (obj, *apiError) {
	o, err := c.find("setup_intent", "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	id := c.p.str("payment_method")
	if id == "" {
		id = o.str("payment_method")
	}
	if id == "" {
		return nil, parameterMissing("payment_method")
	}
	pm, err := c.paymentMethod(id, "payment_method")
	if err != nil {
		return nil, err
	}
	if err := belongs(pm, c.s.store.get("customer", o.str("customer"))); err != nil {
		return nil, err
	}
	o["_return_url"] = c.p.str("return_url")
	return c.setUp(o, pm)
}

// setUp tries to save the payment method.
func (c *call) setUp(o, pm obj) (obj, *apiError) {
	switch o.str("status") {
	case "succeeded", "canceled", "processing":
		e := bad("setup_intent_unexpected_state", "", "You cannot confirm this SetupIntent because it has already %s.", o.str("status"))
		e.fields = obj{"setup_intent": o.public()}
		return nil, e
	}
	if pm == nil {
		return nil, parameterMissing("payment_method")
	}
	if !slices.Contains(o.list("payment_method_types"), any(pm.str("type"))) {
		return nil, bad("", "payment_method", "The PaymentMethod provided (%s) is not allowed for this SetupIntent.", pm.str("type"))
	}
	o["payment_method"] = pm.id()
	o["last_setup_error"] = nil
	switch doesOf(pm).auth {
	case authAlways, authUnsaved:
		o["status"] = "requires_action"
		url := c.base + "/3ds/" + o.id()
		o["next_action"] = obj{"type": "use_stripe_sdk", "use_stripe_sdk": obj{"type": "three_d_secure_redirect", "stripe_js": url}}
		if back := o.str("_return_url"); back != "" {
			o["next_action"] = obj{"type": "redirect_to_url", "redirect_to_url": obj{"return_url": back, "url": url}}
		}
		c.s.store.put("setup_intent", o)
		c.emit("setup_intent.requires_action", o)
		return o, nil
	}
	return c.finishSetup(o, pm)
}

func (c *call) finishSetup(o, pm obj) (obj, *apiError) {
	does := doesOf(pm)
	if does.decline != "" && !does.attaches {
		return nil, c.failSetup(o, pm, does.refusal())
	}
	if err := c.keep(pm, c.s.store.get("customer", o.str("customer"))); err != nil {
		return nil, err
	}
	pm["_set_up"] = true
	c.s.store.put("payment_method", pm)
	if id := pm.str("_mandate"); id != "" {
		o["mandate"] = id
	}
	o["status"] = "succeeded"
	o["next_action"] = nil
	o["latest_attempt"] = "setatt_1" + randomText(23)
	c.s.store.put("setup_intent", o)
	c.emit("setup_intent.succeeded", o)
	return o, nil
}

func (c *call) failSetup(o, pm obj, err *apiError) *apiError {
	last := err.body().sub("error")
	last["payment_method"] = pm.public()
	o["last_setup_error"] = last
	o["status"] = "requires_payment_method"
	o["payment_method"] = nil
	o["next_action"] = nil
	c.s.store.put("setup_intent", o)
	c.emit("setup_intent.setup_failed", o)
	err.fields = obj{"setup_intent": o.public(), "payment_method": pm.public()}
	err.status = http.StatusPaymentRequired
	return err
}

// authenticatedSetup ends the 3-D Secure step of a setup intent.
func (c *call) authenticatedSetup(o obj, passed bool) (obj, *apiError) {
	if o.str("status") != "requires_action" {
		return nil, bad("setup_intent_unexpected_state", "", "This SetupIntent has a status of %s.", o.str("status"))
	}
	pm := c.s.store.get("payment_method", o.str("payment_method"))
	if !passed {
		return nil, c.failSetup(o, pm, &apiError{code: "setup_intent_authentication_failure",
			message: "We are unable to authenticate your payment method. Please choose a different payment method and try again."})
	}
	return c.finishSetup(o, pm)
}

func cancelSetup(c *call) (obj, *apiError) {
	o, err := c.find("setup_intent", "setupintent", "intent")
	if err != nil {
		return nil, err
	}
	if o.str("status") == "succeeded" || o.str("status") == "canceled" {
		return nil, bad("setup_intent_unexpected_state", "", "You cannot cancel this SetupIntent because it has a status of %s.", o.str("status"))
	}
	o["status"] = "canceled"
	o["cancellation_reason"] = c.p.null("cancellation_reason")
	o["next_action"] = nil
	c.s.store.put("setup_intent", o)
	c.emit("setup_intent.canceled", o)
	return o, nil
}
