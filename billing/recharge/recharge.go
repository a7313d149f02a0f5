// Package recharge buys credits for customers who asked for it: "when available
// reaches T or less, buy this pack". A policy is the standing order, a recharge
// one run of it, paid with a saved payment method through a one-off invoice of
// Stripe's. A bank debit takes days: meanwhile the recharge is open, counts, and is
// neither sent again nor voided.
//
// It promises invariants 18 to 23. At most one recharge of a wallet is open, by
// a unique index. It and the key of every call are committed before Stripe is
// called; an outcome that nobody knows is asked for again under the same key,
// later looked up, and meanwhile nothing new is begun. What a customer's cap
// allows is checked in the transaction that begins a recharge, and once more
// with tax before it is paid. What is declined for good pauses the policy
// at once, and only the customer or a payment method with another number resumes it.
// Nothing runs without recorded consent.
package recharge

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/words"
)

// State is how a policy stands.
type State string

const (
	Off      State = "off"
	Armed    State = "armed"    // waits for the balance to reach the threshold
	Charging State = "charging" // a recharge is being paid
	Backoff  State = "backoff"  // the card was declined, and is tried again at NextAt
	Paused   State = "paused"   // Reason says why; the customer has to act
	Capped   State = "capped"   // the month's cap is reached, until NextAt
)

// Reason is why a policy is paused, or a recharge not paid.
type Reason string

const (
	CardDeclined           Reason = "card_declined"
	AuthenticationRequired Reason = "authentication_required"
	NoCard                 Reason = "no_card"        // the card was removed or has expired
	PriceChanged           Reason = "price_changed"  // dearer than consented to, or not sold any more
	OtherCurrency          Reason = "other_currency" // the customer pays in another currency than consented to
	Disputed               Reason = "dispute"        // the bank disputes a payment
	FraudWarning           Reason = "fraud_warning"  // the bank suspects one
	ByStaff                Reason = "staff"          // the vendor paused it
	RefusedByStripe        Reason = "refused"        // Stripe will not make the invoice
	Mismatch               Reason = "mismatch"       // the invoice is not what was asked for

	Unknown    Reason = "unknown"     // Stripe never answered, and has no such invoice
	NotNeeded  Reason = "not_needed"  // credits came from elsewhere meanwhile
	TurnedOff  Reason = "turned_off"  // the customer turned it off
	Edited     Reason = "edited"      // the customer changed it
	CapReached Reason = "cap_reached" // with tax it would have exceeded the cap
	TooLate    Reason = "too_late"    // nobody repaired it in time
)

// Method is a saved payment method as it was when it was chosen: see
// purchase.PaymentMethod.
type Method struct{ ID, Type, Brand, Last4, Fingerprint string }

// Same says whether two are one card or account, however often it was saved.
func (m Method) Same(o Method) bool {
	return m.ID == o.ID || (m.Fingerprint != "" && m.Type == o.Type && m.Fingerprint == o.Fingerprint)
}

// Consent is what the customer agreed to: which text, who, from where, when.
type Consent struct {
	Version, User, Address string
	At                     time.Time
}

// ConsentDocument and ConsentVersion name the text that customers agree to when
// they turn automatic recharges on.
const (
	ConsentDocument = "auto_recharge"
	ConsentVersion  = "2026-12"
)

// ConsentText is that text, beside the policy's own figures.
const ConsentText = "I agree that this payment method is charged automatically, without asking me each time, whenever the available credits reach the level above, " +
	"up to the monthly cap, until I turn this off."

// Waits is what a policy waits for whose balance is at or below its level.
type Waits string

const (
	WaitsNothing Waits = ""
	WaitsUsage   Waits = "usage"   // the balance fell for another reason
	WaitsPayment Waits = "payment" // a purchase that is being paid will do
)

// Policy is a customer's standing order for one wallet.
type Policy struct {
	ID, Customer, CreditType string
	State                    State
	Reason                   Reason
	// Note says in words why nothing happens although it seems it should, ""
	// when there is nothing to say.
	Note string
	// Waits is what the note is about, where reading the policy looks whether that is
	// still so. It means nothing without a note.
	Waits Waits
	// RepairURL is Stripe's page on which a declined recharge can be paid.
	RepairURL string

	Threshold money.Credits
	Pack      string
	Quantity  int
	// Target is the level that a recharge brings the balance back up to, with a
	// pack for any amount; 0 for Quantity packs of fixed size. Agreed is the pack's
	// price and bonuses as they were consented to; Credits and Price are then those of a recharge
	// from the threshold.
	Target  money.Credits
	Agreed  string
	Credits money.Credits // that one recharge buys, as consented
	Bonus   money.Credits // that comes with it, of packs of fixed size
	// TaxBehavior is how Price stands to tax, as consented: see
	// purchase.EffectiveTax.
	TaxBehavior string
	Price       money.Money   // of one recharge before tax, as consented
	Cap         int64         // a calendar month, tax included, in minor units of Price's currency
	PerDay      int           // recharges a day
	Cooldown    time.Duration // between two recharges

	Method, Backup Method // Backup's ID is "" for none
	Consent        Consent

	NextAt               time.Time // when time alone goes on, zero for never
	PausedAt             time.Time
	CreatedAt, UpdatedAt time.Time
}

