package purchase

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// FulfilBySession looks at a Checkout at Stripe and writes what it means. It is
// what the return page, the inbox and the sweep call, in any order, as often as
// they like. It answers fault.NotFound for a session that is not ours.
func (s *Service) FulfilBySession(ctx context.Context, session string) (*Purchase, error) {
	if !isSession(session) {
		return nil, fault.Missing("purchase")
	}
	p, err := s.BySession(ctx, session)
	if err == nil && (p.Granted() || p.State == Expired) {
		return p, nil // nothing in a Checkout can change these
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	c, err := s.Gateway.Checkout(ctx, session)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return nil, fault.Missing("purchase")
	case err != nil:
		return nil, s.unavailable(err)
	}
	p, why, err := s.fulfil(ctx, &c, nil)
	switch {
	case err != nil:
		return nil, err
	case p == nil:
		s.Log.Debug("a Checkout was looked at that is not ours", "session", session, "why", why)
		return nil, fault.Missing("purchase")
	}
	return p, nil
}

// isSession says whether an id looks like a Checkout's, or like that of the invoice in
// its place.
func isSession(session string) bool { return id.Like("cs_", session) || id.Like("in_", session) }

// fulfil writes what a Checkout means, in one transaction with note, which
// records why it was looked at. It answers nil and a reason when the Checkout
// is not a purchase of ours.
func (s *Service) fulfil(ctx context.Context, c *Checkout, note func(t tx.Tx, p *Purchase, why unclear) error) (p *Purchase, why unclear, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		p, why, err = s.find(t, c)
		if err != nil {
			return err
		}
		if p != nil {
			if err := s.advance(t, p, c); err != nil {
				return err
			}
		}
		if note != nil {
			return note(t, p, why)
		}
		return nil
	})
	return p, why, err
}

// unclear says why a Checkout is not a purchase of ours, "" for one that is.
type unclear string

const (
	notOurs       unclear = "not_ours"
	noSale        unclear = "no_sale" // ours, and sells nothing: it saves a payment method
	unknownHere   unclear = "unknown_here"
	otherCheckout unclear = "other_checkout" // it names a purchase that has another
)

// find answers the purchase of a Checkout. Only our own keys in the metadata
// count, and only where they name this installation.
func (s *Service) find(t tx.Tx, c *Checkout) (*Purchase, unclear, error) {
	p, err := s.Store.BySession(t, c.ID)
	if err == nil {
		return p, "", nil
	}
	if !errors.Is(err, tx.ErrNotFound) {
		return nil, "", err
	}
	switch {
	case c.Installation != s.Installation:
		return nil, notOurs, nil
	case c.Purchase == "":
		return nil, noSale, nil
	}
	p, err = s.Store.Purchase(t, c.Purchase)
	switch {
	case errors.Is(err, tx.ErrNotFound):
		return nil, unknownHere, nil
	case err != nil:
		return nil, "", err
	case p.CheckoutSession != "":
		return nil, otherCheckout, nil
	}
	// The answer to creating it was lost: now we know it.
	p.CheckoutSession, p.CheckoutURL = c.ID, c.URL
	return p, "", nil
}

