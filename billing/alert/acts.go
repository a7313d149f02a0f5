package alert

import (
	"context"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Create makes an alert of a customer's, or a default for customer "". A level
// that is crossed already is told of at once; a default first after the credits
// were above it.
func (s *Service) Create(ctx context.Context, by audit.Actor, customer string, n New) (a Alert, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error { a, err = s.CreateIn(t, by, customer, n); return err })
	return a, err
}

// CreateIn is Create in t.
func (s *Service) CreateIn(t tx.Tx, by audit.Actor, customer string, n New) (Alert, error) {
	if err := n.check(); err != nil {
		return Alert{}, err
	}
	if err := s.checkType(&n.CreditType, customer == ""); err != nil {
		return Alert{}, err
	}
	list, err := s.Store.Alerts(t, customer)
	if err != nil {
		return Alert{}, err
	}
	if len(list) >= MaxAlerts {
		return Alert{}, fault.New(fault.Conflict, "too_many_alerts", "", "There are %d alerts already. End one first.", MaxAlerts)
	}
	if same := find(list, func(a *Alert) bool {
		return a.CreditType == n.CreditType && a.Kind == n.Kind && a.Credits == n.Credits && a.Share == n.Share && a.Days == n.Days
	}); same != nil {
		return Alert{}, fault.New(fault.Conflict, "alert_exists", "kind", "There is such an alert already.")
	}
	a := alertOf(t, by, customer, n)
	if err := s.Store.InsertAlert(t, a); err != nil {
		return a, err
	}
	if err := s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "alert.created", Object: a.ID, After: a}); err != nil {
		return a, err
	}
	if customer == "" {
		if err := s.refreshDefaults(t); err != nil {
			return a, err
		}
		return a, s.spread(t)
	}
	w, err := s.wallet(t, ledger.WalletKey{Customer: customer, CreditType: a.CreditType})
	if err != nil {
		return a, err
	}
	return a, s.install(t, &a, w, true)
}

// checkType makes a credit type's key of what names it.
func (s *Service) checkType(creditType *string, mayBeAll bool) error {
	if *creditType == "" && mayBeAll {
		return nil
	}
	ct := s.Catalog.Snapshot().CreditType(*creditType)
	if ct == nil {
		return fault.New(fault.Invalid, "unknown_credit_type", "credit_type", "There is no credit type %q.", *creditType)
	}
	*creditType = ct.Key
	return nil
}

// End ends an alert of a customer's, or a default for customer "".
func (s *Service) End(ctx context.Context, by audit.Actor, customer, alert string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.EndIn(t, by, customer, alert) })
}

// EndIn is End in t.
func (s *Service) EndIn(t tx.Tx, by audit.Actor, customer, alert string) error {
	list, err := s.Store.Alerts(t, customer)
	if err != nil {
		return err
	}
	a := find(list, func(a *Alert) bool { return a.ID == alert })
	if a == nil {
		return fault.Missing("alert")
	}
	a.EndedAt = t.Now()
	if err := s.Store.UpdateAlert(t, *a); err != nil {
		return err
	}
	if err := s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "alert.ended", Object: a.ID, Before: a}); err != nil {
		return err
	}
	if customer == "" {
		if err := s.refreshDefaults(t); err != nil {
			return err
		}
		return s.spread(t)
	}
	return s.uninstall(t, customer, a)
}

// uninstall takes an alert off a customer's wallets and ends its episodes.
func (s *Service) uninstall(t tx.Tx, customer string, a *Alert) error {
	balances, err := s.Ledger.Balances(t, customer)
	if err != nil {
		return err
	}
	for _, b := range balances {
		if err := s.Ledger.DeleteWatch(t, watchID(a.ID, b.Wallet)); err != nil {
			return err
		}
		if _, err := s.Store.CloseEpisodes(t, customer, b.CreditType, a.ID); err != nil {
			return err
		}
	}
	return nil
}

// Mute stops telling a customer of a default; muted false tells again.
func (s *Service) Mute(ctx context.Context, by audit.Actor, customer, alert string, muted bool) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		defaults, err := s.Store.Alerts(t, "")
		if err != nil {
			return err
		}
		a := find(defaults, func(a *Alert) bool { return a.ID == alert })
		if a == nil {
			return fault.Missing("alert")
		}
		m, action := Mute{customer, alert}, "alert.muted"
		if muted {
			if err := s.Store.PutMute(t, m); err != nil {
				return err
			}
			err = s.uninstall(t, customer, a)
		} else {
			action = "alert.unmuted"
			if err := s.Store.DeleteMute(t, m); err != nil {
				return err
			}
			err = s.installAll(t, customer, a)
		}
		if err != nil {
			return err
		}
		if err := s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: action, Object: alert}); err != nil {
			return err
		}
		return s.refresh(t, customer)
	})
}

