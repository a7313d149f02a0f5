package sheet

import "testing"

func TestCellsAreNeverFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "req-1": "req-1", "-12.5": "'-12.5", "=1+1": "'=1+1", "+cmd": "'+cmd", "-cmd": "'-cmd", "@SUM": "'@SUM",
		"\tx": "'\tx", "\x00x": "'\x00x", "\rx": "'\rx",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}
