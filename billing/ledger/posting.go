package ledger

import (
	"time"

	"purse/billing/money"
)

// PostingKind is what a posting did.
type PostingKind string

const (
	PostGrant    PostingKind = "grant"
	PostDebit    PostingKind = "debit"
	PostCapture  PostingKind = "capture"
	PostExpire   PostingKind = "expire"
	PostVoid     PostingKind = "void"
	PostAdjust   PostingKind = "adjust"
	PostTransfer PostingKind = "transfer"
	PostRefund   PostingKind = "refund"  // a payment was refunded, or its refund failed
	PostDispute  PostingKind = "dispute" // a payment was lost in a dispute
)

// PostingKinds are all kinds, in the order in which pages offer them.
func PostingKinds() []PostingKind {
	return []PostingKind{PostDebit, PostGrant, PostCapture, PostExpire, PostVoid, PostAdjust, PostTransfer, PostRefund, PostDispute}
}

// Line is what one meter cost in a posting: rate × quantity. Each line rounds alone,
// by its sum: what a rate version has charged a wallet is the exact costs of its
// lines added up and rounded half up, and a line is what that grew by. The lines'
// credits add up to the posting's.
type Line struct {
	Meter    string        `json:"m,omitempty"` // the meter's key
	Rate     string        `json:"r,omitempty"` // the rate's id
	Quantity string        `json:"q,omitempty"` // a decimal
	Credits  money.Credits `json:"a"`
	// Cost is the exact cost, and Sum what the rate has cost the wallet with it; both
	// are left out where the cost needs no rounding: it is Credits then.
	Cost money.Exact `json:"x,omitzero"`
	Sum  money.Exact `json:"s,omitzero"`
}

// Detail is why a posting was made: ids, numbers and enumerations only. It is
// stored, compactly, with the posting's first entry.
type Detail struct {
	Event     string `json:"e,omitempty"` // the vendor's id of the usage event
	EventName string `json:"n,omitempty"`
	EventAt   int64  `json:"t,omitempty"` // µs UTC: the event's own time
	Recorded  bool   `json:"rec,omitempty"`
	Caller    int64  `json:"c,omitempty"` // in the table of callers
	Lines     []Line `json:"l,omitempty"`
	Ref       string `json:"ref,omitempty"` // a purchase, a hold, the other posting of a transfer
	// Money is what went back of a payment, net of tax, in minor units of Currency:
	// less than zero when a refund failed. It was not kept before there was Currency.
	Money    int64  `json:"mo,omitempty"`
	Currency string `json:"cu,omitempty"`
}

// Entry is one immutable line of a posting: the grant that it moved (0: the
// wallet's debt), by how much, and the wallet's balance after it.
type Entry struct {
	PostingID
	Line         int
	Kind         PostingKind
	Grant        GrantID
	Amount       money.Credits
	BalanceAfter money.Credits
	At           time.Time
	Corrects     int64 // the Seq of the posting that it corrects, 0 for none
	Detail       *Detail
}

// Posting is the result of one command on one wallet.
type Posting struct {
	ID           PostingID
	Kind         PostingKind
	At           time.Time
	Amount       money.Credits // the change of the balance
	BalanceAfter money.Credits
	Corrects     int64
	Detail       Detail
	Caller       string // the name behind Detail.Caller, "" when erased or none
	Entries      []Entry
	// Reason and Actor are what a person said who made it, "" for usage.
	Reason, Actor string
}

// CountsAt is when usage counts, for limits and for figures: recorded work when it
// happened, a decision and a capture when they were made.
func (p *Posting) CountsAt() time.Time {
	if p.Detail.Recorded {
		return time.UnixMicro(p.Detail.EventAt).UTC()
	}
	return p.At
}

// postingOf folds the entries of one posting, in order of their lines.
func postingOf(entries []Entry) Posting {
	first, last := entries[0], entries[len(entries)-1]
	p := Posting{
		ID: first.PostingID, Kind: first.Kind, At: first.At, BalanceAfter: last.BalanceAfter,
		Corrects: first.Corrects, Entries: entries,
	}
	if first.Detail != nil {
		p.Detail = *first.Detail
	}
	for _, e := range entries {
		p.Amount += e.Amount
	}
	return p
}
