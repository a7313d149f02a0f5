package sandbox

// charge makes a charge for one attempt; the caller sets how it ended.
func (c *call) charge(pi, pm obj) obj {
	o := c.fresh("charge")
	card := pm.sub("card")
	o["amount"] = pi.num("amount")
	o["amount_captured"] = int64(0)
	o["amount_refunded"] = int64(0)
	o["billing_details"] = publicValue(pm.sub("billing_details"))
	o["calculated_statement_descriptor"] = "SANDBOX"
	o["captured"] = false
	o["currency"] = pi.str("currency")
	o["customer"] = pi["customer"]
	o["description"] = pi["description"]
	o["disputed"] = false
	o["fraud_details"] = obj{}
	o["invoice"] = pi["invoice"]
	o["metadata"] = publicValue(pi.sub("metadata"))
	o["paid"] = false
	o["payment_intent"] = pi.id()
	o["payment_method"] = pm.id()
	o["payment_method_details"] = obj{"type": "card", "card": obj{
		"amount_authorized": pi.num("amount"), "brand": card["brand"], "checks": publicValue(card.sub("checks")),
		"country": card["country"], "exp_month": card["exp_month"], "exp_year": card["exp_year"],
		"fingerprint": card["fingerprint"], "funding": card["funding"], "installments": nil,
		"last4": card["last4"], "mandate": nil, "network": card["brand"], "three_d_secure": nil, "wallet": publicValue(card["wallet"]),
	}}
	if d := chargeDetails(pm); d != nil {
		o["payment_method_details"] = d
	}
	o["shipping"], o["statement_descriptor"], o["statement_descriptor_suffix"], o["transfer_group"] =
		pi["shipping"], pi["statement_descriptor"], pi["statement_descriptor_suffix"], pi["transfer_group"]
	o["refunded"] = false
	o["refunds"] = nil
	if d := pi.sub("presentment_details"); d != nil {
		o["presentment_details"] = publicValue(d)
	}
	if d := pi.sub("_settles"); d != nil {
		o["_settles"] = publicValue(d)
	}
	return o
}

func getCharge(c *call) (obj, *apiError) { return c.find("charge", "charge", "charge") }

func listCharges(c *call) (obj, *apiError) {
	return c.page("charge", c.matches("customer", "payment_intent", "transfer_group"))
}

// dispute opens the dispute that a test card brings about.
func (c *call) dispute(ch obj, does behaviour) {
	amount := ch.num("amount")
	if does.twice {
		c.disputeOf(ch, does, amount/2)
		amount -= amount / 2
	}
	c.disputeOf(ch, does, amount)
}

func (c *call) disputeOf(ch obj, does behaviour, amount int64) {
	d := c.fresh("dispute")
	d["amount"] = amount
	d["balance_transactions"] = []any{}
	d["charge"] = ch.id()
	d["currency"] = ch["currency"]
	d["evidence"] = obj{}
	d["evidence_details"] = obj{"due_by": c.s.unix() + 9*24*60*60, "has_evidence": false, "past_due": false, "submission_count": int64(0)}
	d["is_charge_refundable"] = does.inquiry
	d["metadata"] = obj{}
	d["payment_intent"] = ch["payment_intent"]
	d["reason"] = does.dispute
	d["status"] = "needs_response"
	if does.inquiry {
		d["status"] = "warning_needs_response"
	}
	c.s.store.put("dispute", d)
	ch["disputed"] = true
	c.s.store.put("charge", ch)
	c.emit("charge.dispute.created", d)
	if !does.inquiry {
		c.s.withdrawn(d)
		c.emit("charge.dispute.funds_withdrawn", d)
	}
}

// warn makes the early fraud warning that a test card brings about.
func (c *call) warn(ch obj) {
	o := c.fresh("radar.early_fraud_warning")
	o["actionable"] = true
	o["charge"] = ch.id()
	o["fraud_type"] = "misc"
	o["payment_intent"] = ch["payment_intent"]
	c.s.store.put("radar.early_fraud_warning", o)
	c.emit("radar.early_fraud_warning.created", o)
}

func getFraudWarning(c *call) (obj, *apiError) {
	return c.find("radar.early_fraud_warning", "early_fraud_warning", "early_fraud_warning")
}

func listFraudWarnings(c *call) (obj, *apiError) {
	return c.page("radar.early_fraud_warning", c.matches("charge", "payment_intent"))
}

// answered makes a warning one about which nothing is left to do: the payment
// was refunded or disputed.
func (c *call) answered(ch obj) {
	for _, r := range c.s.store.all("radar.early_fraud_warning") {
		if o := r.body; o.str("charge") == ch.id() && o.yes("actionable") {
			o["actionable"] = false
			c.s.store.put("radar.early_fraud_warning", o)
			c.emit("radar.early_fraud_warning.updated", o)
		}
	}
}
