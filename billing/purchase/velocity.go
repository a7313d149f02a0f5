package purchase

import (
	"time"

	"purse/billing/fault"
	"purse/billing/tx"
)

// Limits against card testing (OWASP ASVS 2.4.1): stolen cards are tried out
// where many small payments can be begun. Who has paid before may begin more.
const (
	// HourlyUnpaid is how many purchases a customer may begin in an hour without
	// paying one of them.
	HourlyUnpaid = 10
	// HourlyUnpaidKnown is the same for a customer who has paid KnownAfter times.
	HourlyUnpaidKnown = 60
	// KnownAfter is after how many paid purchases a customer is known.
	KnownAfter = 3
)

// checkVelocity refuses one purchase too many.
func (s *Service) checkVelocity(t tx.Tx, customer string) error {
	unpaid, paid, err := s.Store.Begun(t, customer, t.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	most := HourlyUnpaid
	if paid >= KnownAfter {
		most = HourlyUnpaidKnown
	}
	if unpaid >= most {
		return fault.New(fault.TooMany, "too_many_purchases", "",
			"%d purchases were begun within an hour and not paid. Go on with one that is open, or try again in an hour.", unpaid)
	}
	return nil
}
