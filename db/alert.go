package db

import (
	"encoding/json"
	"time"

	"purse/billing/alert"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/gen"
)

// AlertStore implements alert.Store.
type AlertStore struct{}

var _ alert.Store = AlertStore{}

// InsertAlert writes a new alert.
func (AlertStore) InsertAlert(t tx.Tx, a alert.Alert) error {
	ctx, q := q(t)
	return q.InsertAlert(ctx, gen.InsertAlertParams{
		ID: a.ID, CustomerID: a.Customer, CreditType: a.CreditType, Kind: string(a.Kind), Credits: int64(a.Credits), Share: a.Share, Days: int64(a.Days),
		ScannedUntil: micros(a.ScannedUntil), CreatedBy: a.CreatedBy, CreatedAt: micros(a.CreatedAt), EndedAt: micros(a.EndedAt),
	})
}

// UpdateAlert writes what changes of an alert.
func (AlertStore) UpdateAlert(t tx.Tx, a alert.Alert) error {
	ctx, q := q(t)
	return q.UpdateAlert(ctx, gen.UpdateAlertParams{ScannedUntil: micros(a.ScannedUntil), EndedAt: micros(a.EndedAt), ID: a.ID})
}

// everyCustomer stands for all customers in questions.
const everyCustomer = "*"

// Alerts answers the alerts of a customer, or of everybody.
func (AlertStore) Alerts(t tx.Tx, customer string) ([]alert.Alert, error) {
	ctx, q := q(t)
	rows, err := q.AlertsOf(ctx, customer)
	if customer == everyCustomer {
		rows, err = q.AllAlerts(ctx)
	}
	out := make([]alert.Alert, len(rows))
	for i, r := range rows {
		out[i] = alert.Alert{
			ID: r.ID, Customer: r.CustomerID, CreditType: r.CreditType, Kind: alert.Kind(r.Kind), Credits: money.Credits(r.Credits), Share: r.Share,
			Days: int(r.Days), ScannedUntil: instant(r.ScannedUntil), CreatedBy: r.CreatedBy,
			CreatedAt: instant(r.CreatedAt), EndedAt: instant(r.EndedAt),
		}
	}
	return out, err
}

// AnyDefault says whether there ever was a default.
func (AlertStore) AnyDefault(t tx.Tx) (bool, error) {
	ctx, q := q(t)
	n, err := q.CountDefaultAlerts(ctx)
	return n > 0, err
}

// Mutes answers the mutes of a customer, or of everybody.
func (AlertStore) Mutes(t tx.Tx, customer string) ([]alert.Mute, error) {
	ctx, q := q(t)
	rows, err := q.MutesOf(ctx, customer)
	if customer == everyCustomer {
		rows, err = q.AllMutes(ctx)
	}
	out := make([]alert.Mute, len(rows))
	for i, r := range rows {
		out[i] = alert.Mute{Customer: r.CustomerID, Alert: r.AlertID}
	}
	return out, err
}

// PutMute writes a mute.
func (AlertStore) PutMute(t tx.Tx, m alert.Mute) error {
	ctx, q := q(t)
	return q.PutMute(ctx, gen.PutMuteParams{CustomerID: m.Customer, AlertID: m.Alert})
}

// DeleteMute ends a mute.
func (AlertStore) DeleteMute(t tx.Tx, m alert.Mute) error {
	ctx, q := q(t)
	return q.DeleteMute(ctx, gen.DeleteMuteParams{CustomerID: m.Customer, AlertID: m.Alert})
}

// PutLimit makes or changes a limit.
func (AlertStore) PutLimit(t tx.Tx, l alert.Limit) error {
	ctx, q := q(t)
	return q.PutLimit(ctx, gen.PutLimitParams{
		ID: l.ID, CustomerID: l.Customer, CreditType: l.CreditType, Scope: string(l.Scope), Meter: l.Meter, Caller: l.Caller, Period: string(l.Period),
		Credits: int64(l.Credits), Hard: flag(l.Hard), Zone: l.Zone, CreatedBy: l.CreatedBy,
		CreatedAt: micros(l.CreatedAt), UpdatedAt: micros(l.UpdatedAt), EndedAt: micros(l.EndedAt),
	})
}

