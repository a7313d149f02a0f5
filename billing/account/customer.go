package account

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Status says whether a customer may go on.
type Status string

const (
	Active    Status = "active"
	Suspended Status = "suspended"
)

// Customer is the organisation that holds credits. Values that a Service
// answers are shared: do not change them.
type Customer struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Email            string            `json:"email"`
	ExternalID       string            `json:"external_id"` // the vendor's own id, unique, "" for none
	StripeCustomerID string            `json:"stripe_customer_id"`
	Timezone         string            `json:"timezone"` // an IANA name
	Metadata         map[string]string `json:"metadata"`
	Status           Status            `json:"status"`
	SuspendedReason  string            `json:"suspended_reason"`
	CreatedAt        time.Time         `json:"created_at"`
	UpdatedAt        time.Time         `json:"updated_at"`
}

// Location is the customer's time zone.
func (c *Customer) Location() *time.Location {
	return Zone(c.Timezone)
}

// NewCustomer says what a customer is to be. Owner is the user who becomes its
// owner, "" for a customer that the API made.
type NewCustomer struct {
	Name, Email, ExternalID, StripeCustomerID, Timezone string
	Metadata                                            map[string]string
	Owner                                               string
}

// CustomerChange is what to change: what is nil stays. In Metadata, keys with
// an empty value are removed and others set.
type CustomerChange struct {
	Name, Email, ExternalID, StripeCustomerID, Timezone *string
	Metadata                                            map[string]string
}

// CreateCustomer makes a customer.
func (s *Service) CreateCustomer(ctx context.Context, by audit.Actor, n NewCustomer) (c *Customer, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		c, err = s.CreateCustomerIn(t, by, n)
		return err
	})
	return c, err
}

// CreateCustomerIn makes a customer in t.
func (s *Service) CreateCustomerIn(t tx.Tx, by audit.Actor, n NewCustomer) (*Customer, error) {
	c := &Customer{
		ID: id.New("cus", t.Now()), Name: strings.TrimSpace(n.Name), Email: strings.TrimSpace(n.Email),
		ExternalID: n.ExternalID, StripeCustomerID: n.StripeCustomerID, Timezone: n.Timezone,
		Metadata: map[string]string{}, Status: Active, CreatedAt: t.Now(), UpdatedAt: t.Now(),
	}
	mergeMetadata(c.Metadata, n.Metadata)
	if err := c.check(); err != nil {
		return nil, err
	}
	if err := s.free(t, c, nil); err != nil {
		return nil, err
	}
	if err := s.Store.InsertCustomer(t, *c); err != nil {
		return nil, err
	}
	if n.Owner != "" {
		if err := s.Store.PutMember(t, Member{Customer: c.ID, User: n.Owner, Role: Owner, CreatedAt: t.Now()}); err != nil {
			return nil, err
		}
	}
	if err := s.Events.Append(t, event.CustomerCreated, c.ID, 0, 0, c); err != nil {
		return nil, err
	}
	return c, s.Audit.Record(t, audit.Record{Actor: by, Customer: c.ID, Action: "customer.created", Object: c.ID, After: c})
}

// UpdateCustomer changes a customer. ref is an id or "ext:" and an external id.
func (s *Service) UpdateCustomer(ctx context.Context, by audit.Actor, ref string, ch CustomerChange) (c *Customer, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		c, err = s.UpdateCustomerIn(t, by, ref, ch)
		return err
	})
	return c, err
}

// UpdateCustomerIn changes a customer in t.
func (s *Service) UpdateCustomerIn(t tx.Tx, by audit.Actor, ref string, ch CustomerChange) (*Customer, error) {
	return s.changeCustomer(t, by, ref, "customer.updated", "", func(c *Customer) error {
		set := func(to *string, from *string) {
			if from != nil {
				*to = strings.TrimSpace(*from)
			}
		}
		set(&c.Name, ch.Name)
		set(&c.Email, ch.Email)
		set(&c.ExternalID, ch.ExternalID)
		set(&c.StripeCustomerID, ch.StripeCustomerID)
		set(&c.Timezone, ch.Timezone)
		mergeMetadata(c.Metadata, ch.Metadata)
		return c.check()
	})
}

// Suspend stops decisions, holds and purchases of a customer. Recorded work and
// captures are still booked. The reason is for staff and the audit log.
func (s *Service) Suspend(ctx context.Context, by audit.Actor, ref, reason string) (*Customer, error) {
	return s.setStatus(ctx, by, ref, reason, Suspended)
}

// Resume lifts a suspension.
func (s *Service) Resume(ctx context.Context, by audit.Actor, ref, reason string) (*Customer, error) {
	return s.setStatus(ctx, by, ref, reason, Active)
}

