package db

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/db/gen"
)

func wallet(r gen.Wallet) ledger.Wallet {
	return ledger.Wallet{
		ID: ledger.WalletID(r.ID), WalletKey: ledger.WalletKey{Customer: r.CustomerID, CreditType: r.CreditType}, Seq: r.Seq,
		Balance: money.Credits(r.Balance), Debt: money.Credits(r.Debt), Overdraft: money.Credits(r.Overdraft),
		Reserved: money.Credits(r.Reserved), LastAt: instant(r.LastAt), CreatedAt: instant(r.CreatedAt),
	}
}

func grant(r gen.Grant) (ledger.Grant, error) {
	g := ledger.Grant{
		ID: ledger.GrantID(r.ID), Wallet: ledger.WalletID(r.WalletID), Kind: ledger.Kind(r.Kind), Priority: int(r.Priority),
		Amount: money.Credits(r.Amount), Remaining: money.Credits(r.Remaining), Held: money.Credits(r.Held),
		EffectiveAt: instant(r.EffectiveAt), ExpiresAt: instant(r.ExpiresAt),
		Paid: money.Money{Amount: r.PaidAmount, Currency: r.PaidCurrency}, PaidFor: money.Credits(r.PaidFor),
		Source: r.Source, Origin: ledger.GrantID(r.Origin), Frozen: r.Frozen != 0,
		VoidedAt: instant(r.VoidedAt), CreatedAt: instant(r.CreatedAt),
		Lapsed: money.Credits(r.Lapsed), Clawed: money.Credits(r.Clawed), Reclaim: money.Credits(r.Reclaim),
		ReclaimFor: ledger.ReclaimFor{Kind: ledger.PostingKind(r.ReclaimKind), Ref: r.ReclaimRef},
		ClawedWith: ledger.GrantID(r.ClawedWith), ClawDebt: money.Credits(r.ClawDebt),
		Gone: money.Credits(r.Gone), Sent: money.Credits(r.Sent), Worth: r.Worth,
	}
	if r.Meters == "" {
		return g, nil
	}
	if err := json.Unmarshal([]byte(r.Meters), &g.Meters); err != nil {
		return g, fmt.Errorf("meters of %s: %w", g.ID, err)
	}
	return g, nil
}

func hold(r gen.Hold) (ledger.Hold, error) {
	h := ledger.Hold{
		ID: ledger.HoldID(r.ID), Wallet: ledger.WalletID(r.WalletID), Amount: money.Credits(r.Amount), Captured: money.Credits(r.Captured),
		State: ledger.HoldState(r.State), ExpiresAt: instant(r.ExpiresAt), CreatedAt: instant(r.CreatedAt), EndedAt: instant(r.EndedAt),
	}
	if err := json.Unmarshal([]byte(r.Reservations), &h.Reservations); err != nil {
		return h, fmt.Errorf("reservations of %s: %w", h.ID, err)
	}
	return h, nil
}

func entry(r gen.Entry) (ledger.Entry, error) {
	e := ledger.Entry{
		PostingID: ledger.PostingID{Wallet: ledger.WalletID(r.WalletID), Seq: r.Seq}, Line: int(r.Line), Kind: ledger.PostingKind(r.Kind),
		Grant: ledger.GrantID(r.GrantID), Amount: money.Credits(r.Amount), BalanceAfter: money.Credits(r.BalanceAfter),
		At: instant(r.At), Corrects: r.Corrects,
	}
	if r.Detail == "" {
		return e, nil
	}
	e.Detail = &ledger.Detail{}
	if err := json.Unmarshal([]byte(r.Detail), e.Detail); err != nil {
		return e, fmt.Errorf("detail of %s: %w", e.PostingID, err)
	}
	return e, nil
}

// storedResult is a ledger.Result as an idempotency record keeps it: ids and
// figures of the decision, nothing that is current at each answer.
type storedResult struct {
	Postings []storedPosting  `json:"p,omitempty"`
	Grant    ledger.GrantID   `json:"g,omitempty"`
	Grants   []ledger.GrantID `json:"gs,omitempty"`
	Hold     ledger.HoldID    `json:"h,omitempty"`
	Refused  *storedRefusal   `json:"r,omitempty"`
}

type storedPosting struct {
	Wallet     ledger.WalletID `json:"w"`
	Seq        int64           `json:"s"`
	CreditType string          `json:"c"`
	Amount     money.Credits   `json:"a"`
}

type storedRefusal struct {
	Fault      *fault.Error          `json:"f"`
	CreditType string                `json:"c"`
	Required   money.Credits         `json:"q"`
	Available  money.Credits         `json:"v"`
	Limit      *ledger.LimitReached  `json:"l,omitempty"` // as the first release wrote it
	Short      []ledger.Shortage     `json:"s,omitempty"`
	Limits     []ledger.LimitReached `json:"ls,omitempty"`
}

func encodeResult(r *ledger.Result) (string, error) {
	s := storedResult{Grant: r.Grant, Grants: r.Grants, Hold: r.Hold}
	for _, p := range r.Postings {
		s.Postings = append(s.Postings, storedPosting{p.ID.Wallet, p.ID.Seq, p.CreditType, p.Amount})
	}
	if f := r.Refused; f != nil {
		s.Refused = &storedRefusal{f.Fault, f.CreditType, f.Required, f.Available, nil, f.Short, f.Limits}
	}
	b, err := json.Marshal(s)
	return string(b), err
}

func (f *storedRefusal) refusal() *ledger.Refusal {
	r := &ledger.Refusal{Fault: f.Fault, CreditType: f.CreditType, Required: f.Required, Available: f.Available, Limit: f.Limit, Short: f.Short, Limits: f.Limits}
	switch {
	case f.Limit != nil:
		r.Limits = []ledger.LimitReached{*f.Limit}
	case len(f.Limits) > 0:
		r.Limit = &f.Limits[0]
	case len(f.Short) == 0:
		r.Short = []ledger.Shortage{{CreditType: f.CreditType, Required: f.Required, Available: f.Available}}
	}
	return r
}

func scanRecord(rows *sql.Rows) (ledger.Record, error) {
	var r ledger.Record
	var key, fingerprint []byte
	var refused, at int64
	var result string
	if err := rows.Scan(&key, &fingerprint, &refused, &at, &result); err != nil {
		return r, err
	}
	copy(r.Key[:], key)
	copy(r.Fingerprint[:], fingerprint)
	r.Refused, r.At = refused != 0, instant(at)
	var s storedResult
	if err := json.Unmarshal([]byte(result), &s); err != nil {
		return r, fmt.Errorf("idempotency record: %w", err)
	}
	r.Result = ledger.Result{Grant: s.Grant, Grants: s.Grants, Hold: s.Hold}
	for _, p := range s.Postings {
		r.Result.Postings = append(r.Result.Postings, ledger.Posted{
			ID: ledger.PostingID{Wallet: p.Wallet, Seq: p.Seq}, CreditType: p.CreditType, Amount: p.Amount,
		})
	}
	if f := s.Refused; f != nil {
		r.Result.Refused = f.refusal()
	}
	return r, nil
}

func scanEntry(rows *sql.Rows) (ledger.Entry, error) {
	var r gen.Entry
	if err := rows.Scan(&r.WalletID, &r.Seq, &r.Line, &r.Kind, &r.GrantID, &r.Amount, &r.BalanceAfter, &r.At, &r.Corrects, &r.Detail); err != nil {
		return ledger.Entry{}, err
	}
	return entry(r)
}
