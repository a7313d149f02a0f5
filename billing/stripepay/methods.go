package stripepay

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/purchase"
)

var _ purchase.MethodGateway = (*Gateway)(nil)

// Cards lists the cards of a customer, newest first, and names the default.
func (g *Gateway) Cards(ctx context.Context, stripeCustomer string) (cards []purchase.Card, byDefault string, err error) {
	c, err := g.api.Customers.Get(stripeCustomer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return nil, "", translate(err)
	}
	if c.Deleted {
		return nil, "", purchase.ErrGone
	}
	if c.InvoiceSettings != nil && c.InvoiceSettings.DefaultPaymentMethod != nil {
		byDefault = c.InvoiceSettings.DefaultPaymentMethod.ID
	}
	p := &stripe.PaymentMethodListParams{Customer: stripe.String(stripeCustomer), Type: stripe.String("card")}
	p.Context, p.Limit = ctx, stripe.Int64(100)
	list := g.api.PaymentMethods.List(p)
	for list.Next() {
		cards = append(cards, card(list.PaymentMethod()))
	}
	return cards, byDefault, translate(list.Err())
}

// Card fetches one card.
func (g *Gateway) Card(ctx context.Context, id string) (purchase.Card, error) {
	pm, err := g.api.PaymentMethods.Get(id, &stripe.PaymentMethodParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return purchase.Card{}, translate(err)
	}
	return card(pm), nil
}

// DetachCard removes a card from its customer.
func (g *Gateway) DetachCard(ctx context.Context, id string) error {
	_, err := g.api.PaymentMethods.Detach(id, &stripe.PaymentMethodDetachParams{Params: stripe.Params{Context: ctx}})
	err = translate(err)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Param == "" {
		e.meaning = purchase.ErrGone // it is not attached: the one thing that can be wrong here
	}
	return err
}

// SetDefaultCard makes a card the customer's default for invoices.
func (g *Gateway) SetDefaultCard(ctx context.Context, stripeCustomer, id string) error {
	_, err := g.api.Customers.Update(stripeCustomer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx},
		InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: stripe.String(id)}})
	return translate(err)
}

// CreateCardSetup opens a Checkout Session in setup mode.
func (g *Gateway) CreateCardSetup(ctx context.Context, s purchase.SetupParams, key string) (purchase.Setup, error) {
	meta := map[string]string{metaInstallation: s.Installation, metaCustomer: s.Customer}
	intent := maps.Clone(meta) // Stripe does not copy a session's
	if s.Setup != "" {
		intent[metaSetup] = s.Setup
	}
	made, err := g.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{
		Params:             write(ctx, key, meta),
		SetupIntentData:    &stripe.CheckoutSessionSetupIntentDataParams{Metadata: intent},
		Mode:               stripe.String(string(stripe.CheckoutSessionModeSetup)),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		Customer:           stripe.String(s.StripeCustomer),
		SuccessURL:         stripe.String(s.SuccessURL), CancelURL: text(s.CancelURL),
	})
	if err != nil {
		return purchase.Setup{}, translate(err)
	}
	return setup(made), nil
}

// metaSetup is the key of metadata under which a setup intent names the opening
// of its page.
const metaSetup = "purse_setup"

// SetupTry fetches a setup intent with the card that was saved, or refused last.
func (g *Gateway) SetupTry(ctx context.Context, id string) (purchase.SetupTry, error) {
	p := &stripe.SetupIntentParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("payment_method")
	si, err := g.api.SetupIntents.Get(id, p)
	if err != nil {
		return purchase.SetupTry{}, translate(err)
	}
	o := purchase.SetupTry{Customer: si.Metadata[metaCustomer], Installation: si.Metadata[metaInstallation], Setup: si.Metadata[metaSetup]}
	pm := si.PaymentMethod
	if pm == nil && si.LastSetupError != nil {
		pm = si.LastSetupError.PaymentMethod
	}
	if pm != nil && pm.Card != nil {
		o.Fingerprint = pm.Card.Fingerprint
	}
	return o, nil
}

// CardSetup fetches a Checkout Session in setup mode.
func (g *Gateway) CardSetup(ctx context.Context, session string) (purchase.Setup, error) {
	p := &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("setup_intent")
	s, err := g.api.CheckoutSessions.Get(session, p)
	if err != nil {
		return purchase.Setup{}, translate(err)
	}
	return setup(s), nil
}

// PortalURL makes a session of Stripe's customer portal.
func (g *Gateway) PortalURL(ctx context.Context, stripeCustomer, returnURL string) (string, error) {
	s, err := g.api.BillingPortalSessions.New(&stripe.BillingPortalSessionParams{Params: stripe.Params{Context: ctx},
		Customer: stripe.String(stripeCustomer), ReturnURL: text(returnURL)})
	if err != nil {
		return "", translate(err)
	}
	return s.URL, nil
}

func setup(s *stripe.CheckoutSession) purchase.Setup {
	o := purchase.Setup{ID: s.ID, URL: s.URL, Status: string(s.Status), Customer: s.Metadata[metaCustomer], Installation: s.Metadata[metaInstallation]}
	if s.Customer != nil {
		o.StripeCustomer = s.Customer.ID
	}
	if s.SetupIntent != nil && s.SetupIntent.PaymentMethod != nil && s.SetupIntent.Status == stripe.SetupIntentStatusSucceeded {
		o.Card = s.SetupIntent.PaymentMethod.ID
	}
	return o
}

func card(pm *stripe.PaymentMethod) purchase.Card {
	c := purchase.Card{ID: pm.ID, CreatedAt: instant(pm.Created)}
	if pm.Customer != nil {
		c.StripeCustomer = pm.Customer.ID
	}
	if k := pm.Card; k != nil {
		c.Brand, c.Last4, c.ExpMonth, c.ExpYear, c.Fingerprint = string(k.Brand), k.Last4, int(k.ExpMonth), int(k.ExpYear), k.Fingerprint
	}
	return c
}
