package ledger

import (
	"slices"
	"strings"
	"time"

	"purse/billing/money"
	"purse/billing/tx"
)

// Reader is what a Store answers about the ledger's past.
type Reader interface {
	// WalletsOf answers the wallets of a customer, oldest first.
	WalletsOf(t tx.Tx, customer string) ([]Wallet, error)
	// WalletByID answers tx.ErrNotFound when there is none.
	WalletByID(t tx.Tx, id WalletID) (Wallet, error)
	// GrantsOf answers the grants of a wallet with id below before (0: all),
	// newest first; live leaves out those with nothing remaining.
	GrantsOf(t tx.Tx, w WalletID, live bool, before GrantID, limit int) ([]Grant, error)
	HoldByID(t tx.Tx, id HoldID) (Hold, error)
	HoldsOf(t tx.Tx, w WalletID, open bool, before HoldID, limit int) ([]Hold, error)
	// Entries answers those of the postings from to to, in ascending order.
	Entries(t tx.Tx, w WalletID, from, to int64) ([]Entry, error)
	// Others answers the places of postings of a kind other than debit within
	// [from, to], descending or ascending.
	Others(t tx.Tx, w WalletID, kind PostingKind, from, to int64, ascending bool, limit int) ([]int64, error)
	// Debits answers the places of debits within [from, to] that may match.
	Debits(t tx.Tx, w WalletID, f HourFilter, from, to int64, ascending bool, limit int) ([]int64, error)
	// Hours answers where postings that match lie, an hour a row, for the hours
	// from and to and those between.
	Hours(t tx.Tx, w WalletID, f HourFilter, from, to time.Time, ascending bool, limit int) ([]HourRange, error)
	TimeOf(t tx.Tx, w WalletID, seq int64) (time.Time, error)
	Notes(t tx.Tx, w WalletID, from, to int64) (map[int64]Note, error)
	CallerNames(t tx.Tx, ids []int64) (map[int64]string, error)
	CallersOf(t tx.Tx, customer string, limit int) ([]CallerName, error)
	// Posted answers the hourly totals within [from, to) by kind, Used those of
	// usage by meter and by the hour of the event's own time.
	Posted(t tx.Tx, w WalletID, from, to time.Time) ([]HourRow, error)
	Used(t tx.Tx, w WalletID, from, to time.Time) ([]HourRow, error)
	// UsedBy answers usage of one meter and caller by the hour in which it happened.
	UsedBy(t tx.Tx, w WalletID, f HourFilter, from, to time.Time) ([]HourRow, error)
	// PostedByMeter answers usage within [from, to) by meter and hour of posting.
	PostedByMeter(t tx.Tx, w WalletID, from, to time.Time) ([]HourRow, error)
	// PostedBy answers those of one kind, meter and caller.
	PostedBy(t tx.Tx, w WalletID, f HourFilter, from, to time.Time) ([]HourRow, error)
	// DueWallets answers wallets in which something has expired.
	DueWallets(t tx.Tx, limit int) ([]WalletKey, error)
	// EffectiveWallets answers wallets in which a grant that was made for later
	// became effective within (from, to], by id above after, and the last's id.
	EffectiveWallets(t tx.Tx, from, to time.Time, after WalletID, limit int) ([]WalletKey, WalletID, error)
	// Verify's walks.
	EachWallet(t tx.Tx, f func(Wallet) error) error
	EachEntry(t tx.Tx, w WalletID, f func(Entry) error) error
}

// CallerName is a caller of a customer.
type CallerName struct {
	ID   int64
	Name string
}

// HourFilter chooses postings of usage; zero values do not restrict.
type HourFilter struct {
	Kind   PostingKind
	Meter  string
	Caller int64
}

// HourRange is where an hour's matching postings lie, both ends included.
type HourRange struct {
	Hour        time.Time
	First, Last int64
}

// HourRow is a line of an hourly rollup; what it does not tell apart is zero.
type HourRow struct {
	Hour   time.Time
	Kind   PostingKind
	Meter  string
	Caller int64
	Rollup
}

// Balance is how a wallet stands, as if everything that is due had been written.
type Balance struct {
	Wallet WalletID // 0 when there is no wallet yet
	WalletKey
	Balance   money.Credits // what remains in all grants, less the debt
	Held      money.Credits // by open holds, of grants and of the overdraft
	Pending   money.Credits // in grants that are not effective yet
	Frozen    money.Credits // in grants whose payment is disputed
	Debt      money.Credits
	Overdraft money.Credits
	Available money.Credits // for work of any kind: unscoped grants only
	Scoped    []Scoped
	ByKind    map[Kind]money.Credits // what remains, unscoped and scoped
	// NextExpiry is the earliest expiry of usable credits, zero for none.
	NextExpiry        time.Time
	NextExpiryCredits money.Credits
	Seq               int64
	LastAt            time.Time
}

// Scoped is what some meters can draw beside the unscoped credits.
type Scoped struct {
	Meters    []string
	Available money.Credits
}

