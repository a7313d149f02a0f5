package ledger

import (
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
)

func (h NewHold) needs(n *Needs) { n.Wallets = append(n.Wallets, h.Wallet) }

// decide reserves amounts on particular grants, in burn order, and what they lack
// of the overdraft: a hold is a decision.
func (h NewHold) decide(s *State, c *Command) Result {
	if err := checkAmount("credits", h.Credits); err != nil {
		return refuse(err)
	}
	expires := stored(h.ExpiresAt)
	if expires.IsZero() {
		expires = s.now.Add(DefaultHold)
	}
	if !expires.After(s.now) || expires.After(s.now.Add(MaxHold)) {
		return refuse(fault.Bad("expires_at", "A hold ends within 24 hours from now."))
	}
	a := s.wallets[h.Wallet]
	var short []Shortage
	if available := a.available("", s.now) + a.Overdraft; available < h.Credits {
		short = []Shortage{{CreditType: h.Wallet.CreditType, Required: h.Credits, Available: available}}
	}
	if refusal := refusal(short, s.allow(c, h.Wallet, h.Credits)); refusal != nil {
		return Result{Refused: refusal}
	}
	s.touchWallet(a)
	hold := &Hold{
		ID: HoldID(id.Number(s.now)), Wallet: a.ID, WalletKey: a.WalletKey, Amount: h.Credits, State: HoldOpen,
		ExpiresAt: expires, CreatedAt: s.now,
	}
	for _, m := range s.draw(a, "", h.Credits, nil) {
		if m.grant == nil {
			a.Reserved -= m.amount
			hold.Reservations = append(hold.Reservations, Reservation{Amount: -m.amount})
			continue
		}
		s.touchGrant(m.grant)
		m.grant.Held -= m.amount
		hold.Reservations = append(hold.Reservations, Reservation{m.grant.ID, -m.amount})
	}
	s.holds[hold.ID] = hold
	s.touchedHolds[hold.ID] = true
	s.out.NewHolds[hold.ID] = true
	return Result{Hold: hold.ID}
}

func (c Capture) needs(n *Needs) { n.Holds = append(n.Holds, c.Hold) }

func (c Capture) decide(s *State, cmd *Command) Result {
	h, refused := s.openHold(c.Hold, c.Customer)
	if refused != nil {
		return refuse(refused)
	}
	if c.Credits < 0 || c.Credits > money.MaxAmount {
		return refuse(fault.Bad("credits", "A capture is of zero or more credits, and at most %s.", money.MaxAmount))
	}
	a := s.byID[h.Wallet]
	s.endHold(h, HoldCaptured, s.now)
	h.Captured = c.Credits
	// What was reserved may be drawn even when its grant has expired since.
	var moves []move
	rest := c.Credits
	for _, r := range h.Reservations {
		part := min(r.Amount, rest)
		if part > 0 {
			moves = merge(moves, s.grants[r.Grant], -part) // none: the overdraft, which becomes debt
			rest -= part
		}
	}
	moves = s.draw(a, "", rest, moves)
	posted, ok := s.post(a, PostCapture, &Detail{Ref: h.ID.String()}, moves, 0, cmd.Note)
	if !ok {
		return overflow()
	}
	// A capture names no meter: only limits on all that is spent count it.
	_ = s.count(cmd, []Charge{{Wallet: a.WalletKey, Lines: []Line{{Credits: c.Credits}}}}, false)
	s.settleSince(a, s.now) // what the hold kept from expiring
	return Result{Postings: []Posted{posted}, Hold: h.ID}
}

func (r Release) needs(n *Needs) { n.Holds = append(n.Holds, r.Hold) }

func (r Release) decide(s *State, _ *Command) Result {
	h, refused := s.openHold(r.Hold, r.Customer)
	if refused != nil {
		return refuse(refused)
	}
	s.endHold(h, HoldReleased, s.now)
	s.settleSince(s.byID[h.Wallet], s.now)
	return Result{Hold: h.ID}
}

func (s *State) openHold(id HoldID, customer string) (*Hold, *fault.Error) {
	h := s.holds[id]
	if h == nil || (customer != "" && h.Customer != customer) {
		return nil, fault.Missing("hold")
	}
	switch h.State {
	case HoldOpen:
		return h, nil
	case HoldExpired:
		return nil, fault.New(fault.Conflict, "hold_expired", "", "The hold expired. Report work that is done as usage with mode record.")
	default:
		return nil, fault.New(fault.Conflict, "hold_ended", "", "The hold was already %s.", h.State)
	}
}
