package show

import (
	"math/big"
	"sort"
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/views/portal"
	"purse/views/ui"
)

// Why explains a posting: event, rates, quantities, grants, or the purchase that
// it belongs to.
func Why(t tx.Tx, l *ledger.Ledger, ps *purchase.Service, c *catalog.Snapshot, p ledger.Posting, w ledger.Wallet, base string) (portal.Why, error) {
	d := p.Detail
	why := portal.Why{
		Unit: Unit(c, w.CreditType), ID: p.ID.String(), Kind: string(p.Kind), At: p.At, Amount: p.Amount, After: p.BalanceAfter,
		Event: d.Event, EventName: d.EventName, Recorded: d.Recorded, Caller: p.Caller, Reason: p.Reason, Actor: p.Actor, Ref: d.Ref,
	}
	if d.EventAt != 0 {
		why.EventAt = time.UnixMicro(d.EventAt).UTC()
	}
	if p.Corrects > 0 {
		why.Corrects = base + ledger.PostingID{Wallet: p.ID.Wallet, Seq: p.Corrects}.String()
	}
	for _, line := range d.Lines {
		why.Lines = append(why.Lines, whyLine(c, line))
	}
	b, err := NewNames(t, ps, w.Customer).bought(p)
	if err != nil {
		return why, err
	}
	why.Title = portal.PostingName(why.Kind)
	if p.Kind == ledger.PostExpire && p.Amount > 0 {
		why.Title = Title(p) + " " + What(p)
	}
	if b != nil {
		bought, err := Bought(t, ps, c, b)
		if err != nil {
			return why, err
		}
		why.Bought, why.Title = &bought, boughtTitle(p, b)
	}
	for _, e := range p.Entries {
		m := portal.WhyMove{Amount: e.Amount}
		if e.Grant != 0 {
			g, _, err := l.Grant(t, w.Customer, e.Grant)
			if err != nil {
				return why, err
			}
			m.Grant, m.Kind, m.Expires = g.ID.String(), string(g.Kind), g.ExpiresAt
		} else if e.Amount == 0 {
			continue
		}
		why.Moves = append(why.Moves, m)
	}
	return why, nil
}

func whyLine(c *catalog.Snapshot, line ledger.Line) portal.WhyLine {
	out := portal.WhyLine{Meter: line.Meter, Quantity: line.Quantity, RateID: line.Rate, Credits: line.Credits, Rate: "unknown"}
	if m := c.Meter(line.Meter); m != nil {
		out.Property = m.Property
	}
	rate := c.Rate(line.Rate)
	if rate == nil {
		return out
	}
	out.Rate = RateText(rate, Unit(c, rate.CreditType))
	out.Match = MatchText(rate.Match)
	out.Since = rate.EffectiveAt
	out.Exact = exact(line.Quantity, rate)
	if !line.Sum.IsZero() {
		out.Sum = shortened(line.Sum.String())
	}
	return out
}

// RateText says what a rate costs: "0.25 credits per 1,000".
func RateText(r *catalog.Rate, u ui.Unit) string {
	word := u.Plural
	if r.Credits == "1" {
		word = u.Singular
	}
	s := ui.Decimal(r.Credits) + " " + word
	if r.Per == 1 {
		return s + " each"
	}
	return s + " per " + ui.Number(r.Per)
}

// MatchText says which events a rate is for: "model = m", "" for all.
func MatchText(match map[string]string) string {
	var parts []string
	for k, v := range match {
		parts = append(parts, k+" = "+v)
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}

// exact is quantity × credits ÷ per as a decimal, cut after 18 places with a
// mark when it goes on.
func exact(quantity string, r *catalog.Rate) string {
	q, ok := new(big.Rat).SetString(quantity)
	if !ok || r.Scaled() == nil {
		return ""
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(catalog.Scale), nil)
	cost := new(big.Rat).SetFrac(r.Scaled(), scale)
	cost.Mul(cost, q)
	cost.Quo(cost, new(big.Rat).SetInt64(r.Per))
	const places = 18
	s := cost.FloatString(places)
	back, _ := new(big.Rat).SetString(s)
	s = strings.TrimRight(s, "0")
	s = strings.TrimSuffix(s, ".")
	if back.Cmp(cost) != 0 {
		s = cost.FloatString(12) + "…"
	}
	return s
}

// shortened is an exact sum as a decimal that ends; a fraction is cut with a mark.
func shortened(exact string) string {
	r, ok := new(big.Rat).SetString(exact)
	if !ok {
		return exact
	}
	if places, ends := r.FloatPrec(); !ends || places > 18 {
		return r.FloatString(12) + "…"
	}
	return exact
}
