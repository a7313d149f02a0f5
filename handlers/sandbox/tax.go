package sandbox

import "strconv"

// calculateTax answers what tax a sale would have, by the rule that is set for
// Checkout and invoices. It is not kept.
func calculateTax(c *call) (obj, *apiError) {
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	details := c.p.sub("customer_details")
	address, _ := details.value("address").(obj)
	ids, _ := details.or("tax_ids", []any{}).([]any)
	source := details.or("address_source", "billing")
	exempt := details.str("taxability_override")
	switch {
	case customer != nil && details != nil:
		return nil, bad("", "customer_details", "You may only specify one of these parameters: customer, customer_details.")
	case customer != nil:
		address = customer.sub("address")
	case details == nil:
		return nil, bad("parameter_missing", "customer_details", "You must provide either `customer` or `customer_details`.")
	}
	if address.str("country") == "" {
		return nil, bad("customer_tax_location_invalid", "", "We could not determine the customer's tax location based on the provided customer address.")
	}
	percent, _ := strconv.ParseInt(c.s.setting("tax_percent"), 10, 64)
	if exempt == "customer_exempt" || exempt == "reverse_charge" || customer.str("tax_exempt") == "exempt" || customer.str("tax_exempt") == "reverse" {
		percent = 0
	}
	var total, exclusive, inclusive int64
	lines := []any{}
	for _, l := range c.p.list("line_items") {
		l := l.(obj)
		sum, tax := l.num("amount"), int64(0)
		if l.str("tax_behavior") == "inclusive" {
			tax = sum - sum*100/(100+percent)
			inclusive += tax
			total += sum
		} else {
			tax = sum * percent / 100
			exclusive += tax
			total += sum + tax
		}
		lines = append(lines, obj{"id": "tax_li_" + randomText(14), "object": "tax.calculation_line_item", "amount": sum, "amount_tax": tax, "livemode": false,
			"product": l.null("product"), "quantity": l.or("quantity", int64(1)), "reference": l.str("reference"), "tax_behavior": l.null("tax_behavior"), "tax_breakdown": []any{}, "tax_code": l.null("tax_code")})
	}
	o := c.fresh("tax.calculation")
	delete(o, "created")
	o["amount_total"], o["tax_amount_exclusive"], o["tax_amount_inclusive"] = total, exclusive, inclusive
	o["currency"], o["customer"] = c.p.str("currency"), nil
	o["customer_details"] = obj{"address": address, "address_source": source, "ip_address": nil, "tax_ids": ids, "taxability_override": details.or("taxability_override", "none")}
	o["expires_at"], o["tax_date"] = c.s.unix()+90*24*60*60, c.s.unix()
	o["line_items"] = obj{"object": "list", "data": lines, "has_more": false, "url": "/v1/tax/calculations/" + o.id() + "/line_items"}
	o["shipping_cost"], o["tax_breakdown"] = nil, []any{}
	if customer != nil {
		o["customer"] = customer.id()
	}
	return o, nil
}
