package alert

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"purse/billing/account"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// alertEvent is the data of events about levels.
type alertEvent struct {
	Alert      string     `json:"alert"`
	Kind       Kind       `json:"kind"`
	CreditType string     `json:"credit_type"`
	Available  string     `json:"available"`
	Level      string     `json:"level"`
	Percent    int64      `json:"percent,omitempty"`
	Days       int        `json:"days,omitempty"`
	RunsOutAt  *time.Time `json:"runs_out_at,omitempty"`
}

// crossedJobs opens and closes the episodes of what was crossed.
func (s *Service) crossedJobs(ctx context.Context, jobs []job.Job) error {
	crossings, err := decode[ledger.Crossing](jobs)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		alerts := alertsIn{s: s, t: t, of: map[string][]Alert{}}
		for i, c := range crossings {
			if err := s.crossed(t, jobs[i].ID, &c, &alerts); err != nil {
				return fmt.Errorf("crossing of %s: %w", c.Customer, err)
			}
		}
		return nil
	})
}

func decode[T any](jobs []job.Job) ([]T, error) {
	out := make([]T, len(jobs))
	for i, j := range jobs {
		if err := j.Decode(&out[i]); err != nil {
			return nil, job.Permanent(err)
		}
	}
	return out, nil
}

// alertsIn reads alerts once in a transaction.
type alertsIn struct {
	s  *Service
	t  tx.Tx
	of map[string][]Alert
}

func (in *alertsIn) find(customer, alert string) (*Alert, error) {
	for _, c := range []string{"", customer} {
		list, ok := in.of[c]
		if !ok {
			var err error
			if list, err = in.s.Store.Alerts(in.t, c); err != nil {
				return nil, err
			}
			in.of[c] = list
		}
		if a := find(list, func(a *Alert) bool { return a.ID == alert }); a != nil {
			return a, nil
		}
	}
	return nil, nil
}

type crossedAlert struct {
	*Alert
	level  money.Credits
	ofPaid bool
}

// crossed handles what one change of a wallet crossed. place, the job's id,
// makes each episode count once however often it runs.
func (s *Service) crossed(t tx.Tx, place string, c *ledger.Crossing, alerts *alertsIn) error {
	var opened, recovered []crossedAlert
	for _, x := range c.Crossed {
		a, err := alerts.find(c.Customer, alertOfWatch(x.Watch))
		if err != nil {
			return err
		}
		if a == nil { // it ended meanwhile
			continue
		}
		if c.Quiet && !x.Recovered {
			if err := s.note(t, place, c, a, x.Level); err != nil {
				return err
			}
			continue
		}
		if x.Recovered {
			recovered = append(recovered, crossedAlert{a, x.Level, x.OfPaid})
			continue
		}
		opened = append(opened, crossedAlert{a, x.Level, x.OfPaid})
	}
	severe := func(a, b crossedAlert) int {
		return cmp.Compare(severity(a.Alert, a.level), severity(b.Alert, b.level))
	}
	// In the order in which levels are passed: the lowest first on the way up, the
	// highest on the way down.
	slices.SortStableFunc(recovered, severe)
	for _, a := range recovered {
		if err := s.recovered(t, c, a.Alert); err != nil {
			return err
		}
	}
	slices.SortStableFunc(opened, severe)
	for i, a := range slices.Backward(opened) {
		// Only the most severe is for people, and not if they know it already.
		tell := nobody
		if i == 0 {
			tell = onceADay
		}
		if err := s.open(t, place, c, a, tell); err != nil {
			return err
		}
	}
	return nil
}

// open writes an episode and its event, and tells people unless that is to be
// suppressed.
func (s *Service) open(t tx.Tx, place string, c *ledger.Crossing, a crossedAlert, tell telling) error {
	data := alertEvent{Alert: a.ID, Kind: a.Kind, CreditType: c.CreditType, Available: c.Available.String(), Level: a.level.String(), Percent: a.Share, Days: a.Days}
	e := Episode{
		Customer: c.Customer, CreditType: c.CreditType, Source: a.ID, Place: place, Kind: string(a.Kind),
		Level: a.level, Value: c.Available, Event: event.BalanceLow, OpenedAt: c.At,
	}
	if a.Empty() {
		e.Event = event.BalanceDepleted
	}
	_, err := s.begin(t, e, c.Wallet, c.Seq, data, tell, map[string]string{
		"available": c.Available.String(), "level": a.level.String(), "kind": string(a.Kind),
		"percent": strconv.FormatInt(a.Share, 10), "days": strconv.Itoa(a.Days), "of_paid": strconv.FormatBool(a.ofPaid),
	})
	return err
}

