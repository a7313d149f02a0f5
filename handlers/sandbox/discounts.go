package sandbox

import (
	"math/big"
	"slices"
	"strings"
)

// sessionDiscount reads `discounts` of a new session: one coupon or promotion
// code at most, and not together with codes that the buyer enters.
func (c *call) sessionDiscount(o obj) *apiError {
	list := c.p.list("discounts")
	switch {
	case len(list) == 0:
		return nil
	case c.p.has("allow_promotion_codes"):
		return bad("", "", "You may only specify one of these parameters: allow_promotion_codes, discounts.")
	case o.str("mode") != "payment":
		return bad("", "discounts", "You can not pass `discounts` in `%s` mode.", o.str("mode"))
	case len(list) > 1:
		return bad("", "discounts", "You can apply at most 1 discount to a Checkout Session.")
	}
	in := list[0].(obj)
	coupon, code := in.str("coupon"), in.str("promotion_code")
	switch {
	case coupon != "" && code != "":
		return bad("", "discounts[0]", "You may only specify one of these parameters: coupon, promotion_code.")
	case coupon == "" && code == "":
		return bad("parameter_missing", "discounts[0]", "You must specify either `coupon` or `promotion_code` for each discount.")
	case code != "":
		pc := c.s.store.get("promotion_code", code)
		if pc == nil {
			return noSuch("promotion code", code, "discounts[0][promotion_code]", false)
		}
		if err := c.s.mayUse(pc, o); err != nil {
			err.param = "discounts[0][promotion_code]"
			return err
		}
		c.discount(o, c.s.store.get("coupon", pc.sub("coupon").id()), pc)
		return nil
	}
	k := c.s.store.get("coupon", coupon)
	if k == nil {
		return noSuch("coupon", coupon, "discounts[0][coupon]", false)
	}
	if err := couponFits(k, o); err != nil {
		err.param = "discounts[0][coupon]"
		return err
	}
	c.discount(o, k, nil)
	return nil
}

// discount gives a session its discount; total counts it.
func (c *call) discount(o, coupon, code obj) {
	d := c.fresh("discount")
	delete(d, "created")
	delete(d, "livemode")
	d["id"] = "di_1" + randomText(23)
	d["checkout_session"], d["customer"], d["start"] = o.id(), o["customer"], c.s.unix()
	d["coupon"], d["promotion_code"] = publicValue(coupon), nil
	o["_discount"], o["_coupon"], o["_code"] = d, coupon.id(), nil
	if code != nil {
		d["promotion_code"], o["_code"] = code.id(), code.id()
	}
}

func dropDiscount(o obj) {
	delete(o, "_discount")
	delete(o, "_coupon")
	delete(o, "_code")
}

// couponFits refuses a coupon that is over or does not fit what is sold.
func couponFits(coupon, o obj) *apiError {
	switch {
	case !coupon.yes("valid"):
		return bad("coupon_expired", "", "Coupon expired: %s", coupon.id())
	case coupon.str("currency") != "" && coupon.str("currency") != o.str("currency"):
		return bad("", "", "The coupon %s is in %s and cannot be applied to a Checkout Session in %s.", coupon.id(), coupon.str("currency"), o.str("currency"))
	}
	for _, l := range o.list("_items") {
		if appliesTo(coupon, l.(obj)) {
			return nil
		}
	}
	return bad("", "", "The coupon %s does not apply to anything in this Checkout Session.", coupon.id())
}

func appliesTo(coupon, line obj) bool {
	products := coupon.sub("_applies_to").list("products")
	return len(products) == 0 || slices.Contains(products, line.sub("price")["product"])
}

// mayUse refuses a promotion code that this session's buyer cannot use.
func (s *Server) mayUse(pc, o obj) *apiError {
	coupon := s.store.get("coupon", pc.sub("coupon").id())
	why, need := s.over(pc), pc.sub("restrictions")
	switch {
	case why != "":
		return bad("coupon_expired", "", "This promotion code %s.", why)
	case !pc.yes("active") || coupon == nil:
		return bad("", "", "This promotion code is not active.")
	case pc.str("customer") != "" && pc.str("customer") != o.str("customer"):
		return bad("", "", "This promotion code cannot be redeemed by this customer.")
	case need.yes("first_time_transaction") && s.hasPaid(o.str("customer")):
		return bad("", "", "This promotion code cannot be redeemed because the associated customer has prior transactions.")
	case need.str("minimum_amount_currency") != "" && need.str("minimum_amount_currency") != o.str("currency"):
		return bad("", "", "This promotion code's minimum amount is in %s, the Checkout Session in %s.", need.str("minimum_amount_currency"), o.str("currency"))
	case need.num("minimum_amount") > subtotal(o):
		return bad("", "", "This promotion code requires a minimum order of %s.", amountText(need.num("minimum_amount"), o.str("currency")))
	}
	return couponFits(coupon, o)
}

func subtotal(o obj) (sum int64) {
	for _, l := range o.list("_items") {
		sum += l.(obj).num("amount_subtotal")
	}
	return sum
}

// hasPaid says whether a customer ever paid anything.
func (s *Server) hasPaid(customer string) bool {
	if customer == "" {
		return false
	}
	paid := func(kind, status string) bool {
		return slices.ContainsFunc(s.store.all(kind), func(r *record) bool {
			return r.body.str("customer") == customer && r.body.str("status") == status
		})
	}
	return paid("payment_intent", "succeeded") || paid("invoice", "paid")
}

