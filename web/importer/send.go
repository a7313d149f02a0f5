package importer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"purse/billing/money"
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

// send books what is on its way, and waits and sends it again while Purse does
// not answer. What the API refuses is named.
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
	var got struct {
		Data []answer `json:"data"`
	}
	if err := im.post(ctx, events, &got); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w; nothing from line %d on is booked", err, batch[0].row.line)
	}
	if len(got.Data) != len(batch) {
		return fmt.Errorf("Purse answered %d of %d rows from line %d on: run the same command again", len(got.Data), len(batch), batch[0].row.line)
	}
	var ends error
	for i, a := range got.Data {
		if a.Object != "usage_receipt" {
			// Every row of the batch is told of, also when this was one too many.
			ends = errors.Join(ends, im.refuse(im.refusal(&batch[i], a)))
			continue
		}
		im.rows++
		if a.Replayed {
			im.again++
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

func (im *run) post(ctx context.Context, events []event, out any) error {
	for wait := time.Second / 2; ; wait = min(2*wait, 15*time.Second) {
		err := im.api.Post(ctx, "/v1/usage", map[string]any{"events": events}, out)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if final(err) {
			return err
		}
		fmt.Fprintf(im.notes, "\r\x1b[K%v; trying again", err)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// final says whether the same request will be answered the same.
func final(err error) bool {
	var known interface{ Temporary() bool }
	return errors.As(err, &known) && !known.Temporary()
}

// progress draws a bar, or counts where nobody knows how long the file is.
func (im *run) progress() {
	rate := float64(im.rows) / time.Since(im.started).Seconds()
	if im.src.size == 0 {
		fmt.Fprintf(im.notes, "\r\x1b[K%d rows  %.0f rows/s", im.rows, rate)
		return
	}
	const width = 30
	read := min(im.src.read, im.src.size) // a file may grow
	done := int(read * width / im.src.size)
	fmt.Fprintf(im.notes, "\r\x1b[K[%s%s] %3d %%  %d rows  %.0f rows/s", strings.Repeat("#", done), strings.Repeat(".", width-done), read*100/im.src.size, im.rows, rate)
}
