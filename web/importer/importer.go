// Package importer meters the rows of a CSV file through the API. A row is
// booked or named with its line, never both and never neither, and running the
// same command again charges nothing twice: an id says what a row is, not where
// it stands.
package importer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"time"

	"purse/billing/money"
	"purse/billing/words"
)

// API is Purse, as a vendor's backend speaks to it. An error is a Refusal, or the
// answer did not come, and nobody knows what became of the request.
type API interface {
	Post(ctx context.Context, path string, body, out any) error
	Get(ctx context.Context, path string, out any) error
}

// Refusal is an answer that says no.
type Refusal interface {
	error
	Retryable() bool // the same request may succeed later
	Unknown() bool   // what was asked for may have been done all the same
	NotFound() bool  // there is no such thing
}

// Options say what is imported, and how it is read.
type Options struct {
	File   string // "-" for the standard input
	Preset string // what the export is of, "" for none
	// Customer is whose usage it is; CustomerColumn names the column that says so.
	Customer, CustomerColumn string
	Event                    string
	Time, TimeFormat, Zone   string
	Property, Set, Default   map[string]string
	ID, Caller               string // columns, "" for none
	IDs                      string // how ids are made without a column: content, or row as earlier releases did
	Where                    []string
	Null                     []string // texts that stand for a blank cell
	SkipBlank                bool
	Delimiter, Decimal       string
	LastLine                 string // leave or take; "": left, and an error
	Batch, MaxRefused        int
	DryRun                   bool
}

// Run imports, or shows what it would book. Out gets the result, notes what it
// understood, which rows it refused and how far it is. The error says that not
// all rows were booked.
func Run(ctx context.Context, o Options, api API, out, notes io.Writer) error {
	if o.Batch < 1 || o.Batch > 1000 {
		return errors.New("--batch is from 1 to 1000")
	}
	m, err := newMapping(o)
	if err != nil {
		return err
	}
	if o.LastLine != "" && o.LastLine != LeaveLast && o.LastLine != TakeLast {
		return fmt.Errorf("--last-line is leave or take, not %q", o.LastLine)
	}
	src, err := open(o.File)
	if err != nil {
		return err
	}
	defer src.close()
	t, err := newTable(o, src, m)
	if err != nil {
		return err
	}
	im := &run{Options: o, mapping: m, table: t, src: src, api: api, out: out, notes: notes, started: time.Now(), charged: map[string]money.Credits{}, before: map[string]money.Credits{}, skipped: map[string]int{}, seen: map[string]int{}, whose: map[string]*customer{}}
	im.ids = newIDs(o)
	fmt.Fprintln(notes, t.guess())
	if o.DryRun {
		return im.dryRun(ctx)
	}
	err = im.all(ctx)
	im.summary()
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: run the same command again, it goes on without charging anything twice")
	}
	if err == nil && im.refused > 0 {
		err = fmt.Errorf("%s refused: named above, and nothing of that is booked; correct it and run the same command again", words.Were(im.refused, "row"))
	}
	return errors.Join(err, im.unended())
}

// unended is an error where the last line was left and nobody said that this is well.
func (im *run) unended() error {
	text := im.table.leftOver()
	if text == "" || im.LastLine == LeaveLast {
		return nil
	}
	return fmt.Errorf("%s %s", im.File, text)
}

// run is one import.
type run struct {
	Options
	mapping *mapping
	table   *table
	src     *source
	api     API
	ids     *ids
	whose   map[string]*customer // by how the file names them, nil for nobody
	out     io.Writer
	notes   io.Writer
	started time.Time

	batch    []booking
	rows     int // booked, now or before
	again    int // of them before
	late     int // of those perhaps by this import, by a request whose answer was lost
	unpriced int // of them without a price yet
	refused  int
	charged  map[string]money.Credits // by the rows that were not there
	before   map[string]money.Credits // by those that were
	skipped  map[string]int           // by why
	seen     map[string]int           // rows in which something was guessed, by what
	unknown  string                   // rows of which nobody knows whether they are booked
}

// booking is a row on its way.
type booking struct {
	event event
	row   *row
}

// all books every row.
func (im *run) all(ctx context.Context) error {
	for {
		b, err := im.next(ctx)
		if err != nil || b == nil {
			failed := im.send(ctx)
			if errors.As(err, new(brokenError)) && failed == nil {
				err = fmt.Errorf("%w; the rows before it are booked or named, it and those after it are not booked", err)
			}
			return errors.Join(err, failed)
		}
		if im.batch = append(im.batch, *b); len(im.batch) == im.Batch {
			if err := im.send(ctx); err != nil {
				return err
			}
		}
	}
}

