package sandbox

import view "purse/views/sandbox"

// Apple Pay and Google Pay are no payment methods of their own: they are cards,
// which say which wallet they came from.
var walletNames = map[string]string{"apple_pay": "Apple Pay", "google_pay": "Google Pay"}

// wallets are the buttons of a page on which a card pays.
func wallets() []view.Pair {
	return []view.Pair{{Term: "apple_pay", Value: walletNames["apple_pay"]}, {Term: "google_pay", Value: walletNames["google_pay"]}}
}

// fromWallet makes a card one of a wallet, which Stripe shows by its device
// number.
func fromWallet(pm obj, wallet string) {
	pm.sub("card")["wallet"] = obj{"type": wallet, wallet: obj{}, "dynamic_last4": nil}
}

// typedWallet is the form that a wallet fills in: with the test card that was
// chosen, or Visa's.
func typedWallet(form *view.CheckoutForm) {
	if walletNames[form.Wallet] == "" {
		form.Wallet = ""
		return
	}
	number := form.Number
	if number == "" {
		number = cards[0].number
	}
	form.Method = "card"
	filled(form, number)
}
