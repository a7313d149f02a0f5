package db

import (
	"purse/billing/audit"
	"purse/billing/tx"
	"purse/db/gen"
)

// AuditStore implements audit.Store.
type AuditStore struct{}

var _ audit.Store = AuditStore{}

func (AuditStore) Insert(t tx.Tx, e audit.Entry) error {
	ctx, q := q(t)
	return q.InsertAudit(ctx, gen.InsertAuditParams{
		ID: e.ID, Actor: e.Actor.ID, CustomerID: e.Customer, Action: e.Action, Object: e.Object,
		BeforeState: e.Before, AfterState: e.After, Reason: e.Reason, Address: e.Actor.Address, CreatedAt: micros(e.CreatedAt),
	})
}

func (AuditStore) List(t tx.Tx, customer, beforeID string, limit int) ([]audit.Entry, error) {
	ctx, q := q(t)
	rows, err := q.ListAudit(ctx, gen.ListAuditParams{CustomerID: customer, BeforeID: beforeID, MaxRows: int32(limit)})
	out := make([]audit.Entry, len(rows))
	for i, r := range rows {
		out[i] = audit.Entry{
			ID: r.ID, Actor: audit.Actor{ID: r.Actor, Address: r.Address}, Customer: r.CustomerID, Action: r.Action,
			Object: r.Object, Before: r.BeforeState, After: r.AfterState, Reason: r.Reason, CreatedAt: instant(r.CreatedAt),
		}
	}
	return out, err
}
