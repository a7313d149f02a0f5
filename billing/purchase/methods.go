package purchase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Method is a card that a customer has saved. The same number saved twice is
// one Method.
type Method struct {
	Card
	Default bool     // what automatic payments take unless they name another
	Backup  bool     // taken when the default is declined
	Also    []string // other ids of the same card at Stripe
}

// Is says whether an id of Stripe's means this card.
func (m *Method) Is(id string) bool { return m.ID == id || slices.Contains(m.Also, id) }

// MethodChoice is what a customer chose. An empty Default leaves it to Stripe's.
type MethodChoice struct{ Default, Backup string }

// MethodStore keeps what customers chose.
type MethodStore interface {
	// MethodChoice answers the zero choice when none was made.
	MethodChoice(t tx.Tx, customer string) (MethodChoice, error)
	PutMethodChoice(t tx.Tx, customer string, c MethodChoice) error
}

// MethodDeps is what Methods need.
type MethodDeps struct {
	Runner       tx.Runner
	Store        MethodStore
	Gateway      MethodGateway
	Accounts     *account.Service
	Audit        *audit.Log
	Installation string
	PublicURL    string
	// Limits hold up who tries too many cards; nil for no limits.
	Limits SetupLimits
	// Replaced is called in the transaction that replaces a customer which was deleted
	// at Stripe; nil for nobody.
	Replaced func(t tx.Tx, customer string) error
}

// SetupLimits decide whether a customer may open a page that saves a card, and
// remember that it did.
type SetupLimits interface {
	BeginSetup(t tx.Tx, customer, setup, person, address string) error
}

// Methods are the cards that customers have saved. Stripe keeps them, and is
// asked each time: a card that was removed in Stripe's portal is gone here too.
type Methods struct {
	MethodDeps
	mu      sync.Mutex
	changed []func(ctx context.Context, customer string) error
}

// NewMethods makes Methods.
func NewMethods(d MethodDeps) *Methods { return &Methods{MethodDeps: d} }

