package purchase

import (
	"context"
	"fmt"
	"slices"

	"purse/billing/money"
	"purse/billing/tx"
)

// OtherCurrency is a payment that the buyer made in another currency than that of
// what was paid: Stripe converts on the pages of invoices where its dashboard says so
// (Adaptive Pricing). What the invoice says is what was sold and paid; what goes back
// of such a payment counts by its share of it.
type OtherCurrency struct {
	Payment, Purchase string
	Paid              money.Money // by the buyer
	InCharge          bool        // Stripe's charge is in that currency, and not only says so
}

// NoteCurrencyIn keeps that a purchase was paid in another currency, if it was.
func (s *Service) NoteCurrencyIn(t tx.Tx, p *Purchase, took Took) error {
	o := OtherCurrency{Payment: p.PaymentIntent, Purchase: p.ID, Paid: took.Shown}
	if took.Charged.Currency != "" && took.Charged.Currency != p.Price.Currency {
		o.Paid, o.InCharge = took.Charged, true
	}
	if o.Payment == "" || o.Paid.Currency == "" || o.Paid.Currency == p.Price.Currency {
		return nil
	}
	return s.Store.PutOtherCurrency(t, o)
}

// whole is what a payment was in all in a currency.
func (k Took) whole(currency string) (int64, error) {
	for _, m := range []money.Money{k.Charged, k.Shown} {
		if m.Currency == currency && m.Amount > 0 {
			return m.Amount, nil
		}
	}
	return 0, fmt.Errorf("money went back in %s of a payment of %s %s", currency, k.Charged.Decimal(), k.Charged.Currency)
}

// ownCurrency brings what went back of a payment into the purchase's currency, and
// answers what the payment took, where that was needed.
func (s *Service) ownCurrency(ctx context.Context, p *Purchase, m *MoneyBack) (took Took, err error) {
	other := func(currency string) bool { return currency != "" && currency != p.Price.Currency }
	if !slices.ContainsFunc(m.Refunds, func(r ChargeRefund) bool { return other(r.Currency) }) &&
		!slices.ContainsFunc(m.Disputes, func(d ChargeDispute) bool { return other(d.Currency) }) {
		return took, nil
	}
	pi, err := s.Gateway.PaymentIntent(ctx, p.PaymentIntent)
	if err != nil {
		return took, err
	}
	var known []*Refund
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		known, err = s.Store.Refunds(t, p.ID)
		return err
	})
	if err != nil {
		return took, err
	}
	if err := ownRefunds(p, pi.Took, m.Refunds, known); err != nil {
		return took, err
	}
	return pi.Took, ownDisputes(p, pi.Took, m.Disputes)
}

// ownRefunds converts refunds, which Stripe lists newest first. What is known keeps
// its amount; the others bring the sum to the share of the payment that went back,
// so that parts of any size add up to the whole.
func ownRefunds(p *Purchase, took Took, refunds []ChargeRefund, known []*Refund) error {
	var own, theirs int64
	for i := len(refunds) - 1; i >= 0; i-- {
		r := &refunds[i]
		if r.Currency == "" || r.Currency == p.Price.Currency {
			continue
		}
		whole, err := took.whole(r.Currency)
		if err != nil {
			return err
		}
		r.Charged = money.Money{Amount: r.Amount, Currency: r.Currency}
		counts := r.Status != "failed" && r.Status != "canceled"
		k := slices.IndexFunc(known, func(k *Refund) bool { return k.StripeID == r.ID || (r.Ours != "" && k.ID == r.Ours) })
		switch {
		case k >= 0:
			r.Amount = known[k].Amount
		case counts:
			r.Amount = max(money.Share(p.Total, theirs+r.Charged.Amount, whole)-own, 0)
		default:
			r.Amount = money.Share(p.Total, r.Charged.Amount, whole)
		}
		if counts {
			own, theirs = own+r.Amount, theirs+r.Charged.Amount
		}
	}
	return nil
}

// ownDisputes converts disputes, which Stripe lists newest first, likewise.
func ownDisputes(p *Purchase, took Took, disputes []ChargeDispute) error {
	var theirs int64
	for i := len(disputes) - 1; i >= 0; i-- {
		d := &disputes[i]
		if d.Currency == "" || d.Currency == p.Price.Currency {
			d.Currency = ""
			continue
		}
		whole, err := took.whole(d.Currency)
		if err != nil {
			return err
		}
		before := theirs
		theirs += d.Amount
		d.Amount = money.Share(p.Total, theirs, whole) - money.Share(p.Total, before, whole)
		d.Currency = ""
	}
	return nil
}

// inCharge commits what a refund is of a charge that is in another currency, before
// Stripe is asked for it, so that it is the same however often it is asked for.
func (s *Service) inCharge(ctx context.Context, p *Purchase, r *Refund) (*Refund, error) {
	if p.PaymentIntent == "" || r.Charged.Currency != "" {
		return r, nil
	}
	pi, err := s.Gateway.PaymentIntent(ctx, p.PaymentIntent)
	if err != nil {
		return nil, err
	}
	if pi.Charged.Currency == "" || pi.Charged.Currency == p.Price.Currency {
		return r, nil
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if r, err = s.Store.Refund(t, r.ID); err != nil || r.Charged.Currency != "" {
			return err
		}
		all, err := s.Store.Refunds(t, p.ID)
		if err != nil {
			return err
		}
		r.Charged = chargedOf(p, pi.Charged, r, all)
		return s.Store.PutRefund(t, r, "")
	})
	return r, err
}

// chargedOf is what a refund is in the currency of the charge: with what went back
// already it is the share of the charge, and with the last part the whole.
func chargedOf(p *Purchase, whole money.Money, r *Refund, all []*Refund) money.Money {
	own, theirs := r.Amount, int64(0)
	for _, o := range all {
		if o.ID != r.ID && o.State.counts() && o.Charged.Currency == whole.Currency {
			own, theirs = own+o.Amount, theirs+o.Charged.Amount
		}
	}
	m := money.Money{Amount: max(money.Share(whole.Amount, own, p.Total)-theirs, 0), Currency: whole.Currency}
	if own < p.Total {
		m.Amount -= m.Amount % money.MinorStep(m.Currency)
	}
	m.Amount = max(m.Amount, min(money.MinorStep(m.Currency), whole.Amount-theirs))
	return m
}
