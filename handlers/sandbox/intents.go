package sandbox

import (
	"net/http"
	"slices"
)

func createIntent(c *call) (obj, *apiError) {
	currency := lower(c.p.str("currency"))
	if err := checkCurrency(currency, "currency"); err != nil {
		return nil, err
	}
	if err := checkAmount(c.p.num("amount"), currency, "amount"); err != nil {
		return nil, err
	}
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	confirmed := c.p.yes("confirm")
	with := c.confirmation()
	for _, f := range []string{"off_session", "return_url", "error_on_requires_action"} {
		if v := with[f]; v != nil && v != false && v != "" && !confirmed {
			return nil, bad("", f, "You can only use `%s` when `confirm` is true.", f)
		}
	}
	var pm obj
	if id := c.p.str("payment_method"); id != "" {
		if pm, err = c.paymentMethod(id, "payment_method"); err != nil {
			return nil, err
		}
		if err := belongs(pm, customer); err != nil {
			return nil, err
		}
	}
	pi := c.newIntent(c.p.num("amount"), currency, customer, c.p)
	if err := c.intentMethods(pi, customer); err != nil {
		return nil, err
	}
	if err := c.intentOptions(pi); err != nil {
		return nil, err
	}
	if pm != nil {
		pi["payment_method"] = pm.id()
		pi["status"] = "requires_confirmation"
	}
	c.s.store.put("payment_intent", pi)
	c.emit("payment_intent.created", pi)
	if confirmed {
		return c.confirmWith(pi, pm, with)
	}
	return pi, nil
}

// belongs refuses another customer's payment method.
func belongs(pm, customer obj) *apiError {
	if owner := pm.str("customer"); owner != "" && owner != customer.id() {
		return bad("", "payment_method", "The provided PaymentMethod cannot be attached. To reuse a PaymentMethod, you must attach it to a Customer first: it belongs to another customer or none was given.")
	}
	if pm.yes("_detached") {
		return bad("", "payment_method", "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.")
	}
	return nil
}

