package ledger

import (
	"slices"
	"strings"
	"time"

	"purse/billing/money"
	"purse/billing/tx"
)

// Summary is what happened in a wallet in a period, by the time of posting.
// Opening + the credits of all Kinds = Closing.
type Summary struct {
	Opening, Closing money.Credits
	// Kinds are the postings by kind, in the order of PostingKinds; those of
	// usage are told apart by Meters.
	Kinds []KindSum
	// Meters are what usage cost, by meter and in the order of their keys: their
	// credits add up to those of the kind debit. An event that several meters
	// count is in each of their counts.
	Meters []MeterSum
}

// KindSum is the postings of a kind. Credits is the change of the balance.
type KindSum struct {
	Kind    PostingKind
	Count   int64
	Credits money.Credits
}

// MeterSum is the usage of a meter. Credits is the change of the balance.
type MeterSum struct {
	Meter   string
	Count   int64
	Credits money.Credits
}

// Of is the sum of a kind, zero when there was none.
func (s Summary) Of(k PostingKind) KindSum {
	i := slices.IndexFunc(s.Kinds, func(x KindSum) bool { return x.Kind == k })
	if i < 0 {
		return KindSum{Kind: k}
	}
	return s.Kinds[i]
}

// Summary adds up what happened in a wallet within [from, to). The hourly figures
// tell of whole hours, the postings themselves of the parts at both ends: in
// most time zones a month has none.
func (l *Ledger) Summary(t tx.Tx, k WalletKey, from, to time.Time) (Summary, error) {
	var s Summary
	w, err := l.wallet(t, k)
	if err != nil || w == nil || w.Seq == 0 {
		return s, err
	}
	lo, hi, err := l.bounds(t, w, Query{From: from, To: to})
	if err != nil {
		return s, err
	}
	if s.Opening, err = l.balanceAt(t, w.ID, lo-1); err != nil {
		return s, err
	}
	if s.Closing, err = l.balanceAt(t, w.ID, hi); err != nil || lo > hi {
		return s, err
	}
	sum := summing{kinds: map[PostingKind]*KindSum{}, meters: map[string]*MeterSum{}}
	first := from.Truncate(time.Hour)
	if first.Before(from) {
		first = first.Add(time.Hour)
	}
	last := to.Truncate(time.Hour)
	if to.After(w.LastAt) {
		last = last.Add(time.Hour) // nothing was posted after it: the hour is whole
	}
	if !first.Before(last) {
		err := l.sumPostings(t, w.ID, lo, hi, sum)
		return s.with(sum), err
	}
	if err := l.sumHours(t, w.ID, first, last, sum); err != nil {
		return s, err
	}
	begin, end, err := l.bounds(t, w, Query{From: first, To: last})
	if err != nil {
		return s, err
	}
	if err := l.sumPostings(t, w.ID, lo, begin-1, sum); err != nil {
		return s, err
	}
	err = l.sumPostings(t, w.ID, end+1, hi, sum)
	return s.with(sum), err
}

// balanceAt is the balance after the posting at a place.
func (l *Ledger) balanceAt(t tx.Tx, w WalletID, seq int64) (money.Credits, error) {
	if seq < 1 {
		return 0, nil
	}
	entries, err := l.store.Entries(t, w, seq, seq)
	if err != nil || len(entries) == 0 {
		return 0, cmpErr(err, tx.ErrNotFound)
	}
	return entries[len(entries)-1].BalanceAfter, nil
}

type summing struct {
	kinds  map[PostingKind]*KindSum
	meters map[string]*MeterSum
}

func (s summing) kind(k PostingKind, count int64, credits money.Credits) {
	if s.kinds[k] == nil {
		s.kinds[k] = &KindSum{Kind: k}
	}
	s.kinds[k].Count += count
	s.kinds[k].Credits += credits
}

func (s summing) meter(key string, count int64, credits money.Credits) {
	if s.meters[key] == nil {
		s.meters[key] = &MeterSum{Meter: key}
	}
	s.meters[key].Count += count
	s.meters[key].Credits += credits
}

func (l *Ledger) sumHours(t tx.Tx, w WalletID, from, to time.Time, sum summing) error {
	rows, err := l.store.Posted(t, w, from, to)
	if err != nil {
		return err
	}
	for _, r := range rows {
		sum.kind(r.Kind, r.Count, r.Credits)
	}
	rows, err = l.store.PostedByMeter(t, w, from, to)
	for _, r := range rows {
		sum.meter(r.Meter, r.Count, r.Credits)
	}
	return err
}

func (l *Ledger) sumPostings(t tx.Tx, w WalletID, lo, hi int64, sum summing) error {
	const some = 5000
	for ; lo <= hi; lo += some {
		entries, err := l.store.Entries(t, w, lo, min(hi, lo+some-1))
		if err != nil {
			return err
		}
		r := NewRollups()
		for _, e := range entries {
			r.Add(e)
		}
		for k, x := range r.Posted {
			switch {
			case k.Caller != 0:
			case k.Meter == "":
				sum.kind(k.Kind, x.Count, x.Credits)
			default:
				sum.meter(k.Meter, x.Count, x.Credits)
			}
		}
	}
	return nil
}

func (s Summary) with(sum summing) Summary {
	for _, k := range PostingKinds() {
		if x := sum.kinds[k]; x != nil {
			s.Kinds = append(s.Kinds, *x)
		}
	}
	for _, m := range sum.meters {
		s.Meters = append(s.Meters, *m)
	}
	slices.SortFunc(s.Meters, func(a, b MeterSum) int { return strings.Compare(a.Meter, b.Meter) })
	return s
}
