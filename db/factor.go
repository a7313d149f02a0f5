package db

import (
	"time"

	"purse/billing/account"
	"purse/billing/tx"
	"purse/db/gen"
)

func factorOf(r gen.Factor) account.Factor {
	return account.Factor{
		ID: r.ID, User: r.UserID, Kind: account.FactorKind(r.Kind), Name: r.Name, Credential: r.Credential, Record: r.Record,
		LastStep: r.LastStep, CreatedAt: instant(r.CreatedAt), UsedAt: instant(r.UsedAt),
	}
}

// InsertFactor implements account.FactorStore.
func (AccountStore) InsertFactor(t tx.Tx, f account.Factor) error {
	ctx, q := q(t)
	return q.InsertFactor(ctx, gen.InsertFactorParams{
		ID: f.ID, UserID: f.User, Kind: string(f.Kind), Name: f.Name, Credential: f.Credential, Record: f.Record,
		LastStep: f.LastStep, CreatedAt: micros(f.CreatedAt), UsedAt: micros(f.UsedAt),
	})
}

// Factors implements account.FactorStore.
func (AccountStore) Factors(t tx.Tx, user string) ([]account.Factor, error) {
	ctx, q := q(t)
	rows, err := q.ListFactors(ctx, user)
	return many(rows, err, factorOf)
}

// CountFactors implements account.FactorStore.
func (AccountStore) CountFactors(t tx.Tx, user string) (int64, error) {
	ctx, q := q(t)
	return q.CountFactors(ctx, user)
}

// UseFactor implements account.FactorStore.
func (AccountStore) UseFactor(t tx.Tx, f account.Factor) (bool, error) {
	ctx, q := q(t)
	n, err := q.UseFactor(ctx, gen.UseFactorParams{ID: f.ID, Record: f.Record, LastStep: f.LastStep, UsedAt: micros(f.UsedAt)})
	return n == 1, err
}

// DeleteFactor implements account.FactorStore.
func (AccountStore) DeleteFactor(t tx.Tx, user, id string) (bool, error) {
	ctx, q := q(t)
	n, err := q.DeleteFactor(ctx, gen.DeleteFactorParams{UserID: user, ID: id})
	return n == 1, err
}

// DeleteFactors implements account.FactorStore.
func (AccountStore) DeleteFactors(t tx.Tx, user string) error {
	ctx, q := q(t)
	return q.DeleteFactors(ctx, user)
}

// ReplaceRecoveryCodes implements account.FactorStore.
func (AccountStore) ReplaceRecoveryCodes(t tx.Tx, user string, hashes []string) error {
	ctx, q := q(t)
	if err := q.DeleteRecoveryCodes(ctx, user); err != nil {
		return err
	}
	for _, h := range hashes {
		if err := q.InsertRecoveryCode(ctx, gen.InsertRecoveryCodeParams{UserID: user, CodeHash: h}); err != nil {
			return err
		}
	}
	return nil
}

// UseRecoveryCode implements account.FactorStore.
func (AccountStore) UseRecoveryCode(t tx.Tx, user, hash string, at time.Time) (bool, error) {
	ctx, q := q(t)
	n, err := q.UseRecoveryCode(ctx, gen.UseRecoveryCodeParams{UserID: user, CodeHash: hash, UsedAt: micros(at)})
	return n == 1, err
}

// CountRecoveryCodes implements account.FactorStore.
func (AccountStore) CountRecoveryCodes(t tx.Tx, user string) (int64, error) {
	ctx, q := q(t)
	return q.CountRecoveryCodes(ctx, user)
}

func factorResetOf(r gen.FactorReset) account.FactorReset {
	return account.FactorReset{
		ID: r.ID, User: r.UserID, AskedBy: r.AskedBy, Customer: r.CustomerID, CreatedAt: instant(r.CreatedAt),
		EffectiveAt: instant(r.EffectiveAt), EndedAt: instant(r.EndedAt), Outcome: r.Outcome,
	}
}

// InsertFactorReset implements account.FactorStore.
func (AccountStore) InsertFactorReset(t tx.Tx, r account.FactorReset) error {
	ctx, q := q(t)
	return q.InsertFactorReset(ctx, gen.InsertFactorResetParams{
		ID: r.ID, UserID: r.User, AskedBy: r.AskedBy, CustomerID: r.Customer, CreatedAt: micros(r.CreatedAt), EffectiveAt: micros(r.EffectiveAt),
	})
}

// OpenFactorReset implements account.FactorStore.
func (AccountStore) OpenFactorReset(t tx.Tx, user string) (account.FactorReset, error) {
	ctx, q := q(t)
	r, err := q.GetOpenFactorReset(ctx, user)
	return one(r, err, factorResetOf)
}

// FactorReset implements account.FactorStore.
func (AccountStore) FactorReset(t tx.Tx, id string) (account.FactorReset, error) {
	ctx, q := q(t)
	r, err := q.GetFactorReset(ctx, id)
	return one(r, err, factorResetOf)
}

// EndFactorReset implements account.FactorStore.
func (AccountStore) EndFactorReset(t tx.Tx, id, outcome string, at time.Time) (bool, error) {
	ctx, q := q(t)
	n, err := q.EndFactorReset(ctx, gen.EndFactorResetParams{ID: id, Outcome: outcome, EndedAt: micros(at)})
	return n == 1, err
}

// FactorRule implements account.FactorStore.
func (AccountStore) FactorRule(t tx.Tx, customer string) (bool, error) {
	ctx, q := q(t)
	n, err := q.GetFactorRule(ctx, customer)
	return n > 0, err
}

// FactorRuleOf implements account.FactorStore.
func (AccountStore) FactorRuleOf(t tx.Tx, user string) (bool, error) {
	ctx, q := q(t)
	n, err := q.CountFactorRulesOf(ctx, user)
	return n > 0, err
}

// PutFactorRule implements account.FactorStore.
func (AccountStore) PutFactorRule(t tx.Tx, customer, by string, at time.Time) error {
	ctx, q := q(t)
	return q.PutFactorRule(ctx, gen.PutFactorRuleParams{CustomerID: customer, SetBy: by, CreatedAt: micros(at)})
}

// DeleteFactorRule implements account.FactorStore.
func (AccountStore) DeleteFactorRule(t tx.Tx, customer string) error {
	ctx, q := q(t)
	return q.DeleteFactorRule(ctx, customer)
}
