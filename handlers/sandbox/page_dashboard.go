package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"purse/billing/money"
	view "purse/views/sandbox"
)

var shownKinds = []view.Kind{
	{Name: "checkout.session", Label: "Checkout Sessions"}, {Name: "payment_intent", Label: "Payment intents"},
	{Name: "charge", Label: "Charges"}, {Name: "refund", Label: "Refunds"}, {Name: "dispute", Label: "Disputes"},
	{Name: "radar.early_fraud_warning", Label: "Early fraud warnings"},
	{Name: "customer", Label: "Customers"}, {Name: "payment_method", Label: "Payment methods"},
	{Name: "setup_intent", Label: "Setup intents"}, {Name: "invoice", Label: "Invoices"}, {Name: "invoiceitem", Label: "Invoice items"}, {Name: "credit_note", Label: "Credit notes"}, {Name: "balance_transaction", Label: "Balance transactions"}, {Name: "payout", Label: "Payouts"}, {Name: "coupon", Label: "Coupons"}, {Name: "promotion_code", Label: "Promotion codes"}, {Name: "test_helpers.test_clock", Label: "Test clocks"}, {Name: "product", Label: "Products"},
	{Name: "price", Label: "Prices"}, {Name: "event", Label: "Events"}, {Name: "webhook_endpoint", Label: "Webhook endpoints"},
}

func (s *Server) kinds() []view.Kind {
	out := make([]view.Kind, len(shownKinds))
	for i, k := range shownKinds {
		k.Count = len(s.store.all(k.Name))
		out[i] = k
	}
	return out
}

func (s *Server) homePage(w http.ResponseWriter, r *http.Request) {
	var f view.Frame
	var h view.Home
	s.locked(func() {
		f = s.frame("Overview", "home", r)
		h.Kinds = s.kinds()
		for _, e := range s.store.all("webhook_endpoint") {
			h.Endpoint = e.body.str("url")
		}
		h.Faults = s.faultTexts()
		h.Sessions = s.objectTable("checkout.session", "", 10)
		h.Sessions.Caption = "Latest Checkout Sessions"
		h.Events = s.eventTable("", 15)
		h.Events.Caption = "Latest events"
	})
	s.show(w, r, http.StatusOK, view.HomePage(f, h))
}

func (s *Server) objectsPage(w http.ResponseWriter, r *http.Request) {
	kind := r.PathValue("kind")
	var f view.Frame
	var all []view.Kind
	var t view.Table
	known := false
	s.locked(func() {
		f, all = s.frame("Objects", "object", r), s.kinds()
		for _, k := range all {
			if k.Name == kind {
				known = true
				t = s.objectTable(kind, r.URL.Query().Get("after"), 50)
				t.Caption = k.Label
			}
		}
	})
	if !known {
		s.notFoundPage(w, r)
		return
	}
	s.show(w, r, http.StatusOK, view.ObjectsPage(f, all, kind, t))
}

// after is the rows of a kind that follow an id, newest first, and the id to go
// on from when there are more.
func (s *Server) after(kind, id string, limit int) (rows []obj, more string) {
	all := s.store.all(kind)
	i := len(all) - 1
	if id != "" {
		for i >= 0 && all[i].body.id() != id {
			i--
		}
		i--
	}
	for ; i >= 0 && len(rows) < limit; i-- {
		rows = append(rows, all[i].body)
	}
	if i >= 0 && len(rows) > 0 {
		more = rows[len(rows)-1].id()
	}
	return rows, more
}

func (s *Server) objectTable(kind, from string, limit int) view.Table {
	t := view.Table{Head: []string{"Id", "Created", "What"}, Empty: "None yet."}
	rows, more := s.after(kind, from, limit)
	for _, o := range rows {
		t.Rows = append(t.Rows, view.Row{Href: "/objects/" + kind + "/" + url.PathEscape(o.id()),
			Cells: []string{short(o.id()), instant(o.num("created")), s.summary(kind, o)}})
	}
	if more != "" {
		t.Older = "/objects/" + kind + "?after=" + url.QueryEscape(more)
	}
	return t
}

// short cuts the long ids of sessions.
func short(id string) string {
	if len(id) > 30 {
		return id[:22] + "…" + id[len(id)-4:]
	}
	return id
}

