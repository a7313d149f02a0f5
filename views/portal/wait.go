package portal

// Wait is what a purchase waits for whose payment takes days.
type Wait struct {
	Text      string
	Transfer  bool   // the customer has to send money
	Reference string // what to write on the transfer
	Link      string // Stripe's page with the account, "" for none
}
