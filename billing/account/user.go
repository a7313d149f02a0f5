package account

import (
	"context"
	"errors"
	"time"

	"purse/billing/fault"
	"purse/billing/tx"
)

// StaffRole says what a user may do in the admin console; "" is no staff.
type StaffRole string

const (
	NoStaff StaffRole = ""
	Admin   StaffRole = "admin"   // everything
	Support StaffRole = "support" // looks, changes nothing
)

// Valid says whether r is a role of staff.
func (r StaffRole) Valid() bool { return r == Admin || r == Support }

// User is a person.
type User struct {
	ID                string
	Email             string // normalised
	Name              string
	PasswordHash      string `json:"-"`
	PasswordChangedAt time.Time
	VerifiedAt        time.Time // zero until the address is verified
	Staff             StaffRole
	CreatedAt         time.Time
}

// Verified says whether the user's address was verified.
func (u *User) Verified() bool { return !u.VerifiedAt.IsZero() }

// User finds a user by id.
func (s *Service) User(ctx context.Context, id string) (u User, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		u, err = s.Store.User(t, id)
		return missing(err, "user")
	})
	return u, err
}

// UserByEmail finds a user by address, for commands and demo data. Pages must
// not tell the world what it answers.
func (s *Service) UserByEmail(ctx context.Context, email string) (u User, err error) {
	if email, err = NormalEmail(email); err != nil {
		return u, err
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		u, err = s.Store.UserByEmail(t, email)
		return missing(err, "user")
	})
	return u, err
}

func missing(err error, thing string) error {
	if errors.Is(err, tx.ErrNotFound) {
		return fault.Missing(thing)
	}
	return err
}
