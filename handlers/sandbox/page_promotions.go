package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"purse/billing/money"
	view "purse/views/sandbox"
)

// promotionCurrencies are offered on the page; the API takes every one.
var promotionCurrencies = []string{"USD", "EUR", "GBP", "JPY"}

func (s *Server) promotionsPage(w http.ResponseWriter, r *http.Request) {
	s.showPromotions(w, r, http.StatusOK, view.Promotions{Kind: "percent"})
}

func (s *Server) showPromotions(w http.ResponseWriter, r *http.Request, status int, v view.Promotions) {
	var f view.Frame
	v.Currencies = promotionCurrencies
	s.locked(func() {
		f = s.frame("Promotion codes", "promotions", r)
		all := s.store.all("promotion_code")
		for i := len(all) - 1; i >= 0; i-- {
			v.Codes = append(v.Codes, s.promotionRow(all[i].body))
		}
	})
	if v.Error != "" {
		f.Title = "Error: " + f.Title
	}
	s.show(w, r, status, view.PromotionsPage(f, v))
}

func (s *Server) promotionRow(o obj) view.PromotionCode {
	k := view.PromotionCode{ID: o.id(), Code: o.str("code"), Off: offText(o.sub("coupon")), Active: o.yes("active"), Over: s.over(o) != "",
		Used: fmt.Sprint(o.num("times_redeemed")), Ends: "never", Limits: "—"}
	if n := o.num("max_redemptions"); n > 0 {
		k.Used += fmt.Sprint(" of ", n)
	}
	if at := o.num("expires_at"); at > 0 {
		k.Ends = instant(at)
	} else if at := o.sub("coupon").num("redeem_by"); at > 0 {
		k.Ends = instant(at)
	}
	var only []string
	need := o.sub("restrictions")
	if n := need.num("minimum_amount"); n > 0 {
		only = append(only, "orders of at least "+amountText(n, need.str("minimum_amount_currency")))
	}
	if need.yes("first_time_transaction") {
		only = append(only, "first purchases")
	}
	if c := o.str("customer"); c != "" {
		only = append(only, c)
	}
	if len(only) > 0 {
		k.Limits = strings.Join(only, "; ")
	}
	return k
}

func (s *Server) createPromotionOnPage(w http.ResponseWriter, r *http.Request) {
	v := view.Promotions{Code: strings.TrimSpace(r.PostFormValue("code")), Off: strings.TrimSpace(r.PostFormValue("off")), Kind: r.PostFormValue("kind"),
		Most: strings.TrimSpace(r.PostFormValue("most")), Days: strings.TrimSpace(r.PostFormValue("days")), Least: strings.TrimSpace(r.PostFormValue("least")),
		First: r.PostFormValue("first") != ""}
	coupon, code, field, problem := s.promotionParams(v)
	if problem == "" {
		s.locked(func() {
			c := s.pageCall(r)
			// The code is refused before its coupon is made.
			if err := s.codeTaken(v.Code, "", ""); v.Code != "" && err != nil {
				field, problem = "code", err.message
				return
			}
			if strings.Trim(v.Code, alphabet+"-") != "" {
				field, problem = "code", "A code has letters, digits and dashes only."
				return
			}
			c.p = coupon
			made, err := createCoupon(c)
			if err == nil {
				code["coupon"] = made.id()
				c.p = code
				_, err = createPromotionCode(c)
			}
			if err != nil {
				field, problem = "off", err.message
			}
		})
	}
	if problem != "" {
		v.Field, v.Error = field, problem
		s.showPromotions(w, r, http.StatusUnprocessableEntity, v)
		return
	}
	http.Redirect(w, r, "/promotions?done=created", http.StatusSeeOther)
}

// promotionParams are the API's parameters for what was typed; field names the
// input that is wrong.
func (s *Server) promotionParams(v view.Promotions) (coupon, code obj, field, problem string) {
	coupon, code = obj{}, obj{}
	currency := "usd"
	if v.Kind == "percent" {
		if _, ok := parsePercent(v.Off); !ok {
			return nil, nil, "off", "Takes off: a percentage is more than 0 and at most 100, such as 20 or 12.5."
		}
		coupon["percent_off"] = v.Off
	} else {
		currency = lower(v.Kind)
		m, err := money.Parse(v.Off, currency)
		if err != nil || m.Amount < 1 {
			return nil, nil, "off", "Takes off: an amount is a number above 0, such as 5.00."
		}
		coupon["amount_off"], coupon["currency"] = m.Amount, currency
	}
	if v.Most != "" {
		n, err := strconv.ParseInt(v.Most, 10, 32)
		if err != nil || n < 1 {
			return nil, nil, "most", "How often it may be used is a whole number of at least 1, or nothing."
		}
		code["max_redemptions"] = n
	}
	if v.Days != "" {
		n, err := strconv.ParseInt(v.Days, 10, 32)
		if err != nil || n < 1 || n > 3660 {
			return nil, nil, "days", "It ends after a whole number of days, at most 3660, or never."
		}
		code["expires_at"] = s.Now().Unix() + n*24*60*60
	}
	need := obj{}
	if v.Least != "" {
		m, err := money.Parse(v.Least, currency)
		if err != nil || m.Amount < 1 {
			return nil, nil, "least", "The smallest order is an amount above 0, or nothing."
		}
		need["minimum_amount"], need["minimum_amount_currency"] = m.Amount, currency
	}
	if v.First {
		need["first_time_transaction"] = true
	}
	code["code"], code["restrictions"] = v.Code, need
	return coupon, code, "", ""
}

// switchPromotion ends a code or lets it work again.
func (s *Server) switchPromotion(w http.ResponseWriter, r *http.Request) {
	var err *apiError
	s.locked(func() {
		c := s.pageCall(r)
		c.id, c.p = r.PathValue("id"), obj{"active": r.PostFormValue("do") == "on"}
		_, err = updatePromotionCode(c)
	})
	switch {
	case err != nil && err.status == http.StatusNotFound:
		s.notFoundPage(w, r)
	case err != nil:
		s.showPromotions(w, r, http.StatusUnprocessableEntity, view.Promotions{Kind: "percent", Error: err.message})
	default:
		http.Redirect(w, r, "/promotions?done=switched", http.StatusSeeOther)
	}
}
