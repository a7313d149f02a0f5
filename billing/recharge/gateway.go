package recharge

import "context"

// Warnings answers banks' early fraud warnings; outcome.ErrGone where there is none.
type Warnings interface {
	FraudWarning(ctx context.Context, id string) (Warning, error)
}

// Warning is a bank's suspicion about a payment.
type Warning struct {
	ID, Type   string
	Payment    string // the payment intent
	Actionable bool   // it is neither refunded nor disputed yet
}
