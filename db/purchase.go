package db

import (
	"time"

	"purse/billing/charge"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db/gen"
)

// PurchaseStore implements purchase.Store.
type PurchaseStore struct{}

var _ purchase.Store = PurchaseStore{}

func (PurchaseStore) Insert(t tx.Tx, p *purchase.Purchase, key string) error {
	ctx, q := q(t)
	err := q.InsertPurchase(ctx, gen.InsertPurchaseParams{
		ID: p.ID, BeginKey: key, CustomerID: p.Customer, PackID: p.Pack, PackName: p.PackName, CreditType: p.CreditType,
		Credits: int64(p.Credits), Price: p.Price.Amount, Currency: p.Price.Currency, ExpiresAfterDays: int64(p.ExpiresAfterDays),
		State: string(p.State), Problem: p.Problem, CheckoutSession: p.CheckoutSession, CheckoutUrl: p.CheckoutURL,
		CheckoutExpiresAt: micros(p.CheckoutExpiresAt), PaymentIntent: p.PaymentIntent, Total: p.Total, Tax: p.Tax, Discount: p.Discount,
		ReceiptUrl: p.ReceiptURL, CardBrand: p.CardBrand, CardLast4: p.CardLast4, SuccessUrl: p.SuccessURL, CancelUrl: p.CancelURL,
		TermsVersion: p.TermsVersion, Address: p.Address, CreatedBy: p.CreatedBy, GrantID: int64(p.Grant), DebtRepaid: int64(p.DebtRepaid),
		CheckAt: micros(p.CheckAt), Checks: int64(p.Checks), CreatedAt: micros(p.CreatedAt), PaidAt: micros(p.PaidAt), UpdatedAt: micros(p.UpdatedAt),
	})
	if err == nil {
		err = putPayment(t, paymentOf(p))
	}
	if err != nil || p.Bonus == 0 {
		return err
	}
	return putBonus(t, p)
}

func (PurchaseStore) Update(t tx.Tx, p *purchase.Purchase) error {
	ctx, q := q(t)
	err := q.UpdatePurchase(ctx, gen.UpdatePurchaseParams{
		State: string(p.State), Problem: p.Problem, CheckoutSession: p.CheckoutSession, CheckoutUrl: p.CheckoutURL,
		CheckoutExpiresAt: micros(p.CheckoutExpiresAt), PaymentIntent: p.PaymentIntent, Total: p.Total, Tax: p.Tax, Discount: p.Discount,
		ReceiptUrl: p.ReceiptURL, CardBrand: p.CardBrand, CardLast4: p.CardLast4, GrantID: int64(p.Grant), DebtRepaid: int64(p.DebtRepaid),
		CheckAt: micros(p.CheckAt), Checks: int64(p.Checks), PaidAt: micros(p.PaidAt), UpdatedAt: micros(p.UpdatedAt), ID: p.ID,
		Refunded: p.Refunded, Clawed: int64(p.Clawed), MoneyBack: p.MoneyBack, DisputeID: p.Dispute, DisputeStatus: p.DisputeStatus, DisputeReason: p.DisputeReason,
		DisputeAmount: p.DisputeAmount, DisputeDue: micros(p.DisputeDue), Frozen: flag(p.Frozen),
	})
	if err == nil {
		err = putPayment(t, paymentOf(p))
	}
	if err != nil || p.Bonus == 0 {
		return err
	}
	return putBonus(t, p)
}

// paymentOf is the payment of a purchase. One that was paid with a saved payment method
// has an invoice in the place of its Checkout.
func paymentOf(p *purchase.Purchase) purchase.Payment {
	pay := purchase.Payment{ID: p.PaymentIntent, Of: string(charge.OfPurchase), Owner: p.ID, Customer: p.Customer, Purchase: p.ID}
	if p.BySaved() {
		pay.Invoice = p.CheckoutSession
	}
	return pay
}

func (PurchaseStore) Purchase(t tx.Tx, id string) (*purchase.Purchase, error) {
	ctx, q := q(t)
	r, err := q.PurchaseByID(ctx, id)
	return onePurchase(r, err)
}

