package stripepay

import (
	"context"
	"strconv"

	"github.com/stripe/stripe-go/v76"

	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/purchase"
)

// Keys of metadata that say what a Checkout sells. Only the session has them:
// they are for people, and for adopting a purchase that a backup does not know.
const (
	metaPack       = "purse_pack"
	metaPackName   = "purse_pack_name"
	metaCreditType = "purse_credit_type"
	metaCredits    = "purse_credits"
	metaBonus      = "purse_bonus"
	metaDays       = "purse_expires_after_days"
	metaBonusDays  = "purse_bonus_days"
)

func putSold(meta map[string]string, s purchase.Sold) {
	meta[metaPack], meta[metaPackName], meta[metaCreditType], meta[metaCredits] = s.Pack, s.PackName, s.CreditType, s.Credits.String()
	if s.Bonus > 0 {
		meta[metaBonus], meta[metaBonusDays] = s.Bonus.String(), strconv.Itoa(s.BonusDays)
	}
	if s.ExpiresAfterDays > 0 {
		meta[metaDays] = strconv.Itoa(s.ExpiresAfterDays)
	}
}

// soldBy reads it. Credits are 0 where the metadata does not say.
func soldBy(meta map[string]string) purchase.Sold {
	s := purchase.Sold{Pack: meta[metaPack], PackName: meta[metaPackName], CreditType: meta[metaCreditType]}
	s.Credits, _ = money.ParseCredits(meta[metaCredits])
	s.Bonus, _ = money.ParseCredits(meta[metaBonus])
	s.ExpiresAfterDays, _ = strconv.Atoi(meta[metaDays])
	s.BonusDays, _ = strconv.Atoi(meta[metaBonusDays])
	return s
}

// CheckoutOf finds the Checkout of a payment.
func (g *Gateway) CheckoutOf(ctx context.Context, paymentIntent string) (purchase.Checkout, error) {
	p := &stripe.CheckoutSessionListParams{PaymentIntent: stripe.String(paymentIntent)}
	p.Context, p.Limit = ctx, stripe.Int64(1)
	list := g.api.CheckoutSessions.List(p)
	if !list.Next() {
		if err := list.Err(); err != nil {
			return purchase.Checkout{}, translate(err)
		}
		return purchase.Checkout{}, outcome.ErrGone
	}
	return g.Checkout(ctx, list.CheckoutSession().ID)
}