// OnChange calls f after the cards of a customer, or what was chosen among them,
// may have changed.
func (m *Methods) OnChange(f func(ctx context.Context, customer string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changed = append(m.changed, f)
}

// Changed tells everybody who asked to be told.
func (m *Methods) Changed(ctx context.Context, customer string) error {
	m.mu.Lock()
	all := slices.Clone(m.changed)
	m.mu.Unlock()
	var err error
	for _, f := range all {
		err = errors.Join(err, f(ctx, customer))
	}
	return err
}

// List answers the saved cards of a customer: the default first, then the
// backup, then the newest. When nothing was chosen, Stripe's default counts,
// and without one the oldest card that is still good: saving another card does
// not change which one pays.
func (m *Methods) List(ctx context.Context, customer string) ([]Method, error) {
	c, err := m.Accounts.Customer(ctx, customer)
	if err != nil || c.StripeCustomerID == "" {
		return nil, err
	}
	cards, byDefault, err := m.Gateway.Cards(ctx, c.StripeCustomerID)
	if errors.Is(err, ErrGone) {
		return nil, nil
	}
	if err != nil {
		return nil, methodsUnavailable(err)
	}
	var choice MethodChoice
	var now time.Time
	err = m.Runner.View(ctx, func(t tx.Tx) error {
		now = t.Now()
		choice, err = m.Store.MethodChoice(t, c.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return arrange(cards, byDefault, choice, now), nil
}

// arrange joins what is one card, and marks and orders by what was chosen.
func arrange(cards []Card, byDefault string, choice MethodChoice, now time.Time) []Method {
	var out []Method
	for _, k := range cards {
		i := slices.IndexFunc(out, func(o Method) bool { return k.Fingerprint != "" && o.Fingerprint == k.Fingerprint })
		if i >= 0 {
			out[i].Also = append(out[i].Also, k.ID)
			continue
		}
		out = append(out, Method{Card: k})
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
		first = find(oldest(cards, now))
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

// oldest answers the card that was saved first, of those that are not expired
// when there are such. cards are newest first.
func oldest(cards []Card, now time.Time) (id string) {
	good := false
	for _, c := range cards {
		if ok := !c.Expired(now); ok || !good {
			id, good = c.ID, good || ok
		}
	}
	return id
}

// Method answers one saved card of a customer, NotFound when it is not saved.
func (m *Methods) Method(ctx context.Context, customer, id string) (*Method, error) {
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

// Choose sets the default and the backup card; an empty backup is none.
func (m *Methods) Choose(ctx context.Context, by audit.Actor, customer string, to MethodChoice) error {
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
		return "", fault.Bad(param, "This card is not saved any more. Choose another.")
	}
	if to.Default, err = saved("default", to.Default); err != nil {
		return err
	}
	if to.Backup != "" {
		if to.Backup, err = saved("backup", to.Backup); err != nil {
			return err
		}
		if to.Backup == to.Default {
			return fault.Bad("backup", "The backup is for when the default is declined: choose another card.")
		}
	}
	c, err := m.Accounts.Customer(ctx, customer)
	if err != nil {
		return err
	}
	err = m.Runner.Update(ctx, func(t tx.Tx) error {
		before, err := m.Store.MethodChoice(t, c.ID)
		if err != nil || before == to {
			return err
		}
		if err := m.Store.PutMethodChoice(t, c.ID, to); err != nil {
			return err
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Customer: c.ID, Action: "payment_methods.chosen", Object: c.ID, Before: before, After: to})
	})
	if err != nil {
		return err
	}
	if err := m.Gateway.SetDefaultCard(ctx, c.StripeCustomerID, to.Default); err != nil {
		return methodsUnavailable(err)
	}
	return m.Changed(ctx, c.ID)
}

// Remove forgets a card, however often it was saved. Automatic payments that
// take it pause.
func (m *Methods) Remove(ctx context.Context, by audit.Actor, customer, id string) error {
	o, err := m.Method(ctx, customer, id)
	if err != nil {
		return err
	}
	for _, id := range append([]string{o.ID}, o.Also...) {
		if err := m.Gateway.DetachCard(ctx, id); err != nil && !errors.Is(err, ErrGone) {
			return methodsUnavailable(err)
		}
	}
	err = m.Runner.Update(ctx, func(t tx.Tx) error {
		c, err := m.Store.MethodChoice(t, customer)
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
			if err := m.Store.PutMethodChoice(t, customer, c); err != nil {
				return err
			}
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "payment_method.removed", Object: o.ID, Before: o.Brand + " •" + o.Last4})
	})
	if err != nil {
		return err
	}
	return m.Changed(ctx, customer)
}

// AddMethod says how to save a card.
type AddMethod struct {
	Customer string
	Key      string // makes the Checkout one: a form's nonce
	Person   string // who adds it
	Address  string // the network address that it comes from, where known
	// ReturnPath and CancelPath are pages of Purse's own. Stripe's session is
	// added to the first as session_id.
	ReturnPath, CancelPath string
}

// Add opens a Checkout that saves a card, and answers its address.
func (m *Methods) Add(ctx context.Context, a AddMethod) (string, error) {
	if !ownPath(a.ReturnPath) || !ownPath(a.CancelPath) {
		return "", fault.Bad("return_path", "The page to return to is a path on Purse's own address.")
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
	s, err := m.Gateway.CreateCardSetup(ctx, SetupParams{
		Customer: a.Customer, Installation: m.Installation, Setup: setup, StripeCustomer: stripeCustomer,
		SuccessURL: m.PublicURL + a.ReturnPath + join + "session_id={CHECKOUT_SESSION_ID}", CancelURL: m.PublicURL + a.CancelPath,
	}, key)
	if err != nil {
		return "", methodsUnavailable(err)
	}
	return s.URL, nil
}

// Added answers the card that a Checkout has saved, for the page that Stripe
// returns to. Another's Checkout is answered as a missing one; one that is not
// complete as a Conflict.
func (m *Methods) Added(ctx context.Context, customer, session string) (*Method, error) {
	if !isSession(session) {
		return nil, fault.Missing("Checkout")
	}
	s, err := m.Gateway.CardSetup(ctx, session)
	switch {
	case errors.Is(err, ErrGone):
		return nil, fault.Missing("Checkout")
	case err != nil:
		return nil, methodsUnavailable(err)
	case s.Installation != m.Installation || s.Customer != customer:
		return nil, fault.Missing("Checkout")
	case s.Status != "complete" || s.Card == "":
		return nil, fault.New(fault.Conflict, "not_complete", "", "No card was saved. Try again.")
	}
	o, err := m.Method(ctx, customer, s.Card)
	if err != nil {
		return nil, err
	}
	return o, m.Changed(ctx, customer)
}

// Portal answers a link to Stripe's customer portal. returnPath is a page of
// Purse's own.
func (m *Methods) Portal(ctx context.Context, customer, returnPath string) (string, error) {
	if !ownPath(returnPath) {
		return "", fault.Bad("return_path", "The page to return to is a path on Purse's own address.")
	}
	stripeCustomer, err := m.ensure(ctx, customer)
	if err != nil {
		return "", err
	}
	u, err := m.Gateway.PortalURL(ctx, stripeCustomer, m.PublicURL+returnPath)
	var no *RefusedError
	if errors.As(err, &no) {
		return "", fault.New(fault.Unavailable, "portal_unavailable", "", "Stripe's portal is not set up. Cards can be managed here meanwhile.")
	}
	if err != nil {
		return "", methodsUnavailable(err)
	}
	return u, nil
}

func ownPath(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n\t ")
}

func (m *Methods) ensure(ctx context.Context, customer string) (string, error) {
	id, err := ensureCustomer(ctx, m.Runner, m.Accounts, m.Gateway, m.Installation, customer, m.Replaced)
	if err == nil {
		return id, nil
	}
	if f, ok := fault.As(err); ok && f.Kind != fault.Unavailable {
		return "", err
	}
	return "", methodsUnavailable(err)
}

func methodsUnavailable(err error) error {
	if f, ok := fault.As(err); ok && f.Code == "payments_misconfigured" {
		return err
	}
	return fmt.Errorf("%w: %w", fault.New(fault.Unavailable, "stripe_unavailable", "",
		"The payment service does not answer at the moment. Nothing was changed; try again."), err)
}