func (PurchaseStore) ByKey(t tx.Tx, key string) (*purchase.Purchase, error) {
	ctx, q := q(t)
	r, err := q.PurchaseByKey(ctx, key)
	return onePurchase(r, err)
}

func (PurchaseStore) BySession(t tx.Tx, session string) (*purchase.Purchase, error) {
	ctx, q := q(t)
	r, err := q.PurchaseBySession(ctx, session)
	return onePurchase(r, err)
}

func (PurchaseStore) OpenOf(t tx.Tx, customer, pack string) ([]*purchase.Purchase, error) {
	ctx, q := q(t)
	rows, err := q.OpenPurchases(ctx, gen.OpenPurchasesParams{CustomerID: customer, PackID: pack})
	return purchases(rows), err
}

func (PurchaseStore) List(t tx.Tx, customer, text, before string, limit int) ([]*purchase.Purchase, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~"
	}
	if customer == "" {
		rows, err := q.AllPurchases(ctx, gen.AllPurchasesParams{BeforeID: before, Search: text, MaxRows: int32(limit)})
		return purchases(rows), err
	}
	rows, err := q.PurchasesOf(ctx, gen.PurchasesOfParams{CustomerID: customer, BeforeID: before, Search: text, MaxRows: int32(limit)})
	return purchases(rows), err
}

func (PurchaseStore) Due(t tx.Tx, now time.Time, limit int) ([]*purchase.Purchase, error) {
	ctx, q := q(t)
	rows, err := q.DuePurchases(ctx, gen.DuePurchasesParams{Now: micros(now), MaxRows: int32(limit)})
	return purchases(rows), err
}

func onePurchase(r gen.Purchase, err error) (*purchase.Purchase, error) {
	if err != nil {
		return nil, notFound(err)
	}
	return purchaseOf(r), nil
}

func purchases(rows []gen.Purchase) []*purchase.Purchase {
	out := make([]*purchase.Purchase, len(rows))
	for i, r := range rows {
		out[i] = purchaseOf(r)
	}
	return out
}

func purchaseOf(r gen.Purchase) *purchase.Purchase {
	return &purchase.Purchase{
		ID: r.ID, Customer: r.CustomerID, Pack: r.PackID, PackName: r.PackName, CreditType: r.CreditType, Credits: money.Credits(r.Credits),
		Price: money.Money{Amount: r.Price, Currency: r.Currency}, ExpiresAfterDays: int(r.ExpiresAfterDays), State: purchase.State(r.State),
		Problem: r.Problem, CheckoutSession: r.CheckoutSession, CheckoutURL: r.CheckoutUrl, CheckoutExpiresAt: instant(r.CheckoutExpiresAt),
		PaymentIntent: r.PaymentIntent, Total: r.Total, Tax: r.Tax, Discount: r.Discount, ReceiptURL: r.ReceiptUrl, CardBrand: r.CardBrand,
		CardLast4: r.CardLast4, SuccessURL: r.SuccessUrl, CancelURL: r.CancelUrl, TermsVersion: r.TermsVersion, Address: r.Address,
		CreatedBy: r.CreatedBy, Grant: ledger.GrantID(r.GrantID), DebtRepaid: money.Credits(r.DebtRepaid), CheckAt: instant(r.CheckAt),
		Checks: int(r.Checks), CreatedAt: instant(r.CreatedAt), PaidAt: instant(r.PaidAt), UpdatedAt: instant(r.UpdatedAt),
		Refunded: r.Refunded, Clawed: money.Credits(r.Clawed), MoneyBack: r.MoneyBack, Dispute: r.DisputeID, DisputeStatus: r.DisputeStatus, DisputeReason: r.DisputeReason,
		DisputeAmount: r.DisputeAmount, DisputeDue: instant(r.DisputeDue), Frozen: r.Frozen != 0,
		Bonus: money.Credits(r.Bonus), BonusDays: int(r.BonusDays), BonusGrant: ledger.GrantID(r.BonusGrant),
	}
}
