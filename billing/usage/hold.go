package usage

import (
	"context"
	"time"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Once makes a command count once: the hash of an operation and its caller's
// key, and the fingerprint of the request. The zero Once may be repeated.
type Once struct {
	Key         ledger.Key
	FormerKey   ledger.Key // that of earlier releases, zero for none
	Customer    string     // whom it is about, "" for nobody
	Fingerprint ledger.Fingerprint
	// Former is the fingerprint that earlier releases gave the same request.
	Former ledger.Fingerprint
}

// Command is a command of the ledger that counts once.
func (o Once) Command(op ledger.Op) *ledger.Command {
	return &ledger.Command{Key: o.Key, FormerKey: o.FormerKey, Fingerprint: o.Fingerprint, Former: [3]ledger.Fingerprint{o.Former}, Op: op}
}

// NewHold asks for a hold.
type NewHold struct {
	Customer   string // an id, or "ext:" and the vendor's own
	CreditType string // a key, or an id
	Credits    money.Credits
	ExpiresAt  time.Time // zero: in 10 minutes
}

// Hold sets credits aside. A suspended customer gets none. replayed says that
// the same request was answered before.
func (s *Service) Hold(ctx context.Context, who Reporter, once Once, n NewHold) (h ledger.Hold, replayed bool, err error) {
	c, err := s.reach(ctx, who, n.Customer)
	if err != nil {
		return h, false, err
	}
	ct := s.Catalog.Snapshot().CreditType(n.CreditType)
	if ct == nil {
		return h, false, fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q.", n.CreditType)
	}
	cmd := once.Command(ledger.NewHold{
		Wallet: ledger.WalletKey{Customer: c.ID, CreditType: ct.Key}, Credits: n.Credits, ExpiresAt: n.ExpiresAt,
	})
	if s.Limits != nil {
		cmd.Counters = s.Limits(ledger.WalletKey{Customer: c.ID, CreditType: ct.Key}, "", s.Now())
	}
	going := CheckActive(c)
	if going != nil && once.Key == (ledger.Key{}) {
		return h, false, going
	}
	if going != nil {
		cmd.Op = ledger.Debit{} // refused, unless it replays
	}
	h, res, err := s.hold(ctx, c.ID, cmd)
	if going != nil && !res.Replayed && !fault.HasCode(err, "idempotency_mismatch") {
		err = going
	}
	return h, res.Replayed, err
}

// Slowed is the rate, in requests a minute, to which a customer is slowed down in a
// wallet that is below zero; 0 for not at all.
func (s *Service) Slowed(ctx context.Context, k ledger.WalletKey) (rate int, err error) {
	if s.Throttled == nil || s.Throttled(k) == 0 {
		return 0, nil
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		b, err := s.Ledger.Balance(t, k)
		if b.Available < 0 {
			rate = s.Throttled(k)
		}
		return err
	})
	return rate, err
}

// CaptureHold ends a hold and books what the work cost, for a suspended customer
// too. It answers the posting.
func (s *Service) CaptureHold(ctx context.Context, who Reporter, once Once, h ledger.HoldID, credits money.Credits) (ledger.Hold, ledger.Result, error) {
	return s.end(ctx, who, once, h, ledger.Capture{Customer: who.Customer, Hold: h, Credits: credits})
}

// ReleaseHold ends a hold and takes nothing.
func (s *Service) ReleaseHold(ctx context.Context, who Reporter, once Once, h ledger.HoldID) (ledger.Hold, ledger.Result, error) {
	return s.end(ctx, who, once, h, ledger.Release{Customer: who.Customer, Hold: h})
}

func (s *Service) end(ctx context.Context, who Reporter, once Once, id ledger.HoldID, op ledger.Op) (ledger.Hold, ledger.Result, error) {
	c := once.Command(op)
	if s.Limits != nil {
		// What is captured counts towards the limits of whose hold it is, and what is
		// held no longer does.
		err := s.Runner.View(ctx, func(t tx.Tx) error {
			h, err := s.Ledger.Hold(t, who.Customer, id)
			if err == nil {
				c.Counters = s.Limits(h.WalletKey, "", t.Now())
			}
			return nil // a hold that is not there is refused below
		})
		if err != nil {
			return ledger.Hold{}, ledger.Result{}, err
		}
	}
	return s.hold(ctx, who.Customer, c)
}

func (s *Service) hold(ctx context.Context, customer string, c *ledger.Command) (h ledger.Hold, r ledger.Result, err error) {
	results, err := s.Ledger.Submit(ctx, c)
	if err != nil {
		return h, r, err
	}
	r = results[0]
	if err := r.Err(); err != nil {
		return h, r, err
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		h, err = s.Ledger.Hold(t, customer, r.Hold)
		return err
	})
	return h, r, err
}
