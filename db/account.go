package db

import (
	"encoding/json"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/db/gen"
)

// AccountStore keeps what account knows.
type AccountStore struct{}

var _ account.Store = AccountStore{}

// one maps a row that may be missing.
func one[R, T any](row R, err error, f func(R) T) (T, error) {
	if err != nil {
		var zero T
		return zero, notFound(err)
	}
	return f(row), nil
}

// many maps rows.
func many[R, T any](rows []R, err error, f func(R) T) ([]T, error) {
	if err != nil {
		return nil, err
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = f(r)
	}
	return out, nil
}

// last is behind every id in the order of ids.
const last = "~"

func customerOf(r gen.Customer) account.Customer {
	c := account.Customer{
		ID: r.ID, Name: r.Name, Email: r.Email, ExternalID: r.ExternalID, StripeCustomerID: r.StripeCustomerID,
		Timezone: r.Timezone, Metadata: map[string]string{}, Status: account.Status(r.Status),
		SuspendedReason: r.SuspendedReason, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}
	_ = json.Unmarshal([]byte(r.Metadata), &c.Metadata) // written by metadataText
	return c
}

func metadataText(m map[string]string) string {
	if len(m) == 0 {
		return "{}"
	}
	b, _ := json.Marshal(m) // strings always marshal
	return string(b)
}

// InsertCustomer implements account.Store.
func (AccountStore) InsertCustomer(t tx.Tx, c account.Customer) error {
	ctx, q := q(t)
	return q.InsertCustomer(ctx, gen.InsertCustomerParams{
		ID: c.ID, Name: c.Name, Email: c.Email, ExternalID: c.ExternalID, StripeCustomerID: c.StripeCustomerID,
		Timezone: c.Timezone, Metadata: metadataText(c.Metadata), Status: string(c.Status), SuspendedReason: c.SuspendedReason,
		Search: c.SearchText(), CreatedAt: micros(c.CreatedAt), UpdatedAt: micros(c.UpdatedAt),
	})
}

// UpdateCustomer implements account.Store.
func (AccountStore) UpdateCustomer(t tx.Tx, c account.Customer) error {
	ctx, q := q(t)
	n, err := q.UpdateCustomer(ctx, gen.UpdateCustomerParams{
		ID: c.ID, Name: c.Name, Email: c.Email, ExternalID: c.ExternalID, StripeCustomerID: c.StripeCustomerID,
		Timezone: c.Timezone, Metadata: metadataText(c.Metadata), Status: string(c.Status), SuspendedReason: c.SuspendedReason,
		Search: c.SearchText(), UpdatedAt: micros(c.UpdatedAt),
	})
	if err == nil && n == 0 {
		err = tx.ErrNotFound
	}
	return err
}

// Customer implements account.Store.
func (AccountStore) Customer(t tx.Tx, id string) (account.Customer, error) {
	ctx, q := q(t)
	r, err := q.GetCustomer(ctx, id)
	return one(r, err, customerOf)
}

// CustomerByExternalID implements account.Store.
func (AccountStore) CustomerByExternalID(t tx.Tx, ext string) (account.Customer, error) {
	ctx, q := q(t)
	r, err := q.GetCustomerByExternalID(ctx, ext)
	return one(r, err, customerOf)
}

// CustomerByStripeID implements account.Store.
func (AccountStore) CustomerByStripeID(t tx.Tx, id string) (account.Customer, error) {
	ctx, q := q(t)
	r, err := q.GetCustomerByStripeID(ctx, id)
	return one(r, err, customerOf)
}

// PutFormerStripeCustomer implements account.Store.
func (AccountStore) PutFormerStripeCustomer(t tx.Tx, stripeID, customer string) error {
	ctx, q := q(t)
	return q.PutFormerStripeCustomer(ctx, gen.PutFormerStripeCustomerParams{StripeCustomerID: stripeID, CustomerID: customer, ReplacedAt: micros(t.Now())})
}

// FormerStripeCustomer implements account.Store.
func (AccountStore) FormerStripeCustomer(t tx.Tx, stripeID string) (string, error) {
	ctx, q := q(t)
	id, err := q.FormerStripeCustomer(ctx, stripeID)
	return id, notFound(err)
}

// SearchCustomers implements account.Store.
func (AccountStore) SearchCustomers(t tx.Tx, text string, p account.Page, limit int) ([]account.Customer, error) {
	ctx, q := q(t)
	if p.Before != "" {
		rows, err := q.ListCustomersBefore(ctx, gen.ListCustomersBeforeParams{AfterID: p.Before, Part: text, MaxRows: int32(limit)})
		return many(rows, err, customerOf)
	}
	from := p.After
	if from == "" {
		from = last
	}
	rows, err := q.ListCustomersAfter(ctx, gen.ListCustomersAfterParams{BeforeID: from, Part: text, MaxRows: int32(limit)})
	return many(rows, err, customerOf)
}

