package sandbox

import (
	"strconv"
	"time"
)

// bankDays is how long a bank takes by the sandbox's clock, unless the settings
// say otherwise: Stripe's usual four business days for ACH, five for SEPA.
var bankDays = map[string]int64{"us_bank_account": 4, "sepa_debit": 5}

// bankDelay is after how many seconds of the clock a bank answers.
func (s *Server) bankDelay(typ string) int64 {
	if n, err := strconv.ParseInt(s.setting("bank_delay"), 10, 64); err == nil && n > 0 {
		return n
	}
	return bankDays[typ] * 24 * 60 * 60
}

// SetBankDelay sets after how long banks answer to a debit, by the sandbox's
// clock; 0 for the usual days. Debits that wait already keep their time.
func (s *Server) SetBankDelay(d time.Duration) {
	s.locked(func() { s.saveSetting("bank_delay", strconv.FormatInt(int64(d/time.Second), 10)) })
}

// debitBank sends a debit to the bank: the payment is processing until it
// answers.
func (c *call) debitBank(pi, pm obj) obj {
	b := bankOf(pm)
	ch := c.charge(pi, pm)
	ch["status"], ch["captured"] = "pending", true
	c.s.store.put("charge", ch)
	pi["status"], pi["latest_charge"], pi["next_action"] = "processing", ch.id(), nil
	pi["_base"] = c.base
	if !b.does.never {
		pi["_answers_at"] = c.s.unix() + c.s.bankDelay(b.typ)
		if b.does.slow {
			pi["_answers_at"] = pi.num("_answers_at") + 3*60
		}
	}
	c.s.store.put("payment_intent", pi)
	c.emit("charge.pending", ch)
	c.emit("payment_intent.processing", pi)
	return pi
}

// settleBanks lets banks answer whose time has come, and disputes come in.
func (s *Server) settleBanks(now int64) {
	for _, r := range s.store.all("payment_intent") {
		if at := r.body.num("_answers_at"); at > 0 && at <= now {
			s.bankAnswers(r.body)
		}
	}
	for _, r := range s.store.all("charge") {
		if at := r.body.num("_disputed_at"); at > 0 && at <= now {
			delete(r.body, "_disputed_at")
			s.finalDispute(r.body)
		}
	}
}

// bankAnswers ends a payment that was processing.
func (s *Server) bankAnswers(pi obj) {
	delete(pi, "_answers_at")
	if pi.str("status") != "processing" {
		return
	}
	c := &call{s: s, p: obj{}, base: pi.str("_base")}
	pm := s.store.get("payment_method", pi.str("payment_method"))
	b := bankOf(pm)
	ch := s.store.get("charge", pi.str("latest_charge"))
	if b.does.code != "" {
		c.bankRefuses(pi, pm, ch, b.does)
		return
	}
	if b.does.dispute != "" {
		ch["_disputed_at"], ch["_dispute"] = s.unix()+s.bankDelay(b.typ), b.does.dispute
	}
	c.arrived(pi, ch)
}

func (c *call) bankRefuses(pi, pm, ch obj, why debit) {
	ch["status"], ch["captured"] = "failed", false
	ch["failure_code"], ch["failure_message"] = why.code, why.message
	c.s.store.put("charge", ch)
	pi["status"], pi["payment_method"] = "requires_payment_method", nil
	pi["last_payment_error"] = obj{"type": "invalid_request_error", "code": "payment_intent_payment_attempt_failed", "charge": ch.id(),
		"doc_url": "https://stripe.com/docs/error-codes/payment-intent-payment-attempt-failed", "message": "The payment failed. " + why.message, "payment_method": pm.public()}
	c.s.store.put("payment_intent", pi)
	c.emit("charge.failed", ch)
	c.emit("payment_intent.payment_failed", pi)
	if o := c.s.store.get("checkout.session", pi.str("_session")); o != nil {
		c.emit("checkout.session.async_payment_failed", o)
	}
	if in := c.s.store.get("invoice", pi.str("invoice")); in != nil && in.str("status") == "open" {
		c.emit("invoice.payment_failed", in)
	}
}

// arrived ends a payment whose money came.
func (c *call) arrived(pi, ch obj) {
	ch["paid"], ch["captured"], ch["status"], ch["amount_captured"] = true, true, "succeeded", pi.num("amount")
	ch["balance_transaction"] = c.s.charged(ch)
	ch["receipt_url"] = c.base + "/receipts/" + ch.id()
	ch["receipt_email"] = pi["receipt_email"]
	c.s.store.put("charge", ch)
	pi["status"], pi["amount_received"], pi["latest_charge"], pi["next_action"] = "succeeded", pi.num("amount"), ch.id(), nil
	c.s.store.put("payment_intent", pi)
	c.emit("charge.succeeded", ch)
	c.emit("payment_intent.succeeded", pi)
	if o := c.s.store.get("checkout.session", pi.str("_session")); o != nil && o.str("status") == "complete" {
		o["payment_status"] = "paid"
		c.s.store.put("checkout.session", o)
		c.emit("checkout.session.async_payment_succeeded", o)
	}
	if in := c.s.store.get("invoice", pi.str("invoice")); in != nil && (in.str("status") == "open" || in.str("status") == "uncollectible") {
		c.invoicePaid(in, pi)
	}
}

// finalDispute is the dispute of a debit: banks decide it at once, and there is
// no answer to it.
func (s *Server) finalDispute(ch obj) {
	c := &call{s: s, p: obj{}}
	c.dispute(ch, behaviour{dispute: ch.str("_dispute")})
	for _, r := range s.store.all("dispute") {
		if r.body.str("charge") == ch.id() && !disputeOver(r.body) {
			c.decideDispute(r.body, false)
		}
	}
}

// delayedAt says whether a payment waits for money that is on its way.
func delayedPayment(pi obj) bool {
	return pi.str("status") == "processing" ||
		(pi.str("status") == "requires_action" && pi.sub("next_action").str("type") == "display_bank_transfer_instructions")
}
