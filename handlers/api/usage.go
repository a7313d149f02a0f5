package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/usage"
)

const usagePath = "/v1/usage"

// The largest bodies of usage: one event, and a batch.
const (
	maxEvent = 1 << 20
	maxBatch = 5 << 20
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// usageRoute is the hot path: it reads and writes JSON by hand and touches no
// database of its own.
func usageRoute(r Route) Route {
	r.register = func(a *API, _ huma.API, r Route) {
		a.usage = func(w http.ResponseWriter, req *http.Request) { a.reportUsage(w, req, &r) }
		a.router.Method(r.Method, r.Path, a.usage)
	}
	return r
}

func (a *API) reportUsage(w http.ResponseWriter, r *http.Request, route *Route) {
	key, admitted := a.admit(w, r, route)
	if !admitted {
		return
	}
	buf := buffers.Get().(*bytes.Buffer)
	defer func() {
		if buf.Cap() <= 1<<16 {
			buf.Reset()
			buffers.Put(buf)
		}
	}()
	events, batch, err := readEvents(buf, w, r)
	if err != nil {
		a.write(w, r, err)
		return
	}
	who := usage.Reporter{Customer: key.Customer, MayBackdate: key.Can("admin")}
	outcomes, err := a.Usage.Report(r.Context(), who, events)
	if err != nil {
		a.write(w, r, err)
		return
	}
	if !batch && outcomes[0].Err != nil {
		a.refusedEvent(r, &outcomes[0]).writeTo(w)
		return
	}
	buf.Reset()
	b := buf.AvailableBuffer()
	if batch {
		b = append(b, `{"object":"list","data":[`...)
		for i := range outcomes {
			if i > 0 {
				b = append(b, ',')
			}
			if o := &outcomes[i]; o.Err != nil {
				text, _ := json.Marshal(a.refusedEvent(r, o)) // strings and numbers always marshal
				b = append(b, text...)
			} else {
				b = appendReceipt(b, &o.Receipt)
			}
		}
		b = append(b, `],"has_more":false}`...)
	} else {
		b = appendReceipt(b, &outcomes[0].Receipt)
	}
	b = append(b, '\n')
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(b)
	buf.Write(b) // keeps the memory if it grew
}

var jsonType = []string{"application/json"}

// refusedEvent is the problem of one event.
func (a *API) refusedEvent(r *http.Request, o *usage.Outcome) *problem {
	p := a.refused(a.problem(r.Context(), o.Err), o.Err, o.Replayed)
	p.ID = o.ID
	return p
}

// readEvents reads the body into buf. What it answers shares no memory with it.
func readEvents(buf *bytes.Buffer, w http.ResponseWriter, r *http.Request) ([]usage.Event, bool, error) {
	if ct := r.Header["Content-Type"]; len(ct) > 0 && !isJSON(ct[0]) {
		return nil, false, makeProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "", "Send JSON: Content-Type: application/json.")
	}
	if _, err := buf.ReadFrom(http.MaxBytesReader(w, r.Body, maxBatch)); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, false, err
		}
		return nil, false, makeProblem(http.StatusBadRequest, "invalid_json", "", "The body could not be read to its end.")
	}
	events, batch, err := usage.ParseEvents(buf.Bytes())
	if err == nil && !batch && buf.Len() > maxEvent {
		err = &http.MaxBytesError{Limit: maxEvent}
	}
	return events, batch, err
}

func isJSON(contentType string) bool {
	if contentType == "application/json" {
		return true
	}
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}

// appendReceipt writes a receipt. Ids of postings, credit types and amounts need
// no escaping.
func appendReceipt(b []byte, r *usage.Receipt) []byte {
	b = append(b, `{"object":"usage_receipt","id":`...)
	b = appendString(b, r.ID)
	b = append(b, `,"allowed":true,"replayed":`...)
	b = strconv.AppendBool(b, r.Replayed)
	b = append(b, `,"mode":"`...)
	b = append(b, r.Mode...)
	b = append(b, `","charges":[`...)
	for i := range r.Charges {
		c := &r.Charges[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"posting":"`...)
		b = append(b, c.Posting...)
		b = append(b, `","credit_type":"`...)
		b = append(b, c.CreditType...)
		b = append(b, `","credits":"`...)
		b = append(b, c.Credits.String()...)
		b = append(b, `","available":"`...)
		b = append(b, c.Available.String()...)
		b = append(b, `"}`...)
	}
	b = append(b, ']')
	if r.Unpriced {
		b = append(b, `,"unpriced":true`...)
	}
	if r.Throttle > 0 {
		b = append(b, `,"throttle":true,"rate_per_minute":`...)
		b = strconv.AppendInt(b, int64(r.Throttle), 10)
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			text, _ := json.Marshal(s) // a string always marshals
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
