package ledger

import "purse/billing/money"

// draw plans how amount is taken from a wallet in burn order for a meter, on top
// of what moves already take. What is missing comes last, as a move of debt.
func (s *State) draw(a *account, meter string, amount money.Credits, moves []move) []move {
	return s.drawLate(a, meter, amount, moves, late{})
}

// drawLate is draw for work that may be late.
func (s *State) drawLate(a *account, meter string, amount money.Credits, moves []move, l late) []move {
	for _, g := range a.grants {
		if amount == 0 {
			return moves
		}
		switch {
		case !g.InScope(meter):
		case g.Usable(s.now):
			moves, amount = take(g, g.Free(), amount, moves)
		case l.mayDraw(g, s.now):
			moves, amount = take(g, g.Lapsed, amount, moves)
		}
	}
	if amount > 0 {
		moves = merge(moves, nil, -amount)
	}
	return moves
}

// take plans to take up to amount of what is free in g, and answers the rest.
func take(g *Grant, free, amount money.Credits, moves []move) ([]move, money.Credits) {
	for _, m := range moves {
		if m.grant == g {
			free += m.amount
		}
	}
	part := min(free, amount)
	if part <= 0 {
		return moves, amount
	}
	return merge(moves, g, -part), amount - part
}

// merge keeps one move for each grant, so that a posting has one entry for each.
func merge(moves []move, g *Grant, amount money.Credits) []move {
	for i := range moves {
		if moves[i].grant == g {
			moves[i].amount += amount
			return moves
		}
	}
	return append(moves, move{g, amount})
}
