package sandbox

import "strconv"

var customerFields = []string{"address", "description", "email", "name", "phone", "preferred_locales", "shipping"}

func createCustomer(c *call) (obj, *apiError) {
	if err := checkEmail(c.p); err != nil {
		return nil, err
	}
	o := c.fresh("customer")
	o["balance"] = int64(0)
	o["delinquent"] = false
	o["invoice_prefix"] = randomText(8)
	o["invoice_settings"] = obj{"custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil}
	o["next_invoice_sequence"] = int64(1)
	o["preferred_locales"] = []any{}
	o["tax_exempt"] = c.p.or("tax_exempt", "none")
	o["metadata"] = c.p.metadata()
	copyFields(o, c.p, customerFields...)
	if id := c.p.str("payment_method"); id != "" {
		pm, err := c.paymentMethod(id, "payment_method")
		if err != nil {
			return nil, err
		}
		if err := c.attach(pm, o); err != nil {
			return nil, err
		}
	}
	if err := c.invoiceSettings(o); err != nil {
		return nil, err
	}
	c.s.store.put("customer", o)
	c.emit("customer.created", o)
	for i, id := range c.p.list("tax_id_data") {
		if _, err := c.newTaxID(o, id.(obj), "tax_id_data["+strconv.Itoa(i)+"][value]"); err != nil {
			return nil, err
		}
	}
	return o, nil
}

func checkEmail(p obj) *apiError {
	e := p.str("email")
	if e == "" {
		return nil
	}
	at := -1
	for i, r := range e {
		if r == ' ' || r < ' ' {
			at = -1
			break
		}
		if r == '@' {
			at = i
		}
	}
	if at < 1 || at == len(e)-1 || len(e) > 512 {
		return bad("email_invalid", "email", "Invalid email address: %s", e)
	}
	return nil
}

func (c *call) invoiceSettings(o obj) *apiError {
	in := c.p.sub("invoice_settings")
	if !in.has("default_payment_method") {
		return nil
	}
	id := in.str("default_payment_method")
	if id == "" {
		o.sub("invoice_settings")["default_payment_method"] = nil
		return nil
	}
	pm := c.s.store.get("payment_method", id)
	if pm == nil || pm.str("customer") != o.id() {
		return bad("resource_missing", "invoice_settings[default_payment_method]", "No such PaymentMethod: '%s'; It's possible this PaymentMethod is not attached to the customer.", id)
	}
	o.sub("invoice_settings")["default_payment_method"] = id
	return nil
}

func getCustomer(c *call) (obj, *apiError) {
	o, err := c.find("customer", "customer", "id")
	if err == nil && o.yes("deleted") {
		return obj{"id": o.id(), "object": "customer", "deleted": true}, nil
	}
	return o, err
}

// liveCustomer is the customer in the path, if it was not deleted.
func (c *call) liveCustomer() (obj, *apiError) {
	o, err := c.find("customer", "customer", "id")
	if err == nil && o.yes("deleted") {
		return nil, noSuch("customer", c.id, "id", true)
	}
	return o, err
}

func updateCustomer(c *call) (obj, *apiError) {
	o, err := c.liveCustomer()
	if err != nil {
		return nil, err
	}
	if err := checkEmail(c.p); err != nil {
		return nil, err
	}
	if err := c.invoiceSettings(o); err != nil {
		return nil, err
	}
	copyFields(o, c.p, customerFields...)
	copyFields(o, c.p, "tax_exempt")
	mergeMetadata(o, c.p)
	c.s.store.put("customer", o)
	c.emit("customer.updated", o)
	return o, nil
}

func deleteCustomer(c *call) (obj, *apiError) {
	o, err := c.liveCustomer()
	if err != nil {
		return nil, err
	}
	for _, r := range c.s.store.all("payment_method") {
		if r.body.str("customer") == o.id() {
			r.body["customer"] = nil
			r.body["_detached"] = true
			c.s.store.put("payment_method", r.body)
			c.emit("payment_method.detached", r.body)
		}
	}
	c.emit("customer.deleted", o)
	o["deleted"] = true
	c.s.store.put("customer", o)
	return obj{"id": o.id(), "object": "customer", "deleted": true}, nil
}

func listCustomers(c *call) (obj, *apiError) {
	match := c.matches("email")
	return c.page("customer", func(o obj) bool { return !o.yes("deleted") && match(o) })
}

func listCustomerPaymentMethods(c *call) (obj, *apiError) {
	if _, err := c.liveCustomer(); err != nil {
		return nil, err
	}
	match := c.matches("type")
	return c.page("payment_method", func(o obj) bool { return o.str("customer") == c.id && match(o) })
}

func getCustomerPaymentMethod(c *call) (obj, *apiError) {
	pm := c.s.store.get("payment_method", c.id)
	if pm == nil || pm.str("customer") != c.r.PathValue("customer") {
		return nil, noSuch("PaymentMethod", c.id, "payment_method", true)
	}
	return pm, nil
}
