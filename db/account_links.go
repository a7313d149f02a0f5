package db

import (
	"time"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/db/gen"
)

func linkOf(r gen.Link) account.Link {
	return account.Link{
		ID: r.ID, Kind: account.LinkKind(r.Kind), Email: r.Email, User: r.UserID, Customer: r.CustomerID, Role: account.Role(r.Role),
		CreatedBy: r.CreatedBy, CreatedAt: instant(r.CreatedAt), ExpiresAt: instant(r.ExpiresAt), UsedAt: instant(r.UsedAt),
	}
}

// InsertLink implements account.Store.
func (AccountStore) InsertLink(t tx.Tx, l account.Link) error {
	ctx, q := q(t)
	return q.InsertLink(ctx, gen.InsertLinkParams{
		ID: l.ID, Kind: string(l.Kind), Email: l.Email, UserID: l.User, CustomerID: l.Customer, Role: string(l.Role), CreatedBy: l.CreatedBy,
		CreatedAt: micros(l.CreatedAt), ExpiresAt: micros(l.ExpiresAt), UsedAt: micros(l.UsedAt),
	})
}

// InsertLinkSecret implements account.Store.
func (AccountStore) InsertLinkSecret(t tx.Tx, link, secretHash string) error {
	ctx, q := q(t)
	return q.InsertLinkSecret(ctx, gen.InsertLinkSecretParams{SecretHash: secretHash, LinkID: link})
}

// Link implements account.Store.
func (AccountStore) Link(t tx.Tx, id string) (account.Link, error) {
	ctx, q := q(t)
	r, err := q.GetLink(ctx, id)
	return one(r, err, linkOf)
}

// LinkByHash implements account.Store.
func (AccountStore) LinkByHash(t tx.Tx, secretHash string) (account.Link, error) {
	ctx, q := q(t)
	r, err := q.GetLinkByHash(ctx, secretHash)
	return one(r, err, linkOf)
}

// OpenLinks implements account.Store.
func (AccountStore) OpenLinks(t tx.Tx, kind account.LinkKind, customer string, now time.Time, limit int) ([]account.Link, error) {
	ctx, q := q(t)
	rows, err := q.ListLinks(ctx, gen.ListLinksParams{Kind: string(kind), CustomerID: customer, Now: micros(now), MaxRows: int32(limit)})
	return many(rows, err, linkOf)
}

// UseLink implements account.Store.
func (AccountStore) UseLink(t tx.Tx, id string, at time.Time) (bool, error) {
	ctx, q := q(t)
	n, err := q.UseLink(ctx, gen.UseLinkParams{ID: id, UsedAt: micros(at)})
	return n == 1, err
}

// VoidLinks implements account.Store.
func (AccountStore) VoidLinks(t tx.Tx, like account.Link, at time.Time) error {
	ctx, q := q(t)
	return q.VoidLinks(ctx, gen.VoidLinksParams{
		Kind: string(like.Kind), Email: like.Email, UserID: like.User, CustomerID: like.Customer, CreatedBy: like.CreatedBy, UsedAt: micros(at),
	})
}
