package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"purse/billing/words"
)

// row is one record of the file.
type row struct {
	line   int // of the file, from 1
	number int // of the data, from 1
	cells  []string
}

// rowError says what is wrong with a row, and where.
type rowError struct {
	line, number  int
	column, value string
	hasValue      bool
	text          string
}

func (e *rowError) Error() string {
	at := fmt.Sprintf("line %d (row %d)", e.line, e.number)
	if e.column != "" {
		at += fmt.Sprintf(", column %q", e.column)
	}
	if e.hasValue {
		at += fmt.Sprintf(", value %q", e.value)
	}
	return at + ": " + e.text
}

func (r *row) wrong(text string) error { return &rowError{line: r.line, number: r.number, text: text} }

// table reads records below a header.
type table struct {
	file      string
	names     []string
	delimiter rune
	header    int // the line of the names
	encoding  string
	packed    bool
	reader    *csv.Reader
	repeated  int // header lines that came again
	rows      int
	last      int // the line of the last row

	end   *lastByte // nil where the last row is taken as it is
	ahead *record   // the next one, where it is read ahead
	left  int       // the line of a last row that is left, 0 for none
}

const preamble = 50 // lines that may stand above the names of the columns

var delimiters = []rune{',', ';', '\t', '|'}

// newTable finds the line with the names of the columns: the first that has all
// that the mapping asks for.
func newTable(o Options, src *source, m *mapping) (*table, error) {
	t := &table{file: o.File, encoding: src.encoding, packed: src.packed}
	tried := delimiters
	if o.Delimiter != "" {
		d, err := delimiter(o.Delimiter)
		if err != nil {
			return nil, err
		}
		tried = []rune{d}
	}
	var first, missing error
	for t.header < preamble {
		line, err := src.text.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s line %d cannot be read: %w", o.File, t.header+1, err)
		}
		t.header++
		if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
			return nil, fmt.Errorf("%s line %d is not text in UTF-8 or UTF-16: save the file as UTF-8 and run again", o.File, t.header)
		}
		if missing = t.takeNames(line, tried, m); missing == nil {
			break
		}
		var twice *duplicateError
		if errors.As(missing, &twice) {
			return nil, missing
		}
		if first == nil && strings.TrimSpace(line) != "" {
			first = missing
		}
		if err != nil {
			break
		}
	}
	if t.delimiter == 0 {
		return nil, first
	}
	var text io.Reader = src.text
	if src.grows && o.LastLine != TakeLast {
		t.end = &lastByte{Reader: src.text, last: '\n'}
		text = t.end
	}
	t.reader = csv.NewReader(text)
	t.reader.Comma, t.reader.FieldsPerRecord = t.delimiter, len(t.names)
	return t, nil
}

func delimiter(s string) (rune, error) {
	if d := map[string]rune{"tab": '\t', `\t`: '\t', "comma": ',', "semicolon": ';', "pipe": '|'}[s]; d != 0 {
		return d, nil
	}
	if d, n := utf8.DecodeRuneInString(s); n == len(s) && d != '"' && d != '\n' && d != utf8.RuneError {
		return d, nil
	}
	return 0, fmt.Errorf("--delimiter is one character, or tab, comma, semicolon or pipe; not %q", s)
}

// takeNames takes a line for the header when one of the delimiters makes the names
// of it that are needed. Its error is that of the likeliest.
func (t *table) takeNames(line string, tried []rune, m *mapping) error {
	var best error
	most := 0
	for _, d := range tried {
		r := csv.NewReader(strings.NewReader(line))
		r.Comma, r.LazyQuotes = d, true
		names, err := r.Read()
		if err != nil {
			continue
		}
		for i := range names {
			names[i] = strings.TrimSpace(names[i])
		}
		err = m.bind(names)
		if err == nil {
			t.names, t.delimiter = names, d
			return nil
		}
		if best == nil || len(names) > most {
			best, most = fmt.Errorf("%w in %s; it has %s", err, t.file, strings.Join(names, ", ")), len(names)
		}
	}
	if best == nil {
		best = fmt.Errorf("%s has no line with the names of the columns", t.file)
	}
	return best
}

// guess says what the file was taken for.
func (t *table) guess() string {
	names := map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "pipes"}
	between := names[t.delimiter]
	if between == "" {
		between = fmt.Sprintf("%q", t.delimiter)
	}
	s := fmt.Sprintf("Reading %s: %s, %s with %s between them, names on line %d", t.file, t.encoding, words.Count(len(t.names), "column"), between, t.header)
	if t.packed {
		s += ", unpacked"
	}
	return s + "."
}

// brokenError ends a file: after it no row can be told.
type brokenError struct{ error }

func (e brokenError) Unwrap() error { return e.error }

// next is the next row; a line with the names of the columns again is none.
// An error that is no *rowError ends the file.
func (t *table) next() (*row, error) {
	for {
		r := t.take()
		var wrong *csv.ParseError
		switch {
		case errors.Is(r.err, io.EOF):
			return nil, io.EOF
		case errors.As(r.err, &wrong) && !errors.Is(r.err, csv.ErrFieldCount):
			return nil, brokenError{fmt.Errorf("%s line %d is no CSV: %w", t.file, r.line, wrong.Err)}
		case r.err != nil && !errors.Is(r.err, csv.ErrFieldCount):
			return nil, brokenError{fmt.Errorf("%s cannot be read after line %d: %w", t.file, t.last, r.err)}
		}
		if slices.Equal(r.cells, t.names) {
			t.repeated++
			continue
		}
		t.rows++
		t.last = r.line
		return &row{line: r.line, number: t.rows, cells: r.cells}, nil
	}
}
