package api

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/billing/usage"
)

type customerObject struct {
	Object           string            `json:"object" enum:"customer"`
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Email            *string           `json:"email"`
	ExternalID       *string           `json:"external_id" doc:"Your own id: usable as ext:… wherever a customer is named"`
	StripeCustomerID *string           `json:"stripe_customer_id"`
	Timezone         string            `json:"timezone"`
	Metadata         map[string]string `json:"metadata" nullable:"false"`
	Status           string            `json:"status" enum:"active,suspended"`
	SuspendedReason  *string           `json:"suspended_reason"`
	CreatedAt        time.Time         `json:"created_at"`
	UpdatedAt        time.Time         `json:"updated_at"`
}

// orNull is null for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// stamp is a time as the API shows it: UTC, microseconds.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// stampOrNull is null for no time.
func stampOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = stamp(t)
	return &t
}

func showCustomer(c account.Customer) customerObject {
	metadata := c.Metadata
	if metadata == nil {
		metadata = map[string]string{}
	}
	return customerObject{
		Object: "customer", ID: c.ID, Name: c.Name, Email: orNull(c.Email), ExternalID: orNull(c.ExternalID),
		StripeCustomerID: orNull(c.StripeCustomerID), Timezone: c.Timezone, Metadata: metadata, Status: string(c.Status),
		SuspendedReason: orNull(c.SuspendedReason), CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt),
	}
}

type newCustomer struct {
	Name             string            `json:"name" minLength:"1" maxLength:"200"`
	Email            string            `json:"email,omitempty"`
	ExternalID       string            `json:"external_id,omitempty" maxLength:"255"`
	StripeCustomerID string            `json:"stripe_customer_id,omitempty"`
	Timezone         string            `json:"timezone,omitempty" doc:"An IANA name, UTC by default" example:"Europe/Berlin"`
	Metadata         map[string]string `json:"metadata,omitempty" doc:"Up to 50 keys of 40 characters with values of 500"`
}

type customerChange struct {
	Name             *string           `json:"name,omitempty"`
	Email            *string           `json:"email,omitempty"`
	ExternalID       *string           `json:"external_id,omitempty"`
	StripeCustomerID *string           `json:"stripe_customer_id,omitempty"`
	Timezone         *string           `json:"timezone,omitempty"`
	Metadata         map[string]string `json:"metadata,omitempty" doc:"Merged: an empty value removes its key"`
}

type reason struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why, for the audit log"`
}

// InCustomer is the path of what is below a customer.
type InCustomer struct {
	ID string `path:"id" doc:"The customer's id, or ext: and your own"`
}

type createCustomerIn struct {
	OnceKey
	Body body[newCustomer]
}

func createCustomer(a *API, ctx context.Context, in *createCustomerIn) (*reply[customerObject], error) {
	v := in.Body.V
	if err := a.checkStripeCustomer(ctx, v.StripeCustomerID); err != nil {
		return nil, err
	}
	m := v
	byDefault(&m.Timezone, "UTC")
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "customers.create", sent: in.Body.sent, meaning: m}), func(t tx.Tx) (string, error) {
		c, err := a.Accounts.CreateCustomerIn(t, actor(ctx), account.NewCustomer{
			Name: v.Name, Email: v.Email, ExternalID: v.ExternalID, StripeCustomerID: v.StripeCustomerID, Timezone: v.Timezone, Metadata: v.Metadata,
		})
		if err != nil {
			return "", err
		}
		return c.ID, nil
	})
	if err != nil {
		return nil, err
	}
	c, err := a.Accounts.Customer(ctx, id)
	if err != nil {
		return nil, err
	}
	return made(showCustomer(*c), replayed)
}

type listCustomersIn struct {
	Page
	Query string `query:"query" maxLength:"255" doc:"Part of a name, e-mail address, id, external id or Stripe id"`
}

func listCustomers(a *API, ctx context.Context, in *listCustomersIn) (*reply[list[customerObject]], error) {
	p, err := in.account()
	if err != nil {
		return nil, err
	}
	cs, more, err := a.Accounts.SearchCustomers(ctx, in.Query, p)
	if err != nil {
		return nil, err
	}
	return ok(listOf(cs, more, showCustomer))
}