// advance moves a purchase to where its Checkout is. States only go forward: a
// paid purchase stays paid whatever comes late.
func (s *Service) advance(t tx.Tx, p *Purchase, c *Checkout) error {
	if p.Granted() {
		return nil
	}
	if err := s.tried(t, p, c.Payment.Fingerprint); err != nil {
		return err
	}
	before := *p
	p.PaymentIntent = c.Payment.ID
	switch {
	case c.Status == "expired" && p.State == Failed: // it failed, and its invoice was voided for that
	case c.Status == "expired":
		p.State, p.CheckAt = Expired, time.Time{}
	case c.Status != "complete" && p.State == Failed: // a look that is older than the one that saw it fail
	case c.Status != "complete" && p.State == Processing && c.Payment.Status == "requires_payment_method" && c.Payment.FailureMessage != "":
		// The bank refused to be debited for an invoice: the sweep voids it.
		p.State, p.Problem, p.CheckAt, p.Checks = Failed, failureOf(c), t.Now().Add(firstCheck), 0
	case c.Status != "complete":
		p.Problem = ""
	case c.PaymentStatus == "unpaid" && (c.Payment.Status == "requires_payment_method" || c.Payment.Status == "canceled"):
		p.State, p.CheckAt = Failed, time.Time{}
		p.Problem = failureOf(c)
	case c.PaymentStatus == "unpaid":
		if p.State != Failed { // a look that is older than the one that saw it fail
			p.State, p.Problem = Processing, ""
		}
		if err := s.noteWait(t, p, c); err != nil {
			return err
		}
	default:
		if problem := s.mismatch(t, p, c); problem != "" {
			return s.alarm(t, p, problem)
		}
		if err := s.grant(t, p, c); err != nil {
			return err
		}
	}
	if p.State == Failed && before.State != Failed {
		if err := s.Events.Append(t, event.PurchaseFailed, p.Customer, 0, 0, eventData(p)); err != nil {
			return err
		}
		if err := s.mailFailed(t, p); err != nil {
			return err
		}
	}
	if p.State == Processing || p.Granted() {
		if err := s.fixCurrency(t, p); err != nil {
			return err
		}
	}
	if *p == before {
		return nil
	}
	p.UpdatedAt = t.Now()
	if err := s.Store.Update(t, p); err != nil {
		return err
	}
	if warned, err := s.warned(t, p.ID); err != nil || !warned || !p.Granted() {
		return err
	}
	return s.moneyBack(t, p, ledger.Note{}) // the bank's warning was faster
}

// failureOf says for people why a payment will not come.
func failureOf(c *Checkout) string {
	switch why := c.Payment.FailureMessage; {
	case c.Payment.Status == "canceled":
		return "The payment was cancelled."
	case strings.HasPrefix(why, "The payment failed"):
		return why
	case why != "":
		return "The payment failed: " + why
	}
	return "The payment failed"
}

// mismatch says what of a paid Checkout differs from what we stored, "" when
// nothing does.
func (s *Service) mismatch(t tx.Tx, p *Purchase, c *Checkout) string {
	customer, err := s.Accounts.CustomerIn(t, p.Customer)
	whose := false
	if err == nil {
		whose, err = s.Accounts.IsStripeCustomerIn(t, customer, c.StripeCustomer)
	}
	switch {
	case err != nil:
		return "the customer cannot be read: " + err.Error()
	case c.Currency != p.Price.Currency:
		return fmt.Sprintf("the currency is %s, ours is %s", c.Currency, p.Price.Currency)
	case c.Subtotal != p.Price.Amount:
		return fmt.Sprintf("the subtotal is %d, our price is %d", c.Subtotal, p.Price.Amount)
	case c.Total != c.Subtotal-c.Discount+c.Tax && c.Total != c.Subtotal-c.Discount:
		return fmt.Sprintf("the total of %d is not subtotal %d less discount %d plus tax %d", c.Total, c.Subtotal, c.Discount, c.Tax)
	case !whose:
		return "Stripe's customer is another than this customer's"
	case c.Livemode != s.Livemode:
		return "livemode differs"
	case c.Installation != s.Installation || c.Purchase != p.ID || c.Customer != p.Customer:
		return "the metadata names another installation, purchase or customer"
	}
	return ""
}

// alarm keeps a paid Checkout that does not match for a person to look at.
func (s *Service) alarm(t tx.Tx, p *Purchase, problem string) error {
	s.Log.Error("a payment does not match its purchase; nothing is granted", "purchase", p.ID, "problem", problem)
	p.Problem = "Paid, and not granted: " + problem
	p.CheckAt, p.UpdatedAt = time.Time{}, t.Now()
	return s.Store.Update(t, p)
}

