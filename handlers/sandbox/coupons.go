package sandbox

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func createCoupon(c *call) (obj, *apiError) {
	o, err := c.newCoupon(c.p)
	if err != nil {
		return nil, err
	}
	c.s.store.put("coupon", o)
	c.emit("coupon.created", o)
	return o, nil
}

// newCoupon makes a coupon that is not stored yet. Durations other than once
// matter to subscriptions only, and are kept as they were given.
func (c *call) newCoupon(p obj) (obj, *apiError) {
	o := c.fresh("coupon")
	switch id := p.str("id"); {
	case id == "":
		o["id"] = randomText(8)
	case c.s.store.get("coupon", id) != nil:
		return nil, bad("resource_already_exists", "", "Coupon already exists.")
	default:
		o["id"] = id
	}
	percent, amount := p.str("percent_off"), p.value("amount_off")
	switch {
	case percent == "" && amount == nil:
		return nil, bad("", "", "You must pass either percent_off or amount_off.")
	case percent != "" && amount != nil:
		return nil, bad("", "", "You may only specify one of these parameters: amount_off, percent_off.")
	case percent != "":
		n, ok := parsePercent(percent)
		if !ok {
			return nil, bad("", "percent_off", "Invalid percent_off: must be greater than 0 and less than or equal to 100, with at most four decimals: %s", percent)
		}
		o["percent_off"], o["_percent"] = percentNumber(n), n
	default:
		if p.num("amount_off") < 1 || p.num("amount_off") > maxAmount {
			return nil, bad("parameter_invalid_integer", "amount_off", "This value must be between 1 and %d.", maxAmount)
		}
		if p.str("currency") == "" {
			return nil, parameterMissing("currency")
		}
		if err := checkCurrency(p.str("currency"), "currency"); err != nil {
			return nil, err
		}
		o["amount_off"], o["currency"] = amount, lower(p.str("currency"))
	}
	o["duration"] = p.or("duration", "once")
	months, repeats := p.value("duration_in_months"), p.str("duration") == "repeating"
	switch {
	case repeats && months == nil:
		return nil, parameterMissing("duration_in_months")
	case repeats && p.num("duration_in_months") < 1:
		return nil, bad("parameter_invalid_integer", "duration_in_months", "This value must be greater than or equal to 1.")
	case !repeats && months != nil:
		return nil, bad("", "duration_in_months", "You can only pass duration_in_months when the duration is repeating.")
	}
	o["duration_in_months"] = months
	if err := checkLimits(p, "redeem_by", c.s.unix()); err != nil {
		return nil, err
	}
	copyFields(o, p, "name", "max_redemptions", "redeem_by")
	if products := p.sub("applies_to").list("products"); len(products) > 0 {
		for i, id := range products {
			if c.s.store.get("product", id.(string)) == nil {
				return nil, noSuch("product", id.(string), "applies_to[products]["+strconv.Itoa(i)+"]", false)
			}
		}
		o["_applies_to"] = obj{"products": products}
	}
	o["metadata"] = p.metadata()
	o["times_redeemed"], o["valid"] = int64(0), true
	return o, nil
}

// checkLimits checks what coupons and promotion codes share: an end, and how
// often they may be used.
func checkLimits(p obj, end string, now int64) *apiError {
	if at, ok := p.integer(end); ok && at <= now {
		return bad("", end, "The timestamp must be in the future: %d", at)
	}
	if n, ok := p.integer("max_redemptions"); ok && n < 1 {
		return bad("parameter_invalid_integer", "max_redemptions", "This value must be greater than or equal to 1.")
	}
	return nil
}

// onePercent is what _percent of a coupon counts 1% as: clients send four decimals.
const onePercent = 10_000

// parsePercent reads "20", "12.5", "12.5000".
func parsePercent(s string) (n int64, ok bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" || len(fraction) > 4 {
		return 0, false
	}
	u, err := strconv.ParseUint(whole+(fraction + "0000")[:4], 10, 31)
	return int64(u), err == nil && u > 0 && u <= 100*onePercent
}

// percentNumber is what JSON says of a percentage: 20, 12.5.
func percentNumber(n int64) any {
	if n%onePercent == 0 {
		return n / onePercent
	}
	fraction := strconv.FormatInt(onePercent+n%onePercent, 10)[1:]
	return json.Number(strconv.FormatInt(n/onePercent, 10) + "." + strings.TrimRight(fraction, "0"))
}

// offText says what a coupon takes off, for people.
func offText(coupon obj) string {
	if coupon.has("percent_off") {
		return fmt.Sprint(coupon["percent_off"]) + "% off"
	}
	return amountText(coupon.num("amount_off"), coupon.str("currency")) + " off"
}

func getCoupon(c *call) (obj, *apiError) { return c.find("coupon", "coupon", "coupon") }

func updateCoupon(c *call) (obj, *apiError) {
	o, err := c.find("coupon", "coupon", "coupon")
	if err != nil {
		return nil, err
	}
	copyFields(o, c.p, "name")
	mergeMetadata(o, c.p)
	c.s.putCoupon(o)
	c.emit("coupon.updated", o)
	return o, nil
}

func listCoupons(c *call) (obj, *apiError) { return c.page("coupon", nil) }

// deleteCoupon keeps discounts that were given with it; its codes end.
func deleteCoupon(c *call) (obj, *apiError) {
	o, err := c.find("coupon", "coupon", "coupon")
	if err != nil {
		return nil, err
	}
	o["valid"] = false
	c.s.putCoupon(o)
	c.s.store.remove("coupon", o.id())
	c.emit("coupon.deleted", o)
	return obj{"id": o.id(), "object": "coupon", "deleted": true}, nil
}

// putCoupon stores a coupon and shows it as it is now in its promotion codes,
// which end with it.
func (s *Server) putCoupon(o obj) {
	s.store.put("coupon", o)
	for _, r := range slices.Clone(s.store.all("promotion_code")) {
		if pc := r.body; pc.sub("coupon").id() == o.id() {
			pc["coupon"] = publicValue(o)
			if !o.yes("valid") {
				pc["active"] = false
			}
			s.store.put("promotion_code", pc)
		}
	}
}

// settleCoupons ends coupons and codes whose time is over.
func (s *Server) settleCoupons(now int64) {
	for _, r := range s.store.all("coupon") {
		if at := r.body.num("redeem_by"); at > 0 && at <= now && r.body.yes("valid") {
			r.body["valid"] = false
			s.putCoupon(r.body)
		}
	}
	for _, r := range s.store.all("promotion_code") {
		if at := r.body.num("expires_at"); at > 0 && at <= now && r.body.yes("active") {
			r.body["active"] = false
			s.store.put("promotion_code", r.body)
		}
	}
}
