package stripepay

import (
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/purchase"
)

func instant(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func checkout(s *stripe.CheckoutSession) purchase.Checkout {
	c := purchase.Checkout{
		ID: s.ID, URL: s.URL, Status: string(s.Status), PaymentStatus: string(s.PaymentStatus), Livemode: s.Livemode,
		Subtotal: s.AmountSubtotal, Total: s.AmountTotal, Currency: string(s.Currency), ExpiresAt: instant(s.ExpiresAt),
		Purchase: s.Metadata[metaPurchase], Customer: s.Metadata[metaCustomer], Installation: s.Metadata[metaInstallation],
	}
	if s.TotalDetails != nil {
		c.Discount, c.Tax = s.TotalDetails.AmountDiscount, s.TotalDetails.AmountTax
	}
	if s.Customer != nil {
		c.StripeCustomer = s.Customer.ID
	}
	if s.PaymentIntent != nil {
		c.Payment = payment(s.PaymentIntent)
	}
	return c
}

// payment reads an expanded payment intent; of one that is only named it has
// nothing but the id.
func payment(pi *stripe.PaymentIntent) purchase.PaymentIntent {
	p := purchase.PaymentIntent{ID: pi.ID, Status: string(pi.Status),
		Purchase: pi.Metadata[metaPurchase], Installation: pi.Metadata[metaInstallation]}
	if pi.LastPaymentError != nil {
		p.FailureMessage = pi.LastPaymentError.Msg
	}
	if ch := pi.LatestCharge; ch != nil {
		p.ReceiptURL = ch.ReceiptURL
		if d := ch.PaymentMethodDetails; d != nil && d.Card != nil {
			p.CardBrand, p.CardLast4 = string(d.Card.Brand), d.Card.Last4
		}
	}
	return p
}
