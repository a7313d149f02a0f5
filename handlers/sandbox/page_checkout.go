package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	view "purse/views/sandbox"
)

var offered = []view.TestCard{
	{Number: "4242424242424242", Label: "Pays"},
	{Number: "4000000000000002", Label: "Declined"},
	{Number: "4000000000009995", Label: "Insufficient funds"},
	{Number: "4000002760003184", Label: "Needs authentication"},
	{Number: "4000002500003155", Label: "Authentication once, to save"},
	{Number: "4000000000000341", Label: "Saves, declined later"},
	{Number: "4000008260003178", Label: "Authentication, then declined"},
	{Number: "4000000000000259", Label: "Pays, disputed later"},
	{Number: "4000000000005126", Label: "Pays, refund fails"},
}

func (s *Server) checkoutPage(w http.ResponseWriter, r *http.Request) {
	form := view.CheckoutForm{Country: "US", Method: r.URL.Query().Get("method")}
	message := ""
	if r.URL.Query().Get("failed") == "authentication" {
		message = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
	}
	s.showCheckout(w, r, http.StatusOK, form, "card", message)
}

// showCheckout renders the session, or goes on when it is not open any more.
func (s *Server) showCheckout(w http.ResponseWriter, r *http.Request, status int, form view.CheckoutForm, field, message string) {
	var o obj
	var c view.Checkout
	s.locked(func() {
		if o = s.store.get("checkout.session", r.PathValue("session")); o != nil {
			c = s.checkoutView(o)
			s.offer(&c, &form, o.list("payment_method_types"))
		}
	})
	switch {
	case o == nil:
		s.notFoundPage(w, r)
	case o.str("status") == "complete":
		http.Redirect(w, r, successURL(o), http.StatusSeeOther)
	case o.str("status") == "expired":
		s.message(w, r, http.StatusGone, "This Checkout has expired", "Nothing was paid. Go back and start again.", o.str("cancel_url"), "Back to "+s.opts.Merchant)
	default:
		c.Form, c.Error = form, message
		if message != "" {
			c.Field = field
		}
		s.show(w, r, status, view.CheckoutPage(c))
	}
}

var submitVerbs = map[string]string{"": "Pay", "auto": "Pay", "pay": "Pay", "book": "Book", "donate": "Donate"}

func (s *Server) checkoutView(o obj) view.Checkout {
	currency := o.str("currency")
	c := view.Checkout{Session: o.id(), Path: "/c/pay/" + o.id(), Merchant: s.opts.Merchant, Cancel: o.str("cancel_url"), Cards: offered, Countries: countries,
		Total: amountText(o.num("amount_total"), currency), Button: submitVerbs[o.str("submit_type")] + " " + amountText(o.num("amount_total"), currency),
		Expires: instant(o.num("expires_at")), Setup: o.str("mode") == "setup", Promotion: o.yes("allow_promotion_codes"),
		Submit: o.sub("custom_text").sub("submit").str("message")}
	if c.Setup {
		c.Button = "Save card"
	} else if o.num("amount_total") == 0 {
		c.Button, c.Free = "Complete order", true
		c.Cards = nil
	}
	if customer := s.store.get("customer", o.str("customer")); customer != nil {
		c.Fixed = customer.str("email")
	} else {
		c.Fixed = o.str("customer_email")
	}
	for _, l := range o.list("_items") {
		l := l.(obj)
		line := view.Line{Name: l.str("description"), About: l.str("_about"), Amount: amountText(l.num("amount_subtotal"), currency)}
		if n := l.num("quantity"); n > 1 {
			line.Each = "Qty " + strconv.FormatInt(n, 10) + ", " + amountText(l.sub("price").num("unit_amount"), currency) + " each"
		}
		c.Lines = append(c.Lines, line)
	}
	total := o.sub("total_details")
	if n := total.num("amount_discount"); n > 0 {
		c.Discount = amountText(n, currency)
	}
	if n := total.num("amount_tax"); n > 0 {
		c.Tax = amountText(n, currency)
	}
	if d := o.sub("_discount"); d != nil {
		c.DiscountName = d.sub("coupon").or("name", offText(d.sub("coupon"))).(string)
		if pc := s.store.get("promotion_code", o.str("_code")); pc != nil {
			c.DiscountName, c.Removable = pc.str("code"), c.Promotion
		}
	}
	if c.Promotion && c.DiscountName == "" {
		c.Codes = s.codesFor(o)
	}
	if c.Discount != "" || c.Tax != "" {
		c.Subtotal = amountText(o.num("amount_subtotal"), currency)
	}
	return c
}

