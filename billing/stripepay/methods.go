package stripepay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/card"
	"purse/billing/outcome"
)

var _ card.Gateway = (*Gateway)(nil)

// PaymentMethods lists what is saved for a customer, newest first, and names the
// default.
func (g *Gateway) PaymentMethods(ctx context.Context, stripeCustomer string) (all []card.PaymentMethod, byDefault string, err error) {
	c, err := g.api.Customers.Get(stripeCustomer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return nil, "", translate(err)
	}
	if c.Deleted {
		return nil, "", outcome.ErrGone
	}
	if c.InvoiceSettings != nil && c.InvoiceSettings.DefaultPaymentMethod != nil {
		byDefault = c.InvoiceSettings.DefaultPaymentMethod.ID
	}
	p := &stripe.PaymentMethodListParams{Customer: stripe.String(stripeCustomer)}
	p.Context, p.Limit = ctx, stripe.Int64(100)
	list := g.api.PaymentMethods.List(p)
	for list.Next() {
		all = append(all, paymentMethod(list.PaymentMethod()))
	}
	return all, byDefault, translate(list.Err())
}

// PaymentMethod fetches one.
func (g *Gateway) PaymentMethod(ctx context.Context, id string) (card.PaymentMethod, error) {
	pm, err := g.api.PaymentMethods.Get(id, &stripe.PaymentMethodParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return card.PaymentMethod{}, translate(err)
	}
	return paymentMethod(pm), nil
}

// Detach removes a payment method from its customer.
func (g *Gateway) Detach(ctx context.Context, id string) error {
	_, err := g.api.PaymentMethods.Detach(id, &stripe.PaymentMethodDetachParams{Params: stripe.Params{Context: ctx}})
	err = translate(err)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Param == "" {
		e.meaning = outcome.ErrGone // it is not attached: the one thing that can be wrong here
	}
	return err
}

// SetDefault makes a payment method the customer's default for invoices.
func (g *Gateway) SetDefault(ctx context.Context, stripeCustomer, id string) error {
	_, err := g.api.Customers.Update(stripeCustomer, &stripe.CustomerParams{Params: stripe.Params{Context: ctx},
		InvoiceSettings: &stripe.CustomerInvoiceSettingsParams{DefaultPaymentMethod: stripe.String(id)}})
	return translate(err)
}

// CreateSetup opens a Checkout Session in setup mode. Checkout shows what the
// customer permits thereby, and keeps the mandate of a bank debit.
func (g *Gateway) CreateSetup(ctx context.Context, s card.SetupParams, key string) (card.Setup, error) {
	meta := map[string]string{metaInstallation: s.Installation, metaCustomer: s.Customer}
	intent := maps.Clone(meta) // Stripe does not copy a session's
	if s.Setup != "" {
		intent[metaSetup] = s.Setup
	}
	p := &stripe.CheckoutSessionParams{
		Params:          write(ctx, key, meta),
		SetupIntentData: &stripe.CheckoutSessionSetupIntentDataParams{Metadata: intent},
		Mode:            stripe.String(string(stripe.CheckoutSessionModeSetup)),
		Customer:        stripe.String(s.StripeCustomer),
		SuccessURL:      stripe.String(s.SuccessURL), CancelURL: text(s.CancelURL),
	}
	if len(s.Types) > 0 {
		p.PaymentMethodTypes = stripe.StringSlice(s.Types)
	} else { // Stripe's dashboard decides, by the currency
		p.Currency = text(s.Currency)
	}
	if slices.Contains(s.Types, card.ACSS) {
		mandate := acssMandate()
		mandate.DefaultFor = stripe.StringSlice([]string{"invoice"})
		p.PaymentMethodOptions = &stripe.CheckoutSessionPaymentMethodOptionsParams{
			ACSSDebit: &stripe.CheckoutSessionPaymentMethodOptionsACSSDebitParams{Currency: text(s.Currency), MandateOptions: mandate},
		}
	}
	made, err := g.api.CheckoutSessions.New(p)
	if err != nil {
		return card.Setup{}, translate(err)
	}
	return setup(made), nil
}

// metaSetup is the key of metadata under which a setup intent names the opening
// of its page.
const metaSetup = "purse_setup"

