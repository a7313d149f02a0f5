// Package sheet writes CSV that spreadsheets open as it is meant: in UTF-8, and
// without making formulas, numbers or dates of what people typed. encoding/csv
// alone does neither.
package sheet

import (
	"encoding/csv"
	"io"
	"regexp"
	"strings"
)

// Writer writes rows. Its first bytes are the mark by which spreadsheets know
// UTF-8.
type Writer struct {
	*csv.Writer
	to      io.Writer
	started bool
}

// NewWriter makes a writer; nothing is written before the first row.
func NewWriter(w io.Writer) *Writer { return &Writer{Writer: csv.NewWriter(w), to: w} }

// Write writes a row.
func (w *Writer) Write(row []string) error {
	if !w.started {
		w.started = true
		if _, err := io.WriteString(w.to, "\ufeff"); err != nil {
			return err
		}
	}
	return w.Writer.Write(row)
}

// WriteAll writes rows and flushes.
func (w *Writer) WriteAll(rows [][]string) error {
	for _, row := range rows {
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// Text is a cell with text that no spreadsheet takes for something else: one
// that begins like a formula, and one that looks like a number or a date and
// would be shown changed, gets a quote before it.
// Source: https://owasp.org/www-community/attacks/CSV_Injection
func Text(s string) string {
	if s == "" {
		return s
	}
	if strings.ContainsRune("=+-@\t\r\n\x00", rune(s[0])) || changed(s) {
		return "'" + s
	}
	return s
}

const months = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)`

var (
	numeric = regexp.MustCompile(`^[\d.,\s]*\d[\d.,\s]*(?:[eE][+-]?\d+)?%?$`)
	dated   = regexp.MustCompile(`^(?i:\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?|\d{1,2}:\d{2}(?::\d{2})?|` + months + `[-/. ]?\d{1,4}|\d{1,2}[-/. ]?` + months + `(?:[-/. ]\d{2,4})?)$`)
	// whole numbers that are shown as they are written
	unchanged = regexp.MustCompile(`^(?:0|[1-9]\d{0,9})$`)
)

// changed says whether a spreadsheet would show a text as another: an id without
// its zeros, rounded to fifteen digits, or as a date.
func changed(s string) bool {
	s = strings.TrimSpace(s)
	return !unchanged.MatchString(s) && (numeric.MatchString(s) || dated.MatchString(s))
}
