package stripepay

import (
	"errors"
	"net/http"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/fault"
	"purse/billing/outcome"
)

// Outcome is what is known after a call that failed.
type Outcome string

const (
	Declined Outcome = "declined" // the card said no: nothing was charged
	Refused  Outcome = "refused"  // Stripe refused the request: nothing was done, and the same again will not help
	Barred   Outcome = "barred"   // Stripe refused the key: nothing was done until somebody sets another
	Unknown  Outcome = "unknown"  // it may have been done: send the same key again, later look it up
)

// Error is a call to Stripe that failed.
type Error struct {
	Outcome     Outcome
	Status      int    // of HTTP, 0 when there was no answer
	Code        string // Stripe's
	DeclineCode string
	Param       string
	Message     string // Stripe's; for a declined card it is meant for the customer
	RequestID   string
	Payment     string // the payment intent that a decline names
	meaning     error  // what it is to the rest of billing
	cause       error
}

func (e *Error) Error() string {
	s := "stripe: " + string(e.Outcome)
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	if e.RequestID != "" {
		s += " " + e.RequestID
	}
	return s + ": " + redact(e.Message)
}

func (e *Error) Unwrap() []error { return []error{e.meaning, e.cause} }

// HasOutcome says whether err is a failed call with that outcome.
func HasOutcome(err error, o Outcome) bool {
	var e *Error
	return errors.As(err, &e) && e.Outcome == o
}

var (
	errUnavailable = fault.New(fault.Unavailable, "payments_unavailable", "", "The payment service did not answer. Try again in a moment; nothing is charged twice.")
	errBarred      = fault.New(fault.Unavailable, "payments_misconfigured", "", "Payments are not set up: Stripe refused the key. An administrator can run `purse stripe check`.")
)

// translate makes an *Error of what stripe-go returns; nil stays nil.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var s *stripe.Error
	if !errors.As(err, &s) {
		// No answer, or one that is no JSON: proxies answer so.
		return &Error{Outcome: Unknown, Message: err.Error(), meaning: errUnavailable, cause: err}
	}
	e := &Error{Status: s.HTTPStatusCode, Code: string(s.Code), DeclineCode: string(s.DeclineCode), Param: s.Param,
		Message: s.Msg, RequestID: s.RequestID, cause: err}
	if s.PaymentIntent != nil {
		e.Payment = s.PaymentIntent.ID
	}
	switch {
	case e.Status == http.StatusPaymentRequired || s.Type == stripe.ErrorTypeCard:
		e.Outcome = Declined
		e.meaning = fault.New(fault.Conflict, "card_declined", "", "%s", s.Msg)
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		e.Outcome, e.meaning = Barred, errBarred
	case e.Status == http.StatusNotFound && e.Code == string(stripe.ErrorCodeResourceMissing):
		e.Outcome, e.meaning = Refused, outcome.ErrGone
	case e.Status >= 400 && e.Status < 500 && e.Status != http.StatusConflict && e.Status != http.StatusTooManyRequests:
		e.Outcome, e.meaning = Refused, &outcome.Refused{Code: e.Code, Param: e.Param, Message: s.Msg}
	default: // 409: the first request under this key still runs. 429: not now. 5xx.
		e.Outcome, e.meaning = Unknown, errUnavailable
	}
	return e
}

// declined makes an outcome.Declined of what the bank refused, of a call that asks it
// for money.
func declined(err error) error {
	var e *Error
	if errors.As(err, &e) && e.Outcome == Declined {
		return &outcome.Declined{Code: e.Code, DeclineCode: e.DeclineCode, Message: e.Message}
	}
	return err
}
