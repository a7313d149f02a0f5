package notify

import "sync"

// feed tells streams that there are new events. It keeps nothing for them: each
// reads from where it is, so a slow one costs no memory.
type feed struct {
	mu     sync.Mutex
	next   chan struct{}
	closed chan struct{}
}

func (f *feed) init() { f.next, f.closed = make(chan struct{}), make(chan struct{}) }

func (f *feed) changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.next)
	f.next = make(chan struct{})
}

// Changed is closed as soon as there are events that were not there before. Ask
// for it before reading, or one is missed.
func (f *feed) Changed() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.next
}

// Closing is closed when streams have to end.
func (f *feed) Closing() <-chan struct{} { return f.closed }

// Close ends the streams.
func (f *feed) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	select {
	case <-f.closed:
	default:
		close(f.closed)
	}
}