func (s *Server) payCheckout(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form could not be read.", http.StatusBadRequest)
		return
	}
	form := typed(r)
	switch fill := r.PostFormValue("fill"); fill {
	case "":
	case "promotion", "no-promotion":
		s.applyPromotion(w, r, fill == "promotion", r.PostFormValue("promotion"))
		return
	default:
		filled(&form, fill)
		s.showCheckout(w, r, http.StatusOK, form, "", "")
		return
	}
	var next string
	var err *apiError
	field := ""
	s.locked(func() {
		o := s.store.get("checkout.session", r.PathValue("session"))
		if o == nil || open(o) != nil {
			return // showCheckout knows what to say
		}
		field, err = s.payWithForm(s.pageCall(r), o, form)
		switch {
		case err != nil:
		case o.str("status") == "complete":
			next = successURL(o)
			if pi := s.store.get("payment_intent", o.str("payment_intent")); delayedPayment(pi) && pi.str("status") == "requires_action" {
				next = "/t/" + url.PathEscape(pi.id())
			}
		default:
			next = "/3ds/" + url.PathEscape(o.or("payment_intent", o["setup_intent"]).(string))
		}
	})
	switch {
	case err != nil:
		s.showCheckout(w, r, err.status, form, field, err.message)
	case next != "":
		http.Redirect(w, r, next, http.StatusSeeOther)
	default:
		s.showCheckout(w, r, http.StatusOK, form, "", "")
	}
}

// typed is the form as it came.
func typed(r *http.Request) view.CheckoutForm {
	form := view.CheckoutForm{Email: r.PostFormValue("email"), Number: r.PostFormValue("number"), Expiry: r.PostFormValue("expiry"),
		CVC: r.PostFormValue("cvc"), Name: r.PostFormValue("name"), Country: r.PostFormValue("country"), Method: r.PostFormValue("method"),
		Routing: r.PostFormValue("routing"), Account: r.PostFormValue("account"), IBAN: r.PostFormValue("iban"), Postal: r.PostFormValue("postal"), Wallet: r.PostFormValue("wallet")}
	typedWallet(&form)
	return form
}

// filled puts a test card into the form.
func filled(form *view.CheckoutForm, number string) {
	switch form.Method {
	case "us_bank_account":
		form.Routing, form.Account = routingNumber, number
	case "sepa_debit":
		form.IBAN = spaced(number)
	default:
		form.Number, form.Expiry, form.CVC = spaced(number), "12 / 34", "123"
	}
	if form.Name == "" {
		form.Name = "Test Customer"
	}
	if form.Email == "" {
		form.Email = "customer@example.com"
	}
}

// payWithForm pays with what was typed; field names the input that is wrong.
func (s *Server) payWithForm(c *call, o obj, form view.CheckoutForm) (field string, err *apiError) {
	v := s.checkoutView(o)
	email := v.Fixed
	if email == "" {
		email = strings.TrimSpace(form.Email)
		if email == "" || checkEmail(obj{"email": email}) != nil {
			return "email", bad("", "", "Your email is incomplete.")
		}
	}
	if strings.TrimSpace(form.Name) == "" {
		return "name", bad("", "", "Your name is missing.")
	}
	billing := obj{"email": email, "name": form.Name, "address": obj{"country": form.Country, "postal_code": strings.TrimSpace(form.Postal)}}
	if v.Free {
		pm := c.cardMethod(cards[0], 12, int64(s.now().Year()+1), "pass", obj{"billing_details": billing})
		return "", c.confirmSession(o, pm)
	}
	pm, field, err := c.typedMethod(form, billing, o.list("payment_method_types"))
	if err == nil {
		err = c.confirmSession(o, pm)
	}
	if err == nil {
		return "", nil
	}
	if field == "" {
		field = fieldOf(err)
	}
	return field, err
}

