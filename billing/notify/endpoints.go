package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/tx"
)

// MaxEndpoints is how many endpoints a customer, or the vendor, may have.
const MaxEndpoints = 20

// RotationTime is how long a replaced secret still signs beside the new one.
const RotationTime = 24 * time.Hour

// EndpointDeps is what Endpoints needs.
type EndpointDeps struct {
	Runner   tx.Runner
	Store    EndpointStore
	Events   *event.Log
	Jobs     *job.Queue
	Accounts *account.Service
	Audit    *audit.Log
	Poster   Poster
	// Keeper seals the secrets; nil where no key is set: then no endpoint can be
	// made.
	Keeper *Keeper
	// PublicURL is Purse's own origin, for links in messages.
	PublicURL string
	// Wrote, when not nil, is called after each attempt: for counting.
	Wrote func(outcome string, took time.Duration)
	Log   *slog.Logger
	Now   func() time.Time // time.Now when nil
}

// Endpoints tells systems of events: it fans events out after their commit, and
// posts them until they arrive. Run works.
type Endpoints struct {
	EndpointDeps
	feed
	wake  chan struct{}
	slots chan struct{}
	work  drains
}

// NewEndpoints makes it, registers its jobs, and has the log of events wake it.
func NewEndpoints(d EndpointDeps) *Endpoints {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Wrote == nil {
		d.Wrote = func(string, time.Duration) {}
	}
	d.PublicURL = strings.TrimRight(d.PublicURL, "/")
	e := &Endpoints{EndpointDeps: d, wake: make(chan struct{}, 1), slots: make(chan struct{}, poolSize)}
	e.work.running = map[string]chan struct{}{}
	e.feed.init()
	d.Events.Wake(e.wakeUp)
	d.Jobs.Every("webhooks.health", time.Hour, func(ctx context.Context, _ job.Job) error { return e.CheckHealth(ctx) })
	d.Jobs.Every("events.retention", time.Hour, func(ctx context.Context, _ job.Job) error { return e.Forget(ctx) })
	return e
}

func (s *Endpoints) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// NewEndpoint says what an endpoint is to be.
type NewEndpoint struct {
	Customer    string // an id or ext: and the vendor's own, "" for the vendor's own system
	Kind        Kind   // Webhook when ""
	URL         string
	Description string
	Types       []string
}

// EndpointChange is what to change: what is nil stays.
type EndpointChange struct {
	URL, Description *string
	Types            *[]string
	Enabled          *bool
}

// CreateIn makes an endpoint in t, and answers the secret that it is signed
// with: it is shown once. Slack endpoints have none to show.
func (s *Endpoints) CreateIn(t tx.Tx, by audit.Actor, n NewEndpoint) (Endpoint, string, error) {
	if s.Keeper == nil {
		return Endpoint{}, "", fault.New(fault.Unavailable, "no_secret_key", "",
			"Secrets of webhooks are kept sealed, and no key for it is set. Set PURSE_SECRET_KEY and start again.")
	}
	if n.Customer != "" {
		c, err := s.Accounts.CustomerIn(t, n.Customer)
		if err != nil {
			return Endpoint{}, "", err
		}
		n.Customer = c.ID
	}
	if n.Kind == "" {
		n.Kind = Webhook
	}
	if n.Kind != Webhook && n.Kind != Slack {
		return Endpoint{}, "", fault.Bad("kind", "The kind of an endpoint is webhook or slack.")
	}
	count, err := s.Store.CountEndpoints(t, n.Customer)
	if err != nil {
		return Endpoint{}, "", err
	}
	if count >= MaxEndpoints {
		return Endpoint{}, "", fault.New(fault.Conflict, "too_many_endpoints", "", "There are %d endpoints, and more are not possible. Delete one first.", count)
	}
	e := Endpoint{
		ID: id.New("we", t.Now()), Customer: n.Customer, Kind: n.Kind, State: Enabled,
		CreatedBy: by.ID, CreatedAt: t.Now(), UpdatedAt: t.Now(),
	}
	secret := newSecret()
	e.Secret = s.Keeper.Seal(e.ID, secret)
	if err := s.describe(&e, n.Description, n.Types); err != nil {
		return Endpoint{}, "", err
	}
	if err := s.address(&e, n.URL); err != nil {
		return Endpoint{}, "", err
	}
	if err := s.Store.InsertEndpoint(t, e); err != nil {
		return Endpoint{}, "", err
	}
	if e.Kind == Slack {
		secret = ""
	}
	return e, secret, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "endpoint.created", Object: e.ID, After: audited(e)})
}

func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return "whsec_" + base64.StdEncoding.EncodeToString(b[:])
}

// audited is what the audit log keeps of an endpoint: no secrets.
func audited(e Endpoint) map[string]any {
	return map[string]any{"kind": e.Kind, "url": e.URL, "description": e.Description, "types": e.Types, "state": e.State, "reason": e.Reason}
}