func (s *Service) setStatus(ctx context.Context, by audit.Actor, ref, reason string, to Status) (c *Customer, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		c, err = s.SetStatusIn(t, by, ref, reason, to)
		return err
	})
	return c, err
}

// SetStatusIn suspends or resumes a customer in t. Where nothing changes it
// writes nothing.
func (s *Service) SetStatusIn(t tx.Tx, by audit.Actor, ref, reason string, to Status) (*Customer, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" || utf8.RuneCountInString(reason) > 500 {
		return nil, fault.Bad("reason", "Say why, in at most 500 characters.")
	}
	action := "customer.suspended"
	if to == Active {
		action = "customer.resumed"
	}
	return s.changeCustomer(t, by, ref, action, reason, func(c *Customer) error {
		c.Status, c.SuspendedReason = to, reason
		if to == Active {
			c.SuspendedReason = ""
		}
		return nil
	})
}

// SetStripeCustomerIn remembers which Stripe customer a customer is.
func (s *Service) SetStripeCustomerIn(t tx.Tx, by audit.Actor, customerID, stripeID string) error {
	_, err := s.UpdateCustomerIn(t, by, customerID, CustomerChange{StripeCustomerID: &stripeID})
	return err
}

func (s *Service) changeCustomer(t tx.Tx, by audit.Actor, ref, action, reason string, change func(*Customer) error) (*Customer, error) {
	before, err := s.CustomerIn(t, ref)
	if err != nil {
		return nil, err
	}
	c := *before
	c.Metadata = map[string]string{}
	mergeMetadata(c.Metadata, before.Metadata)
	if err := change(&c); err != nil {
		return nil, err
	}
	if c.same(before) {
		return before, nil
	}
	if err := s.free(t, &c, before); err != nil {
		return nil, err
	}
	c.UpdatedAt = t.Now()
	if err := s.Store.UpdateCustomer(t, c); err != nil {
		return nil, err
	}
	t.OnCommit(func() { s.customers.forget(before) })
	if before.StripeCustomerID != "" && before.StripeCustomerID != c.StripeCustomerID {
		if err := s.Store.PutFormerStripeCustomer(t, before.StripeCustomerID, c.ID); err != nil {
			return nil, err
		}
	}
	if err := s.Events.Append(t, event.CustomerChanged, c.ID, 0, 0, &c); err != nil {
		return nil, err
	}
	if c.Status != before.Status && s.StandingChanged != nil {
		if err := s.StandingChanged(t, by, c.ID); err != nil {
			return nil, err
		}
	}
	if c.Timezone != before.Timezone && s.ZoneChanged != nil {
		if err := s.ZoneChanged(t, c.ID); err != nil {
			return nil, err
		}
	}
	return &c, s.Audit.Record(t, audit.Record{Actor: by, Customer: c.ID, Action: action, Object: c.ID, Before: before, After: &c, Reason: reason})
}

func (c *Customer) same(d *Customer) bool {
	if len(c.Metadata) != len(d.Metadata) {
		return false
	}
	for k, v := range c.Metadata {
		if w, ok := d.Metadata[k]; !ok || v != w {
			return false
		}
	}
	a, b := *c, *d
	a.Metadata, b.Metadata = nil, nil
	return a.ID == b.ID && a.Name == b.Name && a.Email == b.Email && a.ExternalID == b.ExternalID &&
		a.StripeCustomerID == b.StripeCustomerID && a.Timezone == b.Timezone && a.Status == b.Status &&
		a.SuspendedReason == b.SuspendedReason
}

// CustomerIn finds a customer in t by id, or by "ext:" and its external id.
func (s *Service) CustomerIn(t tx.Tx, ref string) (*Customer, error) {
	var c Customer
	var err error
	if ext, ok := strings.CutPrefix(ref, "ext:"); ok && ext != "" {
		c, err = s.Store.CustomerByExternalID(t, ext)
	} else {
		c, err = s.Store.Customer(t, ref)
	}
	if errors.Is(err, tx.ErrNotFound) {
		return nil, fault.Missing("customer")
	}
	return &c, err
}

// CustomerByStripeIDIn finds a customer by the id that Stripe gave it.
func (s *Service) CustomerByStripeIDIn(t tx.Tx, stripeID string) (*Customer, error) {
	c, err := s.Store.CustomerByStripeID(t, stripeID)
	if errors.Is(err, tx.ErrNotFound) {
		return nil, fault.Missing("customer")
	}
	return &c, err
}

