package alert

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"purse/billing/account"
	"purse/billing/event"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
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
	Held       string    `json:"held"`
	Required   string    `json:"required,omitempty"` // by the request that did not fit
	ResetsAt   time.Time `json:"resets_at"`
}

// reset is the payload of the job at the end of a period, and of the one at the end
// of a hold.
type reset struct {
	Wallet  ledger.WalletID  `json:"wallet"`
	Key     ledger.WalletKey `json:"key"`
	Limit   string           `json:"limit"`
	Place   string           `json:"place"`
	Data    limitEvent       `json:"data"`
	Entitle bool             `json:"entitle,omitempty"`
}

// counting is how a limit, or one caller of it, stands in a period.
type counting struct {
	from, to    time.Time
	spent, held money.Credits
}

// counting reads how a limit stands now for a caller.
func (s *Service) counting(t tx.Tx, l *Limit, caller string, b *ledger.Balance) (c counting, err error) {
	c.from, c.to = l.Period.Bounds(t.Now(), account.Zone(l.Zone))
	ref := ledger.CounterRef{Wallet: b.WalletKey, Key: l.key(caller), Start: c.from.UnixMicro()}
	counted, err := s.Ledger.Counted(t, []ledger.CounterRef{ref})
	c.spent = counted[ref].Spent
	if l.Scope == Whole {
		c.held = b.Held
	}
	return c, err
}

// reachedJobs looks at limits that became reached or no longer are, and tells of
// requests that did not fit.
func (s *Service) reachedJobs(ctx context.Context, jobs []job.Job) error {
	all, err := decode[ledger.Reached](jobs)
	if err != nil {
		return err
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		for _, r := range all {
			if err := s.reached(t, &r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Service) reached(t tx.Tx, r *ledger.Reached) error {
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
	if r.Refusal != nil {
		return s.refusedOnce(t, l, by.Caller, r)
	}
	if r.Quiet {
		return s.tellStop(t, l)
	}
	changed, b, err := s.follow(t, l, by.Caller)
	if err != nil || !changed || !l.stopsAll() {
		return err
	}
	return s.tellEntitlement(t, b)
}

// tellStop tells a gateway how the wallet of a limit stands that can stop it.
func (s *Service) tellStop(t tx.Tx, l *Limit) error {
	if !l.stopsAll() {
		return nil
	}
	b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: l.Customer, CreditType: l.CreditType})
	if err != nil {
		return err
	}
	return s.tellEntitlement(t, b)
}

// follow opens or closes the episode of a limit, by a caller if it is of callers, as
// the limit stands now, and says whether it did. However often it is called, and for
// whatever change, what it tells is true.
func (s *Service) follow(t tx.Tx, l *Limit, caller string) (changed bool, b ledger.Balance, err error) {
	if b, err = s.Ledger.Balance(t, ledger.WalletKey{Customer: l.Customer, CreditType: l.CreditType}); err != nil {
		return false, b, err
	}
	now, err := s.counting(t, l, caller, &b)
	if err != nil {
		return false, b, err
	}
	open, err := s.openOf(t, l, caller)
	if err != nil {
		return false, b, err
	}
	switch reached := ledger.Exhausted(l.Credits, now.spent, now.held); {
	case reached && open == nil:
		return true, b, s.reach(t, l, caller, &b, now)
	case !reached && open != nil:
		if _, err := s.Store.CloseEpisode(t, l.Customer, l.ID, open.Place); err != nil {
			return false, b, err
		}
		return true, b, s.Events.Append(t, event.LimitReset, l.Customer, int64(b.Wallet), b.Seq, l.event(caller, now))
	}
	return false, b, nil
}

// openOf is the open episode of a limit, by a caller if it is of callers.
func (s *Service) openOf(t tx.Tx, l *Limit, caller string) (*Episode, error) {
	open, err := s.Store.Open(t, l.Customer)
	if err != nil {
		return nil, err
	}
	for i := range open {
		if open[i].Source != l.ID {
			continue
		}
		var data limitEvent
		if err := (job.Job{Payload: open[i].Detail}).Decode(&data); err != nil {
			return nil, err
		}
		if l.Scope != Caller || data.Caller == caller {
			return &open[i], nil
		}
	}
	return nil, nil
}

func (l *Limit) event(caller string, now counting) limitEvent {
	data := limitEvent{
		Limit: l.ID, CreditType: l.CreditType, Scope: l.Scope, Meter: l.Meter, Period: l.Period, Hard: l.Hard,
		Credits: l.Credits.String(), Spent: now.spent.String(), Held: now.held.String(), ResetsAt: now.to.UTC(),
	}
	if l.Scope == Caller {
		data.Caller = caller
	}
	return data
}

// words is what people are told of a limit.
func (e *limitEvent) words() map[string]string {
	return map[string]string{
		"limit": e.Credits, "spent": e.Spent, "held": e.Held, "scope": string(e.Scope), "meter": e.Meter, "caller": e.Caller,
		"period": string(e.Period), "stops": strconv.FormatBool(e.Hard), "resets_at": e.ResetsAt.Format(time.RFC3339), "required": e.Required,
	}
}

// telling is who decides whether people are told of the limit. Each caller of one
// that counts every caller is a level of its own.
func (l *Limit) telling() telling {
	if l.Scope == Caller && l.Caller == "" {
		return always
	}
	return onceADay
}

// place makes an episode the first of its period, as long as the limit stays as it is.
func (l *Limit) place(caller string, from time.Time) string {
	return fmt.Sprintf("%s %d %s", l.key(caller), from.UnixMicro(), l.Credits)
}

// reach opens the episode of a limit. People are told of the first in a period. The
// end of the period closes it, if nothing does before.
func (s *Service) reach(t tx.Tx, l *Limit, caller string, b *ledger.Balance, now counting) error {
	data := l.event(caller, now)
	e := Episode{
		Customer: l.Customer, CreditType: l.CreditType, Source: l.ID, Place: l.place(caller, now.from), Kind: "limit",
		Level: l.Credits, Value: now.spent, Event: event.LimitReached, OpenedAt: t.Now(),
	}
	ok, err := s.begin(t, e, b.Wallet, b.Seq, data, l.telling(), data.words())
	if err == nil && !ok {
		e.Place = id.New("lrn", t.Now())
		_, err = s.begin(t, e, b.Wallet, b.Seq, data, nobody, nil)
	}
	if err != nil {
		return err
	}
	r := reset{Wallet: b.Wallet, Key: b.WalletKey, Limit: l.ID, Place: e.Place, Data: data, Entitle: l.stopsAll()}
	if err := s.Jobs.Add(t, job.Spec{Kind: jobReset, RunAt: now.to, Payload: r}); err != nil {
		return err
	}
	if now.spent >= l.Credits { // whatever becomes of the holds
		return nil
	}
	return s.lookAgain(t, &r)
}

// lookAgain looks at a limit again when the first of the open holds ends that it may
// be reached by: time ends them without a word.
func (s *Service) lookAgain(t tx.Tx, r *reset) error {
	var first time.Time
	for before := ledger.HoldID(0); ; {
		page, err := s.Ledger.Holds(t, r.Wallet, true, before, 500)
		if err != nil {
			return err
		}
		for _, h := range page {
			if before = h.ID; first.IsZero() || h.ExpiresAt.Before(first) {
				first = h.ExpiresAt
			}
		}
		if len(page) < 500 {
			break
		}
	}
	if first.IsZero() {
		return nil
	}
	return s.Jobs.Add(t, job.Spec{Kind: jobHeld, RunAt: first, Payload: r})
}

// heldJob looks at a limit that holds helped to reach, as one of them ends.
func (s *Service) heldJob(ctx context.Context, j job.Job) error {
	var r reset
	if err := j.Decode(&r); err != nil {
		return job.Permanent(err)
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		l, err := s.limitOf(t, &r)
		if err != nil || l == nil {
			return err
		}
		open, err := s.openOf(t, l, r.Data.Caller)
		if err != nil || open == nil || open.Place != r.Place { // a later one has jobs of its own
			return err
		}
		changed, b, err := s.follow(t, l, r.Data.Caller)
		if err != nil {
			return err
		}
		if !changed {
			now, err := s.counting(t, l, r.Data.Caller, &b)
			if err != nil || now.spent >= l.Credits {
				return err
			}
			return s.lookAgain(t, &r)
		}
		if !l.stopsAll() {
			return nil
		}
		return s.tellEntitlement(t, b)
	})
}