func (s *Service) installAll(t tx.Tx, customer string, a *Alert) error {
	balances, err := s.Ledger.Balances(t, customer)
	if err != nil {
		return err
	}
	for _, b := range balances {
		if a.CreditType == "" || a.CreditType == b.CreditType {
			if err := s.install(t, a, WalletRow{b.Wallet, b.WalletKey}, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// SetLimit makes a limit, or changes the one that counts the same in the same
// period. What was spent in the period counts from its start.
func (s *Service) SetLimit(ctx context.Context, by audit.Actor, customer string, n NewLimit) (l Limit, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error { l, err = s.SetLimitIn(t, by, customer, n); return err })
	return l, err
}

// SetLimitIn is SetLimit in t.
func (s *Service) SetLimitIn(t tx.Tx, by audit.Actor, customer string, n NewLimit) (Limit, error) {
	if err := n.check(); err != nil {
		return Limit{}, err
	}
	if err := s.checkType(&n.CreditType, false); err != nil {
		return Limit{}, err
	}
	if n.Meter != "" {
		m := s.Catalog.Snapshot().Meter(n.Meter)
		if m == nil {
			return Limit{}, fault.New(fault.Invalid, "unknown_meter", "meter", "There is no meter %q.", n.Meter)
		}
		n.Meter = m.Key
	}
	c, err := s.Accounts.CustomerIn(t, customer)
	if err != nil {
		return Limit{}, err
	}
	list, err := s.Store.Limits(t, customer)
	if err != nil {
		return Limit{}, err
	}
	var before any
	l := Limit{ID: id.New("lim", t.Now()), Customer: customer, CreatedBy: by.ID, CreatedAt: t.Now()}
	if same := find(list, func(l *Limit) bool {
		return l.CreditType == n.CreditType && l.Scope == n.Scope && l.Meter == n.Meter && l.Caller == n.Caller && l.Period == n.Period && l.Hard == n.Hard
	}); same != nil {
		if l, before = *same, *same; l.Credits == n.Credits && l.Zone == c.Timezone {
			return l, nil
		}
	} else if len(list) >= MaxAlerts {
		return l, fault.New(fault.Conflict, "too_many_limits", "", "There are %d limits already. End one first.", MaxAlerts)
	}
	l.CreditType, l.Scope, l.Meter, l.Caller, l.Period, l.Credits, l.Hard = n.CreditType, n.Scope, n.Meter, n.Caller, n.Period, n.Credits, n.Hard
	l.Zone, l.UpdatedAt = c.Timezone, t.Now()
	if err := s.Store.PutLimit(t, l); err != nil {
		return l, err
	}
	if err := s.refresh(t, customer); err != nil {
		return l, err
	}
	if err := s.startCounting(t, &l); err != nil {
		return l, err
	}
	return l, s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "limit.set", Object: l.ID, Before: before, After: l})
}

// EndLimit ends a limit.
func (s *Service) EndLimit(ctx context.Context, by audit.Actor, customer, limit string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.EndLimitIn(t, by, customer, limit) })
}

// EndLimitIn is EndLimit in t.
func (s *Service) EndLimitIn(t tx.Tx, by audit.Actor, customer, limit string) error {
	list, err := s.Store.Limits(t, customer)
	if err != nil {
		return err
	}
	l := find(list, func(l *Limit) bool { return l.ID == limit })
	if l == nil {
		return fault.Missing("limit")
	}
	l.EndedAt = t.Now()
	if err := s.Store.PutLimit(t, *l); err != nil {
		return err
	}
	if err := s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "limit.ended", Object: l.ID, Before: l}); err != nil {
		return err
	}
	if err := s.refresh(t, customer); err != nil {
		return err
	}
	lifted, err := s.lift(t, l)
	if err != nil || !lifted {
		return err
	}
	return s.tellStop(t, l)
}

// lift ends the episodes of a limit that is counted anew or ended, as the start
// of a new period does, and says whether there were any.
func (s *Service) lift(t tx.Tx, l *Limit) (bool, error) {
	k := ledger.WalletKey{Customer: l.Customer, CreditType: l.CreditType}
	closed, err := s.Store.CloseEpisodes(t, l.Customer, l.CreditType, l.ID)
	if err != nil || len(closed) == 0 {
		return false, err
	}
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return false, err
	}
	for _, e := range closed {
		var data limitEvent
		if err := (job.Job{Payload: e.Detail}).Decode(&data); err != nil {
			return false, err
		}
		if err := s.Events.Append(t, event.LimitReset, k.Customer, int64(b.Wallet), b.Seq, data); err != nil {
			return false, err
		}
	}
	return true, nil
}

