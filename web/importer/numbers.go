package importer

import (
	"encoding/json"
	"regexp"
	"strings"
)

var (
	jsonNumber = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$`)
	thousands  = regexp.MustCompile(`^([+-]?)(\d{1,3}(?:,\d{3})+)(\.\d+)?$`)
	loose      = regexp.MustCompile(`^\+?(-?)(\d*)(?:\.(\d*))?$`)
)

// number reads a number as tables have them, into one of JSON: with commas
// between thousands, a plus in front, nothing before or after the point. decimal
// is what stands before the decimals, a point or a comma. A number that JSON
// knows stays as it is written.
func number(s, decimal string) (string, bool) {
	if decimal == "," {
		s = strings.NewReplacer(".", ",", ",", ".").Replace(s)
	}
	if jsonNumber.MatchString(s) {
		return s, true
	}
	if m := thousands.FindStringSubmatch(s); m != nil {
		s = m[1] + strings.ReplaceAll(m[2], ",", "") + m[3]
	}
	m := loose.FindStringSubmatch(s)
	if m == nil || m[2]+m[3] == "" || (len(m[2]) > 1 && m[2][0] == '0') { // 007 is a name
		return "", false
	}
	whole := m[2]
	if whole == "" {
		whole = "0"
	}
	if m[3] != "" {
		whole += "." + m[3]
	}
	return m[1] + whole, true
}

var pointed = regexp.MustCompile(`^[+-]?[1-9]\d{0,2}\.\d{3}$`)

// numberGuess says what a number was taken for that could be read in two ways, ""
// for one that cannot. decimal is "" where nobody said what stands before decimals.
func numberGuess(s, decimal string) string {
	s = strings.TrimSpace(s)
	if _, ok := number(s, decimal); !ok {
		return ""
	}
	switch {
	case decimal == "," && strings.Contains(s, "."):
		return "with points between thousands"
	case decimal == ",":
	case strings.Contains(s, ","):
		return "with commas between thousands (say --decimal , where a comma stands before decimals)"
	case decimal == "" && pointed.MatchString(s):
		return "with a point before decimals (say --decimal , where points stand between thousands)"
	}
	return ""
}

// value is a cell as a property: a number where it is one, else text.
func value(s, decimal string) json.RawMessage {
	s = strings.TrimSpace(s)
	if n, ok := number(s, decimal); ok {
		return json.RawMessage(n)
	}
	b, _ := json.Marshal(s) // a string always encodes
	return b
}
