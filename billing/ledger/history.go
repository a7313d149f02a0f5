package ledger

import (
	"slices"
	"time"

	"purse/billing/tx"
)

// Query chooses postings of one wallet. Zero values do not restrict.
type Query struct {
	Wallet WalletKey
	Kind   PostingKind
	Meter  string // usage of this meter, by key
	Caller string // usage by this caller, by name
	// From and To bound the time of posting: From ≤ at < To.
	From, To time.Time
	// Before and After are places: the page holds the newest below Before, or
	// the oldest above After. At most one is set.
	Before, After int64
	Limit         int
}

// Page is a page of postings, newest first. Older and Newer say whether there
// are more on either side.
type Page struct {
	Postings     []Posting
	Older, Newer bool
}

// Postings answers a page of a wallet's postings. First and last page cost the
// same, filtered or not: postings count 1, 2, 3 …, and the hourly figures say
// where matches lie.
func (l *Ledger) Postings(t tx.Tx, q Query) (Page, error) {
	wallet, err := l.wallet(t, q.Wallet)
	if err != nil || wallet == nil {
		return Page{}, err
	}
	lo, hi, err := l.bounds(t, wallet, q)
	if err != nil {
		return Page{}, err
	}
	first, last := lo, hi
	if q.Before > 0 {
		hi = min(hi, q.Before-1)
	}
	if q.After > 0 {
		lo = max(lo, q.After+1)
	}
	caller := int64(0)
	if q.Caller != "" {
		if caller, err = l.caller(t, q.Wallet.Customer, q.Caller); err != nil || caller == 0 {
			return Page{}, err
		}
	}
	f := finder{l, t, wallet.ID, HourFilter{q.Kind, q.Meter, caller}}
	found, err := f.find(lo, hi, q.After > 0, q.Limit+1)
	if err != nil {
		return Page{}, err
	}
	page := Page{}
	more := len(found) > q.Limit
	if more {
		found = found[:q.Limit]
	}
	if q.After > 0 {
		slices.Reverse(found)
		page.Newer = more
	} else {
		page.Older = more
	}
	if page.Postings, err = l.complete(t, wallet.ID, found); err != nil || len(found) == 0 {
		return page, err
	}
	// The other side is known only by looking.
	if q.After > 0 {
		older, err := f.find(first, found[len(found)-1].ID.Seq-1, false, 1)
		page.Older = len(older) > 0
		return page, err
	}
	newer, err := f.find(found[0].ID.Seq+1, last, true, 1)
	page.Newer = len(newer) > 0
	return page, err
}

