package kit

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"purse/billing/fault"
)

// The pace of live pages.
const (
	liveGap       = 250 * time.Millisecond // between two messages to one page: at most 4 a second
	liveHeartbeat = 20 * time.Second       // a sign of life, and a fresh look at what time alone changes
	liveLifetime  = 15 * time.Minute       // then the page connects again and its session is checked anew
	liveWrite     = 10 * time.Second       // a page that takes longer to read a message has gone
	liveStreams   = 5000                   // open streams at most
	liveIdle      = 4                      // the renderer rests four times as long as it works
	liveFull      = 200                    // with more open streams, all get messages less often
)

// Hub feeds live pages. What one customer's pages show is rendered once for all
// of them that look alike, at most four times a second, by one goroutine that
// leaves most of the processor to the ledger.
type Hub struct {
	log  *slog.Logger
	done chan struct{}
	wake chan struct{}
	open atomic.Int64

	mu     sync.Mutex
	groups map[string]map[string]*liveGroup // by customer, then by view
	queue  []*liveGroup
	closed bool
}

// liveGroup is all streams that show the same thing.
type liveGroup struct {
	customer, view string
	render         func(context.Context) ([]byte, error)
	streams        map[chan []byte]struct{}
	last           []byte
	next           time.Time // not rendered before
	queued         bool
}

// NewHub makes a hub and starts its renderer; Close ends it.
func NewHub(log *slog.Logger) *Hub {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &Hub{log: log, done: make(chan struct{}), wake: make(chan struct{}, 1), groups: map[string]map[string]*liveGroup{}}
	go h.run()
	return h
}

// Notify says that something of a customer changed. It is quick and never
// blocks; many calls between two messages are one.
func (h *Hub) Notify(customerID string) {
	h.mu.Lock()
	for _, g := range h.groups[customerID] {
		h.enqueue(g)
	}
	h.mu.Unlock()
}

// Open is the number of open streams.
func (h *Hub) Open() int { return int(h.open.Load()) }

// Close ends all streams and the renderer. Pages connect again by themselves
// once a server answers.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
}

// enqueue wants h.mu.
func (h *Hub) enqueue(g *liveGroup) {
	if g.queued {
		return
	}
	g.queued = true
	h.queue = append(h.queue, g)
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run renders what is queued, one group after the other.
func (h *Hub) run() {
	for {
		g, wait := h.take()
		if g == nil {
			var timer <-chan time.Time
			if wait > 0 {
				timer = time.After(wait)
			}
			select {
			case <-h.done:
				return
			case <-h.wake:
			case <-timer:
			}
			continue
		}
		start := time.Now()
		h.renderGroup(g)
		select {
		case <-h.done:
			return
		case <-time.After(liveIdle * time.Since(start)):
		}
	}
}

// take answers a group that is due, else how long to wait for one.
func (h *Hub) take() (*liveGroup, time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now, wait := time.Now(), time.Duration(0)
	for i, g := range h.queue {
		if left := g.next.Sub(now); left > 0 {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		h.queue = append(h.queue[:i], h.queue[i+1:]...)
		g.queued = false
		g.next = now.Add(h.gap())
		return g, 0
	}
	return nil, wait
}

// gap is the time between two messages to one page. It grows with the number of
// pages, so that writing to them costs the same however many are open.
func (h *Hub) gap() time.Duration {
	return liveGap * time.Duration(max(1, (h.open.Load()+liveFull-1)/liveFull))
}

func (h *Hub) renderGroup(g *liveGroup) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	body, err := g.render(ctx)
	if err != nil {
		h.log.Warn("a live page could not be rendered", "view", g.view, "error", err)
		return
	}
	message := sseMessage(body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if bytes.Equal(message, g.last) {
		return
	}
	g.last = message
	for c := range g.streams {
		offer(c, message)
	}
}

// offer leaves the newest message for a stream; one that was not read yet is
// replaced, as each says everything.
func offer(c chan []byte, message []byte) {
	for {
		select {
		case c <- message:
			return
		default:
		}
		select {
		case <-c:
		default:
		}
	}
}

// sseMessage writes HTML as the data of one unnamed message.
func sseMessage(body []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(body) + 64)
	for line := range bytes.SplitSeq(bytes.TrimSpace(body), []byte("\n")) {
		b.WriteString("data: ")
		b.Write(bytes.TrimSuffix(line, []byte("\r")))
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// Serve streams a view of a customer until the page goes away, the stream has
// lived its time or the hub closes. View names what is shown: streams of one
// customer and view get the same bytes, so it contains whatever the rendering
// depends on. Render must not use the request.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, customerID, view string, render func(context.Context) ([]byte, error)) error {
	if h.open.Add(1) > liveStreams {
		h.open.Add(-1)
		w.Header().Set("Retry-After", "30")
		return fault.New(fault.Unavailable, "too_many_streams", "", "Too many pages are open. The page works without live updates: load it again.")
	}
	defer h.open.Add(-1)

	c := make(chan []byte, 1)
	g, ok := h.join(customerID, view, render, c)
	if !ok {
		w.Header().Set("Retry-After", "1")
		return fault.New(fault.Unavailable, "closing", "", "The server is restarting. Try again in a moment.")
	}
	defer h.leave(g, c)

	control := http.NewResponseController(w)
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")    // a proxy must not hold messages back
	_ = control.SetReadDeadline(time.Time{}) // a stream outlives the time for reading a request
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	send := func(message []byte) bool {
		_ = control.SetWriteDeadline(time.Now().Add(liveWrite))
		if _, err := w.Write(message); err != nil {
			return false
		}
		return control.Flush() == nil
	}
	if !send([]byte("retry: 1000\n\n")) {
		return nil
	}
	beat := time.NewTicker(liveHeartbeat)
	defer beat.Stop()
	end := time.NewTimer(liveLifetime)
	defer end.Stop()
	for {
		select {
		case message := <-c:
			if !send(message) {
				return nil
			}
		case <-beat.C:
			h.again(g)
			if !send([]byte(":\n\n")) {
				return nil
			}
		case <-end.C:
			return nil
		case <-r.Context().Done():
			return nil
		case <-h.done:
			return nil
		}
	}
}

func (h *Hub) join(customerID, view string, render func(context.Context) ([]byte, error), c chan []byte) (*liveGroup, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, false
	}
	views := h.groups[customerID]
	if views == nil {
		views = map[string]*liveGroup{}
		h.groups[customerID] = views
	}
	g := views[view]
	if g == nil {
		g = &liveGroup{customer: customerID, view: view, render: render, streams: map[chan []byte]struct{}{}}
		views[view] = g
	}
	g.streams[c] = struct{}{}
	if g.last != nil { // who comes later gets what is shown now, not only the next change
		offer(c, g.last)
	}
	h.enqueue(g)
	return g, true
}

func (h *Hub) leave(g *liveGroup, c chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(g.streams, c)
	if len(g.streams) > 0 {
		return
	}
	views := h.groups[g.customer]
	delete(views, g.view)
	if len(views) == 0 {
		delete(h.groups, g.customer)
	}
	if g.queued {
		for i, q := range h.queue {
			if q == g {
				h.queue = append(h.queue[:i], h.queue[i+1:]...)
				break
			}
		}
	}
}

func (h *Hub) again(g *liveGroup) {
	h.mu.Lock()
	h.enqueue(g)
	h.mu.Unlock()
}
