package db

import (
	"time"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/db/gen"
)

func sessionOf(r gen.Session) account.Session {
	return account.Session{
		ID: r.ID, User: r.UserID, Data: r.Data, From: account.From{Address: r.Address, UserAgent: r.UserAgent},
		CreatedAt: instant(r.CreatedAt), SeenAt: instant(r.SeenAt), ConfirmedAt: instant(r.ConfirmedAt),
	}
}

// InsertSession implements account.Store.
func (AccountStore) InsertSession(t tx.Tx, s account.Session, secretHash string) error {
	ctx, q := q(t)
	return q.InsertSession(ctx, gen.InsertSessionParams{
		ID: s.ID, SecretHash: secretHash, UserID: s.User, Data: s.Data, Address: s.From.Address, UserAgent: s.From.UserAgent,
		CreatedAt: micros(s.CreatedAt), SeenAt: micros(s.SeenAt), ConfirmedAt: micros(s.ConfirmedAt),
	})
}

// SessionByHash implements account.Store.
func (AccountStore) SessionByHash(t tx.Tx, secretHash string) (account.Session, error) {
	ctx, q := q(t)
	r, err := q.GetSessionByHash(ctx, secretHash)
	return one(r, err, sessionOf)
}

// SessionsOf implements account.Store.
func (AccountStore) SessionsOf(t tx.Tx, user string) ([]account.Session, error) {
	ctx, q := q(t)
	rows, err := q.ListSessions(ctx, user)
	return many(rows, err, sessionOf)
}

// UpdateSession implements account.Store.
func (AccountStore) UpdateSession(t tx.Tx, s account.Session, secretHash string) error {
	ctx, q := q(t)
	return q.UpdateSession(ctx, gen.UpdateSessionParams{
		ID: s.ID, Data: s.Data, ConfirmedAt: micros(s.ConfirmedAt), NewHash: secretHash,
	})
}

// TouchSession implements account.Store.
func (AccountStore) TouchSession(t tx.Tx, id string, at time.Time) error {
	ctx, q := q(t)
	return q.TouchSession(ctx, gen.TouchSessionParams{ID: id, SeenAt: micros(at)})
}

// DeleteSession implements account.Store.
func (AccountStore) DeleteSession(t tx.Tx, user, id string) error {
	ctx, q := q(t)
	return q.DeleteSession(ctx, gen.DeleteSessionParams{UserID: user, ID: id})
}

// DeleteSessions implements account.Store.
func (AccountStore) DeleteSessions(t tx.Tx, user, keep string) error {
	ctx, q := q(t)
	return q.DeleteSessions(ctx, gen.DeleteSessionsParams{UserID: user, Keep: keep})
}

// DeleteStale implements account.Store.
func (AccountStore) DeleteStale(t tx.Tx, idle, absolute, links time.Time) error {
	ctx, q := q(t)
	if err := q.DeleteStaleSessions(ctx, gen.DeleteStaleSessionsParams{Idle: micros(idle), Absolute: micros(absolute)}); err != nil {
		return err
	}
	return q.DeleteStaleLinks(ctx, micros(links))
}

// Carry implements account.Store.
func (AccountStore) Carry(t tx.Tx, by time.Duration) error {
	ctx, q := q(t)
	if err := q.CarrySessions(ctx, by.Microseconds()); err != nil {
		return err
	}
	return q.CarryLinks(ctx, by.Microseconds())
}