func getCustomer(a *API, ctx context.Context, in *InCustomer) (*reply[customerObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return ok(showCustomer(*c))
}

type updateCustomerIn struct {
	InCustomer
	OnceKey
	Body body[customerChange]
}

func updateCustomer(a *API, ctx context.Context, in *updateCustomerIn) (*reply[customerObject], error) {
	v := in.Body.V
	if v.StripeCustomerID != nil {
		if err := a.checkStripeCustomer(ctx, *v.StripeCustomerID); err != nil {
			return nil, err
		}
	}
	return a.changeCustomer(ctx, in.once(asked{operation: "customers.update", customer: a.customerID(ctx, in.ID), sent: in.Body.sent, path: in.ID, object: a.customerID(ctx, in.ID), meaning: v}), func(t tx.Tx) (*account.Customer, error) {
		return a.Accounts.UpdateCustomerIn(t, actor(ctx), in.ID, account.CustomerChange{
			Name: v.Name, Email: v.Email, ExternalID: v.ExternalID, StripeCustomerID: v.StripeCustomerID, Timezone: v.Timezone, Metadata: v.Metadata,
		})
	})
}

// checkStripeCustomer refuses what Stripe does not know, where there is a Stripe.
// What cannot be an id of Stripe's is refused later, by its form.
func (a *API) checkStripeCustomer(ctx context.Context, stripeID string) error {
	if a.Purchases == nil || !strings.HasPrefix(stripeID, "cus_") || len(stripeID) > 255 {
		return nil
	}
	return a.Purchases.CheckStripeCustomer(ctx, stripeID)
}

// changeCustomer makes a change that counts once and answers the customer as it
// is now.
func (a *API) changeCustomer(ctx context.Context, once usage.Once, f func(t tx.Tx) (*account.Customer, error)) (*reply[customerObject], error) {
	id, replayed, err := a.doOnce(ctx, once, func(t tx.Tx) (string, error) {
		c, err := f(t)
		if err != nil {
			return "", err
		}
		return c.ID, nil
	})
	if err != nil {
		return nil, err
	}
	c, err := a.Accounts.Customer(ctx, id)
	if err != nil {
		return nil, err
	}
	return done(showCustomer(*c), replayed)
}

type statusIn struct {
	InCustomer
	OnceKey
	Body body[reason]
}

func suspendCustomer(a *API, ctx context.Context, in *statusIn) (*reply[customerObject], error) {
	return a.changeCustomer(ctx, in.once(asked{operation: "customers.suspend", customer: a.customerID(ctx, in.ID), sent: in.Body.sent, path: in.ID, object: a.customerID(ctx, in.ID), meaning: in.Body.V}), func(t tx.Tx) (*account.Customer, error) {
		return a.Accounts.SetStatusIn(t, actor(ctx), in.ID, in.Body.V.Reason, account.Suspended)
	})
}

func resumeCustomer(a *API, ctx context.Context, in *statusIn) (*reply[customerObject], error) {
	return a.changeCustomer(ctx, in.once(asked{operation: "customers.resume", customer: a.customerID(ctx, in.ID), sent: in.Body.sent, path: in.ID, object: a.customerID(ctx, in.ID), meaning: in.Body.V}), func(t tx.Tx) (*account.Customer, error) {
		return a.Accounts.SetStatusIn(t, actor(ctx), in.ID, in.Body.V.Reason, account.Active)
	})
}

type joinLinkObject struct {
	Object    string    `json:"object" enum:"join_link"`
	Customer  string    `json:"customer"`
	Email     string    `json:"email" doc:"Whom it is for: nobody else can use it."`
	Role      string    `json:"role"`
	URL       string    `json:"url,omitempty" doc:"Works once, and is shown once. Give it to the person who is to join."`
	ExpiresAt time.Time `json:"expires_at"`
}

type newJoinLink struct {
	Email string `json:"email,omitempty" maxLength:"254" doc:"The address of the person who is to join, which must sign in with it. The customer's own by default."`
	Role  string `json:"role,omitempty" enum:"owner,billing,developer,viewer" doc:"owner by default"`
}

type joinLinkIn struct {
	InCustomer
	OnceKey
	Body body[newJoinLink]
}

func createJoinLink(a *API, ctx context.Context, in *joinLinkIn) (*reply[joinLinkObject], error) {
	role := account.Role(in.Body.V.Role)
	if role == "" {
		role = account.Owner
	}
	var secret string
	once := in.once(asked{operation: "join_links.create", customer: a.customerID(ctx, in.ID), sent: in.Body.sent, path: in.ID, object: a.customerID(ctx, in.ID), meaning: newJoinLink{in.Body.V.Email, string(role)}})
	text, replayed, err := a.doOnce(ctx, once, func(t tx.Tx) (string, error) {
		email := in.Body.V.Email
		if email == "" {
			c, err := a.Accounts.CustomerIn(t, in.ID)
			if err != nil {
				return "", err
			}
			email = c.Email
		}
		var l account.Link
		var err error
		if secret, l, err = a.Accounts.JoinLinkIn(t, actor(ctx), in.ID, email, role); err != nil {
			return "", err
		}
		text, err := json.Marshal(joinLinkObject{Object: "join_link", Customer: l.Customer, Email: l.Email, Role: string(l.Role), ExpiresAt: stamp(l.ExpiresAt)})
		return string(text), err
	})
	if err != nil {
		return nil, err
	}
	var o joinLinkObject
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return nil, err
	}
	if !replayed { // a secret is shown once
		o.URL = a.PublicURL + account.LinkJoin.Path(secret)
	}
	return made(o, replayed)
}
