package purchase

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/tx"
	"purse/billing/words"
)

// checkoutLife is how long a Checkout stays open: Stripe allows 30 minutes to
// 24 hours, a little less leaves room for clocks that differ.
const checkoutLife = 23 * time.Hour

// Begin says what is to be bought.
type Begin struct {
	Customer string // its id
	Pack     string
	// Credits is how many, of a pack for any amount; 0 for what a pack has.
	Credits money.Credits
	// Currency is the one to pay in, "" for the customer's, or the pack's first.
	Currency string
	// Seen is the price that the buyer was shown: another one is refused. Zero for
	// no such check; Checkout shows it in any case.
	Seen money.Money
	// Key makes the purchase count once: a form's nonce, an Idempotency-Key.
	// Empty for no such promise.
	Key string
	// SuccessURL and CancelURL are where to go on to, "" for Purse's own pages.
	SuccessURL, CancelURL string
	Address               string // the buyer's network address, where known
	// Save keeps what pays for later purchases: the buyer ticked the box.
	Save bool
}

// Begin starts a purchase and opens a Checkout for it; an older open one of the
// same customer and pack is expired. The intent is committed before Stripe is
// called. An error that is a fault.Unavailable may be retried under the same Key.
func (s *Service) Begin(ctx context.Context, by audit.Actor, b Begin) (*Purchase, error) {
	if err := s.checkURLs(b); err != nil {
		return nil, err
	}
	p, older, err := s.intend(ctx, by, b)
	if err != nil {
		return nil, err
	}
	if p.CheckoutSession != "" || p.State != Created {
		return p, nil
	}
	for _, o := range older {
		if err := s.expireOlder(ctx, o); err != nil {
			return nil, s.unavailable(err)
		}
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error { return s.stillIn(t, p) })
	if err != nil {
		return nil, errors.Join(err, s.setState(ctx, p.ID, Expired, superseded))
	}
	if err := s.openCheckout(ctx, p, b.Save); err != nil {
		return nil, err
	}
	return p, nil
}

// intend writes down what is to be bought, or finds what was begun under the key.
func (s *Service) intend(ctx context.Context, by audit.Actor, b Begin) (p *Purchase, older []*Purchase, err error) {
	key := ""
	if b.Key != "" {
		key = b.Customer + "/" + b.Key
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		p, older = nil, nil
		c, err := s.Accounts.CustomerIn(t, b.Customer)
		if err != nil {
			return err
		}
		if c.Status != account.Active {
			return fault.New(fault.Forbidden, "customer_suspended", "", "The customer is suspended and cannot buy.")
		}
		if key != "" {
			p, err = s.Store.ByKey(t, key)
			switch {
			case err == nil && p.Pack != b.Pack:
				return fault.New(fault.Conflict, "idempotency_mismatch", "pack", "This key was used to buy another pack. Use a new one.")
			case err == nil && (b.Credits != 0 && b.Credits != p.Credits || b.Currency != "" && !strings.EqualFold(b.Currency, p.Price.Currency)):
				return fault.New(fault.Conflict, "idempotency_mismatch", "credits", "This key was used to buy another amount. Use a new one.")
			case err == nil:
				return nil
			case !errors.Is(err, tx.ErrNotFound):
				return err
			}
		}
		if err := s.checkVelocity(t, c.ID, by.ID, b.Address); err != nil {
			return err
		}
		pack := s.Catalog.Snapshot().Pack(b.Pack)
		if pack == nil || pack.Archived() {
			return fault.New(fault.Invalid, "unknown_pack", "pack", "There is no such pack for sale.")
		}
		quote, err := s.quoteFor(t, c.ID, pack, b)
		if err != nil {
			return err
		}
		p = &Purchase{
			ID: id.New("pur", t.Now()), Customer: c.ID, Pack: pack.ID, PackName: pack.Name, CreditType: pack.CreditType,
			Credits: quote.Credits, Price: quote.Price, Bonus: quote.Bonus, BonusDays: quote.BonusDays,
			ExpiresAfterDays: pack.ExpiresAfterDays, State: Created,
			SuccessURL: b.SuccessURL, CancelURL: b.CancelURL, TermsVersion: s.TermsVersion, Address: b.Address, CreatedBy: by.ID,
			CheckoutExpiresAt: t.Now().Add(checkoutLife).Truncate(time.Second),
			CheckAt:           t.Now().Add(firstCheck), CreatedAt: t.Now(), UpdatedAt: t.Now(),
		}
		if older, err = s.olderOf(t, p); err != nil {
			return err
		}
		if err := s.Accounts.ChooseCurrencyIn(t, c.ID, quote.Price.Currency, false); err != nil {
			return err
		}
		if key == "" {
			key = p.ID
		}
		if err := s.Store.Insert(t, p, key); err != nil {
			return err
		}
		details, err := s.Accounts.BillingIn(t, c.ID)
		if err != nil {
			return err
		}
		behavior, code := s.TaxOf(pack)
		return s.Store.PutQuote(t, &Quote{Purchase: p.ID, Customer: c.ID, Lines: quote.Lines, TaxBehavior: behavior, TaxCode: code, PONumber: details.PONumber})
	})
	return p, older, err
}

