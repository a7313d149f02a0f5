package alert

import (
	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// CodeSuspended is the reason of customers who may not go on at all.
const CodeSuspended = "customer_suspended"

// stopped answers why a customer may not go on in a wallet whatever the balance:
// "" where nothing else stops it.
func (s *Service) stopped(t tx.Tx, k ledger.WalletKey) (string, error) {
	c, err := s.Accounts.CustomerIn(t, k.Customer)
	if err != nil {
		return "", err
	}
	if c.Status == account.Suspended {
		return CodeSuspended, nil
	}
	counters := s.Counters(k, "", t.Now())
	refs := make([]ledger.CounterRef, 0, len(counters))
	for _, counter := range counters {
		if counter.Hard && counter.Meter == "" {
			refs = append(refs, counter.Ref())
		}
	}
	if len(refs) == 0 {
		return "", nil
	}
	counted, err := s.Ledger.Counted(t, refs)
	if err != nil {
		return "", err
	}
	for _, counter := range counters {
		if now, ok := counted[counter.Ref()]; ok && counter.Hard && counter.Meter == "" && (now.Told || now.Spent >= counter.Limit) {
			return ledger.CodeSpendLimit, nil
		}
	}
	return "", nil
}

// entitlementOf is the data of entitlement.changed as a wallet stands.
func (s *Service) entitlementOf(t tx.Tx, k ledger.WalletKey, available, overdraft money.Credits) (entitlementEvent, error) {
	data := entitlementEvent{CreditType: k.CreditType, Available: available.String()}
	reason, err := s.stopped(t, k)
	if reason == "" && available+overdraft <= 0 {
		reason = ledger.CodeInsufficient
	}
	data.Reason, data.Allowed = reason, reason == ""
	return data, err
}

// StandingChanged writes that a customer was suspended or may go on again: one
// entitlement.changed for each wallet.
func (s *Service) StandingChanged(t tx.Tx, _ audit.Actor, customer string) error {
	balances, err := s.Ledger.Balances(t, customer)
	if err != nil {
		return err
	}
	for _, b := range balances {
		data, err := s.entitlementOf(t, b.WalletKey, b.Available, b.Overdraft)
		if err != nil {
			return err
		}
		if err := s.Events.Append(t, event.EntitlementChange, customer, int64(b.Wallet), b.Seq, data); err != nil {
			return err
		}
	}
	return nil
}
