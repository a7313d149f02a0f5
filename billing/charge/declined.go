package charge

import "purse/billing/outcome"

// Unconfirmed is what people read of a payment that the bank wants to be confirmed:
// Stripe's words are for developers.
const Unconfirmed = "The bank wants the payment to be confirmed."

// Declined is why the last attempt to pay the invoice failed.
func (in Invoice) Declined() *outcome.Declined {
	return &outcome.Declined{Code: in.FailureCode, DeclineCode: in.DeclineCode, Message: in.FailureMessage}
}

// DebitDeclined is why a bank that was asked for the money has said no. Some say
// nothing of it.
func (in Invoice) DebitDeclined() *outcome.Declined {
	d := in.Declined()
	if d.Message == "" {
		d.Message = "The bank did not pay."
	}
	return d
}

// WantsConfirmation is the decline of a bank that wants the customer to confirm.
func WantsConfirmation() *outcome.Declined {
	return &outcome.Declined{Code: "authentication_required", Message: Unconfirmed}
}

// CodeNoMethod is the code of NoMethod. It is no bank's.
const CodeNoMethod = "no_card"

// NoMethod is the decline of a payment method that Stripe cannot charge any more.
func NoMethod() *outcome.Declined {
	return &outcome.Declined{Code: CodeNoMethod, DeclineCode: CodeNoMethod, Message: "The payment method cannot be charged any more."}
}
