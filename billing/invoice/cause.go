package invoice

// Cause is the kind of an invoice's problem. Code decides by it; Problem is for
// people.
type Cause string

const (
	CauseNone     Cause = ""
	CauseNoCard   Cause = "no_card"  // what it was to be charged to is not saved any more
	CauseDeclined Cause = "declined" // the bank said no, or wants a person
	CauseDiffers  Cause = "differs"  // Stripe's invoice is not what was asked for
	CauseRefused  Cause = "refused"  // Stripe refused to make it, or to do something with it
	CauseNotMade  Cause = "not_made" // there is none at Stripe
)

// CardGone says CauseNoCard to people.
const CardGone = "The card is not saved any more."

// fault notes a problem.
func (in *Invoice) fault(why Cause, problem string) { in.Cause, in.Problem = why, problem }

// solved forgets it.
func (in *Invoice) solved() { in.fault(CauseNone, "") }