// note writes that work of the past crossed a level: an episode that is over, without
// an event or a word to anybody.
func (s *Service) note(t tx.Tx, place string, c *ledger.Crossing, a *Alert, level money.Credits) error {
	e := Episode{
		ID: id.New("epi", t.Now()), Customer: c.Customer, CreditType: c.CreditType, Source: a.ID, Place: place, Kind: string(a.Kind),
		Level: level, Value: c.Available, Event: event.BalanceLow, Told: Suppressed, OpenedAt: c.At, ClosedAt: c.At,
		Detail: payload(alertEvent{Alert: a.ID, Kind: a.Kind, CreditType: c.CreditType, Available: c.Available.String(), Level: level.String(), Percent: a.Share, Days: a.Days}),
	}
	_, err := s.Store.InsertEpisode(t, e)
	return err
}

// telling says who decides whether people are told of an episode.
type telling int

const (
	nobody   telling = iota // they are not
	onceADay                // unless they were told of its source on this day
	always
)

// begin writes an episode with its event, once for each place, and tells people
// of it. It answers false when the episode was there already.
func (s *Service) begin(t tx.Tx, e Episode, w ledger.WalletID, seq int64, data any, tell telling, words map[string]string) (bool, error) {
	e.ID, e.Detail, e.Told = id.New("epi", t.Now()), payload(data), Suppressed
	may, err := tell == always, error(nil)
	if tell == onceADay {
		if may, err = s.mayTell(t, e.Customer, e.CreditType, e.Source); err != nil {
			return false, err
		}
	}
	if may {
		e.Told = Sent
	}
	ok, err := s.Store.InsertEpisode(t, e)
	if err != nil || !ok {
		return false, err
	}
	if err := s.Events.Append(t, e.Event, e.Customer, int64(w), seq, data); err != nil {
		return false, err
	}
	if e.Told != Sent || s.Tell == nil {
		return true, nil
	}
	return true, s.Tell(t, Notice{Customer: e.Customer, CreditType: e.CreditType, Episode: e.ID, Event: e.Event, Data: words})
}

// mayTell says whether people were not told of a level on this day, by the
// calendar of the customer.
func (s *Service) mayTell(t tx.Tx, customer, creditType, source string) (bool, error) {
	c, err := s.Accounts.CustomerIn(t, customer)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	midnight, _ := Day.Bounds(t.Now(), account.Zone(c.Timezone))
	before, err := s.Store.ToldSince(t, customer, creditType, source, midnight)
	return !before, err
}

// recovered ends the episodes of an alert on a wallet, each with an event that says
// the level that was crossed: it may follow another purchase now.
func (s *Service) recovered(t tx.Tx, c *ledger.Crossing, a *Alert) error {
	closed, err := s.Store.CloseEpisodes(t, c.Customer, c.CreditType, a.ID)
	if err != nil {
		return err
	}
	for _, e := range closed {
		data := alertEvent{Alert: a.ID, Kind: a.Kind, CreditType: c.CreditType, Available: c.Available.String(), Level: e.Level.String(), Percent: a.Share, Days: a.Days}
		if err := s.Events.Append(t, event.BalanceRecovered, c.Customer, int64(c.Wallet), c.Seq, data); err != nil {
			return err
		}
	}
	return nil
}

// entitledJobs tells whoever listens that customers may go on, or not, or are to
// be slowed down.
func (s *Service) entitledJobs(ctx context.Context, jobs []job.Job) error {
	crossings, err := decode[ledger.Crossing](jobs)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		for i, c := range crossings {
			if len(c.Crossed) == 0 {
				continue
			}
			k := ledger.WalletKey{Customer: c.Customer, CreditType: c.CreditType}
			b, err := s.Ledger.Balance(t, k)
			if err != nil {
				return err
			}
			data, err := s.entitlementOf(t, k, c.Available, b.Overdraft)
			if err != nil {
				return err
			}
			if same, err := s.isKnown(t, c.Customer, c.Wallet, &data); err != nil {
				return err
			} else if same {
				continue
			}
			e := Episode{
				Customer: c.Customer, CreditType: c.CreditType, Source: entitlement, Place: jobs[i].ID, Kind: entitlement,
				Value: c.Available, Event: event.EntitlementChange, OpenedAt: c.At, ClosedAt: c.At,
			}
			if _, err := s.begin(t, e, c.Wallet, c.Seq, data, nobody, nil); err != nil {
				return err
			}
		}
		return nil
	})
}