// offer adds the payment methods to choose from to a page.
func (s *Server) offer(c *view.Checkout, form *view.CheckoutForm, methods []any) {
	known := false
	for _, m := range methods {
		if m := m.(string); m == form.Method {
			known = true
		}
	}
	if !known || c.Free {
		form.Method = "card"
	}
	if form.Method == "card" && !c.Free {
		c.Wallets = wallets()
	}
	if c.Free {
		return
	}
	for _, m := range methods {
		m := m.(string)
		c.Methods = append(c.Methods, view.Method{Type: m, Label: methodNames[m], Href: c.Path + "?method=" + m, Active: m == form.Method})
	}
	if form.Method == "card" {
		return
	}
	c.Cards = nil
	for _, b := range bankAccounts {
		if b.typ == form.Method && b.label != "" {
			c.Cards = append(c.Cards, view.TestCard{Number: b.number, Label: b.label})
		}
	}
	switch {
	case c.Setup:
		c.Button = "Save " + methodNames[form.Method]
	case form.Method == "link":
		c.Button = strings.Replace(c.Button, "Pay ", "Pay with Link ", 1)
	case form.Method == "customer_balance":
		c.Button = "Pay by bank transfer"
	}
}

// typedMethod is the payment method that was typed, of one of these types.
func (c *call) typedMethod(form view.CheckoutForm, billing obj, allowed []any) (pm obj, field string, err *apiError) {
	var in obj
	switch form.Method {
	case "", "card":
		return c.typedCard(form, billing)
	case "us_bank_account":
		in, field = obj{"account_number": strings.TrimSpace(form.Account), "routing_number": strings.TrimSpace(form.Routing)}, "account"
	case "sepa_debit":
		in, field = obj{"iban": form.IBAN}, "iban"
	case "customer_balance", "link":
		in = obj{}
	}
	if !slices.Contains(allowed, any(form.Method)) {
		return nil, "card", bad("", "", "This payment method is not offered.")
	}
	pm, err = c.newPaymentMethod(form.Method, obj{"billing_details": billing, form.Method: in})
	if err != nil {
		if strings.HasSuffix(err.param, "[routing_number]") {
			field = "routing"
		}
		return nil, field, err
	}
	c.s.store.put("payment_method", pm)
	return pm, "", nil
}

// typedCard is the payment method of the card that was typed.
func (c *call) typedCard(form view.CheckoutForm, billing obj) (pm obj, field string, err *apiError) {
	month, year, ok := parseExpiry(form.Expiry)
	if !ok {
		return nil, "expiry", bad("", "", "Your card's expiration date is incomplete.")
	}
	if strings.TrimSpace(form.CVC) == "" {
		return nil, "cvc", bad("", "", "Your card's security code is incomplete.")
	}
	pm, err = c.newPaymentMethod("card", obj{"billing_details": billing,
		"card": obj{"number": form.Number, "exp_month": month, "exp_year": year, "cvc": strings.TrimSpace(form.CVC)}})
	if err != nil {
		return nil, fieldOf(err), err
	}
	if form.Wallet != "" {
		fromWallet(pm, form.Wallet)
	}
	c.s.store.put("payment_method", pm)
	return pm, "", nil
}

// fieldOf is the input that an error is about, "card" for the whole.
func fieldOf(err *apiError) string {
	switch {
	case strings.HasPrefix(err.param, "exp_"):
		return "expiry"
	case err.param == "cvc":
		return "cvc"
	}
	return "card"
}

// parseExpiry reads "12/34", "12 / 2034" and "1234".
func parseExpiry(s string) (month, year int64, ok bool) {
	s = strings.ReplaceAll(s, " ", "")
	m, y, cut := strings.Cut(s, "/")
	if !cut && len(s) == 4 {
		m, y, cut = s[:2], s[2:], true
	}
	month, err1 := strconv.ParseInt(m, 10, 64)
	year, err2 := strconv.ParseInt(y, 10, 64)
	return month, year, cut && err1 == nil && err2 == nil
}

