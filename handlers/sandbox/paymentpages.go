package sandbox

// The calls by which Stripe's command-line client completes a Checkout in test
// mode. Stripe does not describe them; these are the parameters seen there.
func init() {
	str := func(name string) *param { return &param{name: name, kinds: "s"} }
	expand := &param{name: "expand", kinds: "a", items: &param{kinds: "s"}}
	operationParams["GET /v1/payment_pages/{page}"] = &param{kinds: "o", children: []*param{expand}}
	operationParams["POST /v1/payment_pages/{page}/confirm"] = &param{kinds: "o", children: []*param{expand,
		{name: "payment_method", kinds: "s", required: true}, {name: "expected_amount", kinds: "i"},
		str("return_url"), str("eid"), str("key"), {name: "tax_id_collection", kinds: "o", children: []*param{
			{name: "tax_id", kinds: "o", children: []*param{str("type"), str("value")}}}}}}
}

// pageSession is the session that the path names by its own id or its page's.
func (c *call) pageSession() (obj, *apiError) {
	if o := c.s.store.get("checkout.session", c.id); o != nil {
		return o, nil
	}
	for _, r := range c.s.store.all("checkout.session") {
		if r.body.str("_page") == c.id {
			return r.body, nil
		}
	}
	return nil, noSuch("payment_page", c.id, "session", true)
}

func getPaymentPage(c *call) (obj, *apiError) {
	o, err := c.pageSession()
	if err != nil {
		return nil, err
	}
	return c.s.paymentPage(o), nil
}

func (s *Server) paymentPage(o obj) obj {
	page := obj{"id": o.str("_page"), "object": "checkout.session.payment_page", "session_id": o.id(), "livemode": false}
	for _, f := range []string{"mode", "status", "payment_status", "currency", "amount_subtotal", "amount_total", "customer",
		"customer_email", "success_url", "cancel_url", "total_details", "url", "metadata"} {
		page[f] = o[f]
	}
	page["line_item_group"] = obj{"currency": o["currency"], "due": o["amount_total"], "subtotal": o["amount_subtotal"],
		"total": o["amount_total"], "line_items": s.sessionItems(o)["data"]}
	if id := o.str("payment_intent"); id != "" {
		page["payment_intent"] = s.store.get("payment_intent", id).public()
	} else {
		page["payment_intent"] = nil
	}
	page["setup_intent"] = o["setup_intent"]
	return page
}

func confirmPaymentPage(c *call) (obj, *apiError) {
	o, err := c.pageSession()
	if err != nil {
		return nil, err
	}
	for _, f := range []string{"return_url", "eid", "key"} {
		c.p.note(f) // who pays, from where: nothing here depends on it
	}
	id := c.p.sub("tax_id_collection").sub("tax_id")
	typ, value := id.str("type"), id.str("value")
	if want, ok := c.p.integer("expected_amount"); ok && want != o.num("amount_total") {
		return nil, bad("checkout_amount_mismatch", "expected_amount", "The expected amount %d is not the Checkout Session's total of %d.", want, o.num("amount_total"))
	}
	if err := open(o); err != nil {
		return nil, err
	}
	pm, err := c.paymentMethod(c.p.str("payment_method"), "payment_method")
	if err != nil {
		return nil, err
	}
	if value != "" {
		if !o.sub("tax_id_collection").yes("enabled") {
			return nil, bad("", "tax_id_collection", "This Checkout Session does not collect tax ids.")
		}
		o["_tax_id"] = obj{"type": typ, "value": value}
	}
	if err := c.confirmSession(o, pm); err != nil {
		return nil, err
	}
	return c.s.paymentPage(o), nil
}

func open(o obj) *apiError {
	switch o.str("status") {
	case "complete":
		return bad("payment_intent_unexpected_state", "", "This Checkout Session has already been completed.")
	case "expired":
		return bad("checkout_session_expired", "", "This Checkout Session has expired.")
	}
	return nil
}
