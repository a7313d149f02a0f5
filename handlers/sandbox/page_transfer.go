package sandbox

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"purse/billing/money"
	view "purse/views/sandbox"
)

// methodText says what paid a charge.
func methodText(ch obj) string {
	d := ch.sub("payment_method_details")
	typ := d.str("type")
	last4 := d.sub(typ).str("last4")
	switch {
	case typ == "card":
		text := brandNames[d.sub(typ).str("brand")] + " ending in " + last4
		if wallet := walletNames[d.sub(typ).sub("wallet").str("type")]; wallet != "" {
			text = wallet + ", " + text
		}
		return text
	case last4 != "":
		return methodNames[typ] + " ending in " + last4
	}
	return methodNames[typ]
}

// transferPage is the hosted page with instructions for a bank transfer.
func (s *Server) transferPage(w http.ResponseWriter, r *http.Request) {
	s.showTransfer(w, r, http.StatusOK, "")
}

func (s *Server) showTransfer(w http.ResponseWriter, r *http.Request, status int, problem string) {
	var v view.Transfer
	s.locked(func() {
		pi := s.store.get("payment_intent", r.PathValue("intent"))
		if pi == nil || pi.str("_reference") == "" {
			return
		}
		currency := pi.str("currency")
		missing := pi.num("amount") - pi.num("_funded")
		v = view.Transfer{Path: "/t/" + pi.id(), Merchant: s.opts.Merchant, Reference: pi.str("_reference"), Currency: strings.ToUpper(currency), Error: problem,
			Missing: amountText(missing, currency), MissingPlain: money.Money{Amount: missing, Currency: currency}.Decimal(), Due: amountText(pi.num("amount"), currency),
			Paid: pi.str("status") == "succeeded"}
		if n := pi.num("_funded"); n > 0 {
			v.Received = amountText(n, currency)
		}
		if o := s.store.get("checkout.session", pi.str("_session")); o != nil {
			v.Return = successURL(o)
		}
		for _, a := range pi.sub("next_action").sub("display_bank_transfer_instructions").list("financial_addresses") {
			to := a.(obj)
			in := to.sub(to.str("type"))
			for _, f := range [][2]string{{"account_holder_name", "Account holder"}, {"bank_name", "Bank"}, {"routing_number", "Routing number"}, {"sort_code", "Sort code"},
				{"account_number", "Account number"}, {"iban", "IBAN"}, {"bic", "BIC"}, {"clabe", "CLABE"}, {"bank_code", "Bank code"}, {"branch_code", "Branch code"}} {
				if t := in.str(f[0]); t != "" {
					v.To = append(v.To, view.Pair{Term: f[1], Value: t})
				}
			}
		}
		if !v.Paid && !delayedPayment(pi) {
			v = view.Transfer{}
		}
	})
	if v.Path == "" {
		s.message(w, r, http.StatusGone, "Nothing to transfer", "This payment does not wait for a bank transfer.", "/", "To the sandbox")
		return
	}
	s.show(w, r, status, view.TransferPage(v))
}

// sendTransfer plays the customer's bank.
func (s *Server) sendTransfer(w http.ResponseWriter, r *http.Request) {
	problem := ""
	s.locked(func() {
		pi := s.store.get("payment_intent", r.PathValue("intent"))
		customer := s.store.get("customer", pi.str("customer"))
		if pi == nil || customer == nil || !delayedPayment(pi) {
			return // showTransfer knows what to say
		}
		m, err := money.Parse(strings.TrimSpace(r.PostFormValue("amount")), pi.str("currency"))
		switch {
		case err != nil:
			problem = "The amount " + err.Error() + "."
		case m.Amount <= 0 || m.Amount > maxAmount:
			problem = "The amount must be more than zero."
		default:
			s.pageCall(r).fund(customer, pi.str("currency"), m.Amount, pi.str("_reference"))
		}
	})
	if problem != "" {
		s.showTransfer(w, r, http.StatusUnprocessableEntity, problem)
		return
	}
	http.Redirect(w, r, "/t/"+url.PathEscape(r.PathValue("intent")), http.StatusSeeOther)
}

// answerOnPage lets the bank answer to a debit before its time.
func (s *Server) answerOnPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.locked(func() {
		if pi := s.store.get("payment_intent", id); pi != nil {
			s.bankAnswers(pi)
		}
	})
	http.Redirect(w, r, "/objects/payment_intent/"+url.PathEscape(id)+"?done=answered", http.StatusSeeOther)
}

func (s *Server) setBanksOnPage(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("seconds")))
	if err != nil || n < 0 || n > 30*24*60*60 {
		s.showSettings(w, r, http.StatusUnprocessableEntity, "Give the seconds as a whole number, at most 30 days.")
		return
	}
	s.locked(func() { s.saveSetting("bank_delay", strconv.Itoa(n)) })
	http.Redirect(w, r, "/settings?done=banks", http.StatusSeeOther)
}
