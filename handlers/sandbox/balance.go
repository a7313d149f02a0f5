package sandbox

import "time"

// What the sandbox charges, as Stripe usually does for cards: 2.9 % and 30 minor
// units of a payment, 15.00 for a dispute, and on each day with payments a fee for
// Radar, 2 minor units a payment, that is no part of any of them.
const (
	disputeFee = 1500
	radarFee   = 2
	payoutLag  = 2 * 24 * time.Hour // until money of a payment is paid out
)

func paymentFee(amount int64) int64 { return (amount*29+500)/1000 + 30 }

// moves records what a movement of money did to the balance, and answers its id.
func (s *Server) moves(typ, category, source string, amount, fee int64, currency any) string {
	o := s.fresh("balance_transaction")
	delete(o, "livemode")
	o["id"] = "txn_3" + randomText(23)
	o["amount"], o["fee"], o["net"], o["currency"] = amount, fee, amount-fee, currency
	o["available_on"] = s.unix() + int64(payoutLag/time.Second)
	o["description"], o["exchange_rate"] = nil, nil
	o["fee_details"] = []any{}
	if fee > 0 {
		o["fee_details"] = []any{obj{"amount": fee, "application": nil, "currency": currency, "description": "Stripe processing fees", "type": "stripe_fee"}}
	}
	o["reporting_category"], o["status"], o["type"] = category, "pending", typ
	o["source"] = source
	if source == "" {
		o["source"] = nil
	}
	if category == "payout" || category == "fee" {
		o["available_on"], o["status"] = s.unix(), "available"
	}
	s.store.put("balance_transaction", o)
	return o.id()
}

// charged records the money of a payment that succeeded.
func (s *Server) charged(ch obj) string {
	typ := "charge"
	if t := ch.sub("payment_method_details").str("type"); t != "card" {
		typ = "payment"
	}
	amount, currency := settles(ch, ch.num("amount"))
	id := s.moves(typ, "charge", ch.id(), amount, paymentFee(amount), currency)
	if doesOf(s.store.get("payment_method", ch.str("payment_method"))).available {
		o := s.store.get("balance_transaction", id)
		o["available_on"], o["status"] = s.unix(), "available"
		s.store.put("balance_transaction", o)
	}
	return id
}

// withdrawn records that a dispute took its money, reinstated that it gave it
// back.
func (s *Server) withdrawn(d obj) {
	amount, currency := settles(s.store.get("charge", d.str("charge")), d.num("amount"))
	s.disputed(d, s.moves("adjustment", "dispute", d.id(), -amount, disputeFee, currency))
}

func (s *Server) reinstated(d obj) {
	amount, currency := settles(s.store.get("charge", d.str("charge")), d.num("amount"))
	s.disputed(d, s.moves("adjustment", "dispute_reversal", d.id(), amount, -disputeFee, currency))
}

func (s *Server) disputed(d obj, transaction string) {
	d["balance_transactions"] = append(d.list("balance_transactions"), publicValue(s.store.get("balance_transaction", transaction)))
	s.store.put("dispute", d)
}

// settlePayouts pays out, once for each day of the clock, what is available.
func (s *Server) settlePayouts(now int64) {
	const day = 24 * 60 * 60
	today := now - now%day
	if s.paidOut == 0 {
		for _, r := range s.store.all("payout") {
			s.paidOut = max(s.paidOut, r.body.num("created")-r.body.num("created")%day)
		}
		if s.paidOut == 0 {
			s.paidOut = today
		}
	}
	if s.paidOut >= today {
		return
	}
	s.paidOut = today
	for _, r := range s.store.all("payout") { // the bank has those of the days before
		if r.body.str("status") == "in_transit" && r.body.num("arrival_date") <= now {
			r.body["status"] = "paid"
			s.store.put("payout", r.body)
			s.emit("payout.paid", r.body, nil)
		}
	}
	sums, payments := map[string]int64{}, map[string]int64{}
	var order []string
	for _, r := range s.store.all("balance_transaction") {
		o := r.body
		if o.yes("_paid_out") || o.num("available_on") > now || o.str("type") == "payout" {
			continue
		}
		if _, there := sums[o.str("currency")]; !there {
			order = append(order, o.str("currency"))
		}
		sums[o.str("currency")] += o.num("net")
		if o.str("reporting_category") == "charge" {
			payments[o.str("currency")]++
		}
	}
	for _, currency := range order {
		if n := payments[currency]; n > 0 {
			s.moves("stripe_fee", "fee", "", -n*radarFee, 0, currency)
			sums[currency] -= n * radarFee
		}
		if sums[currency] <= 0 {
			continue // waits for more
		}
		for _, r := range s.store.all("balance_transaction") {
			if o := r.body; o.str("currency") == currency && o.num("available_on") <= now && o.str("type") != "payout" && !o.yes("_paid_out") {
				o["_paid_out"], o["status"] = true, "available"
				s.store.put("balance_transaction", o)
			}
		}
		p := s.fresh("payout")
		p["amount"], p["currency"], p["arrival_date"], p["automatic"] = sums[currency], currency, today+2*day, true
		p["description"], p["destination"], p["failure_balance_transaction"], p["failure_code"], p["failure_message"] = "STRIPE PAYOUT", "ba_1Sandbox", nil, nil, nil
		p["metadata"], p["method"], p["original_payout"], p["reconciliation_status"], p["reversed_by"] = obj{}, "standard", nil, "completed", nil
		p["source_type"], p["statement_descriptor"], p["status"], p["type"] = "card", nil, "in_transit", "bank_account"
		p["balance_transaction"] = s.moves("payout", "payout", p.id(), -sums[currency], 0, currency)
		s.store.put("payout", p)
		s.emit("payout.created", p, nil)
	}
}

func listBalanceTransactions(c *call) (obj, *apiError) {
	return c.page("balance_transaction", c.matches("currency", "source", "type"))
}

func getBalanceTransaction(c *call) (obj, *apiError) {
	return c.find("balance_transaction", "balance transaction", "id")
}

func listPayouts(c *call) (obj, *apiError) {
	return c.page("payout", c.matches("status", "destination"))
}

func getPayout(c *call) (obj, *apiError) { return c.find("payout", "payout", "payout") }

// getBalance adds up what moved it.
func getBalance(c *call) (obj, *apiError) {
	available, pending := map[string]int64{"usd": 0}, map[string]int64{"usd": 0}
	for _, r := range c.s.store.all("balance_transaction") {
		currency := r.body.str("currency")
		if _, there := available[currency]; !there {
			available[currency], pending[currency] = 0, 0
		}
		if r.body.num("available_on") <= c.s.unix() {
			available[currency] += r.body.num("net")
		} else {
			pending[currency] += r.body.num("net")
		}
	}
	list := func(sums map[string]int64) []any {
		out := []any{}
		for currency, n := range sums {
			out = append(out, obj{"amount": n, "currency": currency, "source_types": obj{"card": n}})
		}
		return out
	}
	return obj{"object": "balance", "available": list(available), "pending": list(pending), "livemode": false}, nil
}