// expireOlder ends an older Checkout. One that was paid meanwhile is fulfilled.
func (s *Service) expireOlder(ctx context.Context, o *Purchase) error {
	// Its Checkout may be opening at this moment: either we see it here, or who
	// opens it sees that it is over.
	err := s.Runner.Update(ctx, func(t tx.Tx) (err error) {
		if o, err = s.Store.Purchase(t, o.ID); err != nil || o.CheckoutSession != "" || o.State.Final() {
			return err
		}
		// The sweep looks whether something was opened all the same.
		o.State, o.Problem, o.CheckAt, o.Checks, o.UpdatedAt = Expired, superseded, t.Now().Add(firstCheck), 0, t.Now()
		return s.Store.Update(t, o)
	})
	if err != nil || o.CheckoutSession == "" || o.State == Processing {
		return err // what a bank is asked for was bought
	}
	err = s.Gateway.ExpireCheckout(ctx, o.CheckoutSession)
	if err != nil && !errors.Is(err, outcome.ErrNotOpen) && !errors.Is(err, outcome.ErrGone) {
		return err
	}
	_, err = s.FulfilBySession(ctx, o.CheckoutSession)
	return err
}

const superseded = "Another Checkout was opened."

// openCheckout opens the Checkout of a purchase at Stripe, under keys made of
// its id: repeated, it answers the same Checkout.
func (s *Service) openCheckout(ctx context.Context, p *Purchase, save bool) error {
	params, err := s.checkoutParams(ctx, p)
	if err != nil {
		return s.refused(ctx, p, err)
	}
	params.Save = save
	c, err := s.Gateway.CreateCheckout(ctx, params, p.ID)
	if err != nil {
		return s.refused(ctx, p, err)
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		now, err := s.Store.Purchase(t, p.ID)
		if err != nil {
			return err
		}
		if now.CheckoutSession == "" {
			now.CheckoutSession, now.CheckoutURL, now.UpdatedAt = c.ID, c.URL, t.Now()
			if !c.ExpiresAt.IsZero() {
				now.CheckoutExpiresAt = c.ExpiresAt
			}
			if err := s.Store.Update(t, now); err != nil {
				return err
			}
		}
		*p = *now
		return nil
	})
	if err != nil || p.State != Expired {
		return err
	}
	// Another tab was faster to buy the same: this Checkout must not be paid too.
	if err := s.Gateway.ExpireCheckout(ctx, p.CheckoutSession); err != nil && !errors.Is(err, outcome.ErrNotOpen) {
		return s.unavailable(err)
	}
	return fault.New(fault.Conflict, "superseded", "", "The same pack was just chosen in another window. Go on there, or choose it again here.")
}