// Balances answers the wallets of a customer, oldest first.
func (l *Ledger) Balances(t tx.Tx, customer string) ([]Balance, error) {
	wallets, err := l.store.WalletsOf(t, customer)
	if err != nil || len(wallets) == 0 {
		return nil, err
	}
	n := Needs{}
	for _, w := range wallets {
		n.Wallets = append(n.Wallets, w.WalletKey)
	}
	s, err := l.settled(t, &n)
	if err != nil {
		return nil, err
	}
	out := make([]Balance, len(wallets))
	for i, w := range wallets {
		out[i] = s.wallets[w.WalletKey].balance(s.now)
	}
	return out, nil
}

// Balance answers one wallet; zeros when there is none yet.
func (l *Ledger) Balance(t tx.Tx, k WalletKey) (Balance, error) {
	s, err := l.settled(t, &Needs{Wallets: []WalletKey{k}})
	if err != nil {
		return Balance{}, err
	}
	b := s.wallets[k].balance(s.now)
	if s.wallets[k].isNew {
		b.Wallet = 0
	}
	return b, nil
}

// settled loads wallets and settles them in memory, without writing.
func (l *Ledger) settled(t tx.Tx, n *Needs) (*State, error) {
	loaded, err := l.store.Load(t, n)
	if err != nil {
		return nil, err
	}
	s := NewState(t.Now(), n, loaded)
	for _, a := range s.byID {
		s.settle(a)
	}
	return s, nil
}

// AvailableTo is what a meter can draw in a wallet now.
func (l *Ledger) AvailableTo(t tx.Tx, k WalletKey, meter string) (money.Credits, error) {
	s, err := l.settled(t, &Needs{Wallets: []WalletKey{k}})
	if err != nil {
		return 0, err
	}
	return s.wallets[k].available(meter, s.now), nil
}

// Preview decides commands on the wallets as they stand and writes nothing: what
// each would answer, and how the wallets would stand then.
func (l *Ledger) Preview(t tx.Tx, commands ...*Command) ([]Result, map[WalletKey]Balance, error) {
	var n Needs
	for _, c := range commands {
		c.Op.needs(&n)
	}
	loaded, err := l.store.Load(t, &n)
	if err != nil {
		return nil, nil, err
	}
	s := NewState(t.Now(), &n, loaded)
	results := make([]Result, len(commands))
	for i, c := range commands {
		results[i] = s.Decide(c)
	}
	after := map[WalletKey]Balance{}
	for k, a := range s.wallets {
		after[k] = a.balance(s.now)
	}
	return results, after, nil
}

func (a *account) balance(now time.Time) Balance {
	b := Balance{
		Wallet: a.ID, WalletKey: a.WalletKey, Balance: a.Balance, Debt: a.Debt, Overdraft: a.Overdraft,
		Available: a.available("", now), Held: a.Reserved, ByKind: map[Kind]money.Credits{}, Seq: a.Seq, LastAt: a.LastAt,
	}
	for _, g := range a.grants {
		if g.Remaining == 0 {
			continue
		}
		b.Held += g.Held
		b.ByKind[g.Kind] += g.Remaining
		switch {
		case g.Frozen:
			b.Frozen += g.Free()
		case g.EffectiveAt.After(now):
			b.Pending += g.Free()
		case g.Usable(now):
			if !g.ExpiresAt.IsZero() && g.Free() > 0 {
				switch {
				case b.NextExpiry.IsZero() || g.ExpiresAt.Before(b.NextExpiry):
					b.NextExpiry, b.NextExpiryCredits = g.ExpiresAt, g.Free()
				case g.ExpiresAt.Equal(b.NextExpiry):
					b.NextExpiryCredits += g.Free()
				}
			}
			if g.Scoped() {
				b.addScoped(g)
			}
		}
	}
	return b
}

func (b *Balance) addScoped(g *Grant) {
	key := strings.Join(g.Meters, "\x00")
	for i := range b.Scoped {
		if strings.Join(b.Scoped[i].Meters, "\x00") == key {
			b.Scoped[i].Available += g.Free()
			return
		}
	}
	b.Scoped = append(b.Scoped, Scoped{slices.Clone(g.Meters), g.Free()})
}

// Grants answers a wallet's grants as they stand now, newest first; live leaves out
// those with nothing left.
func (l *Ledger) Grants(t tx.Tx, w WalletID, live bool, before GrantID, limit int) (out []Grant, err error) {
	for len(out) < limit {
		page, err := l.store.GrantsOf(t, w, live, before, limit)
		if err != nil {
			return nil, err
		}
		now, err := l.grantsNow(t, page)
		if err != nil {
			return nil, err
		}
		for _, g := range now {
			if !live || g.Remaining > 0 {
				out = append(out, g)
			}
		}
		if len(page) < limit {
			break
		}
		before = page[len(page)-1].ID
	}
	return out[:min(limit, len(out))], nil
}