func userOf(r gen.User) account.User {
	return account.User{
		ID: r.ID, Email: r.Email, Name: r.Name, PasswordHash: r.PasswordHash, PasswordChangedAt: instant(r.PasswordChangedAt),
		VerifiedAt: instant(r.VerifiedAt), Staff: account.StaffRole(r.StaffRole), CreatedAt: instant(r.CreatedAt),
	}
}

// InsertUser implements account.Store.
func (AccountStore) InsertUser(t tx.Tx, u account.User) error {
	ctx, q := q(t)
	return q.InsertUser(ctx, gen.InsertUserParams{
		ID: u.ID, Email: u.Email, Name: u.Name, PasswordHash: u.PasswordHash, PasswordChangedAt: micros(u.PasswordChangedAt),
		VerifiedAt: micros(u.VerifiedAt), StaffRole: string(u.Staff), CreatedAt: micros(u.CreatedAt),
	})
}

// UpdateUser implements account.Store.
func (AccountStore) UpdateUser(t tx.Tx, u account.User) error {
	ctx, q := q(t)
	return q.UpdateUser(ctx, gen.UpdateUserParams{
		ID: u.ID, Email: u.Email, Name: u.Name, PasswordHash: u.PasswordHash, PasswordChangedAt: micros(u.PasswordChangedAt),
		VerifiedAt: micros(u.VerifiedAt), StaffRole: string(u.Staff),
	})
}

// User implements account.Store.
func (AccountStore) User(t tx.Tx, id string) (account.User, error) {
	ctx, q := q(t)
	r, err := q.GetUser(ctx, id)
	return one(r, err, userOf)
}

// UserByEmail implements account.Store.
func (AccountStore) UserByEmail(t tx.Tx, email string) (account.User, error) {
	ctx, q := q(t)
	r, err := q.GetUserByEmail(ctx, email)
	return one(r, err, userOf)
}

// StaffUsers implements account.Store.
func (AccountStore) StaffUsers(t tx.Tx) ([]account.User, error) {
	ctx, q := q(t)
	rows, err := q.ListStaffUsers(ctx)
	return many(rows, err, userOf)
}

func memberOf(r gen.Member) account.Member {
	return account.Member{Customer: r.CustomerID, User: r.UserID, Role: account.Role(r.Role), CreatedAt: instant(r.CreatedAt)}
}

// PutMember implements account.Store.
func (AccountStore) PutMember(t tx.Tx, m account.Member) error {
	ctx, q := q(t)
	return q.PutMember(ctx, gen.PutMemberParams{CustomerID: m.Customer, UserID: m.User, Role: string(m.Role), CreatedAt: micros(m.CreatedAt)})
}

// DeleteMember implements account.Store.
func (AccountStore) DeleteMember(t tx.Tx, customer, user string) error {
	ctx, q := q(t)
	return q.DeleteMember(ctx, gen.DeleteMemberParams{CustomerID: customer, UserID: user})
}

// Member implements account.Store.
func (AccountStore) Member(t tx.Tx, customer, user string) (account.Member, error) {
	ctx, q := q(t)
	r, err := q.GetMember(ctx, gen.GetMemberParams{CustomerID: customer, UserID: user})
	return one(r, err, memberOf)
}

// MembersOf implements account.Store.
func (AccountStore) MembersOf(t tx.Tx, customer string) ([]account.Member, error) {
	ctx, q := q(t)
	rows, err := q.ListMembers(ctx, customer)
	return many(rows, err, func(r gen.ListMembersRow) account.Member {
		return account.Member{
			Customer: r.CustomerID, User: r.UserID, Role: account.Role(r.Role), CreatedAt: instant(r.CreatedAt),
			Email: r.Email, Name: r.Name,
		}
	})
}

// MembershipsOf implements account.Store.
func (AccountStore) MembershipsOf(t tx.Tx, user string) ([]account.Member, error) {
	ctx, q := q(t)
	rows, err := q.ListMemberships(ctx, user)
	return many(rows, err, memberOf)
}

func keyOf(r gen.ApiKey) account.Key {
	k := account.Key{
		ID: r.ID, Prefix: r.Prefix, Name: r.Name, Customer: r.CustomerID, CreatedBy: r.CreatedBy,
		CreatedAt: instant(r.CreatedAt), LastUsedAt: instant(r.LastUsedAt), RevokedAt: instant(r.RevokedAt),
	}
	for s := range strings.FieldsSeq(r.Scopes) {
		k.Scopes = append(k.Scopes, account.Scope(s))
	}
	return k
}

