package db

import (
	"time"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/db/gen"
)

// InsertEmailChange implements account.EmailChangeStore.
func (AccountStore) InsertEmailChange(t tx.Tx, c account.EmailChange) error {
	ctx, q := q(t)
	return q.InsertEmailChange(ctx, gen.InsertEmailChangeParams{ID: c.ID, UserID: c.User, OldEmail: c.Old, NewEmail: c.New, CreatedAt: micros(c.CreatedAt)})
}

// OpenEmailChange implements account.EmailChangeStore.
func (AccountStore) OpenEmailChange(t tx.Tx, user string) (account.EmailChange, error) {
	ctx, q := q(t)
	r, err := q.GetOpenEmailChange(ctx, user)
	return one(r, err, func(r gen.EmailChange) account.EmailChange {
		return account.EmailChange{
			ID: r.ID, User: r.UserID, Old: r.OldEmail, New: r.NewEmail, CreatedAt: instant(r.CreatedAt),
			OldAt: instant(r.OldAt), NewAt: instant(r.NewAt), EndedAt: instant(r.EndedAt), Done: r.Done != 0,
		}
	})
}

// UpdateEmailChange implements account.EmailChangeStore.
func (AccountStore) UpdateEmailChange(t tx.Tx, c account.EmailChange) error {
	ctx, q := q(t)
	done := int64(0)
	if c.Done {
		done = 1
	}
	return q.UpdateEmailChange(ctx, gen.UpdateEmailChangeParams{ID: c.ID, OldAt: micros(c.OldAt), NewAt: micros(c.NewAt), EndedAt: micros(c.EndedAt), Done: done})
}

// PastEmails implements account.EmailChangeStore.
func (AccountStore) PastEmails(t tx.Tx, user string, since time.Time) ([]string, error) {
	ctx, q := q(t)
	return q.ListPastEmails(ctx, gen.ListPastEmailsParams{UserID: user, Since: micros(since)})
}
