package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Invoices are what a customer has to pay or has paid by invoice.
type Invoices struct {
	Rows  []InvoiceRow
	Newer string
	Older string
	Zone  *time.Location
}

// InvoiceRow is one invoice, as its customer sees it.
type InvoiceRow struct {
	ID, Href, Name, Number string
	Credits                money.Credits
	Unit                   ui.Unit
	Total, Outstanding     money.Money
	Word                   string
	Tone                   ui.Tone
	Note                   string
	At, Due                time.Time
	PayURL                 string // Stripe's page, "" when there is nothing to pay
}

// InvoiceView is the page of one invoice.
type InvoiceView struct {
	InvoiceRow
	Price, Tax, Paid money.Money
	PO, Memo         string
	OnIssue          bool
	Purchase, Grant  string // paths, "" for none
	URL              string
	Zone             *time.Location
}
