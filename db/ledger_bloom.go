package db

import (
	"encoding/binary"

	"purse/billing/ledger"
)

// bloom says whether a run may hold a key. Keys are hashes already, so that
// their own bits serve as the filter's. At 16 bits a key one in two thousand
// keys that are not there looks as if it were.
type bloom []byte

const (
	bloomBits   = 16 // of the filter, for each key
	bloomProbes = 8
)

func newBloom(keys int) bloom { return make(bloom, max(keys*bloomBits/8, 8)) }

func (b bloom) add(k ledger.Key) {
	for i := range bloomProbes {
		at := b.bit(k, i)
		b[at/8] |= 1 << (at % 8)
	}
}

func (b bloom) has(k ledger.Key) bool {
	for i := range bloomProbes {
		if at := b.bit(k, i); b[at/8]&(1<<(at%8)) == 0 {
			return false
		}
	}
	return true
}

// bit is the i-th probe: two halves of the key, combined as Kirsch and
// Mitzenmacher have shown to be enough.
func (b bloom) bit(k ledger.Key, i int) uint64 {
	h1, h2 := binary.LittleEndian.Uint64(k[:8]), binary.LittleEndian.Uint64(k[8:])
	return (h1 + uint64(i)*(h2|1)) % (uint64(len(b)) * 8)
}