// Customer finds a customer by id, or by "ext:" and its external id, from
// memory where it was asked for before.
func (s *Service) Customer(ctx context.Context, ref string) (*Customer, error) {
	if c := s.customers.get(ref); c != nil {
		return c, nil
	}
	generation := s.customers.generation()
	var c *Customer
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		c, err = s.CustomerIn(t, ref)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.customers.put(c, generation)
	return c, nil
}

// ListCustomers lists customers, newest first, and whether there are more.
func (s *Service) ListCustomers(ctx context.Context, p Page) ([]Customer, bool, error) {
	return s.SearchCustomers(ctx, "", p)
}

// SearchCustomers lists the customers whose name, e-mail address, id, external
// id or Stripe id contains the text, newest first, and whether there are more.
func (s *Service) SearchCustomers(ctx context.Context, text string, p Page) (cs []Customer, more bool, err error) {
	text = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "ext:")))
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		cs, err = s.Store.SearchCustomers(t, text, p, p.limit()+1)
		return err
	})
	cs, more = cut(cs, p)
	return cs, more, err
}

// cut takes the row beyond the limit off a list that was read newest first for
// After and oldest first for Before, and turns the latter round.
func cut[T any](rows []T, p Page) ([]T, bool) {
	more := len(rows) > p.limit()
	if more {
		rows = rows[:p.limit()]
	}
	if p.Before != "" {
		for i, j := 0, len(rows)-1; i < j; i, j = i+1, j-1 {
			rows[i], rows[j] = rows[j], rows[i]
		}
	}
	return rows, more
}

func (c *Customer) check() error {
	if n := utf8.RuneCountInString(c.Name); n == 0 || n > 200 || !printable(c.Name) {
		return fault.Bad("name", "Give a name of 1 to 200 characters.")
	}
	if c.Email != "" {
		e, err := NormalEmail(c.Email)
		if err != nil {
			return err
		}
		c.Email = e
	}
	if utf8.RuneCountInString(c.ExternalID) > 255 || !printable(c.ExternalID) || strings.TrimSpace(c.ExternalID) != c.ExternalID {
		return fault.Bad("external_id", "An external id has at most 255 printable characters, without spaces around it.")
	}
	if len(c.StripeCustomerID) > 255 || (c.StripeCustomerID != "" && !strings.HasPrefix(c.StripeCustomerID, "cus_")) || !printable(c.StripeCustomerID) {
		return fault.Bad("stripe_customer_id", "A Stripe customer id looks like cus_….")
	}
	if c.Timezone == "" {
		c.Timezone = "UTC"
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil || c.Timezone == "Local" || len(c.Timezone) > 64 {
		return fault.Bad("timezone", "Give the name of a time zone, such as Europe/Berlin.")
	}
	if len(c.Metadata) > 50 {
		return fault.Bad("metadata", "At most 50 keys can be kept.")
	}
	for k, v := range c.Metadata {
		if k == "" || utf8.RuneCountInString(k) > 40 || utf8.RuneCountInString(v) > 500 || !utf8.ValidString(v) || !printable(k) {
			return fault.Bad("metadata", "A key has 1 to 40 characters, a value at most 500.")
		}
	}
	return nil
}

// free says no when another customer has the external or Stripe id.
func (s *Service) free(t tx.Tx, c, before *Customer) error {
	if c.ExternalID != "" && (before == nil || before.ExternalID != c.ExternalID) {
		if _, err := s.Store.CustomerByExternalID(t, c.ExternalID); err == nil {
			return fault.New(fault.Conflict, "external_id_taken", "external_id", "Another customer has this external id.")
		} else if !errors.Is(err, tx.ErrNotFound) {
			return err
		}
	}
	if c.StripeCustomerID != "" && (before == nil || before.StripeCustomerID != c.StripeCustomerID) {
		if _, err := s.Store.CustomerByStripeID(t, c.StripeCustomerID); err == nil {
			return fault.New(fault.Conflict, "stripe_customer_id_taken", "stripe_customer_id", "Another customer is linked to this Stripe customer.")
		} else if !errors.Is(err, tx.ErrNotFound) {
			return err
		}
	}
	return nil
}

func mergeMetadata(into, from map[string]string) {
	for k, v := range from {
		if v == "" {
			delete(into, k)
		} else {
			into[k] = v
		}
	}
}

// SearchText is what an admin may type to find a customer, in lower case.
func (c *Customer) SearchText() string {
	return strings.ToLower(strings.Join([]string{c.Name, c.Email, c.ID, c.ExternalID, c.StripeCustomerID}, "\n"))
}

// NormalEmail checks an e-mail address and writes it in lower case.
func NormalEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 || !printable(s) || strings.ContainsAny(s, "\"() ") {
		return "", fault.Bad("email", "Give an e-mail address, such as name@example.com.")
	}
	return s, nil
}

func printable(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