// Limits answers the limits of a customer, or of everybody.
func (AlertStore) Limits(t tx.Tx, customer string) ([]alert.Limit, error) {
	ctx, q := q(t)
	rows, err := q.LimitsOf(ctx, customer)
	if customer == everyCustomer {
		rows, err = q.AllLimits(ctx)
	}
	out := make([]alert.Limit, len(rows))
	for i, r := range rows {
		out[i] = alert.Limit{
			ID: r.ID, Customer: r.CustomerID, CreditType: r.CreditType, Scope: alert.Scope(r.Scope), Meter: r.Meter, Caller: r.Caller,
			Period: alert.Period(r.Period), Credits: money.Credits(r.Credits), Hard: r.Hard != 0, Zone: r.Zone, CreatedBy: r.CreatedBy,
			CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt), EndedAt: instant(r.EndedAt),
		}
	}
	return out, err
}

// PutZero writes what happens at zero in a wallet.
func (AlertStore) PutZero(t tx.Tx, z alert.AtZero) error {
	ctx, q := q(t)
	return q.PutZeroPolicy(ctx, gen.PutZeroPolicyParams{
		CustomerID: z.Customer, CreditType: z.CreditType, Mode: string(z.Mode), Overdraft: int64(z.Overdraft), Rate: int64(z.Rate),
		UpdatedBy: z.UpdatedBy, UpdatedAt: micros(z.UpdatedAt),
	})
}

// Zeros answers these policies of a customer, or of everybody.
func (AlertStore) Zeros(t tx.Tx, customer string) ([]alert.AtZero, error) {
	ctx, q := q(t)
	rows, err := q.ZeroPoliciesOf(ctx, customer)
	if customer == everyCustomer {
		rows, err = q.AllZeroPolicies(ctx)
	}
	out := make([]alert.AtZero, len(rows))
	for i, r := range rows {
		out[i] = alert.AtZero{
			Customer: r.CustomerID, CreditType: r.CreditType, Mode: alert.Mode(r.Mode), Overdraft: money.Credits(r.Overdraft), Rate: int(r.Rate),
			UpdatedBy: r.UpdatedBy, UpdatedAt: instant(r.UpdatedAt),
		}
	}
	return out, err
}

// InsertEpisode answers false when there is one at its place already.
func (AlertStore) InsertEpisode(t tx.Tx, e alert.Episode) (bool, error) {
	ctx, q := q(t)
	n, err := q.InsertEpisode(ctx, gen.InsertEpisodeParams{
		ID: e.ID, CustomerID: e.Customer, CreditType: e.CreditType, Source: e.Source, Place: e.Place, Kind: e.Kind, Level: int64(e.Level),
		Value: int64(e.Value), Event: e.Event, Told: string(e.Told), Detail: string(e.Detail), OpenedAt: micros(e.OpenedAt), ClosedAt: micros(e.ClosedAt),
	})
	return n > 0, err
}

// CloseEpisodes closes what is open of a source on a wallet.
func (AlertStore) CloseEpisodes(t tx.Tx, customer, creditType, source string) ([]alert.Episode, error) {
	ctx, q := q(t)
	rows, err := q.CloseEpisodes(ctx, gen.CloseEpisodesParams{ClosedAt: micros(t.Now()), CustomerID: customer, Source: source, CreditType: creditType})
	return episodes(rows), err
}

// CloseEpisode closes one; false when it is not open.
func (AlertStore) CloseEpisode(t tx.Tx, customer, source, place string) (bool, error) {
	ctx, q := q(t)
	n, err := q.CloseEpisode(ctx, gen.CloseEpisodeParams{ClosedAt: micros(t.Now()), CustomerID: customer, Source: source, Place: place})
	return n > 0, err
}

