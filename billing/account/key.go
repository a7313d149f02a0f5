package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Scope is what a key may do.
type Scope string

const (
	ScopeUsage Scope = "usage" // report usage, take holds
	ScopeRead  Scope = "read"  // read everything
	ScopeAdmin Scope = "admin" // everything, the other two included
)

// Key is an API key: a vendor's ("sk_…") or a customer's own, which only reads
// ("ck_…"). Values that a Service answers are shared: do not change them.
type Key struct {
	ID         string
	Prefix     string // the secret's first characters, to recognise it by
	Name       string
	Scopes     []Scope
	Customer   string // the only customer that it reaches, "" for all
	CreatedBy  string
	CreatedAt  time.Time
	LastUsedAt time.Time // zero for never; up to a minute old
	RevokedAt  time.Time // zero while it is valid
}

// Can says whether the key has a scope; admin has every one.
func (k *Key) Can(s Scope) bool {
	return slices.Contains(k.Scopes, s) || slices.Contains(k.Scopes, ScopeAdmin)
}

// Reaches says whether the key may touch a customer.
func (k *Key) Reaches(customerID string) bool { return k.Customer == "" || k.Customer == customerID }

// Vendors says whether it is a vendor's key rather than a customer's.
func (k *Key) Vendors() bool { return strings.HasPrefix(k.Prefix, "sk_") }

// NewKey says what a key is to be.
type NewKey struct {
	Name     string
	Scopes   []Scope
	Customer string // "" for all customers
	// ForCustomer makes a customer's own key (ck_…), which reads that customer.
	ForCustomer bool
}

// CreateKey makes a key and answers its secret, which is nowhere kept.
func (s *Service) CreateKey(ctx context.Context, by audit.Actor, n NewKey) (k Key, secret string, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		k, secret, err = s.CreateKeyIn(t, by, n)
		return err
	})
	return k, secret, err
}

// CreateKeyIn makes a key in t.
func (s *Service) CreateKeyIn(t tx.Tx, by audit.Actor, n NewKey) (Key, string, error) {
	n.Name = strings.TrimSpace(n.Name)
	if l := utf8.RuneCountInString(n.Name); l == 0 || l > 100 || !printable(n.Name) {
		return Key{}, "", fault.Bad("name", "Give the key a name of 1 to 100 characters, to recognise it by.")
	}
	prefix := "sk_"
	if n.ForCustomer {
		prefix, n.Scopes = "ck_", []Scope{ScopeRead}
		if n.Customer == "" {
			return Key{}, "", fault.Bad("customer", "A customer key needs its customer.")
		}
	}
	var scopes []Scope
	for _, sc := range n.Scopes {
		if sc != ScopeUsage && sc != ScopeRead && sc != ScopeAdmin {
			return Key{}, "", fault.Bad("scopes", "Scopes are usage, read and admin.")
		}
		if !slices.Contains(scopes, sc) {
			scopes = append(scopes, sc)
		}
	}
	if len(scopes) == 0 {
		return Key{}, "", fault.Bad("scopes", "Give at least one of the scopes usage, read and admin.")
	}
	if n.Customer != "" {
		if slices.Contains(scopes, ScopeAdmin) {
			return Key{}, "", fault.Bad("scopes", "A key for one customer cannot have the scope admin.")
		}
		c, err := s.CustomerIn(t, n.Customer)
		if err != nil {
			return Key{}, "", err
		}
		n.Customer = c.ID
	}
	secret := id.Secret(prefix)
	k := Key{
		ID: id.New("key", t.Now()), Prefix: secret[:len(prefix)+8], Name: n.Name, Scopes: scopes,
		Customer: n.Customer, CreatedBy: by.ID, CreatedAt: t.Now(),
	}
	if err := s.Store.InsertKey(t, k, hashSecret(secret)); err != nil {
		return Key{}, "", err
	}
	return k, secret, s.Audit.Record(t, audit.Record{Actor: by, Customer: k.Customer, Action: "key.created", Object: k.ID, After: k})
}

// KeyBySecret finds the valid key of a secret, and counts its use. A secret
// that nobody has, or of a key that was revoked, is the same fault. Known keys
// are answered from memory, without a query; unknown ones are looked for each
// time, since another process may just have made them.
func (s *Service) KeyBySecret(ctx context.Context, secret string) (*Key, error) {
	hash := sha256.Sum256([]byte(secret))
	e := s.keys.get(hash)
	if e == nil {
		if len(secret) < 20 || len(secret) > 100 || (!strings.HasPrefix(secret, "sk_") && !strings.HasPrefix(secret, "ck_")) {
			return nil, errKey
		}
		generation := s.keys.generation()
		var k Key
		err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
			k, err = s.Store.KeyByHash(t, hex.EncodeToString(hash[:]))
			return err
		})
		if errors.Is(err, tx.ErrNotFound) {
			return nil, errKey
		}
		if err == nil && !k.RevokedAt.IsZero() {
			return &k, errKey
		}
		if err != nil {
			return nil, err
		}
		e = s.keys.put(hash, &k, generation)
	}
	e.used.Store(s.Now().UnixMicro())
	return e.key, nil
}

var errKey = fault.New(fault.Unauthorized, "invalid_key", "", "This API key is not valid: it may be misspelt or revoked.")

// RevokeKey ends a key at once and for ever. customerID limits it to the keys
// of that customer; "" reaches every key.
func (s *Service) RevokeKey(ctx context.Context, by audit.Actor, customerID, keyID string) (k Key, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		k, err = s.RevokeKeyIn(t, by, customerID, keyID)
		return err
	})
	return k, err
}

// RevokeKeyIn ends a key in t.
func (s *Service) RevokeKeyIn(t tx.Tx, by audit.Actor, customerID, keyID string) (Key, error) {
	k, err := s.Store.Key(t, keyID)
	if err != nil {
		return k, missing(err, "key")
	}
	if customerID != "" && k.Customer != customerID {
		return Key{}, fault.Missing("key")
	}
	if !k.RevokedAt.IsZero() {
		return k, nil
	}
	k.RevokedAt = t.Now()
	if err := s.Store.RevokeKey(t, k.ID, t.Now()); err != nil {
		return k, err
	}
	if err := s.endInvitations(t, k.ID, ""); err != nil {
		return k, err
	}
	t.OnCommit(func() { s.keys.forget(keyID) })
	return k, s.Audit.Record(t, audit.Record{Actor: by, Customer: k.Customer, Action: "key.revoked", Object: k.ID})
}

// ListKeys lists the keys of a customer, or those of no customer for "",
// newest first, revoked ones too, and whether there are more.
func (s *Service) ListKeys(ctx context.Context, customerID string, p Page) (ks []Key, more bool, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		ks, err = s.Store.Keys(t, customerID, p, p.limit()+1)
		return err
	})
	ks, more = cut(ks, p)
	return ks, more, err
}

func hashSecret(secret string) string {
	h := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(h[:])
}

// Key finds a key by id.
func (s *Service) Key(ctx context.Context, id string) (k Key, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		k, err = s.Store.Key(t, id)
		return missing(err, "key")
	})
	return k, err
}