// enterCode applies the code that a buyer typed to an open session. The error's
// message is for the buyer.
func (c *call) enterCode(o obj, code string) *apiError {
	code = strings.TrimSpace(code)
	var pc obj
	for _, r := range c.s.store.all("promotion_code") {
		k := r.body
		if !strings.EqualFold(k.str("code"), code) || (k.str("customer") != "" && k.str("customer") != o.str("customer")) {
			continue
		}
		if pc == nil || k.yes("active") {
			pc = k
		}
	}
	invalid := bad("", "promotion", "This code is invalid.")
	if pc == nil {
		return invalid
	}
	need := pc.sub("restrictions")
	if err := c.s.mayUse(pc, o); err != nil {
		switch {
		case err.code == "coupon_expired":
			err.message = "This code has expired."
		case need.yes("first_time_transaction") && c.s.hasPaid(o.str("customer")):
			err.message = "This code is for a first purchase only."
		case need.str("minimum_amount_currency") == o.str("currency") && need.num("minimum_amount") > subtotal(o):
			err.message = "This code needs an order of at least " + amountText(need.num("minimum_amount"), o.str("currency")) + "."
		default:
			err = invalid
		}
		return err
	}
	old, coupon, used := o["_discount"], o["_coupon"], o["_code"]
	c.discount(o, c.s.store.get("coupon", pc.sub("coupon").id()), pc)
	c.s.total(o)
	if err := checkTotal(o); err != nil {
		o["_discount"], o["_coupon"], o["_code"] = old, coupon, used
		c.s.total(o)
		return bad("", "promotion", "This code leaves less to pay than can be charged.")
	}
	c.s.store.put("checkout.session", o)
	return nil
}

// recheckDiscount refuses to go on with a discount that has ended since it was
// given, and takes it off again if the buyer had entered it.
func (c *call) recheckDiscount(o obj) *apiError {
	if o.sub("_discount") == nil {
		return nil
	}
	var err *apiError
	if pc := c.s.store.get("promotion_code", o.str("_code")); pc != nil {
		err = c.s.mayUse(pc, o)
	} else if k := c.s.store.get("coupon", o.str("_coupon")); k == nil || !k.yes("valid") {
		err = bad("coupon_expired", "", "Coupon expired: %s", o.str("_coupon"))
	}
	if err == nil {
		return nil
	}
	if o.yes("allow_promotion_codes") {
		dropDiscount(o)
		c.s.total(o)
		c.s.store.put("checkout.session", o)
		err = bad(err.code, "promotion", "Your promotion code cannot be used any more. The total has changed.")
		err.keeps = true
	}
	return err
}

// redeem counts the use of a completed session's discount.
func (c *call) redeem(o obj) {
	if pc := c.s.store.get("promotion_code", o.str("_code")); pc != nil {
		pc["times_redeemed"] = pc.num("times_redeemed") + 1
		if most := pc.num("max_redemptions"); most > 0 && pc.num("times_redeemed") >= most {
			pc["active"] = false
		}
		c.s.store.put("promotion_code", pc)
		c.emit("promotion_code.updated", pc)
	}
	if k := c.s.store.get("coupon", o.str("_coupon")); k != nil {
		k["times_redeemed"] = k.num("times_redeemed") + 1
		if most := k.num("max_redemptions"); most > 0 && k.num("times_redeemed") >= most {
			k["valid"] = false
		}
		c.s.putCoupon(k)
		c.emit("coupon.updated", k)
	}
}

// takeOff sets the discount of each line: a percentage of it, or its share of
// an amount.
func (s *Server) takeOff(o obj) {
	lines := o.list("_items")
	for _, l := range lines {
		l.(obj)["amount_discount"] = int64(0)
	}
	d := o.sub("_discount")
	if d == nil {
		return
	}
	coupon := s.store.get("coupon", o.str("_coupon"))
	if coupon == nil {
		return // deleted since: the recheck tells
	}
	var fits []obj
	var sum int64
	for _, l := range lines {
		if l := l.(obj); appliesTo(coupon, l) {
			fits, sum = append(fits, l), sum+l.num("amount_subtotal")
		}
	}
	percent, left := coupon.num("_percent"), min(coupon.num("amount_off"), sum)
	total := left
	for i, l := range fits {
		amount := l.num("amount_subtotal")
		switch {
		case percent > 0:
			l["amount_discount"] = (amount*percent + 50*onePercent) / (100 * onePercent)
		case i == len(fits)-1:
			l["amount_discount"] = left
		default:
			share := share(total, amount, sum)
			l["amount_discount"] = share
			left -= share
		}
	}
}

// share is total × part ÷ whole, which may not fit in between.
func share(total, part, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(total), big.NewInt(part))
	return n.Div(n, big.NewInt(whole)).Int64()
}

// breakdown is what expands total_details.breakdown of a session.
func (s *Server) breakdown(o obj) obj {
	discounts := []any{}
	if n := o.sub("total_details").num("amount_discount"); n > 0 {
		discounts = append(discounts, obj{"amount": n, "discount": o.sub("_discount").public()})
	}
	return obj{"discounts": discounts, "taxes": []any{}}
}
