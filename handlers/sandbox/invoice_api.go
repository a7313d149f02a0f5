package sandbox

import (
	"fmt"
	"net/http"
	"slices"
)

// createInvoice makes a draft of a one-off invoice.
func createInvoice(c *call) (obj, *apiError) {
	p := c.p
	if p.yes("auto_advance") {
		return nil, notValue("auto_advance", "true")
	}
	if err := checkCustomFields(p, ""); err != nil {
		return nil, err
	}
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	if customer == nil {
		return nil, parameterMissing("customer")
	}
	currency := lower(p.str("currency"))
	if currency == "" {
		currency = "usd"
	}
	if err := checkCurrency(currency, "currency"); err != nil {
		return nil, err
	}
	in := c.fresh("invoice")
	in["collection_method"] = p.or("collection_method", "charge_automatically")
	if in.str("collection_method") == "send_invoice" {
		switch {
		case p.has("due_date"):
			in["due_date"] = p.num("due_date")
		case p.has("days_until_due"):
			in["due_date"] = c.s.unix() + p.num("days_until_due")*24*60*60
		default:
			return nil, bad("parameter_missing", "days_until_due", "If invoice `collection_method` is `send_invoice`, you must specify one of `days_until_due` or `due_date`.")
		}
	} else if p.has("due_date") || p.has("days_until_due") {
		return nil, bad("", "due_date", "You can only specify `due_date` or `days_until_due` if `collection_method` is `send_invoice`.")
	}
	if err := c.invoicePaymentMethod(in, customer); err != nil {
		return nil, err
	}
	in["automatic_tax"] = obj{"enabled": p.sub("automatic_tax").yes("enabled"), "liability": nil, "status": nil}
	if in.sub("automatic_tax").yes("enabled") {
		if customer.sub("address").str("country") == "" {
			return nil, bad("customer_tax_location_invalid", "", "The customer's location isn't recognized. Set a valid customer address in order to automatically calculate tax.")
		}
		in.sub("automatic_tax")["liability"] = obj{"type": "self"}
	}
	in["currency"], in["customer"], in["status"] = currency, customer.id(), "draft"
	in["customer_email"], in["customer_name"], in["customer_address"] = customer["email"], customer["name"], publicValue(customer["address"])
	in["customer_phone"], in["customer_tax_exempt"], in["customer_tax_ids"] = customer["phone"], customer["tax_exempt"], c.s.taxIDsOf(customer.id())
	in["paid"], in["attempted"], in["auto_advance"], in["attempt_count"] = false, false, false, int64(0)
	in["billing_reason"] = "manual"
	in["amount_shipping"], in["starting_balance"] = int64(0), int64(0)
	in["post_payment_credit_notes_amount"], in["pre_payment_credit_notes_amount"] = int64(0), int64(0)
	in["default_tax_rates"], in["discounts"] = []any{}, []any{}
	in["issuer"] = obj{"type": "self"}
	in["paid_out_of_band"] = false
	if err := c.invoicePayments(in); err != nil {
		return nil, err
	}
	in["period_start"], in["period_end"] = in["created"], in["created"]
	in["status_transitions"] = obj{"finalized_at": nil, "marked_uncollectible_at": nil, "paid_at": nil, "voided_at": nil}
	in["metadata"] = p.metadata()
	in["custom_fields"] = p.null("custom_fields")
	copyFields(in, p, "description", "footer", "statement_descriptor", "shipping_details")
	c.s.store.put("invoice", in)
	if p.str("pending_invoice_items_behavior") == "include" {
		for _, r := range c.s.store.all("invoiceitem") {
			if o := r.body; o.str("customer") == customer.id() && o.str("invoice") == "" && o.str("currency") == currency {
				o["invoice"] = in.id()
				c.s.store.put("invoiceitem", o)
			}
		}
	}
	c.s.totalInvoice(in)
	c.s.store.put("invoice", in)
	c.emit("invoice.created", in)
	return in, nil
}

// invoicePaymentMethod reads default_payment_method: one of the customer's.
func (c *call) invoicePaymentMethod(in, customer obj) *apiError {
	id := c.p.str("default_payment_method")
	if id == "" {
		return nil
	}
	pm := c.s.store.get("payment_method", id)
	if pm == nil || pm.str("customer") != customer.id() {
		return bad("resource_missing", "default_payment_method", "No such PaymentMethod: '%s'; It's possible this PaymentMethod exists on another customer or is not attached to one.", id)
	}
	in["default_payment_method"] = id
	return nil
}

