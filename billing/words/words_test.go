package words_test

import (
	"testing"

	"purse/billing/money"
	"purse/billing/words"
)

func TestOneIsOne(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{words.Count(1, "day"), "1 day"},
		{words.Count(0, "row"), "0 rows"},
		{words.Count(1200, "row"), "1,200 rows"},
		{words.Credits(money.Micro), "1 credit"},
		{words.Credits(money.MustCredits("2068.6648")), "2,068.6648 credits"},
		{words.Credits(money.MustCredits("0.5")), "0.5 credits"},
		{words.Are(money.Micro), "1 is"},
		{words.Are(money.MustCredits("-1234567")), "-1,234,567 are"},
		{words.Are(0), "0 are"},
		{words.Were(1, "row"), "1 row was"},
		{words.Were(2, "row"), "2 rows were"},
		{words.Money(money.Money{Amount: -119000, Currency: "usd"}), "-$1,190.00"},
		{words.Money(money.Money{Amount: 1000, Currency: "chf"}), "CHF\u00a010.00"},
		{words.Group("999"), "999"},
		{words.Group("-1000.001"), "-1,000.001"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}
