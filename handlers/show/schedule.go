package show

import (
	"purse/billing/invoice"
	"purse/billing/schedule"
	"purse/views/ui"
)

// EveryName says how often a schedule runs.
func EveryName(e schedule.Every) string {
	switch e {
	case schedule.Quarterly:
		return "every quarter"
	case schedule.Yearly:
		return "every year"
	}
	return "every month"
}

// ScheduleState says how a schedule stands, in a word and a colour.
func ScheduleState(s *schedule.Schedule) (string, ui.Tone) {
	switch s.State {
	case schedule.Active:
		return "active", ui.Good
	case schedule.Paused:
		return "paused", ui.Bad
	}
	return "cancelled", ui.Plain
}

// SchedulePays says how a schedule is paid.
func SchedulePays(s *schedule.Schedule) string {
	if s.Collection == invoice.Charge {
		return "charged to " + s.Card.Name()
	}
	return "by invoice"
}
