package api

import (
	"context"
	"time"

	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
)

type balanceObject struct {
	Object     string         `json:"object" enum:"balance"`
	Customer   string         `json:"customer"`
	CreditType string         `json:"credit_type"`
	Balance    string         `json:"balance" doc:"All that remains, less the debt"`
	Held       string         `json:"held" doc:"Set aside by holds"`
	Pending    string         `json:"pending" doc:"In grants that are not effective yet"`
	Available  string         `json:"available" doc:"For work of any kind, less the debt"`
	Debt       string         `json:"debt"`
	Overdraft  string         `json:"overdraft" doc:"How far below zero decisions may go"`
	Scoped     []scopedObject `json:"scoped" nullable:"false" doc:"What some meters can draw besides"`
	ByKind     byKind         `json:"by_kind"`
	NextExpiry *expiry        `json:"next_expiry"`
}

type scopedObject struct {
	Meters    []string `json:"meters" nullable:"false"`
	Available string   `json:"available"`
}

type byKind struct {
	Paid        string `json:"paid"`
	Promotional string `json:"promotional"`
	Included    string `json:"included"`
	Committed   string `json:"committed"`
}

type expiry struct {
	At      time.Time `json:"at"`
	Credits string    `json:"credits"`
}

func showBalance(b ledger.Balance) balanceObject {
	o := balanceObject{
		Object: "balance", Customer: b.Customer, CreditType: b.CreditType, Balance: b.Balance.String(), Held: b.Held.String(),
		Pending: b.Pending.String(), Available: b.Available.String(), Debt: b.Debt.String(), Overdraft: b.Overdraft.String(),
		Scoped: []scopedObject{},
		ByKind: byKind{
			b.ByKind[ledger.Paid].String(), b.ByKind[ledger.Promotional].String(),
			b.ByKind[ledger.Included].String(), b.ByKind[ledger.Committed].String(),
		},
	}
	for _, s := range b.Scoped {
		o.Scoped = append(o.Scoped, scopedObject{s.Meters, s.Available.String()})
	}
	if !b.NextExpiry.IsZero() {
		o.NextExpiry = &expiry{stamp(b.NextExpiry), b.NextExpiryCredits.String()}
	}
	return o
}

func getBalance(a *API, ctx context.Context, in *InCustomer) (*reply[list[balanceObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var balances []ledger.Balance
	if err := a.Runner.View(ctx, func(t tx.Tx) error {
		balances, err = a.Ledger.Balances(t, c.ID)
		return err
	}); err != nil {
		return nil, err
	}
	byType := map[string]ledger.Balance{}
	for _, b := range balances {
		byType[b.CreditType] = b
	}
	var out []ledger.Balance
	for _, ct := range a.Catalog.Snapshot().CreditTypes {
		b, exists := byType[ct.Key]
		if !exists {
			if ct.Archived() {
				continue
			}
			b.WalletKey = ledger.WalletKey{Customer: c.ID, CreditType: ct.Key}
		}
		out = append(out, b)
	}
	return ok(listOf(newestFirst(out), false, showBalance))
}

type entitlementIn struct {
	InCustomer
	CreditType string `query:"credit_type" doc:"Needed where there are several"`
	Meter      string `query:"meter" doc:"Counts credits that only this meter may draw, too"`
	Caller     string `query:"caller" doc:"Asks for the spend limits of one caller, too"`
	Credits    string `query:"credits" doc:"What is needed. By default any at all"`
}

type entitlementObject struct {
	Object     string        `json:"object" enum:"entitlement"`
	Customer   string        `json:"customer"`
	CreditType string        `json:"credit_type"`
	Allowed    bool          `json:"allowed"`
	Reason     *string       `json:"reason" doc:"customer_suspended, spend_limit_reached, insufficient_credits"`
	Available  string        `json:"available" doc:"What decisions may still take, the overdraft included"`
	Throttle   bool          `json:"throttle" doc:"Nothing is available: slow the customer down to rate_per_minute"`
	Rate       *int          `json:"rate_per_minute"`
	Limit      *limitReached `json:"limit" doc:"The spend limit that stops it"`
	TopUpURL   *string       `json:"top_up_url"`
}

type limitReached struct {
	Credits  string    `json:"credits"`
	Spent    string    `json:"spent"`
	Held     string    `json:"held" doc:"By open holds: it counts when they are captured"`
	ResetsAt time.Time `json:"resets_at"`
}

func showReached(l *ledger.LimitReached) *limitReached {
	if l == nil {
		return nil
	}
	return &limitReached{l.Limit.String(), l.Spent.String(), l.Held.String(), stamp(l.ResetsAt)}
}

func getEntitlement(a *API, ctx context.Context, in *entitlementIn) (*reply[entitlementObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	q := usage.Question{CreditType: in.CreditType, Meter: in.Meter, Caller: in.Caller}
	if in.Credits != "" {
		if q.Credits, err = credits("credits", in.Credits); err != nil {
			return nil, err
		}
	}
	e, err := a.Usage.Entitled(ctx, c, q)
	if err != nil {
		return nil, err
	}
	o := entitlementObject{
		Object: "entitlement", Customer: c.ID, CreditType: e.CreditType, Allowed: e.Allowed, Reason: orNull(e.Reason),
		Available: max(e.Available, 0).String(), Throttle: e.Throttle > 0, Limit: showReached(e.Limit),
	}
	if e.Throttle > 0 {
		o.Rate = &e.Throttle
	}
	if e.Reason == ledger.CodeInsufficient {
		o.TopUpURL = orNull(a.topUpURL())
	}
	return ok(o)
}

type newOverdraft struct {
	CreditType string `json:"credit_type"`
	Limit      string `json:"limit" doc:"How far below zero decisions may go; 0: not at all"`
	Reason     string `json:"reason" minLength:"1" maxLength:"500"`
}

type overdraftIn struct {
	InCustomer
	OnceKey
	Body body[newOverdraft]
}

func setOverdraft(a *API, ctx context.Context, in *overdraftIn) (*reply[balanceObject], error) {
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	limit, err := credits("limit", v.Limit)
	if err != nil {
		return nil, err
	}
	act, err := a.Credit.SetOverdraft(c.ID, v.CreditType, limit)
	if err != nil {
		return nil, err
	}
	m := newOverdraft{CreditType: act.Wallet.CreditType, Limit: limit.String(), Reason: v.Reason}
	if _, err := a.do(ctx, in.once(asked{operation: "overdraft.set", customer: c.ID, sent: in.Body.sent, path: in.ID, object: c.ID, meaning: m}), act, v.Reason); err != nil {
		return nil, err
	}
	var b ledger.Balance
	if err := a.Runner.View(ctx, func(t tx.Tx) error {
		b, err = a.Ledger.Balance(t, act.Wallet)
		return err
	}); err != nil {
		return nil, err
	}
	return ok(showBalance(b))
}