// newIntent makes a payment intent of the parameters that payment_intents and
// payment_intent_data share.
func (c *call) newIntent(amount int64, currency string, customer, p obj) obj {
	o := c.fresh("payment_intent")
	o["amount"] = amount
	o["amount_capturable"] = int64(0)
	o["amount_received"] = int64(0)
	o["amount_details"] = obj{"tip": obj{}}
	o["capture_method"] = p.or("capture_method", "automatic_async") // manual is refused before
	o["client_secret"] = o.id() + "_secret_" + randomText(25)
	o["confirmation_method"] = "automatic"
	o["currency"] = currency
	if customer != nil {
		o["customer"] = customer.id()
	}
	o["metadata"] = p.metadata()
	o["payment_method_options"] = obj{"card": obj{"installments": nil, "mandate_options": nil, "network": nil, "request_three_d_secure": "automatic"}}
	o["payment_method_types"] = []any{"card"}
	o["status"] = "requires_payment_method"
	copyFields(o, p, "description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
	return o
}

func getIntent(c *call) (obj, *apiError) {
	pi, err := c.find("payment_intent", "payment_intent", "intent")
	if err == nil {
		err = c.secretOf(pi)
	}
	return pi, err
}

func listIntents(c *call) (obj, *apiError) {
	return c.page("payment_intent", c.matches("customer"))
}

func updateIntent(c *call) (obj, *apiError) {
	pi, err := c.find("payment_intent", "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	status := pi.str("status")
	if (status == "succeeded" || status == "canceled") && (c.p.has("amount") || c.p.has("currency") || c.p.has("payment_method") || c.p.has("customer")) {
		return nil, unexpected(pi, "updated")
	}
	amount, currency := pi.num("amount"), pi.str("currency")
	if c.p.has("currency") {
		currency = lower(c.p.str("currency"))
		if err := checkCurrency(currency, "currency"); err != nil {
			return nil, err
		}
	}
	if c.p.has("amount") {
		amount = c.p.num("amount")
	}
	if err := checkAmount(amount, currency, "amount"); err != nil {
		return nil, err
	}
	if customer, err := c.named("customer", "customer", "customer"); err != nil {
		return nil, err
	} else if customer != nil {
		pi["customer"] = customer.id()
	}
	if id := c.p.str("payment_method"); id != "" {
		pm, err := c.paymentMethod(id, "payment_method")
		if err != nil {
			return nil, err
		}
		if err := belongs(pm, c.s.store.get("customer", pi.str("customer"))); err != nil {
			return nil, err
		}
		pi["payment_method"] = pm.id()
		if status == "requires_payment_method" {
			pi["status"] = "requires_confirmation"
		}
	}
	pi["amount"], pi["currency"] = amount, currency
	copyFields(pi, c.p, "description", "receipt_email", "setup_future_usage", "shipping", "statement_descriptor", "statement_descriptor_suffix", "transfer_group")
	if err := c.changedMethods(pi); err != nil {
		return nil, err
	}
	mergeMetadata(pi, c.p)
	c.s.store.put("payment_intent", pi)
	return pi, nil
}

func unexpected(pi obj, what string) *apiError {
	e := bad("payment_intent_unexpected_state", "", "This PaymentIntent could not be %s because it has a status of %s.", what, pi.str("status"))
	e.fields = obj{"payment_intent": pi}
	return e
}

func confirmIntent(c *call) (obj, *apiError) {
	pi, err := c.find("payment_intent", "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	if err := c.secretOf(pi); err != nil {
		return nil, err
	}
	if err := c.changedMethods(pi); err != nil {
		return nil, err
	}
	id := c.p.str("payment_method")
	if id == "" {
		id = pi.str("payment_method")
	}
	if id == "" {
		return nil, bad("payment_intent_unexpected_state", "", "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a payment method or ConfirmationToken.")
	}
	pm, err := c.paymentMethod(id, "payment_method")
	if err != nil {
		return nil, err
	}
	if err := belongs(pm, c.s.store.get("customer", pi.str("customer"))); err != nil {
		return nil, err
	}
	copyFields(pi, c.p, "receipt_email", "setup_future_usage", "shipping")
	return c.confirmWith(pi, pm, c.confirmation())
}

// confirmWith tries to charge. p may have off_session, return_url and
// error_on_requires_action.
func (c *call) confirmWith(pi, pm, p obj) (obj, *apiError) {
	switch pi.str("status") {
	case "requires_payment_method", "requires_confirmation", "requires_action":
	default:
		return nil, unexpected(pi, "confirmed")
	}
	if pm == nil {
		return nil, bad("payment_intent_unexpected_state", "", "You cannot confirm this PaymentIntent because it's missing a payment method.")
	}
	if !slices.Contains(pi.list("payment_method_types"), pm["type"]) {
		return nil, bad("", "payment_method", "The PaymentMethod provided (%s) is not allowed for this PaymentIntent. Please attach a PaymentMethod of a type allowed for this PaymentIntent (%s).", pm.str("type"), oneOf(texts(pi.list("payment_method_types"))))
	}
	if auto := pi.sub("automatic_payment_methods"); auto.yes("enabled") && auto.str("allow_redirects") != "never" && p.str("return_url") == "" && !p.yes("use_stripe_sdk") {
		return nil, bad("", "", "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents.")
	}
	pi["payment_method"] = pm.id()
	pi["last_payment_error"] = nil
	pi["next_action"] = nil
	if use := pi.sub("payment_method_options").sub(pm.str("type")).str("setup_future_usage"); use != "" && use != "none" {
		pi["setup_future_usage"] = use
	}
	switch pm.str("type") {
	case "us_bank_account", "sepa_debit":
		if !takes(pm.str("type"), pi.str("currency")) {
			return nil, bad("payment_intent_invalid_currency", "currency", "The currency provided (%s) is invalid for payments with %s.", pi.str("currency"), pm.str("type"))
		}
		if c.s.store.get("mandate", pm.str("_mandate")).str("status") == "inactive" {
			return nil, c.debitable(pm)
		}
		if err := c.saveUsed(pi, pm); err != nil {
			return nil, err
		}
		return c.debitBank(pi, pm), nil
	case "customer_balance":
		return c.awaitTransfer(pi, pm)
	}
	away := p.yes("off_session") || (p.str("off_session") != "" && p.str("off_session") != "false")
	does := doesOf(pm)
	three := pi.sub("payment_method_options").sub("card").str("request_three_d_secure")
	asked := three == "any" || three == "challenge"
	if c.needsAuth(does, pm, away) || (asked && does.optional && !away) {
		// The payment of an invoice waits for the customer on the invoice's page.
		if (away && !p.yes("_invoice")) || p.yes("error_on_requires_action") {
			return nil, c.decline(pi, pm, cardError("authentication_required", "authentication_required", "", "Your card was declined. This transaction requires authentication."))
		}
		pi["status"] = "requires_action"
		pi["_return_url"] = p.str("return_url")
		if p.str("return_url") != "" && !p.yes("use_stripe_sdk") {
			pi["next_action"] = obj{"type": "redirect_to_url", "redirect_to_url": obj{"return_url": p.str("return_url"), "url": c.base + "/3ds/" + pi.id()}}
		} else {
			pi["next_action"] = obj{"type": "use_stripe_sdk", "use_stripe_sdk": obj{"type": "three_d_secure_redirect", "stripe_js": c.base + "/3ds/" + pi.id()}}
		}
		c.s.store.put("payment_intent", pi)
		c.emit("payment_intent.requires_action", pi)
		return pi, nil
	}
	if asked && does.breaks && !away {
		return nil, c.decline(pi, pm, cardError("card_declined", "generic_decline", "", "Your card was declined."))
	}
	return c.finish(pi, pm, false)
}

func (c *call) needsAuth(does behaviour, pm obj, away bool) bool {
	switch does.auth {
	case authAlways:
		return true
	case authUnsaved:
		return !away || !pm.yes("_set_up")
	case authPresent:
		return !away
	}
	return false
}

// finish charges without asking for authentication (any more).
func (c *call) finish(pi, pm obj, authenticated bool) (obj, *apiError) {
	does := doesOf(pm)
	if fault, ok := c.s.takeChargeFault(); ok {
		does.decline, does.reason = fault.Code, fault.DeclineCode
	}
	if does.decline != "" {
		return nil, c.decline(pi, pm, does.refusal())
	}
	if err := c.saveUsed(pi, pm); err != nil {
		return nil, err
	}
	ch := c.charge(pi, pm)
	ch["paid"], ch["captured"], ch["status"] = true, true, "succeeded"
	ch["amount_captured"] = pi.num("amount")
	ch["balance_transaction"] = c.s.charged(ch)
	ch["receipt_url"] = c.base + "/receipts/" + ch.id()
	ch["receipt_email"] = pi["receipt_email"]
	ch["outcome"] = does.outcome()
	if details := ch.sub("payment_method_details").sub("card"); details != nil {
		if flow := map[bool]any{does.frictionless: "frictionless", authenticated: "challenge"}[true]; flow != nil {
			details["three_d_secure"] = obj{"authentication_flow": flow, "electronic_commerce_indicator": "05", "exemption_indicator": nil,
				"result": "authenticated", "result_reason": nil, "transaction_id": randomText(24), "version": "2.2.0"}
		}
	}
	c.s.store.put("charge", ch)
	pi["status"] = "succeeded"
	pi["amount_received"] = pi.num("amount")
	pi["latest_charge"] = ch.id()
	pi["next_action"] = nil
	c.s.store.put("payment_intent", pi)
	c.emit("charge.succeeded", ch)
	c.emit("payment_intent.succeeded", pi)
	if in := c.s.store.get("invoice", pi.str("invoice")); in != nil && in.str("status") != "paid" {
		c.invoicePaid(in, pi)
	}
	if does.dispute != "" {
		c.dispute(ch, does)
	}
	if does.warning {
		c.warn(ch)
	}
	return pi, nil
}

// saveUsed keeps what pays for the customer, where the payment says so.
func (c *call) saveUsed(pi, pm obj) *apiError {
	if pi.str("setup_future_usage") == "" {
		return nil
	}
	if customer := c.s.store.get("customer", pi.str("customer")); customer != nil {
		return c.keep(pm, customer)
	}
	pm["_set_up"] = true
	c.s.store.put("payment_method", pm)
	return nil
}

// decline records a failed charge and returns the error that says so.
func (c *call) decline(pi, pm obj, err *apiError) *apiError {
	ch := c.charge(pi, pm)
	ch["status"] = "failed"
	ch["failure_code"] = err.code
	ch["failure_message"] = err.message
	reason := err.declineCode
	if reason == "" {
		reason = err.code
	}
	outcome := doesOf(pm).outcome()
	outcome["network_status"], outcome["reason"], outcome["type"] = "declined_by_network", reason, "issuer_declined"
	outcome["seller_message"] = "The bank did not return any further details with this decline."
	if doesOf(pm).blocked {
		outcome["network_status"], outcome["type"] = "not_sent_to_network", "blocked"
		outcome["seller_message"] = "Stripe blocked this payment as too risky."
	}
	ch["outcome"] = outcome
	c.s.store.put("charge", ch)
	last := err.body().sub("error")
	last["charge"] = ch.id()
	last["payment_method"] = pm.public()
	pi["last_payment_error"] = last
	pi["latest_charge"] = ch.id()
	pi["payment_method"] = nil
	pi["next_action"] = nil
	pi["status"] = "requires_payment_method"
	c.s.store.put("payment_intent", pi)
	c.emit("charge.failed", ch)
	c.emit("payment_intent.payment_failed", pi)
	err.fields = obj{"charge": ch.id(), "payment_intent": pi, "payment_method": pm.public()}
	err.status = http.StatusPaymentRequired
	return err
}

// authenticated ends the 3-D Secure step of a payment intent.
func (c *call) authenticated(pi obj, passed bool) (obj, *apiError) {
	if pi.str("status") != "requires_action" {
		return nil, unexpected(pi, "authenticated")
	}
	pm := c.s.store.get("payment_method", pi.str("payment_method"))
	if !passed {
		err := &apiError{status: http.StatusPaymentRequired, code: "payment_intent_authentication_failure",
			message: "We are unable to authenticate your payment method. Please choose a different payment method and try again."}
		last := err.body().sub("error")
		last["payment_method"] = pm.public()
		pi["last_payment_error"] = last
		pi["status"] = "requires_payment_method"
		pi["payment_method"] = nil
		pi["next_action"] = nil
		c.s.store.put("payment_intent", pi)
		c.emit("payment_intent.payment_failed", pi)
		err.fields = obj{"payment_intent": pi}
		return nil, err
	}
	return c.finish(pi, pm, true)
}

func cancelIntent(c *call) (obj, *apiError) {
	pi, err := c.find("payment_intent", "payment_intent", "intent")
	if err != nil {
		return nil, err
	}
	switch pi.str("status") {
	case "succeeded", "canceled":
		return nil, unexpected(pi, "canceled")
	}
	if pi.str("invoice") != "" {
		return nil, bad("payment_intent_unexpected_state", "", "You cannot cancel a PaymentIntent created by an invoice. Instead, you should void the invoice.")
	}
	if pi.str("_session") != "" {
		return nil, bad("payment_intent_unexpected_state", "", "You cannot cancel a PaymentIntent created by a Checkout Session. Expire the Checkout Session instead.")
	}
	c.cancel(pi, c.p.null("cancellation_reason"))
	return pi, nil
}

func (c *call) cancel(pi obj, reason any) {
	pi["status"] = "canceled"
	pi["canceled_at"] = c.s.unix()
	pi["cancellation_reason"] = reason
	pi["next_action"] = nil
	c.s.store.put("payment_intent", pi)
	c.emit("payment_intent.canceled", pi)
}