func (s *Server) summary(kind string, o obj) string {
	var parts []string
	add := func(p ...string) {
		for _, p := range p {
			if p != "" {
				parts = append(parts, p)
			}
		}
	}
	amount := func(field string) string {
		if !o.has(field) {
			return ""
		}
		return amountText(o.num(field), o.str("currency"))
	}
	switch kind {
	case "checkout.session":
		add(amount("amount_total"), o.str("status"), o.str("payment_status"))
		if l := o.list("_items"); len(l) > 0 {
			add(l[0].(obj).str("description"))
		}
	case "customer":
		add(o.str("email"), o.str("name"))
		if o.yes("deleted") {
			add("deleted")
		}
	case "payment_method":
		if o.str("type") != "card" {
			add(methodNames[o.str("type")], o.sub(o.str("type")).str("last4"), o.str("customer"))
			break
		}
		add(brandNames[o.sub("card").str("brand")]+" •••• "+o.sub("card").str("last4"), o.str("customer"))
	case "coupon":
		add(o.str("name"), offText(o))
	case "promotion_code":
		add(o.str("code"), offText(o.sub("coupon")))
		if !o.yes("active") {
			add("inactive")
		}
	case "event":
		add(o.str("type"))
	case "webhook_endpoint":
		add(o.str("url"), o.str("status"))
	case "price":
		add(amount("unit_amount"), s.store.get("product", o.str("product")).str("name"))
	case "product":
		add(o.str("name"))
	case "balance_transaction":
		add(amount("net"), o.str("type"), o.str("source"))
	default:
		for _, f := range []string{"amount", "amount_due", "amount_paid"} {
			if a := amount(f); a != "" {
				add(a)
				break
			}
		}
		add(o.str("status"), o.str("reason"), o.str("failure_message"))
	}
	return strings.Join(parts, " · ")
}

func (s *Server) eventsPage(w http.ResponseWriter, r *http.Request) {
	var f view.Frame
	var t view.Table
	s.locked(func() {
		f = s.frame("Events", "event", r)
		t = s.eventTable(r.URL.Query().Get("after"), 50)
		t.Caption = "All events"
	})
	s.show(w, r, http.StatusOK, view.EventsPage(f, t))
}

func (s *Server) eventTable(from string, limit int) view.Table {
	t := view.Table{Head: []string{"Type", "Created", "About", "Deliveries"}, Empty: "No events yet. Pay at a Checkout to make some."}
	by := map[string][]obj{}
	for _, r := range s.store.all(kindDelivery) {
		by[r.body.str("event")] = append(by[r.body.str("event")], r.body)
	}
	rows, more := s.after("event", from, limit)
	for _, o := range rows {
		var how []string
		for _, d := range by[o.id()] {
			h := d.str("status")
			if d.str("fault") != "" && d.str("fault") != h {
				h += " (" + d.str("fault") + ")"
			}
			if n := d.num("tries"); n > 1 {
				h += fmt.Sprintf(", %d attempts", n)
			}
			how = append(how, h)
		}
		if how == nil {
			how = []string{"nobody listens"}
		}
		t.Rows = append(t.Rows, view.Row{Href: "/objects/event/" + url.PathEscape(o.id()), Cells: []string{o.str("type"),
			instant(o.num("created")), short(o.sub("data").sub("object").id()), strings.Join(how, "; ")}})
	}
	if more != "" {
		t.Older = "/events?after=" + url.QueryEscape(more)
	}
	return t
}

func (s *Server) objectPage(w http.ResponseWriter, r *http.Request) {
	s.showObject(w, r, http.StatusOK, r.PathValue("kind"), r.PathValue("id"), "")
}

