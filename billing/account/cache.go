package account

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"
)

// maxCached bounds each cache; a full one starts again.
const maxCached = 200_000

// customerCache answers customers by id and by "ext:" reference. A customer
// that was read before a change is not put after it: the generation tells.
type customerCache struct {
	m    sync.Map // ref → *Customer
	mu   sync.Mutex
	gen  int64
	size int
}

func (c *customerCache) get(ref string) *Customer {
	v, ok := c.m.Load(ref)
	if !ok {
		return nil
	}
	return v.(*Customer)
}

func (c *customerCache) generation() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gen
}

func (c *customerCache) put(v *Customer, generation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != generation {
		return
	}
	if c.size >= maxCached {
		c.m.Clear()
		c.size = 0
	}
	c.m.Store(v.ID, v)
	if v.ExternalID != "" {
		c.m.Store("ext:"+v.ExternalID, v)
	}
	c.size++
}

func (c *customerCache) forget(v *Customer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	c.m.Delete(v.ID)
	c.m.Delete("ext:" + v.ExternalID)
}

// keyCache answers keys by the hash of their secret, and remembers their use.
type keyCache struct {
	m    sync.Map // [32]byte → *cachedKey
	mu   sync.Mutex
	gen  int64
	size int
}

type cachedKey struct {
	key  *Key
	used atomic.Int64 // unix micros of the last use, 0 when written
}

func (c *keyCache) get(hash [sha256.Size]byte) *cachedKey {
	v, ok := c.m.Load(hash)
	if !ok {
		return nil
	}
	return v.(*cachedKey)
}

func (c *keyCache) generation() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gen
}

func (c *keyCache) put(hash [sha256.Size]byte, k *Key, generation int64) *cachedKey {
	e := &cachedKey{key: k}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gen != generation {
		return e
	}
	if c.size >= maxCached {
		c.m.Clear()
		c.size = 0
	}
	if v, loaded := c.m.LoadOrStore(hash, e); loaded {
		return v.(*cachedKey)
	}
	c.size++
	return e
}

// forget drops a key, so that its revocation is seen at once.
func (c *keyCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gen++
	c.m.Range(func(h, v any) bool {
		if v.(*cachedKey).key.ID == id {
			c.m.Delete(h)
			c.size--
		}
		return true
	})
}

// used takes the last uses that are not written yet.
func (c *keyCache) used() map[string]time.Time {
	out := map[string]time.Time{}
	c.m.Range(func(_, v any) bool {
		e := v.(*cachedKey)
		if at := e.used.Swap(0); at != 0 {
			out[e.key.ID] = time.UnixMicro(at).UTC()
		}
		return true
	})
	return out
}

// seenTimes remembers when sessions were last seen.
type seenTimes struct {
	mu sync.Mutex
	at map[string]time.Time // session id → last seen
	// flushed holds what take handed out, so that a session seen just before
	// is not taken for idle while its write is under way.
	flushed map[string]time.Time
}

func (s *seenTimes) mark(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.at == nil {
		s.at = map[string]time.Time{}
	}
	s.at[id] = at
}

// last is the later of stored and what is in memory.
func (s *seenTimes) last(id string, stored time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range []map[string]time.Time{s.at, s.flushed} {
		if at, ok := m[id]; ok && at.After(stored) {
			stored = at
		}
	}
	return stored
}

func (s *seenTimes) carry(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range []map[string]time.Time{s.at, s.flushed} {
		for id, at := range m {
			m[id] = at.Add(by)
		}
	}
}

func (s *seenTimes) take() map[string]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushed, s.at = s.at, nil
	return s.flushed
}
