package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Purchases is the list of what a customer bought or began to buy.
type Purchases struct {
	Rows   []Bought
	Newer  string // the page before, "" on the first
	Older  string
	Zone   *time.Location
	CanBuy bool
	ToPay  []InvoiceRow // invoices that wait for a payment
}

// Bought is one purchase, as its customer sees it.
type Bought struct {
	ID      string
	Href    string // its page
	Pack    string
	Credits money.Credits
	Unit    ui.Unit
	Price   money.Money // what it costs, or what was paid once it is
	Tax     money.Money // contained in Price
	State   BoughtState
	Note    string // what the state alone does not say, for people
	At      time.Time
	Paid    time.Time // zero: not yet
	Card    string    // "visa •••• 4242", "" for none
	Receipt string    // Stripe's
	Printed string    // our own receipt, "" before it is paid
	Invoice string    // Stripe's, "" where none was made
	Number  string    // of the invoice
	PO      string    // the buyer's number
	Bonus   money.Credits
	Lines   []ui.PriceLine // how the price came about
	List    money.Money    // the price before tax and discount
	Off     money.Money    // the discount
	Resume  string         // Checkout, while it can be gone on with
	Refunds []BoughtRefund
	Wait    *Wait // what its payment waits for, nil for nothing
}

// BoughtState is how a purchase stands, for its customer.
type BoughtState string

// The states of a purchase.
const (
	BoughtOpen       BoughtState = "open"       // waits at Checkout
	BoughtConfirm    BoughtState = "confirm"    // its saved card's bank wants the buyer to confirm
	BoughtProcessing BoughtState = "processing" // the bank has not answered
	BoughtComing     BoughtState = "coming"     // paid; somebody looks at it before the credits come
	BoughtPaid       BoughtState = "paid"
	BoughtPartly     BoughtState = "partly"
	BoughtRefunded   BoughtState = "refunded"
	BoughtLost       BoughtState = "lost" // in a dispute
	BoughtDisputed   BoughtState = "disputed"
	BoughtFailed     BoughtState = "failed"
	BoughtExpired    BoughtState = "expired"
)

// BoughtRefund is money of a purchase that goes back.
type BoughtRefund struct {
	ID      string
	Amount  money.Money
	State   string // pending, succeeded, failed
	Reason  string
	Problem string // why it failed
	At      time.Time
}

// PurchaseView is the page of one purchase.
type PurchaseView struct {
	Bought
	Back     TakeBack
	Grant    string // path of the lot that it brought, "" before
	Refunded money.Money
	Clawed   money.Credits // taken back for what was refunded
	Repaid   money.Credits // the part that settled debt
	Zone     *time.Location
}

// TakeBack says whether a purchase can be taken back by the customer's own
// members.
type TakeBack struct {
	Asked  bool      // there is something to say at all
	May    bool      // it can be
	Member bool      // the visitor's role may
	Until  time.Time // while May
	Why    string    // why not
}

// name says the state in words.
func (s BoughtState) name() string {
	switch s {
	case BoughtOpen:
		return "at Checkout"
	case BoughtConfirm:
		return "to be confirmed"
	case BoughtProcessing:
		return "waiting for the bank"
	case BoughtComing:
		return "adding credits"
	case BoughtPartly:
		return "partly refunded"
	case BoughtLost:
		return "lost in a dispute"
	}
	return string(s)
}

func (s BoughtState) tone() ui.Tone {
	switch s {
	case BoughtPaid:
		return ui.Good
	case BoughtOpen, BoughtProcessing, BoughtComing:
		return ui.Info
	case BoughtDisputed, BoughtConfirm:
		return ui.Warn
	case BoughtFailed, BoughtLost:
		return ui.Bad
	}
	return ui.Plain
}

// onward says what the link to the page where a purchase is paid does.
func (s BoughtState) onward() string {
	if s == BoughtConfirm {
		return "Confirm the payment"
	}
	return "Go on to Checkout"
}

// refundName says the state of a refund in words.
func refundName(state string) string {
	switch state {
	case "pending":
		return "on its way"
	case "succeeded":
		return "sent back"
	}
	return state
}

func refundTone(state string) ui.Tone {
	switch state {
	case "pending":
		return ui.Info
	case "succeeded":
		return ui.Good
	case "failed":
		return ui.Bad
	}
	return ui.Plain
}

// line says a refund in a line: "$25.00 on its way: Bought by mistake".
func (r BoughtRefund) line() string {
	s := ui.Money(r.Amount) + " " + refundName(r.State)
	if r.State == "failed" {
		s = "Refund of " + ui.Money(r.Amount) + " failed"
	}
	if r.Reason != "" {
		s += ": " + r.Reason
	}
	return s
}

func (b Bought) taxNote() string {
	if b.Tax.Amount == 0 {
		return ""
	}
	return "with " + ui.Money(b.Tax) + " tax"
}

// Receipt is a purchase with whom it is addressed to.
type Receipt struct {
	Bought
	Name      string
	Address   Address
	TaxIDs    []TaxID
	TaxInside bool   // the price contains the tax
	Terms     string // on refunds
	Zone      *time.Location
}

// Nothing is no money in the receipt's currency.
func (r Receipt) Nothing() money.Money { return money.Money{Currency: r.Price.Currency} }
