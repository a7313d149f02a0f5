package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"purse/billing/money"
)

type usageCommands struct {
	Import usageImportCommand `cmd:"" help:"Meter the rows of a CSV file through the API. It can be interrupted and run again."`
}

type usageImportCommand struct {
	File     string            `arg:"" help:"A CSV file with a header line." type:"existingfile"`
	URL      string            `help:"Where Purse is." default:"http://127.0.0.1:8080" env:"PURSE_PUBLIC_URL"`
	Key      string            `help:"A key with the scopes usage and admin (for dates older than 35 days)." required:"" env:"PURSE_KEY"`
	Customer string            `help:"Whose usage it is: an id, or ext:your-own-id." required:""`
	Event    string            `help:"The name of the event that each row is." required:""`
	Time     string            `help:"The column with the time, as RFC 3339 or 2006-01-02 15:04:05.999 in UTC." required:""`
	Property map[string]string `help:"property=Column, as often as needed." required:"" mapsep:"none"`
	Set      map[string]string `help:"property=value, the same for each row." mapsep:"none"`
	ID       string            `help:"The column with the event's id; without it, ids are made of the file's name and the row's number."`
	Caller   string            `help:"The column with the caller."`
	Batch    int               `help:"Rows in one request." default:"200"`
}

// importer is one run of the import.
type importer struct {
	*usageImportCommand
	api     *client
	columns map[string]int
	prefix  string
	rows    int
	charged money.Credits
	again   int
	out     *os.File
	size    int64
	started time.Time
}

// Run records each row once: an id is made of the file and the row, so that a
// second run charges nothing twice.
func (c *usageImportCommand) Run(ctx context.Context) error {
	if c.Batch < 1 || c.Batch > 1000 {
		return errors.New("--batch is from 1 to 1000")
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	im := &importer{usageImportCommand: c, api: newClient(c.URL, c.Key), out: os.Stderr, size: info.Size(), started: time.Now()}
	im.prefix = strings.TrimSuffix(filepath.Base(c.File), filepath.Ext(c.File))
	r := csv.NewReader(f)
	r.ReuseRecord = true
	if err := im.header(r); err != nil {
		return err
	}
	err = im.all(ctx, r)
	fmt.Fprintln(im.out)
	fmt.Printf("%d rows, %s credits charged, %d of the rows were there already\n", im.rows, im.charged, im.again)
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: run the same command again, it goes on without charging anything twice")
	}
	return err
}

// header finds the columns that are named.
func (im *importer) header(r *csv.Reader) error {
	names, err := r.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s is empty: it needs a line with the names of the columns", im.File)
	}
	if err != nil {
		return im.broken(err)
	}
	for _, n := range names {
		if !utf8.ValidString(n) || strings.ContainsRune(n, 0) {
			return fmt.Errorf("%s is not a CSV file in UTF-8: save it as UTF-8 and run again", im.File)
		}
	}
	im.columns = map[string]int{}
	for i, n := range names {
		im.columns[strings.TrimPrefix(n, "\ufeff")] = i
	}
	wanted := map[string]string{"--time": im.Time}
	for p, column := range im.Property {
		wanted["--property "+p] = column
	}
	if im.ID != "" {
		wanted["--id"] = im.ID
	}
	if im.Caller != "" {
		wanted["--caller"] = im.Caller
	}
	for flag, column := range wanted {
		if _, ok := im.columns[column]; !ok {
			return fmt.Errorf("%s: there is no column %q in %s; it has %s", flag, column, im.File, strings.Join(names, ", "))
		}
	}
	return nil
}

func (im *importer) broken(err error) error {
	return fmt.Errorf("%s is not a CSV file in UTF-8: %w", im.File, err)
}

func (im *importer) all(ctx context.Context, r *csv.Reader) error {
	var batch []importedEvent
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return im.send(ctx, batch, r.InputOffset())
		}
		if err != nil {
			return im.broken(err)
		}
		e, err := im.event(row)
		if err != nil {
			line, _ := r.FieldPos(0)
			return fmt.Errorf("%s line %d: %w; the rows before it are booked, correct it and run again", im.File, line, err)
		}
		if batch = append(batch, e); len(batch) == im.Batch {
			if err := im.send(ctx, batch, r.InputOffset()); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
}

