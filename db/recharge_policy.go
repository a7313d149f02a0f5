package db

import (
	"time"

	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/db/gen"
)

// RechargeStore implements recharge.Store.
type RechargeStore struct{}

var _ recharge.Store = RechargeStore{}

func (RechargeStore) PutPolicy(t tx.Tx, p *recharge.Policy) error {
	ctx, q := q(t)
	err := q.PutRechargePolicy(ctx, gen.PutRechargePolicyParams{
		ID: p.ID, CustomerID: p.Customer, CreditType: p.CreditType, State: string(p.State), Reason: string(p.Reason), Note: p.Note, Waits: string(p.Waits),
		RepairUrl: p.RepairURL, Threshold: int64(p.Threshold), PackID: p.Pack, Quantity: int64(p.Quantity), Credits: int64(p.Credits),
		Price: p.Price.Amount, Currency: p.Price.Currency, Cap: p.Cap, PerDay: int64(p.PerDay), Cooldown: p.Cooldown.Microseconds(),
		Method: p.Method.ID, MethodBrand: p.Method.Brand, MethodLast4: p.Method.Last4, MethodFingerprint: p.Method.Fingerprint,
		Backup: p.Backup.ID, BackupBrand: p.Backup.Brand, BackupLast4: p.Backup.Last4, BackupFingerprint: p.Backup.Fingerprint,
		ConsentVersion: p.Consent.Version, ConsentUser: p.Consent.User, ConsentAddress: p.Consent.Address, ConsentAt: micros(p.Consent.At),
		NextAt: micros(p.NextAt), PausedAt: micros(p.PausedAt), CreatedAt: micros(p.CreatedAt), UpdatedAt: micros(p.UpdatedAt),
		MethodType: orCard(p.Method.Type), BackupType: orCard(p.Backup.Type),
	})
	if err != nil {
		return err
	}
	return q.SetRechargeTarget(ctx, gen.SetRechargeTargetParams{
		Target: int64(p.Target), Agreed: p.Agreed, TaxBehavior: p.TaxBehavior, Bonus: int64(p.Bonus), CustomerID: p.Customer, CreditType: p.CreditType,
	})
}

func (RechargeStore) Policy(t tx.Tx, customer, creditType string) (*recharge.Policy, error) {
	ctx, q := q(t)
	return onePolicy(q.RechargePolicy(ctx, gen.RechargePolicyParams{CustomerID: customer, CreditType: creditType}))
}

func (RechargeStore) PolicyByID(t tx.Tx, id string) (*recharge.Policy, error) {
	ctx, q := q(t)
	return onePolicy(q.RechargePolicyByID(ctx, id))
}

func (RechargeStore) PoliciesOf(t tx.Tx, customer string) ([]*recharge.Policy, error) {
	ctx, q := q(t)
	return policies(q.RechargePoliciesOf(ctx, customer))
}

func (RechargeStore) Policies(t tx.Tx, state recharge.State, before string, limit int) ([]*recharge.Policy, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~"
	}
	return policies(q.RechargePolicies(ctx, gen.RechargePoliciesParams{BeforeID: before, State: string(state), MaxRows: int32(limit)}))
}

func (RechargeStore) DuePolicies(t tx.Tx, now time.Time, limit int) ([]*recharge.Policy, error) {
	ctx, q := q(t)
	return policies(q.DueRechargePolicies(ctx, gen.DueRechargePoliciesParams{Now: micros(now), MaxRows: int32(limit)}))
}

func onePolicy(r gen.RechargePolicy, err error) (*recharge.Policy, error) {
	if err != nil {
		return nil, notFound(err)
	}
	return policyOf(r), nil
}

func policies(rows []gen.RechargePolicy, err error) ([]*recharge.Policy, error) {
	out := make([]*recharge.Policy, len(rows))
	for i, r := range rows {
		out[i] = policyOf(r)
	}
	return out, err
}

func policyOf(r gen.RechargePolicy) *recharge.Policy {
	return &recharge.Policy{
		ID: r.ID, Customer: r.CustomerID, CreditType: r.CreditType, State: recharge.State(r.State), Reason: recharge.Reason(r.Reason),
		Note: r.Note, Waits: recharge.Waits(r.Waits), RepairURL: r.RepairUrl, Threshold: money.Credits(r.Threshold), Pack: r.PackID, Quantity: int(r.Quantity),
		Credits: money.Credits(r.Credits), Cap: r.Cap, PerDay: int(r.PerDay), Cooldown: time.Duration(r.Cooldown) * time.Microsecond,
		NextAt: instant(r.NextAt), PausedAt: instant(r.PausedAt), CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
		Target: money.Credits(r.Target), Agreed: r.Agreed, TaxBehavior: r.TaxBehavior, Bonus: money.Credits(r.Bonus),
		Price:   money.Money{Amount: r.Price, Currency: r.Currency},
		Method:  recharge.Method{ID: r.Method, Type: r.MethodType, Brand: r.MethodBrand, Last4: r.MethodLast4, Fingerprint: r.MethodFingerprint},
		Backup:  recharge.Method{ID: r.Backup, Type: r.BackupType, Brand: r.BackupBrand, Last4: r.BackupLast4, Fingerprint: r.BackupFingerprint},
		Consent: recharge.Consent{Version: r.ConsentVersion, User: r.ConsentUser, Address: r.ConsentAddress, At: instant(r.ConsentAt)},
	}
}
