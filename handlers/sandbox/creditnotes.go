package sandbox

import "fmt"

// createCreditNote corrects a paid invoice: what is credited was refunded
// already, or is refunded with it.
func createCreditNote(c *call) (obj, *apiError) {
	p := c.p
	in, err := c.named("invoice", "invoice", "invoice")
	if err != nil {
		return nil, err
	}
	if in.str("status") != "paid" {
		return nil, bad("", "invoice", "Only credit notes of paid invoices are in the sandbox: this invoice has a status of %s.", in.str("status"))
	}
	amount, ok := p.integer("amount")
	if !ok {
		return nil, bad("parameter_missing", "amount", "One of the following params should be provided for this request: amount, lines, or shipping_cost.")
	}
	left := in.num("total") - in.num("post_payment_credit_notes_amount")
	if amount <= 0 || amount > left {
		return nil, bad("", "amount", "The sum of credit notes (%s) must not be more than what was paid and is not credited yet (%s).",
			amountText(amount, in.str("currency")), amountText(left, in.str("currency")))
	}
	refund, err := c.named("refund", "refund", "refund")
	if err != nil {
		return nil, err
	}
	outside := p.has("out_of_band_amount")
	switch {
	case outside && (refund != nil || p.has("refund_amount") || p.num("out_of_band_amount") != amount):
		return nil, bad("", "amount", "The sum of credit amount, refund amount and out of band amount must equal the credit note amount.")
	case refund != nil && p.has("refund_amount"):
		return nil, bad("", "refund_amount", "You may only specify one of these parameters: refund, refund_amount.")
	case refund != nil && refund.str("charge") != in.str("charge"):
		return nil, bad("", "refund", "The refund %s is not of this invoice's payment.", refund.id())
	case refund != nil && !c.s.credits(in, refund, amount), refund == nil && !outside && p.num("refund_amount") != amount:
		return nil, bad("", "amount", "The sum of credit amount, refund amount and out of band amount must equal the credit note amount.")
	case refund != nil && c.s.credited(refund.id()):
		return nil, bad("", "refund", "The refund %s is already linked to a credit note.", refund.id())
	case outside:
	case refund == nil:
		inner := *c
		inner.p = obj{"charge": in["charge"], "amount": amount}
		if refund, err = createRefund(&inner); err != nil {
			return nil, err
		}
	}
	o := c.fresh("credit_note")
	n := 1
	for _, r := range c.s.store.all("credit_note") {
		if r.body.str("invoice") == in.id() {
			n++
		}
	}
	o["amount"], o["total"], o["subtotal"] = amount, amount, amount
	o["amount_shipping"], o["discount_amount"], o["discount_amounts"], o["tax_amounts"] = int64(0), int64(0), []any{}, []any{}
	o["currency"], o["customer"], o["invoice"] = in["currency"], in["customer"], in.id()
	o["lines"] = obj{"object": "list", "data": []any{}, "has_more": false, "url": "/v1/credit_notes/" + o.id() + "/lines"}
	o["metadata"] = p.metadata()
	o["number"] = fmt.Sprintf("%s-CN-%02d", in.str("number"), n)
	o["pdf"] = c.base + "/i/" + in.id() + "?pdf"
	o["reason"], o["memo"], o["refund"] = p.null("reason"), p.null("memo"), nil
	if refund != nil {
		o["refund"] = refund.id()
	}
	o["out_of_band_amount"] = nil
	if outside {
		o["out_of_band_amount"] = amount
	}
	o["status"], o["type"] = "issued", "post_payment"
	c.s.store.put("credit_note", o)
	in["post_payment_credit_notes_amount"] = in.num("post_payment_credit_notes_amount") + amount
	c.s.store.put("invoice", in)
	c.emit("credit_note.created", o)
	c.emit("invoice.updated", in)
	return o, nil
}

// credited says whether a refund has its credit note.
func (s *Server) credited(refund string) bool {
	for _, r := range s.store.all("credit_note") {
		if r.body.str("refund") == refund {
			return true
		}
	}
	return false
}

func getCreditNote(c *call) (obj, *apiError) { return c.find("credit_note", "credit_note", "id") }

func listCreditNotes(c *call) (obj, *apiError) {
	return c.page("credit_note", c.matches("invoice", "customer"))
}
