package stripepay

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/card"
	"purse/billing/outcome"
	"purse/billing/purchase"
)

// The keys of metadata by which we know our own objects.
const (
	metaInstallation = "purse_installation"
	metaCustomer     = "purse_customer"
	metaPurchase     = "purse_purchase"
)

// write is the part that every write has in common.
func write(ctx context.Context, key string, metadata map[string]string) stripe.Params {
	p := stripe.Params{Context: ctx, Metadata: metadata}
	if key != "" {
		p.IdempotencyKey = stripe.String(key)
	}
	return p
}

// text leaves out what is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// EnsureCustomer makes Stripe's customer and answers its id. It is the same
// customer for the same key while Stripe remembers the key.
func (g *Gateway) EnsureCustomer(ctx context.Context, c card.CustomerParams, key string) (string, error) {
	id, err := again(key, func(key string) (string, error) {
		made, err := g.api.Customers.New(&stripe.CustomerParams{
			Params: write(ctx, key, map[string]string{metaInstallation: c.Installation, metaCustomer: c.Customer}),
			Name:   text(c.Name), Email: text(c.Email),
		})
		if err != nil {
			return "", err
		}
		return made.ID, nil
	}, func() (string, bool, error) { return g.findCustomer(ctx, c) })
	return id, translate(err)
}

// CustomerLives says whether Stripe has a customer that was not deleted.
func (g *Gateway) CustomerLives(ctx context.Context, stripeID string) (bool, error) {
	c, err := g.api.Customers.Get(stripeID, &stripe.CustomerParams{Params: stripe.Params{Context: ctx}})
	if err = translate(err); errors.Is(err, outcome.ErrGone) {
		return false, nil
	}
	return err == nil && !c.Deleted, err
}

// CreateCheckout opens a Checkout Session for one pack. Its metadata names the
// purchase, on the session and on the payment intent, to which Stripe does not
// copy it.
func (g *Gateway) CreateCheckout(ctx context.Context, c purchase.CheckoutParams, key string) (purchase.Checkout, error) {
	meta := map[string]string{metaInstallation: c.Installation, metaCustomer: c.Customer, metaPurchase: c.Purchase}
	p := &stripe.CheckoutSessionParams{
		Mode:              stripe.String(string(stripe.CheckoutSessionModePayment)),
		Customer:          text(c.StripeCustomer),
		ClientReferenceID: text(c.Purchase),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency: stripe.String(c.Price.Currency), UnitAmount: stripe.Int64(c.Price.Amount),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{
					Name: stripe.String(c.Name), Description: text(c.Description),
				},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{Metadata: meta, Description: text(c.Name)},
		SuccessURL:        stripe.String(c.SuccessURL),
		CancelURL:         text(c.CancelURL),
	}
	offer(p, c)
	if c.Save {
		saveWhatPays(p)
	}
	if c.TaxBehavior != "" {
		p.LineItems[0].PriceData.TaxBehavior = stripe.String(c.TaxBehavior)
	}
	p.LineItems[0].PriceData.ProductData.TaxCode = text(c.TaxCode)
	if c.Invoice {
		data := &stripe.CheckoutSessionInvoiceCreationInvoiceDataParams{Metadata: meta}
		if c.PONumber != "" {
			data.CustomFields = []*stripe.CheckoutSessionInvoiceCreationInvoiceDataCustomFieldParams{{Name: stripe.String(poNumber), Value: stripe.String(c.PONumber)}}
		}
		p.InvoiceCreation = &stripe.CheckoutSessionInvoiceCreationParams{Enabled: stripe.Bool(true), InvoiceData: data}
	}
	if c.Promotions {
		p.AllowPromotionCodes = stripe.Bool(true)
	}
	if c.AutomaticTax {
		// Stripe computes tax by an address; of a customer that exists it takes
		// what is entered only when it may keep it.
		if c.TaxBehavior == "" {
			p.LineItems[0].PriceData.TaxBehavior = stripe.String("exclusive")
		}
		p.AutomaticTax = &stripe.CheckoutSessionAutomaticTaxParams{Enabled: stripe.Bool(true)}
		p.TaxIDCollection = &stripe.CheckoutSessionTaxIDCollectionParams{Enabled: stripe.Bool(true)}
		if c.StripeCustomer != "" {
			p.CustomerUpdate = &stripe.CheckoutSessionCustomerUpdateParams{Name: stripe.String("auto")}
			if !c.KnownAddress { // ours stays: it is what later invoices are addressed to
				p.CustomerUpdate.Address = stripe.String("auto")
			}
		}
	}
	if c.SubmitMessage != "" {
		p.CustomText = &stripe.CheckoutSessionCustomTextParams{
			Submit: &stripe.CheckoutSessionCustomTextSubmitParams{Message: stripe.String(c.SubmitMessage)}}
	}
	if !c.ExpiresAt.IsZero() {
		p.ExpiresAt = stripe.Int64(c.ExpiresAt.Unix())
	}
	if !g.config.OldSpec {
		p.AddExtra("adaptive_pricing[enabled]", strconv.FormatBool(g.config.AdaptivePricing))
	}
	sells := maps.Clone(meta)
	putSold(sells, c.Sold)
	s, err := again(key, func(key string) (*stripe.CheckoutSession, error) {
		p.Params.Context, p.Params.Metadata, p.Params.IdempotencyKey = ctx, sells, text(key)
		return g.api.CheckoutSessions.New(p)
	}, func() (*stripe.CheckoutSession, bool, error) { return g.findCheckout(ctx, c) })
	if err != nil {
		return purchase.Checkout{}, translate(err)
	}
	return checkout(s), nil
}