func (s *Endpoints) describe(e *Endpoint, description string, types []string) error {
	e.Description = strings.TrimSpace(description)
	if utf8.RuneCountInString(e.Description) > 200 || strings.ContainsFunc(e.Description, unicode.IsControl) {
		return fault.Bad("description", "A description has at most 200 characters, in one line.")
	}
	known := event.Names(e.Customer != "")
	e.Types = nil
	for _, name := range types {
		if !slices.Contains(known, name) {
			return fault.Bad("types", "There is no type of event %q here.", name)
		}
		if !slices.Contains(e.Types, name) {
			e.Types = append(e.Types, name)
		}
	}
	return nil
}

// address sets where an endpoint is. The end of a Slack address is a secret: it
// is sealed, and only its beginning shown.
func (s *Endpoints) address(e *Endpoint, address string) error {
	address = strings.TrimSpace(address)
	if address == "" {
		return fault.Bad("url", "Give the address that is to be told.")
	}
	if wrong := s.Poster.Check(address); wrong != "" {
		return fault.New(fault.Invalid, "url_refused", "url", "%s", wrong)
	}
	e.URL = address
	if e.Kind == Slack {
		u, err := url.Parse(address)
		if err != nil {
			return fault.Bad("url", "This is no address.")
		}
		e.Secret = s.Keeper.Seal(e.ID, address)
		e.URL = u.Scheme + "://" + u.Host + "/…" + address[max(0, len(address)-4):]
	}
	return nil
}

// In answers an endpoint. With a customer it reaches only that one's; "" reaches
// all.
func (s *Endpoints) In(t tx.Tx, customer, endpointID string) (Endpoint, error) {
	e, err := s.Store.Endpoint(t, endpointID)
	if errors.Is(err, tx.ErrNotFound) || (err == nil && customer != "" && e.Customer != customer) {
		return Endpoint{}, fault.Missing("endpoint")
	}
	return e, err
}

// ChangeIn changes an endpoint in t.
func (s *Endpoints) ChangeIn(t tx.Tx, by audit.Actor, customer, endpointID string, ch EndpointChange) (Endpoint, error) {
	e, err := s.In(t, customer, endpointID)
	if err != nil {
		return e, err
	}
	before := e
	description, types := e.Description, e.Types
	if ch.Description != nil {
		description = *ch.Description
	}
	if ch.Types != nil {
		types = *ch.Types
	}
	if err := s.describe(&e, description, types); err != nil {
		return e, err
	}
	if ch.URL != nil && strings.TrimSpace(*ch.URL) != e.URL {
		if s.Keeper == nil && e.Kind == Slack {
			return e, fault.New(fault.Unavailable, "no_secret_key", "", "Set PURSE_SECRET_KEY and start again.")
		}
		if err := s.address(&e, *ch.URL); err != nil {
			return e, err
		}
		e.FailingSince, e.ExhaustedAt, e.WarnedAt = time.Time{}, time.Time{}, time.Time{}
	}
	if ch.Enabled != nil && *ch.Enabled != (e.State == Enabled) {
		if *ch.Enabled {
			e.State, e.Reason, e.DisabledAt = Enabled, "", time.Time{}
			e.FailingSince, e.ExhaustedAt, e.WarnedAt = time.Time{}, time.Time{}, time.Time{}
		} else if err := s.disable(t, &e, ByOwner); err != nil {
			return e, err
		}
	}
	e.UpdatedAt = t.Now()
	if err := s.Store.UpdateEndpoint(t, e); err != nil {
		return e, err
	}
	return e, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "endpoint.changed", Object: e.ID, Before: audited(before), After: audited(e)})
}

// disable ends telling an endpoint: what is under way is given up, and can be
// sent again later. The caller stores it.
func (s *Endpoints) disable(t tx.Tx, e *Endpoint, why string) error {
	e.State, e.Reason, e.DisabledAt, e.UpdatedAt = Disabled, why, t.Now(), t.Now()
	_, err := s.Store.FailPending(t, e.ID, "The endpoint was disabled.")
	return err
}

// DeleteIn deletes an endpoint with the log of its deliveries.
func (s *Endpoints) DeleteIn(t tx.Tx, by audit.Actor, customer, endpointID string) (Endpoint, error) {
	e, err := s.In(t, customer, endpointID)
	if err != nil {
		return e, err
	}
	if err := s.Store.DeleteEndpoint(t, e.ID); err != nil {
		return e, err
	}
	return e, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "endpoint.deleted", Object: e.ID, Before: audited(e)})
}

// RotateIn gives an endpoint a new secret and answers it; the old one signs
// too for a day.
func (s *Endpoints) RotateIn(t tx.Tx, by audit.Actor, customer, endpointID string) (Endpoint, string, error) {
	e, err := s.In(t, customer, endpointID)
	if err != nil {
		return e, "", err
	}
	if e.Kind != Webhook {
		return e, "", fault.New(fault.Conflict, "no_secret", "", "Messages to Slack are not signed: change the address instead.")
	}
	if s.Keeper == nil {
		return e, "", fault.New(fault.Unavailable, "no_secret_key", "", "Set PURSE_SECRET_KEY and start again.")
	}
	secret := newSecret()
	e.OldSecret, e.OldUntil = e.Secret, t.Now().Add(RotationTime)
	e.Secret, e.UpdatedAt = s.Keeper.Seal(e.ID, secret), t.Now()
	if err := s.Store.UpdateEndpoint(t, e); err != nil {
		return e, "", err
	}
	return e, secret, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "endpoint.secret_rotated", Object: e.ID})
}

