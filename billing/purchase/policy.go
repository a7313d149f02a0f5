package purchase

import (
	"fmt"
	"time"
)

// RefundPolicy is what buyers are told about refunds, before they pay and on the
// receipt: the vendor's words, else what the code does.
func (s *Service) RefundPolicy() string {
	switch {
	case s.RefundTerms != "":
		return s.RefundTerms
	case s.RefundWindow > 0:
		return "An unused purchase can be taken back within " + span(s.RefundWindow) + ", once. For anything else ask us."
	}
	return "Ask us about refunds."
}

// span says how long a window is, in the largest unit that is exact.
func span(d time.Duration) string {
	n, unit := int64(d/time.Minute), "minute"
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		n, unit = int64(d/(24*time.Hour)), "day"
	case d%time.Hour == 0:
		n, unit = int64(d/time.Hour), "hour"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