// offer names the payment methods of a Checkout, with what Stripe must be told
// about some. Without any, those of Stripe's dashboard are offered.
func offer(p *stripe.CheckoutSessionParams, c purchase.CheckoutParams) {
	options := &stripe.CheckoutSessionPaymentMethodOptionsParams{}
	for _, m := range c.Methods {
		if m == card.BankTransfer && c.StripeCustomer == "" {
			continue
		}
		p.PaymentMethodTypes = append(p.PaymentMethodTypes, stripe.String(m))
		switch m {
		case card.BankTransfer:
			options.CustomerBalance = transfer(c)
		case card.ACSS:
			options.ACSSDebit = &stripe.CheckoutSessionPaymentMethodOptionsACSSDebitParams{MandateOptions: acssMandate()}
		case card.WeChat:
			options.WeChatPay = &stripe.CheckoutSessionPaymentMethodOptionsWeChatPayParams{Client: stripe.String("web")}
		default:
			continue
		}
		p.PaymentMethodOptions = options
	}
}

func transfer(c purchase.CheckoutParams) *stripe.CheckoutSessionPaymentMethodOptionsCustomerBalanceParams {
	by := &stripe.CheckoutSessionPaymentMethodOptionsCustomerBalanceBankTransferParams{Type: stripe.String(transferTypes[c.Price.Currency])}
	if c.Price.Currency == "eur" {
		country := c.BankCountry
		if country == "" {
			country = "DE"
		}
		by.EUBankTransfer = &stripe.CheckoutSessionPaymentMethodOptionsCustomerBalanceBankTransferEUBankTransferParams{Country: stripe.String(country)}
	}
	return &stripe.CheckoutSessionPaymentMethodOptionsCustomerBalanceParams{FundingType: stripe.String("bank_transfer"), BankTransfer: by}
}

