package ledger

import (
	"crypto/sha256"
	"strconv"
	"strings"

	"purse/billing/id"
)

// WalletID, GrantID and HoldID are the keys of the ledger's rows.
type (
	WalletID int64
	GrantID  int64
	HoldID   int64
)

func (w WalletID) String() string { return id.Text("wal", int64(w)) }
func (g GrantID) String() string  { return id.Text("gr", int64(g)) }
func (h HoldID) String() string   { return id.Text("hold", int64(h)) }

// ParseGrantID reads "gr_…".
func ParseGrantID(s string) (GrantID, bool) { n, ok := id.ParseText("gr", s); return GrantID(n), ok }

// ParseHoldID reads "hold_…".
func ParseHoldID(s string) (HoldID, bool) { n, ok := id.ParseText("hold", s); return HoldID(n), ok }

// PostingID names a posting: its wallet, and its place in the wallet's order,
// which counts 1, 2, 3 … without gaps.
type PostingID struct {
	Wallet WalletID
	Seq    int64
}

// String is "pst_<wallet>_<seq>".
func (p PostingID) String() string {
	return id.Text("pst", int64(p.Wallet)) + "_" + strconv.FormatInt(p.Seq, 10)
}

// ParsePostingID reads what String wrote, and nothing else.
func ParsePostingID(s string) (PostingID, bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 0 {
		return PostingID{}, false
	}
	wallet, ok := id.ParseText("pst", s[:i])
	seq, err := strconv.ParseInt(s[i+1:], 10, 64)
	p := PostingID{WalletID(wallet), seq}
	return p, ok && err == nil && seq > 0 && p.String() == s
}

// Key is what counts once: a hash of an operation's scope and its key. The zero
// Key means that the command may be repeated.
type Key [16]byte

// Fingerprint is a hash of a request as it was understood.
type Fingerprint [16]byte

// NewKey hashes a scope ("usage", a customer) and a key of the caller's. Parts
// are told apart by their lengths, so ("a", "bc") differs from ("ab", "c").
func NewKey(parts ...string) Key {
	h := sha256.New()
	for _, p := range parts {
		h.Write(strconv.AppendInt(nil, int64(len(p)), 10))
		h.Write([]byte{':'})
		h.Write([]byte(p))
	}
	return Key(h.Sum(nil)[:16])
}

// NewFingerprint hashes a canonical form of a request.
func NewFingerprint(b []byte) Fingerprint {
	sum := sha256.Sum256(b)
	return Fingerprint(sum[:16])
}
