package charge

import (
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// Kind is a kind of thing that is charged. Terms, Settled and Declined are all that one
// needs; what is nil is done as for any other. Everything that a Kind is told happens in
// the transaction that changes the charge, whose fields it may change: they are stored
// afterwards.
type Kind struct {
	// Terms are what the charge asks for. Only Remade changes them once it has begun.
	Terms func(t tx.Tx, c *Charge) (Terms, error)
	// Settled is told that the charge was paid, once: it became the purchase p, and
	// its credits came with the posting at.
	Settled func(t tx.Tx, c *Charge, p *purchase.Purchase, at ledger.PostingID) error
	// Declined is told what a decline has come to: the charge is Retrying, or Open
	// for the customer to pay it.
	Declined func(t tx.Tx, c *Charge, d *outcome.Declined) error

	// Wanted says why a charge is to be given up, "" if it is not: it is asked before
	// each step, and with pay before each payment that was not sent yet.
	Wanted func(t tx.Tx, c *Charge, pay bool) (Reason, error)
	// Made is told that Stripe's invoice is there, and its total known; it may give
	// the charge up.
	Made func(t tx.Tx, c *Charge) (Reason, error)
	// Instead answers another payment method that is charged at once after a decline.
	Instead func(t tx.Tx, c *Charge, d *outcome.Declined) (*Method, error)
	// Changed is told of every other change of the state, and of a problem that staff
	// has to look at.
	Changed func(t tx.Tx, c *Charge, before State) error
	// Sent is told that Stripe has mailed it, Overdue that its day has passed.
	Sent, Overdue func(t tx.Tx, c *Charge) error
	// Remade is told that it is made again for Stripe's new customer, which knows
	// nothing of what the former one's invoice said. Where it is nil, a charge of a
	// customer that was deleted at Stripe is left as it is.
	Remade func(t tx.Tx, c *Charge, was Invoice) error
}

// Sale is what a charge sells.
type Sale struct {
	Pack, Name       string // Pack is "" for credits at a price of their own
	CreditType       string
	Credits          money.Credits
	ExpiresAfterDays int           // 0: for ever
	Bonus            money.Credits // that comes for nothing once it is paid
	BonusDays        int           // it lives for so long, 0 for ever
	// OnIssue gives the credits when the invoice is there. What is never paid is taken
	// back: what is unused goes, what was used becomes debt.
	OnIssue bool
	// Version and Address are of the consent to being charged, "" for none.
	Version, Address string
}
