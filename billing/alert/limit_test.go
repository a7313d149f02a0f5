package alert_test

import (
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/ledger"
)

// Every instant lies in its period, and the next period begins where one ends:
// also where clocks are changed at midnight, so that a day has none or two.
func TestPeriodsHaveNoGap(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Africa/Cairo", "America/Havana", "Atlantic/Azores", "Asia/Beirut", "America/Asuncion", "Australia/Lord_Howe", "America/Santiago"} {
		zone := account.Zone(name)
		if zone == time.UTC && name != "UTC" {
			t.Fatal(name)
		}
		for _, p := range []alert.Period{alert.Day, alert.Week, alert.Month} {
			for at := time.Date(2024, 1, 1, 0, 13, 0, 0, time.UTC); at.Year() < 2027; at = at.Add(29 * time.Minute) {
				from, to := p.Bounds(at, zone)
				if from.After(at) || !to.After(at) {
					t.Fatalf("%s, %s: %s is not within %s and %s", name, p, at, from, to)
				}
				if next, _ := p.Bounds(to, zone); !next.Equal(to) {
					t.Fatalf("%s, %s: after %s the next begins at %s", name, p, to, next)
				}
			}
		}
	}
}

// A default tells also of a wallet whose first credits were little above it.
func TestLittleAboveADefaultIsAbove(t *testing.T) {
	w := newWorld(t)
	_, err := w.Create(t.Context(), w.by, "", alert.New{Kind: alert.Below, Credits: cr("100")})
	w.ok(err)
	w.ok(w.jobs.Drain(t.Context()))
	w.grant("105", ledger.Promotional, 0)
	w.events()
	w.use(cr("10"), "")
	if got := w.events(); len(got) != 1 {
		t.Errorf("from 105 to 95: %v", got)
	}
}

// Who asks to be told of what expires within so many days is told of what does
// already.
func TestWhatExpiresAlreadyIsTold(t *testing.T) {
	w := newWorld(t)
	w.grant("100", ledger.Paid, 10*24*time.Hour)
	w.events()
	_, err := w.Create(t.Context(), w.by, w.customer.ID, alert.New{CreditType: "credits", Kind: alert.Expiring, Days: 20})
	w.ok(err)
	w.ok(w.Scan(t.Context()))
	w.expect("ten days before", "credits.expiring")
	w.step(time.Hour)
	w.ok(w.Scan(t.Context()))
	w.expect("only once")
}
