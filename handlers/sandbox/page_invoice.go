package sandbox

import (
	"net/http"
	"net/url"
	"strings"

	view "purse/views/sandbox"
)

// invoicePage is the hosted page of an invoice: what hosted_invoice_url names.
func (s *Server) invoicePage(w http.ResponseWriter, r *http.Request) {
	message := ""
	if r.URL.Query().Get("redirect_status") == "failed" {
		message = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
	}
	s.showInvoice(w, r, http.StatusOK, view.CheckoutForm{Country: "US", Method: r.URL.Query().Get("method")}, "card", message)
}

func (s *Server) showInvoice(w http.ResponseWriter, r *http.Request, status int, form view.CheckoutForm, field, message string) {
	var in obj
	var c view.Checkout
	var receipt view.Receipt
	var waits obj
	s.locked(func() {
		if in = s.store.get("invoice", r.PathValue("invoice")); in == nil {
			return
		}
		c = s.invoiceView(in)
		s.offer(&c, &form, invoiceTypes(in))
		if pi := s.store.get("payment_intent", in.str("payment_intent")); pi != nil && delayedPayment(pi) {
			waits = pi
		}
		receipt = s.receiptOfInvoice(in)
	})
	switch {
	case in == nil || in.str("status") == "draft":
		s.notFoundPage(w, r)
	case in.str("status") == "paid":
		s.show(w, r, http.StatusOK, view.ReceiptPage(receipt))
	case in.str("status") == "void":
		s.message(w, r, http.StatusGone, "This invoice was voided", "Nothing has to be paid.", "", "")
	case waits != nil && waits.str("status") == "processing":
		s.message(w, r, http.StatusOK, "Your bank is working on it", "The payment of this invoice was sent to the bank, which takes some days.", "", "")
	case waits != nil && form.Method == "card" && r.URL.Query().Get("method") == "" && message == "":
		http.Redirect(w, r, "/t/"+url.PathEscape(waits.id()), http.StatusSeeOther)
	default:
		c.Form, c.Error = form, message
		if message != "" {
			c.Field = field
		}
		s.show(w, r, status, view.CheckoutPage(c))
	}
}

func (s *Server) invoiceView(in obj) view.Checkout {
	currency := in.str("currency")
	c := view.Checkout{Path: "/i/" + in.id(), Merchant: s.opts.Merchant, Cards: offered, Countries: countries,
		Total: amountText(in.num("amount_due"), currency), Button: "Pay " + amountText(in.num("amount_due"), currency), Fixed: in.str("customer_email")}
	for _, other := range adaptiveCurrencies {
		if m, ok := s.localized(in, other); ok {
			c.Currencies = append(c.Currencies, view.Pair{Term: other, Value: amountText(m.Amount, m.Currency)})
		}
	}
	for _, l := range in.list("_items") {
		l := l.(obj)
		c.Lines = append(c.Lines, view.Line{Name: l.str("description"), About: "Invoice " + in.str("number"), Amount: amountText(l.num("amount_subtotal"), currency)})
	}
	if n := in.num("tax"); n > 0 {
		c.Tax, c.Subtotal = amountText(n, currency), amountText(in.num("subtotal"), currency)
	}
	if pi := s.store.get("payment_intent", in.str("payment_intent")); pi != nil && pi.str("status") == "requires_action" {
		k := s.store.get("payment_method", pi.str("payment_method")).sub("card")
		if delayedPayment(pi) {
			return c
		}
		c.Waiting = brandNames[k.str("brand")] + " ending in " + k.str("last4")
	}
	return c
}

func (s *Server) payInvoicePage(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "The form could not be read.", http.StatusBadRequest)
		return
	}
	form, fill := typed(r), r.PostFormValue("fill")
	if fill != "" && fill != "confirm" {
		filled(&form, fill)
		s.showInvoice(w, r, http.StatusOK, form, "", "")
		return
	}
	next, field := "/i/"+url.PathEscape(r.PathValue("invoice")), ""
	var err *apiError
	s.locked(func() {
		in := s.store.get("invoice", r.PathValue("invoice"))
		if in == nil || (in.str("status") != "open" && in.str("status") != "uncollectible") {
			return // showInvoice knows what to say
		}
		c := s.pageCall(r)
		pi := s.store.get("payment_intent", in.str("payment_intent"))
		back := c.base + "/i/" + in.id()
		if fill == "confirm" {
			if pi.str("status") == "requires_action" {
				pi["_return_url"] = back
				s.store.put("payment_intent", pi)
				next = "/3ds/" + url.PathEscape(pi.id())
			}
			return
		}
		if field, err = c.payInvoiceWithForm(in, form, r.PostFormValue("currency"), back); err == nil && pi.str("status") == "requires_action" {
			next = "/3ds/" + url.PathEscape(pi.id())
			if delayedPayment(pi) {
				next = "/t/" + url.PathEscape(pi.id())
			}
		}
	})
	if err != nil {
		s.showInvoice(w, r, err.status, form, field, err.message)
		return
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func (c *call) payInvoiceWithForm(in obj, form view.CheckoutForm, currency, back string) (field string, err *apiError) {
	email := in.str("customer_email")
	if email == "" {
		email = strings.TrimSpace(form.Email)
	}
	if email == "" || checkEmail(obj{"email": email}) != nil {
		return "email", bad("", "", "Your email is incomplete.")
	}
	if strings.TrimSpace(form.Name) == "" {
		return "name", bad("", "", "Your name is missing.")
	}
	pm, field, err := c.typedMethod(form, obj{"email": email, "name": form.Name, "address": obj{"country": form.Country}},
		invoiceTypes(in))
	if err != nil {
		return field, err
	}
	if pm.sub("card") == nil {
		currency = ""
	}
	c.s.present(in, c.s.store.get("payment_intent", in.str("payment_intent")), currency)
	if err := c.chargeInvoice(in, pm, false, back); err != nil {
		return fieldOf(err), err
	}
	return "", nil
}
