package sandbox_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func (r *rig) coupon(p *stripe.CouponParams) *stripe.Coupon {
	r.Helper()
	c, err := r.api.Coupons.New(p)
	return must(r, c, err)
}

func (r *rig) code(p *stripe.PromotionCodeParams) *stripe.PromotionCode {
	r.Helper()
	c, err := r.api.PromotionCodes.New(p)
	return must(r, c, err)
}

// promotable is a session whose buyer may enter a code.
func (r *rig) promotable(customer string) *stripe.CheckoutSession {
	r.Helper()
	p := sessionParams(customer)
	p.AllowPromotionCodes = stripe.Bool(true)
	s, err := r.api.CheckoutSessions.New(p)
	return must(r, s, err)
}

func (r *rig) enter(session, code string) (int, string) {
	r.Helper()
	status, text, _ := r.browse("POST", "/c/pay/"+session, url.Values{"fill": {"promotion"}, "promotion": {code}})
	return status, text
}

func withBreakdown() *stripe.CheckoutSessionParams { return expand("total_details.breakdown") }

func TestCoupons(t *testing.T) {
	r := contract(t)
	c := r.coupon(&stripe.CouponParams{PercentOff: stripe.Float64(12.5), Duration: stripe.String("once"), Name: stripe.String("Spring")})
	if !c.Valid || c.PercentOff != 12.5 || c.Name != "Spring" || c.Duration != "once" || c.TimesRedeemed != 0 || c.Deleted {
		t.Errorf("%+v", c)
	}
	if r.server != nil {
		r.reopen()
	}
	c, err := r.api.Coupons.Get(c.ID, nil)
	if must(t, c, err); c.PercentOff != 12.5 {
		t.Errorf("after a restart %v percent", c.PercentOff)
	}
	must(t, c, second2(r.api.Coupons.Update(c.ID, &stripe.CouponParams{Name: stripe.String("Summer")})))
	for _, test := range []struct {
		name        string
		p           *stripe.CouponParams
		code, param string
	}{
		{"nothing off", &stripe.CouponParams{}, "", ""},
		{"both", &stripe.CouponParams{PercentOff: stripe.Float64(5), AmountOff: stripe.Int64(5), Currency: stripe.String("usd")}, "", ""},
		{"no currency", &stripe.CouponParams{AmountOff: stripe.Int64(500)}, "parameter_missing", "currency"},
		{"too much", &stripe.CouponParams{PercentOff: stripe.Float64(101)}, "", "percent_off"},
		{"ended", &stripe.CouponParams{PercentOff: stripe.Float64(5), RedeemBy: stripe.Int64(r.clock.now().Unix() - 60)}, "", "redeem_by"},
		{"repeating without months", &stripe.CouponParams{PercentOff: stripe.Float64(5), Duration: stripe.String("repeating")}, "parameter_missing", "duration_in_months"},
	} {
		_, err := r.api.Coupons.New(test.p)
		t.Run(test.name, func(t *testing.T) {
			if r.server == nil { // the texts and params are the sandbox's guess
				if err == nil {
					t.Error("taken")
				}
				return
			}
			refused(t, err, 400, test.code, test.param)
		})
	}
	gone, err := r.api.Coupons.Del(c.ID, nil)
	if must(t, gone, err); !gone.Deleted {
		t.Errorf("%+v", gone)
	}
	_, err = r.api.Coupons.Get(c.ID, nil)
	refused(t, err, 404, "resource_missing", "coupon")
}

func second2(_ *stripe.Coupon, err error) error { return err }