// SetupTry fetches a setup intent with what was saved, or refused last.
func (g *Gateway) SetupTry(ctx context.Context, id string) (card.SetupTry, error) {
	p := &stripe.SetupIntentParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("payment_method")
	si, err := g.api.SetupIntents.Get(id, p)
	if err != nil {
		return card.SetupTry{}, translate(err)
	}
	o := card.SetupTry{Customer: si.Metadata[metaCustomer], Installation: si.Metadata[metaInstallation], Setup: si.Metadata[metaSetup]}
	pm := si.PaymentMethod
	if pm == nil && si.LastSetupError != nil {
		pm = si.LastSetupError.PaymentMethod
	}
	if pm != nil {
		o.Fingerprint = paymentMethod(pm).Fingerprint
	}
	return o, nil
}

// SetupSession fetches a Checkout Session in setup mode.
func (g *Gateway) SetupSession(ctx context.Context, session string) (card.Setup, error) {
	p := &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("setup_intent")
	s, err := g.api.CheckoutSessions.Get(session, p)
	if err != nil {
		return card.Setup{}, translate(err)
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

func setup(s *stripe.CheckoutSession) card.Setup {
	o := card.Setup{ID: s.ID, URL: s.URL, Status: string(s.Status), Customer: s.Metadata[metaCustomer], Installation: s.Metadata[metaInstallation]}
	if s.Customer != nil {
		o.StripeCustomer = s.Customer.ID
	}
	si := s.SetupIntent
	switch {
	case si == nil || si.PaymentMethod == nil:
	case si.Status == stripe.SetupIntentStatusSucceeded:
		o.Method = si.PaymentMethod.ID
	case s.Status == stripe.CheckoutSessionStatusComplete && (si.Status == stripe.SetupIntentStatusRequiresAction || si.Status == stripe.SetupIntentStatusProcessing):
		o.Verifying = true // small deposits on the account are to be told
	}
	return o
}

// paymentMethod reads what people know a payment method by.
func paymentMethod(pm *stripe.PaymentMethod) card.PaymentMethod {
	o := card.PaymentMethod{ID: pm.ID, Type: string(pm.Type), CreatedAt: instant(pm.Created)}
	if pm.Customer != nil {
		o.StripeCustomer = pm.Customer.ID
	}
	switch {
	case pm.Card != nil:
		k := pm.Card
		o.Brand, o.Last4, o.ExpMonth, o.ExpYear, o.Fingerprint = string(k.Brand), k.Last4, int(k.ExpMonth), int(k.ExpYear), k.Fingerprint
	case pm.USBankAccount != nil:
		o.Brand, o.Last4, o.Fingerprint = pm.USBankAccount.BankName, pm.USBankAccount.Last4, pm.USBankAccount.Fingerprint
	case pm.SEPADebit != nil:
		o.Last4, o.Fingerprint = pm.SEPADebit.Last4, pm.SEPADebit.Fingerprint
	case pm.BACSDebit != nil:
		o.Last4, o.Fingerprint = pm.BACSDebit.Last4, pm.BACSDebit.Fingerprint
	case pm.AUBECSDebit != nil:
		o.Last4, o.Fingerprint = pm.AUBECSDebit.Last4, pm.AUBECSDebit.Fingerprint
	case pm.ACSSDebit != nil:
		o.Brand, o.Last4, o.Fingerprint = pm.ACSSDebit.BankName, pm.ACSSDebit.Last4, pm.ACSSDebit.Fingerprint
	case pm.Link != nil:
		o.Brand = pm.Link.Email
	case pm.CashApp != nil:
		o.Brand = pm.CashApp.Cashtag
	case pm.Paypal != nil:
		o.Brand = pm.Paypal.PayerEmail
	}
	return o
}

// Mandate reads what an event says about a mandate: the event itself, because a
// key that may read events need not be allowed to read mandates.
func (g *Gateway) Mandate(ctx context.Context, event string) (card.Mandate, error) {
	e, err := g.api.Events.Get(event, &stripe.EventParams{Params: stripe.Params{Context: ctx}})
	if err != nil {
		return card.Mandate{}, translate(err)
	}
	var m stripe.Mandate
	if err := json.Unmarshal(e.Data.Raw, &m); err != nil {
		return card.Mandate{}, fmt.Errorf("the mandate of %s: %w", event, err)
	}
	if m.PaymentMethod == nil {
		return card.Mandate{}, outcome.ErrGone
	}
	return card.Mandate{PaymentMethod: m.PaymentMethod.ID, Ended: m.Status == stripe.MandateStatusInactive}, nil
}

// acssMandate is what a Canadian debit permits: payments when they are needed, by
// a business.
func acssMandate() *stripe.CheckoutSessionPaymentMethodOptionsACSSDebitMandateOptionsParams {
	return &stripe.CheckoutSessionPaymentMethodOptionsACSSDebitMandateOptionsParams{
		PaymentSchedule: stripe.String("sporadic"), TransactionType: stripe.String("business")}
}
