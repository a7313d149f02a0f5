package kit

import (
	"context"
	"net/http"
	"sync"
	"time"

	"purse/billing/fault"
)

// sessionStreams is how many live pages one session keeps open at most.
const sessionStreams = 20

// openStreams counts them by session.
type openStreams struct {
	mu sync.Mutex
	of map[string]int
}

func (o *openStreams) add(session string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of == nil {
		o.of = map[string]int{}
	}
	if o.of[session] >= sessionStreams {
		return false
	}
	o.of[session]++
	return true
}

func (o *openStreams) done(session string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.of[session]--; o.of[session] <= 0 {
		delete(o.of, session)
	}
}

// WhileMember answers the request with a context that ends as soon as the visitor's
// session or membership does: for what stays open. A session that keeps too many
// open is refused. stop is called when it is closed.
func (k *Kit) WhileMember(w http.ResponseWriter, r *http.Request) (_ *http.Request, stop func(), err error) {
	v := VisitorOf(r)
	session, user, customer := v.Session.ID, v.User.ID, v.Customer.ID
	if !k.streams.add(session) {
		w.Header().Set("Retry-After", "30")
		return r, nil, fault.New(fault.Unavailable, "too_many_streams", "", "You have too many live pages open. The page works without live updates: load it again.")
	}
	ctx, cancel := context.WithCancel(r.Context())
	changed, unwatch := k.Accounts.Watch(user)
	go func() {
		defer unwatch()
		beat := time.NewTicker(liveHeartbeat) // for what another process has ended
		defer beat.Stop()
		for {
			// Asked at the start too: it may have ended while the page connected.
			if still, err := k.Accounts.StillMember(ctx, session, user, customer); err == nil && !still {
				cancel()
			}
			select {
			case <-changed:
			case <-beat.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return r.WithContext(ctx), func() { cancel(); k.streams.done(session) }, nil
}
