package ledger

import (
	"time"

	"purse/billing/fault"
	"purse/billing/money"
)

// Counter adds up what a wallet's debits cost in one period under a key: a
// customer's, a meter's, a caller's. Reaching a hard limit refuses the debit.
type Counter struct {
	Wallet WalletKey
	Key    string
	// PeriodStart and PeriodEnd bound the period; the caller computes them in
	// the customer's time zone.
	PeriodStart, PeriodEnd time.Time
	// Meter, when set, counts only lines of this meter.
	Meter string
	Limit money.Credits
	Hard  bool
}

// CounterID is the row of a counter.
type CounterID struct {
	Wallet WalletID
	Key    string
	Start  int64 // µs UTC
}

// LimitReached says which limit refused a debit, and when it starts anew.
type LimitReached struct {
	Key          string
	Limit, Spent money.Credits
	ResetsAt     time.Time
}

// count adds a debit to the command's counters, or answers the refusal.
func (s *State) count(c *Command, charges []Charge) *Refusal {
	for _, counter := range c.Counters {
		a := s.wallets[counter.Wallet]
		if a == nil {
			continue
		}
		var cost money.Credits
		for _, ch := range charges {
			if ch.Wallet != counter.Wallet {
				continue
			}
			for _, l := range ch.Lines {
				if counter.Meter == "" || counter.Meter == l.Meter {
					cost += l.Credits
				}
			}
		}
		at := CounterID{a.ID, counter.Key, counter.PeriodStart.UnixMicro()}
		spent := s.counters[at]
		sum, err := spent.Add(cost)
		if err != nil || (counter.Hard && cost > 0 && sum > counter.Limit) {
			return &Refusal{
				Fault: fault.New(fault.NoCredits, CodeSpendLimit, "",
					"The spend limit of %s credits is reached: %s are spent. It starts anew at %s.",
					counter.Limit, spent, counter.PeriodEnd.UTC().Format(time.RFC3339)),
				CreditType: counter.Wallet.CreditType, Required: cost,
				Limit: &LimitReached{counter.Key, counter.Limit, spent, counter.PeriodEnd},
			}
		}
		s.setCounter(at, sum)
	}
	return nil
}

func (s *State) setCounter(at CounterID, sum money.Credits) {
	old, had := s.counters[at]
	s.onRollback(func() {
		if had {
			s.counters[at] = old
		} else {
			delete(s.counters, at)
		}
	})
	s.counters[at] = sum
	s.touchedCounters[at] = true
}
