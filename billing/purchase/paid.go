package purchase

import (
	"purse/billing/event"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// RecordPaidIn writes a purchase that was paid without a Checkout and whose
// credits are granted (Grant is set), once per key. So its receipt, refunds and
// disputes go the way of every purchase.
func (s *Service) RecordPaidIn(t tx.Tx, p *Purchase, key string, at ledger.PostingID) error {
	p.ID, p.State, p.PaidAt, p.UpdatedAt = id.New("pur", t.Now()), Paid, t.Now(), t.Now()
	if err := s.GrantBonusIn(t, p); err != nil {
		return err
	}
	if err := s.Store.Insert(t, p, key); err != nil {
		return err
	}
	if err := s.fixCurrency(t, p); err != nil {
		return err
	}
	if err := s.Events.Append(t, event.PurchasePaid, p.Customer, int64(at.Wallet), at.Seq, eventData(p)); err != nil {
		return err
	}
	return s.mailReceipt(t, p)
}