func spaced(number string) string {
	var b strings.Builder
	for i, r := range number {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// codesFor are the codes that would work on a session, for the page to offer: a
// sandbox has no other place to learn of them.
func (s *Server) codesFor(o obj) (out []view.Pair) {
	for _, r := range s.store.all("promotion_code") {
		if pc := r.body; s.mayUse(pc, o) == nil && len(out) < 4 {
			out = append(out, view.Pair{Term: pc.str("code"), Value: offText(pc.sub("coupon"))})
		}
	}
	return out
}

// applyPromotion takes the code that was typed, or takes it off again.
func (s *Server) applyPromotion(w http.ResponseWriter, r *http.Request, on bool, code string) {
	var err *apiError
	s.locked(func() {
		o := s.store.get("checkout.session", r.PathValue("session"))
		switch {
		case o == nil || open(o) != nil:
		case !o.yes("allow_promotion_codes"):
			err = bad("", "promotion", "This code is invalid.")
		case on:
			err = s.pageCall(r).enterCode(o, code)
		default:
			dropDiscount(o)
			s.total(o)
			s.store.put("checkout.session", o)
		}
	})
	if err != nil {
		form := typed(r)
		form.Country, form.Code = "US", code
		s.showCheckout(w, r, http.StatusUnprocessableEntity, form, "promotion", err.message)
		return
	}
	http.Redirect(w, r, "/c/pay/"+url.PathEscape(r.PathValue("session")), http.StatusSeeOther)
}

// successURL is where a completed session leads.
func successURL(o obj) string {
	return strings.ReplaceAll(o.str("success_url"), "{CHECKOUT_SESSION_ID}", o.id())
}

// checkoutReturn is where the bank's page leads back to.
func (s *Server) checkoutReturn(w http.ResponseWriter, r *http.Request) {
	to := "/c/pay/" + url.PathEscape(r.PathValue("session"))
	if r.URL.Query().Get("redirect_status") == "failed" {
		to += "?failed=authentication"
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *Server) authenticationPage(w http.ResponseWriter, r *http.Request) {
	var a view.Authentication
	s.locked(func() {
		id := r.PathValue("intent")
		for _, kind := range []string{"payment_intent", "setup_intent"} {
			o := s.store.get(kind, id)
			if o == nil || o.str("status") != "requires_action" {
				continue
			}
			card := s.store.get("payment_method", o.str("payment_method")).sub("card")
			a = view.Authentication{ID: id, Merchant: s.opts.Merchant, Card: brandNames[card.str("brand")] + " ending in " + card.str("last4")}
			if kind == "payment_intent" {
				a.Amount = amountText(o.num("amount"), o.str("currency"))
			}
		}
	})
	if a.ID == "" {
		s.message(w, r, http.StatusGone, "Nothing to authenticate", "This payment does not wait for authentication any more.", "/", "To the sandbox")
		return
	}
	s.show(w, r, http.StatusOK, view.AuthenticationPage(a))
}

func (s *Server) endAuthentication(w http.ResponseWriter, r *http.Request) {
	id, passed := r.PathValue("intent"), r.PostFormValue("outcome") == "complete"
	back := ""
	var err *apiError
	s.locked(func() {
		for _, kind := range []string{"payment_intent", "setup_intent"} {
			if o := s.store.get(kind, id); o != nil {
				back = o.str("_return_url")
				err = s.pageCall(r).authenticate(id, passed)
				query := kind + "=" + id + "&redirect_status=succeeded"
				if err != nil {
					query = kind + "=" + id + "&redirect_status=failed"
				}
				if back != "" {
					back = withQuery(back, query)
				}
			}
		}
	})
	switch {
	case back != "":
		http.Redirect(w, r, back, http.StatusSeeOther)
	case err != nil:
		s.message(w, r, http.StatusOK, "Authentication failed", err.message, "/", "To the sandbox")
	default:
		s.message(w, r, http.StatusOK, "Authentication complete", "You can close this page.", "/", "To the sandbox")
	}
}

func withQuery(address, query string) string {
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}
