package alert

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

const (
	// entitlement names the watch on where decisions refuse.
	entitlement = "entitlement"
	// throttling names the one on zero, of wallets that are slowed down there.
	throttling = "throttle"
)

// NewWallet answers the watches that a new wallet is made with: the defaults
// that its customer does not mute, and the one on its entitlement. It reads
// memory only.
func (s *Service) NewWallet(k ledger.WalletKey, w ledger.WalletID) []ledger.Watch {
	out := []ledger.Watch{entitlementWatch(w)}
	muted := s.standing(k.Customer).muted
	for _, a := range *s.common.Load() {
		if (a.CreditType == "" || a.CreditType == k.CreditType) && !slices.Contains(muted, a.ID) {
			if watch, ok := s.watchOf(&a, k, w); ok {
				out = append(out, watch)
			}
		}
	}
	return out
}

// entitlementWatch begins crossed: whoever has nothing may not go on, and the
// first credits change that.
func entitlementWatch(w ledger.WalletID) ledger.Watch {
	return ledger.Watch{
		ID: watchID(entitlement, w), Wallet: w, Of: ledger.OfOverdraft, Rearm: 1, Step: 1, State: ledger.WatchCrossed, Recovers: true, JobKind: jobEntitled,
	}
}

// watchThrottle puts the watch on a wallet whose policy it is, and takes it off
// the others.
func (s *Service) watchThrottle(t tx.Tx, z *AtZero, b *ledger.Balance) error {
	at := watchID(throttling, b.Wallet)
	if z.inForce().Mode != Throttle {
		return s.Ledger.DeleteWatch(t, at)
	}
	watch := ledger.Watch{ID: at, Wallet: b.Wallet, Rearm: 1, Step: 1, State: ledger.WatchCrossed, Recovers: true, JobKind: jobEntitled}
	if b.Available > 0 {
		watch.State = ledger.WatchArmed
	}
	return s.Ledger.PutWatch(t, watch)
}

// watchOf is the ledger's watch of an alert, for the kinds that have one.
func (s *Service) watchOf(a *Alert, k ledger.WalletKey, w ledger.WalletID) (ledger.Watch, bool) {
	watch := ledger.Watch{ID: watchID(a.ID, w), Wallet: w, Step: s.unit(k.CreditType), Recovers: true, JobKind: jobCrossed}
	switch a.Kind {
	case Below:
		watch.Level = a.Credits
		watch.Rearm = ledger.RearmAt(watch.Level, watch.Step)
	case Share:
		watch.Of, watch.Share = ledger.OfGrant, a.Share
	case DaysLeft:
		// Its level is computed of the burn rate, again and again.
		watch.Level, watch.Rearm = -money.MaxAmount, -money.MaxAmount
	default:
		return watch, false
	}
	return watch, true
}

func (s *Service) unit(creditType string) money.Credits {
	if ct := s.Catalog.Snapshot().CreditType(creditType); ct != nil {
		return unit(ct.Decimals)
	}
	return money.Micro
}

// install puts an alert's watch on a wallet that exists. now asks to be told at
// once where the level is crossed already; else it is first told of after the
// credits were above it.
func (s *Service) install(t tx.Tx, a *Alert, w WalletRow, now bool) error {
	watch, ok := s.watchOf(a, w.WalletKey, w.ID)
	if !ok {
		return nil
	}
	if a.Kind == Share {
		g, err := s.reference(t, w.ID)
		if err != nil {
			return err
		}
		watch.Level, watch.OfPaid = ledger.Hundredths(g.Amount, a.Share), g.ID != 0
		watch.Rearm = ledger.RearmAt(watch.Level, watch.Step)
	}
	if a.Kind == DaysLeft {
		level, err := s.daysLevel(t, a, w)
		if err != nil {
			return err
		}
		watch.Level, watch.Rearm = level, ledger.RearmAt(level, watch.Step)
	}
	b, err := s.Ledger.Balance(t, w.WalletKey)
	if err != nil {
		return err
	}
	if now || b.Available > watch.Level {
		watch.State = ledger.WatchArmed
	}
	if err := s.Ledger.PutWatch(t, watch); err != nil || !now {
		return err
	}
	_, err = s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.CheckWatches{Wallet: w.WalletKey}})
	return err
}

