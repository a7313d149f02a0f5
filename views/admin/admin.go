// Package admin is the pages that the vendor's staff sees.
package admin

import (
	"strconv"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/words"
	"purse/views/portal"
	"purse/views/ui"
)

// Customers is the list with its search.
type Customers struct {
	Query string
	Rows  []CustomerRow
	Newer string
	Older string
	Zone  *time.Location
	Path  string // of this view, to keep it current
}

// CustomerRow is one customer.
type CustomerRow struct {
	ID, Name, Email, External string
	Suspended                 bool
	Balances                  []Amount
	Created                   time.Time
}

// Amount is credits of a type.
type Amount struct {
	Unit   ui.Unit
	Amount money.Credits
	Debt   money.Credits
}

// Customer is the page of one customer.
type Customer struct {
	ID, Name, Email, External, Stripe, Zone string
	Suspended                               bool
	Reason                                  string // of the suspension
	Created                                 time.Time
	Metadata                                []Pair
	Billing                                 []Pair // whom invoices are addressed to, and the currency
	Wallets                                 []Wallet
	Recent                                  []portal.Row
	Members                                 []Member
	Purchases                               []PurchaseRow
	Location                                *time.Location
	MayChange                               bool
	JoinLink                                *JoinLink // just made, shown once
	Invitations                             []ui.Invitation
	Form                                    ui.Form // of whom to invite
}

// JoinLink is a link by which the person who has an address joins.
type JoinLink struct{ Email, URL string }

// Pair is a name and a value.
type Pair struct{ Name, Value string }

// Wallet is one balance of a customer with its lots.
type Wallet struct {
	CreditType string
	Unit       ui.Unit
	Balance    money.Credits
	Available  money.Credits
	Held       money.Credits
	Pending    money.Credits
	Frozen     money.Credits
	Debt       money.Credits
	Overdraft  money.Credits
	Scoped     []portal.Scoped
	Grants     []portal.Grant
}

// Member is a person of a customer.
type Member struct {
	Email, Name, Role string
	Since             time.Time
}

// Claim makes the first admin, or another.
type Claim struct {
	Form      ui.Form
	Token     string
	Title     string
	Email     string // whose link it is, "" for whoever has it
	MinLength int    // of passwords
}

// GrantForm adds credits.
type GrantForm struct {
	Form     ui.Form
	ID, Name string
	Types    []ui.Option
	Nonce    string
}

// AdjustForm corrects a balance.
type AdjustForm struct {
	Form     ui.Form
	ID, Name string
	Types    []ui.Option
	Corrects string // the posting to correct, "" for none
	Nonce    string
}

// TransferForm moves credits to another customer.
type TransferForm struct {
	Form     ui.Form
	ID, Name string
	Types    []ui.Option
	Nonce    string
}

// ReasonForm asks why, before something that needs nothing else.
type ReasonForm struct {
	Form        ui.Form
	Title, Text string
	Name        string // of the customer
	Back        string
	Action      string
	Button      string
	Danger      bool
	Nonce       string
}

// Preview says what an act would do, before it is done.
type Preview struct {
	Title   string
	Name    string // of the customer
	Back    string
	Action  string
	Hidden  []Pair // what was filled in
	Says    []string
	Changes []Change
	Reason  string
	Button  string
	Danger  bool
}

// Change is a figure before and after.
type Change struct{ Name, Before, After string }

// Catalog is everything that is sold and counted.
type Catalog struct {
	Types     []CreditType
	Packs     []Pack
	Meters    []Meter
	Rates     []Rate
	Zone      *time.Location
	MayChange bool
}

// CreditType is a row of the catalog.
type CreditType struct {
	Key, Name, Unit, Units, Description string
	Decimals                            int
	Archived                            bool
}

// Pack is a row of the catalog.
type Pack struct {
	ID, Name   string
	Unit       ui.Unit
	Amount     string
	Prices     []string // by currency
	Bonus      string
	ExpireDays int
	Archived   bool
}

// Meter is a row of the catalog.
type Meter struct {
	Key, Event, Aggregation, Property string
	Archived                          bool
}

