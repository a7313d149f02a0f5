package main

import (
	"context"
	"errors"

	"purse/billing/charge"
	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// introduce lets Stripe's events find their owners, and the services that purchases,
// saved payment methods, charges and invoices concern too know of them.
func (a *app) introduce() {
	a.inbox.Owners = a.owners()
	a.purchases.Tell(purchase.Others{
		Disputed: func(t tx.Tx, customer string) error {
			return errors.Join(a.recharges.Disputed(t, customer), a.schedules.Disputed(t, customer))
		},
		Warned:       a.recharges.Warned,
		CustomerGone: []func(ctx context.Context, customer string) error{a.recharges.MethodsChanged, a.invoices.CustomerGone, a.schedules.MethodsChanged},
	})
	a.methods.Tell(a.recharges.MethodsChanged, a.schedules.MethodsChanged)
	a.invoices.Tell(a.schedules.InvoiceChanged)
	a.charges.Collect(map[charge.Of]charge.Kind{charge.OfRecharge: a.recharges.Kind(), charge.OfInvoice: a.invoices.Kind()})
}

// owners says who handles the events of Stripe's, by the beginning of their type. An
// invoice's metadata, or the row of its payment, names its one owner.
func (a *app) owners() inbox.Owners {
	money := inbox.Fetched(a.purchases.Gateway.PaymentOf, a.purchases.MoneyEvent)
	return inbox.Owners{
		{Types: "checkout.session.", Handle: inbox.Fetched(a.purchases.Gateway.Checkout, a.purchases.SessionEvent)},
		{Types: "payment_intent.", Handle: a.charges.PaymentEvent},
		{Types: "invoice.deleted", Handle: inbox.Ignore},
		{Types: "invoice.", Handle: inbox.Fetched(a.charges.Gateway.Invoice, a.charges.InvoiceEvent)},
		{Types: "charge.refund", Handle: money},
		{Types: "refund.", Handle: money},
		{Types: "charge.dispute.", Handle: money},
		{Types: "radar.early_fraud_warning.", Handle: inbox.Fetched(a.gateway.FraudWarning, a.purchases.WarningEvent)},
		{Types: "setup_intent.", Handle: inbox.Fetched(a.purchases.Gateway.SetupTry, a.purchases.SetupEvent)},
		{Types: "payment_method.", Handle: a.methods.MethodEvent},
		{Types: "mandate.", Handle: a.methods.MandateEvent},
		{Types: "customer.deleted", Handle: a.purchases.CustomerDeletedEvent},
		{Types: "customer.", Handle: a.purchases.CustomerEvent},
	}
}
