package purchase

import (
	"fmt"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// lots is what became of the credits that a purchase brought.
type lots struct {
	lapsed money.Credits // expired: neither used nor to be paid back
	free   money.Credits // no use and no hold has touched it
	all    bool          // nothing was used, is held or was taken
}

func (s *Service) lotsOf(t tx.Tx, p *Purchase) (lots, error) {
	l := lots{all: true}
	for _, id := range p.Grants() {
		g, _, err := s.Ledger.Grant(t, p.Customer, id)
		if err != nil {
			return l, err
		}
		l.lapsed += g.Lapsed
		l.free += g.Free()
		l.all = l.all && g.Remaining+g.Lapsed == g.Amount && g.Held == 0
	}
	return l, nil
}

// Refundable answers how much of a purchase may be refunded now: what was paid
// for the credits that are unused, of those that have not expired, and at most
// what has not gone back. Whatever parts it is refunded in, they add up to the
// same.
func (s *Service) Refundable(t tx.Tx, p *Purchase) (money.Money, error) {
	m := money.Money{Currency: p.Price.Currency}
	if !p.Granted() || p.Total == 0 || p.DisputeOpen() {
		return m, nil
	}
	l, err := s.lotsOf(t, p)
	if err != nil {
		return m, err
	}
	left := p.Total - p.MoneyBack
	m.Amount = refundable(p.Total, p.MoneyBack, l.free, p.Clawed, p.Brings()-l.lapsed)
	if m.Amount < left {
		m.Amount -= m.Amount % money.MinorStep(m.Currency) // Stripe refunds in the steps in which it charges
	}
	return m, nil
}

// refundable is total × (free + clawed) ÷ brought less what went back already, and
// never more than total × free ÷ brought, rounded up: what was used and clawed
// nevertheless makes no credits refundable.
func refundable(total, back int64, free, clawed, brought money.Credits) int64 {
	return max(min(money.ShareDown(total, free+clawed, brought)-back, money.ShareUp(total, free, brought), total-back), 0)
}

// clawback brings what was taken back of a purchase's credits to where the money
// that went back of it is.
func (s *Service) clawback(t tx.Tx, p *Purchase, back int64, kind ledger.PostingKind, note ledger.Note) error {
	if back == p.MoneyBack {
		return nil
	}
	target, err := s.clawed(t, p, back)
	if err != nil {
		return err
	}
	op := ledger.Clawback{
		Grants: p.Grants(), Credits: target - p.Clawed, Kind: kind, Ref: p.ID,
		Money: money.Money{Amount: p.netOf(back) - p.netOf(p.MoneyBack), Currency: p.Price.Currency},
	}
	if op.Credits != 0 || op.Money.Amount != 0 {
		if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Note: note, Op: op}); err != nil {
			return fmt.Errorf("clawback of %s: %w", p.ID, err)
		}
	}
	p.Clawed, p.MoneyBack = target, back
	return nil
}

// clawed is how many credits are taken back in all when so much money went back:
// its share of what the purchase brought and has not expired. More money never
// gives credits back, and less never takes any, whatever has expired between.
func (s *Service) clawed(t tx.Tx, p *Purchase, back int64) (money.Credits, error) {
	l, err := s.lotsOf(t, p)
	if err != nil {
		return 0, err
	}
	target := money.Share(p.Brings()-l.lapsed, back, p.Total)
	if back > p.MoneyBack {
		return max(target, p.Clawed), nil
	}
	return min(target, p.Clawed), nil
}

// TakenBackBy is how many credits a further refund of an amount takes back: from
// the whole that was refunded then, so that parts add up.
func (s *Service) TakenBackBy(t tx.Tx, p *Purchase, amount int64) (money.Credits, error) {
	if p.Total <= 0 {
		return 0, nil
	}
	target, err := s.clawed(t, p, min(p.MoneyBack+amount, p.Total))
	return target - p.Clawed, err
}

// netOf is the part of money that went back that is no tax: the cost basis of the
// grants is net of tax.
func (p *Purchase) netOf(back int64) int64 {
	return money.Share(p.Total-p.Tax, back, p.Total)
}