// Posting answers a posting of a customer's; tx.ErrNotFound when it is
// another's. customer "" is anybody.
func (l *Ledger) Posting(t tx.Tx, customer string, id PostingID) (Posting, Wallet, error) {
	w, err := l.store.WalletByID(t, id.Wallet)
	if err != nil || (customer != "" && w.Customer != customer) {
		return Posting{}, Wallet{}, tx.ErrNotFound
	}
	entries, err := l.store.Entries(t, id.Wallet, id.Seq, id.Seq)
	if err != nil || len(entries) == 0 {
		return Posting{}, Wallet{}, cmpErr(err, tx.ErrNotFound)
	}
	ps, err := l.complete(t, id.Wallet, []Posting{postingOf(entries)})
	if err != nil {
		return Posting{}, Wallet{}, err
	}
	return ps[0], w, nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (l *Ledger) wallet(t tx.Tx, k WalletKey) (*Wallet, error) {
	wallets, err := l.store.WalletsOf(t, k.Customer)
	for _, w := range wallets {
		if w.WalletKey == k {
			return &w, err
		}
	}
	return nil, err
}

func (l *Ledger) caller(t tx.Tx, customer, name string) (int64, error) {
	all, err := l.store.CallersOf(t, customer, 100_000)
	for _, c := range all {
		if c.Name == name {
			return c.ID, err
		}
	}
	return 0, err
}

// bounds turns the period into places, by halving: times never go back.
func (l *Ledger) bounds(t tx.Tx, w *Wallet, q Query) (lo, hi int64, err error) {
	lo, hi = 1, w.Seq
	if !q.From.IsZero() {
		if lo, err = l.firstAt(t, w, q.From); err != nil {
			return 0, 0, err
		}
	}
	if !q.To.IsZero() {
		if hi, err = l.firstAt(t, w, q.To); err != nil {
			return 0, 0, err
		}
		hi--
	}
	return lo, hi, nil
}

// firstAt is the place of the first posting at or after an instant.
func (l *Ledger) firstAt(t tx.Tx, w *Wallet, at time.Time) (int64, error) {
	lo, hi := int64(1), w.Seq+1
	for lo < hi {
		mid := (lo + hi) / 2
		when, err := l.store.TimeOf(t, w.ID, mid)
		if err != nil {
			return 0, err
		}
		if when.Before(at) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, nil
}

// finder looks for postings of a wallet that match.
type finder struct {
	l      *Ledger
	t      tx.Tx
	wallet WalletID
	filter HourFilter
}

// find answers up to limit matching postings within [lo, hi] from one end.
func (f finder) find(lo, hi int64, ascending bool, limit int) ([]Posting, error) {
	if lo > hi || limit <= 0 {
		return nil, nil
	}
	switch {
	case f.filter == HourFilter{}:
		if ascending {
			hi = min(hi, lo+int64(limit)-1)
		} else {
			lo = max(lo, hi-int64(limit)+1)
		}
		return f.read(lo, hi, ascending, limit)
	case f.filter.Kind != "" && f.filter.Kind != PostDebit:
		if f.filter.Meter != "" || f.filter.Caller != 0 {
			return nil, nil // only usage has a meter or a caller
		}
		return f.others(lo, hi, ascending, limit)
	}
	return f.byHour(lo, hi, ascending, limit)
}

func (f finder) others(lo, hi int64, ascending bool, limit int) ([]Posting, error) {
	places, err := f.l.store.Others(f.t, f.wallet, f.filter.Kind, lo, hi, ascending, limit)
	var out []Posting
	for _, seq := range places {
		ps, err := f.read(seq, seq, ascending, 1)
		if err != nil {
			return nil, err
		}
		out = append(out, ps...)
	}
	return out, err
}

func (f finder) byHour(lo, hi int64, ascending bool, limit int) ([]Posting, error) {
	filter := f.filter
	filter.Kind = PostDebit
	from, err := f.l.store.TimeOf(f.t, f.wallet, lo)
	if err != nil {
		return nil, err
	}
	to, err := f.l.store.TimeOf(f.t, f.wallet, hi)
	if err != nil {
		return nil, err
	}
	from, to = from.Truncate(time.Hour), to.Truncate(time.Hour)
	var out []Posting
	for !from.After(to) && len(out) < limit {
		hours, err := f.l.store.Hours(f.t, f.wallet, filter, from, to, ascending, 64)
		if err != nil || len(hours) == 0 {
			return out, err
		}
		for _, h := range hours {
			found, err := f.scan(max(h.First, lo), min(h.Last, hi), ascending, limit-len(out))
			if err != nil {
				return nil, err
			}
			if out = append(out, found...); len(out) >= limit {
				return out, nil
			}
		}
		if last := hours[len(hours)-1].Hour; ascending {
			from = last.Add(time.Hour)
		} else {
			to = last.Add(-time.Hour)
		}
	}
	return out, nil
}

// scan answers the matching debits of a stretch.
func (f finder) scan(lo, hi int64, ascending bool, limit int) (out []Posting, err error) {
	for lo <= hi && len(out) < limit {
		places, err := f.l.store.Debits(f.t, f.wallet, f.filter, lo, hi, ascending, limit)
		if err != nil {
			return nil, err
		}
		for _, seq := range places {
			found, err := f.read(seq, seq, ascending, 1)
			if err != nil {
				return nil, err
			}
			if out = append(out, found...); len(out) == limit {
				return out, nil
			}
		}
		if len(places) < limit {
			break
		}
		if last := places[len(places)-1]; ascending {
			lo = last + 1
		} else {
			hi = last - 1
		}
	}
	return out, nil
}

// read answers the matching postings within [from, to].
func (f finder) read(from, to int64, ascending bool, limit int) ([]Posting, error) {
	entries, err := f.l.store.Entries(f.t, f.wallet, from, to)
	if err != nil {
		return nil, err
	}
	var all []Posting
	for i := 0; i < len(entries); {
		j := i + 1
		for j < len(entries) && entries[j].Seq == entries[i].Seq {
			j++
		}
		if p := postingOf(entries[i:j]); f.matches(&p) {
			all = append(all, p)
		}
		i = j
	}
	if !ascending {
		slices.Reverse(all)
	}
	return all[:min(limit, len(all))], nil
}

func (f finder) matches(p *Posting) bool {
	if f.filter.Kind != "" && p.Kind != f.filter.Kind {
		return false
	}
	if f.filter.Caller != 0 && p.Detail.Caller != f.filter.Caller {
		return false
	}
	return f.filter.Meter == "" || slices.ContainsFunc(p.Detail.Lines, func(l Line) bool { return l.Meter == f.filter.Meter })
}

// complete adds what people said and the names of callers.
func (l *Ledger) complete(t tx.Tx, w WalletID, ps []Posting) ([]Posting, error) {
	if len(ps) == 0 {
		return ps, nil
	}
	var callers []int64
	for _, p := range ps {
		if p.Detail.Caller != 0 && !slices.Contains(callers, p.Detail.Caller) {
			callers = append(callers, p.Detail.Caller)
		}
	}
	names := map[int64]string{}
	if len(callers) > 0 {
		var err error
		if names, err = l.store.CallerNames(t, callers); err != nil {
			return nil, err
		}
	}
	lo, hi := ps[len(ps)-1].ID.Seq, ps[0].ID.Seq
	notes, err := l.store.Notes(t, w, min(lo, hi), max(lo, hi))
	if err != nil {
		return nil, err
	}
	for i := range ps {
		ps[i].Caller = names[ps[i].Detail.Caller]
		ps[i].Reason, ps[i].Actor = notes[ps[i].ID.Seq].Reason, notes[ps[i].ID.Seq].Actor
	}
	return ps, nil
}
