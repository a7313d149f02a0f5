package sandbox

import (
	"strings"
	"time"
)

func createPaymentMethod(c *call) (obj, *apiError) {
	typ := c.p.str("type")
	if typ == "" {
		return nil, parameterMissing("type")
	}
	pm, err := c.newPaymentMethod(typ, c.p)
	if err != nil {
		return nil, err
	}
	c.s.store.put("payment_method", pm)
	return pm, nil
}

// newPaymentMethod makes one of the parameters type, card and billing_details.
func (c *call) newPaymentMethod(typ string, p obj) (obj, *apiError) {
	switch typ {
	case "card":
	case "customer_balance":
		return c.balanceMethod(p.sub("billing_details")), nil
	case "link":
		return c.linkMethod(p)
	case "us_bank_account", "sepa_debit":
		in, number := p.sub(typ), "account_number"
		if typ == "sepa_debit" {
			number = "iban"
		} else if in != nil && in.str("routing_number") != routingNumber {
			return nil, bad("routing_number_invalid", "us_bank_account[routing_number]", "The routing number is not one of the sandbox's: use %s.", routingNumber)
		}
		b, ok := bankByNumber(typ, in.str(number))
		if !ok {
			return nil, bad("", typ+"["+number+"]", "The account is not one of Stripe's test accounts.")
		}
		return c.bankMethod(b, p), nil
	default:
		return nil, notHere("payment methods of type " + typ)
	}
	in := p.sub("card")
	if in == nil {
		return nil, parameterMissing("card")
	}
	var k card
	year, month := int64(c.s.now().Year()+1), int64(12)
	cvc := "pass"
	if token := in.str("token"); token != "" {
		var ok bool
		if k, ok = cardByName(token); !ok || !strings.HasPrefix(token, "tok_") {
			return nil, noSuch("token", token, "card[token]", false)
		}
	} else {
		var err *apiError
		if k, err = cardByNumber(in.str("number")); err != nil {
			return nil, err
		}
		month, year = in.num("exp_month"), in.num("exp_year")
		if err := checkExpiry(month, year, c.s.now()); err != nil {
			return nil, err
		}
		if year < 100 {
			year += 2000
		}
		if cvc, err = checkCVC(in.str("cvc"), k.brand); err != nil {
			return nil, err
		}
	}
	return c.cardMethod(k, month, year, cvc, p), nil
}

// linkMethod is the payment method of Link's wallet, which is known by its owner's
// address. What it holds always pays here.
func (c *call) linkMethod(p obj) (obj, *apiError) {
	billing := p.sub("billing_details")
	email := billing.str("email")
	if email == "" || checkEmail(obj{"email": email}) != nil {
		return nil, parameterMissing("billing_details[email]")
	}
	o := c.fresh("payment_method")
	o["type"], o["metadata"], o["link"] = "link", p.metadata(), obj{"email": email, "persistent_token": nil}
	o["billing_details"] = obj{"address": address(billing.sub("address")), "email": email, "name": billing.null("name"), "phone": billing.null("phone")}
	return o, nil
}

func checkExpiry(month, year int64, now time.Time) *apiError {
	if month < 1 || month > 12 {
		return cardError("invalid_expiry_month", "", "exp_month", "Your card's expiration month is invalid.")
	}
	if year < 100 {
		year += 2000
	}
	if year < int64(now.Year()) || year > int64(now.Year())+50 || (year == int64(now.Year()) && month < int64(now.Month())) {
		return cardError("invalid_expiry_year", "", "exp_year", "Your card's expiration year is invalid.")
	}
	return nil
}

func checkCVC(cvc, brand string) (string, *apiError) {
	if cvc == "" {
		return "unchecked", nil
	}
	want := 3
	if brand == "amex" {
		want = 4
	}
	if len(cvc) < 3 || len(cvc) > want || strings.Trim(cvc, "0123456789") != "" {
		return "", cardError("invalid_cvc", "", "cvc", "Your card's security code is invalid.")
	}
	return "pass", nil
}

// cardMethod is the payment method of a test card.
func (c *call) cardMethod(k card, month, year int64, cvc string, p obj) obj {
	o := c.fresh("payment_method")
	o["type"] = "card"
	o["metadata"] = p.metadata()
	billing := p.sub("billing_details")
	o["billing_details"] = obj{"address": address(billing.sub("address")), "email": billing.null("email"),
		"name": billing.null("name"), "phone": billing.null("phone")}
	funding, country := k.funding, k.country
	if funding == "" {
		funding = "credit"
	}
	if country == "" {
		country = "US"
	}
	if cvc == "pass" && k.does.cvc != "" {
		cvc = k.does.cvc
	}
	o["card"] = obj{
		"brand": k.brand,
		"checks": obj{"address_line1_check": checked(billing, "line1", k.does.line1),
			"address_postal_code_check": checked(billing, "postal_code", k.does.zip), "cvc_check": cvc},
		"country":       country,
		"display_brand": k.brand,
		"exp_month":     month, "exp_year": year,
		"fingerprint":          cardFingerprint(c.s.setting("account"), k.number),
		"funding":              funding,
		"generated_from":       nil,
		"last4":                k.number[len(k.number)-4:],
		"networks":             obj{"available": k.networks(), "preferred": nil},
		"three_d_secure_usage": obj{"supported": true},
		"wallet":               nil,
	}
	o["_number"] = k.number
	return o
}

