package ledger

import (
	"purse/billing/fault"
	"purse/billing/money"
)

func (d Debit) needs(n *Needs) {
	for _, c := range d.Charges {
		n.Wallets = append(n.Wallets, c.Wallet)
		if d.Caller != "" {
			n.Callers = append(n.Callers, CallerRef{c.Wallet.Customer, d.Caller})
		}
		if d.late().is() {
			n.Lapsed = append(n.Lapsed, LapsedRef{c.Wallet, d.EventAt, d.Grace})
		}
		for _, l := range c.Lines {
			if !l.Cost.IsZero() {
				n.Sums = append(n.Sums, SumRef{c.Wallet, l.Rate})
			}
		}
	}
}

// plan is what a charge takes, and what it lacks.
type plan struct {
	account *account
	lines   []Line // with their credits
	moves   []move
	short   []Shortage
}

// decide takes every charge or none. A line that costs nothing is never refused.
func (d Debit) decide(s *State, c *Command) Result {
	if refused := d.check(); refused != nil {
		return refuse(refused)
	}
	plans := make([]plan, len(d.Charges))
	charged := make([]Charge, len(d.Charges))
	var short []Shortage
	for i, ch := range d.Charges {
		lines, refused := s.price(ch)
		if refused != nil {
			return refuse(refused)
		}
		charged[i] = Charge{ch.Wallet, lines}
		plans[i] = s.plan(charged[i], d.late())
		short = append(short, plans[i].short...)
	}
	if d.Record {
		short = nil
	}
	if refusal := refusal(short, s.count(c, charged, !d.Record)); refusal != nil {
		return Result{Refused: refusal}
	}
	var res Result
	for _, p := range plans {
		detail := &Detail{Event: d.Event, EventName: d.EventName, EventAt: d.EventAt.UnixMicro(), Recorded: d.Record, Lines: s.addUp(p)}
		if d.EventAt.IsZero() {
			detail.EventAt = s.now.UnixMicro()
		}
		if d.Caller != "" {
			detail.Caller = s.callers[CallerRef{p.account.Customer, d.Caller}]
		}
		if !s.unexpire(p, detail) {
			return overflow()
		}
		posted, ok := s.post(p.account, PostDebit, detail, p.moves, 0, c.Note)
		if !ok {
			return overflow()
		}
		res.Postings = append(res.Postings, posted)
	}
	return res
}

// price rounds the lines of a charge: each is what its rate's sum grows by.
func (s *State) price(ch Charge) ([]Line, *fault.Error) {
	a := s.wallets[ch.Wallet]
	lines := make([]Line, len(ch.Lines))
	var total money.Credits
	for i, l := range ch.Lines {
		if !l.Cost.IsZero() {
			before := s.sums[SumID{a.ID, l.Rate}]
			for _, earlier := range lines[:i] {
				if earlier.Rate == l.Rate && !earlier.Cost.IsZero() {
					before = earlier.Sum
				}
			}
			l.Sum = before.Add(l.Cost)
			was, err := before.Round()
			if err != nil {
				return nil, outOfRange()
			}
			is, err := l.Sum.Round()
			if err != nil {
				return nil, outOfRange()
			}
			l.Credits = is - was
		}
		if l.Credits < 0 || l.Credits > money.MaxAmount || total > money.MaxAmount-l.Credits {
			return nil, outOfRange()
		}
		total += l.Credits
		lines[i] = l
	}
	return lines, nil
}

func outOfRange() *fault.Error { return fault.Bad("charges", "A charge is out of range.") }

// addUp keeps the sums of a plan, and answers its lines as they are stored.
func (s *State) addUp(p plan) []Line {
	for i, l := range p.lines {
		if l.Cost.IsZero() {
			continue
		}
		at := SumID{p.account.ID, l.Rate}
		old := s.sums[at]
		s.onRollback(func() { s.sums[at] = old })
		s.sums[at] = l.Sum
		s.touchedSums[at] = true
		if l.Cost.Whole() {
			p.lines[i].Cost, p.lines[i].Sum = money.Exact{}, money.Exact{}
		}
	}
	return p.lines
}

// plan says which lots pay for a charge, line by line, and which lines lack what.
// Work that costs anything at all is not begun with nothing.
func (s *State) plan(ch Charge, late late) plan {
	a := s.wallets[ch.Wallet]
	p := plan{account: a, lines: ch.Lines}
	var borrowed money.Credits // of the overdraft, by the lines that fit
	for _, l := range ch.Lines {
		left := a.available(l.Meter, s.now) + a.Overdraft - borrowed
		for _, m := range p.moves {
			if m.grant != nil && m.grant.InScope(l.Meter) {
				left += m.amount
			}
		}
		before := p.missing()
		p.moves = s.drawLate(a, l.Meter, l.Credits, p.moves, late)
		if (l.Credits > 0 || !l.Cost.IsZero()) && (l.Credits > left || left <= 0) {
			p.short = append(p.short, Shortage{CreditType: ch.Wallet.CreditType, Meter: l.Meter, Required: max(l.Credits, 1), Available: left})
		} else {
			borrowed += p.missing() - before
		}
	}
	switch {
	case len(p.short) > 0 && len(ch.Lines) > 1:
		p.short = s.inAll(p, ch)
	case len(p.short) > 0:
		p.short[0].Meter = ""
	}
	return p
}

// missing is what the plan takes beyond the lots.
func (p plan) missing() money.Credits {
	for _, m := range p.moves {
		if m.grant == nil {
			return -m.amount
		}
	}
	return 0
}

// inAll tells of the whole charge where all of its lines together lack credits;
// where only some of them do, since the rest may draw what these may not, of those.
func (s *State) inAll(p plan, ch Charge) []Shortage {
	all := Shortage{CreditType: ch.Wallet.CreditType, Available: p.account.Overdraft}
	var meters []string
	for _, l := range p.lines {
		all.Required += l.Credits
		if l.Credits > 0 {
			meters = append(meters, l.Meter)
		}
	}
	all.Available += p.account.availableToAny(meters, s.now)
	if all.Required > all.Available {
		return []Shortage{all}
	}
	return p.short
}

func (d Debit) check() *fault.Error {
	if len(d.Charges) == 0 {
		return fault.Bad("charges", "A debit needs a charge.")
	}
	var sum money.Credits
	for i, ch := range d.Charges {
		if len(ch.Lines) == 0 {
			return fault.Bad("charges", "A charge needs a line.")
		}
		for _, before := range d.Charges[:i] {
			if before.Wallet == ch.Wallet {
				return fault.Bad("charges", "A wallet may be charged once in a debit.")
			}
		}
		for _, l := range ch.Lines {
			if l.Credits < 0 || l.Credits > money.MaxAmount || sum > money.MaxAmount-l.Credits {
				return outOfRange()
			}
			sum += l.Credits
		}
	}
	return nil
}
