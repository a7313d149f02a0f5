package ledger

import (
	"encoding/json"
	"slices"
	"time"

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
	// Holds says that open holds of the wallet will count when they are captured:
	// the limit is on all that is spent.
	Holds bool
	// Period is the word for its period, for people: "day".
	Period string
	// JobKind, when set, is the kind of the job that is inserted in the transaction
	// in which the limit becomes reached or no longer is, and once in a period with
	// the first request that a hard one refuses though it is not reached.
	JobKind string
	Payload json.RawMessage
}

// CounterID is the row of a counter.
type CounterID struct {
	Wallet WalletID
	Key    string
	Start  int64 // µs UTC
}

// Count is what was counted, and which jobs about it were inserted.
type Count struct {
	Spent money.Credits
	// Reached says that the last of them was about the limit being reached.
	Reached bool
	// Refused says that one was about a request that did not fit.
	Refused bool
}

// LimitReached says which limit refused a debit, and when it starts anew. Held is
// what open holds set aside of it. The limit is reached when nothing is left of it;
// else the request did not fit.
type LimitReached struct {
	Key                string
	Limit, Spent, Held money.Credits
	ResetsAt           time.Time
	// CreditType and Required are of the request, Meter and Period of the limit.
	CreditType string        `json:",omitempty"`
	Required   money.Credits `json:",omitempty"`
	Meter      string        `json:",omitempty"`
	Period     string        `json:",omitempty"`
}

// Left is what may still be spent.
func (l *LimitReached) Left() money.Credits { return max(l.Limit-l.Held-l.Spent, 0) }

// Reached is the payload of the job about a limit that became reached or no longer
// is, or that refused a request.
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
	Refusal    *LimitReached   `json:"refusal,omitempty"` // a request did not fit
	Quiet      bool            `json:"quiet,omitempty"`   // work of the past did it: people are not told
	Payload    json.RawMessage `json:"payload,omitempty"`
}

// count adds a debit to the command's counters, or answers every limit that
// refuses it.
func (s *State) count(c *Command, charges []Charge, refuses bool) (refused []LimitReached) {
	type counted struct {
		*Counter
		a    *account
		cost money.Credits
	}
	var all []counted
	for i := range c.Counters {
		counter := &c.Counters[i]
		a := s.wallets[counter.Wallet]
		if a == nil {
			continue
		}
		cost := counter.cost(charges)
		if cost == 0 {
			continue
		}
		if now := s.counters[counter.id(a)]; refuses && counter.overrun(now, a, cost) {
			refused = append(refused, counter.reached(now, a, cost))
		}
		all = append(all, counted{counter, a, cost})
	}
	if len(refused) > 0 {
		return refused
	}
	for _, x := range all {
		at := x.id(x.a)
		now := s.counters[at]
		sum, err := now.Spent.Add(x.cost)
		if err != nil {
			sum = money.MaxAmount // what was recorded beyond any limit
		}
		now.Spent = sum
		s.setCounter(at, now)
	}
	return nil
}

func isQuiet(op Op) bool {
	d, ok := op.(Debit)
	return ok && d.Quiet
}

// uncount gives back what limits had counted of a posting, as its credits are
// given back: before and after are how much of its total has been.
func (s *State) uncount(c *Command, d *Detail, total, before, after money.Credits) {
	for i := range c.Counters {
		counter := &c.Counters[i]
		a := s.wallets[counter.Wallet]
		if a == nil {
			continue
		}
		counted := total
		if counter.Meter != "" {
			counted = counter.costOf(d.Lines)
		}
		back := money.ShareDown(counted, after, total) - money.ShareDown(counted, before, total)
		at := counter.id(a)
		if now := s.counters[at]; back > 0 && now.Spent > 0 {
			now.Spent = max(now.Spent-back, 0)
			s.setCounter(at, now)
		}
	}
}

// cost is what a counter counts of charges.
func (c *Counter) cost(charges []Charge) (cost money.Credits) {
	for _, ch := range charges {
		if ch.Wallet != c.Wallet {
			continue
		}
		cost += c.costOf(ch.Lines)
	}
	return cost
}

// costOf is what a counter counts of lines.
func (c *Counter) costOf(lines []Line) (cost money.Credits) {
	for _, l := range lines {
		if c.Meter == "" || c.Meter == l.Meter {
			cost += l.Credits
		}
	}
	return cost
}