// reference is the last paid grant of a wallet that stands, with what stands of it;
// none without.
func (s *Service) reference(t tx.Tx, w ledger.WalletID) (ledger.Grant, error) {
	before := ledger.GrantID(0)
	for range 10 {
		gs, err := s.Ledger.Grants(t, w, false, before, 100)
		if err != nil {
			return ledger.Grant{}, err
		}
		for _, g := range gs {
			if g.Amount = g.Standing(); g.Amount > 0 {
				return g, nil
			}
		}
		if len(gs) < 100 {
			break
		}
		before = gs[len(gs)-1].ID
	}
	return ledger.Grant{}, nil
}

// wallet finds a customer's wallet, and makes it where there is none yet.
func (s *Service) wallet(t tx.Tx, k ledger.WalletKey) (WalletRow, error) {
	b, err := s.Ledger.Balance(t, k)
	if err != nil || b.Wallet != 0 {
		return WalletRow{b.Wallet, k}, err
	}
	if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.SetOverdraft{Wallet: k}}); err != nil {
		return WalletRow{}, err
	}
	b, err = s.Ledger.Balance(t, k)
	return WalletRow{b.Wallet, k}, err
}

// spread brings the watches of all wallets in line with the defaults.
func (s *Service) spread(t tx.Tx) error {
	return s.Jobs.Add(t, job.Spec{Kind: jobSpread, Payload: ledger.WalletID(0)})
}

// spreadPage is how many wallets are brought in line in one transaction.
const spreadPage = 200

func (s *Service) spreadJob(ctx context.Context, j job.Job) error {
	var after ledger.WalletID
	if err := j.Decode(&after); err != nil {
		return job.Permanent(err)
	}
	for {
		n := 0
		err := s.Runner.Update(ctx, func(t tx.Tx) error {
			rows, err := s.Store.WalletsAfter(t, after, spreadPage)
			if n = len(rows); err != nil || n == 0 {
				return err
			}
			defaults, err := s.Store.Alerts(t, "")
			if err != nil {
				return err
			}
			for _, w := range rows {
				if err := s.align(t, defaults, w); err != nil {
					return err
				}
			}
			after = rows[n-1].ID
			return nil
		})
		if err != nil || n < spreadPage {
			return err
		}
	}
}

// align gives a wallet the watches of the defaults that it lacks, and takes
// those of ended and muted ones.
func (s *Service) align(t tx.Tx, defaults []Alert, w WalletRow) error {
	watches, err := s.Ledger.Watches(t, w.ID)
	if err != nil {
		return err
	}
	own, err := s.Store.Alerts(t, w.Customer)
	if err != nil {
		return err
	}
	mutes, err := s.Store.Mutes(t, w.Customer)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, watch := range watches {
		have[watch.ID] = true
	}
	want := map[string]bool{watchID(entitlement, w.ID): true, watchID(throttling, w.ID): true}
	for _, a := range own {
		want[watchID(a.ID, w.ID)] = true
	}
	for i := range defaults {
		a := &defaults[i]
		muted := find(mutes, func(m *Mute) bool { return m.Alert == a.ID }) != nil
		if muted || (a.CreditType != "" && a.CreditType != w.CreditType) {
			continue
		}
		want[watchID(a.ID, w.ID)] = true
		if !have[watchID(a.ID, w.ID)] {
			if err := s.install(t, a, w, false); err != nil {
				return err
			}
		}
	}
	for _, watch := range watches {
		if (watch.JobKind == jobCrossed || watch.JobKind == jobEntitled) && !want[watch.ID] {
			if err := s.Ledger.DeleteWatch(t, watch.ID); err != nil {
				return err
			}
		}
	}
	if have[watchID(entitlement, w.ID)] {
		return nil
	}
	watch := entitlementWatch(w.ID)
	b, err := s.Ledger.Balance(t, w.WalletKey)
	if err != nil {
		return err
	}
	watch.Level, watch.Rearm = -b.Overdraft, ledger.RearmAt(-b.Overdraft, watch.Step)
	if b.Available > watch.Level {
		watch.State = ledger.WatchArmed
	}
	return s.Ledger.PutWatch(t, watch)
}

// alertOfWatch answers the id of the alert that a watch belongs to.
func alertOfWatch(watch string) string {
	id, _, _ := strings.Cut(watch, "/")
	return id
}

func payload(v any) json.RawMessage {
	b, _ := json.Marshal(v) // strings and numbers always marshal
	return b
}