// checkoutParams describe a purchase to Stripe, whose customer is made and knows
// the billing details then.
func (s *Service) checkoutParams(ctx context.Context, p *Purchase) (CheckoutParams, error) {
	stripeCustomer, err := s.EnsureCustomer(ctx, p.Customer)
	if err == nil {
		err = s.syncBilling(ctx, p.Customer)
	}
	if err != nil {
		return CheckoutParams{}, err
	}
	var quote *Quote
	var details account.BillingDetails
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		if quote, err = s.QuoteOf(t, p); err == nil {
			details, err = s.Accounts.BillingIn(t, p.Customer)
		}
		return err
	})
	unit := "credits"
	if ct := s.Catalog.Snapshot().CreditType(p.CreditType); ct != nil {
		unit = ct.Units
	}
	if err != nil {
		return CheckoutParams{}, err
	}
	return CheckoutParams{
		Purchase: p.ID, Customer: p.Customer, Installation: s.Installation, Sold: p.sold(), StripeCustomer: stripeCustomer,
		Name: p.PackName, Description: describe(p, unit), Price: p.Price,
		SuccessURL: s.PublicURL + "/checkout/return?session_id={CHECKOUT_SESSION_ID}",
		CancelURL:  s.PublicURL + "/checkout/cancelled?purchase=" + p.ID,
		ExpiresAt:  p.CheckoutExpiresAt, Promotions: s.Promotions, AutomaticTax: s.AutomaticTax,
		Methods: card.TypesFor(s.Methods, p.Price.Currency), BankCountry: s.BankCountry,
		TaxBehavior: quote.TaxBehavior, TaxCode: quote.TaxCode, Invoice: details.Set(), PONumber: quote.PONumber, KnownAddress: details.Known(),
	}, nil
}

// describe says on the Checkout page what is bought and how long it lasts.
func describe(p *Purchase, unit string) string {
	d := p.Credits.String() + " " + unit
	if p.Bonus > 0 && p.BonusDays == p.ExpiresAfterDays {
		d += " and " + p.Bonus.String() + " as a bonus"
	}
	d += lasting(p.ExpiresAfterDays)
	if p.Bonus > 0 && p.BonusDays != p.ExpiresAfterDays {
		d += "; and " + p.Bonus.String() + " as a bonus" + lasting(p.BonusDays)
	}
	return d
}

func lasting(days int) string {
	if days > 0 {
		return ", to be used within " + words.Count(days, "day")
	}
	return ", which do not expire"
}

// refused turns Stripe's answer into the buyer's. What Stripe refuses for good
// fails the purchase; everything else leaves it to be tried again.
func (s *Service) refused(ctx context.Context, p *Purchase, err error) error {
	var no *outcome.Refused
	if !errors.As(err, &no) {
		return s.unavailable(err)
	}
	s.Log.Error("Stripe refused a Checkout", "purchase", p.ID, "code", no.Code, "message", no.Message)
	if err := s.setState(ctx, p.ID, Failed, "Stripe refused to open a Checkout: "+no.Message); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "checkout_refused", "", "The payment page could not be opened. Nothing was charged; the vendor has been told why (%s).", p.ID)
}

func (s *Service) unavailable(err error) error {
	s.Log.Warn("Stripe did not answer", "error", err)
	return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "stripe_unavailable", "",
		"The payment service does not answer at the moment. Nothing was charged; try again."), err)
}

// setState ends a purchase that has not ended.
func (s *Service) setState(ctx context.Context, purchase string, to State, problem string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Purchase(t, purchase)
		if err != nil || p.State.Final() {
			return err
		}
		p.State, p.Problem, p.CheckAt, p.UpdatedAt = to, problem, time.Time{}, t.Now()
		return s.Store.Update(t, p)
	})
}

func (s *Service) checkURLs(b Begin) error {
	for param, u := range map[string]string{"success_url": b.SuccessURL, "cancel_url": b.CancelURL} {
		if u != "" && !s.allowed(u) {
			return fault.Bad(param, "The address must be on one of the origins in PURSE_RETURN_ORIGINS, or on Purse's own.")
		}
	}
	return nil
}

// allowed says whether a browser may be sent to an address after Checkout.
func (s *Service) allowed(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(address, "\\\r\n\t ") {
		return false
	}
	origin := strings.ToLower(u.Scheme + "://" + u.Host)
	if origin == strings.ToLower(s.PublicURL) || slices.ContainsFunc(s.ReturnOrigins, func(o string) bool {
		return strings.EqualFold(strings.TrimSuffix(o, "/"), origin)
	}) {
		return u.Scheme == "http" || u.Scheme == "https"
	}
	if !s.AllowLoopback || (u.Scheme != "http" && u.Scheme != "https") {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// Settled is what a purchase would leave: the credits bought less the debt that
// they repay first.
func Settled(credits, debt money.Credits) (repaid, available money.Credits) {
	repaid = min(debt, credits)
	return repaid, credits - repaid
}