// Rate is a row of the catalog.
type Rate struct {
	ID, Meter, Text, Match string
	Since                  time.Time // zero: from the beginning
	State                  string    // "now", "later", "replaced", "archived"
	MayArchive             bool
	MayWithdraw            bool // it applies later
	MayRestore             bool // it was archived, and nothing took its place
}

// CatalogForm makes or changes something of the catalog.
type CatalogForm struct {
	Form    ui.Form
	Title   string
	Text    string
	Action  string
	Button  string
	Fields  []FormField
	Archive string // path that archives or brings back, "" for none
	Back    bool   // what Archive does is to bring it back
}

// FormField is an input, or a select when it has options.
type FormField struct {
	ui.Field
	Options []ui.Option
	Area    bool
}

// Purchases is the list of all purchases.
type Purchases struct {
	Query        string
	Rows         []PurchaseRow
	Newer, Older string
	Zone         *time.Location
}

// PurchaseRow is one purchase.
type PurchaseRow struct {
	ID, Customer, CustomerID, Pack string
	Credits                        money.Credits
	Unit                           ui.Unit
	Price                          money.Money
	State                          string
	At                             time.Time
	Receipt, Card                  string
	Error                          string
}

// Inbox is what Stripe told us.
type Inbox struct {
	State        string // filter
	Rows         []InboxRow
	Newer, Older string
	Zone         *time.Location
	MayChange    bool
}

// InboxRow is one event of Stripe's.
type InboxRow struct {
	ID, Type, Object, State, Error string
	Attempts                       int
	Received, Processed            time.Time
	Purchase                       string // that it was about
	Orphan                         bool   // of a purchase that is not known here, and can be adopted
}

// Jobs is the work that waits and that was given up.
type Jobs struct {
	Waiting, Parked int64
	Rows            []JobRow
	Zone            *time.Location
	MayChange       bool
}

// JobRow is a job that was given up.
type JobRow struct {
	ID, Kind, Payload, Error string
	Attempts                 int
	Created, Parked          time.Time
}

// Audit is who did what to a customer.
type Audit struct {
	ID, Name string
	Rows     []portal.LogRow
	Newer    string
	Older    string
	Zone     *time.Location
}

// StateTone colours a state of a purchase or of an inbox event.
func StateTone(state string) ui.Tone {
	switch state {
	case "paid", "done", "succeeded":
		return ui.Good
	case "processing", "created", "confirm", "received", "pending":
		return ui.Info
	case "retrying":
		return ui.Warn
	case "failed", "alarm", "disputed", "lost":
		return ui.Bad
	}
	return ui.Plain
}

// StateName says a state in words.
func StateName(state string) string {
	switch state {
	case "created":
		return "at Checkout"
	case "confirm":
		return "saved card to be confirmed"
	case "received":
		return "waiting"
	case "not_ours":
		return "not ours"
	case "alarm":
		return "needs a person"
	case "partially_refunded":
		return "partly refunded"
	case "lost":
		return "lost in a dispute"
	}
	return state
}

func expires(days int) string {
	switch days {
	case 0:
		return "never"
	}
	return "after " + words.Count(days, "day")
}

func count(n int) string { return strconv.Itoa(n) }

var inboxStates = []ui.Option{
	{Value: "", Text: "All"}, {Value: "received", Text: "Waiting"}, {Value: "retrying", Text: "Retrying"},
	{Value: "alarm", Text: "Needs a person"}, {Value: "done", Text: "Done"}, {Value: "not_ours", Text: "Not ours"}, {Value: "ignored", Text: "Ignored"},
}

// kindOptions are the kinds of grants that staff can make.
var kindOptions = []ui.Option{
	{Value: string(ledger.Promotional), Text: "Promotional"}, {Value: string(ledger.Included), Text: "Included"}, {Value: string(ledger.Committed), Text: "Committed"},
	{Value: string(ledger.Paid), Text: "Purchased elsewhere"},
}

// KindName is a kind of grant in words, as the form has it.
func KindName(kind ledger.Kind) string {
	for _, o := range kindOptions {
		if o.Value == string(kind) {
			return o.Text
		}
	}
	return string(kind)
}