// checked is what came of checking a part of the billing address, null for one
// that was not given.
func checked(billing obj, part, outcome string) any {
	switch {
	case billing.sub("address").str(part) == "":
		return nil
	case outcome != "":
		return outcome
	}
	return "pass"
}

// cardFingerprint is the same for the same number in one account, as Stripe's.
func cardFingerprint(account, number string) string {
	return fingerprint(account + number)[:16]
}

func address(in obj) obj {
	return obj{"city": in.null("city"), "country": in.null("country"), "line1": in.null("line1"),
		"line2": in.null("line2"), "postal_code": in.null("postal_code"), "state": in.null("state")}
}

// paymentMethod finds a payment method by id; a well-known id makes a new one.
func (c *call) paymentMethod(id, param string) (obj, *apiError) {
	if k, ok := cardByName(id); ok && strings.HasPrefix(id, "pm_") {
		pm := c.cardMethod(k, 12, int64(c.s.now().Year()+1), "pass", nil)
		c.s.store.put("payment_method", pm)
		return pm, nil
	}
	if b, ok := bankByName(id); ok {
		pm := c.bankMethod(b, nil)
		c.s.store.put("payment_method", pm)
		return pm, nil
	}
	if pm := c.s.store.get("payment_method", id); pm != nil {
		return pm, nil
	}
	return nil, noSuch("PaymentMethod", id, param, false)
}

// inPath is the payment method that the path names.
func (c *call) inPath() (obj, *apiError) {
	pm, err := c.paymentMethod(c.id, "payment_method")
	if err != nil {
		err.status = 404
	}
	return pm, err
}

func getPaymentMethod(c *call) (obj, *apiError) { return c.inPath() }

func updatePaymentMethod(c *call) (obj, *apiError) {
	pm, err := c.inPath()
	if err != nil {
		return nil, err
	}
	if pm.str("customer") == "" {
		return nil, bad("", "", "You must save this PaymentMethod to a customer before you can update it.")
	}
	month, year := pm.sub("card").num("exp_month"), pm.sub("card").num("exp_year")
	if in := c.p.sub("card"); in != nil {
		if pm.str("type") != "card" {
			return nil, bad("", "card", "You cannot update `card` on a PaymentMethod of type `%s`.", pm.str("type"))
		}
		month, year = in.or("exp_month", month).(int64), in.or("exp_year", year).(int64)
		if err := checkExpiry(month, year, c.s.now()); err != nil {
			return nil, err
		}
	}
	if in := c.p.sub("billing_details"); in != nil {
		copyFields(pm.sub("billing_details"), in, "email", "name", "phone")
		if a := in.sub("address"); a != nil {
			pm.sub("billing_details")["address"] = address(a)
		}
	}
	if k := pm.sub("card"); k != nil {
		k["exp_month"], k["exp_year"] = month, year
	}
	mergeMetadata(pm, c.p)
	c.s.store.put("payment_method", pm)
	c.emit("payment_method.updated", pm)
	return pm, nil
}

func attachPaymentMethod(c *call) (obj, *apiError) {
	pm, err := c.inPath()
	if err != nil {
		return nil, err
	}
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	if err := c.attach(pm, customer); err != nil {
		return nil, err
	}
	return pm, nil
}

// attach saves a payment method to a customer. Cards that decline refuse it,
// unless they are made to decline charges only.
func (c *call) attach(pm, customer obj) *apiError {
	switch {
	case pm.str("customer") == customer.id():
		return nil
	case pm.str("customer") != "":
		return bad("", "", "The payment method you provided has already been attached to a customer.")
	case pm.yes("_detached"):
		return bad("", "", "This PaymentMethod was previously used without being attached to a Customer or was detached from a Customer, and may not be used again.")
	}
	does := doesOf(pm)
	if does.decline != "" && !does.attaches {
		return does.refusal()
	}
	pm["customer"] = customer.id()
	c.s.store.put("payment_method", pm)
	c.emit("payment_method.attached", pm)
	return nil
}

func detachPaymentMethod(c *call) (obj, *apiError) {
	pm, err := c.inPath()
	if err != nil {
		return nil, err
	}
	if pm.str("customer") == "" {
		return nil, bad("", "", "The payment method you provided is not attached to a customer so detachment is impossible.")
	}
	if customer := c.s.store.get("customer", pm.str("customer")); customer != nil {
		if in := customer.sub("invoice_settings"); in.str("default_payment_method") == pm.id() {
			in["default_payment_method"] = nil
			c.s.store.put("customer", customer)
		}
	}
	pm["customer"] = nil
	pm["_detached"] = true
	c.s.store.put("payment_method", pm)
	c.emit("payment_method.detached", pm)
	return pm, nil
}

func listPaymentMethods(c *call) (obj, *apiError) {
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	if customer == nil {
		return nil, parameterMissing("customer")
	}
	return c.page("payment_method", c.matches("customer", "type"))
}
