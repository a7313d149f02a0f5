package alert

import (
	"context"
	"slices"
	"strconv"
	"time"

	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// scanJob looks at what depends on time alone: burn rates, expiries, and the
// time zones that limits are counted in.
func (s *Service) scanJob(ctx context.Context, _ job.Job) error { return s.Scan(ctx) }

// Scan looks at what depends on time alone, as it is done every few minutes.
func (s *Service) Scan(ctx context.Context) error {
	var all []Alert
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		all, err = s.Store.Alerts(t, everybody)
		return err
	})
	if err != nil {
		return err
	}
	for i := range all {
		a := &all[i]
		switch a.Kind {
		case DaysLeft:
			err = s.relevel(ctx, a)
		case Expiring:
			err = s.expiring(ctx, a)
		case Surge:
			err = s.surge(ctx, a)
		}
		if err != nil {
			return err
		}
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		// Longer than any period: what was counted before is of no use.
		return s.Store.ForgetCounters(t, t.Now().AddDate(0, -3, 0))
	})
}

// daysLevel is the level at which credits last the alert's days. Where nothing
// is used there is none.
func (s *Service) daysLevel(t tx.Tx, a *Alert, w WalletRow) (money.Credits, error) {
	burn, err := BurnRate(t, s.Ledger, w.ID)
	if err != nil || burn.PerDay == 0 {
		return -money.MaxAmount, err
	}
	if burn.PerDay > money.MaxAmount/money.Credits(a.Days) {
		return money.MaxAmount, nil
	}
	return burn.PerDay * money.Credits(a.Days), nil
}

// relevel computes the level of an alert about days left anew, on each wallet
// that it concerns. The ledger's watch fires in the transaction that crosses it.
func (s *Service) relevel(ctx context.Context, a *Alert) error {
	return s.eachWallet(ctx, a, func(t tx.Tx, w WalletRow) error {
		watches, err := s.Ledger.Watches(t, w.ID)
		if err != nil {
			return err
		}
		watch := find(watches, func(x *ledger.Watch) bool { return x.ID == watchID(a.ID, w.ID) })
		if watch == nil {
			return nil
		}
		level, err := s.daysLevel(t, a, w)
		if err != nil || level == watch.Level {
			return err
		}
		watch.Level, watch.Rearm = level, ledger.RearmAt(level, watch.Step)
		if err := s.Ledger.PutWatch(t, *watch); err != nil {
			return err
		}
		_, err = s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.CheckWatches{Wallet: w.WalletKey}})
		return err
	})
}

