package charge

// Cause is the kind of a charge's problem. Code decides by it; Problem is for people.
type Cause string

const (
	CauseNone        Cause = ""
	CauseNoMethod    Cause = "no_card"                 // what it was to be charged to is not saved any more
	CauseDeclined    Cause = "declined"                // the bank said no
	CauseUnconfirmed Cause = "authentication_required" // the bank wants the customer to confirm
	CauseDiffers     Cause = "differs"                 // Stripe's invoice is not what was asked for
	CauseRefused     Cause = "refused"                 // Stripe refused to make it, or to do something with it
	CauseNotMade     Cause = "not_made"                // there is none at Stripe
)

// MethodGone says CauseNoMethod to people.
const MethodGone = "The card is not saved any more."

// fault notes a problem.
func (c *Charge) fault(why Cause, problem string) { c.Cause, c.Problem = why, problem }

// solved forgets it.
func (c *Charge) solved() { c.fault(CauseNone, "") }
