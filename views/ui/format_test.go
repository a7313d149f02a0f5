package ui

import (
	"testing"
	"time"

	"purse/billing/money"
)

func TestCreditsAreGroupedAndNeverRoundedUp(t *testing.T) {
	for _, c := range []struct {
		in         string
		exact, cut string
	}{
		{"0", "0", "0.00"},
		{"1234567.5", "1,234,567.5", "1,234,567.50"},
		{"0.999999", "0.999999", "0.99"},
		{"0.004", "0.004", "0.004"}, // not "0.00": there is something
		{"-0.000001", "−0.000001", "−0.000001"},
		{"-1234.569", "−1,234.569", "−1,234.56"},
		{"999.999", "999.999", "999.99"},
	} {
		v := money.MustCredits(c.in)
		if got := Credits(v); got != c.exact {
			t.Errorf("Credits(%s) = %s, want %s", c.in, got, c.exact)
		}
		if got := CreditsCut(v, 2); got != c.cut {
			t.Errorf("CreditsCut(%s, 2) = %s, want %s", c.in, got, c.cut)
		}
	}
	if got := CreditsCut(money.MustCredits("12.9"), 0); got != "12" {
		t.Errorf("without decimals: %s", got)
	}
	if got := CreditsFixed(money.MustCredits("1.5"), 4); got != "1.5000" {
		t.Errorf("in a column: %s", got)
	}
	if got := SignedFixed(money.MustCredits("100"), 0); got != "+100" {
		t.Errorf("signed: %s", got)
	}
}

func TestUnitsAgreeWithAmounts(t *testing.T) {
	u := Unit{Singular: "token", Plural: "tokens"}
	for in, want := range map[string]string{"1": "1 token", "-1": "−1 token", "0": "0 tokens", "1.5": "1.5 tokens", "2": "2 tokens"} {
		if got := u.Amount(money.MustCredits(in)); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestMoneyFollowsItsCurrency(t *testing.T) {
	for want, m := range map[string]money.Money{
		"$1,234.50":       {Amount: 123450, Currency: "usd"},
		"¥2,500":          {Amount: 2500, Currency: "jpy"},
		"CHF\u00a025.00":  {Amount: 2500, Currency: "chf"},
		"KWD\u00a01.230":  {Amount: 1230, Currency: "kwd"},
		"−€0.05":          {Amount: -5, Currency: "eur"},
		"ISK\u00a0500.00": {Amount: 50000, Currency: "isk"},
	} {
		if got := Money(m); got != want {
			t.Errorf("%+v: %q, want %q", m, got, want)
		}
	}
}

func TestTimesNameTheirZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 1, 22, 30, 5, 0, time.UTC)
	if got := TimeZoned(at, berlin); got != "2 Jul 2026, 00:30 Europe/Berlin" {
		t.Error(got)
	}
	if got := TimeZoned(at, nil); got != "1 Jul 2026, 22:30 UTC" {
		t.Error(got)
	}
}

func TestSpansReadWell(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"1 second": time.Second, "59 seconds": 59 * time.Second, "1 minute": 61 * time.Second, "119 minutes": 119 * time.Minute,
		"2 hours": 2 * time.Hour, "47 hours": 47 * time.Hour, "9 days": 9*24*time.Hour + time.Hour, "4 months": 130 * 24 * time.Hour, "3 years": 3 * 366 * 24 * time.Hour,
	} {
		if got := Span(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

func TestAxesEndAtReadableFiguresThatHoldEverything(t *testing.T) {
	for _, c := range []string{"0.000001", "0.3", "1", "7.2", "99", "100", "1234.5", "987654321"} {
		v := money.MustCredits(c)
		n := nice(v)
		if n < v || n > 2*v {
			t.Errorf("an axis for %s ends at %s", c, n)
		}
	}
	for in, want := range map[string]string{"0": "0", "950": "950", "12500": "12.5k", "100000": "100k", "2500000": "2.5M", "-15000": "−15k"} {
		v := money.MustCredits(in)
		if got := Compact(v); got != want && !(in == "0" && got == "0.00") {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestBarsNeverOverflow(t *testing.T) {
	got := boxes(money.MustCredits("10"), []Segment{{"a", money.MustCredits("9.999999")}, {"b", 1}, {"c", 0}})
	if len(got) != 2 || got[0].width != "999" || got[1].x != "999" || got[1].width != "1" {
		t.Errorf("%+v", got)
	}
}
