package usage

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func TestKeysOfIDsThatGrowGrow(t *testing.T) {
	for name, ids := range map[string][]string{
		"UUIDv7":  {"01890a5d-ac96-774b-bcce-b302099a8057", "01890a5d-ac97-7000-8000-000000000000", "01890a5e-0000-7fff-8fff-ffffffffffff"},
		"ULID":    {"req_01ARZ3NDEKTSV4RRFFQ69G5FAV", "req_01ARZ3NDEM00000000000000AA", "req_01BRZ3NDEM00000000000000BB"},
		"counter": {"trace.csv:9", "trace.csv:10", "trace.csv:000011", "trace.csv:8819"},
	} {
		for i := 1; i < len(ids); i++ {
			a, b := keyOf("cus_1", ids[i-1]), keyOf("cus_2", ids[i])
			if bytes.Compare(a[:6], b[:6]) >= 0 {
				t.Errorf("%s: %s comes after %s", name, ids[i-1], ids[i])
			}
		}
	}
}

func TestKeysDiffer(t *testing.T) {
	seen := map[any]string{}
	add := func(customer, id string) {
		k := keyOf(customer, id)
		if other, found := seen[k]; found {
			t.Fatalf("%s and %s have one key", other, customer+"/"+id)
		}
		seen[k] = customer + "/" + id
	}
	for i := range 2000 {
		for _, c := range []string{"cus_1", "cus_2"} {
			add(c, fmt.Sprint(i))
			add(c, fmt.Sprintf("0%d", i))
			add(c, fmt.Sprintf("a%d", i))
			add(c, fmt.Sprintf("01890a5d-ac96-774b-bcce-%012d", i))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.StringN(1, 255, -1).Draw(t, "a")
		b := rapid.StringN(1, 255, -1).Draw(t, "b")
		if (keyOf("c", a) == keyOf("c", b)) != (a == b) {
			t.Fatalf("%q and %q", a, b)
		}
	})
}