// grantsNow brings grants to where they stand when all that is due is written.
func (l *Ledger) grantsNow(t tx.Tx, grants []Grant) ([]Grant, error) {
	var n Needs
	for _, g := range grants {
		n.Grants = append(n.Grants, g.ID)
	}
	if len(n.Grants) == 0 {
		return nil, nil
	}
	s, err := l.settled(t, &n)
	if err != nil {
		return nil, err
	}
	for i := range grants {
		grants[i] = *s.grants[grants[i].ID]
	}
	return grants, nil
}

// LiveGrants answers the grants with something left in the order in which they
// burn, as if everything that is due had been written.
func (l *Ledger) LiveGrants(t tx.Tx, k WalletKey) ([]Grant, error) {
	s, err := l.settled(t, &Needs{Wallets: []WalletKey{k}})
	if err != nil {
		return nil, err
	}
	var out []Grant
	for _, g := range s.wallets[k].grants {
		if g.Remaining > 0 {
			out = append(out, *g)
		}
	}
	return out, nil
}

// Grant answers a grant of a customer's as it stands now, with its wallet;
// tx.ErrNotFound when it is another's. customer "" is anybody.
func (l *Ledger) Grant(t tx.Tx, customer string, id GrantID) (Grant, Wallet, error) {
	s, err := l.settled(t, &Needs{Grants: []GrantID{id}})
	if err != nil {
		return Grant{}, Wallet{}, err
	}
	g := s.grants[id]
	if g == nil || customer != "" && s.byID[g.Wallet].Customer != customer {
		return Grant{}, Wallet{}, tx.ErrNotFound
	}
	return *g, s.byID[g.Wallet].Wallet, nil
}

// Hold answers a hold; tx.ErrNotFound when it is not the customer's.
func (l *Ledger) Hold(t tx.Tx, customer string, id HoldID) (Hold, error) {
	h, err := l.store.HoldByID(t, id)
	if err == nil && customer != "" && h.Customer != customer {
		return Hold{}, tx.ErrNotFound
	}
	if err == nil && h.State == HoldOpen && !h.ExpiresAt.After(t.Now()) {
		h.State, h.EndedAt = HoldExpired, h.ExpiresAt
	}
	return h, err
}

// Holds answers a wallet's holds as they stand now, newest first.
func (l *Ledger) Holds(t tx.Tx, w WalletID, open bool, before HoldID, limit int) (out []Hold, err error) {
	for len(out) < limit {
		page, err := l.store.HoldsOf(t, w, open, before, limit)
		if err != nil {
			return nil, err
		}
		for _, h := range page {
			before = h.ID
			if h.State == HoldOpen && !h.ExpiresAt.After(t.Now()) {
				h.State, h.EndedAt = HoldExpired, h.ExpiresAt
			}
			if !open || h.State == HoldOpen {
				out = append(out, h)
			}
		}
		if len(page) < limit {
			break
		}
	}
	return out[:min(limit, len(out))], nil
}

// Posted answers the hourly totals of a wallet within [from, to) by kind, by
// hour of posting.
func (l *Ledger) Posted(t tx.Tx, w WalletID, from, to time.Time) ([]HourRow, error) {
	return l.store.Posted(t, w, from, to)
}

// PostedBy answers the hourly totals of a wallet within [from, to) of one kind,
// meter ("" for all) and caller (0 for all), by hour of posting.
func (l *Ledger) PostedBy(t tx.Tx, w WalletID, f HourFilter, from, to time.Time) ([]HourRow, error) {
	return l.store.PostedBy(t, w, f, from, to)
}

// Used answers the hourly totals of usage by meter, by hour of the event's own
// time.
func (l *Ledger) Used(t tx.Tx, w WalletID, from, to time.Time) ([]HourRow, error) {
	return l.store.Used(t, w, from, to)
}

// UsedBy answers usage of one meter ("" for all) and caller (0 for all) within
// [from, to) by the hour in which it happened: work that was recorded late in its
// own, a decision in that of the decision.
func (l *Ledger) UsedBy(t tx.Tx, w WalletID, f HourFilter, from, to time.Time) ([]HourRow, error) {
	return l.store.UsedBy(t, w, f, from, to)
}

// Spending answers the hourly totals of a wallet's usage within [from, to) by the
// hour in which it happened, captures by that of the capture.
func (l *Ledger) Spending(t tx.Tx, w WalletID, from, to time.Time) ([]HourRow, error) {
	used, err := l.store.UsedBy(t, w, HourFilter{Kind: PostDebit}, from, to)
	if err != nil {
		return nil, err
	}
	captured, err := l.store.PostedBy(t, w, HourFilter{Kind: PostCapture}, from, to)
	out := append(used, captured...)
	slices.SortStableFunc(out, func(a, b HourRow) int { return a.Hour.Compare(b.Hour) })
	return out, err
}

// Callers answers the callers of a customer, by name.
func (l *Ledger) Callers(t tx.Tx, customer string, limit int) ([]CallerName, error) {
	return l.store.CallersOf(t, customer, limit)
}
