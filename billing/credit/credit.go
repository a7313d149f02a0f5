// Package credit is what staff does to credits, in the console and over the API:
// grant, adjust, void, transfer, set an overdraft.
//
// It promises that an act is checked in one place, whoever asks for it; that its
// preview is decided as the act itself would be; that it counts once under its key;
// and that it, its reason and its entry in the audit log are written in one
// transaction. An act has one name in that log.
package credit

import (
	"context"
	"strings"

	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/usage"
)

// Names of the acts in the audit log.
const (
	Granted      = "grant.created"
	Adjusted     = "balance.adjusted"
	Voided       = "grant.voided"
	Transferred  = "credits.transferred"
	OverdraftSet = "overdraft.set"
)

// MaxReason is how long a reason may be, in characters.
const MaxReason = 500

// Deps is what a Service needs.
type Deps struct {
	Runner  tx.Runner
	Ledger  *ledger.Ledger
	Catalog *catalog.Service
	Usage   *usage.Service
	Alerts  *alert.Service
	Audit   *audit.Log
}

// Service makes acts, previews them and carries them out.
type Service struct{ Deps }

// New makes a Service.
func New(d Deps) *Service { return &Service{d} }

// Act is something that staff does to credits. The methods of Service that make one
// have checked what it names.
type Act struct {
	Name string // in the audit log
	// Wallet is whose log the act stands in. Other is the second wallet that it
	// changes, of a transfer.
	Wallet, Other ledger.WalletKey
	// Object is what it is about; "" for what it makes.
	Object string
	Op     ledger.Op

	asked     any // for the audit log
	mayBeMute bool
	counters  []ledger.Counter
	follow    func(t tx.Tx, by audit.Actor) error
}

// Change is what an act does to a wallet.
type Change struct {
	Before, After ledger.Balance
	// Again is what of a correction goes once more at once: it was drawn of a grant
	// that was over already.
	Again money.Credits
}

// Preview answers what an act would do to its wallets, Wallet before Other, or why
// it would be refused.
func (s *Service) Preview(ctx context.Context, a *Act) (changes []Change, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		changes = nil
		results, after, err := s.Ledger.Preview(t, a.command(usage.Once{}, ledger.Note{}))
		if err != nil {
			return err
		}
		for _, k := range []ledger.WalletKey{a.Wallet, a.Other} {
			if k == (ledger.WalletKey{}) {
				continue
			}
			before, err := s.Ledger.Balance(t, k)
			if err != nil {
				return err
			}
			changes = append(changes, Change{Before: before, After: after[k]})
		}
		changes[0].Again = Again(a.Op, results[0].Postings)
		return results[0].Err()
	})
	return changes, err
}

// Again is what of an act's postings took away at once what a correction gave back to
// grants that are over.
func Again(op ledger.Op, posted []ledger.Posted) (sum money.Credits) {
	if adjust, ok := op.(ledger.Adjust); ok && adjust.Corrects != 0 && len(posted) > 0 {
		for _, p := range posted[1:] {
			sum -= p.Amount
		}
	}
	return sum
}

// Do carries an act out, once under its key. Every act but a grant needs a reason.
// What the ledger refuses is a *ledger.Refusal; a key that was used for something
// else is a fault.Conflict "idempotency_mismatch".
func (s *Service) Do(ctx context.Context, by audit.Actor, once usage.Once, a *Act, reason string) (res ledger.Result, err error) {
	if reason != "" || !a.mayBeMute {
		if reason, err = Reason(reason); err != nil {
			return res, err
		}
	}
	cmd := a.command(once, ledger.Note{Actor: by.ID, Reason: reason})
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		before, err := s.Ledger.Balance(t, a.Wallet)
		if err != nil {
			return err
		}
		results, err := s.Ledger.Apply(t, cmd)
		if err != nil {
			return err
		}
		if res = results[0]; res.Refused != nil || res.Replayed {
			return nil // a refusal for lack of credits is kept as the answer
		}
		if a.follow != nil {
			if err := a.follow(t, by); err != nil {
				return err
			}
		}
		after, err := s.Ledger.Balance(t, a.Wallet)
		if err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{
			Actor: by, Customer: a.Wallet.Customer, Action: a.Name, Object: a.object(res), Reason: reason,
			Before: figuresOf(before, nil), After: figuresOf(after, a.asked),
		})
	})
	if err != nil {
		return res, err
	}
	return res, res.Err()
}

func (a *Act) command(once usage.Once, n ledger.Note) *ledger.Command {
	cmd := once.Command(a.Op)
	cmd.Note, cmd.Counters = n, a.counters
	return cmd
}

// Reason checks what a person says an act is for.
func Reason(said string) (string, error) {
	said = strings.TrimSpace(said)
	switch {
	case said == "":
		return "", fault.Bad("reason", "Say why, in at most %d characters.", MaxReason)
	case len([]rune(said)) > MaxReason:
		return "", fault.Bad("reason", "A reason has at most %d characters.", MaxReason)
	}
	return said, nil
}

// object is what the act is about: what it names, else the grant or the posting that
// it made.
func (a *Act) object(res ledger.Result) string {
	switch {
	case a.Object != "":
		return a.Object
	case res.Grant != 0:
		return res.Grant.String()
	case len(res.Postings) > 0:
		return res.Postings[0].ID.String()
	}
	return ""
}

// figures is how a wallet stands, and what was asked for.
type figures struct {
	CreditType string `json:"credit_type"`
	Balance    string `json:"balance"`
	Available  string `json:"available"`
	Debt       string `json:"debt"`
	Asked      any    `json:"asked,omitempty"`
}

func figuresOf(b ledger.Balance, asked any) figures {
	return figures{b.CreditType, b.Balance.String(), b.Available.String(), b.Debt.String(), asked}
}

// wallet is a customer's, of a credit type that is named by key or id.
func (s *Service) wallet(customer, creditType string) (ledger.WalletKey, error) {
	ct := s.Catalog.Snapshot().CreditType(creditType)
	if ct == nil {
		return ledger.WalletKey{}, fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q.", creditType)
	}
	return ledger.WalletKey{Customer: customer, CreditType: ct.Key}, nil
}