// ToldSince says whether people were told of a source on a wallet since then.
func (AlertStore) ToldSince(t tx.Tx, customer, creditType, source string, since time.Time) (bool, error) {
	ctx, q := q(t)
	n, err := q.CountToldSince(ctx, gen.CountToldSinceParams{CustomerID: customer, Source: source, Since: micros(since), CreditType: creditType})
	return n > 0, err
}

// Open answers the open episodes of a customer, oldest first.
func (AlertStore) Open(t tx.Tx, customer string) ([]alert.Episode, error) {
	ctx, q := q(t)
	rows, err := q.OpenEpisodes(ctx, customer)
	return episodes(rows), err
}

// Episodes answers the newest below before.
func (AlertStore) Episodes(t tx.Tx, customer, before string, limit int) ([]alert.Episode, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~" // after every id
	}
	rows, err := q.EpisodesOf(ctx, gen.EpisodesOfParams{CustomerID: customer, BeforeID: before, MaxRows: int32(limit)})
	return episodes(rows), err
}

func episodes(rows []gen.Episode) []alert.Episode {
	out := make([]alert.Episode, len(rows))
	for i, r := range rows {
		out[i] = alert.Episode{
			ID: r.ID, Customer: r.CustomerID, CreditType: r.CreditType, Source: r.Source, Place: r.Place, Kind: r.Kind, Level: money.Credits(r.Level),
			Value: money.Credits(r.Value), Event: r.Event, Told: alert.Told(r.Told), Detail: json.RawMessage(r.Detail),
			OpenedAt: instant(r.OpenedAt), ClosedAt: instant(r.ClosedAt),
		}
	}
	return out
}

// WalletsAfter pages through all wallets by id.
func (AlertStore) WalletsAfter(t tx.Tx, after ledger.WalletID, limit int) ([]alert.WalletRow, error) {
	ctx, q := q(t)
	rows, err := q.WalletsAfter(ctx, gen.WalletsAfterParams{ID: int64(after), MaxRows: int32(limit)})
	out := make([]alert.WalletRow, len(rows))
	for i, r := range rows {
		out[i] = alert.WalletRow{ID: ledger.WalletID(r.ID), WalletKey: ledger.WalletKey{Customer: r.CustomerID, CreditType: r.CreditType}}
	}
	return out, err
}

// Expiring answers grants that expire within (from, to], the earliest first.
func (AlertStore) Expiring(t tx.Tx, k ledger.WalletKey, from, to time.Time, limit int) ([]alert.ExpiringGrant, error) {
	ctx, q := q(t)
	rows, err := []gen.ExpiringGrantsRow(nil), error(nil)
	if k == (ledger.WalletKey{}) {
		rows, err = q.ExpiringGrants(ctx, gen.ExpiringGrantsParams{FromAt: micros(from), ToAt: micros(to), MaxRows: int32(limit)})
	} else {
		var own []gen.ExpiringGrantsOfRow
		own, err = q.ExpiringGrantsOf(ctx, gen.ExpiringGrantsOfParams{
			CustomerID: k.Customer, CreditType: k.CreditType, FromAt: micros(from), ToAt: micros(to), MaxRows: int32(limit),
		})
		for _, r := range own {
			rows = append(rows, gen.ExpiringGrantsRow(r))
		}
	}
	out := make([]alert.ExpiringGrant, len(rows))
	for i, r := range rows {
		out[i] = alert.ExpiringGrant{
			Wallet: ledger.WalletKey{Customer: r.CustomerID, CreditType: r.CreditType}, Grant: ledger.GrantID(r.ID), ExpiresAt: instant(r.ExpiresAt),
		}
	}
	return out, err
}

// ForgetCounters deletes counters of periods that started before.
func (AlertStore) ForgetCounters(t tx.Tx, before time.Time) error {
	ctx, q := q(t)
	return q.ForgetCounters(ctx, micros(before))
}
