package api

import (
	"context"
	"encoding/hex"
	"slices"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
)

// OnceKey is the optional Idempotency-Key of a request.
type OnceKey struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"255" doc:"Makes the request count once, for what is asked and the customer that it is about"`
}

// asked is a request that counts once. Sent and path are as they came; meaning
// and object are as they were understood: references resolved, defaults filled
// in. What the clock would fill in stays out.
type asked struct {
	operation string
	customer  string // the id of whom it is about: a key counts for each; "" for nobody
	sent      []byte
	path      string // what the path names, "" for nothing
	object    string // the id of what the path names
	meaning   any
}

// once makes what counts once of a request.
func (k OnceKey) once(r asked) usage.Once {
	if k.IdempotencyKey == "" {
		return usage.Once{}
	}
	key, former := ledger.NewKey("api", r.operation, k.IdempotencyKey), ledger.Key{}
	if r.customer != "" { // earlier releases counted a key once for all customers
		key, former = ledger.NewKey("api 2", r.operation, r.customer, k.IdempotencyKey), key
	}
	return usage.Once{
		Key: key, FormerKey: former, Customer: r.customer,
		Fingerprint: ledger.NewFingerprint(appendMeaning([]byte("request 2\x00"+r.object+"\x00"), r.meaning)),
		Former:      ledger.NewFingerprint([]byte(r.path + "\x00" + string(r.sent))),
	}
}

// act is a request without a body that counts once, for what the path names, and
// for the customer whose that is, "" for nobody.
func (k OnceKey) act(operation, id, customer string) usage.Once {
	return k.once(asked{operation: operation, customer: customer, path: id, object: id})
}

// doOnce runs f in a transaction, or finds what the same request made before.
func (a *API) doOnce(ctx context.Context, once usage.Once, f func(t tx.Tx) (object string, err error)) (object string, replayed bool, err error) {
	err = a.Runner.Update(ctx, func(t tx.Tx) error {
		if once.Key == (ledger.Key{}) {
			object, err = f(t)
			return err
		}
		object, replayed, err = a.Accounts.OnceIn(t, onceRequest(once), func() (string, error) { return f(t) })
		return err
	})
	return object, replayed, err
}

// sameOnce runs f, which counts once by a key of its own, unless another
// request was made under this key before.
func (a *API) sameOnce(ctx context.Context, once usage.Once, f func() (object string, err error)) error {
	if once.Key == (ledger.Key{}) {
		_, err := f()
		return err
	}
	err := a.Runner.View(ctx, func(t tx.Tx) error { return a.Accounts.SameIn(t, onceRequest(once)) })
	if err != nil {
		return err
	}
	object, err := f()
	if err != nil {
		return err
	}
	return a.Runner.Update(ctx, func(t tx.Tx) error {
		_, _, err := a.Accounts.OnceIn(t, onceRequest(once), func() (string, error) { return object, nil })
		return err
	})
}

func onceRequest(once usage.Once) account.Once {
	o := account.Once{
		Key: hex.EncodeToString(once.Key[:]), Customer: once.Customer,
		Fingerprints: []string{hex.EncodeToString(once.Fingerprint[:]), hex.EncodeToString(once.Former[:])},
	}
	if once.FormerKey != (ledger.Key{}) {
		o.FormerKey = hex.EncodeToString(once.FormerKey[:])
	}
	return o
}

// customerID is the id of the customer that a field names, and the field itself
// where there is none: whoever uses it says so.
func (a *API) customerID(ctx context.Context, ref string) string {
	if ref == "" {
		return ""
	}
	if c, err := a.Accounts.Customer(ctx, ref); err == nil {
		return c.ID
	}
	return ref
}

// creditTypeKey is the key of the credit type that a field names.
func (a *API) creditTypeKey(ref string) string {
	if ct := a.Catalog.Snapshot().CreditType(ref); ct != nil {
		return ct.Key
	}
	return ref
}

// meterKey is the key of the meter that a field names.
func (a *API) meterKey(ref string) string {
	if m := a.Catalog.Snapshot().Meter(ref); m != nil {
		return m.Key
	}
	return ref
}

// byDefault fills in what was not given.
func byDefault[T comparable](v *T, value T) {
	var none T
	if *v == none {
		*v = value
	}
}

// set is a list in which order and repetition say nothing.
func set(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}

// ownerOfHold is the customer whose a hold is, "" where there is none.
func (a *API) ownerOfHold(ctx context.Context, id ledger.HoldID) (customer string) {
	_ = a.Runner.View(ctx, func(t tx.Tx) error {
		h, err := a.Ledger.Hold(t, keyOf(ctx).Customer, id)
		if err == nil {
			customer = h.Customer
		}
		return nil // what is not there is refused by what is asked for
	})
	return customer
}

// ownerOfKey is the customer whose a key is, "" for nobody.
func (a *API) ownerOfKey(ctx context.Context, id string) string {
	k, err := a.Accounts.Key(ctx, id)
	if err != nil {
		return ""
	}
	return k.Customer
}

// ownerOfEndpoint is the customer whose an endpoint is, "" for nobody.
func (a *API) ownerOfEndpoint(ctx context.Context, id string) string {
	o, err := a.endpoint(ctx, id)
	if err != nil || o.Customer == nil {
		return ""
	}
	return *o.Customer
}

// ownerOfDelivery is the customer whose a delivery is, "" for nobody.
func (a *API) ownerOfDelivery(ctx context.Context, id string) (customer string) {
	_ = a.Runner.View(ctx, func(t tx.Tx) error {
		d, err := a.Endpoints.DeliveryIn(t, "", id)
		if err == nil {
			customer = d.Customer
		}
		return nil // what is not there is refused by what is asked for
	})
	return customer
}
