package ledger

import (
	"time"

	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/tx"
)

// Needs is what a batch of commands must see.
type Needs struct {
	Wallets  []WalletKey // made when they do not exist
	Holds    []HoldID    // and the wallets that they are in
	Grants   []GrantID   // likewise
	Postings []SourceRef // entries that a correction names
	Keys     []Key
	Counters []CounterRef
	Callers  []CallerRef
	Sums     []SumRef
	Lapsed   []LapsedRef
}

// LapsedRef names the grants of a wallet that late work may draw: of which something
// expired after Since, and at most Grace ago.
type LapsedRef struct {
	Wallet WalletKey
	Since  time.Time
	Grace  time.Duration
}

// SumRef names what a rate version has cost a wallet.
type SumRef struct {
	Wallet WalletKey
	Rate   string
}

// SumID is the row of a sum.
type SumID struct {
	Wallet WalletID
	Rate   string
}

// SourceRef names a posting by its wallet's key.
type SourceRef struct {
	Wallet WalletKey
	Seq    int64
}

// CounterRef names a counter by its wallet's key.
type CounterRef struct {
	Wallet WalletKey
	Key    string
	Start  int64
}

// CallerRef is a caller of a customer, by name.
type CallerRef struct{ Customer, Name string }

// Record is the idempotency record of a key.
type Record struct {
	Key         Key
	Fingerprint Fingerprint
	Refused     bool
	At          time.Time
	// Result is what was answered, without what is current at each answer.
	Result Result
}

// Loaded is what a Store found for Needs.
type Loaded struct {
	Wallets []Wallet // those that exist
	// Grants are the grants of these wallets with something remaining, those that
	// late work may draw, and those that Needs or a named posting or hold names.
	Grants []Grant
	// Holds are those named, and the open ones of these wallets that are due.
	Holds    []Hold
	Watches  []Watch
	Records  []Record
	Counters map[CounterID]Count
	Callers  map[CallerRef]int64 // made when they did not exist
	// Sources are the entries of named postings and of what corrected them.
	Sources []Entry
	// Sums are the exact costs of rates so far; nothing where there were none.
	Sums map[SumID]money.Exact
}

// Changes is what decisions made of what was loaded.
type Changes struct {
	Wallets    []*Wallet // the new state; New tells those to insert
	NewWallets map[WalletID]bool
	Grants     []*Grant
	NewGrants  map[GrantID]bool
	Holds      []*Hold
	NewHolds   map[HoldID]bool
	Entries    []Entry
	Notes      []PostingNote
	Records    []Record
	Counters   map[CounterID]Count
	Watches    []*Watch // the new state
	NewWatches []Watch  // of new wallets
	Rollups    Rollups
	Sums       map[SumID]money.Exact // the new ones
	// Urgent are wallets whose rows must be stored now. Those of others may
	// follow: their entries tell how they stand.
	Urgent map[WalletID]bool
	Jobs   []job.Spec
	Events []Happened
}

// PostingNote is a Note on a posting.
type PostingNote struct {
	PostingID
	Note
}

// Happened is an event to append to the outbox.
type Happened struct {
	Type, Customer string
	Wallet         WalletID
	Seq            int64
	Data           any
}

// Store keeps the ledger.
type Store interface {
	Load(t tx.Tx, n *Needs) (*Loaded, error)
	Save(t tx.Tx, c *Changes) error
	// Flush stores the rows of wallets that are behind their entries.
	Flush(t tx.Tx) error
	PutWatch(t tx.Tx, w Watch) error
	DeleteWatch(t tx.Tx, id string) error
	WatchesOf(t tx.Tx, w WalletID) ([]Watch, error)
	// PutCounter sets what is counted under a key.
	PutCounter(t tx.Tx, at CounterID, c Count) error
	Reader
}

// Events appends to the outbox; Jobs adds work. event.Log and job.Queue do.
type (
	Events interface {
		Append(t tx.Tx, typ, customer string, wallet, seq int64, data any) error
	}
	Jobs interface {
		AddAll(t tx.Tx, specs []job.Spec) error
	}
)

var (
	_ Events = (*event.Log)(nil)
	_ Jobs   = (*job.Queue)(nil)
)
