package portal

// Methods is the page of saved cards.
type Methods struct {
	Cards     []SavedCard
	MayChange bool
	Nonce     string // makes an "add" that is sent twice one Checkout
	Down      bool   // Stripe did not answer
}

// SavedCard is a card of the customer's.
type SavedCard struct {
	ID      string
	Name    string // "Visa •4242"
	Expires string // "04 / 2030"
	Expired bool
	Default bool
	Backup  bool
	Charged bool // auto-recharge takes it
	// Scheduled says that a schedule that is not cancelled takes it.
	Scheduled bool
}

// RemoveCard asks once more before a card is forgotten.
type RemoveCard struct {
	Card SavedCard
}

// StripeLeave is a page between us and Stripe about cards.
type StripeLeave struct {
	URL, Host, Back string
	Title, Text     string
}
