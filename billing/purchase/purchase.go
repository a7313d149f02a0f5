// Package purchase sells packs: a purchase is begun, Stripe takes the payment
// on its Checkout page, and the credits are granted, once.
//
// It promises invariants 11 to 14: whether the webhook, the return page or the
// sweep comes first, twice or at once, a purchase yields its grant once, only
// for a payment that is paid and that matches what we stored, and a stale event
// never takes a state back. Every way goes through Service.fulfil, which looks
// at Stripe's own object and at nothing else.
package purchase

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
)

// State is how a purchase stands.
type State string

const (
	Created    State = "created"    // waits for the customer at Checkout
	Processing State = "processing" // confirmed; the bank has not answered yet
	Paid       State = "paid"       // paid, and the credits are granted
	Failed     State = "failed"     // will not be paid; Problem says why
	Expired    State = "expired"    // the Checkout was left

	PartiallyRefunded State = "partially_refunded"
	Refunded          State = "refunded" // all of it, or lost in a dispute
	Disputed          State = "disputed" // the bank asks for the money back; nothing is decided
)

// Final says whether nothing but a later payment or money that goes back can
// change the state.
func (s State) Final() bool { return s != Created && s != Processing }

// Purchase is somebody buying credits. What was sold, and for what price, is
// kept here: later changes of the pack do not reach it.
type Purchase struct {
	ID         string
	Customer   string
	Pack       string
	PackName   string
	CreditType string
	Credits    money.Credits
	Price      money.Money
	// ExpiresAfterDays is how long the credits live once granted; 0: for ever.
	ExpiresAfterDays int
	State            State
	Problem          string // for people: why it failed, or what does not match

	CheckoutSession   string
	CheckoutURL       string
	CheckoutExpiresAt time.Time
	PaymentIntent     string
	// Total is what was paid; Tax is contained in it, Discount is not.
	Total, Tax, Discount int64
	ReceiptURL           string
	CardBrand, CardLast4 string

	// SuccessURL and CancelURL are the vendor's own, "" for Purse's pages.
	SuccessURL, CancelURL string
	// TermsVersion is what the buyer accepted with it, and Address from where.
	TermsVersion, Address string
	CreatedBy             string
	Grant                 ledger.GrantID
	DebtRepaid            money.Credits

	// Bonus is credits that come for nothing with it, as a grant of their own;
	// they live for BonusDays, 0 for ever.
	Bonus      money.Credits
	BonusDays  int
	BonusGrant ledger.GrantID

	// Refunded is what was refunded or is on its way back, in minor units;
	// MoneyBack is that and what was lost in disputes, at most Total; Clawed is what
	// was taken back of the credits for it.
	Refunded, MoneyBack int64
	Clawed              money.Credits
	// Dispute is Stripe's id of the one that matters now (noteDisputes), "" for none;
	// DisputeStatus Stripe's.
	Dispute, DisputeStatus, DisputeReason string
	DisputeAmount                         int64
	DisputeDue                            time.Time
	Frozen                                bool // the grant, while a dispute is open

	CheckAt           time.Time // when the sweep looks next, zero for never
	Checks            int
	CreatedAt, PaidAt time.Time
	UpdatedAt         time.Time
}

// Open says whether the customer can go on at Checkout.
func (p *Purchase) Open(now time.Time) bool {
	return p.State == Created && p.CheckoutURL != "" && p.Problem == "" && p.CheckoutExpiresAt.After(now)
}

// Granted says whether the purchase has brought its credits.
func (p *Purchase) Granted() bool { return p.Grant != 0 }
