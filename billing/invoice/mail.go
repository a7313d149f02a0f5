package invoice

import (
	"time"

	"purse/billing/account"
	"purse/billing/job"
	"purse/billing/tx"
)

// MailInvoice is the template of the mail that tells further recipients of an
// invoice, and the customer that it is overdue or that one which no card pays was made
// again: customer, name, number, amount, currency, due, url (Stripe's page), overdue
// ("1" when it is), replaces (the number of one that it stands for, "") and link.
const MailInvoice = "invoice"

func (s *Service) mailTo(t tx.Tx, in *Invoice, to string, overdue bool) error {
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil || to == "" {
		return err
	}
	data := map[string]string{
		"customer": c.Name, "name": in.Name, "number": in.Number, "amount": in.Outstanding().Decimal(), "currency": in.Price.Currency,
		"due": in.DueAt.In(c.Location()).Format("2 January 2006"), "url": in.URL, "po_number": in.PONumber, "link": "/invoices/" + in.ID,
	}
	if overdue {
		data["overdue"] = "1"
	} else {
		data["replaces"] = in.ReplacesNumber
	}
	return s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: MailInvoice, To: to, Data: data}})
}

// mailCustomer tells the customer of an invoice that Stripe does not mail.
func (s *Service) mailCustomer(t tx.Tx, in *Invoice) error {
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil {
		return err
	}
	return s.mailTo(t, in, c.Email, false)
}

type invoiceEvent struct {
	Invoice    string     `json:"invoice"`
	State      State      `json:"status"`
	Number     string     `json:"number"`
	CreditType string     `json:"credit_type"`
	Credits    string     `json:"credits"`
	Amount     int64      `json:"amount"`
	AmountPaid int64      `json:"amount_paid"`
	Currency   string     `json:"currency"`
	DueAt      *time.Time `json:"due_at"`
	Purchase   *string    `json:"purchase"`
}

func eventOf(in *Invoice) invoiceEvent {
	e := invoiceEvent{in.ID, in.State(), in.Number, in.CreditType, in.Credits.String(), in.Due().Amount, in.AmountPaid, in.Price.Currency, nil, nil}
	if !in.DueAt.IsZero() {
		e.DueAt = &in.DueAt
	}
	if in.Purchase != "" {
		e.Purchase = &in.Purchase
	}
	return e
}
