package purchase

import (
	"context"
	"errors"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// Sold is what a Checkout sells, kept in its metadata at Stripe too: after a
// backup was restored that does not know a purchase, it can be adopted.
type Sold struct {
	Pack, PackName, CreditType  string
	Credits, Bonus              money.Credits
	ExpiresAfterDays, BonusDays int
}

func (p *Purchase) sold() Sold {
	return Sold{p.Pack, p.PackName, p.CreditType, p.Credits, p.Bonus, p.ExpiresAfterDays, p.BonusDays}
}

// Orphan is a Checkout of ours whose purchase is not known here.
type Orphan struct {
	Event    *inbox.Event
	Checkout Checkout
	Customer *account.Customer // nil when it is not known either
	Paid     bool
}

// Orphan answers the Checkout that an alarm of the inbox is about. A
// fault.Conflict says that there is nothing to adopt, and why.
func (s *Service) Orphan(ctx context.Context, eventID string) (*Orphan, error) {
	e, err := s.Inbox.Event(ctx, eventID)
	if err != nil {
		return nil, err
	}
	o := &Orphan{Event: e}
	none := func(why string) error { return fault.New(fault.Conflict, "nothing_to_adopt", "", "%s", why) }
	if !o.Event.Orphan() {
		return nil, none("This event is not about a purchase that is unknown here.")
	}
	payment := ""
	switch {
	case strings.HasPrefix(o.Event.Type, "checkout.session."):
		o.Checkout, err = s.Gateway.Checkout(ctx, o.Event.ObjectID)
	case strings.HasPrefix(o.Event.Type, "payment_intent."):
		payment = o.Event.ObjectID
	default:
		var pi PaymentIntent
		pi, err = s.Gateway.PaymentOf(ctx, o.Event.ObjectID)
		payment = pi.ID
	}
	if err == nil && payment != "" {
		o.Checkout, err = s.Gateway.CheckoutOf(ctx, payment)
	}
	switch {
	case errors.Is(err, outcome.ErrGone):
		return nil, none("Stripe knows no Checkout of this payment.")
	case err != nil:
		return nil, s.unavailable(err)
	case o.Checkout.Installation != s.Installation || o.Checkout.Purchase == "":
		return nil, none("The Checkout is not of this installation.")
	}
	if o.Checkout.Sold.Credits <= 0 || s.Catalog.Snapshot().CreditType(o.Checkout.Sold.CreditType) == nil {
		return nil, none("The Checkout does not say what was sold. Refund it in Stripe, or grant the credits by hand.")
	}
	if o.Customer, err = s.Accounts.Customer(ctx, o.Checkout.Customer); fault.Is(err, fault.NotFound) {
		return nil, none("Its customer is not known here either. Create one, or refund the payment in Stripe.")
	}
	o.Paid = o.Checkout.Status == "complete" && o.Checkout.PaymentStatus != "unpaid"
	return o, err
}

// Adopt is staff's act: it writes the purchase of an orphan as its Checkout at
// Stripe says it was sold, and fulfils it by the way of all others.
func (s *Service) Adopt(ctx context.Context, by audit.Actor, eventID, reason string) (*Purchase, error) {
	if reason == "" {
		return nil, fault.Bad("reason", "Say what happened: which backup was restored, and when.")
	}
	o, err := s.Orphan(ctx, eventID)
	if err != nil {
		return nil, err
	}
	c := &o.Checkout
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if _, err := s.Store.Purchase(t, c.Purchase); !errors.Is(err, tx.ErrNotFound) {
			return err // adopted meanwhile
		}
		p := &Purchase{
			ID: c.Purchase, Customer: o.Customer.ID, Pack: c.Sold.Pack, PackName: c.Sold.PackName, CreditType: c.Sold.CreditType, Credits: c.Sold.Credits,
			Bonus: c.Sold.Bonus, BonusDays: c.Sold.BonusDays, Price: money.Money{Amount: c.Subtotal, Currency: c.Currency},
			ExpiresAfterDays: c.Sold.ExpiresAfterDays, State: Created, CheckoutSession: c.ID, CheckoutURL: c.URL, CheckoutExpiresAt: c.ExpiresAt,
			CreatedBy: by.ID, CheckAt: t.Now().Add(time.Minute), CreatedAt: t.Now(), UpdatedAt: t.Now(),
		}
		customer, err := s.Accounts.CustomerIn(t, o.Customer.ID)
		if err != nil {
			return err
		}
		if customer.StripeCustomerID == "" && c.StripeCustomer != "" {
			if err := s.Accounts.SetStripeCustomerIn(t, by, customer.ID, c.StripeCustomer); err != nil {
				return err
			}
		}
		if err := s.Store.Insert(t, p, p.ID); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "purchase.adopted", Object: p.ID, Reason: reason, After: p})
	})
	if err != nil {
		return nil, err
	}
	if _, err := s.FulfilBySession(ctx, c.ID); err != nil {
		return nil, err
	}
	if _, err := s.Inbox.Replay(ctx, by, eventID); err != nil {
		return nil, err
	}
	return s.Purchase(ctx, c.Purchase)
}
