package db

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/report"
	"purse/billing/tx"
	"purse/db/gen"
)

// ReportStore implements report.Store.
type ReportStore struct{}

var _ report.Store = ReportStore{}

const (
	reportFolded  = "report_folded"
	reportFetched = "report_fetched"
	reportRead    = "report_read"
)

func (ReportStore) FoldedUntil(t tx.Tx) (int64, error) {
	text, err := Installation{}.Get(t, reportFolded)
	if err != nil || text == "" {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

func (ReportStore) SetFoldedUntil(t tx.Tx, entry int64) error {
	return Installation{}.Put(t, reportFolded, strconv.FormatInt(entry, 10))
}

func (ReportStore) Entries(t tx.Tx, after int64, limit int) ([]report.Entry, error) {
	ctx, q := q(t)
	rows, err := q.EntriesOfPaidLots(ctx, gen.EntriesOfPaidLotsParams{AfterID: after, MaxRows: int32(limit)})
	out := make([]report.Entry, len(rows))
	for i, r := range rows {
		out[i] = report.Entry{
			ID: r.ID, Posting: ledger.PostingID{Wallet: ledger.WalletID(r.WalletID), Seq: r.Seq}, Kind: ledger.PostingKind(r.Kind), Grant: ledger.GrantID(r.GrantID), Amount: money.Credits(r.Amount), At: instant(r.At),
			LotSize: money.Credits(r.LotAmount.Int64), PaidFor: money.Credits(r.PaidFor.Int64),
			Paid: money.Money{Amount: r.PaidAmount.Int64, Currency: r.PaidCurrency.String},
		}
		if r.Clawback == "" {
			continue
		}
		var d ledger.Detail
		if err := json.Unmarshal([]byte(r.Clawback), &d); err != nil {
			return nil, fmt.Errorf("detail of %s: %w", out[i].Posting, err)
		}
		out[i].Back = money.Money{Amount: d.Money, Currency: d.Currency}
	}
	return out, err
}

func (ReportStore) Lot(t tx.Tx, id ledger.GrantID) (*report.Lot, error) {
	ctx, q := q(t)
	r, err := q.DeferredLot(ctx, int64(id))
	if err != nil {
		return nil, notFound(err)
	}
	return lot(r), nil
}

func lot(r gen.DeferredLot) *report.Lot {
	return &report.Lot{ID: ledger.GrantID(r.GrantID), Currency: r.Currency, Worth: r.Worth, Amount: money.Credits(r.Amount), Remaining: money.Credits(r.Remaining)}
}

func (ReportStore) PutLot(t tx.Tx, l *report.Lot) error {
	ctx, q := q(t)
	return q.PutDeferredLot(ctx, gen.PutDeferredLotParams{GrantID: int64(l.ID), Currency: l.Currency, Worth: l.Worth, Amount: int64(l.Amount), Remaining: int64(l.Remaining)})
}

func (ReportStore) LiveLots(t tx.Tx, after ledger.GrantID, limit int) ([]*report.Lot, error) {
	ctx, q := q(t)
	rows, err := q.LiveDeferredLots(ctx, gen.LiveDeferredLotsParams{AfterID: int64(after), MaxRows: int32(limit)})
	out := make([]*report.Lot, len(rows))
	for i, r := range rows {
		out[i] = lot(r)
	}
	return out, err
}

func (ReportStore) LotsThatDiffer(t tx.Tx, until int64) ([]report.LotDiffers, error) {
	ctx, q := q(t)
	rows, err := q.DeferredLotsThatDiffer(ctx, until)
	out := make([]report.LotDiffers, len(rows))
	for i, r := range rows {
		out[i] = report.LotDiffers{Is: money.Credits(r.IsRemaining), Lot: *lot(gen.DeferredLot{GrantID: r.GrantID, Currency: r.Currency, Worth: r.Worth, Amount: r.Amount, Remaining: r.Remaining})}
	}
	return out, err
}

func (ReportStore) AddMoved(t tx.Tx, m report.Moved, amount int64) error {
	ctx, q := q(t)
	return q.AddDeferred(ctx, gen.AddDeferredParams{Day: micros(m.Day), Currency: m.Currency, Movement: string(m.Movement), Amount: amount})
}

func (ReportStore) Opening(t tx.Tx, day time.Time) (map[string]int64, error) {
	ctx, q := q(t)
	rows, err := q.DeferredBefore(ctx, micros(day))
	out := map[string]int64{}
	for _, r := range rows {
		out[r.Currency] = r.Amount
	}
	return out, err
}

func (ReportStore) Moved(t tx.Tx, from, to time.Time) (map[report.Moved]int64, error) {
	ctx, q := q(t)
	rows, err := q.DeferredBetween(ctx, gen.DeferredBetweenParams{FirstDay: micros(from), NextDay: micros(to)})
	out := map[report.Moved]int64{}
	for _, r := range rows {
		out[report.Moved{Currency: r.Currency, Movement: report.Movement(r.Movement)}] = r.Amount
	}
	return out, err
}

func (ReportStore) FetchedUntil(t tx.Tx) (newest, at time.Time, err error) {
	for name, into := range map[string]*time.Time{reportFetched: &newest, reportRead: &at} {
		text, err := Installation{}.Get(t, name)
		if err != nil {
			return newest, at, err
		}
		n, _ := strconv.ParseInt(text, 10, 64)
		*into = instant(n)
	}
	return newest, at, nil
}

func (ReportStore) SetFetchedUntil(t tx.Tx, newest, at time.Time) error {
	if err := (Installation{}).Put(t, reportFetched, strconv.FormatInt(micros(newest), 10)); err != nil {
		return err
	}
	return Installation{}.Put(t, reportRead, strconv.FormatInt(micros(at), 10))
}

func (ReportStore) FirstPaid(t tx.Tx) (time.Time, error) {
	ctx, q := q(t)
	at, err := q.FirstPaid(ctx)
	return instant(at), err
}

func (ReportStore) PutTransaction(t tx.Tx, x *report.Transaction, ours bool) (bool, error) {
	ctx, q := q(t)
	n, err := q.PutBalanceTransaction(ctx, gen.PutBalanceTransactionParams{
		ID: x.ID, Class: string(x.Class), Type: x.Type, Amount: x.Amount, Fee: x.Fee, Net: x.Net, Currency: x.Currency, Source: x.Source,
		SourceAmount: x.SourceAmount, SourceCurrency: x.SourceCurrency, PaymentIntent: x.PaymentIntent, Ours: flag(ours),
		CreatedAt: micros(x.CreatedAt), AvailableAt: micros(x.AvailableAt),
	})
	return n > 0, err
}

func (ReportStore) PutPayout(t tx.Tx, p *report.Payout) (bool, error) {
	ctx, q := q(t)
	n, err := q.PutPayout(ctx, gen.PutPayoutParams{ID: p.ID, Amount: p.Amount, Currency: p.Currency, Status: p.Status, CreatedAt: micros(p.CreatedAt), ArrivalAt: micros(p.ArrivalAt)})
	return n > 0, err
}

func (ReportStore) Balance(t tx.Tx, from, to time.Time) ([]report.Sum, error) {
	ctx, q := q(t)
	rows, err := q.BalanceBetween(ctx, gen.BalanceBetweenParams{FromAt: micros(from), ToAt: micros(to)})
	out := make([]report.Sum, len(rows))
	for i, r := range rows {
		out[i] = report.Sum{Currency: r.Currency, Class: report.Class(r.Class), Ours: r.Ours != 0, Count: r.Count, Amount: r.Amount, Fee: r.Fee, Net: r.Net}
	}
	return out, err
}

func (ReportStore) Sales(t tx.Tx, from, to time.Time) ([]report.Sales, error) {
	ctx, q := q(t)
	rows, err := q.SoldBetween(ctx, gen.SoldBetweenParams{FromAt: micros(from), ToAt: micros(to)})
	out := make([]report.Sales, len(rows))
	for i, r := range rows {
		out[i] = report.Sales{Currency: r.Currency, Count: r.Count, Price: r.Price, Discount: r.Discount, Tax: r.Tax, Total: r.Total, Elsewhere: r.Elsewhere}
	}
	return out, err
}

func (ReportStore) Payouts(t tx.Tx, from, to time.Time) ([]report.Payout, error) {
	ctx, q := q(t)
	rows, err := q.PayoutsBetween(ctx, gen.PayoutsBetweenParams{FromAt: micros(from), ToAt: micros(to)})
	out := make([]report.Payout, len(rows))
	for i, r := range rows {
		out[i] = report.Payout{ID: r.ID, Amount: r.Amount, Currency: r.Currency, Status: r.Status, CreatedAt: instant(r.CreatedAt), ArrivalAt: instant(r.ArrivalAt)}
	}
	return out, err
}

func (ReportStore) Differences(t tx.Tx, from, to time.Time) ([]report.Found, error) {
	ctx, q := q(t)
	var out []report.Found
	a, b := micros(from), micros(to)
	missing, err := q.PurchasesWithoutPayment(ctx, gen.PurchasesWithoutPaymentParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range missing {
		out = append(out, report.Found{At: instant(r.PaidAt), Difference: report.Difference{Kind: report.PurchaseWithoutPayment, Amount: r.Total, Currency: r.Currency,
			Purchase: r.ID, Payment: r.PaymentIntent, Detail: "Paid here, and Stripe's balance does not know the payment."}})
	}
	orphans, err := q.PaymentsWithoutPurchase(ctx, gen.PaymentsWithoutPurchaseParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range orphans {
		detail := "A payment of ours, and no purchase here."
		if r.PurchaseID != "" {
			detail = "The money arrived, and the purchase has not brought its credits."
		}
		out = append(out, report.Found{At: instant(r.CreatedAt), Difference: report.Difference{Kind: report.PaymentWithoutPurchase, Amount: r.SourceAmount, Currency: r.SourceCurrency,
			Purchase: r.PurchaseID, Payment: r.PaymentIntent, Transaction: r.ID, Object: r.Source, Detail: detail}})
	}
	differ, err := q.PaymentsThatDiffer(ctx, gen.PaymentsThatDifferParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range differ {
		out = append(out, report.Found{Difference: report.Difference{Kind: report.AmountDiffers, Amount: r.SourceAmount, Currency: r.SourceCurrency,
			Purchase: r.PurchaseID, Payment: r.PaymentIntent, Transaction: r.ID, Object: r.Source,
			Detail: fmt.Sprintf("The purchase says %s %s.", money.Money{Amount: r.Total, Currency: r.Currency}.Decimal(), r.Currency)}})
	}
	others, err := q.PaymentsInOtherCurrency(ctx, gen.PaymentsInOtherCurrencyParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range others {
		out = append(out, report.Found{Difference: report.Difference{Kind: report.OtherCurrency, Amount: r.PaidAmount, Currency: r.PaidCurrency,
			Purchase: r.PurchaseID, Payment: r.PaymentIntent, Transaction: r.ID, Object: r.Source,
			Detail: fmt.Sprintf("The buyer paid in another currency; the invoice says %s %s, which is what counts.", money.Money{Amount: r.Total, Currency: r.Currency}.Decimal(), r.Currency)}})
	}
	refunds, err := q.RefundsUnknown(ctx, gen.RefundsUnknownParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range refunds {
		out = append(out, report.Found{Difference: report.Difference{Kind: report.RefundUnknown, Amount: r.SourceAmount, Currency: r.SourceCurrency,
			Purchase: r.PurchaseID, Payment: r.PaymentIntent, Transaction: r.ID, Object: r.Source, Detail: "Stripe refunded it, and it is not known here."}})
	}
	unpaid, err := q.RefundsWithoutMoney(ctx, gen.RefundsWithoutMoneyParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range unpaid {
		out = append(out, report.Found{Difference: report.Difference{Kind: report.RefundWithoutMoney, Amount: r.Amount, Currency: r.Currency,
			Purchase: r.PurchaseID, Payment: r.PaymentIntent, Object: r.StripeID, Detail: "Refunded here, and Stripe's balance does not know it."}})
	}
	disputes, err := q.DisputesUnknown(ctx, gen.DisputesUnknownParams{FromAt: a, ToAt: b})
	if err != nil {
		return nil, err
	}
	for _, r := range disputes {
		out = append(out, report.Found{Difference: report.Difference{Kind: report.DisputeUnknown, Amount: r.SourceAmount, Currency: r.SourceCurrency,
			Purchase: r.PurchaseID, Payment: r.PaymentIntent, Transaction: r.ID, Object: r.Source, Detail: "Stripe took money for a dispute that is not known here."}})
	}
	return out, nil
}

func (ReportStore) PutReport(t tx.Tx, day time.Time, d *report.Day) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	ctx, q := q(t)
	return q.PutReport(ctx, gen.PutReportParams{Day: micros(day), MadeAt: micros(d.MadeAt), Differences: int64(len(d.Differences)), Alarms: int64(d.Alarms()), Body: string(body)})
}

func reportDay(r gen.Report) (*report.Day, error) {
	d := &report.Day{}
	return d, json.Unmarshal([]byte(r.Body), d)
}

func (ReportStore) Report(t tx.Tx, day time.Time) (*report.Day, bool, error) {
	ctx, q := q(t)
	r, err := q.ReportOf(ctx, micros(day))
	if err != nil {
		return nil, false, notFound(err)
	}
	d, err := reportDay(r)
	return d, r.Stale != 0, err
}

func (ReportStore) Reports(t tx.Tx, before time.Time, limit int) ([]*report.Day, error) {
	ctx, q := q(t)
	rows, err := q.ReportsBefore(ctx, gen.ReportsBeforeParams{Day: micros(before), MaxRows: int32(limit)})
	if err != nil {
		return nil, err
	}
	out := make([]*report.Day, len(rows))
	for i, r := range rows {
		if out[i], err = reportDay(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (ReportStore) MarkStale(t tx.Tx, day time.Time) error {
	ctx, q := q(t)
	return q.MarkReport(ctx, micros(day))
}

func (ReportStore) Stale(t tx.Tx, since time.Time, limit int) ([]time.Time, error) {
	ctx, q := q(t)
	rows, err := q.StaleReports(ctx, gen.StaleReportsParams{Since: micros(since), MaxRows: int32(limit)})
	out := make([]time.Time, len(rows))
	for i, r := range rows {
		out[i] = instant(r)
	}
	return out, err
}

func (ReportStore) Alarms(t tx.Tx, since time.Time) (int, error) {
	ctx, q := q(t)
	n, err := q.AlarmsOfReports(ctx, micros(since))
	return int(n), err
}