// TestIn sends a test event to an endpoint, whatever its filter.
func (s *Endpoints) TestIn(t tx.Tx, by audit.Actor, customer, endpointID string) (Delivery, error) {
	e, err := s.In(t, customer, endpointID)
	if err != nil {
		return Delivery{}, err
	}
	if e.State != Enabled {
		return Delivery{}, disabledFault()
	}
	ev, err := s.Events.Add(t, event.EndpointTested, e.Customer, 0, 0, map[string]string{"endpoint": e.ID})
	if err != nil {
		return Delivery{}, err
	}
	d, err := s.deliver(t, &e, ev)
	if err == nil {
		err = s.due(t, e.ID, t.Now())
	}
	if err != nil {
		return d, err
	}
	return d, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "endpoint.tested", Object: e.ID})
}

func disabledFault() error {
	return fault.New(fault.Conflict, "endpoint_disabled", "", "The endpoint is disabled. Enable it first.")
}

// RedeliverIn sends one event again, under the same id.
func (s *Endpoints) RedeliverIn(t tx.Tx, by audit.Actor, customer, deliveryID string) (Delivery, error) {
	d, err := s.DeliveryIn(t, customer, deliveryID)
	if err != nil {
		return d, err
	}
	e, err := s.In(t, customer, d.Endpoint)
	if err != nil {
		return d, err
	}
	if e.State != Enabled {
		return d, disabledFault()
	}
	d.State, d.Step, d.NextAt, d.FinishedAt = DeliveryPending, 0, t.Now(), time.Time{}
	if err := s.Store.SetDelivery(t, d); err != nil {
		return d, err
	}
	if err := s.due(t, e.ID, t.Now()); err != nil {
		return d, err
	}
	return d, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "delivery.repeated", Object: d.ID})
}

// RedeliverFailedIn sends again what failed of what happened since a time, also
// what would be tried again later, and answers how many.
func (s *Endpoints) RedeliverFailedIn(t tx.Tx, by audit.Actor, customer, endpointID string, since time.Time) (int64, error) {
	e, err := s.In(t, customer, endpointID)
	if err != nil {
		return 0, err
	}
	if e.State != Enabled {
		return 0, disabledFault()
	}
	n, err := s.Store.RedeliverFailed(t, e.ID, since)
	if err != nil || n == 0 {
		return n, err
	}
	if err := s.due(t, e.ID, t.Now()); err != nil {
		return n, err
	}
	return n, s.Audit.Record(t, audit.Record{Actor: by, Customer: e.Customer, Action: "deliveries.repeated", Object: e.ID, After: map[string]any{"since": since, "count": n}})
}

// due says that an endpoint has work at a time.
func (s *Endpoints) due(t tx.Tx, endpointID string, at time.Time) error {
	t.OnCommit(func() { s.work.kick(endpointID); s.wakeUp() })
	return s.Store.Wake(t, endpointID, at)
}

// DeliveryIn answers a delivery. With a customer it reaches only that one's.
func (s *Endpoints) DeliveryIn(t tx.Tx, customer, deliveryID string) (Delivery, error) {
	d, err := s.Store.Delivery(t, deliveryID)
	if errors.Is(err, tx.ErrNotFound) || (err == nil && customer != "" && d.Customer != customer) {
		return Delivery{}, fault.Missing("delivery")
	}
	return d, err
}

// MostAttempts is how many of a delivery's attempts are listed.
const MostAttempts = 50

// AttemptsIn answers the attempts of a delivery, newest first.
func (s *Endpoints) AttemptsIn(t tx.Tx, d Delivery) ([]Attempt, error) {
	return s.Store.Attempts(t, d.ID, MostAttempts)
}

// Check finds out at the start whether the key opens what was sealed before. It
// keeps a sealed word in the database, under a name that get and put know.
func (k *Keeper) Check(get func() (string, error), put func(string) error) error {
	sealed, err := get()
	if err != nil {
		return err
	}
	if sealed == "" {
		if k == nil {
			return nil
		}
		return put(k.Seal("installation", "purse"))
	}
	if k == nil {
		return errors.New("PURSE_SECRET_KEY is not set, and this database has secrets that were sealed with one: set the same key again, or PURSE_SECRET_KEY_LOST=true if it is lost")
	}
	if _, err := k.Open("installation", sealed); err != nil {
		return errors.New("PURSE_SECRET_KEY is not the key that this database's secrets were sealed with: set that one, add it after a comma while you change it, or set PURSE_SECRET_KEY_LOST=true if it is lost")
	}
	return nil
}
