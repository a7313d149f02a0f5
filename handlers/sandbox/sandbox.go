// Package sandbox is a stateful stand-in for Stripe, for development, demos and
// tests. It speaks API version 2023-10-16 well enough that Purse uses it through
// stripe-go itself, hosts a Checkout page that takes Stripe's test cards, sends
// signed webhooks with retries, and has a page on which a person sees every
// object and disturbs deliveries. No money moves.
//
// It promises to behave as Stripe's documentation says wherever Purse relies on
// it (one contract suite runs here and against real test mode) and to do or to
// refuse what it is sent, never to accept it in silence: a parameter that no
// code read refuses the request, which then has changed nothing (undone.txt
// lists those). Its state lies in a file of its own and survives restarts.
package sandbox

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Version is the API version that the sandbox speaks.
const Version = "2023-10-16"

// Options of a sandbox. The zero value works.
type Options struct {
	// Now is the time to start from; the sandbox adds what its clock was moved
	// forward by. Default time.Now.
	Now func() time.Time
	// PublicURL is where browsers reach Handler, without a slash at the end.
	// Empty: the host that the request names.
	PublicURL string
	// Merchant is what pages call the seller. Default "Purse sandbox".
	Merchant string
	// ReturnTo is where the pages link to as "your site", or "".
	ReturnTo string
	// EventVersion is the API version that events bear unless their endpoint
	// asks for another. Default: a newer one than Version, as with endpoints
	// made in Stripe's dashboard.
	EventVersion string
	// Backoff is how long to wait before each retry of a delivery; after the
	// last the delivery has failed. Default 1 s, 5 s, 30 s, 5 min, 30 min, 2 h, 12 h.
	Backoff []time.Duration
	// SignWithClock signs deliveries with the sandbox's moved clock. Set it when
	// the program under test takes Server.Now as its own clock.
	SignWithClock bool
	// Advance, when set, moves the clock for people and programs: what has the
	// sandbox's clock as its own moves it in steps by Server.Advance, does what
	// becomes due on the way, and calls ready after the last. It returns at once.
	// Default: Server.Advance, once.
	Advance func(by time.Duration, ready func()) error
	// Token is what the pages for who develops ask for, "" for nothing: set it where
	// others than this machine's users can reach them.
	Token string
	// Logger receives failed deliveries and internal errors. Default: nowhere.
	Logger *slog.Logger
}

// Server is one sandbox: one Stripe account. Use Open.
type Server struct {
	opts    Options
	log     *slog.Logger
	handler http.Handler

	mu       sync.Mutex // guards what follows
	store    *store
	offset   time.Duration
	moved    atomic.Int64 // offset, for those who do not hold the lock
	settled  int64        // the second up to which time has done its work
	paidOut  int64        // the day of the last payouts
	faults   Faults
	pending  map[string]obj // deliveries that are not settled
	inFlight map[string]int // running deliveries by endpoint
	closed   bool

	people atomic.Pointer[People] // of demo data; nil for none

	keys inUse // idempotency keys of running requests

	client *http.Client
	kick   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup

	beforeExecute func(*http.Request) // for tests: runs while the key is in use
}

// Open opens the sandbox whose state is in the file at path (made when it does
// not exist; "" keeps it in memory) and starts its deliveries. Close stops them.
func Open(path string, opts Options) (*Server, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	if opts.Merchant == "" {
		opts.Merchant = "Purse sandbox"
	}
	if opts.EventVersion == "" {
		opts.EventVersion = "2025-03-31.basil"
	}
	if opts.Backoff == nil {
		opts.Backoff = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second, 5 * time.Minute,
			30 * time.Minute, 2 * time.Hour, 12 * time.Hour}
	}
	st, err := openStore(path)
	if err != nil {
		return nil, err
	}
	s := &Server{
		opts: opts, log: opts.Logger, store: st,
		pending: map[string]obj{}, inFlight: map[string]int{},
		client: newDeliveryClient(), kick: make(chan struct{}, 1),
	}
	s.loadSettings()
	s.endAdvances()
	for _, r := range st.all(kindDelivery) {
		if r.body.str("status") == "pending" {
			delete(r.body, "_running")
			s.pending[r.body.id()] = r.body
		}
	}
	s.handler = s.routes()
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	s.done.Go(func() { s.work(ctx) })
	return s, nil
}

// Handler serves the API under /v1 and the pages.
func (s *Server) Handler() http.Handler { return s.handler }

// Close stops deliveries, waits for running ones and writes the state. What was
// not delivered is tried again after the next Open.
func (s *Server) Close() error {
	s.cancel()
	s.done.Wait()
	s.client.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return s.store.close()
}

// locked runs f under the lock, after what time has made due, writes what
// changed and wakes the deliveries.
func (s *Server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.settleDue()
	f()
	s.flush()
}

func (s *Server) flush() {
	if err := s.store.flush(); err != nil {
		s.log.Error("sandbox: state was not written, it will be tried again", "error", err)
	}
	select {
	case s.kick <- struct{}{}:
	default:
	}
}
