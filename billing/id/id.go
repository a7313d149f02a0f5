// Package id makes the ids of everything in Purse. They grow with time, so
// that newest-first lists are a walk down the key, and are random enough that
// nobody finds another's by counting.
package id

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"math/bits"
	"strings"
	"sync"
	"time"
)

var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// New makes an id such as "cus_06b3x…": the prefix, then 26 characters of
// base32 over 48 bits of milliseconds and 80 more. Ids of one millisecond made
// by one process grow too, each by a random step, so that a list by id is in
// the order in which its things were made.
func New(prefix string, now time.Time) string {
	var random [18]byte
	_, _ = rand.Read(random[:])
	mu.Lock()
	next := moment{ms: now.UnixMilli(), high: binary.BigEndian.Uint16(random[:]) >> 1, low: binary.BigEndian.Uint64(random[2:])}
	if next.ms == newest.ms {
		// A step of up to 60 bits leaves room for half a million ids in the
		// millisecond; after those, order within it is by chance.
		low, carry := bits.Add64(newest.low, binary.BigEndian.Uint64(random[10:])>>4+1, 0)
		if high := newest.high + uint16(carry); high >= newest.high {
			next.high, next.low = high, low
		}
	}
	newest = next
	mu.Unlock()

	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(next.ms)<<16|uint64(next.high))
	binary.BigEndian.PutUint64(b[8:], next.low)
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Floor is below every id with the prefix that New makes at t or later, and
// above those of earlier milliseconds: it cuts old rows off by their key.
func Floor(prefix string, t time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(t.UnixMilli())<<16)
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// Secret makes a secret with at least 190 random bits: the prefix, then 39
// characters that survive copying by hand.
func Secret(prefix string) string {
	var b [24]byte
	_, _ = rand.Read(b[:])
	return prefix + encoding.EncodeToString(b[:])
}

var (
	mu     sync.Mutex
	last   int64
	newest moment
)

// moment is what an id of New says: when, and which of that millisecond.
type moment struct {
	ms   int64
	high uint16
	low  uint64
}

// Number makes a positive 63-bit id for the ledger's dense tables: 41 bits of
// milliseconds and 22 random bits, strictly growing within one process. Where
// two processes meet, the primary key refuses the second and the caller retries.
func Number(now time.Time) int64 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	random := int64(binary.BigEndian.Uint32(b[:]) & (1<<22 - 1))
	n := (now.UnixMilli()&(1<<41-1))<<22 | random
	mu.Lock()
	defer mu.Unlock()
	if n <= last {
		n = last + 1 + random&0xff
	}
	last = n
	return n
}

// Text writes a number with a prefix: "gr_" and 13 characters of base32.
func Text(prefix string, n int64) string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return prefix + "_" + encoding.EncodeToString(b[:])
}

// ParseText reads what Text wrote. It answers false for anything else.
func ParseText(prefix, s string) (int64, bool) {
	rest, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(rest) != 13 {
		return 0, false
	}
	b, err := encoding.DecodeString(rest)
	if err != nil || len(b) != 8 {
		return 0, false
	}
	n := int64(binary.BigEndian.Uint64(b))
	return n, n > 0 && Text(prefix, n) == s
}

// Like says whether a text can be an id with a prefix, of Stripe's too: anybody can ask
// the pages to which Stripe returns for anything, and Stripe would read "" as its list.
func Like(prefix, s string) bool {
	return strings.HasPrefix(s, prefix) && len(s) < 200 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