// startCounting puts what was spent in the present period into a limit's
// counters, ends what was reached before and tells what is reached now: a limit
// below what is spent already is reached when it is set.
func (s *Service) startCounting(t tx.Tx, l *Limit) error {
	k := ledger.WalletKey{Customer: l.Customer, CreditType: l.CreditType}
	lifted, err := s.lift(t, l)
	if err != nil {
		return err
	}
	w, err := s.wallet(t, k)
	if err != nil {
		return err
	}
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return err
	}
	from, _ := l.Period.Bounds(t.Now(), account.Zone(l.Zone))
	callers := []ledger.CallerName{{}}
	if l.Scope == Caller {
		if callers, err = s.Ledger.Callers(t, l.Customer, 10_000); err != nil {
			return err
		}
	}
	reached := false
	for _, c := range callers {
		if l.Scope == Caller && !l.counts(c.Name) {
			continue
		}
		spent, err := s.Ledger.SpentBetween(t, w.WalletKey, l.Meter, c, from, t.Now().Add(time.Microsecond))
		if err != nil {
			return err
		}
		at := ledger.CounterID{Wallet: w.ID, Key: l.key(c.Name), Start: from.UnixMicro()}
		held := money.Credits(0)
		if l.Scope == Whole {
			held = b.Held
		}
		if err := s.Ledger.PutCounter(t, at, ledger.Count{Spent: spent, Reached: ledger.Exhausted(l.Credits, spent, held)}); err != nil {
			return err
		}
		changed, _, err := s.follow(t, l, c.Name)
		if err != nil {
			return err
		}
		reached = reached || changed
	}
	if !l.stopsAll() || lifted == reached {
		return nil
	}
	return s.tellEntitlement(t, b)
}

// ZoneChanged starts the limits of a customer anew, whose days are others now.
func (s *Service) ZoneChanged(t tx.Tx, customer string) error {
	c, err := s.Accounts.CustomerIn(t, customer)
	if err != nil {
		return err
	}
	limits, err := s.Store.Limits(t, customer)
	if err != nil || len(limits) == 0 {
		return err
	}
	for i := range limits {
		limits[i].Zone = c.Timezone
		if err := s.Store.PutLimit(t, limits[i]); err != nil {
			return err
		}
	}
	for i := range limits {
		if err := s.startCounting(t, &limits[i]); err != nil {
			return err
		}
	}
	return s.refresh(t, customer)
}

// SetAtZero sets what happens at zero in a wallet: an act of the vendor's, who
// gives the credit.
func (s *Service) SetAtZero(ctx context.Context, by audit.Actor, z AtZero) (AtZero, error) {
	err := s.Runner.Update(ctx, func(t tx.Tx) error { return s.SetAtZeroIn(t, by, &z) })
	return z, err
}

// OverdraftSet makes what happens at zero in a wallet follow an overdraft that was
// set otherwise, in t: without one everything is refused, and a policy of grace or
// throttle goes on as soon as there is one again.
func (s *Service) OverdraftSet(t tx.Tx, by audit.Actor, k ledger.WalletKey, limit money.Credits) error {
	zeros, err := s.Store.Zeros(t, k.Customer)
	if err != nil {
		return err
	}
	z := AtZero{Customer: k.Customer, CreditType: k.CreditType, Mode: Grace}
	if known := find(zeros, func(z *AtZero) bool { return z.CreditType == k.CreditType && z.Mode != Block }); known != nil {
		z = *known
	}
	z.Overdraft, z.UpdatedBy, z.UpdatedAt = limit, by.ID, t.Now()
	if err := s.Store.PutZero(t, z); err != nil {
		return err
	}
	if err := s.refresh(t, k.Customer); err != nil {
		return err
	}
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return err
	}
	return s.watchThrottle(t, &z, &b)
}

// SetAtZeroIn is SetAtZero in t.
func (s *Service) SetAtZeroIn(t tx.Tx, by audit.Actor, z *AtZero) error {
	if err := z.check(); err != nil {
		return err
	}
	if err := s.checkType(&z.CreditType, false); err != nil {
		return err
	}
	if _, err := s.Accounts.CustomerIn(t, z.Customer); err != nil {
		return err
	}
	k := ledger.WalletKey{Customer: z.Customer, CreditType: z.CreditType}
	before := s.AtZero(k)
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return err
	}
	was, err := s.entitlementOf(t, k, b.Available, b.Overdraft)
	if err != nil {
		return err
	}
	z.UpdatedBy, z.UpdatedAt = by.ID, t.Now()
	if err := s.Store.PutZero(t, *z); err != nil {
		return err
	}
	limit := min(z.Overdraft, money.MaxAmount)
	if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.SetOverdraft{Wallet: k, Limit: limit}}); err != nil {
		return err
	}
	if err := s.Audit.Record(t, audit.Record{Actor: by, Customer: z.Customer, Action: "wallet.at_zero", Object: z.CreditType, Before: before, After: z, Reason: z.Reason}); err != nil {
		return err
	}
	if err := s.refresh(t, z.Customer); err != nil {
		return err
	}
	if b, err = s.Ledger.Balance(t, k); err != nil {
		return err
	}
	if err := s.watchThrottle(t, z, &b); err != nil {
		return err
	}
	is, err := s.entitlementOf(t, k, b.Available, b.Overdraft)
	if err != nil || is.Allowed != was.Allowed || is.rate() == was.rate() {
		return err // whether it may go on is the watch's to tell
	}
	return s.tellEntitlement(t, b)
}
