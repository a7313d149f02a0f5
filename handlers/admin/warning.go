package admin

import (
	"net/http"

	"purse/billing/money"
	"purse/handlers/kit"
	"purse/views/ui"
)

// DismissWarning asks why a payment is genuine that a bank warned of, previews
// what that does, or does it.
func (a *Admin) DismissWarning(w http.ResponseWriter, r *http.Request) error {
	p, err := a.Purchases.Purchase(r.Context(), r.PathValue("purchase"))
	if err != nil {
		return err
	}
	base := "/admin/purchases/" + p.ID
	return a.reasoned(w, r, reasoned{
		title: "Dismiss the warning", path: base + "/dismiss", button: "The payment is genuine", name: "Purchase", back: base, nav: "/admin/purchases", danger: true,
		says: []string{
			"The unspent credits of this purchase are usable again. If the bank disputes the payment later, what is used by then becomes debt.",
			"Auto-recharge stays paused until you let it go on.",
		},
		done: "The warning is dismissed, and the credits are usable.",
		do: func(reason string) error {
			return a.Purchases.DismissWarnings(r.Context(), kit.Actor(r), p.ID, reason)
		},
	})
}

// LetThrough asks why a customer is to pass the limits on purchases for a day,
// previews that, or does it.
func (a *Admin) LetThrough(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID
	return a.reasoned(w, r, reasoned{
		title: "Let " + c.Name + " buy", path: base + "/let-through", button: "Let them buy", name: c.Name, back: base, nav: "/admin",
		says: []string{
			"For 24 hours, the limits against the testing of stolen cards do not hold this customer up: neither on unpaid purchases in an hour, nor on different cards in a day.",
		},
		done: c.Name + " can buy without these limits for 24 hours.",
		do: func(reason string) error {
			return a.Purchases.LetThrough(r.Context(), kit.Actor(r), c.ID, reason)
		},
	})
}

// Adopt shows a Checkout whose purchase is unknown here, asks what happened, and
// adopts it.
func (a *Admin) Adopt(w http.ResponseWriter, r *http.Request) error {
	o, err := a.Purchases.Orphan(r.Context(), r.PathValue("event"))
	if err != nil {
		return err
	}
	s := o.Checkout.Sold
	says := []string{
		"Stripe has a Checkout of this installation for a purchase that is not in this database: most likely a backup was restored that is older than it. Adopting writes the purchase as it was sold; the credits come by the same way as always.",
		"Sold were " + ui.Credits(s.Credits) + " of " + s.CreditType + " (" + s.PackName + ") to " + o.Customer.Name + " for " + ui.Money(money.Money{Amount: o.Checkout.Subtotal, Currency: o.Checkout.Currency}) + ".",
		"It is not paid yet.",
	}
	if o.Paid {
		says[2] = "It is paid: " + ui.Money(money.Money{Amount: o.Checkout.Total, Currency: o.Checkout.Currency}) + ". The credits are granted at once."
	}
	return a.reasoned(w, r, reasoned{
		title: "Adopt a purchase", path: "/admin/inbox/" + o.Event.ID + "/adopt", button: "Adopt it", name: "Stripe inbox", back: "/admin/inbox", nav: "/admin/inbox",
		says: says, done: "The purchase is adopted.", next: "/admin/purchases/" + o.Checkout.Purchase,
		do: func(reason string) error {
			_, err := a.Purchases.Adopt(r.Context(), kit.Actor(r), o.Event.ID, reason)
			return err
		},
	})
}
