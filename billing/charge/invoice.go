package charge

import (
	"fmt"
	"time"

	"purse/billing/money"
	"purse/billing/purchase"
)

// Invoice is an invoice of Stripe's with its payment.
type Invoice struct {
	ID, Number, URL        string
	Status                 string // draft, open, paid, void, uncollectible
	Livemode               bool
	StripeCustomer         string
	CustomerGone           bool   // it was deleted
	TaxExempt              string // as the customer was when it was issued
	Subtotal, Tax, Total   int64
	AmountPaid             int64
	Currency               string
	Owner                  Owner // metadata: ours
	Installation, Customer string
	DueAt                  time.Time
	Payment                string                 // the payment intent, "" for one outside Stripe
	Intent                 purchase.PaymentIntent // the same, as purchases see it
	PaymentStatus          string
	purchase.Took          // what the charge took of the buyer
	ReceiptURL             string
	MethodType             string // Stripe's, of what was charged last
	CardBrand, CardLast4   string
	FailureCode            string // of the last attempt
	DeclineCode            string
	FailureMessage         string
}

// Asked is what an invoice was made for, to compare with what Stripe has of it.
type Asked struct {
	Owner                  Owner
	Installation, Customer string
	Price                  money.Money // before tax
	Livemode               bool
	// Whose says whether Stripe's customer is, or was, this customer's.
	Whose bool
}

// Mismatch says what of an invoice differs from what was asked for, "" for nothing:
// nobody may pay it then, and what was paid of it grants nothing (invariant 12).
func (in Invoice) Mismatch(a Asked) string {
	switch {
	case in.Currency != a.Price.Currency:
		return fmt.Sprintf("the currency is %s, ours is %s", in.Currency, a.Price.Currency)
	case in.Subtotal != a.Price.Amount:
		return fmt.Sprintf("the subtotal is %d, our price is %d", in.Subtotal, a.Price.Amount)
	case in.Total != in.Subtotal+in.Tax && in.Total != in.Subtotal:
		return fmt.Sprintf("the total of %d is not subtotal %d plus tax %d", in.Total, in.Subtotal, in.Tax)
	case !a.Whose:
		return "Stripe's customer is another than this customer's"
	case in.Livemode != a.Livemode:
		return "livemode differs"
	case in.Installation != a.Installation || in.Owner != a.Owner || in.Customer != a.Customer:
		return "the metadata names another installation, " + string(a.Owner.Of) + " or customer"
	}
	return ""
}

// Debiting says whether a bank is being asked for the money.
func (in Invoice) Debiting() bool { return in.Status == "open" && in.PaymentStatus == "processing" }

// DebitRefused says whether a bank that was asked for the money has said no. A payment
// that is not being made and of which nothing failed was looked at before the bank was
// asked: such a look says nothing.
func (in Invoice) DebitRefused() bool {
	return in.Status == "open" && !in.Debiting() && (in.FailureCode != "" || in.FailureMessage != "" || in.PaymentStatus == "canceled")
}

// Checkout shows an invoice as the Checkout that it stands for.
func (in Invoice) Checkout() purchase.Checkout {
	c := purchase.Checkout{
		ID: in.ID, URL: in.URL, Status: "open", PaymentStatus: "unpaid", Livemode: in.Livemode, StripeCustomer: in.StripeCustomer,
		Subtotal: in.Subtotal, Total: in.Total, Tax: in.Tax, Currency: in.Currency, Customer: in.Customer, Installation: in.Installation,
		InvoiceNumber: in.Number, InvoiceURL: in.URL, Payment: in.Intent,
	}
	if in.Owner.Of == OfPurchase {
		c.Purchase = in.Owner.ID
	}
	switch {
	case in.Debiting():
		c.Status = "complete" // and unpaid: as a Checkout whose payment takes days
	case in.Status == "draft":
		c.Status = "draft"
	case in.Status == "paid":
		c.Status, c.PaymentStatus = "complete", "paid"
	case in.Status == "void", in.Status == "uncollectible":
		c.Status = "expired"
	}
	return c
}
