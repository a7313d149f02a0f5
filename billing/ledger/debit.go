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
//
// What a line lacks is what would have to be granted to any meter for it to fit
// beside the lines before it, once these have been given what they lack: all of it
// together makes the whole charge fit, and less does not.
func (s *State) plan(ch Charge, late late) plan {
	a := s.wallets[ch.Wallet]
	p := plan{account: a, lines: ch.Lines}
	var borrowed, lacks money.Credits // of the overdraft, and beyond it
	for _, l := range ch.Lines {
		left := a.available(l.Meter, s.now) + a.Overdraft - borrowed + lacks
		for _, m := range p.moves {
			if m.grant != nil && m.grant.InScope(l.Meter) {
				left += m.amount
			}
		}
		before := p.missing()
		p.moves = s.drawLate(a, l.Meter, l.Credits, p.moves, late)
		borrowed += p.missing() - before
		if needs := max(l.Credits, 1); l.costs() && needs > left {
			p.short = append(p.short, Shortage{CreditType: ch.Wallet.CreditType, Meter: l.Meter, Required: needs, Available: left})
			lacks += needs - left
		}
	}
	switch {
	case len(p.short) == 0:
	case len(ch.Lines) == 1:
		p.short[0].Meter = ""
	case s.allAlike(p):
		all := p.account.availableToAny(p.meters(), s.now) + p.account.Overdraft
		p.short = []Shortage{{CreditType: ch.Wallet.CreditType, Required: all + lacks, Available: all}}
	}
	return p
}

// costs says whether a line costs anything at all, be it less than can be booked.
func (l *Line) costs() bool { return l.Credits > 0 || !l.Cost.IsZero() }

// meters are those of the lines that cost anything.
func (p plan) meters() (out []string) {
	for _, l := range p.lines {
		if l.costs() {
			out = append(out, l.Meter)
		}
	}
	return out
}

// allAlike says whether every line may draw what the others may: then what lacks is
// told of the whole charge, else of each meter.
func (s *State) allAlike(p plan) bool {
	meters := p.meters()
	for _, g := range p.account.grants {
		if !g.Scoped() || !g.Usable(s.now) || g.Free() <= 0 {
			continue
		}
		may := 0
		for _, m := range meters {
			if g.InScope(m) {
				may++
			}
		}
		if may > 0 && may < len(meters) {
			return false
		}
	}
	return true
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
