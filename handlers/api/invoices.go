package api

import (
	"context"
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/tx"
)

type invoiceObject struct {
	Object      string     `json:"object" enum:"invoice"`
	ID          string     `json:"id"`
	Customer    string     `json:"customer"`
	Status      string     `json:"status" enum:"draft,issuing,open,paid,void,uncollectible,failed"`
	Overdue     bool       `json:"overdue"`
	Processing  bool       `json:"processing" doc:"A bank was asked for the money and has not answered"`
	Name        string     `json:"name"`
	Number      *string    `json:"number"`
	CreditType  string     `json:"credit_type"`
	Credits     string     `json:"credits"`
	OnIssue     bool       `json:"credits_on_issue" doc:"The credits come when it is issued, not when it is paid"`
	Price       price      `json:"price" doc:"Before tax"`
	Total       price      `json:"total" doc:"With tax, once that is known"`
	Outstanding price      `json:"outstanding"`
	NetDays     int        `json:"net_days"`
	PONumber    *string    `json:"po_number"`
	URL         *string    `json:"url" doc:"Stripe's page on which it is paid"`
	Problem     *string    `json:"problem"`
	Schedule    *string    `json:"schedule"`
	Purchase    *string    `json:"purchase" doc:"Once it is paid"`
	DueAt       *time.Time `json:"due_at"`
	CreatedAt   time.Time  `json:"created_at"`
}

func (a *API) showInvoice(now time.Time) func(in *invoice.Invoice) invoiceObject {
	return func(in *invoice.Invoice) invoiceObject {
		due, left := in.Due(), in.Outstanding()
		return invoiceObject{
			Object: "invoice", ID: in.ID, Customer: in.Customer, Status: string(in.State()), Overdue: in.Overdue(now), Processing: in.Processing, Name: in.Name,
			Number: orNull(in.Number), CreditType: in.CreditType, Credits: in.Credits.String(), OnIssue: in.OnIssue, Price: price{in.Price.Amount, in.Price.Currency},
			Total: price{due.Amount, due.Currency}, Outstanding: price{left.Amount, left.Currency}, NetDays: in.NetDays, PONumber: orNull(in.PONumber), URL: orNull(in.URL),
			Problem: orNull(in.Problem), Schedule: orNull(in.Schedule), Purchase: orNull(in.Purchase), DueAt: stampOrNull(in.DueAt), CreatedAt: stamp(in.CreatedAt),
		}
	}
}

type newInvoice struct {
	CreditType       string   `json:"credit_type"`
	Credits          string   `json:"credits"`
	Price            price    `json:"price" doc:"Before tax"`
	Name             string   `json:"name,omitempty" doc:"What the invoice says; without it the number of credits"`
	NetDays          int      `json:"net_days,omitempty" doc:"0, 30, 60 or 90"`
	ExpiresAfterDays int      `json:"expires_after_days,omitempty"`
	OnIssue          bool     `json:"credits_on_issue,omitempty"`
	Recipients       []string `json:"recipients,omitempty" doc:"Who is mailed beside the customer"`
	PONumber         string   `json:"po_number,omitempty" doc:"Without it that of the billing details"`
	Memo             string   `json:"memo,omitempty" blank:"yes"`
	TaxExempt        string   `json:"tax_exempt,omitempty" doc:"none, exempt or reverse; without it as it is at Stripe"`
}

type createInvoiceIn struct {
	InCustomer
	OnceKey
	Body body[newInvoice]
}

func createInvoice(a *API, ctx context.Context, in *createInvoiceIn) (*reply[invoiceObject], error) {
	if a.Invoices == nil {
		return nil, errNoPurchases
	}
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	amount, err := credits("credits", v.Credits)
	if err != nil {
		return nil, err
	}
	n := invoice.NewInvoice{
		Customer: c.ID, CreditType: v.CreditType, Credits: amount, Price: money.Money{Amount: v.Price.Amount, Currency: v.Price.Currency}, Name: v.Name, NetDays: v.NetDays,
		ExpiresAfterDays: v.ExpiresAfterDays, OnIssue: v.OnIssue, Recipients: v.Recipients, PONumber: v.PONumber, Memo: v.Memo, TaxExempt: invoice.TaxExempt(v.TaxExempt),
	}
	if n.PONumber == "" {
		details, err := a.Accounts.Billing(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		n.PONumber = details.PONumber
	}
	if in.IdempotencyKey != "" {
		n.Key = "api:" + in.IdempotencyKey
	}
	m := v
	m.CreditType, m.Credits = a.creditTypeKey(v.CreditType), amount.String()
	once := in.once(asked{operation: "invoices.create/" + c.ID, sent: in.Body.sent, path: in.ID, object: c.ID, meaning: m})
	var made1 *invoice.Invoice
	err = a.sameOnce(ctx, once, func() (string, error) {
		if made1, err = a.Invoices.Draft(ctx, actor(ctx), n); err != nil {
			return "", err
		}
		return made1.ID, nil
	})
	if err != nil {
		return nil, onceParam(err)
	}
	return made(a.showInvoice(time.Now())(made1), false)
}

// hiddenFrom says whether a customer's key must not see an invoice: what the
// vendor has not sent is nobody's business yet.
func hiddenFrom(ctx context.Context, in *invoice.Invoice) bool {
	return !keyOf(ctx).Vendors() && in.Invoice == ""
}

// invoiceFor is an invoice that a key reaches.
func (a *API) invoiceFor(ctx context.Context, id string) (*invoice.Invoice, error) {
	if a.Invoices == nil {
		return nil, errNoPurchases
	}
	in, err := a.Invoices.Invoice(ctx, id)
	if err == nil && (!keyOf(ctx).Reaches(in.Customer) || hiddenFrom(ctx, in)) {
		err = fault.Missing("invoice")
	}
	return in, err
}

func getInvoice(a *API, ctx context.Context, in *ByID) (*reply[invoiceObject], error) {
	found, err := a.invoiceFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return ok(a.showInvoice(time.Now())(found))
}

func sendInvoice(a *API, ctx context.Context, in *ByID) (*reply[invoiceObject], error) {
	found, err := a.invoiceFor(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if found, err = a.Invoices.Issue(ctx, actor(ctx), found.ID); err != nil {
		return nil, err
	}
	return ok(a.showInvoice(time.Now())(found))
}

type listInvoicesIn struct {
	InCustomer
	Page
}

func listInvoices(a *API, ctx context.Context, in *listInvoicesIn) (*reply[list[invoiceObject]], error) {
	if a.Invoices == nil {
		return nil, errNoPurchases
	}
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var found []*invoice.Invoice
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		found, err = a.Invoices.List(t, c.ID, "", "", "", 1000)
		return err
	})
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(i *invoice.Invoice) bool { return hiddenFrom(ctx, i) })
	return cutList(in.Page, found, func(i *invoice.Invoice) string { return i.ID }, a.showInvoice(time.Now()))
}
