// Package recharge buys credits for customers who asked for it: "when available
// reaches T or less, buy this pack". A policy is the standing order, a recharge
// one run of it: a charge of a saved payment method, which package charge collects. A
// bank debit takes days: meanwhile the recharge is open, counts, and is neither sent
// again nor voided.
//
// It promises invariants 18 to 23. At most one recharge of a wallet is open, by the
// charge's slot; while nobody knows what became of it nothing new is begun. What a
// customer's cap allows is checked in the transaction that begins a recharge, and once
// more with tax before it is paid. What is declined for good pauses the policy at once,
// and only the customer or a payment method with another number resumes it. Nothing
// runs without recorded consent.
package recharge

import (
	"time"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/money"
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
type Reason = charge.Reason

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
	Mismatch                      = charge.Differs   // the invoice is not what was asked for

	Unknown    Reason = "unknown"     // Stripe never answered, and has no such invoice
	NotNeeded  Reason = "not_needed"  // credits came from elsewhere meanwhile
	TurnedOff  Reason = "turned_off"  // the customer turned it off
	Edited     Reason = "edited"      // the customer changed it
	CapReached Reason = "cap_reached" // with tax it would have exceeded the cap
	TooLate           = charge.TooLate
)

// Method is a saved payment method as it was when it was chosen.
type Method = charge.Method

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

// Recharge is one run of a policy: a charge, and what it buys.
type Recharge struct {
	charge.Charge
	ID, Policy, CreditType string
	Pack, PackName         string
	Quantity               int
	Credits                money.Credits
	ExpiresAfterDays       int
	Bonus                  money.Credits // that comes with it
	BonusDays              int
	BackupUsed             bool
}

// State is how it stands.
func (r *Recharge) State() RunState {
	switch r.Charge.State {
	case charge.Retrying:
		return Retrying
	case charge.Open:
		return Waiting
	case charge.Paid:
		return Succeeded
	case charge.Failed:
		return Failed
	case charge.Void, charge.Uncollectible:
		return Voided
	}
	return Pending
}

// Reason is why it is not paid, "" while nothing stands against it.
func (r *Recharge) Reason() Reason {
	switch {
	case r.State() == Succeeded:
		return ""
	case r.State() == Voided && r.GiveUp == "": // in Stripe's dashboard
		return TurnedOff
	case r.State() == Voided:
		return r.GiveUp
	}
	return map[charge.Cause]Reason{
		charge.CauseDeclined: CardDeclined, charge.CauseUnconfirmed: AuthenticationRequired, charge.CauseNoMethod: NoCard,
		charge.CauseRefused: RefusedByStripe, charge.CauseDiffers: Mismatch, charge.CauseNotMade: Unknown,
	}[r.Cause]
}

// owner is what the invoice of a recharge is for.
func owner(id string) charge.Owner { return charge.Owner{Of: charge.OfRecharge, ID: id} }

// Slot has room for one recharge of a wallet that is under way.
func Slot(customer, creditType string) string { return "recharge/" + customer + "/" + creditType }

// Times and counts that the code keeps and pages may quote.
const (
	// CheckoutWait is how long an open Checkout delays a recharge.
	CheckoutWait = 10 * time.Minute

	DefaultPerDay   = 3
	MaxPerDay       = 24
	MinCooldown     = 10 * time.Minute
	DefaultCooldown = time.Hour
	MaxCooldown     = 7 * 24 * time.Hour
	MaxQuantity     = 100
)

// Awaited says what a recharge waits for while a bank is asked for its money.
func (r *Recharge) Awaited(now time.Time, zone *time.Location) string {
	due := r.Due()
	return card.Awaited(words.Minor(due.Amount, due.Currency), r.Method.Type, r.SentAt, now, zone)
}

// tolerance is how much later Stripe's clock may be than ours.
const tolerance = time.Minute
