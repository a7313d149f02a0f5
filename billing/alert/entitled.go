package alert

import (
	"encoding/json"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// CodeSuspended is the reason of customers who may not go on at all.
const CodeSuspended = "customer_suspended"

// entitlementEvent is the data of entitlement.changed: what a gateway caches, as
// GET entitlement answers it.
type entitlementEvent struct {
	CreditType string `json:"credit_type"`
	Allowed    bool   `json:"allowed"`
	Reason     string `json:"reason,omitempty"`
	Available  string `json:"available"`
	Throttle   bool   `json:"throttle"`
	Rate       *int   `json:"rate_per_minute"`
}

func (e *entitlementEvent) rate() int {
	if e.Rate == nil {
		return 0
	}
	return *e.Rate
}

// policies answers the limits of a customer, and what happens at zero, as they
// stand in t: memory follows after the commit. It asks memory only whether there
// can be any.
func (s *Service) policies(t tx.Tx, customer string) (standing, error) {
	if _, any := s.customers.Load(customer); !any {
		return standing{}, nil
	}
	limits, err := s.Store.Limits(t, customer)
	if err != nil {
		return standing{}, err
	}
	zero, err := s.Store.Zeros(t, customer)
	return standing{limits: limits, zero: zero}, err
}

// stopped answers why a customer may not go on in a wallet whatever the balance:
// "" where nothing else stops it.
func (s *Service) stopped(t tx.Tx, k ledger.WalletKey, p *standing) (string, error) {
	c, err := s.Accounts.CustomerIn(t, k.Customer)
	if err != nil {
		return "", err
	}
	if c.Status == account.Suspended {
		return CodeSuspended, nil
	}
	counters := p.counters(k, "", t.Now())
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
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return "", err
	}
	for _, counter := range counters {
		held := money.Credits(0)
		if counter.Holds {
			held = b.Held
		}
		if counter.Hard && counter.Meter == "" && ledger.Exhausted(counter.Limit, counted[counter.Ref()].Spent, held) {
			return ledger.CodeSpendLimit, nil
		}
	}
	return "", nil
}

// entitlementOf is the data of entitlement.changed as a wallet stands.
func (s *Service) entitlementOf(t tx.Tx, k ledger.WalletKey, available, overdraft money.Credits) (entitlementEvent, error) {
	data := entitlementEvent{CreditType: k.CreditType, Available: max(available+overdraft, 0).String()}
	p, err := s.policies(t, k.Customer)
	if err != nil {
		return data, err
	}
	reason, err := s.stopped(t, k, &p)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return data, err
	}
	if reason == "" && available+overdraft <= 0 {
		reason = ledger.CodeInsufficient
	}
	data.Reason, data.Allowed = reason, reason == ""
	if rate := p.atZero(k).Rate; rate > 0 && available <= 0 {
		data.Throttle, data.Rate = true, &rate
	}
	return data, nil
}

// tellEntitlement writes entitlement.changed as a wallet stands now.
func (s *Service) tellEntitlement(t tx.Tx, b ledger.Balance) error {
	data, err := s.entitlementOf(t, b.WalletKey, b.Available, b.Overdraft)
	if err != nil {
		return err
	}
	if same, err := s.isKnown(t, b.Customer, b.Wallet, &data); err != nil || same {
		return err
	}
	return s.Events.Append(t, event.EntitlementChange, b.Customer, int64(b.Wallet), b.Seq, data)
}

// isKnown says whether a gateway that keeps the latest of a wallet would learn
// nothing: several levels and limits can lead to one answer.
func (s *Service) isKnown(t tx.Tx, customer string, w ledger.WalletID, now *entitlementEvent) (bool, error) {
	e, ok, err := s.Events.Latest(t, event.EntitlementChange, customer, int64(w))
	if err != nil || !ok {
		return false, err
	}
	var told entitlementEvent
	if err := json.Unmarshal(e.Data, &told); err != nil {
		return false, err
	}
	return told.CreditType == now.CreditType && told.Allowed == now.Allowed && told.Reason == now.Reason && told.rate() == now.rate(), nil
}

// StandingChanged writes that a customer was suspended or may go on again: one
// entitlement.changed for each wallet.
func (s *Service) StandingChanged(t tx.Tx, _ audit.Actor, customer string) error {
	balances, err := s.Ledger.Balances(t, customer)
	if err != nil {
		return err
	}
	for _, b := range balances {
		if err := s.tellEntitlement(t, b); err != nil {
			return err
		}
	}
	return nil
}