// invoiceInPath is the invoice that the path names, in one of these states.
func (c *call) invoiceInPath(doing string, states ...string) (obj, *apiError) {
	in, err := c.find("invoice", "invoice", "invoice")
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		if in.str("status") == s {
			return in, nil
		}
	}
	switch in.str("status") {
	case "paid":
		if doing == "paid" {
			return nil, bad("invoice_already_paid", "", "Invoice is already paid")
		}
	case "draft":
		if doing == "paid" {
			return in, nil
		}
	}
	return nil, bad("", "", "This invoice can't be %s because it has a status of %s.", doing, in.str("status"))
}

func updateInvoice(c *call) (obj, *apiError) {
	in, err := c.find("invoice", "invoice", "invoice")
	if err != nil {
		return nil, err
	}
	if in.str("status") != "draft" && (c.p.has("description") || c.p.has("footer") || c.p.has("custom_fields")) {
		return nil, notEditable(in)
	}
	if c.p.yes("auto_advance") {
		return nil, notValue("auto_advance", "true")
	}
	if err := checkCustomFields(c.p, ""); err != nil {
		return nil, err
	}
	if err := c.invoicePaymentMethod(in, c.s.store.get("customer", in.str("customer"))); err != nil {
		return nil, err
	}
	copyFields(in, c.p, "description", "footer", "custom_fields", "statement_descriptor", "shipping_details")
	mergeMetadata(in, c.p)
	c.s.store.put("invoice", in)
	c.emit("invoice.updated", in)
	return in, nil
}

func deleteInvoice(c *call) (obj, *apiError) {
	in, err := c.invoiceInPath("deleted", "draft")
	if err != nil {
		return nil, err
	}
	for _, o := range c.s.itemsOf(in) {
		c.s.store.remove("invoiceitem", o.id())
	}
	c.s.store.remove("invoice", in.id())
	c.emit("invoice.deleted", in)
	return obj{"id": in.id(), "object": "invoice", "deleted": true}, nil
}

func listInvoiceLines(c *call) (obj, *apiError) {
	in, err := c.find("invoice", "invoice", "invoice")
	if err != nil {
		return nil, err
	}
	var rows []obj
	for _, l := range in.sub("lines").list("data") {
		rows = append(rows, l.(obj))
	}
	return c.pageOf(rows, nil)
}

func finalizeInvoice(c *call) (obj, *apiError) {
	in, err := c.invoiceInPath("finalized", "draft")
	if err != nil {
		return nil, err
	}
	if c.p.yes("auto_advance") {
		return nil, notValue("auto_advance", "true")
	}
	return in, c.finalize(in)
}

// finalize gives a draft its number, its payment and its page.
func (c *call) finalize(in obj) *apiError {
	if customer := c.s.store.get("customer", in.str("customer")); customer.yes("deleted") {
		return noSuch("customer", in.str("customer"), "customer", false)
	} else if customer != nil { // as it is now
		in["customer_tax_exempt"], in["customer_email"], in["customer_name"] = customer["tax_exempt"], customer["email"], customer["name"]
	}
	c.s.totalInvoice(in)
	total, currency := in.num("total"), in.str("currency")
	if len(in.sub("lines").list("data")) == 0 {
		return bad("invoice_no_customer_line_items", "", "Nothing to invoice for customer")
	}
	if total > 0 {
		if checkAmount(total, currency, "") != nil {
			return notHere("invoices below the least amount, which Stripe adds to the customer's balance, or above the largest")
		}
	}
	n := 0
	for _, r := range c.s.store.all("invoice") {
		if r.body.has("number") {
			n++
		}
	}
	in["number"] = fmt.Sprintf("SANDBOX-%04d", n+1)
	in["status"] = "open"
	in["effective_at"] = c.s.unix()
	in.sub("status_transitions")["finalized_at"] = c.s.unix()
	in["hosted_invoice_url"] = c.base + "/i/" + in.id()
	in["invoice_pdf"] = c.base + "/i/" + in.id() + "?pdf"
	if total == 0 {
		c.s.store.put("invoice", in)
		c.emit("invoice.finalized", in)
		c.invoicePaid(in, nil)
		return nil
	}
	pi := c.newIntent(total, currency, c.s.store.get("customer", in.str("customer")), obj{"description": "Payment for Invoice " + in.str("number")})
	pi["invoice"] = in.id()
	pi["receipt_email"] = in["customer_email"]
	pi["payment_method_types"] = invoiceTypes(in)
	if id := in.str("default_payment_method"); id != "" {
		pi["payment_method"], pi["status"] = id, "requires_confirmation"
	}
	c.s.store.put("payment_intent", pi)
	in["payment_intent"] = pi.id()
	c.s.store.put("invoice", in)
	c.emit("payment_intent.created", pi)
	c.emit("invoice.finalized", in)
	return nil
}

