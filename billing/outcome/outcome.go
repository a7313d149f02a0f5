// Package outcome says what a call to Stripe can come to, where it is not done. Any
// error that is none of these leaves the outcome unknown: the call is repeated under
// its key.
package outcome

import (
	"errors"
	"strings"
)

var (
	// ErrGone: Stripe does not know the object.
	ErrGone = errors.New("Stripe does not know the object")
	// ErrNotOpen: it is over already, or a bank is being asked for its money.
	ErrNotOpen = errors.New("it is not open any more")
	// ErrStale: Stripe remembers a failure of its own under the key. What was done
	// must be looked up, and goes on under another key.
	ErrStale = errors.New("Stripe remembers a failure under this key")
)

// Refused is Stripe's final no to a request: it will not do it, however often it is
// asked. Code and Param are Stripe's: Param names the parameter that it is about.
type Refused struct{ Code, Param, Message string }

// Missing says whether it was refused because what the parameter names, or ends with,
// is not there: deleted, detached, or of another account.
func (e *Refused) Missing(param string) bool {
	return e.Code == "resource_missing" && strings.HasSuffix(strings.TrimSuffix(e.Param, "]"), param)
}

func (e *Refused) Error() string { return "Stripe refused: " + e.Message }

// Declined says that the bank refused a payment, or wants the customer to confirm.
type Declined struct {
	Code, DeclineCode string // Stripe's
	Message           string // for people
}

func (d *Declined) Error() string { return d.Message }

// Authentication says whether the bank wants the customer to confirm.
func (d *Declined) Authentication() bool {
	return d.Code == "authentication_required" || d.DeclineCode == "authentication_required" || d.Code == "invoice_payment_intent_requires_action"
}

// Soft says whether the same card or account may well pay later. Banks and card
// networks want every other decline not to be tried again.
func (d *Declined) Soft() bool {
	switch d.DeclineCode {
	case "insufficient_funds", "processing_error", "try_again_later", "issuer_not_available", "reenter_transaction", "generic_decline",
		"do_not_honor", "card_velocity_exceeded", "withdrawal_count_limit_exceeded", "no_action_taken", "approve_with_id":
		return true
	case "":
		return d.Code == "processing_error" || d.Code == "card_declined"
	}
	return false
}
