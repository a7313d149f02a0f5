package sandbox

import (
	"net/http"
	"strings"

	view "purse/views/sandbox"
)

// receiptPage shows the receipt of a charge or a paid invoice.
func (s *Server) receiptPage(w http.ResponseWriter, r *http.Request) {
	var v view.Receipt
	s.locked(func() {
		id := r.PathValue("id")
		if ch := s.store.get("charge", id); ch != nil && ch.yes("paid") {
			v = s.receiptOfCharge(ch)
		} else if in := s.store.get("invoice", id); in != nil {
			v = s.receiptOfInvoice(in)
		}
	})
	if v.Title == "" {
		s.notFoundPage(w, r)
		return
	}
	s.show(w, r, http.StatusOK, view.ReceiptPage(v))
}

func (s *Server) receiptOfCharge(ch obj) view.Receipt {
	currency := ch.str("currency")
	v := view.Receipt{Merchant: s.opts.Merchant, Title: "Receipt from " + s.opts.Merchant, Number: ch.id()[len(ch.id())-8:],
		Amount: amountText(ch.num("amount"), currency), Date: instant(ch.num("created")),
		Method: methodText(ch),
		Email:  ch.sub("billing_details").str("email"), Status: "Paid"}
	if o := s.store.get("checkout.session", s.store.get("payment_intent", ch.str("payment_intent")).str("_session")); o != nil {
		s.addLines(&v, o.list("_items"), o.sub("total_details"), currency)
	}
	if len(v.Lines) == 0 {
		v.Lines = []view.Line{{Name: ch.or("description", "Payment").(string), Amount: v.Amount}}
	}
	v.Totals = append(v.Totals, view.Pair{Term: "Amount charged", Value: v.Amount})
	if n := ch.num("amount_refunded"); n > 0 {
		v.Status = "Partially refunded"
		if ch.yes("refunded") {
			v.Status = "Refunded"
		}
		v.Totals = append(v.Totals, view.Pair{Term: "Refunded", Value: "−" + amountText(n, currency)})
	}
	return v
}

func (s *Server) receiptOfInvoice(in obj) view.Receipt {
	currency := in.str("currency")
	v := view.Receipt{Merchant: s.opts.Merchant, Title: "Invoice " + in.str("number"), Number: in.str("number"),
		Amount: amountText(in.num("amount_paid"), currency), Date: instant(in.num("created")), Email: in.str("customer_email"), Status: "Paid"}
	v.Billed = billedTo(in)
	details := obj{"amount_tax": in["tax"]}
	for _, d := range in.list("total_discount_amounts") {
		details["amount_discount"] = details.num("amount_discount") + d.(obj).num("amount")
	}
	s.addLines(&v, in.list("_items"), details, currency)
	v.Totals = append(v.Totals, view.Pair{Term: "Total", Value: v.Amount})
	return v
}

// billedTo is who an invoice is addressed to, and what it prints beside.
func billedTo(in obj) (out []view.Pair) {
	add := func(term, value string) {
		if value != "" {
			out = append(out, view.Pair{Term: term, Value: value})
		}
	}
	add("Name", in.str("customer_name"))
	a := in.sub("customer_address")
	var lines []string
	for _, f := range []string{"line1", "line2", "postal_code", "city", "state", "country"} {
		if v := a.str(f); v != "" {
			lines = append(lines, v)
		}
	}
	add("Address", strings.Join(lines, ", "))
	for _, id := range in.list("customer_tax_ids") {
		add("Tax id", strings.ToUpper(strings.ReplaceAll(id.(obj).str("type"), "_", " "))+" "+id.(obj).str("value"))
	}
	for _, f := range in.list("custom_fields") {
		add(f.(obj).str("name"), f.(obj).str("value"))
	}
	return out
}

func (s *Server) addLines(v *view.Receipt, items []any, details obj, currency string) {
	for _, l := range items {
		l := l.(obj)
		v.Lines = append(v.Lines, view.Line{Name: l.str("description"), Amount: amountText(l.num("amount_subtotal"), currency)})
	}
	if n := details.num("amount_discount"); n > 0 {
		v.Totals = append(v.Totals, view.Pair{Term: "Discount", Value: "−" + amountText(n, currency)})
	}
	if n := details.num("amount_tax"); n > 0 {
		v.Totals = append(v.Totals, view.Pair{Term: "Tax", Value: amountText(n, currency)})
	}
}