func TestPromotionCodes(t *testing.T) {
	r := contract(t)
	c := r.coupon(&stripe.CouponParams{PercentOff: stripe.Float64(20)})
	word := "Spring" + strings.ToUpper(c.ID[:4])
	p := r.code(&stripe.PromotionCodeParams{Coupon: stripe.String(c.ID), Code: stripe.String(word), MaxRedemptions: stripe.Int64(2)})
	if !p.Active || p.Code != word || p.Coupon.PercentOff != 20 || p.MaxRedemptions != 2 {
		t.Errorf("%+v", p)
	}
	_, err := r.api.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: stripe.String(c.ID), Code: stripe.String(strings.ToUpper(word))})
	refused(t, err, 400, "", "")
	if p.Code = r.code(&stripe.PromotionCodeParams{Coupon: stripe.String(c.ID)}).Code; p.Code == "" {
		t.Error("no code was made up")
	}
	_, err = r.api.PromotionCodes.New(&stripe.PromotionCodeParams{Coupon: stripe.String("none")})
	refused(t, err, 400, "resource_missing", "coupon")
	n := 0
	list := &stripe.PromotionCodeListParams{Coupon: stripe.String(c.ID)}
	for i := r.api.PromotionCodes.List(list); i.Next(); {
		n++
	}
	if n != 2 {
		t.Errorf("%d codes of the coupon", n)
	}
	off, err := r.api.PromotionCodes.Update(p.ID, &stripe.PromotionCodeParams{Active: stripe.Bool(false)})
	if must(t, off, err); off.Active {
		t.Error("still active")
	}
	_, err = r.api.CheckoutSessions.New(discounted("", p.ID))
	if err == nil {
		t.Error("an inactive code was applied")
	}
}

func discounted(coupon, code string) *stripe.CheckoutSessionParams {
	p := sessionParams("")
	d := &stripe.CheckoutSessionDiscountParams{}
	if coupon != "" {
		d.Coupon = stripe.String(coupon)
	}
	if code != "" {
		d.PromotionCode = stripe.String(code)
	}
	p.Discounts = []*stripe.CheckoutSessionDiscountParams{d}
	return p
}

