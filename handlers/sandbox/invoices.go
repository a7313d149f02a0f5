package sandbox

import "fmt"

// invoiceOf makes the paid invoice of a session with invoice_creation.
func (c *call) invoiceOf(o obj) {
	in := c.fresh("invoice")
	data := o.sub("invoice_creation").sub("invoice_data")
	pi := c.s.store.get("payment_intent", o.str("payment_intent"))
	n := len(c.s.store.all("invoice")) + 1
	in["number"] = fmt.Sprintf("SANDBOX-%04d", n)
	in["status"] = "paid"
	in["paid"] = true
	in["currency"] = o["currency"]
	in["customer"] = o["customer"]
	details := o.sub("_details")
	in["customer_email"], in["customer_name"], in["customer_address"] = details["email"], details["name"], details["address"]
	if customer := c.s.store.get("customer", o.str("customer")); customer != nil { // an invoice is addressed to the customer, not to the card
		in["customer_email"], in["customer_name"] = customer.or("email", details["email"]), customer.or("name", details["name"])
		in["customer_address"] = publicValue(customer.or("address", details["address"]))
	}
	in["customer_tax_ids"] = c.s.taxIDsOf(o.str("customer"))
	in["custom_fields"] = data["custom_fields"]
	in["subtotal"], in["total"] = o["amount_subtotal"], o["amount_total"]
	in["amount_due"], in["amount_paid"], in["amount_remaining"] = o["amount_total"], o["amount_total"], int64(0)
	in["tax"] = o.sub("total_details")["amount_tax"]
	in["attempted"], in["auto_advance"], in["attempt_count"] = true, false, int64(0)
	in["billing_reason"], in["collection_method"] = "manual", "charge_automatically"
	in["description"], in["footer"] = data.null("description"), data.null("footer")
	in["metadata"] = data.metadata()
	in["automatic_tax"] = publicValue(o["automatic_tax"])
	in["hosted_invoice_url"] = c.base + "/receipts/" + in.id()
	in["amount_shipping"], in["starting_balance"] = int64(0), int64(0)
	in["post_payment_credit_notes_amount"], in["pre_payment_credit_notes_amount"] = int64(0), int64(0)
	in["default_tax_rates"], in["total_tax_amounts"] = []any{}, []any{}
	in["discounts"], in["total_discount_amounts"] = []any{}, []any{}
	if n := o.sub("total_details").num("amount_discount"); n > 0 {
		d := o.sub("_discount").public()
		in["discount"], in["discounts"] = d, []any{d.id()}
		in["total_discount_amounts"] = []any{obj{"amount": n, "discount": d.id()}}
		in["total_excluding_tax"] = o.num("amount_total") - o.sub("total_details").num("amount_tax")
	}
	in["issuer"] = obj{"type": "self"}
	in["paid_out_of_band"] = false
	in["payment_settings"] = obj{"default_mandate": nil, "payment_method_options": nil, "payment_method_types": nil}
	in["period_start"], in["period_end"] = in["created"], in["created"]
	in["status_transitions"] = obj{"finalized_at": in["created"], "marked_uncollectible_at": nil, "paid_at": in["created"], "voided_at": nil}
	lines := c.s.sessionItems(o)
	in["lines"] = obj{"object": "list", "data": []any{}, "has_more": false, "url": "/v1/invoices/" + in.id() + "/lines"}
	in["_items"] = lines["data"]
	if pi != nil {
		pi["invoice"] = in.id()
		in["payment_intent"] = pi.id()
		in["charge"] = pi["latest_charge"]
		c.s.store.put("payment_intent", pi)
		if ch := c.s.store.get("charge", pi.str("latest_charge")); ch != nil {
			ch["invoice"] = in.id()
			c.s.store.put("charge", ch)
		}
	}
	c.s.store.put("invoice", in)
	o["invoice"] = in.id()
	for _, typ := range []string{"invoice.created", "invoice.finalized", "invoice.paid", "invoice.payment_succeeded"} {
		c.emit(typ, in)
	}
}

func getInvoice(c *call) (obj, *apiError) { return c.find("invoice", "invoice", "invoice") }

func listInvoices(c *call) (obj, *apiError) {
	return c.page("invoice", c.matches("customer", "status", "collection_method"))
}
