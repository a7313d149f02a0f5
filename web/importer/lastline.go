package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// What becomes of the last line of a file when it does not end: it may be half
// written. Pipes and packed files are whole when they end.
const (
	// LeaveLast leaves it for the next run, for files that grow.
	LeaveLast = "leave"
	// TakeLast takes it, for exports that are whole.
	TakeLast = "take"
)

// lastByte remembers the last byte that was read.
type lastByte struct {
	io.Reader
	last byte
}

func (l *lastByte) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if n > 0 {
		l.last = p[n-1]
	}
	return n, err
}

// record is what the reader answered once.
type record struct {
	cells []string
	line  int
	err   error
}

func (t *table) read() *record {
	cells, err := t.reader.Read()
	r := &record{cells: cells, err: err}
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		r.line = wrong.StartLine + t.header
	} else if err == nil {
		n, _ := t.reader.FieldPos(0)
		r.line = n + t.header
	}
	return r
}

// take is the next record. Of a file that may grow the last is left when its line
// does not end.
func (t *table) take() *record {
	if t.end == nil {
		return t.read()
	}
	if t.ahead == nil {
		t.ahead = t.read()
	}
	r := t.ahead
	if errors.Is(r.err, io.EOF) {
		return r
	}
	var wrong *csv.ParseError
	if errors.As(r.err, &wrong) && !errors.Is(r.err, csv.ErrFieldCount) { // nothing can be read after it
		t.ahead = &record{err: io.EOF}
	} else {
		t.ahead = t.read()
	}
	if errors.Is(t.ahead.err, io.EOF) && t.end.last != '\n' {
		t.left = r.line
		return t.ahead
	}
	return r
}

// leftOver says that the last line was left, "" when it was not.
func (t *table) leftOver() string {
	if t.left == 0 {
		return ""
	}
	return fmt.Sprintf("line %d, the last, does not end: it may be half written and is not booked. When the file is whole, say --last-line take; when it grows, the next run books it (--last-line leave says that this is well)", t.left)
}
