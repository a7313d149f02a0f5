package sandbox

import (
	"fmt"
	"net/http"
	"net/url"

	view "purse/views/sandbox"
)

// createPortalSession makes a link to the page on which a customer manages
// cards.
func createPortalSession(c *call) (obj, *apiError) {
	customer, err := c.named("customer", "customer", "customer")
	if err != nil {
		return nil, err
	}
	if u := c.p.str("return_url"); u != "" && !validURL(u) {
		return nil, bad("url_invalid", "return_url", "Not a valid URL")
	}
	if err := inEnglish(c.p); err != nil {
		return nil, err
	}
	o := c.fresh("billing_portal.session")
	o["locale"] = c.p.null("locale")
	o["configuration"] = "bpc_1sandbox"
	o["customer"] = customer.id()
	o["flow"] = nil
	o["return_url"] = c.p.null("return_url")
	o["url"] = c.base + "/p/session/" + o.id()
	c.s.store.put("billing_portal.session", o)
	return o, nil
}

func (s *Server) portalPage(w http.ResponseWriter, r *http.Request) {
	s.showPortal(w, r, http.StatusOK, "")
}

func (s *Server) showPortal(w http.ResponseWriter, r *http.Request, status int, problem string) {
	var v view.Portal
	s.locked(func() {
		o := s.store.get("billing_portal.session", r.PathValue("session"))
		customer := s.store.get("customer", o.str("customer"))
		if customer == nil || customer.yes("deleted") {
			return
		}
		v = view.Portal{Path: "/p/session/" + o.id(), Merchant: s.opts.Merchant, Customer: customer.str("email"), Return: o.str("return_url"), Error: problem}
		if v.Customer == "" {
			v.Customer = customer.str("name")
		}
		for _, r := range s.store.all("payment_method") {
			pm := r.body
			if pm.str("customer") != customer.id() {
				continue
			}
			one := view.SavedCard{ID: pm.id(), Name: methodLabel(pm), Mandate: s.store.get("mandate", pm.str("_mandate")).str("status"),
				Default: customer.sub("invoice_settings").str("default_payment_method") == pm.id()}
			if k := pm.sub("card"); k != nil {
				one.Expires = fmt.Sprintf("Expires %02d / %d", k.num("exp_month"), k.num("exp_year"))
			}
			v.Cards = append(v.Cards, one)
		}
	})
	if v.Path == "" {
		s.notFoundPage(w, r)
		return
	}
	s.show(w, r, status, view.PortalPage(v))
}

func (s *Server) changeOnPortal(w http.ResponseWriter, r *http.Request) {
	id, card, do := r.PathValue("session"), r.PostFormValue("card"), r.PostFormValue("do")
	err := bad("", "", "This payment method is not there any more.")
	s.locked(func() {
		customer := s.store.get("customer", s.store.get("billing_portal.session", id).str("customer"))
		pm := s.store.get("payment_method", card)
		if customer == nil || pm == nil || pm.str("customer") != customer.id() {
			return
		}
		c := s.pageCall(r)
		switch do {
		case "remove":
			c.id = card
			_, err = detachPaymentMethod(c)
			return
		case "withdraw":
			err = c.endMandate(pm)
			return
		}
		c.id, c.p = customer.id(), obj{"invoice_settings": obj{"default_payment_method": card}}
		_, err = updateCustomer(c)
	})
	if err != nil {
		s.showPortal(w, r, err.status, err.message)
		return
	}
	http.Redirect(w, r, "/p/session/"+url.PathEscape(id), http.StatusSeeOther)
}
