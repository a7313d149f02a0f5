// Package report reconciles what Stripe moved with what the ledger says, by day
// and by currency: payments, fees, tax, payouts, and deferred revenue.
//
// It promises that opening + movements = closing for every currency and day, that
// closing is what the live lots are worth, that a lot that is used up has
// recognised exactly what was paid for it, and that a payment without purchase,
// or a purchase without payment, is listed as a difference and an alarm when it
// is older than an hour. Amounts are integers of minor units. Entries and balance
// transactions are each read once, behind a cursor: a day is made of figures.
package report

import "time"

// Day is a report: of a day, or of the days of a month added up. Days are UTC.
// All amounts are in minor units of the currency named beside them.
type Day struct {
	Object string    `json:"object" enum:"report"`
	Period string    `json:"period" doc:"2026-11-21, or 2026-11 for a month"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to" doc:"Exclusive"`
	MadeAt time.Time `json:"made_at"`
	Final  bool      `json:"final" doc:"Whether the period is over and Stripe was read since. Late transactions make it again"`

	Balance     []Balance    `json:"balance" doc:"What moved at Stripe, by currency of the balance"`
	Sales       []Sales      `json:"sales" doc:"What was sold, by currency of the sale"`
	Deferred    []Deferred   `json:"deferred" doc:"What paid credits that are not used yet are worth, net of tax"`
	Payouts     []Payout     `json:"payouts"`
	Differences []Difference `json:"differences" doc:"What does not match, at most 500 of a kind and day"`
}

// Balance is what moved the balance of one currency at Stripe. Money out is
// negative, fees are positive when they are paid.
type Balance struct {
	Currency     string `json:"currency"`
	Count        int64  `json:"count"`
	Charges      int64  `json:"charges"`
	ChargeFees   int64  `json:"charge_fees"`
	Refunds      int64  `json:"refunds"`
	RefundFees   int64  `json:"refund_fees"`
	Disputes     int64  `json:"disputes"`
	DisputeFees  int64  `json:"dispute_fees"`
	StripeFees   int64  `json:"stripe_fees" doc:"Fees that are no part of a payment"`
	Net          int64  `json:"net" doc:"Ours, after all fees"`
	Payouts      int64  `json:"payouts"`
	NotOurs      int64  `json:"not_ours" doc:"Net of what other products moved on the same Stripe account"`
	NotOursCount int64  `json:"not_ours_count"`
	Change       int64  `json:"change" doc:"net + payouts + not_ours: the change of the balance"`
}

// Sales are the purchases that were paid.
type Sales struct {
	Currency  string `json:"currency"`
	Count     int64  `json:"count"`
	Price     int64  `json:"price" doc:"Before discount"`
	Discount  int64  `json:"discount"`
	Tax       int64  `json:"tax" doc:"Contained in total"`
	Total     int64  `json:"total" doc:"What buyers paid"`
	NetOfTax  int64  `json:"net_of_tax" doc:"total − tax"`
	Elsewhere int64  `json:"elsewhere" doc:"Of the total, what was paid outside Stripe"`
}

// Deferred is the liability of one currency. Opening plus all movements is
// Closing; what leaves the liability is negative.
type Deferred struct {
	Currency    string `json:"currency"`
	Opening     int64  `json:"opening"`
	Sold        int64  `json:"sold" doc:"New paid credits: of purchases, of invoices whose credits are given on issue, and of grants that say what was paid"`
	Used        int64  `json:"used" doc:"Recognised by use"`
	Expired     int64  `json:"expired" doc:"Recognised by expiry"`
	Refunded    int64  `json:"refunded" doc:"Money that went back, net of tax"`
	Disputed    int64  `json:"disputed" doc:"Money that was lost in disputes, net of tax"`
	Kept        int64  `json:"kept" doc:"What the credits that were taken back for it were worth, less that money: recognised where a bonus was used and its share is kept (negative), reversed where used credits were refunded (positive)"`
	Voided      int64  `json:"voided"`
	Adjusted    int64  `json:"adjusted"`
	Transferred int64  `json:"transferred" doc:"Between customers: 0 unless both sides fall on different days"`
	Closing     int64  `json:"closing"`
}

// Payout is money that Stripe sent to the vendor's bank.
type Payout struct {
	ID        string    `json:"id"`
	Amount    int64     `json:"amount"`
	Currency  string    `json:"currency"`
	Status    string    `json:"status" doc:"Stripe's"`
	CreatedAt time.Time `json:"created_at"`
	ArrivalAt time.Time `json:"arrival_at"`
}

// Difference is something of one side that the other side does not have, or has
// otherwise.
type Difference struct {
	Kind        string `json:"kind" enum:"purchase_without_payment,payment_without_purchase,amount_differs,other_currency,refund_unknown,refund_without_money,dispute_unknown,deferred_differs"`
	Alarm       bool   `json:"alarm" doc:"A person must look: invariant 14"`
	Amount      int64  `json:"amount"`
	Currency    string `json:"currency"`
	Purchase    string `json:"purchase" doc:"Ours, empty when there is none"`
	Payment     string `json:"payment" doc:"Stripe's payment intent"`
	Transaction string `json:"transaction" doc:"Stripe's balance transaction"`
	Object      string `json:"source" doc:"Stripe's charge, refund or dispute"`
	Detail      string `json:"detail"`
}

// Kinds of differences.
const (
	PurchaseWithoutPayment = "purchase_without_payment"
	PaymentWithoutPurchase = "payment_without_purchase"
	AmountDiffers          = "amount_differs"
	OtherCurrency          = "other_currency" // both amounts are known: no alarm
	RefundUnknown          = "refund_unknown"
	RefundWithoutMoney     = "refund_without_money"
	DisputeUnknown         = "dispute_unknown"
	DeferredDiffers        = "deferred_differs"
)

// Alarms counts the differences that a person must look at.
func (d *Day) Alarms() int {
	n := 0
	for _, f := range d.Differences {
		if f.Alarm {
			n++
		}
	}
	return n
}

// Balanced says whether opening and movements are the closing.
func (d Deferred) Balanced() bool {
	return d.Opening+d.Sold+d.Used+d.Expired+d.Refunded+d.Disputed+d.Kept+d.Voided+d.Adjusted+d.Transferred == d.Closing
}

// Recognised is the revenue that credits became: by use, by expiry, and by what was
// kept of refunds.
func (d Deferred) Recognised() int64 { return -d.Used - d.Expired - d.Kept }
