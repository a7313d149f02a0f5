package money

import "testing"

func TestNumbersByValue(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "0.00e7": "0", "1": "1", "1.50": "15e-1", "15e-1": "15e-1", "100": "1e2", "1e2": "1e2", "0.1E3": "1e2", "-2.0": "-2",
		"1e99999999999999999999": "1e99999999999999999999", "word": "word", "": "", "1.": "1.", "0x1": "0x1", "1 ": "1 ", "007": "007", "-": "-", ".5": ".5", "1e": "1e", "--1": "--1", "+1": "+1",
	} {
		if got := Number(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}
