package sheet

import (
	"strings"
	"testing"
)

func TestCellsAreNeverFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "req-1": "req-1", "-12.5": "'-12.5", "=1+1": "'=1+1", "+cmd": "'+cmd", "-cmd": "'-cmd", "@SUM": "'@SUM",
		"000123": "'000123", "12345678901234567890": "'12345678901234567890", "1e5": "'1e5", "12E3": "'12E3", "1.10": "'1.10", "3-4": "'3-4", "2026-01-02": "'2026-01-02",
		"MARCH1": "'MARCH1", "1-Sep": "'1-Sep", "10:30": "'10:30", "50%": "'50%", "42": "42", "0": "0", "marcher1": "marcher1", "req-000123": "req-000123", "12ab": "12ab",
		"1e5f": "1e5f", "v1.10": "v1.10", "4808 10": "'4808 10",
		"\tx": "'\tx", "\x00x": "'\x00x", "\rx": "'\rx",
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTheFirstBytesSayUTF8(t *testing.T) {
	var b strings.Builder
	w := NewWriter(&b)
	if err := w.WriteAll([][]string{{"name", "é"}, {"a,b", "1"}}); err != nil || b.String() != "\ufeffname,é\n\"a,b\",1\n" {
		t.Errorf("%q %v", b.String(), err)
	}
}