// InsertKey implements account.Store.
func (AccountStore) InsertKey(t tx.Tx, k account.Key, secretHash string) error {
	ctx, q := q(t)
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	return q.InsertKey(ctx, gen.InsertKeyParams{
		ID: k.ID, SecretHash: secretHash, Prefix: k.Prefix, Name: k.Name, Scopes: strings.Join(scopes, " "),
		CustomerID: k.Customer, CreatedBy: k.CreatedBy, CreatedAt: micros(k.CreatedAt),
		LastUsedAt: micros(k.LastUsedAt), RevokedAt: micros(k.RevokedAt),
	})
}

// Key implements account.Store.
func (AccountStore) Key(t tx.Tx, id string) (account.Key, error) {
	ctx, q := q(t)
	r, err := q.GetKey(ctx, id)
	return one(r, err, keyOf)
}

// KeyByHash implements account.Store.
func (AccountStore) KeyByHash(t tx.Tx, secretHash string) (account.Key, error) {
	ctx, q := q(t)
	r, err := q.GetKeyByHash(ctx, secretHash)
	return one(r, err, keyOf)
}

// Keys implements account.Store.
func (AccountStore) Keys(t tx.Tx, customer string, p account.Page, limit int) ([]account.Key, error) {
	ctx, q := q(t)
	if p.Before != "" {
		rows, err := q.ListKeysBefore(ctx, gen.ListKeysBeforeParams{CustomerID: customer, AfterID: p.Before, MaxRows: int32(limit)})
		return many(rows, err, keyOf)
	}
	from := p.After
	if from == "" {
		from = last
	}
	rows, err := q.ListKeysAfter(ctx, gen.ListKeysAfterParams{CustomerID: customer, BeforeID: from, MaxRows: int32(limit)})
	return many(rows, err, keyOf)
}

// RevokeKey implements account.Store.
func (AccountStore) RevokeKey(t tx.Tx, id string, at time.Time) error {
	ctx, q := q(t)
	return q.RevokeKey(ctx, gen.RevokeKeyParams{ID: id, RevokedAt: micros(at)})
}

// TouchKey implements account.Store.
func (AccountStore) TouchKey(t tx.Tx, id string, at time.Time) error {
	ctx, q := q(t)
	return q.TouchKey(ctx, gen.TouchKeyParams{ID: id, LastUsedAt: micros(at)})
}

// Throttles implements account.Store.
func (AccountStore) Throttles(t tx.Tx, after time.Time) (map[string]time.Time, error) {
	ctx, q := q(t)
	rows, err := q.ListThrottles(ctx, micros(after))
	if err != nil {
		return nil, err
	}
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.Name] = instant(r.FreeAt)
	}
	return out, nil
}

// PutThrottle implements account.Store.
func (AccountStore) PutThrottle(t tx.Tx, name string, freeAt time.Time) error {
	ctx, q := q(t)
	return q.PutThrottle(ctx, gen.PutThrottleParams{Name: name, FreeAt: micros(freeAt)})
}

// DeleteThrottles implements account.Store.
func (AccountStore) DeleteThrottles(t tx.Tx, before time.Time) error {
	ctx, q := q(t)
	return q.DeleteThrottles(ctx, micros(before))
}

// InsertConsent implements account.Store.
func (AccountStore) InsertConsent(t tx.Tx, c account.Consent) error {
	ctx, q := q(t)
	return q.InsertConsent(ctx, gen.InsertConsentParams{
		ID: c.ID, UserID: c.User, CustomerID: c.Customer, Document: c.Document, Version: c.Version,
		Address: c.From.Address, UserAgent: c.From.UserAgent, CreatedAt: micros(c.CreatedAt),
	})
}

// LatestConsent implements account.Store.
func (AccountStore) LatestConsent(t tx.Tx, user, document string) (account.Consent, error) {
	ctx, q := q(t)
	r, err := q.GetLatestConsent(ctx, gen.GetLatestConsentParams{UserID: user, Document: document})
	return one(r, err, func(r gen.Consent) account.Consent {
		return account.Consent{
			ID: r.ID, User: r.UserID, Customer: r.CustomerID, Document: r.Document, Version: r.Version,
			From: account.From{Address: r.Address, UserAgent: r.UserAgent}, CreatedAt: instant(r.CreatedAt),
		}
	})
}

// Request implements account.Store.
func (AccountStore) Request(t tx.Tx, key string) (account.Request, error) {
	ctx, q := q(t)
	r, err := q.GetRequest(ctx, key)
	return one(r, err, func(r gen.ApiRequest) account.Request {
		return account.Request{Key: r.KeyHash, Fingerprint: r.Fingerprint, Object: r.Object, CreatedAt: instant(r.CreatedAt)}
	})
}

// InsertRequest implements account.Store.
func (AccountStore) InsertRequest(t tx.Tx, r account.Request) error {
	ctx, q := q(t)
	return q.InsertRequest(ctx, gen.InsertRequestParams{
		KeyHash: r.Key, Fingerprint: r.Fingerprint, Object: r.Object, CreatedAt: micros(r.CreatedAt),
	})
}
