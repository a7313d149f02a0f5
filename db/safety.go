package db

import (
	"encoding/json"
	"errors"
	"time"

	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// PutWarning writes an early fraud warning.
func (PurchaseStore) PutWarning(t tx.Tx, w purchase.Warning) error {
	ctx, q := q(t)
	return q.PutFraudWarning(ctx, gen.PutFraudWarningParams{
		ID: w.ID, PurchaseID: w.Purchase, FraudType: w.Type, Actionable: flag(w.Actionable), CreatedAt: micros(w.CreatedAt),
		DismissedAt: micros(w.DismissedAt), DismissedBy: w.DismissedBy,
	})
}

// Warnings answers the early fraud warnings about a purchase, oldest first.
func (PurchaseStore) Warnings(t tx.Tx, purchaseID string) ([]purchase.Warning, error) {
	ctx, q := q(t)
	rows, err := q.FraudWarningsOf(ctx, purchaseID)
	out := make([]purchase.Warning, len(rows))
	for i, r := range rows {
		out[i] = purchase.Warning{
			ID: r.ID, Purchase: r.PurchaseID, Type: r.FraudType, Actionable: r.Actionable != 0, CreatedAt: instant(r.CreatedAt),
			DismissedAt: instant(r.DismissedAt), DismissedBy: r.DismissedBy,
		}
	}
	return out, err
}

// InsertAnswer writes what staff said about a dispute.
func (PurchaseStore) InsertAnswer(t tx.Tx, a purchase.DisputeAnswer) error {
	ctx, q := q(t)
	evidence, err := json.Marshal(a.Evidence)
	if err != nil {
		return err
	}
	return q.InsertDisputeAnswer(ctx, gen.InsertDisputeAnswerParams{
		ID: a.ID, Dispute: a.Dispute, PurchaseID: a.Purchase, Evidence: string(evidence), CreatedBy: a.CreatedBy, CreatedAt: micros(a.CreatedAt),
	})
}

// Answers answers what staff said about the disputes of a purchase.
func (PurchaseStore) Answers(t tx.Tx, purchaseID string) ([]purchase.DisputeAnswer, error) {
	ctx, q := q(t)
	rows, err := q.DisputeAnswersOf(ctx, purchaseID)
	out := make([]purchase.DisputeAnswer, len(rows))
	for i, r := range rows {
		out[i] = purchase.DisputeAnswer{ID: r.ID, Dispute: r.Dispute, Purchase: r.PurchaseID, CreatedBy: r.CreatedBy, CreatedAt: instant(r.CreatedAt)}
		if err := json.Unmarshal([]byte(r.Evidence), &out[i].Evidence); err != nil {
			return nil, err
		}
	}
	return out, err
}

// PutCardTry writes that a card was tried.
func (PurchaseStore) PutCardTry(t tx.Tx, c purchase.CardTry) error {
	ctx, q := q(t)
	return q.PutCardTry(ctx, gen.PutCardTryParams{CustomerID: c.Customer, Fingerprint: c.Fingerprint, Address: c.Address, At: micros(c.At)})
}

// CardsTried counts the distinct cards that a customer, and that anybody from an
// address, tried since then.
func (PurchaseStore) CardsTried(t tx.Tx, customer, address string, since time.Time) (ofCustomer, ofAddress int64, err error) {
	ctx, q := q(t)
	if ofCustomer, err = q.CountCardsOfCustomer(ctx, gen.CountCardsOfCustomerParams{CustomerID: customer, Since: micros(since)}); err != nil {
		return 0, 0, err
	}
	ofAddress, err = q.CountCardsOfAddress(ctx, gen.CountCardsOfAddressParams{Address: address, Since: micros(since)})
	return ofCustomer, ofAddress, err
}

// ForgetCardTries deletes what is older.
func (PurchaseStore) ForgetCardTries(t tx.Tx, before time.Time) error {
	ctx, q := q(t)
	return errors.Join(q.DeleteCardTriesBefore(ctx, micros(before)), q.DeleteCardSetupsBefore(ctx, micros(before)))
}

// PutCardSetup writes that a page was opened that saves a card.
func (PurchaseStore) PutCardSetup(t tx.Tx, setup, customer, address string) error {
	ctx, q := q(t)
	return q.PutCardSetup(ctx, gen.PutCardSetupParams{ID: setup, CustomerID: customer, Address: address, At: micros(t.Now())})
}

// CardSetup answers from where such a page was opened.
func (PurchaseStore) CardSetup(t tx.Tx, setup, customer string) (string, error) {
	ctx, q := q(t)
	address, err := q.CardSetupAddress(ctx, gen.CardSetupAddressParams{ID: setup, CustomerID: customer})
	return address, notFound(err)
}

// PutPass lets a customer through the limits until a time.
func (PurchaseStore) PutPass(t tx.Tx, customer string, until time.Time, by string) error {
	ctx, q := q(t)
	return q.PutBuyerPass(ctx, gen.PutBuyerPassParams{CustomerID: customer, Until: micros(until), CreatedBy: by})
}

// Pass answers until when a customer is let through, zero for not at all.
func (PurchaseStore) Pass(t tx.Tx, customer string) (time.Time, error) {
	ctx, q := q(t)
	until, err := q.BuyerPassOf(ctx, customer)
	if err = notFound(err); errors.Is(err, tx.ErrNotFound) {
		return time.Time{}, nil
	}
	return instant(until), err
}