// importedEvent is a row as the API takes it.
type importedEvent struct {
	ID         string                     `json:"id"`
	Customer   string                     `json:"customer"`
	Event      string                     `json:"event"`
	Timestamp  string                     `json:"timestamp"`
	Mode       string                     `json:"mode"`
	Backdated  bool                       `json:"backdated,omitempty"`
	Caller     string                     `json:"caller,omitempty"`
	Properties map[string]json.RawMessage `json:"properties"`
}

func (im *importer) event(row []string) (importedEvent, error) {
	for _, cell := range row {
		if !utf8.ValidString(cell) {
			return importedEvent{}, errors.New("the text is not UTF-8")
		}
	}
	im.rows++
	at, err := parseTime(row[im.columns[im.Time]])
	if err != nil {
		return importedEvent{}, err
	}
	e := importedEvent{
		ID: fmt.Sprintf("%s:%d", im.prefix, im.rows), Customer: im.Customer, Event: im.Event, Mode: "record",
		Timestamp: at.Format(time.RFC3339Nano), Backdated: time.Since(at) > 34*24*time.Hour, Properties: map[string]json.RawMessage{},
	}
	if im.ID != "" {
		e.ID = row[im.columns[im.ID]]
	}
	if im.Caller != "" {
		e.Caller = row[im.columns[im.Caller]]
	}
	for p, column := range im.Property {
		e.Properties[p] = jsonValue(row[im.columns[column]])
	}
	for p, v := range im.Set {
		e.Properties[p] = jsonValue(v)
	}
	return e, nil
}

// jsonValue keeps numbers as they are written and quotes everything else.
func jsonValue(s string) json.RawMessage {
	s = strings.TrimSpace(s)
	var n json.Number
	if err := json.Unmarshal([]byte(s), &n); err == nil && s != "" && s[0] != '"' {
		return json.RawMessage(s)
	}
	b, _ := json.Marshal(s) // a string always encodes
	return b
}

func parseTime(s string) (time.Time, error) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999"} {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time such as 2023-11-16 18:17:03.97 or 2023-11-16T18:17:03Z", s)
}

// send books a batch, and waits and sends it again while Purse does not answer.
func (im *importer) send(ctx context.Context, batch []importedEvent, offset int64) error {
	if len(batch) == 0 {
		return nil
	}
	var answer struct {
		Data []struct {
			problem
			Object   string `json:"object"`
			ID       string `json:"id"`
			Replayed bool   `json:"replayed"`
			Charges  []struct {
				Credits string `json:"credits"`
			} `json:"charges"`
		} `json:"data"`
	}
	for wait := time.Second / 2; ; wait = min(2*wait, 15*time.Second) {
		err := im.api.post(ctx, "/v1/usage", map[string]any{"events": batch}, &answer)
		if err == nil {
			break
		}
		var p *problem
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.As(err, &p) && !p.temporary() {
			return err
		}
		fmt.Fprintf(im.out, "\r\x1b[K%v; trying again", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for i, a := range answer.Data {
		if a.Object != "usage_receipt" {
			return fmt.Errorf("row %d (%s): %w; the rows before it are booked", im.rows-len(batch)+i+1, batch[i].ID, &a.problem)
		}
		if a.Replayed {
			im.again++
		}
		for _, c := range a.Charges {
			n, err := money.ParseCredits(c.Credits)
			if err != nil {
				return err
			}
			im.charged += n
		}
	}
	im.progress(offset)
	return nil
}

// progress draws a bar.
func (im *importer) progress(offset int64) {
	const width = 30
	done := int(offset * width / max(im.size, 1))
	fmt.Fprintf(im.out, "\r\x1b[K[%s%s] %3d %%  %d rows  %.0f rows/s", strings.Repeat("#", done), strings.Repeat(".", width-done),
		offset*100/max(im.size, 1), im.rows, float64(im.rows)/time.Since(im.started).Seconds())
}
