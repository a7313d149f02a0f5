package ledger

import (
	"slices"
	"time"

	"purse/billing/money"
)

// Command asks for one change. It applies whole or not at all.
type Command struct {
	// Key makes it count once: the same key and fingerprint is answered with
	// the first result again, another fingerprint with a Conflict.
	Key         Key
	Fingerprint Fingerprint
	// FormerKey is another key under which the same request may have been kept, by an
	// earlier release or because it was sent so, zero for none. A record of it counts when it is of this request, or of another one
	// about the same wallets; of others it is as if there were none.
	FormerKey Key
	// Former are the fingerprints by which the same request may have been kept: a
	// record of any is of this one. The zero Fingerprint is of none.
	Former [3]Fingerprint
	Op     Op
	// Counters are added up with what a debit costs, and may refuse it.
	Counters []Counter
	// Note is what a person says about it, kept beside the posting.
	Note Note
}

// same says whether a record with a fingerprint is of this request.
func (c *Command) same(f Fingerprint) bool {
	return f == c.Fingerprint || (f != (Fingerprint{}) && slices.Contains(c.Former[:], f))
}

// Note is a person's reason. It can be blanked; the posting cannot.
type Note struct{ Actor, Reason string }

// Op is what a Command does: one of the types below.
type Op interface {
	needs(*Needs)
	decide(*State, *Command) Result
}

// Debit takes credits for one usage event, from one or more wallets at once.
type Debit struct {
	Charges []Charge
	// Record books work that is already done: it is never refused for lack of
	// credits, what is missing becomes debt.
	Record bool
	// Quiet is for work of the past that is brought in: it moves balances and figures,
	// and starts no alert, message or recharge. What it crosses is noted as suppressed,
	// and the next change is judged as usual.
	Quiet bool
	// Grace lets Record draw what expired of lots that were valid at EventAt, for so
	// long after their expiry. It is 0 for not at all.
	Grace time.Duration
	// Event, EventName, EventAt and Caller explain it.
	Event, EventName, Caller string
	EventAt                  time.Time
}

// Charge is what a Debit takes of one wallet. Lines are in order of meter keys.
type Charge struct {
	Wallet WalletKey
	Lines  []Line
}

// NewGrant adds a lot. Paid lots repay the wallet's debt first.
type NewGrant struct {
	Wallet                 WalletKey
	Credits                money.Credits
	Kind                   Kind
	Priority               int
	EffectiveAt, ExpiresAt time.Time // zero: now, never
	Meters                 []string
	Paid                   money.Money
	Source                 string // unique: what made it, "" for none
	Ref                    string // shown with the posting: the purchase
}

// Void takes back all that is left of a grant. What a hold has reserved goes
// when the hold ends.
type Void struct {
	Customer string // whose it must be, "" for anybody's
	Grant    GrantID
}

// Adjust corrects a balance. Up, it returns credits to the grants of the posting
// that it names, else makes a promotional grant; down, it never takes more than
// is available.
//
// What limits had counted of a posting that is given back, the command's Counters
// give back too.
type Adjust struct {
	Wallet   WalletKey
	Credits  money.Credits // with sign
	Corrects int64         // the Seq of a posting of this wallet, 0 for none
}

// Transfer moves credits between two customers' wallets of one credit type.
// Each lot keeps its kind, dates, scope, cost basis and origin.
type Transfer struct {
	From, To WalletKey
	Credits  money.Credits
	Grant    GrantID // only from this grant, 0 for the unscoped in burn order
}

// NewHold sets credits aside from unscoped grants.
type NewHold struct {
	Wallet    WalletKey
	Credits   money.Credits
	ExpiresAt time.Time // zero: after DefaultHold
}

// Capture ends a hold and books what the work cost: from the hold, then from
// the balance; what is over becomes debt.
type Capture struct {
	Customer string // whose it must be, "" for anybody's
	Hold     HoldID
	Credits  money.Credits
}

// Release ends a hold and takes nothing.
type Release struct {
	Customer string
	Hold     HoldID
}

// SetOverdraft sets how far below zero decisions may take a wallet.
type SetOverdraft struct {
	Wallet WalletKey
	Limit  money.Credits
}

// Settle writes what is due in a wallet: expired grants and holds. Every other
// command does so first for the wallets that it touches.
type Settle struct{ Wallet WalletKey }

// Freeze stops a grant from being drawn while a dispute is open, or lets it go.
type Freeze struct {
	Grant  GrantID
	Frozen bool
}

// Result is what became of a command.
type Result struct {
	// Refused says why nothing was done; nil when it was.
	Refused  *Refusal
	Replayed bool
	// Postings are what it booked, in order: of a correction the first is the
	// correction, and what it gave back to lots that are over goes by the others.
	Postings []Posted
	Grant    GrantID   // that was made or voided
	Grants   []GrantID // that a transfer made, in burn order
	Hold     HoldID    // that was made or ended
}

// Err is the refusal as an error, nil when there is none.
func (r Result) Err() error {
	if r.Refused == nil {
		return nil
	}
	return r.Refused
}

// Posted is a posting that a command made, with the wallet's own available
// credits now.
type Posted struct {
	ID         PostingID
	CreditType string
	Amount     money.Credits // the change of the balance
	Available  money.Credits
}
