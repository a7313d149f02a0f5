package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"purse/billing/money"
)

func TestParseCredits(t *testing.T) {
	for in, want := range map[string]money.Credits{
		"0": 0, "12.5": 12_500_000, "-0.000001": -1, "007": 7_000_000, "1.500000000": 1_500_000, "100000000000": money.MaxAmount, "-0": 0,
	} {
		if got, err := money.ParseCredits(in); err != nil || got != want {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
	for in, want := range map[string]error{
		"": money.ErrSyntax, "-": money.ErrSyntax, ".5": money.ErrSyntax, "5.": money.ErrSyntax, "1e3": money.ErrSyntax, "+1": money.ErrSyntax,
		" 1": money.ErrSyntax, "1,000": money.ErrSyntax, "NaN": money.ErrSyntax, "Infinity": money.ErrSyntax, "0x10": money.ErrSyntax, "--1": money.ErrSyntax,
		"１": money.ErrSyntax, "1.0000001": money.ErrDecimals, "100000000000.000001": money.ErrRange, "99999999999999999999": money.ErrRange,
		"9223372036854.775808": money.ErrRange,
	} {
		if got, err := money.ParseCredits(in); !errors.Is(err, want) {
			t.Errorf("%q: %d, %v, want %v", in, got, err, want)
		}
	}
}

func TestCreditsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := money.Credits(rapid.Int64Range(-int64(money.MaxAmount), int64(money.MaxAmount)).Draw(t, "c"))
		s := c.String()
		back, err := money.ParseCredits(s)
		if err != nil || back != c {
			t.Fatalf("%d writes %q, which reads %d, %v", c, s, back, err)
		}
		if strings.Contains(s, ".") && (strings.HasSuffix(s, "0") || strings.HasSuffix(s, ".")) {
			t.Fatalf("%q has trailing zeros", s)
		}
	})
	if got := money.Credits(math.MinInt64).String(); got != "-9223372036854.775808" {
		t.Error(got)
	}
}

func TestArithmeticIsChecked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		got, err := money.Credits(a).Add(money.Credits(b))
		if (err == nil) != sum.IsInt64() || err == nil && int64(got) != sum.Int64() {
			t.Fatalf("%d + %d = %d, %v", a, b, got, err)
		}
		diff := new(big.Int).Sub(big.NewInt(a), big.NewInt(b))
		got, err = money.Credits(a).Sub(money.Credits(b))
		if err == nil && (!diff.IsInt64() || int64(got) != diff.Int64()) {
			t.Fatalf("%d - %d = %d", a, b, got)
		}
	})
}

func TestRounding(t *testing.T) {
	for in, want := range map[string]money.Credits{"1/2000000": 1, "499999/1000000000000": 0, "1/3": 333333, "2/3": 666667, "0": 0, "5": 5_000_000} {
		r, _ := new(big.Rat).SetString(in)
		if got, err := money.RoundHalfUp(r); err != nil || got != want {
			t.Errorf("%s rounds to %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"-1/3", "100000000001"} {
		r, _ := new(big.Rat).SetString(in)
		if _, err := money.RoundHalfUp(r); err == nil {
			t.Errorf("%s was rounded", in)
		}
	}
}

// TestMinorUnits holds to Stripe's table where it differs from ISO 4217.
func TestMinorUnits(t *testing.T) {
	for code, want := range map[string]int{"usd": 2, "eur": 2, "jpy": 0, "kwd": 3, "isk": 2, "ugx": 2, "mga": 0, "krw": 0, "bhd": 3} {
		if got, ok := money.Exponent(code); !ok || got != want {
			t.Errorf("%s has %d decimals, %v", code, got, ok)
		}
	}
	for in, want := range map[[2]string]int64{{"25", "usd"}: 2500, {"25.5", "usd"}: 2550, {"2500", "jpy"}: 2500, {"1.230", "kwd"}: 1230, {"100", "isk"}: 10000} {
		m, err := money.Parse(in[0], in[1])
		if err != nil || m.Amount != want {
			t.Errorf("%v: %d, %v", in, m.Amount, err)
		}
	}
	for _, in := range [][2]string{{"1.234", "usd"}, {"1.5", "jpy"}, {"1.234", "kwd"}, {"1.5", "isk"}, {"-1", "usd"}, {"1", "USD"}, {"1", "xxx"}, {"1000000", "usd"}} {
		if m, err := money.Parse(in[0], in[1]); err == nil {
			t.Errorf("%v was taken as %d", in, m.Amount)
		}
	}
	if got := (money.Money{Amount: 2500, Currency: "usd"}).Decimal(); got != "25.00" {
		t.Error(got)
	}
	if got := (money.Money{Amount: 2500, Currency: "jpy"}).Decimal(); got != "2500" {
		t.Error(got)
	}
}

func FuzzParseCredits(f *testing.F) {
	for _, s := range []string{"0", "12.5", "-1", "1e9", "0.0000001", "９", "--", "100000000000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := money.ParseCredits(s)
		if err != nil {
			return
		}
		exact, ok := new(big.Rat).SetString(s)
		if !ok || exact.Cmp(c.Rat()) != 0 {
			t.Fatalf("%q was read as %s", s, c)
		}
	})
}

func FuzzParseMoney(f *testing.F) {
	f.Add("25.00", "usd")
	f.Add("1", "jpy")
	f.Fuzz(func(t *testing.T, s, currency string) {
		m, err := money.Parse(s, currency)
		if err != nil {
			return
		}
		if back, err := money.Parse(m.Decimal(), currency); err != nil || back != m {
			t.Fatalf("%q %s writes %q, which reads %v, %v", s, currency, m.Decimal(), back, err)
		}
	})
}
