package importer

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The last line of a file that does not end may be half written: it is left, named,
// and booked when it has ended, as one row.
func TestAGrowingFile(t *testing.T) {
	p := newPurse(t)
	file := write(t, "a.csv", []byte(head+"2026-12-01 10:00:00,1\n2026-12-01 10:00:01,12"))
	out, _, err := p.run(file)
	if err == nil || !strings.Contains(err.Error(), "line 3, the last, does not end") || !strings.Contains(err.Error(), "--last-line take") || len(p.booked) != 1 || !strings.HasPrefix(out, "1 row, 2 credits") {
		t.Errorf("%s %v, %d booked", out, err, len(p.booked))
	}
	if out, _, err = p.run(file, func(o *Options) { o.LastLine = LeaveLast }); err != nil || !strings.Contains(out, "1 row is left for the next run: line 3") {
		t.Error(out, err)
	}
	for _, grown := range []string{"34\n2026-12-01 10:00", ":02,5\n2026-12-01 10:00:03,\"6"} { // also half a row, and half a quote
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString(grown)
		_ = f.Close()
		if out, notes, err := p.run(file, func(o *Options) { o.LastLine = LeaveLast }); err != nil {
			t.Error(out, notes, err)
		}
	}
	var got []string
	for _, e := range p.order {
		got = append(got, string(e.Properties["n"]))
	}
	if strings.Join(got, " ") != "1 1234 5" {
		t.Errorf("booked are %v", got)
	}
	// An export that is whole, a packed one, and a file that is only a header.
	whole := []byte(head + "2026-12-01 10:00:00,1\n2026-12-01 10:00:01,2")
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(whole)
	_ = z.Close()
	for name, x := range map[string]struct {
		file string
		last string
		rows int
	}{
		"said so": {write(t, "a.csv", whole), TakeLast, 2}, "packed": {write(t, "a.csv.gz", packed.Bytes()), "", 2}, "ended": {write(t, "a.csv", append(whole, '\n')), "", 2},
		"UTF-16": {write(t, "a.csv", utf16le("\ufeff"+string(whole))), TakeLast, 2}, "a header": {write(t, "a.csv", []byte("at,n")), "", 0}, "left": {write(t, "a.csv", whole), LeaveLast, 1},
	} {
		p := newPurse(t)
		if out, _, err := p.run(x.file, func(o *Options) { o.LastLine = x.last }); err != nil || len(p.booked) != x.rows {
			t.Errorf("%s: %s %v, %d booked", name, out, err, len(p.booked))
		}
	}
	if _, _, err := p.run(file, func(o *Options) { o.LastLine = "maybe" }); err == nil || !strings.Contains(err.Error(), "--last-line") {
		t.Error(err)
	}
}

// What is under way when somebody interrupts is waited for, and the summary is of what
// was booked; what was not sent is not.
func TestAnInterruption(t *testing.T) {
	var rows strings.Builder
	for i := range 7 {
		fmt.Fprintf(&rows, "2026-01-01 10:00:0%d,1\n", i)
	}
	file := write(t, "a.csv", []byte(head+rows.String()))
	run := func(p *interrupted, ctx context.Context) (string, error) {
		o := plain
		o.File = file
		var a, b bytes.Buffer
		err := Run(ctx, o, p, &a, &b)
		return a.String(), err
	}
	again := func(err error) bool {
		return err != nil && strings.Contains(err.Error(), "run the same command again") && !errors.Is(err, context.Canceled)
	}
	ctx, stop := context.WithCancel(context.Background())
	p := &interrupted{purse: newPurse(t), stop: stop, at: 2}
	if out, err := run(p, ctx); !again(err) || len(p.booked) != 4 || !strings.HasPrefix(out, "4 rows, 8 credits charged") || strings.Contains(out, "may be") {
		t.Error(out, err, len(p.booked))
	}
	if out, err := run(p, ctx); !again(err) || len(p.booked) != 4 || !strings.HasPrefix(out, "0 rows, ") { // it was stopped before
		t.Error(out, err)
	}
	// An answer that does not come is not waited for for ever.
	defer func(was time.Duration) { lastWait = was }(lastWait)
	lastWait = 10 * time.Millisecond
	ctx, stop = context.WithCancel(context.Background())
	p = &interrupted{purse: newPurse(t), stop: stop, at: 2, silent: true}
	if out, err := run(p, ctx); !again(err) || !strings.HasPrefix(out, "2 rows, 4 credits charged") || !strings.Contains(out, "2 rows, of lines 4 to 5, may be booked or not") {
		t.Error(out, err)
	}
}

// A request whose answer was lost is made again, as one is that reached nobody. Where
// no answer comes at all, it says which rows may be booked.
func TestALostAnswer(t *testing.T) {
	lost := &url.Error{Op: "Post", URL: "/v1/usage", Err: io.EOF}
	refused := &url.Error{Op: "Post", URL: "/v1/usage", Err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	file := write(t, "a.csv", []byte(head+"2026-01-01 10:00:00,1\n2026-01-01 10:00:01,1\n2026-01-01 10:00:02,1\n"))
	p := newPurse(t)
	p.fails, p.cut = 1, lost
	out, notes, err := p.run(file)
	if err != nil || len(p.booked) != 3 || !strings.HasPrefix(out, "3 rows, 2 credits charged, 2 of the rows were there already, for 4 credits\n2 of the rows were there already or booked just now") ||
		!strings.Contains(notes, "trying again") {
		t.Errorf("%s %s %v, %d are booked", out, notes, err, len(p.booked))
	}
	q := &unreachable{newPurse(t), 1, refused}
	var a, b bytes.Buffer
	o := plain
	o.File = file
	if err := Run(context.Background(), o, q, &a, &b); err != nil || !strings.HasPrefix(a.String(), "3 rows, 6 credits charged, 0 of the rows were there already\n") || strings.Contains(a.String(), "just now") {
		t.Error(a.String(), err)
	}

	defer func(was time.Duration) { patience = was }(patience)
	patience = 0
	p = newPurse(t)
	p.fails, p.cut = 1, lost
	const unknown = "2 rows, of lines 2 to 3, may be booked or not"
	if out, _, err = p.run(file); err == nil || !strings.Contains(err.Error(), unknown) || !strings.Contains(err.Error(), "Run the same command again") || !strings.Contains(out, unknown) || !strings.HasPrefix(out, "0 rows, ") {
		t.Error(out, err)
	}
	q = &unreachable{newPurse(t), 1, refused}
	a.Reset()
	if err := Run(context.Background(), o, q, &a, &b); err == nil || !strings.Contains(err.Error(), "nothing from line 2 on is booked") || strings.Contains(a.String(), "may be") {
		t.Error(a.String(), err)
	}
}

// interrupted is interrupted while it answers a request.
type interrupted struct {
	*purse
	stop   func()
	at     int // the request
	silent bool
}

func (p *interrupted) Post(ctx context.Context, path string, body, out any) error {
	if p.at--; p.at == 0 {
		p.stop()
		if p.silent {
			<-ctx.Done()
			return &url.Error{Op: "Post", URL: path, Err: ctx.Err()}
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.purse.Post(ctx, path, body, out)
}

// unreachable cannot be reached for usage a few times.
type unreachable struct {
	*purse
	times int
	err   error
}

func (p *unreachable) Post(ctx context.Context, path string, body, out any) error {
	if p.times--; p.times >= 0 {
		return p.err
	}
	return p.purse.Post(ctx, path, body, out)
}
