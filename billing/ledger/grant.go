package ledger

import (
	"cmp"
	"math/bits"
	"slices"
	"time"

	"purse/billing/money"
)

// Kind is why credits were granted.
type Kind string

const (
	Promotional Kind = "promotional"
	Included    Kind = "included"
	Committed   Kind = "committed"
	Paid        Kind = "paid"
)

// kindOrder is the order in which kinds burn when all before it is equal.
var kindOrder = map[Kind]int{Promotional: 0, Included: 1, Committed: 2, Paid: 3}

// Valid says whether k is a kind of grant.
func (k Kind) Valid() bool { _, ok := kindOrder[k]; return ok }

// Kinds are the kinds of grants in the order in which they burn.
func Kinds() []Kind { return []Kind{Promotional, Included, Committed, Paid} }

// DefaultPriority is the priority of a grant that names none. Lower burns first.
const DefaultPriority = 50

// Grant is a lot of credits in a wallet.
//
// Amount, Kind, Priority, dates, Meters, Paid, PaidFor, Source and Origin never
// change. 0 ≤ Reclaim ≤ Held ≤ Remaining ≤ Amount always.
type Grant struct {
	ID        GrantID
	Wallet    WalletID
	Kind      Kind
	Priority  int // 0 to 100, lower burns first
	Amount    money.Credits
	Remaining money.Credits
	Held      money.Credits // reserved by open holds
	// EffectiveAt is when it can first be drawn, ExpiresAt when it no longer
	// can (zero: never).
	EffectiveAt, ExpiresAt time.Time
	// Meters restrict what may draw it, by key; none means everything.
	Meters []string
	// Paid is what was paid for PaidFor credits: the cost basis. A lot that was
	// transferred keeps both, so that its basis stays exact.
	Paid    money.Money
	PaidFor money.Credits
	// Source says what made it, once: a purchase and its line. "" for none.
	Source string
	// Origin is the grant that it was transferred from at first, 0 for none.
	Origin GrantID
	Frozen bool // a dispute is open: not drawn, not expired
	// Lapsed and Clawed are what expiry took of it, and what refunds and disputes
	// took back: neither was used.
	Lapsed, Clawed money.Credits
	// Gone is what was voided, transferred or taken by an adjustment, Sent what of it
	// was transferred.
	Gone, Sent money.Credits
	// Worth is what was paid for the lot without the parts that were transferred, in
	// minor units of Paid's currency: a part takes its share along, and they add up.
	Worth int64
	// Reclaim is what a refund or a dispute takes when the holds on it end;
	// ReclaimFor is the posting that it then makes.
	Reclaim    money.Credits
	ReclaimFor ReclaimFor
	// ClawedWith is the first grant of the purchase whose payment went back, the
	// same for all its grants; 0 before that. ClawDebt is what of the purchase was
	// used, and became debt then: on any of its grants, their sum counts.
	ClawedWith GrantID
	ClawDebt   money.Credits
	VoidedAt   time.Time
	CreatedAt  time.Time
}

// Scoped says whether only some meters may draw the grant.
func (g *Grant) Scoped() bool { return len(g.Meters) > 0 }

// Taken is what staff took back by a void or an adjustment: nobody used it.
func (g *Grant) Taken() money.Credits { return g.Gone - g.Sent }

// Standing is what was bought for all kinds of work and stands: nothing of a lot
// that is not paid, is scoped, voided or in question, and not what went back.
func (g *Grant) Standing() money.Credits {
	if g.Kind != Paid || g.Scoped() || g.Frozen || !g.VoidedAt.IsZero() {
		return 0
	}
	return g.Amount - g.Clawed - g.Reclaim - g.ClawDebt
}

// ReclaimFor is the kind and the reference of the posting of a Clawback.
type ReclaimFor struct {
	Kind PostingKind
	Ref  string
}

// Used is what use took of it, its repayment of debt included.
func (g *Grant) Used() money.Credits { return g.Amount - g.Remaining - g.Lapsed - g.Clawed - g.Gone }

// AmountPaid is Worth, in its currency.
func (g *Grant) AmountPaid() money.Money {
	return money.Money{Amount: g.Worth, Currency: g.Paid.Currency}
}

// send takes the share of what was paid for a part that is transferred.
func (g *Grant) send(part money.Credits) (worth int64) {
	worth = money.Share(g.Worth, part, g.Amount-g.Sent)
	g.Sent += part
	g.Worth -= worth
	return worth
}

// Free is what no hold has reserved.
func (g *Grant) Free() money.Credits { return g.Remaining - g.Held }

// Expired says whether the grant's time is over.
func (g *Grant) Expired(now time.Time) bool {
	return !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(now)
}

// Usable says whether the grant can be drawn now by something in its scope.
func (g *Grant) Usable(now time.Time) bool {
	return !g.Frozen && g.VoidedAt.IsZero() && !g.EffectiveAt.After(now) && !g.Expired(now)
}

// InScope says whether a meter may draw the grant; "" stands for no meter, for
// which only unscoped grants count.
func (g *Grant) InScope(meter string) bool {
	return len(g.Meters) == 0 || (meter != "" && slices.Contains(g.Meters, meter))
}

// BurnOrder compares two grants of one wallet: which is drawn first. It is
// scope-restricted first, then priority, earliest expiry (never last), kind,
// lower cost basis, effective date, id.
func BurnOrder(a, b *Grant) int {
	if a.Scoped() != b.Scoped() {
		if a.Scoped() {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(a.Priority, b.Priority); c != 0 {
		return c
	}
	if c := compareExpiry(a.ExpiresAt, b.ExpiresAt); c != 0 {
		return c
	}
	if c := cmp.Compare(kindOrder[a.Kind], kindOrder[b.Kind]); c != 0 {
		return c
	}
	if c := compareBasis(a, b); c != 0 {
		return c
	}
	if c := a.EffectiveAt.Compare(b.EffectiveAt); c != 0 {
		return c
	}
	return cmp.Compare(a.ID, b.ID)
}

func compareExpiry(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// compareBasis compares paid/paidFor exactly, in 128 bits: a.Paid × b.PaidFor
// against b.Paid × a.PaidFor. Nothing paid is a basis of 0. Amounts of
// different currencies compare by number, which is arbitrary but always the same.
func compareBasis(a, b *Grant) int {
	ah, al := bits.Mul64(uint64(a.Paid.Amount), uint64(max(b.PaidFor, 1)))
	bh, bl := bits.Mul64(uint64(b.Paid.Amount), uint64(max(a.PaidFor, 1)))
	if c := cmp.Compare(ah, bh); c != 0 {
		return c
	}
	return cmp.Compare(al, bl)
}
