package stripepay

import (
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/money"
	"purse/billing/purchase"
)

func instant(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func checkout(s *stripe.CheckoutSession) purchase.Checkout {
	c := purchase.Checkout{
		ID: s.ID, URL: s.URL, Status: string(s.Status), PaymentStatus: string(s.PaymentStatus), Livemode: s.Livemode,
		Subtotal: s.AmountSubtotal, Total: s.AmountTotal, Currency: string(s.Currency), ExpiresAt: instant(s.ExpiresAt),
		Purchase: s.Metadata[metaPurchase], Customer: s.Metadata[metaCustomer], Installation: s.Metadata[metaInstallation],
		Sold: soldBy(s.Metadata),
	}
	if s.TotalDetails != nil {
		c.Discount, c.Tax = s.TotalDetails.AmountDiscount, s.TotalDetails.AmountTax
	}
	if s.Customer != nil {
		c.StripeCustomer = s.Customer.ID
	}
	if s.PaymentIntent != nil {
		c.Payment = payment(s.PaymentIntent)
		c.Payment.Shown = shownBy(s.LastResponse)
	}
	c.Typed = typed(s)
	if in := s.Invoice; in != nil {
		c.InvoiceNumber, c.InvoiceURL = in.Number, in.HostedInvoiceURL
	}
	return c
}

// typed is what the buyer typed for the tax. Without tax, Checkout asks for no
// more of an address than the card's country and postal code.
func typed(s *stripe.CheckoutSession) (o account.TypedDetails) {
	d := s.CustomerDetails
	if d == nil || s.Status != stripe.CheckoutSessionStatusComplete {
		return o
	}
	if a := d.Address; a != nil && (a.Line1 != "" || (s.AutomaticTax != nil && s.AutomaticTax.Enabled)) {
		o.Address = account.Address{Line1: a.Line1, Line2: a.Line2, City: a.City, State: a.State, PostalCode: a.PostalCode, Country: a.Country}
	}
	for _, id := range d.TaxIDs {
		o.TaxIDs = append(o.TaxIDs, account.TaxID{Type: string(id.Type), Value: id.Value})
	}
	o.Company = d.Name
	return o
}

// payment reads an expanded payment intent; of one that is only named it has
// nothing but the id.
func payment(pi *stripe.PaymentIntent) purchase.PaymentIntent {
	p := purchase.PaymentIntent{ID: pi.ID, Status: string(pi.Status),
		Purchase: pi.Metadata[metaPurchase], Installation: pi.Metadata[metaInstallation]}
	if pi.Invoice != nil {
		p.Invoice = pi.Invoice.ID
	}
	if pi.LastPaymentError != nil {
		p.FailureMessage = pi.LastPaymentError.Msg
		if pm := pi.LastPaymentError.PaymentMethod; pm != nil {
			p.Fingerprint = paymentMethod(pm).Fingerprint
		}
	}
	if n := pi.NextAction; n != nil && n.DisplayBankTransferInstructions != nil {
		in := n.DisplayBankTransferInstructions
		p.Method, p.Remaining, p.Reference, p.InstructionsURL = card.BankTransfer, in.AmountRemaining, in.Reference, in.HostedInstructionsURL
	}
	if ch := pi.LatestCharge; ch != nil {
		p.ReceiptURL = ch.ReceiptURL
		p.Charged = money.Money{Amount: ch.Amount, Currency: string(ch.Currency)}
		if d := ch.PaymentMethodDetails; d != nil {
			p.Method = string(d.Type)
			p.CardBrand, p.CardLast4, p.Fingerprint = paidWith(d)
		}
	}
	return p
}

// paidWith is the name and the last digits of what paid, and its fingerprint.
func paidWith(d *stripe.ChargePaymentMethodDetails) (name, last4, fingerprint string) {
	switch {
	case d.Card != nil:
		return string(d.Card.Brand), d.Card.Last4, d.Card.Fingerprint
	case d.USBankAccount != nil:
		return "bank account", d.USBankAccount.Last4, d.USBankAccount.Fingerprint
	case d.SEPADebit != nil:
		return "SEPA debit", d.SEPADebit.Last4, d.SEPADebit.Fingerprint
	case d.BACSDebit != nil:
		return "Bacs debit", d.BACSDebit.Last4, d.BACSDebit.Fingerprint
	case d.AUBECSDebit != nil:
		return "BECS debit", d.AUBECSDebit.Last4, d.AUBECSDebit.Fingerprint
	case d.ACSSDebit != nil:
		return "pre-authorized debit", d.ACSSDebit.Last4, d.ACSSDebit.Fingerprint
	case d.Type == card.BankTransfer:
		return "bank transfer", "", ""
	}
	return card.TypeName(string(d.Type)), "", ""
}