// limitOf is the limit that a job is about, nil when it has ended.
func (s *Service) limitOf(t tx.Tx, r *reset) (*Limit, error) {
	limits, err := s.Store.Limits(t, r.Key.Customer)
	return find(limits, func(l *Limit) bool { return l.ID == r.Limit }), err
}

// refusedOnce tells of the first request in a period that a limit refused though it
// was not reached: the request did not fit. It is over with that.
func (s *Service) refusedOnce(t tx.Tx, l *Limit, caller string, r *ledger.Reached) error {
	data := l.event(caller, counting{r.Start, r.End, r.Refusal.Spent, r.Refusal.Held})
	data.Required = r.Refusal.Required.String()
	e := Episode{
		Customer: l.Customer, CreditType: l.CreditType, Source: l.ID + "/refused", Place: l.place(caller, r.Start), Kind: "limit",
		Level: l.Credits, Value: r.Refusal.Required, Event: event.LimitRefused, OpenedAt: r.At, ClosedAt: r.At,
	}
	_, err := s.begin(t, e, r.Wallet, r.Seq, data, l.telling(), data.words())
	return err
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
	if err := s.Events.Append(t, event.LimitReset, r.Key.Customer, int64(r.Wallet), b.Seq, r.Data); err != nil {
		return err
	}
	l, err := s.limitOf(t, r)
	if err != nil {
		return err
	}
	if l != nil { // open holds may leave nothing of the new period either
		if _, _, err := s.follow(t, l, r.Data.Caller); err != nil {
			return err
		}
	}
	if !r.Entitle {
		return nil
	}
	return s.tellEntitlement(t, b)
}