// eachWallet calls f with the wallets that an alert concerns, some to each
// transaction.
func (s *Service) eachWallet(ctx context.Context, a *Alert, f func(t tx.Tx, w WalletRow) error) error {
	var after ledger.WalletID
	for {
		n := 0
		err := s.Runner.Update(ctx, func(t tx.Tx) error {
			if !a.Default() {
				b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: a.Customer, CreditType: a.CreditType})
				if err != nil || b.Wallet == 0 {
					return err
				}
				return f(t, WalletRow{b.Wallet, b.WalletKey})
			}
			rows, err := s.Store.WalletsAfter(t, after, spreadPage)
			if n = len(rows); err != nil || n == 0 {
				return err
			}
			for _, w := range rows {
				if (a.CreditType != "" && a.CreditType != w.CreditType) || s.Muted(w.Customer, a.ID) {
					continue
				}
				if err := f(t, w); err != nil {
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

// expiringEvent is the data of credits.expiring.
type expiringEvent struct {
	Alert      string         `json:"alert"`
	CreditType string         `json:"credit_type"`
	Credits    string         `json:"credits"`
	ExpiresAt  time.Time      `json:"expires_at"` // the earliest
	Days       int            `json:"days"`
	Grants     []expiringLine `json:"grants"`
}

type expiringLine struct {
	Grant     string    `json:"grant"`
	Credits   string    `json:"credits"`
	ExpiresAt time.Time `json:"expires_at"`
}

// expiringPage is how many grants are looked at in one transaction.
const expiringPage = 500

// expiring tells of grants whose end came within the alert's days since it was
// looked at before. A grant that lives shorter than that at its birth is not
// told of.
func (s *Service) expiring(ctx context.Context, a *Alert) error {
	only := ledger.WalletKey{}
	if !a.Default() {
		only = ledger.WalletKey{Customer: a.Customer, CreditType: a.CreditType}
	}
	for {
		more := false
		err := s.Runner.Update(ctx, func(t tx.Tx) error {
			more = false
			until := t.Now().AddDate(0, 0, a.Days)
			if !until.After(a.ScannedUntil) {
				return nil
			}
			gs, err := s.Store.Expiring(t, only, a.ScannedUntil, until, expiringPage)
			if err != nil {
				return err
			}
			if len(gs) == expiringPage {
				// Those of the last instant may go on in the next page.
				last := gs[len(gs)-1].ExpiresAt
				if cut := slices.IndexFunc(gs, func(g ExpiringGrant) bool { return g.ExpiresAt.Equal(last) }); cut > 0 {
					gs, until, more = gs[:cut], gs[cut-1].ExpiresAt, true
				}
			}
			var order []ledger.WalletKey
			byWallet := map[ledger.WalletKey][]ledger.GrantID{}
			for _, g := range gs {
				if (a.CreditType != "" && a.CreditType != g.Wallet.CreditType) || s.Muted(g.Wallet.Customer, a.ID) {
					continue
				}
				if byWallet[g.Wallet] == nil {
					order = append(order, g.Wallet)
				}
				byWallet[g.Wallet] = append(byWallet[g.Wallet], g.Grant)
			}
			for _, k := range order {
				if err := s.tellExpiring(t, a, k, byWallet[k]); err != nil {
					return err
				}
			}
			a.ScannedUntil = until
			return s.Store.UpdateAlert(t, *a)
		})
		if err != nil || !more {
			return err
		}
	}
}

func (s *Service) tellExpiring(t tx.Tx, a *Alert, k ledger.WalletKey, ids []ledger.GrantID) error {
	live, err := s.Ledger.LiveGrants(t, k)
	if err != nil {
		return err
	}
	data := expiringEvent{Alert: a.ID, CreditType: k.CreditType, Days: a.Days}
	var sum money.Credits
	for _, g := range live {
		if !slices.Contains(ids, g.ID) || !g.Usable(t.Now()) || g.Free() == 0 {
			continue
		}
		sum += g.Free()
		data.Grants = append(data.Grants, expiringLine{g.ID.String(), g.Free().String(), g.ExpiresAt.UTC()})
		if data.ExpiresAt.IsZero() || g.ExpiresAt.Before(data.ExpiresAt) {
			data.ExpiresAt = g.ExpiresAt.UTC()
		}
	}
	if sum == 0 {
		return nil
	}
	data.Credits = sum.String()
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return err
	}
	e := Episode{
		Customer: k.Customer, CreditType: k.CreditType, Source: a.ID,
		Place: b.Wallet.String() + "@" + strconv.FormatInt(data.ExpiresAt.UnixMicro(), 10), Kind: string(Expiring),
		Level: money.Credits(a.Days) * money.Micro, Value: sum, Event: event.CreditsExpiring, OpenedAt: t.Now(), ClosedAt: t.Now(),
	}
	_, err = s.begin(t, e, b.Wallet, b.Seq, data, onceADay, map[string]string{
		"credits": data.Credits, "expires_at": data.ExpiresAt.Format(time.RFC3339), "days": strconv.Itoa(a.Days),
		"grants": strconv.Itoa(len(data.Grants)),
	})
	return err
}

// surgeEvent is the data of usage.anomaly.
type surgeEvent struct {
	Alert      string `json:"alert"`
	CreditType string `json:"credit_type"`
	LastHour   string `json:"last_hour"`
	UsualHour  string `json:"usual_hour"`
	Percent    int64  `json:"percent"`
}

// surge compares what the last hour used with the usual hour of the week before,
// on each wallet that the alert concerns. Without a day's history nothing is
// usual.
func (s *Service) surge(ctx context.Context, a *Alert) error {
	return s.eachWallet(ctx, a, func(t tx.Tx, w WalletRow) error {
		now := t.Now()
		rows, err := s.Ledger.Spending(t, w.ID, now.Add(-week-time.Hour), now.Add(time.Hour))
		if err != nil {
			return err
		}
		last, usual := hourOf(rows, now)
		floor := a.Credits
		if floor == 0 {
			g, err := s.reference(t, w.ID)
			if err != nil {
				return err
			}
			floor = ledger.Hundredths(g.Amount, 1)
		}
		source := a.ID
		surges := usual > 0 && last >= floor && last/money.Credits(a.Share) >= usual/100
		open, err := s.Store.Open(t, w.Customer)
		if err != nil {
			return err
		}
		lasts := find(open, func(e *Episode) bool { return e.Source == source && e.CreditType == w.CreditType }) != nil
		switch {
		case surges && !lasts:
			return s.openSurge(t, a, w, last, usual)
		case !surges && lasts:
			_, err = s.Store.CloseEpisodes(t, w.Customer, w.CreditType, source)
		}
		return err
	})
}

// hourOf answers what the last hour used, of the present and the last whole hour
// by the share of each, and what an hour used in the week before on average; 0
// without a day of history.
func hourOf(rows []ledger.HourRow, now time.Time) (last, usual money.Credits) {
	present := now.Truncate(time.Hour)
	minutes := int64(now.Sub(present) / time.Minute)
	var before money.Credits
	first := present
	for _, r := range rows {
		if !spends(r.Kind) {
			continue
		}
		switch {
		case r.Hour.Equal(present):
			last -= r.Credits
		case r.Hour.Equal(present.Add(-time.Hour)):
			last -= r.Credits / 60 * money.Credits(60-minutes)
		case r.Hour.Before(present):
			before -= r.Credits
			if r.Hour.Before(first) {
				first = r.Hour
			}
		}
	}
	hours := int64(present.Sub(first)/time.Hour) - 1
	if hours < 23 {
		return last, 0
	}
	return last, before / money.Credits(hours)
}

func (s *Service) openSurge(t tx.Tx, a *Alert, w WalletRow, last, usual money.Credits) error {
	data := surgeEvent{Alert: a.ID, CreditType: w.CreditType, LastHour: last.String(), UsualHour: usual.String(), Percent: a.Share}
	b, err := s.Ledger.Balance(t, w.WalletKey)
	if err != nil {
		return err
	}
	e := Episode{
		Customer: w.Customer, CreditType: w.CreditType, Source: a.ID,
		Place: w.ID.String() + "@" + strconv.FormatInt(t.Now().UnixMicro(), 10), Kind: string(Surge), Level: usual, Value: last,
		Event: event.UsageAnomaly, OpenedAt: t.Now(),
	}
	_, err = s.begin(t, e, w.ID, b.Seq, data, onceADay, map[string]string{"last_hour": data.LastHour, "usual_hour": data.UsualHour})
	return err
}
