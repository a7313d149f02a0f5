package notify

import (
	"slices"

	"purse/billing/event"
)

// Category is a kind of message that members choose about.
type Category string

const (
	Balance Category = "balance" // low, empty, soon used up
	Expiry  Category = "expiry"  // credits that expire
	Limits  Category = "limits"  // spend limits reached
	Surges  Category = "surges"  // much more used than usual
	// Statements are those of a month; nobody is mailed of them who did not ask.
	Statements Category = "statements"
)

// Categories are those that members choose about. Mails about payments and about
// the security of an account always come.
func Categories() []Category { return []Category{Balance, Expiry, Limits, Surges, Statements} }

// Choice is when a member wants to be told.
type Choice string

const (
	Now   Choice = "now"
	Daily Choice = "daily" // one mail in the morning
	Off   Choice = "off"
)

// Choices are the choices that there are.
func Choices() []Choice { return []Choice{Now, Daily, Off} }

// Preference is what a member of a customer chose.
type Preference struct {
	User, Customer string
	Category       Category
	Choice         Choice
}

// categoryOf is the category that messages about an event belong to.
func categoryOf(typ string) Category {
	switch typ {
	case event.CreditsExpiring:
		return Expiry
	case event.LimitReached, event.LimitRefused:
		return Limits
	case event.UsageAnomaly:
		return Surges
	case event.StatementReady:
		return Statements
	}
	return Balance
}

// choiceOf is what a member chose; who did not is told at once, but of statements.
func choiceOf(all []Preference, user string, c Category) Choice {
	i := slices.IndexFunc(all, func(p Preference) bool { return p.User == user && p.Category == c })
	switch {
	case i < 0 && c == Statements:
		return Off
	case i < 0:
		return Now
	}
	return all[i].Choice
}
