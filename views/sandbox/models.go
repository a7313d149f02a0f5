// Package sandbox renders the pages of the Stripe sandbox: Checkout as a
// customer sees it, and the dashboard and mailbox for people who develop. It
// has a look of its own, so that nobody takes it for Purse or for Stripe.
package sandbox

import "github.com/a-h/templ"

// Frame is what every page of the dashboard shows around its content.
type Frame struct {
	Title  string
	Active string // which link of the navigation is current
	Clock  string // the sandbox's time
	Moved  string // by how much it was moved, "" when not
	Home   string // "your site", or ""
	Notice string // what the last action did
	People bool   // there is a page that makes links to sign in
}

// Line is one thing that is sold.
type Line struct{ Name, About, Each, Amount string }

// TestCard is a button that fills the form.
type TestCard struct{ Number, Label string }

// CheckoutForm is what a customer typed.
type CheckoutForm struct {
	Email, Number, Expiry, CVC, Name, Country string
	Method                                    string // a payment method type, "" for card
	Code                                      string // a promotion code
	Routing, Account, IBAN                    string
	Postal                                    string
	Wallet                                    string // the wallet that filled in the card, "" for none
}

// Checkout is the hosted Checkout page of one session.
type Checkout struct {
	Session, Merchant, Cancel, Total string
	Lines                            []Line
	Subtotal, Discount, Tax          string // "" when there is nothing to itemise
	Fixed                            string // the customer's e-mail, which cannot be changed here
	Form                             CheckoutForm
	Field, Error                     string // what is wrong, and where ("card" for the whole)
	Button                           string
	Setup                            bool
	Free                             bool
	Promotion                        bool   // codes may be entered
	DiscountName                     string // the code or coupon that takes something off, ""
	Removable                        bool   // the buyer entered it and may take it off
	Codes                            []Pair // codes that work here, and what they take off
	Cards                            []TestCard
	Wallets                          []Pair   // which fill in a card: name and label
	Methods                          []Method // to choose from, none when there is only the card
	Countries                        []Country
	Expires                          string // "" for an invoice
	Path                             string // where the forms go
	Waiting                          string // the card whose authentication an invoice waits for, ""
	Currencies                       []Pair // others to pay in, and what it comes to
	Submit                           string // what the merchant says beside the button
}

// Method is one kind of payment method to choose.
type Method struct {
	Type, Label, Href string
	Active            bool
}

// Transfer is the page that says where to send money, and sends it.
type Transfer struct {
	Path, Merchant, Reference, Currency string
	Missing, Received                   string // "" for nothing
	MissingPlain                        string // as it is typed
	Due                                 string // of the whole
	To                                  []Pair
	Return                              string // where the buyer goes back to, "" for nowhere
	Error                               string
	Paid                                bool
}

// Country is one option of the form.
type Country struct{ Code, Name string }

// Authentication is the bank's page of 3-D Secure.
type Authentication struct{ ID, Merchant, Amount, Card string }

// Message is a page that says one thing.
type Message struct{ Title, Text, Link, Label string }

// Receipt is what a customer gets for a payment.
type Receipt struct {
	Merchant, Title, Number, Amount, Date, Method, Email, Status string
	Lines                                                        []Line
	Totals                                                       []Pair
	Billed                                                       []Pair // of an invoice: whom it is addressed to
}

// Portal is the page on which a customer manages cards.
type Portal struct {
	Path, Merchant, Customer, Return string
	Cards                            []SavedCard
	Error                            string
}

// SavedCard is one payment method of a customer.
type SavedCard struct {
	ID, Name, Expires string
	Default           bool
	Mandate           string // to debit a bank account: active, inactive, "" for none
}

// Pair is a term and its value.
type Pair struct{ Term, Value string }

// Table is a list of things, cards on a phone.
type Table struct {
	Caption, Empty string
	Head           []string
	Rows           []Row
	Newer          string
	Older          string // link to more, or ""
}

// Row links its first cell.
type Row struct {
	Href  string
	Cells []string
}

// Kind is one kind of object and how many there are.
type Kind struct {
	Name, Label string
	Count       int
}

// Home is the dashboard's first page.
type Home struct {
	Kinds    []Kind
	Sessions Table
	Events   Table
	Faults   []string
	Endpoint string
}

// Object is one object and what can be done with it.
type Object struct {
	Kind, ID, JSON string
	What           string // what it is in a few words
	Links          []Pair // label, address
	Expire         bool
	Refund         string // the charge or intent to refund, ""
	RefundLeft     string
	Currency       string
	Resend         bool
	Answer         bool // a payment whose bank has not answered
	Decide         bool // a dispute that can be decided
	Inquiry        bool
	Deliveries     []Delivery
	Error          string
}

// Delivery is one event on its way to one endpoint.
type Delivery struct {
	ID, URL, Status, Fault, Next string
	Attempts                     []Attempt
}

// Attempt is one try.
type Attempt struct{ At, Status, Answer, Took string }

// Settings is the page of clock, faults and tax.
type Settings struct {
	Deliveries, API, Charges []Fault
	Tax                      string
	Adaptive                 string // Adaptive Pricing on hosted invoices: "", shown, charged
	Bank                     string // seconds until banks answer, "" for the usual days
	Error                    string
	Form                     string // which form was refused, ""
	Typed                    map[string]string
}

// Mail is one message.
type Mail struct {
	ID, From, To, Subject, Sent string
	Text                        []TextPart
	HTML                        bool
	Links                       []templ.SafeURL
}

// TextPart is plain text, or a link when Link is set.
type TextPart struct {
	Text string
	Link templ.SafeURL
}

// Promotions is the page of promotion codes, with what was typed in its form.
type Promotions struct {
	Codes        []PromotionCode
	Code, Off    string
	Kind         string // "percent", else a currency in capitals
	Currencies   []string
	Most, Days   string // how often it may be used, and for how many days; "" without end
	Least        string
	First        bool
	Field, Error string
}

// PromotionCode is one row of that page.
type PromotionCode struct {
	ID, Code, Off, Used, Ends, Limits string
	Active, Over                      bool // in use; cannot be used again
}

// TestCards is a group of cards or accounts and what they do.
type TestCards struct {
	ID, Title, About string
	Head             []string
	Rows             [][]string
}

// Fault is one thing that is set to go wrong.
type Fault struct{ ID, Text string }

// in is what was typed into a form that was refused, else what it begins with.
func (s Settings) in(form, name, otherwise string) string {
	if s.Form == form {
		return s.Typed[name]
	}
	return otherwise
}
