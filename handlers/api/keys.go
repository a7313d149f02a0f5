package api

import (
	"context"
	"time"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/tx"
)

type keyObject struct {
	Object     string     `json:"object" enum:"api_key"`
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Kind       string     `json:"kind" enum:"vendor,customer"`
	Prefix     string     `json:"prefix" doc:"The secret's first characters"`
	Secret     string     `json:"secret,omitempty" doc:"Shown once, when the key is made"`
	Scopes     []string   `json:"scopes" nullable:"false"`
	Customer   *string    `json:"customer" doc:"The only customer that the key reaches"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"Up to a minute old"`
	RevokedAt  *time.Time `json:"revoked_at"`
	CreatedAt  time.Time  `json:"created_at"`
}

func showKey(k account.Key) keyObject {
	o := keyObject{
		Object: "api_key", ID: k.ID, Name: k.Name, Kind: "vendor", Prefix: k.Prefix, Scopes: make([]string, len(k.Scopes)),
		Customer: orNull(k.Customer), LastUsedAt: stampOrNull(k.LastUsedAt), RevokedAt: stampOrNull(k.RevokedAt), CreatedAt: stamp(k.CreatedAt),
	}
	if !k.Vendors() {
		o.Kind = "customer"
	}
	for i, s := range k.Scopes {
		o.Scopes[i] = string(s)
	}
	return o
}

type newKey struct {
	Name     string   `json:"name" minLength:"1" maxLength:"100"`
	Kind     string   `json:"kind,omitempty" enum:"vendor,customer" doc:"vendor by default; customer makes a read-only key (ck_…) for the customer itself"`
	Scopes   []string `json:"scopes,omitempty" doc:"usage, read, admin; not for customer keys"`
	Customer string   `json:"customer,omitempty" doc:"The only customer that the key reaches"`
}

type createKeyIn struct {
	OnceKey
	Body body[newKey]
}

func createKey(a *API, ctx context.Context, in *createKeyIn) (*reply[keyObject], error) {
	v := in.Body.V
	n := account.NewKey{Name: v.Name, Customer: v.Customer}
	switch v.Kind {
	case "", "vendor":
	case "customer":
		n.ForCustomer = true
		if len(v.Scopes) > 0 {
			return nil, fault.Bad("scopes", "A customer key only reads: leave scopes out.")
		}
	default:
		return nil, fault.Bad("kind", "The kind of a key is vendor or customer.")
	}
	for _, s := range v.Scopes {
		n.Scopes = append(n.Scopes, account.Scope(s))
	}
	byDefault(&v.Kind, "vendor")
	v.Customer, v.Scopes = a.customerID(ctx, v.Customer), set(v.Scopes)
	var secret string
	id, replayed, err := a.doOnce(ctx, in.once(asked{operation: "keys.create", customer: v.Customer, sent: in.Body.sent, meaning: v}), func(t tx.Tx) (id string, err error) {
		var k account.Key
		k, secret, err = a.Accounts.CreateKeyIn(t, actor(ctx), n)
		return k.ID, err
	})
	if err != nil {
		return nil, err
	}
	k, err := a.Accounts.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	o := showKey(k)
	if !replayed {
		o.Secret = secret
	}
	return made(o, replayed)
}

type listKeysIn struct {
	Page
	Customer string `query:"customer" doc:"The keys of one customer; without it those for all customers"`
}

func listKeys(a *API, ctx context.Context, in *listKeysIn) (*reply[list[keyObject]], error) {
	p, err := in.account()
	if err != nil {
		return nil, err
	}
	customer := ""
	if in.Customer != "" {
		c, err := a.customer(ctx, in.Customer)
		if err != nil {
			return nil, err
		}
		customer = c.ID
	}
	ks, more, err := a.Accounts.ListKeys(ctx, customer, p)
	if err != nil {
		return nil, err
	}
	return ok(listOf(ks, more, showKey))
}

type revokeKeyIn struct {
	ByID
	OnceKey
}

func revokeKey(a *API, ctx context.Context, in *revokeKeyIn) (*reply[keyObject], error) {
	id, replayed, err := a.doOnce(ctx, in.act("keys.revoke", in.ID, a.ownerOfKey(ctx, in.ID)), func(t tx.Tx) (string, error) {
		k, err := a.Accounts.RevokeKeyIn(t, actor(ctx), "", in.ID)
		return k.ID, err
	})
	if err != nil {
		return nil, err
	}
	k, err := a.Accounts.Key(ctx, id)
	if err != nil {
		return nil, err
	}
	return done(showKey(k), replayed)
}
