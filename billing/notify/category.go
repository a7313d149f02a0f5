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
)

// Categories are those that members choose about. Mails about payments and about
// the security of an account always come.
func Categories() []Category { return []Category{Balance, Expiry, Limits, Surges} }

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
	case event.LimitReached:
		return Limits
	case event.UsageAnomaly:
		return Surges
	}
	return Balance
}

// choiceOf is what a member chose, Now by default.
func choiceOf(all []Preference, user string, c Category) Choice {
	i := slices.IndexFunc(all, func(p Preference) bool { return p.User == user && p.Category == c })
	if i < 0 {
		return Now
	}
	return all[i].Choice
}
