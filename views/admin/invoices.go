package admin

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Invoices is the list of invoices for credits.
type Invoices struct {
	State     string
	Rows      []InvoiceRow
	Newer     string
	Older     string
	MayChange bool
	Customer  string // whose, "" for all
	Name      string
	Schedules []ScheduleRow // of the customer
	Zone      *time.Location
}

// ScheduleRow is a schedule of purchases, as staff sees it.
type ScheduleRow struct {
	ID, Name, Every, Pays, Note string
	State                       InvoiceState
	Credits                     money.Credits
	Price                       money.Money
	Next                        time.Time
	MayCancel                   bool
}

// InvoiceRow is one invoice.
type InvoiceRow struct {
	ID, Name, Number, CustomerID, Customer string
	Credits                                money.Credits
	Price                                  money.Money
	Outstanding                            money.Money
	State                                  InvoiceState
	Problem                                string
	At, Due                                time.Time
}

// InvoiceState is how an invoice stands, in a word and a colour.
type InvoiceState struct {
	Word string
	Tone ui.Tone
}

// Invoice is the page of one invoice: of a draft what will be sent, afterwards
// how it stands.
type Invoice struct {
	InvoiceRow
	Draft, Payable, Waits        bool // Waits: Stripe is being asked
	MayChange                    bool
	Says                         []string // what sending does
	Unit                         ui.Unit
	Terms, Exempt                string
	Expires                      string
	OnIssue                      bool
	PO, Memo, Email              string
	Recipients                   []string
	Total, Tax, Paid             money.Money
	URL, Purchase, Grant, Stripe string
	Clawed                       money.Credits
	Reason                       string
	Schedule                     string
	Card                         string
	Issued, Finished             time.Time
	MayVoid, MayGiveUp           bool
	Remake                       string // "" or how far one is whose customer was deleted at Stripe
	MayRemake                    bool
	Replaces                     string // the number of the one that it stands for
	Zone                         *time.Location
	Resend                       bool
	Bill                         BillTo
}

// BillTo is who an invoice is addressed to: the customer's billing details.
type BillTo struct {
	Name, Email string
	Lines       []string // of the address, none for none
	TaxIDs      []string
	Problem     string // what Stripe has against it
}

// InvoiceForm drafts an invoice.
type InvoiceForm struct {
	Form              ui.Form
	ID, Name, Email   string // the customer
	Types, Terms, Tax []ui.Option
	Repeat            []ui.Option // none when a draft is edited
	Today             string
	Back, Action      string
	Nonce             string
	Bill              BillTo
}

var onIssueOptions = []ui.Option{{Value: "", Text: "When it is paid"}, {Value: "yes", Text: "At once, when it is issued (committed)"}}

var invoiceStates = []ui.Option{{Value: "", Text: "All"}, {Value: "draft", Text: "Draft"}, {Value: "open", Text: "Open"}, {Value: "paid", Text: "Paid"},
	{Value: "uncollectible", Text: "Uncollectible"}, {Value: "void", Text: "Void"}, {Value: "failed", Text: "Failed"}}
