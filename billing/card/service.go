// Package card keeps the payment methods that customers have saved at Stripe: cards,
// bank accounts, wallets. Stripe keeps them, and is asked each time; which are chosen,
// and whose permission to be debited has ended, is kept here.
package card

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// Method is a payment method that a customer has saved. The same number saved
// twice is one Method.
type Method struct {
	PaymentMethod
	Default bool     // what automatic payments take unless they name another
	Backup  bool     // taken when the default is declined
	Ended   bool     // the permission to debit it was revoked: see Mandate
	Also    []string // other ids of the same card or account at Stripe
}

// Is says whether an id of Stripe's means this payment method.
func (m *Method) Is(id string) bool { return m.ID == id || slices.Contains(m.Also, id) }

// Usable says whether a payment can take it at all: it has not expired, may be
// debited, and is of a type that can be charged later.
func (m *Method) Usable(now time.Time) bool {
	return !m.Expired(now) && !m.Ended && MaySave(m.Type)
}

// CheckUse refuses a payment method that cannot pay in a currency, in words for
// the field that chose it.
func (m *Method) CheckUse(param, currency string, now time.Time) error {
	switch {
	case m.Expired(now):
		return fault.Bad(param, "This card has expired. Choose another payment method, or save a new one.")
	case m.Ended:
		return fault.Bad(param, "The permission to debit this account was withdrawn. Choose another payment method, or save it again.")
	case !MaySave(m.Type):
		return fault.Bad(param, "This payment method cannot be charged later. Choose another.")
	case !Takes(m.Type, currency):
		return fault.Bad(param, "This payment method cannot pay in %s. Choose another.", strings.ToUpper(currency))
	}
	return nil
}

// Choice is what a customer chose. An empty Default leaves it to Stripe's.
type Choice struct{ Default, Backup string }

// Store keeps what customers chose.
type Store interface {
	// Choice answers the zero choice when none was made.
	Choice(t tx.Tx, customer string) (Choice, error)
	PutChoice(t tx.Tx, customer string, c Choice) error
	// PutMandate writes whether a payment method of a customer may be debited;
	// MandatesEnded answers those that may not.
	PutMandate(t tx.Tx, customer, method string, ended bool) error
	MandatesEnded(t tx.Tx, customer string) ([]string, error)
	// Charging answers the customer for whom a payment method is charged by itself,
	// tx.ErrNotFound for nobody.
	Charging(t tx.Tx, method string) (customer string, err error)
}

// Deps is what a Service needs.
type Deps struct {
	Runner       tx.Runner
	Store        Store
	Gateway      Gateway
	Accounts     *account.Service
	Audit        *audit.Log
	Installation string
	PublicURL    string
	// Limits hold up who tries too many cards; nil for no limits.
	Limits Limits
	// Replaced is called in the transaction that replaces a customer which was deleted
	// at Stripe; nil for nobody.
	Replaced func(t tx.Tx, customer string) error
	// Types are what Checkout offers; of them those can be saved that can be charged
	// later. None leaves it to Stripe's dashboard.
	Types []string
	// Catalog says in which currency a customer will pay who has not paid yet; nil
	// for US dollars.
	Catalog *catalog.Service
}

// Limits decide whether a customer may open a page that saves a payment
// method, and remember that it did.
type Limits interface {
	BeginSetup(t tx.Tx, customer, setup, person, address string) error
}

// Service is the payment methods that customers have saved. Stripe keeps them,
// and is asked each time: one that was removed in Stripe's portal is gone here too.
type Service struct {
	Deps
	changed []func(ctx context.Context, customer string) error
}

// New makes a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

// Tell sets who is told after the payment methods of a customer, or what was chosen
// among them, may have changed.
func (m *Service) Tell(fs ...func(ctx context.Context, customer string) error) { m.changed = fs }

// Changed tells all of them.
func (m *Service) Changed(ctx context.Context, customer string) (err error) {
	for _, f := range m.changed {
		err = errors.Join(err, f(ctx, customer))
	}
	return err
}

