package account

import (
	"time"

	"purse/billing/tx"
)

// Store keeps what account knows. Rows that are not there are tx.ErrNotFound.
type Store interface {
	BillingStore
	FactorStore
	EmailChangeStore

	InsertCustomer(t tx.Tx, c Customer) error
	UpdateCustomer(t tx.Tx, c Customer) error
	Customer(t tx.Tx, id string) (Customer, error)
	CustomerByExternalID(t tx.Tx, ext string) (Customer, error)
	CustomerByStripeID(t tx.Tx, id string) (Customer, error)
	// PutFormerStripeCustomer keeps that a customer was this one of Stripe's until
	// now, FormerStripeCustomer answers which customer that is.
	PutFormerStripeCustomer(t tx.Tx, stripeID, customer string) error
	FormerStripeCustomer(t tx.Tx, stripeID string) (customer string, err error)
	// SearchCustomers answers customers whose search text contains text: newest
	// first, or oldest first where the page has Before.
	SearchCustomers(t tx.Tx, text string, p Page, limit int) ([]Customer, error)

	InsertUser(t tx.Tx, u User) error
	UpdateUser(t tx.Tx, u User) error
	User(t tx.Tx, id string) (User, error)
	UserByEmail(t tx.Tx, email string) (User, error)
	StaffUsers(t tx.Tx) ([]User, error) // by e-mail address

	PutMember(t tx.Tx, m Member) error
	DeleteMember(t tx.Tx, customer, user string) error
	Member(t tx.Tx, customer, user string) (Member, error)
	MembersOf(t tx.Tx, customer string) ([]Member, error)
	MembershipsOf(t tx.Tx, user string) ([]Member, error)

	InsertSession(t tx.Tx, s Session, secretHash string) error
	SessionByHash(t tx.Tx, secretHash string) (Session, error)
	SessionsOf(t tx.Tx, user string) ([]Session, error)
	UpdateSession(t tx.Tx, s Session, secretHash string) error // secretHash "" keeps it
	TouchSession(t tx.Tx, id string, at time.Time) error
	DeleteSession(t tx.Tx, user, id string) error
	// DeleteSessions deletes the sessions of a user but the one with the id keep.
	DeleteSessions(t tx.Tx, user, keep string) error
	// DeleteStale deletes sessions not seen since idle or older than absolute,
	// and links that expired before links.
	DeleteStale(t tx.Tx, idle, absolute, links time.Time) error
	// Carry moves the times of all sessions and the ends of all links.
	Carry(t tx.Tx, by time.Duration) error

	InsertLink(t tx.Tx, l Link) error
	InsertLinkSecret(t tx.Tx, link, secretHash string) error
	Link(t tx.Tx, id string) (Link, error)
	LinkByHash(t tx.Tx, secretHash string) (Link, error)
	// OpenLinks lists links of a kind and customer that can be used now, newest first.
	OpenLinks(t tx.Tx, kind LinkKind, customer string, now time.Time, limit int) ([]Link, error)
	// UseLink marks a link used at a time unless it was; it answers whether it did.
	UseLink(t tx.Tx, id string, at time.Time) (bool, error)
	// VoidLinks makes the unused links of like's kind useless: those with its
	// e-mail address, user, customer and maker, where it has them.
	VoidLinks(t tx.Tx, like Link, at time.Time) error

	InsertKey(t tx.Tx, k Key, secretHash string) error
	Key(t tx.Tx, id string) (Key, error)
	KeyByHash(t tx.Tx, secretHash string) (Key, error)
	// Keys lists keys of a customer, or those of no customer for "".
	Keys(t tx.Tx, customer string, p Page, limit int) ([]Key, error)
	RevokeKey(t tx.Tx, id string, at time.Time) error
	TouchKey(t tx.Tx, id string, at time.Time) error

	// PutDevice writes that a user signed in in the browser with a secret. HasDevice
	// says whether that user has, or anybody for "".
	PutDevice(t tx.Tx, secretHash, user string, seen time.Time) error
	HasDevice(t tx.Tx, secretHash, user string) (bool, error)
	DeleteDevices(t tx.Tx, user string) error
	DeleteDevicesBefore(t tx.Tx, seen time.Time) error

	Throttles(t tx.Tx, after time.Time) (map[string]time.Time, error)
	PutThrottle(t tx.Tx, name string, freeAt time.Time) error
	DeleteThrottles(t tx.Tx, before time.Time) error

	InsertConsent(t tx.Tx, c Consent) error
	// LatestConsent is the newest consent of a user to a document.
	LatestConsent(t tx.Tx, user, document string) (Consent, error)

	Request(t tx.Tx, key string) (Request, error)
	InsertRequest(t tx.Tx, r Request) error
}
