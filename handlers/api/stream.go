package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/tx"
)

const (
	streamBeat  = 15 * time.Second // a sign of life
	streamLook  = time.Second / 2  // whether the key is still good
	streamWrite = 10 * time.Second // who takes longer to read is ended
	streamPart  = 100              // events that are read at once
	mostStreams = 1000
	streamStart = "start" // the id before the first event
)

// streamRoute is the events as they happen.
func streamRoute(r Route) Route {
	r.register = func(a *API, api huma.API, r Route) {
		a.router.Method(r.Method, r.Path, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { a.stream(w, req, &r) }))
		text := func(s string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: s} }
		api.OpenAPI().AddOperation(&huma.Operation{
			Method: r.Method, Path: r.Path, OperationID: r.id, Tags: []string{r.tag}, Summary: r.summary, Security: security(r),
			Description: who(r) + " Server-sent events, each the JSON of an event with its id and its type as the name. " +
				"A client that connects again with the Last-Event-ID that it saw misses none of the last 30 days; the first message, `ready`, " +
				"has an id to begin with. After a 422 unknown_cursor read everything anew. Readers that are too slow are ended, and connect again.",
			Parameters: []*huma.Param{
				{Name: "type", In: "query", Description: "Of this type only; several with commas", Schema: text("")},
				{Name: "customer", In: "query", Description: "About this customer only: an id, or ext: and your own", Schema: text("")},
				{Name: "Last-Event-ID", In: "header", Description: "The id of the last event that was seen", Schema: text("")},
			},
			Responses: map[string]*huma.Response{"200": {Description: "The stream", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: text("")}}}},
		})
	}
	return r
}

func (a *API) stream(w http.ResponseWriter, r *http.Request, route *Route) {
	key, admitted := a.admit(w, r, route)
	if !admitted {
		return
	}
	ctx := context.WithValue(r.Context(), keyInContext{}, key)
	if err := a.serveStream(w, r.WithContext(ctx)); err != nil {
		a.write(w, r, err)
	}
}

// serveStream answers an error only before it has written anything.
func (a *API) serveStream(w http.ResponseWriter, r *http.Request) error {
	ctx, query := r.Context(), r.URL.Query()
	for name := range query {
		if name != "type" && name != "customer" {
			return fault.New(fault.Invalid, "unknown_parameter", name, "There is no parameter %q here.", name)
		}
	}
	filter, err := a.eventFilter(ctx, query.Get("type"), query.Get("customer"))
	if err != nil {
		return err
	}
	if a.streams.Add(1) > mostStreams {
		a.streams.Add(-1)
		w.Header().Set("Retry-After", "30")
		return fault.New(fault.Unavailable, "too_many_streams", "", "Too many streams are open. Try again later, or use webhooks.")
	}
	defer a.streams.Add(-1)
	at, ready, err := a.streamFrom(ctx, r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	_ = control.SetReadDeadline(time.Time{}) // a stream outlives the time for reading a request
	w.WriteHeader(http.StatusOK)
	send := func(text string) bool {
		_ = control.SetWriteDeadline(time.Now().Add(streamWrite))
		if _, err := w.Write([]byte(text)); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if !send("retry: 1000\nid: " + ready + "\nevent: ready\ndata: {}\n\n") {
		return nil
	}
	secret, _ := bearer(r)
	valid := func() bool { // from memory, while the key is what it was
		_, err := a.Accounts.KeyBySecret(ctx, secret)
		return err == nil
	}
	beat := time.NewTicker(streamBeat)
	defer beat.Stop()
	look := time.NewTicker(streamLook)
	defer look.Stop()
	for {
		changed := a.Endpoints.Changed() // asked for before reading: what comes then is not missed
		for {
			var found []event.Event
			err := a.Runner.View(ctx, func(t tx.Tx) (err error) {
				found, err = a.Events.After(t, at, streamPart)
				return err
			})
			if err != nil {
				return nil //nolint:nilerr // the client connects again, and misses nothing
			}
			var b strings.Builder
			for _, e := range found {
				at = e.Position
				if (filter.Customer == "" || e.Customer == filter.Customer) && (len(filter.Types) == 0 || slices.Contains(filter.Types, e.Type)) {
					fmt.Fprintf(&b, "id: %s\nevent: %s\ndata: %s\n\n", e.ID, e.Type, event.Body(e))
				}
			}
			if b.Len() > 0 && (!valid() || !send(b.String())) {
				return nil
			}
			if len(found) < streamPart {
				break
			}
		}
		select {
		case <-changed:
		case <-look.C:
			if !valid() {
				return nil
			}
		case <-beat.C:
			if !send(":\n\n") {
				return nil
			}
		case <-a.Endpoints.Closing():
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// streamFrom is the position after which a stream goes on, and the id that says
// so to the client.
func (a *API) streamFrom(ctx context.Context, last string) (position int64, ready string, err error) {
	if last == streamStart {
		return 0, streamStart, nil
	}
	var e event.Event
	found := true
	err = a.Runner.View(ctx, func(t tx.Tx) (err error) {
		if last == "" {
			e, found, err = a.Events.Newest(t)
			return err
		}
		e, err = a.Events.Get(t, last, "")
		return err
	})
	switch {
	case fault.Is(err, fault.NotFound), errors.Is(err, tx.ErrNotFound):
		return 0, "", fault.New(fault.Invalid, "unknown_cursor", "Last-Event-ID",
			"There is no such event, or not any more: events are kept for 30 days. Read what you need anew, and connect without Last-Event-ID.")
	case err != nil:
		return 0, "", err
	case !found:
		return 0, streamStart, nil
	}
	return e.Position, e.ID, nil
}
