package api

import (
	"context"
	"slices"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
)

type grantObject struct {
	Object      string     `json:"object" enum:"grant"`
	ID          string     `json:"id"`
	Customer    string     `json:"customer"`
	CreditType  string     `json:"credit_type"`
	Kind        string     `json:"kind" enum:"paid,promotional,included,committed"`
	Priority    int        `json:"priority" doc:"0 to 100, lower burns first"`
	Credits     string     `json:"credits" doc:"What was granted"`
	Remaining   string     `json:"remaining"`
	Held        string     `json:"held"`
	EffectiveAt time.Time  `json:"effective_at"`
	ExpiresAt   *time.Time `json:"expires_at"`
	Meters      []string   `json:"meters" nullable:"false" doc:"What may draw it; empty: everything"`
	AmountPaid  *price     `json:"amount_paid" doc:"For what of it was not transferred: a part takes its share along"`
	Frozen      bool       `json:"frozen" doc:"Its payment is disputed"`
	VoidedAt    *time.Time `json:"voided_at"`
	Origin      *string    `json:"origin" doc:"The grant that it was transferred from at first"`
	CreatedAt   time.Time  `json:"created_at"`
}

func showGrant(g ledger.Grant, k ledger.WalletKey) grantObject {
	o := grantObject{
		Object: "grant", ID: g.ID.String(), Customer: k.Customer, CreditType: k.CreditType, Kind: string(g.Kind), Priority: g.Priority,
		Credits: g.Amount.String(), Remaining: g.Remaining.String(), Held: g.Held.String(), EffectiveAt: stamp(g.EffectiveAt),
		ExpiresAt: stampOrNull(g.ExpiresAt), Meters: slices.Clone(g.Meters), AmountPaid: priceOf(g.AmountPaid()), Frozen: g.Frozen,
		VoidedAt: stampOrNull(g.VoidedAt), CreatedAt: stamp(g.CreatedAt),
	}
	if o.Meters == nil {
		o.Meters = []string{}
	}
	if g.Origin != 0 {
		s := g.Origin.String()
		o.Origin = &s
	}
	return o
}

type newGrant struct {
	CreditType  string     `json:"credit_type"`
	Credits     string     `json:"credits" example:"100"`
	Kind        string     `json:"kind,omitempty" enum:"paid,promotional,included,committed" doc:"promotional by default"`
	Priority    *int       `json:"priority,omitempty" minimum:"0" maximum:"100" doc:"50 by default; lower burns first"`
	EffectiveAt *time.Time `json:"effective_at,omitempty" doc:"Now by default"`
	ExpiresAt   *time.Time `json:"expires_at,omitempty" doc:"Never by default"`
	Meters      []string   `json:"meters,omitempty" doc:"Restricts what may draw it"`
	AmountPaid  *price     `json:"amount_paid,omitempty" doc:"For paid and committed grants"`
	Reason      string     `json:"reason,omitempty" blank:"yes" maxLength:"500"`
}

type createGrantIn struct {
	InCustomer
	OnceKey
	Body body[newGrant]
}

func createGrant(a *API, ctx context.Context, in *createGrantIn) (*reply[grantObject], error) {
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	n := credit.NewGrant{Customer: c.ID, CreditType: v.CreditType, Kind: ledger.Kind(v.Kind), Priority: v.Priority, Meters: v.Meters}
	if n.Credits, err = credits("credits", v.Credits); err != nil {
		return nil, err
	}
	if n.Paid, err = v.AmountPaid.money("amount_paid"); err != nil {
		return nil, err
	}
	if n.EffectiveAt, err = date("effective_at", v.EffectiveAt); err != nil {
		return nil, err
	}
	if n.ExpiresAt, err = date("expires_at", v.ExpiresAt); err != nil {
		return nil, err
	}
	act, err := a.Credit.Grant(n)
	if err != nil {
		return nil, err
	}
	m, op := v, act.Op.(ledger.NewGrant)
	m.CreditType, m.Credits, m.Kind, m.Priority, m.Meters = op.Wallet.CreditType, op.Credits.String(), string(op.Kind), &op.Priority, op.Meters
	res, err := a.do(ctx, in.once(asked{operation: "grants.create", customer: c.ID, sent: in.Body.sent, path: in.ID, object: c.ID, meaning: m}), act, v.Reason)
	if err != nil {
		return nil, err
	}
	g, err := a.grant(ctx, c.ID, res.Grant)
	if err != nil {
		return nil, err
	}
	return made(g, res.Replayed)
}

// do carries out an act of staff's, once.
func (a *API) do(ctx context.Context, once usage.Once, act *credit.Act, reason string) (ledger.Result, error) {
	res, err := a.Credit.Do(ctx, actor(ctx), once, act, reason)
	return res, onceParam(err)
}

// onceParam names the header in a conflict that the ledger found.
func onceParam(err error) error {
	if fault.HasCode(err, "idempotency_mismatch") {
		return fault.New(fault.Conflict, "idempotency_mismatch", "Idempotency-Key",
			"This Idempotency-Key was used for another request. Use a new key for a new request.")
	}
	return err
}

