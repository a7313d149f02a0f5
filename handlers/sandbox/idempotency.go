package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
)

// keyLife is how long Stripe remembers an idempotency key, in seconds.
const keyLife = 24 * 60 * 60

// inUse is the set of idempotency keys whose first request still runs.
type inUse struct {
	mu   sync.Mutex
	keys map[string]bool
}

func (u *inUse) take(key string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.keys[key] {
		return false
	}
	if u.keys == nil {
		u.keys = map[string]bool{}
	}
	u.keys[key] = true
	return true
}

func (u *inUse) release(key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.keys, key)
}

func errKeyInUse(key string) *apiError {
	return &apiError{status: http.StatusConflict, code: "idempotency_key_in_use", unstarted: true,
		message: "There is currently another in-progress request using this Idempotent-Key (that probably means you submitted twice, and the other request is still going through): " + key + ". Please try again later."}
}

func errKeyReused(key, what string) *apiError {
	return &apiError{status: http.StatusBadRequest, typ: "idempotency_error", unstarted: true,
		message: "Keys for idempotent requests can only be used " + what + " they were first used with. Try using a key other than '" + key + "' if you meant to execute a different request."}
}

// fingerprint tells two requests under one key apart by what they ask for.
func fingerprint(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// remembered is the answer to the first request under the key, or nil.
func (s *Server) remembered(key string) obj {
	o := s.store.get(kindIdempotency, key)
	if o == nil || o.num("created") <= s.unix()-keyLife {
		return nil
	}
	return o
}

func (s *Server) remember(key, path, print string, status int, body []byte) {
	s.store.put(kindIdempotency, obj{"id": key, "path": path, "fingerprint": print,
		"status": int64(status), "body": string(body), "created": s.unix()})
}

func (s *Server) forgetKeys(now int64) {
	all := s.store.all(kindIdempotency)
	n := 0
	for n < len(all) && all[n].body.num("created") <= now-keyLife {
		n++
	}
	for _, r := range append([]*record(nil), all[:n]...) {
		s.store.remove(kindIdempotency, r.body.id())
	}
}