// List answers the saved payment methods of a customer: the default first, then
// the backup, then the newest. When nothing was chosen, Stripe's default counts,
// and without one the oldest that is still good: saving another does not change
// which one pays.
func (m *Service) List(ctx context.Context, customer string) ([]Method, error) {
	c, err := m.Accounts.Customer(ctx, customer)
	if err != nil || c.StripeCustomerID == "" {
		return nil, err
	}
	all, byDefault, err := m.Gateway.PaymentMethods(ctx, c.StripeCustomerID)
	if errors.Is(err, outcome.ErrGone) {
		return nil, nil
	}
	if err != nil {
		return nil, unavailable(err)
	}
	var choice Choice
	var ended []string
	var now time.Time
	err = m.Runner.View(ctx, func(t tx.Tx) error {
		now = t.Now()
		if ended, err = m.Store.MandatesEnded(t, c.ID); err != nil {
			return err
		}
		choice, err = m.Store.Choice(t, c.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return arrange(all, ended, byDefault, choice, now), nil
}

// arrange joins what is one card or account, and marks and orders by what was
// chosen. Of one that was saved again after its mandate had ended the new one
// counts.
func arrange(all []PaymentMethod, ended []string, byDefault string, choice Choice, now time.Time) []Method {
	var out []Method
	for _, k := range all {
		one := Method{PaymentMethod: k, Ended: slices.Contains(ended, k.ID)}
		i := slices.IndexFunc(out, func(o Method) bool { return k.Fingerprint != "" && o.Fingerprint == k.Fingerprint && o.Type == k.Type })
		switch {
		case i < 0:
			out = append(out, one)
		case out[i].Ended && !one.Ended:
			one.Also = append(out[i].Also, out[i].ID)
			out[i] = one
		default:
			out[i].Also = append(out[i].Also, k.ID)
		}
	}
	find := func(id string) int {
		if id == "" {
			return -1
		}
		return slices.IndexFunc(out, func(o Method) bool { return o.Is(id) })
	}
	first := find(choice.Default)
	if first < 0 {
		first = find(byDefault)
	}
	if first < 0 {
		first = oldest(all, out, now)
	}
	if first >= 0 {
		out[first].Default = true
	}
	if b := find(choice.Backup); b >= 0 && b != first {
		out[b].Backup = true
	}
	rank := func(o Method) int {
		switch {
		case o.Default:
			return 0
		case o.Backup:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(out, func(a, b Method) int { return rank(a) - rank(b) })
	return out
}

// oldest answers which of the methods was saved first, of those that can be used
// when there are such, -1 for none. all are newest first.
func oldest(all []PaymentMethod, of []Method, now time.Time) int {
	at, good := -1, false
	for _, k := range all {
		i := slices.IndexFunc(of, func(o Method) bool { return o.Is(k.ID) })
		if ok := of[i].Usable(now); ok || !good {
			at, good = i, good || ok
		}
	}
	return at
}

// Method answers one saved payment method of a customer, NotFound when it is not saved.
func (m *Service) Method(ctx context.Context, customer, id string) (*Method, error) {
	list, err := m.List(ctx, customer)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].Is(id) {
			return &list[i], nil
		}
	}
	return nil, fault.Missing("payment method")
}

// Choose sets the default and the backup; an empty backup is none.
func (m *Service) Choose(ctx context.Context, by audit.Actor, customer string, to Choice) error {
	list, err := m.List(ctx, customer)
	if err != nil {
		return err
	}
	saved := func(param, id string) (string, error) {
		for _, o := range list {
			if o.Is(id) {
				return o.ID, nil
			}
		}
		return "", fault.Bad(param, "This payment method is not saved any more. Choose another.")
	}
	if to.Default, err = saved("default", to.Default); err != nil {
		return err
	}
	if to.Backup != "" {
		if to.Backup, err = saved("backup", to.Backup); err != nil {
			return err
		}
		if to.Backup == to.Default {
			return fault.Bad("backup", "The backup is for when the default is declined: choose another payment method.")
		}
	}
	c, err := m.Accounts.Customer(ctx, customer)
	if err != nil {
		return err
	}
	err = m.Runner.Update(ctx, func(t tx.Tx) error {
		before, err := m.Store.Choice(t, c.ID)
		if err != nil || before == to {
			return err
		}
		if err := m.Store.PutChoice(t, c.ID, to); err != nil {
			return err
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Customer: c.ID, Action: "payment_methods.chosen", Object: c.ID, Before: before, After: to})
	})
	if err != nil {
		return err
	}
	if err := m.Gateway.SetDefault(ctx, c.StripeCustomerID, to.Default); err != nil {
		return unavailable(err)
	}
	return m.Changed(ctx, c.ID)
}

// Remove forgets a payment method, however often it was saved. Automatic payments that
// take it pause.
func (m *Service) Remove(ctx context.Context, by audit.Actor, customer, id string) error {
	o, err := m.Method(ctx, customer, id)
	if err != nil {
		return err
	}
	for _, id := range append([]string{o.ID}, o.Also...) {
		if err := m.Gateway.Detach(ctx, id); err != nil && !errors.Is(err, outcome.ErrGone) {
			return unavailable(err)
		}
	}
	err = m.Runner.Update(ctx, func(t tx.Tx) error {
		c, err := m.Store.Choice(t, customer)
		if err != nil {
			return err
		}
		before := c
		if o.Is(c.Default) {
			c.Default = ""
		}
		if o.Is(c.Backup) {
			c.Backup = ""
		}
		if c != before {
			if err := m.Store.PutChoice(t, customer, c); err != nil {
				return err
			}
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "payment_method.removed", Object: o.ID, Before: o.Type + " " + o.Brand + " •" + o.Last4})
	})
	if err != nil {
		return err
	}
	return m.Changed(ctx, customer)
}

// Adding says how to save a payment method.
type Adding struct {
	Customer string
	Key      string // makes the Checkout one: a form's nonce
	Person   string // who adds it
	Address  string // the network address that it comes from, where known
	// ReturnPath and CancelPath are pages of Purse's own. Stripe's session is
	// added to the first as session_id.
	ReturnPath, CancelPath string
}

// Add opens a Checkout that saves a payment method, and answers its address.
func (m *Service) Add(ctx context.Context, a Adding) (string, error) {
	if !ownPath(a.ReturnPath) || !ownPath(a.CancelPath) {
		return "", fault.Bad("return_path", "The page to return to is a path on Purse's own address.")
	}
	types, currency, err := m.Savable(ctx, a.Customer)
	if err != nil {
		return "", err
	}
	if len(m.Types) > 0 && len(types) == 0 {
		return "", fault.New(fault.Conflict, "nothing_to_save", "", "No payment method that pays in %s can be saved here.", strings.ToUpper(currency))
	}
	stripeCustomer, err := m.ensure(ctx, a.Customer)
	if err != nil {
		return "", err
	}
	join := "?"
	if strings.Contains(a.ReturnPath, "?") {
		join = "&"
	}
	key := ""
	if a.Key != "" {
		key = "setup-" + a.Customer + "-" + a.Key
	}
	setup := key
	err = m.Runner.Update(ctx, func(t tx.Tx) error {
		if m.Limits == nil {
			return nil
		}
		if key == "" {
			setup = id.New("setup", t.Now())
		}
		return m.Limits.BeginSetup(t, a.Customer, setup, a.Person, a.Address)
	})
	if err != nil {
		return "", err
	}
	s, err := m.Gateway.CreateSetup(ctx, SetupParams{
		Customer: a.Customer, Installation: m.Installation, Setup: setup, StripeCustomer: stripeCustomer, Types: types, Currency: currency,
		SuccessURL: m.PublicURL + a.ReturnPath + join + "session_id={CHECKOUT_SESSION_ID}", CancelURL: m.PublicURL + a.CancelPath,
	}, key)
	if err != nil {
		return "", unavailable(err)
	}
	return s.URL, nil
}

// Savable are the types that a customer can save, of those that Checkout offers,
// and the currency in which they are to pay: the customer's, or that of the first
// pack for sale. No types are those of Stripe's dashboard, where nothing is set.
func (m *Service) Savable(ctx context.Context, customer string) (types []string, currency string, err error) {
	err = m.Runner.View(ctx, func(t tx.Tx) error {
		currency, _, err = m.Accounts.CurrencyIn(t, customer)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if currency == "" && m.Catalog != nil {
		for _, pack := range m.Catalog.Snapshot().OnSale() {
			if len(pack.Prices) > 0 {
				currency = pack.Prices[0].Currency
				break
			}
		}
	}
	if currency == "" {
		currency = "usd"
	}
	return savable(m.Types, currency), currency, nil
}

// Added answers what a Checkout has saved, for the page that Stripe returns to.
// Another's Checkout is answered as a missing one; one that is not
// complete as a Conflict.
func (m *Service) Added(ctx context.Context, customer, session string) (*Method, error) {
	if !id.Like("cs_", session) {
		return nil, fault.Missing("Checkout")
	}
	s, err := m.Gateway.SetupSession(ctx, session)
	switch {
	case errors.Is(err, outcome.ErrGone):
		return nil, fault.Missing("Checkout")
	case err != nil:
		return nil, unavailable(err)
	case s.Installation != m.Installation || s.Customer != customer:
		return nil, fault.Missing("Checkout")
	case s.Verifying:
		return nil, fault.New(fault.Conflict, "being_verified", "", "The bank account is verified first. Stripe mails you how; it appears here once that is done.")
	case s.Status != "complete" || s.Method == "":
		return nil, fault.New(fault.Conflict, "not_complete", "", "No payment method was saved. Try again.")
	}
	o, err := m.Method(ctx, customer, s.Method)
	if err != nil {
		return nil, err
	}
	return o, m.Changed(ctx, customer)
}

// Portal answers a link to Stripe's customer portal. returnPath is a page of
// Purse's own.
func (m *Service) Portal(ctx context.Context, customer, returnPath string) (string, error) {
	if !ownPath(returnPath) {
		return "", fault.Bad("return_path", "The page to return to is a path on Purse's own address.")
	}
	stripeCustomer, err := m.ensure(ctx, customer)
	if err != nil {
		return "", err
	}
	u, err := m.Gateway.PortalURL(ctx, stripeCustomer, m.PublicURL+returnPath)
	var no *outcome.Refused
	if errors.As(err, &no) {
		return "", fault.New(fault.Unavailable, "portal_unavailable", "", "Stripe's portal is not set up. Payment methods can be managed here meanwhile.")
	}
	if err != nil {
		return "", unavailable(err)
	}
	return u, nil
}

func ownPath(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n\t ")
}

func (m *Service) ensure(ctx context.Context, customer string) (string, error) {
	id, err := EnsureCustomer(ctx, m.Runner, m.Accounts, m.Gateway, m.Installation, customer, m.Replaced)
	if err == nil {
		return id, nil
	}
	if f, ok := fault.As(err); ok && f.Kind != fault.Unavailable {
		return "", err
	}
	return "", unavailable(err)
}

func unavailable(err error) error {
	if f, ok := fault.As(err); ok && f.Code == "payments_misconfigured" {
		return err
	}
	return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "stripe_unavailable", "",
		"The payment service does not answer at the moment. Nothing was changed; try again."), err)
}
