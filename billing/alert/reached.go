package alert

import (
	"context"
	"strconv"
	"time"

	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/tx"
)

// reachedBy is the payload of a limit's counter.
type reachedBy struct {
	Limit  string `json:"limit"`
	Caller string `json:"caller,omitempty"`
}

// limitEvent is the data of events about limits.
type limitEvent struct {
	Limit      string    `json:"limit"`
	CreditType string    `json:"credit_type"`
	Scope      Scope     `json:"scope"`
	Meter      string    `json:"meter,omitempty"`
	Caller     string    `json:"caller,omitempty"`
	Period     Period    `json:"period"`
	Hard       bool      `json:"stops_requests"`
	Credits    string    `json:"credits"`
	Spent      string    `json:"spent"`
	ResetsAt   time.Time `json:"resets_at"`
}

// reset is the payload of the job at the end of a period.
type reset struct {
	Wallet  ledger.WalletID  `json:"wallet"`
	Key     ledger.WalletKey `json:"key"`
	Limit   string           `json:"limit"`
	Place   string           `json:"place"`
	Data    limitEvent       `json:"data"`
	Entitle bool             `json:"entitle,omitempty"`
}

// reachedJobs opens the episodes of limits that were reached.
func (s *Service) reachedJobs(ctx context.Context, jobs []job.Job) error {
	all, err := decode[ledger.Reached](jobs)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		for i, r := range all {
			if err := s.reached(t, jobs[i].ID, &r); err != nil {
				return err
			}
		}
		return nil
	})
}

// reached opens the episode of one. place, the job's id, makes it count once:
// the ledger tells once in a period, and again after the limit was changed.
func (s *Service) reached(t tx.Tx, place string, r *ledger.Reached) error {
	var by reachedBy
	if err := (job.Job{Payload: r.Payload}).Decode(&by); err != nil {
		return job.Permanent(err)
	}
	limits, err := s.Store.Limits(t, r.Customer)
	if err != nil {
		return err
	}
	l := find(limits, func(l *Limit) bool { return l.ID == by.Limit })
	if l == nil || l.Credits != r.Limit { // it ended meanwhile, or was counted anew
		return nil
	}
	ok, err := s.reach(t, place, l, by.Caller, r)
	if err != nil || !ok || !l.stopsAll() {
		return err
	}
	b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: r.Customer, CreditType: r.CreditType})
	if err != nil {
		return err
	}
	return s.tellEntitlement(t, b)
}

// reach opens the episode of a limit, by a caller if it is of callers: false when
// it was open already. The end of the period closes it.
func (s *Service) reach(t tx.Tx, place string, l *Limit, caller string, r *ledger.Reached) (bool, error) {
	data := limitEvent{
		Limit: l.ID, CreditType: l.CreditType, Scope: l.Scope, Meter: l.Meter, Period: l.Period, Hard: l.Hard,
		Credits: r.Limit.String(), Spent: r.Spent.String(), ResetsAt: r.End.UTC(),
	}
	if l.Scope == Caller {
		data.Caller = caller
	}
	e := Episode{
		Customer: r.Customer, CreditType: r.CreditType, Source: l.ID, Place: place, Kind: "limit",
		Level: r.Limit, Value: r.Spent, Event: event.LimitReached, OpenedAt: r.At,
	}
	tell := onceADay
	if l.Scope == Caller && l.Caller == "" { // each caller is a level of its own
		tell = always
	}
	ok, err := s.begin(t, e, r.Wallet, r.Seq, data, tell, map[string]string{
		"limit": r.Limit.String(), "spent": r.Spent.String(), "scope": string(l.Scope), "meter": l.Meter, "caller": data.Caller,
		"period": string(l.Period), "stops": strconv.FormatBool(l.Hard), "resets_at": r.End.UTC().Format(time.RFC3339),
	})
	if err != nil || !ok {
		return false, err
	}
	return true, s.Jobs.Add(t, job.Spec{Kind: jobReset, RunAt: r.End, Payload: reset{
		Wallet: r.Wallet, Key: ledger.WalletKey{Customer: r.Customer, CreditType: r.CreditType},
		Limit: l.ID, Place: e.Place, Data: data, Entitle: l.stopsAll(),
	}})
}

// resetJob ends the episode of a limit when a new period starts.
func (s *Service) resetJob(ctx context.Context, j job.Job) error {
	var r reset
	if err := j.Decode(&r); err != nil {
		return job.Permanent(err)
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.reset(t, &r) })
}

func (s *Service) reset(t tx.Tx, r *reset) error {
	ok, err := s.Store.CloseEpisode(t, r.Key.Customer, r.Limit, r.Place)
	if err != nil || !ok {
		return err
	}
	b, err := s.Ledger.Balance(t, r.Key)
	if err != nil {
		return err
	}
	return s.tellReset(t, r, b)
}

func (s *Service) tellReset(t tx.Tx, r *reset, b ledger.Balance) error {
	if err := s.Events.Append(t, event.LimitReset, r.Key.Customer, int64(r.Wallet), b.Seq, r.Data); err != nil || !r.Entitle {
		return err
	}
	return s.tellEntitlement(t, b)
}