// A session that is made with a discount shows it, and its use counts once it
// is paid.
func TestSessionDiscounts(t *testing.T) {
	r := contract(t)
	c := r.coupon(&stripe.CouponParams{AmountOff: stripe.Int64(700), Currency: stripe.String("usd"), MaxRedemptions: stripe.Int64(1)})
	s := session(t)(r.api.CheckoutSessions.New(discounted(c.ID, "")))
	s = session(t)(r.api.CheckoutSessions.Get(s.ID, withBreakdown()))
	if s.AmountSubtotal != 2500 || s.AmountTotal != 1800 || s.TotalDetails.AmountDiscount != 700 {
		t.Fatalf("subtotal %d total %d %+v", s.AmountSubtotal, s.AmountTotal, s.TotalDetails)
	}
	d := s.TotalDetails.Breakdown.Discounts
	if len(d) != 1 || d[0].Amount != 700 || d[0].Discount.Coupon.ID != c.ID || d[0].Discount.CheckoutSession != s.ID {
		t.Errorf("breakdown %+v", d)
	}
	both := discounted(c.ID, "")
	both.AllowPromotionCodes = stripe.Bool(true)
	_, err := r.api.CheckoutSessions.New(both)
	refused(t, err, 400, "", "")
	_, err = r.api.CheckoutSessions.New(discounted("none", ""))
	if err == nil {
		t.Error("a coupon that does not exist was applied")
	}
	if err := r.pay(s.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	c, err = r.api.Coupons.Get(c.ID, nil)
	if must(t, c, err); c.TimesRedeemed != 1 || c.Valid {
		t.Errorf("used %d times, valid %v", c.TimesRedeemed, c.Valid)
	}
	_, err = r.api.CheckoutSessions.New(discounted(c.ID, ""))
	refused(t, err, 400, "coupon_expired", "discounts[0][coupon]")
}

// An amount off is spread over the lines that it is for.
func TestDiscountOfProducts(t *testing.T) {
	r := local(t)
	product, err := r.api.Products.New(&stripe.ProductParams{Name: stripe.String("Credits")})
	must(t, product, err)
	price, err := r.api.Prices.New(&stripe.PriceParams{Product: stripe.String(product.ID), Currency: stripe.String("usd"), UnitAmount: stripe.Int64(1000)})
	must(t, price, err)
	c := r.coupon(&stripe.CouponParams{AmountOff: stripe.Int64(1500), Currency: stripe.String("usd"), AppliesTo: &stripe.CouponAppliesToParams{Products: []*string{stripe.String(product.ID)}}})
	p := discounted(c.ID, "")
	p.LineItems = append(p.LineItems, &stripe.CheckoutSessionLineItemParams{Price: stripe.String(price.ID), Quantity: stripe.Int64(1)})
	s := session(t)(r.api.CheckoutSessions.New(p))
	if s.AmountSubtotal != 3500 || s.AmountTotal != 2500 || s.TotalDetails.AmountDiscount != 1000 {
		t.Errorf("subtotal %d total %d", s.AmountSubtotal, s.AmountTotal)
	}
	_, err = r.api.CheckoutSessions.New(discounted(c.ID, ""))
	refused(t, err, 400, "", "discounts[0][coupon]")
}

// What a buyer types is refused in words, and what is taken can be taken off.
func TestPromotionOnPage(t *testing.T) {
	r := local(t)
	s := r.promotable(r.customer("buyer@example.com").ID)
	if _, text, _ := r.browse("GET", "/c/pay/"+s.ID, nil); !strings.Contains(text, "SAVE20") || !strings.Contains(text, "20% off") {
		t.Error("the page does not say which codes work")
	}
	if status, text := r.enter(s.ID, "NOPE"); status != 422 || !strings.Contains(text, "This code is invalid.") || !strings.Contains(text, `value="NOPE"`) {
		t.Errorf("%d", status)
	}
	half := r.coupon(&stripe.CouponParams{PercentOff: stripe.Float64(50)})
	restricted := &stripe.PromotionCodeParams{Coupon: stripe.String(half.ID), Code: stripe.String("BIG"),
		Restrictions: &stripe.PromotionCodeRestrictionsParams{MinimumAmount: stripe.Int64(5000), MinimumAmountCurrency: stripe.String("usd")}}
	r.code(restricted)
	if _, text := r.enter(s.ID, "big"); !strings.Contains(text, "at least $50.00") {
		t.Error("a code for larger orders")
	}
	r.code(&stripe.PromotionCodeParams{Coupon: stripe.String(half.ID), Code: stripe.String("MINE"), Customer: stripe.String(r.customer("other@example.com").ID)})
	if _, text := r.enter(s.ID, "MINE"); !strings.Contains(text, "This code is invalid.") {
		t.Error("another customer's code")
	}
	r.code(&stripe.PromotionCodeParams{Coupon: stripe.String(half.ID), Code: stripe.String("SOON"), ExpiresAt: stripe.Int64(r.clock.now().Unix() + 3600)})
	if status, _ := r.enter(s.ID, "soon"); status != 303 {
		t.Errorf("half off: %d", status)
	}
	r.clock.move(2 * time.Hour)
	if status, text, _ := r.browse("POST", "/c/pay/"+s.ID, card("4242424242424242")); status != 400 || !strings.Contains(text, "cannot be used any more") || !strings.Contains(text, "$25.00") {
		t.Errorf("paying with a code that ended meanwhile: %d", status)
	}
	if _, text := r.enter(s.ID, "SOON"); !strings.Contains(text, "This code has expired.") {
		t.Error("an expired code")
	}
	if status, _ := r.enter(s.ID, " save20 "); status != 303 {
		t.Errorf("SAVE20: %d", status)
	}
	if status, _, _ := r.browse("POST", "/c/pay/"+s.ID, url.Values{"fill": {"no-promotion"}}); status != 303 {
		t.Errorf("taking it off: %d", status)
	}
	if got := r.look(s.ID); got.AmountTotal != 2500 {
		t.Errorf("after it was taken off: %d", got.AmountTotal)
	}
	r.enter(s.ID, "FREE")
	if status, _, _ := r.browse("POST", "/c/pay/"+s.ID, url.Values{"name": {"Buyer"}, "country": {"DE"}}); status != 303 {
		t.Fatalf("a free order: %d", status)
	}
	if got := r.look(s.ID); got.PaymentStatus != "no_payment_required" || got.AmountTotal != 0 || got.PaymentIntent != nil {
		t.Errorf("%+v", got)
	}
	n := 0
	for i := r.api.PromotionCodes.List(&stripe.PromotionCodeListParams{Code: stripe.String("FREE")}); i.Next(); {
		n += int(i.PromotionCode().TimesRedeemed)
	}
	if n != 1 || len(r.events("promotion_code.updated")) == 0 {
		t.Errorf("FREE was used %d times", n)
	}
}

// First purchases only means what it says.
func TestFirstTransaction(t *testing.T) {
	r := local(t)
	cus := r.customer("buyer@example.com").ID
	c := r.coupon(&stripe.CouponParams{PercentOff: stripe.Float64(10)})
	r.code(&stripe.PromotionCodeParams{Coupon: stripe.String(c.ID), Code: stripe.String("WELCOME"),
		Restrictions: &stripe.PromotionCodeRestrictionsParams{FirstTimeTransaction: stripe.Bool(true)}})
	first := r.promotable(cus)
	if status, _ := r.enter(first.ID, "welcome"); status != 303 {
		t.Errorf("first: %d", status)
	}
	if err := r.pay(first.ID, "pm_card_visa"); err != nil {
		t.Fatal(err)
	}
	if _, text := r.enter(r.promotable(cus).ID, "welcome"); !strings.Contains(text, "first purchase only") {
		t.Error("a second purchase")
	}
}

// The dashboard's page makes codes, keeps what was typed and ends them.
func TestPromotionsPage(t *testing.T) {
	r := local(t)
	post := func(path string, form url.Values) (int, string) {
		status, text, _ := r.browse("POST", path, form)
		return status, text
	}
	if status, text := post("/promotions", url.Values{"code": {"TEAM"}, "off": {"120"}, "kind": {"percent"}}); status != 422 || !strings.Contains(text, `value="TEAM"`) || !strings.Contains(text, "at most 100") {
		t.Errorf("120 percent: %d", status)
	}
	if status, _ := post("/promotions", url.Values{"code": {"TEAM"}, "off": {"5.00"}, "kind": {"USD"}, "most": {"3"}, "days": {"30"}, "least": {"20"}, "first": {"1"}}); status != 303 {
		t.Errorf("made: %d", status)
	}
	if status, text := post("/promotions", url.Values{"code": {"team"}, "off": {"5"}, "kind": {"percent"}}); status != 422 || !strings.Contains(text, "already exists") {
		t.Errorf("again: %d", status)
	}
	if n := len(r.events("coupon.created")); n != 1 {
		t.Errorf("%d coupons were made", n)
	}
	_, text, _ := r.browse("GET", "/promotions", nil)
	if !strings.Contains(text, "$5.00 off") || !strings.Contains(text, "0 of 3") || !strings.Contains(text, "orders of at least $20.00; first purchases") {
		t.Error("the row says too little")
	}
	var id string
	for i := r.api.PromotionCodes.List(&stripe.PromotionCodeListParams{Code: stripe.String("TEAM")}); i.Next(); {
		id = i.PromotionCode().ID
	}
	if status, _ := post("/promotions/"+id, url.Values{"do": {"off"}}); status != 303 {
		t.Errorf("ended: %d", status)
	}
	pc, err := r.api.PromotionCodes.Get(id, nil)
	if must(t, pc, err); pc.Active || pc.Coupon.AmountOff != 500 || !pc.Restrictions.FirstTimeTransaction {
		t.Errorf("%+v", pc)
	}
	if status, _ := post("/promotions/promo_none", url.Values{"do": {"on"}}); status != 404 {
		t.Errorf("none: %d", status)
	}
}
