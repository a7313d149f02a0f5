package db

import (
	"strings"
	"time"

	"purse/billing/audit"
	"purse/billing/tx"
	"purse/db/gen"
)

// AuditStore implements audit.Store.
type AuditStore struct{}

var _ audit.Store = AuditStore{}

// Insert implements audit.Store. An entry without words has no row beside it.
func (AuditStore) Insert(t tx.Tx, e audit.Entry) error {
	ctx, q := q(t)
	err := q.InsertAudit(ctx, gen.InsertAuditParams{
		ID: e.ID, Actor: e.Actor.ID, CustomerID: e.Customer, Action: e.Action, Object: e.Object, Times: e.Times, CreatedAt: micros(e.CreatedAt),
	})
	if err != nil || e.Actor.Address+e.Actor.Device+e.Email+e.Before+e.After+e.Reason == "" {
		return err
	}
	return q.InsertAuditDetails(ctx, gen.InsertAuditDetailsParams{
		AuditID: e.ID, Address: e.Actor.Address, Device: e.Actor.Device, Email: e.Email, BeforeState: e.Before, AfterState: e.After,
		Reason: e.Reason, CreatedAt: micros(e.CreatedAt),
	})
}

// DeleteDetails implements audit.Store.
func (AuditStore) DeleteDetails(t tx.Tx, before time.Time) (int64, error) {
	ctx, q := q(t)
	return q.DeleteAuditDetails(ctx, micros(before))
}

// List implements audit.Store.
func (AuditStore) List(t tx.Tx, query audit.Query) ([]audit.Entry, error) {
	ctx, q := q(t)
	actions, most := "", int32(query.Limit)
	if len(query.Actions) > 0 {
		actions = "," + strings.Join(query.Actions, ",") + ","
	}
	switch {
	case query.Owner != "":
		rows, err := q.ListAuditOfOwner(ctx, gen.ListAuditOfOwnerParams{CustomerID: query.Owner, BeforeID: query.Before, Person: query.Person, Actions: actions, MaxRows: most})
		return many(rows, err, func(r gen.ListAuditOfOwnerRow) audit.Entry { return entryOf(gen.ListAuditRow(r)) })
	case query.Customer != "":
		rows, err := q.ListAuditOfCustomer(ctx, gen.ListAuditOfCustomerParams{CustomerID: query.Customer, BeforeID: query.Before, Person: query.Person, Actions: actions, MaxRows: most})
		return many(rows, err, func(r gen.ListAuditOfCustomerRow) audit.Entry { return entryOf(gen.ListAuditRow(r)) })
	case query.Person != "":
		rows, err := q.ListAuditOfPerson(ctx, gen.ListAuditOfPersonParams{Person: query.Person, BeforeID: query.Before, Actions: actions, MaxRows: most})
		return many(rows, err, func(r gen.ListAuditOfPersonRow) audit.Entry { return entryOf(gen.ListAuditRow(r)) })
	}
	rows, err := q.ListAudit(ctx, gen.ListAuditParams{BeforeID: query.Before, Actions: actions, MaxRows: most})
	return many(rows, err, entryOf)
}

func entryOf(r gen.ListAuditRow) audit.Entry {
	return audit.Entry{
		ID: r.ID, Actor: audit.Actor{ID: r.Actor, Address: r.Address, Device: r.Device}, Customer: r.CustomerID, Action: r.Action,
		Object: r.Object, Times: r.Times, Email: r.Email, Before: r.BeforeState, After: r.AfterState, Reason: r.Reason, CreatedAt: instant(r.CreatedAt),
	}
}