func (s *Server) showObject(w http.ResponseWriter, r *http.Request, status int, kind, id, problem string) {
	var f view.Frame
	var v view.Object
	found := false
	s.locked(func() {
		o := s.store.get(kind, id)
		if found = o != nil && !strings.HasPrefix(kind, "_"); !found {
			return
		}
		f = s.frame(id, "object", r)
		if kind == "event" {
			f.Active = "event"
		}
		v = view.Object{Kind: kind, ID: id, JSON: prettyJSON(o), Error: problem, What: s.summary(kind, o)}
		link := func(label, address string) { v.Links = append(v.Links, view.Pair{Term: label, Value: address}) }
		switch kind {
		case "checkout.session":
			if v.Expire = o.str("status") == "open"; v.Expire {
				link("Open its Checkout page", "/c/pay/"+id)
			}
			if pi := o.str("payment_intent"); pi != "" {
				link("Payment intent", "/objects/payment_intent/"+pi)
			}
		case "payment_intent":
			if ch := o.str("latest_charge"); ch != "" {
				link("Charge", "/objects/charge/"+ch)
			}
			switch {
			case o.num("_answers_at") > 0:
				v.Answer = true
			case delayedPayment(o) && o.str("status") == "requires_action":
				link("Send a transfer", "/t/"+id)
			case o.str("status") == "requires_action":
				link("Authenticate", "/3ds/"+id)
			}
		case "setup_intent":
			if o.str("status") == "requires_action" {
				link("Authenticate", "/3ds/"+id)
			}
		case "charge":
			if o.yes("paid") {
				link("Receipt", "/receipts/"+id)
				if left := o.num("amount") - o.num("amount_refunded"); left > 0 {
					v.Refund, v.Currency = id, strings.ToUpper(o.str("currency"))
					v.RefundLeft = money.Money{Amount: left, Currency: o.str("currency")}.Decimal()
				}
			}
		case "invoice":
			if o.str("hosted_invoice_url") != "" {
				link("Invoice", "/i/"+id)
			}
			if pi := o.str("payment_intent"); pi != "" {
				link("Payment intent", "/objects/payment_intent/"+pi)
			}
		case "dispute":
			link("Charge", "/objects/charge/"+o.str("charge"))
			v.Decide, v.Inquiry = !disputeOver(o), o.yes("is_charge_refundable")
		case "event":
			v.Resend = true
			about := o.sub("data").sub("object")
			if s.store.get(about.str("object"), about.id()) != nil {
				link("Its object", "/objects/"+about.str("object")+"/"+about.id())
			}
			v.Deliveries = s.deliveriesOf(id)
		}
	})
	if !found {
		s.notFoundPage(w, r)
		return
	}
	s.show(w, r, status, view.ObjectPage(f, v))
}

func (s *Server) deliveriesOf(event string) (out []view.Delivery) {
	for _, r := range s.store.all(kindDelivery) {
		d := r.body
		if d.str("event") != event {
			continue
		}
		v := view.Delivery{ID: d.id(), URL: d.str("url"), Status: d.str("status"), Fault: d.str("fault")}
		if v.Fault == v.Status {
			v.Fault = ""
		}
		if v.Status == "pending" {
			v.Next = "in " + max(time.Until(time.UnixMilli(d.num("next"))), 0).Round(time.Second).String()
		}
		for _, a := range d.list("attempts") {
			a := a.(obj)
			status := "no answer"
			if n := a.num("status"); n > 0 {
				status = fmt.Sprint(n, " ", http.StatusText(int(n)))
			}
			v.Attempts = append(v.Attempts, view.Attempt{At: instant(a.num("at")), Status: status, Answer: a.str("answer"), Took: fmt.Sprintf("(%d ms)", a.num("ms"))})
		}
		out = append(out, v)
	}
	return out
}

func (s *Server) expireOnPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	err := noSuch("checkout.session", id, "session", true)
	s.locked(func() {
		c := s.pageCall(r)
		c.id = id
		_, err = expireSessionNow(c)
	})
	if err != nil {
		s.showObject(w, r, err.status, "checkout.session", id, err.message)
		return
	}
	http.Redirect(w, r, "/objects/checkout.session/"+url.PathEscape(id)+"?done=expired", http.StatusSeeOther)
}

func (s *Server) refundOnPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	var err *apiError
	s.locked(func() {
		ch := s.store.get("charge", id)
		if ch == nil {
			err = noSuch("charge", id, "charge", true)
			return
		}
		m, bad1 := money.Parse(strings.TrimSpace(r.PostFormValue("amount")), ch.str("currency"))
		if bad1 != nil {
			err = bad("", "amount", "The amount %s.", bad1)
			return
		}
		c := s.pageCall(r)
		c.p = obj{"charge": id, "amount": m.Amount}
		_, err = createRefund(c)
	})
	if err != nil {
		s.showObject(w, r, err.status, "charge", id, err.message)
		return
	}
	http.Redirect(w, r, "/objects/charge/"+url.PathEscape(id)+"?done=refunded", http.StatusSeeOther)
}

func (s *Server) decideOnPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	err := noSuch("dispute", id, "dispute", true)
	s.locked(func() {
		d := s.store.get("dispute", id)
		if d == nil {
			return
		}
		if err = nil; disputeOver(d) {
			err = bad("", "", "This dispute is already closed.")
			return
		}
		s.pageCall(r).decideDispute(d, r.PostFormValue("outcome") == "won")
	})
	if err != nil {
		s.showObject(w, r, err.status, "dispute", id, err.message)
		return
	}
	http.Redirect(w, r, "/objects/dispute/"+url.PathEscape(id)+"?done=decided", http.StatusSeeOther)
}

func (s *Server) resendOnPage(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !s.Resend(id) {
		s.notFoundPage(w, r)
		return
	}
	http.Redirect(w, r, "/objects/event/"+url.PathEscape(id)+"?done=resent", http.StatusSeeOther)
}