// payInvoice charges the payment method that is named, the invoice's or the
// customer's. A draft is finalized first.
func payInvoice(c *call) (obj, *apiError) {
	in, err := c.invoiceInPath("paid", "open", "uncollectible")
	if err != nil {
		return nil, err
	}
	if in.str("status") == "draft" {
		if err := c.finalize(in); err != nil {
			return nil, err
		}
	}
	away, asked := c.p.flag("off_session")
	away = away || !asked
	id := c.p.str("payment_method")
	if c.p.yes("paid_out_of_band") {
		in["paid_out_of_band"] = true
		c.invoicePaid(in, nil)
		return in, nil
	}
	customer := c.s.store.get("customer", in.str("customer"))
	if id == "" {
		id = in.str("default_payment_method")
	}
	if id == "" {
		id = customer.sub("invoice_settings").str("default_payment_method")
	}
	if id == "" {
		return nil, &apiError{status: http.StatusBadRequest, code: "missing",
			message: "There is no `default_payment_method` set on this Customer or Invoice. Please provide a payment method to pay this invoice."}
	}
	pm, err := c.paymentMethod(id, "payment_method")
	if err != nil {
		return nil, err
	}
	if pm.str("customer") != customer.id() {
		return nil, bad("", "payment_method", "The payment method %s does not belong to the customer %s of this invoice.", pm.id(), customer.id())
	}
	if !slices.Contains(invoiceTypes(in), any(pm.str("type"))) {
		return nil, bad("", "payment_method", "The PaymentMethod provided (%s) is not allowed for this PaymentIntent.", pm.str("type"))
	}
	if err := c.debitable(pm); err != nil {
		return nil, err
	}
	c.s.present(in, c.s.store.get("payment_intent", in.str("payment_intent")), "")
	return in, c.chargeInvoice(in, pm, away, "")
}

// chargeInvoice tries to pay an open invoice. A payment that needs
// authentication waits for it, on the invoice's page.
func (c *call) chargeInvoice(in, pm obj, away bool, back string) *apiError {
	pi := c.s.store.get("payment_intent", in.str("payment_intent"))
	if pi.str("status") == "requires_action" {
		pi["status"] = "requires_payment_method" // a new attempt replaces the old
	}
	in["attempted"] = true
	in["attempt_count"] = in.num("attempt_count") + 1
	c.s.store.put("invoice", in)
	pi["_away"], pi["payment_method_types"] = away, invoiceTypes(in)
	if _, err := c.confirmWith(pi, pm, obj{"off_session": away, "_invoice": true, "return_url": back}); err != nil {
		c.emit("invoice.payment_failed", in)
		return err
	}
	if delayedPayment(pi) {
		return nil
	}
	if pi.str("status") == "requires_action" {
		c.emit("invoice.payment_action_required", in)
		if back != "" {
			return nil
		}
		c.emit("invoice.payment_failed", in)
		e := cardError("invoice_payment_intent_requires_action", "", "", "This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice. For more details see: https://stripe.com/docs/billing/subscriptions/overview#requires-action")
		return e
	}
	return nil
}

// invoicePaid closes an invoice whose payment succeeded, or that needs none.
func (c *call) invoicePaid(in, pi obj) {
	in["status"], in["paid"] = "paid", true
	in["amount_paid"], in["amount_remaining"] = in.num("amount_due"), int64(0)
	in.sub("status_transitions")["paid_at"] = c.s.unix()
	if pi != nil {
		in["charge"] = pi["latest_charge"]
	}
	c.s.store.put("invoice", in)
	c.emit("invoice.updated", in)
	c.emit("invoice.paid", in)
	c.emit("invoice.payment_succeeded", in)
}

func voidInvoice(c *call) (obj, *apiError) {
	in, err := c.invoiceInPath("voided", "open", "uncollectible")
	if err != nil {
		return nil, err
	}
	in["status"] = "void"
	in.sub("status_transitions")["voided_at"] = c.s.unix()
	c.s.store.put("invoice", in)
	if pi := c.s.store.get("payment_intent", in.str("payment_intent")); pi != nil && pi.str("status") != "succeeded" {
		c.cancel(pi, "void_invoice")
	}
	c.emit("invoice.voided", in)
	return in, nil
}

func markUncollectible(c *call) (obj, *apiError) {
	in, err := c.invoiceInPath("marked uncollectible", "open")
	if err != nil {
		return nil, err
	}
	in["status"] = "uncollectible"
	in.sub("status_transitions")["marked_uncollectible_at"] = c.s.unix()
	c.s.store.put("invoice", in)
	c.emit("invoice.marked_uncollectible", in)
	return in, nil
}
