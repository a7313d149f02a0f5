package ledger

import (
	"math"
	"slices"

	"purse/billing/fault"
	"purse/billing/money"
)

func (d Debit) needs(n *Needs) {
	for _, c := range d.Charges {
		n.Wallets = append(n.Wallets, c.Wallet)
		if d.Caller != "" {
			n.Callers = append(n.Callers, CallerRef{c.Wallet.Customer, d.Caller})
		}
	}
}

// decide takes every charge or none. A line of 0 is never refused.
func (d Debit) decide(s *State, c *Command) Result {
	if refused := d.check(); refused != nil {
		return refuse(refused)
	}
	var missing *Refusal
	plans := make([][]move, len(d.Charges))
	for i, ch := range d.Charges {
		a := s.wallets[ch.Wallet]
		for _, l := range ch.Lines {
			available := a.available(l.Meter, s.now)
			for _, m := range plans[i] {
				if m.grant == nil || m.grant.InScope(l.Meter) {
					available += m.amount
				}
			}
			if l.Credits > 0 && !d.Record && available-l.Credits < -a.Overdraft && missing == nil {
				missing = d.lacking(s, a, ch)
			}
			plans[i] = s.draw(a, l.Meter, l.Credits, plans[i])
		}
	}
	if missing != nil {
		return Result{Refused: missing}
	}
	if refusal := s.count(c, d.Charges, !d.Record); refusal != nil {
		return Result{Refused: refusal}
	}
	var res Result
	for i, ch := range d.Charges {
		a := s.wallets[ch.Wallet]
		detail := &Detail{
			Event: d.Event, EventName: d.EventName, EventAt: d.EventAt.UnixMicro(), Recorded: d.Record, Lines: ch.Lines,
		}
		if d.EventAt.IsZero() {
			detail.EventAt = s.now.UnixMicro()
		}
		if d.Caller != "" {
			detail.Caller = s.callers[CallerRef{a.Customer, d.Caller}]
		}
		posted, ok := s.post(a, PostDebit, detail, plans[i], 0, c.Note)
		if !ok {
			return overflow()
		}
		res.Postings = append(res.Postings, posted)
	}
	return res
}

// lacking is the refusal of a charge: what all of it costs, and what this wallet
// could still give to its meters.
func (d Debit) lacking(s *State, a *account, ch Charge) *Refusal {
	var required money.Credits
	var meters []string
	for _, l := range ch.Lines {
		required += l.Credits
		if l.Credits > 0 && !slices.Contains(meters, l.Meter) {
			meters = append(meters, l.Meter)
		}
	}
	available := a.availableToAny(meters, s.now)
	return insufficient(ch.Wallet.CreditType, required, available+a.Overdraft).Refused
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
			if l.Credits < 0 || l.Credits > money.MaxAmount || sum > math.MaxInt64-l.Credits {
				return fault.Bad("charges", "A charge is out of range.")
			}
			sum += l.Credits
		}
		if sum > money.MaxAmount {
			return fault.Bad("charges", "A charge of %s credits is out of range.", sum)
		}
	}
	return nil
}
