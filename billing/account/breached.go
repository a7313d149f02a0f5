package account

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// breachedProbes is how many bits of the filter a password sets, 32 bits of a hash
// for each. static/src/breached.mjs writes it so.
const breachedProbes = 20

// NewBreached answers what says whether a password, in any case, is in a filter of
// breached ones. Whoever is in it is found; of others one in a million is taken for
// one at most. An empty filter finds nothing.
func NewBreached(filter []byte) func(password string) bool {
	bits := uint32(len(filter) * 8)
	return func(password string) bool {
		if bits == 0 {
			return false
		}
		word := []byte(strings.ToLower(password))
		var hash []byte
		for n := range byte(3) {
			h := sha256.Sum256(append([]byte{n}, word...))
			hash = append(hash, h[:]...)
		}
		for i := range breachedProbes {
			at := binary.BigEndian.Uint32(hash[4*i:]) % bits
			if filter[at>>3]&(1<<(at&7)) == 0 {
				return false
			}
		}
		return true
	}
}
