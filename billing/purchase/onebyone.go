package purchase

import "sync"

// oneByOne lets one at a time do something about a key. A key that nobody holds
// or waits for takes no room. The zero value is ready.
type oneByOne struct {
	mu   sync.Mutex
	held map[string]*turn
}

type turn struct {
	sync.Mutex
	wanted int // by how many it is held or waited for
}

// lock waits for a key; the caller ends its turn by done.
func (o *oneByOne) lock(key string) (done func()) {
	o.mu.Lock()
	if o.held == nil {
		o.held = map[string]*turn{}
	}
	t := o.held[key]
	if t == nil {
		t = &turn{}
		o.held[key] = t
	}
	t.wanted++
	o.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		o.mu.Lock()
		defer o.mu.Unlock()
		if t.wanted--; t.wanted == 0 {
			delete(o.held, key)
		}
	}
}
