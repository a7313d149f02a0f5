package account

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"purse/billing/fault"
)

// tickets carry what one page begins through a browser to the page that ends it:
// signed, for one purpose, for a few minutes, and never kept. A restart makes all
// of them void.
type tickets struct {
	key  [32]byte
	mu   sync.Mutex
	used map[string]time.Time // what counts once, until it is too old anyway
}

// ticketFor is how long a page may stay open before it has to begin again.
const ticketFor = 15 * time.Minute

type ticket struct {
	Purpose string    `json:"p"`
	Until   time.Time `json:"u"`
	Data    []string  `json:"d"`
}

func (k *tickets) init() {
	_, _ = rand.Read(k.key[:])
	k.used = map[string]time.Time{}
}

func (k *tickets) sign(body []byte) []byte {
	m := hmac.New(sha256.New, k.key[:])
	m.Write(body)
	return m.Sum(nil)
}

func (k *tickets) issue(purpose string, now time.Time, data ...string) string {
	body, _ := json.Marshal(ticket{purpose, now.Add(ticketFor), data}) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(body) + "." + base64.RawURLEncoding.EncodeToString(k.sign(body))
}

var errTicket = fault.New(fault.Invalid, "too_late", "", "This page was open for too long. Try again.")

// read answers the data of a ticket of n values.
func (k *tickets) read(purpose, text string, now time.Time, n int) ([]string, error) {
	head, tail, _ := strings.Cut(text, ".")
	body, err1 := base64.RawURLEncoding.DecodeString(head)
	mac, err2 := base64.RawURLEncoding.DecodeString(tail)
	var t ticket
	if err1 != nil || err2 != nil || !hmac.Equal(mac, k.sign(body)) || json.Unmarshal(body, &t) != nil ||
		t.Purpose != purpose || len(t.Data) != n || now.After(t.Until) {
		return nil, errTicket
	}
	return t.Data, nil
}

// once says whether a value is new, and remembers it for as long as its ticket
// could be shown again.
func (k *tickets) once(value string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for v, until := range k.used {
		if now.After(until) {
			delete(k.used, v)
		}
	}
	if _, known := k.used[value]; known {
		return false
	}
	k.used[value] = now.Add(ticketFor)
	return true
}
