package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"purse/billing/money"
	"purse/billing/tx"
)

// LotDiffers is a lot as it was read from the entries, and what the ledger says of it.
type LotDiffers struct {
	Lot
	Is money.Credits
}

// check says where deferred revenue does not add up: what all movements so far make
// against what the live lots are worth, and each lot against the ledger. It reads
// every live lot: it is for the end of a day, not for pages.
func (s *Service) check(t tx.Tx) ([]Difference, error) {
	closing, err := s.Store.Opening(t, dayOf(t.Now()).AddDate(1, 0, 0))
	if err != nil {
		return nil, err
	}
	worth, err := s.Liability(t)
	if err != nil {
		return nil, err
	}
	for currency := range worth {
		closing[currency] += 0 // one of which nothing moved
	}
	var out []Difference
	for currency, amount := range closing {
		if amount != worth[currency] {
			out = append(out, Difference{Kind: DeferredDiffers, Alarm: true, Amount: amount - worth[currency], Currency: currency,
				Detail: fmt.Sprintf("The movements make %s, the credits that are not used are worth %s.", money.Money{Amount: amount, Currency: currency}.Decimal(), money.Money{Amount: worth[currency], Currency: currency}.Decimal())})
		}
	}
	slices.SortFunc(out, func(a, b Difference) int { return strings.Compare(a.Currency, b.Currency) })
	until, err := s.Store.FoldedUntil(t)
	if err != nil {
		return nil, err
	}
	lots, err := s.Store.LotsThatDiffer(t, until)
	for _, l := range lots {
		is := l.Lot
		is.Remaining = l.Is
		out = append(out, Difference{Kind: DeferredDiffers, Alarm: true, Amount: l.left() - is.left(), Currency: l.Currency, Object: l.ID.String(),
			Detail: fmt.Sprintf("%s of this grant are left here, %s in the ledger.", l.Remaining, l.Is)})
	}
	return out, err
}

// dayBefore says whether a day is the one before today: what the newest movements
// add up to is looked at when it is over.
func dayBefore(day, now time.Time) bool { return day.Equal(dayOf(now).AddDate(0, 0, -1)) }