func (c *Counter) id(a *account) CounterID {
	return CounterID{a.ID, c.Key, c.PeriodStart.UnixMicro()}
}

// overrun says whether a cost is what the limit refuses: with what is spent and
// with what open holds set aside.
func (c *Counter) overrun(now Count, a *account, cost money.Credits) bool {
	sum, err := now.Spent.Add(cost)
	return c.Hard && cost > 0 && (err != nil || sum > c.Limit-c.held(a))
}

// held is what open holds will count when they are captured.
func (c *Counter) held(a *account) (sum money.Credits) {
	if !c.Holds {
		return 0
	}
	sum = a.Reserved
	for _, g := range a.grants {
		sum += g.Held
	}
	return sum
}

func (c *Counter) reached(now Count, a *account, cost money.Credits) LimitReached {
	return LimitReached{
		Key: c.Key, Limit: c.Limit, Spent: now.Spent, Held: c.held(a), ResetsAt: c.PeriodEnd,
		CreditType: c.Wallet.CreditType, Required: cost, Meter: c.Meter, Period: c.Period,
	}
}

// Exhausted says whether nothing is left of a limit beside what open holds set aside:
// it is reached then.
func Exhausted(limit, spent, held money.Credits) bool { return spent >= limit-held }

// reachedNow says which of the command's limits are reached.
func (s *State) reachedNow(c *Command) []bool {
	if len(c.Counters) == 0 {
		return nil
	}
	out := make([]bool, len(c.Counters))
	for i := range c.Counters {
		if a := s.wallets[c.Counters[i].Wallet]; a != nil {
			out[i] = Exhausted(c.Counters[i].Limit, s.counters[c.Counters[i].id(a)].Spent, c.Counters[i].held(a))
		}
	}
	return out
}

// allow answers the limits that have no room for a hold.
func (s *State) allow(c *Command, k WalletKey, cost money.Credits) (refused []LimitReached) {
	for _, counter := range c.Counters {
		a := s.wallets[counter.Wallet]
		if counter.Wallet != k || counter.Meter != "" || a == nil {
			continue
		}
		if now := s.counters[counter.id(a)]; counter.overrun(now, a, cost) {
			refused = append(refused, counter.reached(now, a, cost))
		}
	}
	return refused
}

// tellLimits inserts the jobs about the command's limits: before is which of them
// were reached before it. A period that is over tells nobody. Work of the past is
// judged with the next change, and only a gateway hears of it at once.
func (s *State) tellLimits(c *Command, before []bool, r *Refusal) {
	for i, reached := range s.reachedNow(c) {
		counter := &c.Counters[i]
		a := s.wallets[counter.Wallet]
		if a == nil || a.isNew && r != nil || counter.JobKind == "" || !counter.PeriodEnd.After(s.now) {
			continue
		}
		at := counter.id(a)
		now := s.counters[at]
		if isQuiet(c.Op) {
			if reached != before[i] {
				s.tellLimit(counter, a, now, nil, true)
			}
			continue
		}
		refusal := r.of(counter.Key)
		tells := refusal != nil && !reached && !now.Refused
		if reached == before[i] && reached == now.Reached && !tells {
			continue
		}
		if reached != before[i] || reached != now.Reached {
			now.Reached = reached
			s.tellLimit(counter, a, now, nil, false)
		}
		if tells {
			now.Refused = true
			s.tellLimit(counter, a, now, refusal, false)
		}
		s.counters[at] = now
		s.touchedCounters[at] = true
	}
}

func (s *State) tellLimit(c *Counter, a *account, now Count, refusal *LimitReached, quiet bool) {
	s.out.Jobs = append(s.out.Jobs, job.Spec{Kind: c.JobKind, Payload: Reached{
		Wallet: a.ID, Customer: a.Customer, CreditType: a.CreditType, Key: c.Key, Seq: a.Seq, At: s.now,
		Start: c.PeriodStart, End: c.PeriodEnd, Limit: c.Limit, Spent: now.Spent, Refusal: refusal, Quiet: quiet, Payload: c.Payload,
	}})
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
		if !slices.Contains(n.Wallets, r.Wallet) {
			n.Wallets = append(n.Wallets, r.Wallet)
		}
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
