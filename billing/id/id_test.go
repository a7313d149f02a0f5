package id_test

import (
	"strings"
	"testing"
	"time"

	"purse/billing/id"
)

func TestIDsGrowWithTime(t *testing.T) {
	now := time.Now()
	a, b := id.New("cus", now), id.New("cus", now.Add(time.Millisecond))
	if a >= b || !strings.HasPrefix(a, "cus_") || len(a) != 30 {
		t.Errorf("%s, %s", a, b)
	}
	newest := b
	for range 100_000 {
		next := id.New("cus", now.Add(time.Millisecond))
		if next <= newest {
			t.Fatalf("%s after %s, in one millisecond", next, newest)
		}
		newest = next
	}
	seen := map[int64]bool{}
	last := int64(0)
	for range 100_000 {
		n := id.Number(now)
		if n <= last || seen[n] {
			t.Fatalf("%d after %d", n, last)
		}
		last, seen[n] = n, true
	}
}

func TestTextIsTheOnlySpelling(t *testing.T) {
	n := id.Number(time.Now())
	s := id.Text("gr", n)
	if got, ok := id.ParseText("gr", s); !ok || got != n {
		t.Errorf("%s reads %d, %v", s, got, ok)
	}
	for _, bad := range []string{"", "gr_", strings.ToUpper(s), s + "0", s[:len(s)-1], "hold" + s[2:], s[:len(s)-1] + "u", "gr_0000000000000"} {
		if _, ok := id.ParseText("gr", bad); ok && bad != s {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestSecretsDiffer(t *testing.T) {
	a, b := id.Secret("sk_"), id.Secret("sk_")
	if a == b || len(a) != len("sk_")+39 {
		t.Errorf("%s %s", a, b)
	}
}
