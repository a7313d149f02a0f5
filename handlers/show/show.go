// Package show turns what the ledger and the catalog answer into what pages
// show, for the portal and the admin console alike.
package show

import (
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/views/portal"
	"purse/views/ui"
)

// Unit is how credits of a type are shown.
func Unit(c *catalog.Snapshot, key string) ui.Unit {
	t := c.CreditType(key)
	if t == nil {
		return ui.DefaultUnit
	}
	return ui.Unit{Name: t.Name, Singular: t.Unit, Plural: t.Units, Decimals: t.Decimals}
}

// Type is the credit type that a page is about: the one asked for, else the
// first that the customer has a wallet of, else the first that there is.
func Type(asked string, c *catalog.Snapshot, balances []ledger.Balance) string {
	if t := c.CreditType(asked); t != nil {
		return t.Key
	}
	if len(balances) > 0 {
		return balances[0].CreditType
	}
	for _, t := range c.CreditTypes {
		if !t.Archived() {
			return t.Key
		}
	}
	return "credits"
}

// Types are links to the pages of each credit type that the customer has, none
// when there is only one.
func Types(c *catalog.Snapshot, balances []ledger.Balance, current, path string) []portal.TypeLink {
	if len(balances) < 2 {
		return nil
	}
	var out []portal.TypeLink
	for _, b := range balances {
		name := b.CreditType
		if t := c.CreditType(name); t != nil {
			name = t.Name
		}
		out = append(out, portal.TypeLink{Name: name, Path: path + "?credit_type=" + b.CreditType, Current: b.CreditType == current})
	}
	return out
}

// Balance picks the balance of a credit type; zeros when there is none.
func Balance(balances []ledger.Balance, customer, creditType string) ledger.Balance {
	for _, b := range balances {
		if b.CreditType == creditType {
			return b
		}
	}
	return ledger.Balance{WalletKey: ledger.WalletKey{Customer: customer, CreditType: creditType}}
}

// Sources are the parts of a balance by kind of grant, in burn order.
func Sources(b ledger.Balance) []portal.Source {
	var out []portal.Source
	for _, k := range ledger.Kinds() {
		if c := b.ByKind[k]; c > 0 {
			out = append(out, portal.Source{Kind: string(k), Amount: c})
		}
	}
	return out
}

// Scoped are the credits of a balance that only some meters may draw.
func Scoped(b ledger.Balance) []portal.Scoped {
	var out []portal.Scoped
	for _, s := range b.Scoped {
		out = append(out, portal.Scoped{Meters: s.Meters, Available: s.Available})
	}
	return out
}

// Grant shows one lot.
func Grant(g ledger.Grant, now time.Time) portal.Grant {
	out := portal.Grant{
		ID: g.ID.String(), Kind: string(g.Kind), Amount: g.Amount, Held: g.Held, Left: g.Remaining, Used: g.Used(),
		Paid: g.AmountPaid(), Effective: g.EffectiveAt, Expires: g.ExpiresAt, Created: g.CreatedAt,
		Priority: g.Priority, Meters: g.Meters, Expired: g.Lapsed + g.Clawed + g.Gone,
	}
	switch {
	case !g.VoidedAt.IsZero():
		out.State = "taken back"
	case g.Frozen:
		out.State = "frozen"
	case g.Lapsed > 0:
		out.State = "expired"
	case g.Remaining == 0 && g.Clawed > 0:
		out.State = "taken back"
	case g.Remaining == 0 && g.Gone > 0 && g.Used() == 0:
		out.State = "transferred or corrected"
	case g.Remaining == 0:
		out.State = "used up"
	case g.EffectiveAt.After(now):
		out.State = "not yet"
	default:
		out.State = "usable"
	}
	return out
}

// LiveGrants shows lots that are in burn order, numbering those that can be drawn.
func LiveGrants(grants []ledger.Grant, now time.Time) []portal.Grant {
	var out []portal.Grant
	n := 0
	for _, g := range grants {
		s := Grant(g, now)
		if s.State == "usable" {
			n++
			s.Order = n
		}
		out = append(out, s)
	}
	return out
}

// Rows shows postings. Base is the path below which each has its page.
func Rows(t tx.Tx, l *ledger.Ledger, ps *purchase.Service, customer string, postings []ledger.Posting, base string) ([]portal.Row, error) {
	kinds := map[ledger.GrantID]string{}
	names := NewNames(t, ps, customer)
	var out []portal.Row
	for _, p := range postings {
		title, what, err := names.Of(p)
		if err != nil {
			return nil, err
		}
		r := portal.Row{
			ID: p.ID.String(), At: p.At, Kind: string(p.Kind), Title: title, What: what, Amount: p.Amount, After: p.BalanceAfter,
			Href: base + p.ID.String(),
		}
		var grants []ledger.GrantID
		debt := false
		for _, e := range p.Entries {
			if e.Grant != 0 {
				grants = append(grants, e.Grant)
			} else if e.Amount != 0 {
				debt = true
			}
		}
		switch {
		case len(grants) > 0:
			first := grants[0]
			name, ok := kinds[first]
			if !ok {
				g, _, err := l.Grant(t, customer, first)
				if err != nil {
					return nil, err
				}
				name = portal.KindName(string(g.Kind))
				kinds[first] = name
			}
			r.GrantID, r.GrantName = first.String(), name
			for _, g := range grants[1:] {
				if g != first {
					r.More++
				}
			}
		case debt:
			r.GrantName = "Debt"
		}
		out = append(out, r)
	}
	return out, nil
}

// Title names a posting: usage by its event, everything else by its kind.
func Title(p ledger.Posting) string {
	if p.Kind == ledger.PostExpire && p.Amount > 0 {
		return "Expiry undone"
	}
	if p.Detail.EventName != "" {
		return p.Detail.EventName
	}
	return portal.PostingName(string(p.Kind))
}

// What says in a line what a posting was for.
func What(p ledger.Posting) string {
	d := p.Detail
	if p.Kind == ledger.PostExpire && p.Amount > 0 {
		return "for " + d.EventName + ", done while the credits were valid"
	}
	var parts []string
	if len(d.Lines) > 0 {
		var lines []string
		for i, l := range d.Lines {
			if i == 3 {
				lines = append(lines, "…")
				break
			}
			if l.Quantity != "" {
				lines = append(lines, ui.Decimal(l.Quantity)+" "+l.Meter)
			} else {
				lines = append(lines, l.Meter)
			}
		}
		parts = append(parts, strings.Join(lines, ", "))
	}
	if p.Caller != "" {
		parts = append(parts, "by "+p.Caller)
	}
	if p.Reason != "" {
		parts = append(parts, p.Reason)
	}
	if len(parts) == 0 && d.Ref != "" {
		parts = append(parts, refName(d.Ref))
	}
	return strings.Join(parts, " · ")
}

func refName(ref string) string {
	switch {
	case strings.HasPrefix(ref, "pur_"):
		return "Purchase " + ref
	case strings.HasPrefix(ref, "hold_"):
		return "Hold " + ref
	}
	return ref
}
