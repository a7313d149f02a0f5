package ledger

import (
	"fmt"
	"strings"
	"time"

	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/words"
)

// Refusal says why a command was refused. Figures are set when credits lack or
// a limit is reached.
type Refusal struct {
	Fault *fault.Error
	// CreditType, Required and Available are those of the first shortage; the
	// overdraft counts as available, and in debt it is less than zero.
	CreditType          string
	Required, Available money.Credits
	Limit               *LimitReached // the first of Limits
	// Short is every wallet that lacks credits, and Limits every limit that is in
	// the way.
	Short  []Shortage
	Limits []LimitReached
}

// Shortage is what one wallet lacks: for the whole request, or for a meter of it
// where some may draw what others may not. Then Available is what the meters before
// it leave, once these have what they lack. What all shortages of a wallet lack
// together makes the request fit when it is granted to any meter, and less does not.
type Shortage struct {
	CreditType string        `json:"c"`
	Meter      string        `json:"m,omitempty"`
	Required   money.Credits `json:"q"`
	Available  money.Credits `json:"v"`
}

func (r *Refusal) Error() string { return r.Fault.Error() }

// Unwrap makes a Refusal a fault for errors.As.
func (r *Refusal) Unwrap() error { return r.Fault }

// of answers the limit of a key that is in the way, nil when it is not.
func (r *Refusal) of(key string) *LimitReached {
	if r == nil {
		return nil
	}
	for i := range r.Limits {
		if r.Limits[i].Key == key {
			return &r.Limits[i]
		}
	}
	return nil
}

// final says whether the refusal is the lasting answer for its key.
func (r *Refusal) final() bool { return r.Fault.Kind == fault.NoCredits }

// The codes of refusals for lack of credits.
const (
	CodeInsufficient = "insufficient_credits"
	CodeSpendLimit   = "spend_limit_reached"
)

func refuse(err *fault.Error) Result { return Result{Refused: &Refusal{Fault: err}} }

// refusal is what shortages and limits come to, nil for none.
func refusal(short []Shortage, limits []LimitReached) *Refusal {
	if len(short) == 0 && len(limits) == 0 {
		return nil
	}
	r := &Refusal{Short: short, Limits: limits}
	var says []string
	for _, x := range short {
		what, there, to := "This needs", "available", ""
		if x.Meter != "" {
			what, there, to = "The meter "+x.Meter+" needs", "left", " for it"
		}
		if len(short) > 1 {
			to = " of " + x.CreditType + to
		}
		says = append(says, fmt.Sprintf("%s %s and %s %s%s.", what, words.Credits(x.Required), words.Are(x.Available), there, to))
	}
	for i := range limits {
		says = append(says, limits[i].says())
	}
	code := CodeSpendLimit
	if len(short) > 0 {
		code = CodeInsufficient
		r.CreditType, r.Required, r.Available = short[0].CreditType, short[0].Required, short[0].Available
		says = append(says, "Buy credits and try again with a new id.")
	} else {
		r.CreditType, r.Required = limits[0].CreditType, limits[0].Required
	}
	if len(limits) > 0 {
		r.Limit = &limits[0]
	}
	r.Fault = fault.New(fault.NoCredits, code, "", "%s", strings.Join(says, " "))
	return r
}

// says is the sentence about a limit that is in the way.
func (l *LimitReached) says() string {
	limit, anew := words.Credits(l.Limit), l.ResetsAt.UTC().Format(time.RFC3339)
	if l.Period != "" {
		limit += " a " + l.Period
	}
	held := ""
	if l.Held > 0 {
		held = " and " + words.Are(l.Held) + " held"
	}
	of := ""
	if l.Meter != "" {
		of = " on the meter " + l.Meter
	}
	if l.Left() == 0 {
		return fmt.Sprintf("The spend limit of %s%s is reached: %s spent%s. It starts anew at %s.", limit, of, words.Are(l.Spent), held, anew)
	}
	return fmt.Sprintf("This needs %s; %s left of the spend limit of %s%s until %s, with %s spent%s.",
		words.Credits(l.Required), words.Are(l.Left()), limit, of, anew, words.Group(l.Spent.String()), held)
}
