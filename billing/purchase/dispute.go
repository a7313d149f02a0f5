package purchase

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"purse/billing/ledger"
	"purse/billing/tx"
)

// The states of a dispute that matter here; Stripe's others are kept as they are.
const (
	DisputeLost = "lost"
	DisputeWon  = "won"
)

// DisputeOpen says whether the payment is disputed and nothing is decided: the
// unspent credits are frozen meanwhile. Inquiries (warning_…) move no money and
// freeze nothing.
func (p *Purchase) DisputeOpen() bool {
	return p.DisputeStatus == "needs_response" || p.DisputeStatus == "under_review"
}

// Inquiry says whether a bank asks about the payment, before any dispute.
func (p *Purchase) Inquiry() bool {
	return p.DisputeStatus == "warning_needs_response" || p.DisputeStatus == "warning_under_review"
}

// SyncMoney looks at Stripe for refunds and a dispute of a purchase's payment
// and writes what they mean. It may be called in any order and as often as one
// likes: it looks at Stripe's objects, not at events.
func (s *Service) SyncMoney(ctx context.Context, purchaseID string) (*Purchase, error) {
	return s.syncMoney(ctx, purchaseID, nil)
}

func (s *Service) syncMoney(ctx context.Context, purchaseID string, note func(tx.Tx, *Purchase) error) (*Purchase, error) {
	p, err := s.Purchase(ctx, purchaseID)
	if err != nil {
		return nil, err
	}
	if !p.Granted() && p.CheckoutSession != "" {
		// The money came before we heard of it, and is going back already.
		if p, err = s.FulfilBySession(ctx, p.CheckoutSession); err != nil {
			return nil, err
		}
	}
	if !p.Granted() || p.PaymentIntent == "" {
		return p, s.Runner.Update(ctx, func(t tx.Tx) error {
			if note == nil {
				return nil
			}
			return note(t, p)
		})
	}
	m, err := s.Gateway.MoneyBack(ctx, p.PaymentIntent)
	if err != nil {
		return nil, err
	}
	took, err := s.ownCurrency(ctx, p, &m)
	if err != nil {
		return nil, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if p, err = s.Store.Purchase(t, purchaseID); err != nil {
			return err
		}
		if err := s.NoteCurrencyIn(t, p, took); err != nil {
			return err
		}
		for _, r := range m.Refunds {
			if err := s.noteRefund(t, p, r); err != nil {
				return err
			}
		}
		if err := s.noteDisputes(t, p, m.Disputes); err != nil {
			return err
		}
		if err := s.moneyBack(t, p, ledger.Note{}); err != nil {
			return err
		}
		// moneyBack stores what it changes; the dispute's own fields may be all.
		if err := s.Store.Update(t, p); err != nil {
			return err
		}
		if note != nil {
			return note(t, p)
		}
		return nil
	})
	return p, err
}

// noteDisputes writes how the disputes of a payment stand, and makes the one that
// matters now the purchase's own: the first that waits for an answer, or is being
// decided, or is asked about, else the last that was lost, else the last. What is
// written already may be later than what was looked at.
func (s *Service) noteDisputes(t tx.Tx, p *Purchase, seen []ChargeDispute) error {
	all, err := s.Store.Disputes(t, p.ID)
	if err != nil {
		return err
	}
	for _, d := range seen {
		i := slices.IndexFunc(all, func(k ChargeDispute) bool { return k.ID == d.ID })
		switch {
		case i < 0:
			all = append(all, d)
		case all[i] == d || disputeRank(d.Status) < disputeRank(all[i].Status):
			continue
		default:
			all[i] = d
		}
		if err := s.Store.PutDispute(t, p.ID, d); err != nil {
			return err
		}
	}
	slices.SortFunc(all, func(a, b ChargeDispute) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	for i, d := range all {
		rank, now := matters(d.Status), matters(p.DisputeStatus)
		if i == 0 || rank > now || (rank == now && rank <= lostMatters) {
			p.Dispute, p.DisputeStatus, p.DisputeAmount, p.DisputeReason, p.DisputeDue = d.ID, d.Status, d.Amount, d.Reason, d.Due
		}
	}
	return nil
}

const lostMatters = 1

// matters orders the disputes of one payment by what is to be done about them.
func matters(status string) int {
	switch status {
	case "needs_response":
		return 5
	case "under_review":
		return 4
	case "warning_needs_response":
		return 3
	case "warning_under_review":
		return 2
	case DisputeLost:
		return lostMatters
	}
	return 0
}

// lostIn is the sum of the disputes of a purchase that were lost.
func (s *Service) lostIn(t tx.Tx, p *Purchase) (lost int64, err error) {
	all, err := s.Store.Disputes(t, p.ID)
	for _, d := range all {
		if d.Status == DisputeLost {
			lost += d.Amount
		}
	}
	return lost, err
}

// Disputes answers the disputes of a purchase, oldest first.
func (s *Service) Disputes(t tx.Tx, purchaseID string) ([]ChargeDispute, error) {
	return s.Store.Disputes(t, purchaseID)
}

// disputeRank orders the states of a dispute: they only go forward, and an
// inquiry may become a dispute.
func disputeRank(status string) int {
	switch status {
	case "warning_needs_response":
		return 0
	case "warning_under_review":
		return 1
	case "needs_response":
		return 3
	case "under_review":
		return 4
	case DisputeWon, DisputeLost:
		return 5
	}
	return 2 // warning_closed, and what we do not know
}
