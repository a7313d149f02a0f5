package ledger

import (
	"encoding/json"
	"time"

	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/tx"
)

// Counter adds up what a wallet's debits cost in one period under a key: a
// customer's, a meter's, a caller's. A hard limit refuses the debit that would
// go over it. Work that is recorded counts and is never refused.
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
	// JobKind, when set, is the kind of the job that is inserted once in the
	// period, in the transaction that reaches the limit: with the debit that
	// reaches it or, for a hard one, the first that it refuses.
	JobKind string
	Payload json.RawMessage
}

// CounterID is the row of a counter.
type CounterID struct {
	Wallet WalletID
	Key    string
	Start  int64 // µs UTC
}

// Count is what was counted, and whether the job about it was inserted.
type Count struct {
	Spent money.Credits
	Told  bool
}

// LimitReached says which limit refused a debit, and when it starts anew.
type LimitReached struct {
	Key          string
	Limit, Spent money.Credits
	ResetsAt     time.Time
}

// Reached is the payload of the job about a limit that was reached.
type Reached struct {
	Wallet     WalletID        `json:"wallet"`
	Customer   string          `json:"customer"`
	CreditType string          `json:"credit_type"`
	Key        string          `json:"key"`
	Seq        int64           `json:"seq"` // the wallet's newest posting then
	At         time.Time       `json:"at"`
	Start      time.Time       `json:"start"`
	End        time.Time       `json:"end"`
	Limit      money.Credits   `json:"limit"`
	Spent      money.Credits   `json:"spent"`
	Refused    bool            `json:"refused,omitempty"` // a debit was refused
	Payload    json.RawMessage `json:"payload,omitempty"`
}

// count adds a debit to the command's counters, or answers the refusal.
func (s *State) count(c *Command, charges []Charge, refuses bool) *Refusal {
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
		if cost == 0 {
			continue
		}
		at := counter.id(a)
		now := s.counters[at]
		if refuses && counter.overrun(now, cost) {
			return counter.refusal(now, cost)
		}
		sum, err := now.Spent.Add(cost)
		if err != nil {
			sum = money.MaxAmount // what was recorded beyond any limit
		}
		now.Spent = sum
		if sum >= counter.Limit {
			s.tellReached(counter, a, &now, false)
		}
		s.setCounter(at, now)
	}
	return nil
}

func (c *Counter) id(a *account) CounterID {
	return CounterID{a.ID, c.Key, c.PeriodStart.UnixMicro()}
}

// overrun says whether a cost is what the limit refuses.
func (c *Counter) overrun(now Count, cost money.Credits) bool {
	sum, err := now.Spent.Add(cost)
	return c.Hard && cost > 0 && (err != nil || sum > c.Limit)
}

func (c *Counter) refusal(now Count, cost money.Credits) *Refusal {
	return &Refusal{
		Fault: fault.New(fault.NoCredits, CodeSpendLimit, "",
			"The spend limit of %s credits is reached: %s are spent. It starts anew at %s.",
			c.Limit, now.Spent, c.PeriodEnd.UTC().Format(time.RFC3339)),
		CreditType: c.Wallet.CreditType, Required: cost,
		Limit: &LimitReached{c.Key, c.Limit, now.Spent, c.PeriodEnd},
	}
}

// allow refuses a hold that the counters have no room for. A hold counts when it
// is captured.
func (s *State) allow(c *Command, k WalletKey, cost money.Credits) *Refusal {
	for _, counter := range c.Counters {
		a := s.wallets[counter.Wallet]
		if counter.Wallet != k || counter.Meter != "" || a == nil {
			continue
		}
		if now := s.counters[counter.id(a)]; counter.overrun(now, cost) {
			return counter.refusal(now, cost)
		}
	}
	return nil
}

// tellReached inserts the job about a limit, once in a period.
func (s *State) tellReached(c Counter, a *account, now *Count, refused bool) {
	if c.JobKind == "" || now.Told {
		return
	}
	now.Told = true
	s.out.Jobs = append(s.out.Jobs, job.Spec{Kind: c.JobKind, Payload: Reached{
		Wallet: a.ID, Customer: a.Customer, CreditType: a.CreditType, Key: c.Key, Seq: a.Seq, At: s.now,
		Start: c.PeriodStart, End: c.PeriodEnd, Limit: c.Limit, Spent: now.Spent, Refused: refused, Payload: c.Payload,
	}})
}

// tellRefused tells of the limit that refused a command, after it was undone.
func (s *State) tellRefused(c *Command, r *Refusal) {
	if r.Limit == nil {
		return
	}
	for _, counter := range c.Counters {
		a := s.wallets[counter.Wallet]
		if a == nil || a.isNew || counter.Key != r.Limit.Key {
			continue
		}
		at := counter.id(a)
		now := s.counters[at]
		if !now.Told {
			s.tellReached(counter, a, &now, true)
			s.counters[at] = now
			s.touchedCounters[at] = true
		}
		return
	}
}

func (s *State) setCounter(at CounterID, sum Count) {
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

// Counted answers what was counted under keys, zero where nothing was.
func (l *Ledger) Counted(t tx.Tx, refs []CounterRef) (map[CounterRef]Count, error) {
	n := Needs{Counters: refs}
	for _, r := range refs {
		n.Wallets = append(n.Wallets, r.Wallet)
	}
	loaded, err := l.store.Load(t, &n)
	if err != nil {
		return nil, err
	}
	ids := map[WalletKey]WalletID{}
	for _, w := range loaded.Wallets {
		ids[w.WalletKey] = w.ID
	}
	out := map[CounterRef]Count{}
	for _, r := range refs {
		out[r] = loaded.Counters[CounterID{ids[r.Wallet], r.Key, r.Start}]
	}
	return out, nil
}

// PutCounter sets what is counted under a key, for a limit that begins in the
// middle of its period.
func (l *Ledger) PutCounter(t tx.Tx, at CounterID, c Count) error {
	return l.store.PutCounter(t, at, c)
}

// Ref is where the counter is kept.
func (c *Counter) Ref() CounterRef {
	return CounterRef{c.Wallet, c.Key, c.PeriodStart.UnixMicro()}
}
