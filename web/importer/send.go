package importer

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"purse/billing/money"
	"purse/billing/words"
)

// answer is what the API says of one event.
type answer struct {
	Object   string `json:"object"`
	Replayed bool   `json:"replayed"`
	Unpriced bool   `json:"unpriced"`
	Charges  []struct {
		CreditType string `json:"credit_type"`
		Credits    string `json:"credits"`
	} `json:"charges"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Param  string `json:"param"`
}

// send books what is on its way. What the API refuses is named.
func (im *run) send(ctx context.Context) error {
	batch := im.batch
	im.batch = im.batch[:0]
	if len(batch) == 0 {
		return nil
	}
	events := make([]event, len(batch))
	for i, b := range batch {
		events[i] = b.event
	}
	var got []answer
	lost, err := im.patiently(ctx, func(ctx context.Context) (err error) {
		got, err = im.post(ctx, events)
		return err
	})
	if err != nil {
		return im.unsent(batch, lost, err)
	}
	var ends error
	for i, a := range got {
		if a.Object != "usage_receipt" {
			// Every row of the batch is told of, also when this was one too many.
			ends = errors.Join(ends, im.refuse(im.refusal(&batch[i], a)))
			continue
		}
		im.rows++
		if a.Replayed {
			im.again++
			if lost {
				im.late++
			}
		}
		if a.Unpriced {
			im.unpriced++
		}
		for _, c := range a.Charges {
			n, err := money.ParseCredits(c.Credits)
			if err != nil {
				return err
			}
			if a.Replayed {
				im.before[c.CreditType] += n
			} else {
				im.charged[c.CreditType] += n
			}
		}
	}
	im.progress()
	return ends
}

// refusal is what the API has against a row, with the cell that it comes from.
func (im *run) refusal(b *booking, a answer) error {
	e := &rowError{line: b.row.line, number: b.row.number, text: fmt.Sprintf("%s (%s)", strings.TrimSuffix(a.Detail, "."), a.Code)}
	if a.Param != "" {
		e.text = fmt.Sprintf("%s (%s, %s)", strings.TrimSuffix(a.Detail, "."), a.Code, a.Param)
	}
	var c *column
	switch property, isProperty := strings.CutPrefix(a.Param, "properties."); {
	case isProperty:
		for _, f := range im.mapping.fields {
			if f.property == property {
				c = f.column
			}
		}
	case a.Param == "timestamp":
		c = im.mapping.time
	case a.Param == "customer":
		c = im.mapping.customer
	case a.Param == "id":
		c = im.mapping.id
	case a.Param == "caller":
		c = im.mapping.caller
	}
	if c != nil && c.index >= 0 {
		e.column, e.value, e.hasValue = c.name, b.row.cells[c.index], true
	}
	return e
}

func (im *run) post(ctx context.Context, events []event) ([]answer, error) {
	var got struct {
		Data []answer `json:"data"`
	}
	err := im.api.Post(ctx, "/v1/usage", map[string]any{"events": events}, &got)
	if err == nil && len(got.Data) != len(events) {
		err = fmt.Errorf("Purse answered %d of %d rows", len(got.Data), len(events))
	}
	return got.Data, err
}

// unsent is the error of a batch without an answer: what is booked of it, as far as
// anybody knows.
func (im *run) unsent(batch []booking, lost bool, err error) error {
	first, last := batch[0].row.line, batch[len(batch)-1].row.line
	if !lost {
		return fmt.Errorf("%w; nothing from line %d on is booked", err, first)
	}
	im.unknown = fmt.Sprintf("%s, of lines %d to %d, may be booked or not: the answer was lost", words.Count(len(batch), "row"), first, last)
	return fmt.Errorf("%w; %s, and nothing after them is booked. Run the same command again: it goes on without charging anything twice", err, im.unknown)
}

var (
	// patience is for how long the same request is made again.
	patience = 5 * time.Minute
	// lastWait is how long an interruption waits for the answer to what was asked.
	lastWait = 10 * time.Second
)

// patiently asks until there is an answer: while Purse cannot be reached, starts anew
// or has too much to do, it waits and asks again. lost says that an answer did not
// come, so that what was asked for may have been done before.
func (im *run) patiently(ctx context.Context, ask func(context.Context) error) (lost bool, err error) {
	begun := time.Now()
	for wait := time.Second / 2; ; wait = min(2*wait, 15*time.Second) {
		if ctx.Err() != nil {
			return lost, ctx.Err()
		}
		if err = toTheEnd(ctx, ask); err == nil {
			return lost, nil
		}
		var no Refusal
		if errors.As(err, &no) && !no.Retryable() {
			return lost, err
		}
		if lost = lost || mayBeDone(err); time.Since(begun) >= patience {
			return lost, err
		}
		fmt.Fprintf(im.notes, "\r\x1b[K%v; trying again", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// toTheEnd asks, and lets the request end that an interruption finds under way.
func toTheEnd(ctx context.Context, ask func(context.Context) error) error {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(lastWait, cancel) })
	defer stop()
	return ask(own)
}

// mayBeDone says whether what was asked for may have been done all the same.
func mayBeDone(err error) bool {
	var no Refusal
	if errors.As(err, &no) {
		return no.Unknown()
	}
	var connecting *net.OpError
	return !errors.As(err, &connecting) || connecting.Op != "dial"
}

// progress draws a bar, or counts where nobody knows how long the file is.
func (im *run) progress() {
	rate := float64(im.rows) / time.Since(im.started).Seconds()
	if im.src.size == 0 {
		fmt.Fprintf(im.notes, "\r\x1b[K%s  %.0f rows/s", words.Count(im.rows, "row"), rate)
		return
	}
	const width = 30
	read := min(im.src.read, im.src.size) // a file may grow
	done := int(read * width / im.src.size)
	fmt.Fprintf(im.notes, "\r\x1b[K[%s%s] %3d %%  %s  %.0f rows/s", strings.Repeat("#", done), strings.Repeat(".", width-done), read*100/im.src.size, words.Count(im.rows, "row"), rate)
}
