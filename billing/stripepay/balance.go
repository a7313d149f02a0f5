package stripepay

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/report"
)

var _ report.Gateway = (*Gateway)(nil)

// BalanceSince lists what moved the account's balance since a time, newest first.
func (g *Gateway) BalanceSince(ctx context.Context, since time.Time, f func(report.Transaction) error) error {
	p := &stripe.BalanceTransactionListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	p.Context, p.Limit = ctx, stripe.Int64(100)
	p.AddExpand("data.source")
	list := g.api.BalanceTransactions.List(p)
	for list.Next() {
		if err := f(transaction(list.BalanceTransaction())); err != nil {
			return err
		}
	}
	return translate(list.Err())
}

// PayoutsSince lists the payouts that were created since a time.
func (g *Gateway) PayoutsSince(ctx context.Context, since time.Time, f func(report.Payout) error) error {
	p := &stripe.PayoutListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: since.Unix()}}
	p.Context, p.Limit = ctx, stripe.Int64(100)
	list := g.api.Payouts.List(p)
	for list.Next() {
		x := list.Payout()
		err := f(report.Payout{ID: x.ID, Amount: x.Amount, Currency: string(x.Currency), Status: string(x.Status), CreatedAt: instant(x.Created), ArrivalAt: instant(x.ArrivalDate)})
		if err != nil {
			return err
		}
	}
	return translate(list.Err())
}

// classes are Stripe's reporting categories as far as reports tell them apart.
var classes = map[stripe.BalanceTransactionReportingCategory]report.Class{
	stripe.BalanceTransactionReportingCategoryCharge:                 report.Charge,
	stripe.BalanceTransactionReportingCategoryRefund:                 report.Refund,
	stripe.BalanceTransactionReportingCategoryRefundFailure:          report.Refund,
	stripe.BalanceTransactionReportingCategoryChargeFailure:          report.Refund,
	stripe.BalanceTransactionReportingCategoryPartialCaptureReversal: report.Refund,
	stripe.BalanceTransactionReportingCategoryDispute:                report.Dispute,
	stripe.BalanceTransactionReportingCategoryDisputeReversal:        report.Dispute,
	stripe.BalanceTransactionReportingCategoryFee:                    report.Fee,
	stripe.BalanceTransactionReportingCategoryTax:                    report.Fee,
	stripe.BalanceTransactionReportingCategoryPayout:                 report.Paidout,
	stripe.BalanceTransactionReportingCategoryPayoutReversal:         report.Paidout,
}

func transaction(b *stripe.BalanceTransaction) report.Transaction {
	x := report.Transaction{
		ID: b.ID, Class: classes[b.ReportingCategory], Type: string(b.Type), Amount: b.Amount, Fee: b.Fee, Net: b.Net, Currency: string(b.Currency),
		CreatedAt: instant(b.Created), AvailableAt: instant(b.AvailableOn),
	}
	if x.Class == "" {
		x.Class = report.Other
	}
	s := b.Source
	if s == nil {
		return x
	}
	x.Source = s.ID
	switch {
	case s.Charge != nil:
		x.Installation = s.Charge.Metadata[metaInstallation]
		if pi := s.Charge.PaymentIntent; pi != nil {
			x.PaymentIntent = pi.ID
		}
		x.SourceAmount, x.SourceCurrency = s.Charge.AmountCaptured, string(s.Charge.Currency)
	case s.Refund != nil:
		x.SourceAmount, x.SourceCurrency = s.Refund.Amount, string(s.Refund.Currency)
		x.Installation = s.Refund.Metadata[metaInstallation]
		if pi := s.Refund.PaymentIntent; pi != nil {
			x.PaymentIntent = pi.ID
		}
	case s.Dispute != nil:
		x.SourceAmount, x.SourceCurrency = s.Dispute.Amount, string(s.Dispute.Currency)
		if pi := s.Dispute.PaymentIntent; pi != nil {
			x.PaymentIntent = pi.ID
		}
	}
	return x
}