// saveWhatPays lets Stripe keep what pays. Where something is offered that cannot
// be kept, Stripe wants to be told of each method that is.
func saveWhatPays(p *stripe.CheckoutSessionParams) {
	always := stripe.String(string(stripe.PaymentIntentSetupFutureUsageOffSession))
	if !slices.ContainsFunc(p.PaymentMethodTypes, func(m *string) bool { return !card.MaySave(*m) }) {
		p.PaymentIntentData.SetupFutureUsage = always
		return
	}
	if p.PaymentMethodOptions == nil {
		p.PaymentMethodOptions = &stripe.CheckoutSessionPaymentMethodOptionsParams{}
	}
	o := p.PaymentMethodOptions
	for _, m := range p.PaymentMethodTypes {
		switch *m {
		case card.Card:
			o.Card = &stripe.CheckoutSessionPaymentMethodOptionsCardParams{SetupFutureUsage: always}
		case card.Link:
			o.Link = &stripe.CheckoutSessionPaymentMethodOptionsLinkParams{SetupFutureUsage: always}
		case card.ACH:
			o.USBankAccount = &stripe.CheckoutSessionPaymentMethodOptionsUSBankAccountParams{SetupFutureUsage: always}
		case card.SEPA:
			o.SEPADebit = &stripe.CheckoutSessionPaymentMethodOptionsSEPADebitParams{SetupFutureUsage: always}
		case card.Bacs:
			o.BACSDebit = &stripe.CheckoutSessionPaymentMethodOptionsBACSDebitParams{SetupFutureUsage: always}
		case card.ACSS:
			o.ACSSDebit.SetupFutureUsage = always
		case card.CashApp:
			o.CashApp = &stripe.CheckoutSessionPaymentMethodOptionsCashAppParams{SetupFutureUsage: always}
		case card.PayPal:
			o.Paypal = &stripe.CheckoutSessionPaymentMethodOptionsPaypalParams{SetupFutureUsage: always}
		}
	}
}

var transferTypes = map[string]string{
	"usd": "us_bank_transfer", "eur": "eu_bank_transfer", "gbp": "gb_bank_transfer", "jpy": "jp_bank_transfer", "mxn": "mx_bank_transfer",
}

// Checkout fetches a session with its payment and latest charge.
func (g *Gateway) Checkout(ctx context.Context, id string) (purchase.Checkout, error) {
	if isInvoice(id) {
		in, err := g.invoice(ctx, id)
		if err != nil {
			return purchase.Checkout{}, translate(err)
		}
		return invoiceCheckout(in), nil
	}
	p := &stripe.CheckoutSessionParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("payment_intent.latest_charge")
	p.AddExpand("invoice")
	s, err := g.api.CheckoutSessions.Get(id, p)
	if err != nil {
		return purchase.Checkout{}, translate(err)
	}
	return checkout(s), nil
}

// ExpireCheckout closes an open session so that nobody can pay it any more.
func (g *Gateway) ExpireCheckout(ctx context.Context, id string) error {
	if isInvoice(id) {
		return g.expireInvoice(ctx, id)
	}
	_, err := g.api.CheckoutSessions.Expire(id, &stripe.CheckoutSessionExpireParams{Params: stripe.Params{Context: ctx}})
	err = translate(err)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Code == "" {
		e.meaning = outcome.ErrNotOpen // the one thing that can be wrong here
	}
	return err
}

// PaymentIntent fetches a payment with its latest charge.
func (g *Gateway) PaymentIntent(ctx context.Context, id string) (purchase.PaymentIntent, error) {
	p := &stripe.PaymentIntentParams{Params: stripe.Params{Context: ctx}}
	p.AddExpand("latest_charge")
	pi, err := g.api.PaymentIntents.Get(id, p)
	if err != nil {
		return purchase.PaymentIntent{}, translate(err)
	}
	o := payment(pi)
	o.Shown = shownBy(pi.LastResponse)
	return o, nil
}

// Account is the account's id, and whether the key is for live mode.
func (g *Gateway) Account(ctx context.Context) (id string, livemode bool, err error) {
	var a stripe.Account
	err = g.backend.Call(http.MethodGet, "/v1/account", g.config.Key, &stripe.AccountParams{Params: stripe.Params{Context: ctx}}, &a)
	return a.ID, g.live, translate(err)
}