// next is the next row that is to be booked, nil at the end. What cannot be read
// is named on the way.
func (im *run) next(ctx context.Context) (*booking, error) {
	for {
		r, err := im.table.next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		e, why, err := im.mapping.event(r)
		if err == nil && why == "" {
			im.understood(r, e)
			b := &booking{event: e, row: r}
			if err = im.identify(ctx, b); err == nil {
				return b, nil
			}
		}
		if err == nil {
			im.skipped[why]++
			continue
		}
		if err := im.refuse(err); err != nil {
			return nil, err
		}
	}
}

// identify finds out whose a row is, and names it.
func (im *run) identify(ctx context.Context, b *booking) error {
	c, err := im.customer(ctx, b)
	if err != nil {
		return err
	}
	return im.ids.name(&b.event, c, b.row, im.mapping)
}

// understood says once how a kind of time or number was read, and counts.
func (im *run) understood(r *row, e event) {
	for _, g := range e.guesses {
		if im.seen[g.as]++; im.seen[g.as] == 1 {
			fmt.Fprintf(im.notes, "%s such as %q (line %d) are read %s: %s.\n", g.what, g.text, r.line, g.as, g.read)
		}
	}
}

// refuse names a row that is not booked. Its error ends the import, as one does that
// is not about a row.
func (im *run) refuse(err error) error {
	if !errors.As(err, new(*rowError)) {
		return err
	}
	im.refused++
	fmt.Fprintf(im.notes, "\r\x1b[K%s %v\n", im.File, err)
	if im.MaxRefused > 0 && im.refused >= im.MaxRefused {
		line := 0
		var bad *rowError
		if errors.As(err, &bad) {
			line = bad.line
		}
		after := "no row after it is booked"
		if im.DryRun {
			after = "no row after it was looked at"
		}
		return fmt.Errorf("%s refused: it ends after line %d, and %s (--max-refused)", words.Were(im.refused, "row"), max(line, im.table.last), after)
	}
	return nil
}

// summary says what was done, to the row.
func (im *run) summary() {
	fmt.Fprintln(im.notes)
	rows := words.Count(im.rows, "row")
	switch im.again {
	case 0:
		fmt.Fprintf(im.out, "%s, %s charged, %s there already\n", rows, sum(im.charged), ofTheRows(0, "was", "were"))
	case im.rows:
		fmt.Fprintf(im.out, "%s, nothing charged: all of them were there already, for %s\n", rows, sum(im.before))
	default:
		fmt.Fprintf(im.out, "%s, %s charged, %s there already, for %s\n", rows, sum(im.charged), ofTheRows(im.again, "was", "were"), sum(im.before))
	}
	if im.late > 0 {
		fmt.Fprintf(im.out, "%s there already or booked just now: an answer was lost, and asked for again\n", ofTheRows(im.late, "was", "were"))
	}
	if im.unknown != "" {
		fmt.Fprintln(im.out, im.unknown)
	}
	if im.unpriced > 0 {
		fmt.Fprintf(im.out, "%s for a price: see Unpriced usage in the console\n", ofTheRows(im.unpriced, "waits", "wait"))
	}
	for _, why := range sorted(im.skipped) {
		fmt.Fprintf(im.out, "%s left out: %s\n", words.Were(im.skipped[why], "row"), why)
	}
	if im.table.repeated > 0 {
		fmt.Fprintf(im.out, "%s left out that repeated the names of the columns\n", words.Were(im.table.repeated, "line"))
	}
	if im.refused > 0 {
		fmt.Fprintf(im.out, "%s refused\n", words.Were(im.refused, "row"))
	}
	im.doubts()
}

// doubts says how many times were read of which the zone leaves open what they are,
// and that the last line was left.
func (im *run) doubts() {
	for _, as := range sorted(im.seen) {
		if doubtful[as] {
			fmt.Fprintf(im.out, "%s a time that is read %s in %s: where the file's times are of another zone, give it with --zone\n", ofTheRows(im.seen[as], "has", "have"), as, im.mapping.moments.zone)
		}
	}
	if text := im.table.leftOver(); text != "" && im.LastLine == LeaveLast {
		fmt.Fprintf(im.out, "1 row is left for the next run: line %d does not end yet\n", im.table.left)
	}
}

// ofTheRows says what some of the rows do: "1 of the rows waits".
func ofTheRows(n int, one, many string) string {
	if n != 1 {
		one = many
	}
	return words.Group(strconv.Itoa(n)) + " of the rows " + one
}

func sum(credits map[string]money.Credits) string {
	if len(credits) <= 1 {
		var sum money.Credits
		for _, c := range credits {
			sum = c
		}
		return words.Credits(sum)
	}
	var parts []string
	for _, typ := range sorted(credits) {
		parts = append(parts, credits[typ].String()+" "+typ)
	}
	return strings.Join(parts, " and ")
}

func sorted[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
