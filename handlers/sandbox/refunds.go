package sandbox

func createRefund(c *call) (obj, *apiError) {
	pi, err := c.named("payment_intent", "payment_intent", "payment_intent")
	if err != nil {
		return nil, err
	}
	ch, err := c.named("charge", "charge", "charge")
	if err != nil {
		return nil, err
	}
	switch {
	case pi == nil && ch == nil:
		return nil, bad("parameter_missing", "charge", "One of the following params should be provided for this request: payment_intent or charge.")
	case ch == nil:
		ch = c.s.store.get("charge", pi.str("latest_charge"))
		if ch == nil || !ch.yes("paid") {
			return nil, bad("", "", "This PaymentIntent (%s) does not have a successful charge to refund.", pi.id())
		}
	case pi != nil && ch.str("payment_intent") != pi.id():
		return nil, bad("", "charge", "The charge %s does not belong to the PaymentIntent %s.", ch.id(), pi.id())
	}
	if !ch.yes("paid") {
		return nil, bad("", "", "Charge %s has not been successful: it cannot be refunded.", ch.id())
	}
	if c.s.fullDispute(ch) {
		return nil, bad("charge_disputed", "", "Charge %s has been charged back; cannot issue a refund.", ch.id())
	}
	left := ch.num("amount") - ch.num("amount_refunded")
	amount := left
	if v, ok := c.p.integer("amount"); ok {
		amount = v
	}
	switch {
	case left == 0:
		return nil, bad("charge_already_refunded", "", "Charge %s has already been refunded.", ch.id())
	case amount <= 0:
		return nil, bad("parameter_invalid_integer", "amount", "Invalid positive integer")
	case amount > left:
		return nil, bad("", "amount", "Refund amount (%s) is greater than unrefunded amount on charge (%s)",
			amountText(amount, ch.str("currency")), amountText(left, ch.str("currency")))
	}
	return c.refund(ch, amount, c.p), nil
}

func (s *Server) fullDispute(ch obj) bool {
	for _, r := range s.store.all("dispute") {
		if r.body.str("charge") == ch.id() && r.body.str("status") != "won" && !r.body.yes("is_charge_refundable") {
			return true
		}
	}
	return false
}

// refund makes a refund, whose fate depends on the card that paid.
func (c *call) refund(ch obj, amount int64, p obj) obj {
	o := c.fresh("refund")
	delete(o, "livemode")
	o["amount"] = amount
	moved, currency := settles(ch, amount)
	o["balance_transaction"] = c.s.moves("refund", "refund", o.id(), -moved, 0, currency)
	if d := presented(ch, amount); d != nil {
		o["presentment_details"] = d
	}
	o["charge"] = ch.id()
	o["currency"] = ch["currency"]
	o["destination_details"] = obj{"type": "card", "card": obj{"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}}
	if typ := c.s.store.get("payment_method", ch.str("payment_method")).str("type"); typ != "card" {
		o["destination_details"] = obj{"type": typ}
	}
	o["metadata"] = p.metadata()
	o["payment_intent"] = ch["payment_intent"]
	o["reason"] = p.null("reason")
	o["status"] = "succeeded"
	pm := c.s.store.get("payment_method", ch.str("payment_method"))
	switch cardByID(pm.str("_number")).does.refund {
	case "fails":
		o["_settles_at"], o["_settles_as"] = c.s.unix()+1, "failed"
	case "pending":
		o["status"] = "pending"
		o["_settles_at"], o["_settles_as"] = c.s.unix()+1, "succeeded"
	}
	c.s.store.put("refund", o)
	ch["amount_refunded"] = ch.num("amount_refunded") + amount
	ch["refunded"] = ch.num("amount_refunded") == ch.num("amount")
	c.s.store.put("charge", ch)
	c.emit("charge.refunded", ch)
	c.emit("refund.created", o)
	if ch.yes("refunded") {
		c.answered(ch)
	}
	return o
}

// settleRefund ends a refund whose outcome comes later.
func (s *Server) settleRefund(o obj) {
	o["status"] = o["_settles_as"]
	delete(o, "_settles_at")
	if o.str("status") == "failed" {
		o["failure_reason"] = "expired_or_canceled_card"
		ch := s.store.get("charge", o.str("charge"))
		moved, currency := settles(ch, o.num("amount"))
		o["failure_balance_transaction"] = s.moves("refund_failure", "refund_failure", o.id(), moved, 0, currency)
		ch["amount_refunded"] = ch.num("amount_refunded") - o.num("amount")
		ch["refunded"] = false
		s.store.put("charge", ch)
	}
	s.store.put("refund", o)
	s.emit("charge.refund.updated", o, nil)
	s.emit("refund.updated", o, nil)
	if o.str("status") == "failed" {
		s.emit("refund.failed", o, nil)
	}
}

func getRefund(c *call) (obj, *apiError) { return c.find("refund", "refund", "id") }

func updateRefund(c *call) (obj, *apiError) {
	o, err := c.find("refund", "refund", "id")
	if err != nil {
		return nil, err
	}
	mergeMetadata(o, c.p)
	c.s.store.put("refund", o)
	c.emit("charge.refund.updated", o)
	c.emit("refund.updated", o)
	return o, nil
}

func listRefunds(c *call) (obj, *apiError) {
	return c.page("refund", c.matches("charge", "payment_intent"))
}

// chargeRefunds is the list that expands a charge's refunds.
func (s *Server) chargeRefunds(charge string) obj {
	data := []any{}
	for _, r := range s.store.all("refund") {
		if r.body.str("charge") == charge {
			data = append([]any{r.body.public()}, data...)
		}
	}
	return obj{"object": "list", "data": data, "has_more": false, "url": "/v1/charges/" + charge + "/refunds"}
}
