package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Entry is an entry of the ledger with what its lot was paid for.
type Entry struct {
	ID      int64
	Posting ledger.PostingID
	Kind    ledger.PostingKind
	Grant   ledger.GrantID
	Amount  money.Credits
	At      time.Time
	LotSize money.Credits // of the grant, when it was made
	Paid    money.Money
	PaidFor money.Credits
	// Back is the money that a clawback is for, with its first entry; without a
	// currency it was not kept then.
	Back money.Money
}

// Moved is a sum of movements.
type Moved struct {
	Day      time.Time
	Currency string
	Movement Movement
}

// batch is how many entries are read at a time.
const batch = 20_000

// errMoved says that somebody else folded meanwhile.
var errMoved = errors.New("the entries were read by another process")

// Fold reads the entries that came since it last did, and adds up what they did
// to deferred revenue. It reads beside the ledger's writer, and writes little.
func (s *Service) Fold(ctx context.Context) error {
	for {
		n, err := s.fold(ctx)
		if err != nil || n < batch {
			return err
		}
	}
}

func (s *Service) fold(ctx context.Context) (int, error) {
	var f folding
	var from int64
	read := 0
	err := s.Runner.View(ctx, func(t tx.Tx) error {
		f = folding{lots: map[ledger.GrantID]*Lot{}, moved: map[Moved]int64{}, made: map[ledger.GrantID]ledger.PostingID{}}
		var err error
		if from, err = s.Store.FoldedUntil(t); err != nil {
			return err
		}
		entries, err := s.Store.Entries(t, from, batch)
		if err != nil {
			return err
		}
		read = len(entries)
		f.until = from
		if read == batch {
			entries = whole(entries)
		}
		for i := range entries {
			if err := s.foldOne(t, &f, &entries[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || f.until == from {
		return 0, err
	}
	return read, s.Runner.Update(ctx, func(t tx.Tx) error {
		now, err := s.Store.FoldedUntil(t)
		if err != nil {
			return err
		}
		if now != from {
			return errMoved
		}
		for _, l := range f.lots {
			if err := s.Store.PutLot(t, l); err != nil {
				return err
			}
		}
		days := map[time.Time]bool{}
		for m, amount := range f.moved {
			days[m.Day] = true
			if amount == 0 {
				continue
			}
			if err := s.Store.AddMoved(t, m, amount); err != nil {
				return err
			}
		}
		for d := range days {
			if err := s.Store.MarkStale(t, d); err != nil {
				return err
			}
		}
		return s.Store.SetFoldedUntil(t, f.until)
	})
}

// whole cuts a batch where no posting is torn, and no transfer: the lots that leave
// one wallet come right before those that arrive in the other.
func whole(entries []Entry) []Entry {
	for i := len(entries) - 1; i > 0; i-- {
		last, before := &entries[i], &entries[i-1]
		if last.Posting != before.Posting && (last.Kind != ledger.PostTransfer || before.Kind != ledger.PostTransfer) {
			return entries[:i]
		}
	}
	return entries
}

type folding struct {
	until int64
	lots  map[ledger.GrantID]*Lot
	moved map[Moved]int64
	made  map[ledger.GrantID]ledger.PostingID // of the lots that are new
	// clawback is the newest posting that says which money it is for.
	clawback ledger.PostingID
	// leaving is what the lots of a transfer took along, in their order.
	leaving []leaving
}

type leaving struct {
	amount   money.Credits
	worth    int64
	currency string
}

func (s *Service) foldOne(t tx.Tx, f *folding, e *Entry) error {
	f.until = e.ID
	if e.Back.Currency != "" {
		f.clawback = e.Posting
		f.moved[Moved{dayOf(e.At), e.Back.Currency, movementOf(e.Kind, 0)}] -= e.Back.Amount
		f.moved[Moved{dayOf(e.At), e.Back.Currency, moveKept}] += e.Back.Amount
	}
	if e.Grant == 0 || e.Paid.Amount <= 0 {
		return nil
	}
	l := f.lots[e.Grant]
	if l == nil {
		var err error
		l, err = s.Store.Lot(t, e.Grant)
		if errors.Is(err, tx.ErrNotFound) {
			l, err = f.newLot(e), nil
		}
		if err != nil {
			return err
		}
		f.lots[e.Grant] = l
	}
	before := l.left()
	l.Remaining += e.Amount
	if l.Remaining < 0 || l.Remaining > l.Amount {
		return fmt.Errorf("entry %d leaves %s of the %s credits of grant %s", e.ID, l.Remaining, l.Amount, l.ID)
	}
	change := l.left() - before
	why := movementOf(e.Kind, e.Amount)
	switch {
	case f.clawback == e.Posting:
		why = moveKept // what the credits were worth, against the money that went back
	case e.Kind == ledger.PostTransfer && e.Amount < 0 && f.made[e.Grant] == e.Posting:
		why = moveUsed // it repaid a debt where it arrived
	case e.Kind == ledger.PostTransfer && e.Amount < 0:
		f.leaving = append(f.leaving, leaving{-e.Amount, -change, l.Currency})
	}
	f.moved[Moved{dayOf(e.At), l.Currency, why}] += change
	return nil
}

// newLot is a lot at its first entry. One that was transferred is worth what it
// took along, so that nothing is lost to rounding between the two.
func (f *folding) newLot(e *Entry) *Lot {
	f.made[e.Grant] = e.Posting
	l := &Lot{ID: e.Grant, Currency: e.Paid.Currency, Amount: e.LotSize, Worth: money.Share(e.Paid.Amount, e.LotSize, e.PaidFor)}
	if e.Kind == ledger.PostTransfer && len(f.leaving) > 0 {
		if out := f.leaving[0]; out.amount == e.Amount && out.currency == l.Currency {
			l.Worth = out.worth
			f.leaving = f.leaving[1:]
		}
	}
	return l
}

func dayOf(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