// grant gives the credits, once: the ledger knows the purchase's key, and the
// database lets a source make one grant.
func (s *Service) grant(t tx.Tx, p *Purchase, c *Checkout) error {
	key := ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}
	before, err := s.Ledger.Balance(t, key)
	if err != nil {
		return err
	}
	op := ledger.NewGrant{
		Wallet: key, Credits: p.Credits, Kind: ledger.Paid, Priority: ledger.DefaultPriority, Source: p.ID + ":credits", Ref: p.ID,
		// The cost basis is what was paid net of tax.
		Paid: money.Money{Amount: c.Total - c.Tax, Currency: c.Currency},
	}
	if c.PaymentStatus == "no_payment_required" || c.Total == 0 {
		op.Kind, op.Paid = ledger.Promotional, money.Money{}
	}
	if p.ExpiresAfterDays > 0 {
		op.ExpiresAt = t.Now().AddDate(0, 0, p.ExpiresAfterDays)
	}
	r, err := s.Ledger.ApplyOne(t, &ledger.Command{Key: ledger.NewKey("purchase", op.Source), Op: op})
	if err != nil {
		return fmt.Errorf("grant for %s: %w", p.ID, err)
	}
	p.State, p.Problem, p.CheckAt = Paid, "", time.Time{}
	p.Grant, p.PaidAt = r.Grant, t.Now()
	if err := s.GrantBonusIn(t, p); err != nil {
		return err
	}
	if op.Kind == ledger.Paid {
		p.DebtRepaid, _ = Settled(p.Credits, before.Debt)
	}
	p.Total, p.Tax, p.Discount = c.Total, c.Tax, c.Discount
	if err := s.noteWait(t, p, c); err != nil {
		return err
	}
	p.ReceiptURL, p.CardBrand, p.CardLast4 = c.Payment.ReceiptURL, c.Payment.CardBrand, c.Payment.CardLast4
	if err := s.noteInvoice(t, p, c.InvoiceNumber, c.InvoiceURL); err != nil {
		return err
	}
	if err := s.NoteCurrencyIn(t, p, c.Payment.Took); err != nil {
		return err
	}
	if err := s.adoptTyped(t, p, c); err != nil {
		return err
	}
	if err := s.Events.Append(t, event.PurchasePaid, p.Customer, int64(r.Postings[0].ID.Wallet), r.Postings[0].ID.Seq, eventData(p)); err != nil {
		return err
	}
	return s.mailReceipt(t, p)
}

// MailReceipt is the template of the mail after a purchase; its data are the
// purchase's id, customer, credits with their unit, price, currency and Stripe's
// receipt.
const MailReceipt = "receipt"

func (s *Service) mailReceipt(t tx.Tx, p *Purchase) error {
	return s.mail(t, p, MailReceipt, map[string]string{
		"credits": p.Brings().String(), "amount": p.decimal(p.Total), "receipt_url": p.ReceiptURL, "refund_policy": s.RefundPolicy(), "link": "/ledger",
	})
}

// purchaseEvent is the data of events about purchases.
type purchaseEvent struct {
	Purchase      string     `json:"purchase"`
	State         State      `json:"status"`
	Pack          string     `json:"pack"`
	CreditType    string     `json:"credit_type"`
	Credits       string     `json:"credits"`
	Bonus         string     `json:"bonus"`
	Price         eventMoney `json:"price"`
	Total         eventMoney `json:"total"`
	Refunded      eventMoney `json:"refunded"`
	DisputeStatus *string    `json:"dispute_status"`
}

type eventMoney struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

func eventData(p *Purchase) purchaseEvent {
	of := func(amount int64) eventMoney { return eventMoney{amount, p.Price.Currency} }
	e := purchaseEvent{p.ID, p.State, p.Pack, p.CreditType, p.Credits.String(), p.Bonus.String(), of(p.Price.Amount), of(p.Total), of(p.Refunded), nil}
	if p.DisputeStatus != "" {
		e.DisputeStatus = &p.DisputeStatus
	}
	return e
}
