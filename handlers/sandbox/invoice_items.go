package sandbox

import "strconv"

// createInvoiceItem adds a line to a draft, or keeps it for the next invoice.
func createInvoiceItem(c *call) (obj, *apiError) {
	p := c.p
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	in, err := c.named("invoice", "invoice", "invoice")
	if err != nil {
		return nil, err
	}
	if in != nil && in.str("status") != "draft" {
		return nil, notEditable(in)
	}
	if in != nil && in.str("customer") != customer.id() {
		return nil, bad("", "invoice", "The invoice %s belongs to another customer.", in.id())
	}
	currency := lower(p.str("currency"))
	if currency == "" && in != nil {
		currency = in.str("currency")
	}
	if currency == "" {
		return nil, parameterMissing("currency")
	}
	if err := checkCurrency(currency, "currency"); err != nil {
		return nil, err
	}
	if in != nil && currency != in.str("currency") {
		return nil, bad("", "currency", "The currency of the invoice item (%s) must match the currency of the invoice (%s).", currency, in.str("currency"))
	}
	quantity := int64(1)
	if n, ok := p.integer("quantity"); ok {
		quantity = n
	}
	unit := p.num("unit_amount")
	amount := unit * quantity
	switch {
	case p.has("amount") && (p.has("unit_amount") || p.has("quantity")):
		return nil, bad("", "amount", "You may only specify one of these parameters: amount, quantity.")
	case p.has("amount"):
		amount, unit = p.num("amount"), p.num("amount")
	case !p.has("unit_amount"):
		return nil, parameterMissing("amount")
	}
	if amount < 0 || amount > maxAmount {
		return nil, notHere("negative and very large amounts of invoice items")
	}
	o := c.fresh("invoiceitem")
	delete(o, "created")
	o["amount"], o["currency"], o["customer"] = amount, currency, customer.id()
	o["date"] = c.s.unix()
	o["description"], o["discountable"] = p.null("description"), p.or("discountable", true)
	o["discounts"], o["tax_rates"] = []any{}, []any{}
	o["metadata"] = p.metadata()
	o["period"] = obj{"start": c.s.unix(), "end": c.s.unix()}
	if in := p.sub("period"); in != nil {
		o["period"] = obj{"start": in.num("start"), "end": in.num("end")}
	}
	o["proration"], o["quantity"] = false, quantity
	o["unit_amount"], o["unit_amount_decimal"] = unit, strconv.FormatInt(unit, 10)
	o["_tax_behavior"] = p.str("tax_behavior")
	if in != nil {
		o["invoice"] = in.id()
	}
	c.s.store.put("invoiceitem", o)
	c.emit("invoiceitem.created", o)
	if in != nil {
		c.s.totalInvoice(in)
		c.s.store.put("invoice", in)
	}
	return o, nil
}

func notEditable(in obj) *apiError {
	return bad("invoice_not_editable", "invoice", "This invoice is no longer editable: it has a status of %s.", in.str("status"))
}

func getInvoiceItem(c *call) (obj, *apiError) {
	return c.find("invoiceitem", "invoiceitem", "invoiceitem")
}

func listInvoiceItems(c *call) (obj, *apiError) {
	match := c.matches("customer", "invoice")
	pending, asked := c.p.flag("pending")
	return c.page("invoiceitem", func(o obj) bool {
		return match(o) && (!asked || pending == (o.str("invoice") == ""))
	})
}

func deleteInvoiceItem(c *call) (obj, *apiError) {
	o, err := c.find("invoiceitem", "invoiceitem", "invoiceitem")
	if err != nil {
		return nil, err
	}
	in := c.s.store.get("invoice", o.str("invoice"))
	if in != nil && in.str("status") != "draft" {
		return nil, notEditable(in)
	}
	c.s.store.remove("invoiceitem", o.id())
	c.emit("invoiceitem.deleted", o)
	if in != nil {
		c.s.totalInvoice(in)
		c.s.store.put("invoice", in)
	}
	return obj{"id": o.id(), "object": "invoiceitem", "deleted": true}, nil
}

// itemsOf are the lines of an invoice, oldest first.
func (s *Server) itemsOf(in obj) (out []obj) {
	for _, r := range s.store.all("invoiceitem") {
		if r.body.str("invoice") == in.id() {
			out = append(out, r.body)
		}
	}
	return out
}

// totalInvoice adds up a draft: lines and tax.
func (s *Server) totalInvoice(in obj) {
	percent := int64(0)
	if exempt := in.str("customer_tax_exempt"); in.sub("automatic_tax").yes("enabled") && exempt != "exempt" && exempt != "reverse" {
		percent, _ = strconv.ParseInt(s.setting("tax_percent"), 10, 64)
		in.sub("automatic_tax")["status"] = "complete"
	}
	var subtotal, tax, total int64
	lines, shown, taxes := []any{}, []any{}, []any{}
	for _, o := range s.itemsOf(in) {
		sum, extra, included := o.num("amount"), int64(0), o.str("_tax_behavior") == "inclusive"
		if included {
			extra = sum - sum*100/(100+percent)
			total += sum
		} else {
			extra = sum * percent / 100
			total += sum + extra
		}
		subtotal, tax = subtotal+sum, tax+extra
		amounts := []any{}
		if percent > 0 {
			amounts = append(amounts, obj{"amount": extra, "inclusive": included, "tax_rate": "txr_1sandbox"})
		}
		line := obj{"id": "il_1" + o.id()[len("ii_1"):], "object": "line_item", "amount": sum, "currency": o["currency"], "description": o["description"],
			"discount_amounts": []any{}, "discountable": o["discountable"], "discounts": []any{}, "invoice_item": o.id(), "invoice": in.id(),
			"livemode": false, "metadata": publicValue(o.sub("metadata")), "period": publicValue(o.sub("period")), "price": nil, "proration": false,
			"proration_details": obj{"credited_items": nil}, "quantity": o["quantity"], "subscription": nil, "tax_amounts": amounts, "tax_rates": []any{}, "type": "invoiceitem"}
		lines = append(lines, line)
		taxes = append(taxes, amounts...)
		shown = append(shown, obj{"description": o["description"], "amount_subtotal": sum})
	}
	in["lines"] = obj{"object": "list", "data": lines, "has_more": false, "url": "/v1/invoices/" + in.id() + "/lines"}
	in["_items"] = shown
	in["subtotal"], in["total"], in["total_tax_amounts"] = subtotal, total, taxes
	in["subtotal_excluding_tax"], in["total_excluding_tax"] = total-tax, total-tax
	if in["tax"] = nil; percent > 0 {
		in["tax"] = tax
	}
	in["amount_due"], in["amount_paid"], in["amount_remaining"] = total, int64(0), total
}
