package sandbox

import (
	"fmt"
	"time"
)

// sendInvoice mails an invoice to its customer. A draft is finalized first.
func sendInvoice(c *call) (obj, *apiError) {
	in, err := c.invoiceInPath("sent", "draft", "open", "paid", "uncollectible")
	if err != nil {
		return nil, err
	}
	switch {
	case in.str("collection_method") != "send_invoice":
		return nil, bad("", "", "You can only manually send an invoice if its collection method is 'send_invoice'.")
	case in.str("customer_email") == "":
		return nil, bad("", "", "The customer of this invoice has no email address: it cannot be sent.")
	}
	if in.str("status") == "draft" {
		if err := c.finalize(in); err != nil {
			return nil, err
		}
	}
	due := ""
	if at := in.num("due_date"); at > 0 {
		due = ", due " + time.Unix(at, 0).UTC().Format("2 January 2006")
	}
	text := fmt.Sprintf("%s sent you invoice %s for %s%s.\n\nView and pay it: %s\n", c.s.opts.Merchant, in.str("number"),
		amountText(in.num("amount_due"), in.str("currency")), due, in.str("hosted_invoice_url"))
	c.s.addMail(c.s.opts.Merchant+" (Stripe) <invoices@stripe.invalid>", in.str("customer_email"), "Invoice "+in.str("number")+" from "+c.s.opts.Merchant, text, "")
	c.emit("invoice.sent", in)
	return in, nil
}

// settleOverdue tells once of each open invoice whose day has passed.
func (s *Server) settleOverdue(now int64) {
	for _, r := range s.store.all("invoice") {
		if in := r.body; in.str("status") == "open" && in.num("due_date") > 0 && in.num("due_date") <= now && !in.yes("_overdue") {
			in["_overdue"] = true
			s.store.put("invoice", in)
			s.emit("invoice.overdue", in, nil)
		}
	}
}