// RunState is how a recharge stands.
type RunState string

const (
	Pending   RunState = "pending"   // being paid; or sent, and without an answer
	Retrying  RunState = "retrying"  // declined, and tried again at NextAt
	Waiting   RunState = "waiting"   // declined: the customer can pay it on Stripe's page
	Succeeded RunState = "succeeded" // paid, and the credits are granted
	Failed    RunState = "failed"    // never made
	Voided    RunState = "voided"    // given up; it cannot be paid any more
)

// Open says whether money may still come of it.
func (s RunState) Open() bool { return s == Pending || s == Retrying || s == Waiting }

// Recharge is one run of a policy.
type Recharge struct {
	ID, Policy, Customer, CreditType string
	Pack, PackName                   string
	Quantity                         int
	Credits                          money.Credits
	Price                            money.Money // before tax
	ExpiresAfterDays                 int
	Bonus                            money.Credits // that comes with it
	BonusDays                        int

	State   RunState
	Reason  Reason
	Message string // the bank's or Stripe's words
	GiveUp  Reason // it is to be voided, and why

	Amount     int64 // what counts towards the cap: with tax once that is known
	Tax        int64
	Method     Method
	Types      []string // of what could be charged when it began: its invoice can be paid with these
	BackupUsed bool
	Tries      int // soft declines
	Pays       int // keys under which a payment was sent
	Paying     bool
	Processing bool      // Pending, and a bank is asked for the money since SentAt: it takes days
	Unknowns   int       // calls in a row without an answer
	SentAt     time.Time // first call under the current key

	Invoice, InvoiceNumber, InvoiceURL string
	PaymentIntent, ReceiptURL          string
	Purchase                           string // the purchase that it became
	Grant                              ledger.GrantID

	NextAt                           time.Time
	CreatedAt, UpdatedAt, FinishedAt time.Time
}

// Total is what the recharge costs, with tax once that is known.
func (r *Recharge) Total() money.Money {
	return money.Money{Amount: r.Amount, Currency: r.Price.Currency}
}

// Times and counts that the code keeps and pages may quote.
const (
	// KeyLife is how long a call is repeated under its key; Stripe forgets keys
	// after 24 hours.
	KeyLife = 23 * time.Hour
	// CheckoutWait is how long an open Checkout delays a recharge.
	CheckoutWait = 10 * time.Minute
	// RepairFor is how long a declined recharge can be paid on Stripe's page.
	RepairFor = 7 * 24 * time.Hour
	// MaxTries is after how many declines of a soft kind a policy is paused.
	MaxTries = 4
	// MaxDebits is the same for bank debits: Nacha's rules let a debit that was
	// returned for lack of funds be sent again twice.
	MaxDebits = 3

	DefaultPerDay   = 3
	MaxPerDay       = 24
	MinCooldown     = 10 * time.Minute
	DefaultCooldown = time.Hour
	MaxCooldown     = 7 * 24 * time.Hour
	MaxQuantity     = 100
)

// lookDebit is how often a debit is looked at of which no event tells.
const lookDebit = 30 * time.Minute

// Tolerates is after how many declines of a soft kind the recharge is not tried
// again.
func (r *Recharge) Tolerates() int {
	if purchase.BusinessDays(r.Method.Type) > 0 {
		return MaxDebits
	}
	return MaxTries
}

// repairedUntil is how long a declined recharge can be paid on Stripe's page: the
// decline of a debit comes days after it was begun.
func (r *Recharge) repairedUntil() time.Time {
	since := r.CreatedAt
	if r.SentAt.After(since) {
		since = r.SentAt
	}
	return since.Add(RepairFor)
}

// Awaited says what a recharge waits for while a bank is asked for its money.
func (r *Recharge) Awaited(now time.Time, zone *time.Location) string {
	return purchase.Awaited(words.Minor(r.Amount, r.Price.Currency), r.Method.Type, r.SentAt, now, zone)
}

// lostAnswer is how long a call without an answer may still be done at Stripe.
const lostAnswer = time.Minute

// tolerance is how much later Stripe's clock may be than ours.
const tolerance = time.Minute

// Backoffs are the waits after soft declines.
var Backoffs = [MaxTries - 1]time.Duration{time.Hour, 3 * time.Hour, 7 * time.Hour}

// Name is what people know a payment method by: "visa •4242", "Link a@example.com".
func (m Method) Name() string {
	return purchase.PaymentMethod{Type: m.Type, Brand: m.Brand, Last4: m.Last4}.Name()
}
