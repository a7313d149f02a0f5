package ledger

import (
	"time"

	"purse/billing/money"
)

// RollupKey is one line of an hourly rollup. A debit counts in total (no meter,
// no caller), under its meters, under its caller, and under both: each question
// that pages ask is then one stretch of an index.
type RollupKey struct {
	Wallet WalletID
	Hour   int64 // µs UTC of the hour's start
	Kind   PostingKind
	Meter  string
	Caller int64
}

// Rollup is what happened in one hour under one RollupKey.
type Rollup struct {
	Count    int64
	Credits  money.Credits // the change of the balance
	FirstSeq int64
	LastSeq  int64
}

// Rollups are the hourly figures that postings add up to.
type Rollups struct {
	// Posted is by hour of posting.
	Posted map[RollupKey]*Rollup
	// Moved is what recorded usage adds to its own hour and takes from the hour in
	// which it was posted, where these differ. Most usage is posted in its own hour.
	Moved map[RollupKey]*Rollup
}

// NewRollups makes empty ones.
func NewRollups() Rollups {
	return Rollups{Posted: map[RollupKey]*Rollup{}, Moved: map[RollupKey]*Rollup{}}
}

// hourOf is the start of the hour of an instant, in µs UTC.
func hourOf(t time.Time) int64 { return t.UTC().Truncate(time.Hour).UnixMicro() }

// Add adds an entry. Entries of a wallet come in their order.
func (r Rollups) Add(e Entry) {
	k := RollupKey{Wallet: e.Wallet, Hour: hourOf(e.At), Kind: e.Kind}
	switch {
	case e.Kind != PostDebit:
		first := int64(0)
		if e.Line == 0 {
			first = 1
		}
		add(r.Posted, k, e.Amount, first, e.Seq)
		return
	case e.Detail == nil:
		return // the lines of a debit were counted with its first entry
	}
	used := k.Hour // a decision counts now
	if e.Detail.Recorded {
		used = hourOf(time.UnixMicro(e.Detail.EventAt))
	}
	for _, s := range slicesOf(e.Detail) {
		k.Meter, k.Caller = s.meter, s.caller
		add(r.Posted, k, -s.credits, 1, e.Seq)
		if used != k.Hour {
			to := k
			to.Hour = used
			add(r.Moved, k, s.credits, -1, e.Seq)
			add(r.Moved, to, -s.credits, 1, e.Seq)
		}
	}
}

func add(into map[RollupKey]*Rollup, k RollupKey, credits money.Credits, count, seq int64) {
	r := into[k]
	if r == nil {
		r = &Rollup{FirstSeq: seq}
		into[k] = r
	}
	r.Count += count
	r.Credits += credits
	r.LastSeq = seq
}

// Merge adds the figures of later postings.
func (r Rollups) Merge(later Rollups) {
	merge := func(into, from map[RollupKey]*Rollup) {
		for k, v := range from {
			add(into, k, v.Credits, v.Count, v.FirstSeq)
			into[k].LastSeq = v.LastSeq
		}
	}
	merge(r.Posted, later.Posted)
	merge(r.Moved, later.Moved)
}

type usageSlice struct {
	meter   string
	caller  int64
	credits money.Credits
}

func slicesOf(d *Detail) []usageSlice {
	out := make([]usageSlice, 1, 2+2*len(d.Lines))
	count := func(meter string, caller int64, c money.Credits) {
		for i := range out {
			if out[i].meter == meter && out[i].caller == caller {
				out[i].credits += c
				return
			}
		}
		out = append(out, usageSlice{meter, caller, c})
	}
	for _, l := range d.Lines {
		count("", 0, l.Credits)
		count(l.Meter, 0, l.Credits)
		if d.Caller != 0 {
			count("", d.Caller, l.Credits)
			count(l.Meter, d.Caller, l.Credits)
		}
	}
	return out
}
