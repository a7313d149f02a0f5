package portal

// Methods is the page of saved payment methods.
type Methods struct {
	Methods   []SavedMethod
	MayChange bool
	MayAdd    bool   // there is one that can be saved, in the customer's currency
	Nonce     string // makes an "add" that is sent twice one Checkout
	Down      bool   // Stripe did not answer
}

// SavedMethod is a payment method of the customer's.
type SavedMethod struct {
	ID      string
	Name    string // "Visa •4242"
	Kind    string // what it is where the name does not say: "US bank account"
	Expires string // "04 / 2030", "" for what does not expire
	Ended   bool   // the permission to debit it was withdrawn
	Expired bool
	Default bool
	Backup  bool
	Charged bool // auto-recharge takes it
	// Scheduled says that a schedule that is not cancelled takes it.
	Scheduled bool
}

// RemoveMethod asks once more before a payment method is forgotten.
type RemoveMethod struct {
	Method SavedMethod
}

// StripeLeave is a page between us and Stripe about payment methods.
type StripeLeave struct {
	URL, Host, Back string
	Title, Text     string
}
