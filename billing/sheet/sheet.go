// Package sheet keeps what people typed from becoming a formula in the
// spreadsheet that opens our CSV: encoding/csv does not.
package sheet

import "strings"

// Text is a cell with text that no spreadsheet takes for a formula: one that
// begins with = + - @, a tab, a line's end or NUL gets a quote before it.
// Source: https://owasp.org/www-community/attacks/CSV_Injection
func Text(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n\x00", rune(s[0])) {
		return "'" + s
	}
	return s
}
