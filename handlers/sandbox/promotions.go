package sandbox

import "strings"

func createPromotionCode(c *call) (obj, *apiError) {
	coupon, err := c.named("coupon", "coupon", "coupon")
	if err != nil {
		return nil, err
	}
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	restrictions := c.p.sub("restrictions")
	least, currency := restrictions.value("minimum_amount"), lower(restrictions.str("minimum_amount_currency"))
	switch {
	case !coupon.yes("valid"):
		return nil, bad("coupon_expired", "coupon", "Coupon expired: %s", coupon.id())
	case least != nil && restrictions.num("minimum_amount") < 1:
		return nil, bad("parameter_invalid_integer", "restrictions[minimum_amount]", "This value must be greater than or equal to 1.")
	case least != nil && currency == "":
		return nil, parameterMissing("restrictions[minimum_amount_currency]")
	case least == nil && currency != "":
		return nil, parameterMissing("restrictions[minimum_amount]")
	}
	if currency != "" {
		if err := checkCurrency(currency, "restrictions[minimum_amount_currency]"); err != nil {
			return nil, err
		}
	}
	if err := checkLimits(c.p, "expires_at", c.s.unix()); err != nil {
		return nil, err
	}
	if end := coupon.num("redeem_by"); end > 0 && c.p.num("expires_at") > end {
		return nil, bad("", "expires_at", "The promotion code's expires_at cannot be after its coupon's redeem_by.")
	}
	code := c.p.str("code")
	switch {
	case code == "":
		code = strings.ToUpper(randomText(8))
	case len(code) > 500 || strings.Trim(code, alphabet+"-") != "":
		return nil, bad("", "code", "Invalid code: it may contain letters (a-z, A-Z), digits and dashes only.")
	}
	o := c.fresh("promotion_code")
	o["active"] = c.p.or("active", true)
	if o.yes("active") {
		if err := c.s.codeTaken(code, customer.id(), ""); err != nil {
			return nil, err
		}
	}
	o["code"], o["coupon"] = code, publicValue(coupon)
	if customer != nil {
		o["customer"] = customer.id()
	}
	copyFields(o, c.p, "expires_at", "max_redemptions")
	o["metadata"] = c.p.metadata()
	o["restrictions"] = obj{"first_time_transaction": restrictions.yes("first_time_transaction"), "minimum_amount": least, "minimum_amount_currency": nullText(currency)}
	o["times_redeemed"] = int64(0)
	c.s.store.put("promotion_code", o)
	c.emit("promotion_code.created", o)
	return o, nil
}

// codeTaken refuses a code that is in use for the same customer, or for all.
func (s *Server) codeTaken(code, customer, but string) *apiError {
	for _, r := range s.store.all("promotion_code") {
		if o := r.body; o.yes("active") && o.id() != but && strings.EqualFold(o.str("code"), code) && o.str("customer") == customer {
			return bad("", "", "An active promotion code with `code: %s` already exists.", code)
		}
	}
	return nil
}

func getPromotionCode(c *call) (obj, *apiError) {
	return c.find("promotion_code", "promotion code", "promotion_code")
}

func updatePromotionCode(c *call) (obj, *apiError) {
	o, err := c.find("promotion_code", "promotion code", "promotion_code")
	if err != nil {
		return nil, err
	}
	if on, ok := c.p.flag("active"); ok {
		if on && !o.yes("active") {
			if why := c.s.over(o); why != "" {
				return nil, bad("", "active", "This promotion code cannot be activated: it %s.", why)
			}
			if err := c.s.codeTaken(o.str("code"), o.str("customer"), o.id()); err != nil {
				return nil, err
			}
		}
		o["active"] = on
	}
	mergeMetadata(o, c.p)
	c.s.store.put("promotion_code", o)
	c.emit("promotion_code.updated", o)
	return o, nil
}

// over says why a code cannot be used any more, "" when it could.
func (s *Server) over(o obj) string {
	at, most := o.num("expires_at"), o.num("max_redemptions")
	switch {
	case at > 0 && at <= s.unix():
		return "has expired"
	case most > 0 && o.num("times_redeemed") >= most:
		return "was used as often as it may be"
	case !o.sub("coupon").yes("valid"):
		return "belongs to a coupon that is not valid any more"
	}
	return ""
}

func listPromotionCodes(c *call) (obj, *apiError) {
	match := c.matches("active", "customer")
	code, coupon := c.p.str("code"), c.p.str("coupon")
	return c.page("promotion_code", func(o obj) bool {
		return match(o) && (code == "" || strings.EqualFold(o.str("code"), code)) && (coupon == "" || o.sub("coupon").id() == coupon)
	})
}

// seedPromotions gives a new sandbox two codes to try.
func (s *Server) seedPromotions() {
	if s.setting("promotions") != "" {
		return
	}
	s.saveSetting("promotions", "seeded")
	for _, p := range []struct {
		code, name string
		percent    int64
	}{{"SAVE20", "20% off", 20}, {"FREE", "Everything off", 100}} {
		coupon := s.fresh("coupon")
		coupon["id"], coupon["name"] = lower(p.code), p.name
		coupon["percent_off"], coupon["_percent"], coupon["duration"] = p.percent, p.percent*onePercent, "once"
		coupon["metadata"], coupon["times_redeemed"], coupon["valid"] = obj{}, int64(0), true
		if s.store.get("coupon", coupon.id()) != nil {
			continue
		}
		s.store.put("coupon", coupon)
		o := s.fresh("promotion_code")
		o["code"], o["coupon"], o["active"], o["times_redeemed"], o["metadata"] = p.code, publicValue(coupon), true, int64(0), obj{}
		o["restrictions"] = obj{"first_time_transaction": false, "minimum_amount": nil, "minimum_amount_currency": nil}
		s.store.put("promotion_code", o)
	}
}