func walletKey(shop *catalog.Snapshot, c *account.Customer, creditType string) (ledger.WalletKey, error) {
	ct := shop.CreditType(creditType)
	if ct == nil {
		return ledger.WalletKey{}, fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q.", creditType)
	}
	return ledger.WalletKey{Customer: c.ID, CreditType: ct.Key}, nil
}

// date reads a time that is optional; years that no clock shows are refused, and
// so is the zero of one.
func date(param string, t *time.Time) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if t.UnixMicro() <= 0 || t.Year() > 9000 {
		return time.Time{}, fault.Bad(param, "Give a time after 1970-01-01T00:00:00Z and before the year 9001, not %s.", t.Format(time.RFC3339Nano))
	}
	return stamp(*t), nil
}

// grant reads a grant that the customer has, "" for anybody's.
func (a *API) grant(ctx context.Context, customer string, id ledger.GrantID) (o grantObject, err error) {
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		g, w, err := a.Ledger.Grant(t, customer, id)
		if err != nil {
			return gone(err, "grant")
		}
		o = showGrant(g, w.WalletKey)
		return nil
	})
	return o, err
}

// gone names what a Store did not find.
func gone(err error, thing string) error {
	if err == tx.ErrNotFound { //nolint:errorlint // a sentinel, never wrapped
		return fault.Missing(thing)
	}
	return err
}

func grantID(s string) (ledger.GrantID, error) {
	id, ok := ledger.ParseGrantID(s)
	if !ok {
		return 0, fault.Missing("grant")
	}
	return id, nil
}

func getGrant(a *API, ctx context.Context, in *ByID) (*reply[grantObject], error) {
	id, err := grantID(in.ID)
	if err != nil {
		return nil, err
	}
	g, err := a.grant(ctx, keyOf(ctx).Customer, id)
	if err != nil {
		return nil, err
	}
	return ok(g)
}

type voidIn struct {
	ByID
	OnceKey
	Body body[reason]
}

func voidGrant(a *API, ctx context.Context, in *voidIn) (*reply[grantObject], error) {
	id, err := grantID(in.ID)
	if err != nil {
		return nil, err
	}
	act, _, err := a.Credit.Void(ctx, "", id)
	if err != nil {
		return nil, err
	}
	once := in.once(asked{operation: "grants.void", customer: act.Wallet.Customer, sent: in.Body.sent, path: in.ID, object: id.String(), meaning: in.Body.V})
	res, err := a.do(ctx, once, act, in.Body.V.Reason)
	if err != nil {
		return nil, err
	}
	g, err := a.grant(ctx, "", id)
	if err != nil {
		return nil, err
	}
	return done(g, res.Replayed)
}

type listGrantsIn struct {
	InCustomer
	Page
	CreditType string `query:"credit_type" doc:"Only grants of this credit type"`
	Live       bool   `query:"live" doc:"Only grants with something remaining"`
}

// listGrants merges the wallets of a customer: ids of grants grow with time in
// all of them.
func listGrants(a *API, ctx context.Context, in *listGrantsIn) (*reply[list[grantObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	only := ""
	if in.CreditType != "" {
		k, err := walletKey(a.Catalog.Snapshot(), c, in.CreditType)
		if err != nil {
			return nil, err
		}
		only = k.CreditType
	}
	var before, after ledger.GrantID
	if in.StartingAfter != "" {
		if before, err = grantID(in.StartingAfter); err != nil {
			return nil, unknownCursor("starting_after")
		}
	}
	if in.EndingBefore != "" {
		if after, err = grantID(in.EndingBefore); err != nil {
			return nil, unknownCursor("ending_before")
		}
	}
	var out list[grantObject]
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		balances, err := a.Ledger.Balances(t, c.ID)
		if err != nil {
			return err
		}
		type lot struct {
			ledger.Grant
			key ledger.WalletKey
		}
		var all []lot
		for _, b := range balances {
			if only != "" && b.CreditType != only {
				continue
			}
			for from := before; ; {
				gs, err := a.Ledger.Grants(t, b.Wallet, in.Live, from, in.Limit+1)
				if err != nil {
					return err
				}
				for _, g := range gs {
					if g.ID > after {
						all = append(all, lot{g, b.WalletKey})
					}
				}
				if after == 0 || len(gs) <= in.Limit || gs[len(gs)-1].ID <= after {
					break
				}
				from = gs[len(gs)-1].ID
			}
		}
		slices.SortFunc(all, func(x, y lot) int { return int(min(max(y.ID-x.ID, -1), 1)) })
		more := len(all) > in.Limit
		if more && after != 0 {
			all = all[len(all)-in.Limit:]
		} else if more {
			all = all[:in.Limit]
		}
		out = listOf(all, more, func(l lot) grantObject { return showGrant(l.Grant, l.key) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ok(out)
}
