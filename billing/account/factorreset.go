package account

import (
	"context"
	"errors"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/tx"
)

// FactorReset takes all second factors of a person away, because they are lost.
// One that another person asks for waits, so that it can be cancelled.
type FactorReset struct {
	ID, User    string
	AskedBy     string
	Customer    string // of the owner who asked, "" for staff
	CreatedAt   time.Time
	EffectiveAt time.Time
	EndedAt     time.Time // zero while it waits
	Outcome     string    // done or cancelled
}

// ResetAfter is how long a reset waits.
const ResetAfter = 24 * time.Hour

// ResetJob is the kind of the job that ends a reset.
const ResetJob = "account.factor_reset"

// AskReset asks for a reset of another person's second factors: staff's admins for
// anybody, the owners of a customer for its members who are no staff. It takes
// effect after ResetAfter. The person is mailed, and can cancel it.
func (s *Service) AskReset(ctx context.Context, by audit.Actor, customerID, userID string) (r FactorReset, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.User(t, userID)
		if err != nil {
			return missing(err, "user")
		}
		if by.ID == userID {
			return fault.New(fault.Conflict, "own_reset", "", "Somebody else has to ask for it. With your factor or a recovery code you can change yours yourself.")
		}
		if customerID != "" {
			if _, err := s.Store.Member(t, customerID, userID); err != nil {
				return missing(err, "member")
			}
			if u.Staff != NoStaff {
				return fault.New(fault.Forbidden, "staff", "", "This person is staff: only staff can reset their second factor.")
			}
		}
		if err := s.hasFactor(t, userID); err != nil {
			return err
		}
		if r, err = s.Store.OpenFactorReset(t, userID); !errors.Is(err, tx.ErrNotFound) {
			return err // the one that waits
		}
		r = FactorReset{ID: id.New("frs", t.Now()), User: userID, AskedBy: by.ID, Customer: customerID, CreatedAt: t.Now(), EffectiveAt: t.Now().Add(ResetAfter)}
		if err := s.Store.InsertFactorReset(t, r); err != nil {
			return err
		}
		if err := s.Jobs.Add(t, job.Spec{Kind: ResetJob, Dedup: r.ID, Payload: r.ID, RunAt: r.EffectiveAt}); err != nil {
			return err
		}
		if err := s.mailFactor(t, u, "reset_asked", r.EffectiveAt.UTC().Format("2 January 2006, 15:04 UTC")); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: customerID, Action: "factor_reset.asked", Object: userID, After: r.ID})
	})
	return r, err
}

// hasFactor refuses a reset of nothing.
func (s *Service) hasFactor(t tx.Tx, userID string) error {
	n, err := s.Store.CountFactors(t, userID)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "no_factor", "", "This person has no second factor.")
	}
	return err
}

// CancelReset ends a reset that waits: the person wants none.
func (s *Service) CancelReset(ctx context.Context, by audit.Actor, userID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		r, err := s.Store.OpenFactorReset(t, userID)
		if errors.Is(err, tx.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := s.Store.EndFactorReset(t, r.ID, "cancelled", t.Now()); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: r.Customer, Action: "factor_reset.cancelled", Object: userID, After: r.ID})
	})
}

// runReset does a reset when its time has come.
func (s *Service) runReset(ctx context.Context, j job.Job) error {
	var resetID string
	if err := j.Decode(&resetID); err != nil {
		return job.Permanent(err)
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		r, err := s.Store.FactorReset(t, resetID)
		if errors.Is(err, tx.ErrNotFound) || (err == nil && !r.EndedAt.IsZero()) {
			return nil
		}
		if err != nil {
			return err
		}
		if t.Now().Before(r.EffectiveAt) {
			return job.Later(r.EffectiveAt, "a reset waits")
		}
		if _, err := s.Store.EndFactorReset(t, r.ID, "done", t.Now()); err != nil {
			return err
		}
		u, err := s.Store.User(t, r.User)
		if err != nil {
			return err
		}
		return s.resetFactors(t, audit.Actor{ID: r.AskedBy}, u, r.Customer)
	})
}

func (s *Service) resetFactors(t tx.Tx, by audit.Actor, u User, customer string) error {
	if err := s.Store.DeleteFactors(t, u.ID); err != nil {
		return err
	}
	if err := s.Store.ReplaceRecoveryCodes(t, u.ID, nil); err != nil {
		return err
	}
	s.rightsChanged(t, u.ID)
	if err := s.Store.DeleteSessions(t, u.ID, ""); err != nil {
		return err
	}
	if err := s.mailFactor(t, u, "reset_done", ""); err != nil {
		return err
	}
	return s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "factor_reset.done", Object: u.ID})
}

// ResetNow takes all second factors of a user away at once: the last way back,
// for the one who runs Purse.
func (s *Service) ResetNow(ctx context.Context, by audit.Actor, email string) error {
	email, err := NormalEmail(email)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		u, err := s.Store.UserByEmail(t, email)
		if err != nil {
			return missing(err, "user")
		}
		if err := s.hasFactor(t, u.ID); err != nil {
			return err
		}
		if r, err := s.Store.OpenFactorReset(t, u.ID); err == nil {
			if _, err := s.Store.EndFactorReset(t, r.ID, "done", t.Now()); err != nil {
				return err
			}
		} else if !errors.Is(err, tx.ErrNotFound) {
			return err
		}
		return s.resetFactors(t, by, u, "")
	})
}
