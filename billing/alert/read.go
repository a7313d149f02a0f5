package alert

import (
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Listed is an alert that concerns a customer.
type Listed struct {
	Alert
	// Muted says that the customer does not want to be told of a default.
	Muted bool
	// Open says that an episode lasts: since when, and at which value.
	Open  bool
	Since time.Time
	Value money.Credits
	// Level is where it stands in credits in the customer's wallet, for kinds that
	// are levels; Leveled says whether it does.
	Level   money.Credits
	Leveled bool
	// OfPaid says that a Share is of a paid grant: of the last grant otherwise.
	OfPaid bool
}

// List answers the alerts that concern a customer in one wallet, its own and
// the defaults, oldest first.
func (s *Service) List(t tx.Tx, k ledger.WalletKey) ([]Listed, error) {
	defaults, err := s.Store.Alerts(t, "")
	if err != nil {
		return nil, err
	}
	own, err := s.Store.Alerts(t, k.Customer)
	if err != nil {
		return nil, err
	}
	mutes, err := s.Store.Mutes(t, k.Customer)
	if err != nil {
		return nil, err
	}
	open, err := s.Store.Open(t, k.Customer)
	if err != nil {
		return nil, err
	}
	b, err := s.Ledger.Balance(t, k)
	if err != nil {
		return nil, err
	}
	var watches []ledger.Watch
	if b.Wallet != 0 {
		if watches, err = s.Ledger.Watches(t, b.Wallet); err != nil {
			return nil, err
		}
	}
	var out []Listed
	for _, a := range append(defaults, own...) {
		if a.CreditType != "" && a.CreditType != k.CreditType {
			continue
		}
		l := Listed{Alert: a, Muted: find(mutes, func(m *Mute) bool { return m.Alert == a.ID }) != nil}
		if e := find(open, func(e *Episode) bool { return e.Source == a.ID && e.CreditType == k.CreditType }); e != nil {
			l.Open, l.Since, l.Value = true, e.OpenedAt, e.Value
		}
		if w := find(watches, func(w *ledger.Watch) bool { return w.ID == watchID(a.ID, b.Wallet) }); w != nil && w.Level > -money.MaxAmount {
			l.Level, l.Leveled, l.OfPaid = w.Level, a.Kind != Share || w.Level > 0, w.OfPaid
		}
		out = append(out, l)
	}
	return out, nil
}

// LimitStatus is a limit and how its period stands. A limit on every caller
// stands as its busiest one does, whom Busiest names.
type LimitStatus struct {
	Limit
	From, To time.Time
	Spent    money.Credits
	// Held is what open holds set aside, of a limit that counts them.
	Held    money.Credits
	Busiest string
	// Reached says that nothing is left of it.
	Reached bool
}

// Left is what may still be spent, by the busiest caller where each is counted.
func (l *LimitStatus) Left() money.Credits { return max(l.Credits-l.Held-l.Spent, 0) }

// LimitStatuses answers the limits of a customer, oldest first.
func (s *Service) LimitStatuses(t tx.Tx, customer string) ([]LimitStatus, error) {
	limits, err := s.Store.Limits(t, customer)
	if err != nil {
		return nil, err
	}
	balances := map[string]ledger.Balance{}
	out := make([]LimitStatus, len(limits))
	for i, l := range limits {
		b, ok := balances[l.CreditType]
		if !ok {
			if b, err = s.Ledger.Balance(t, ledger.WalletKey{Customer: customer, CreditType: l.CreditType}); err != nil {
				return nil, err
			}
			balances[l.CreditType] = b
		}
		if out[i], err = s.limitStatus(t, l, &b); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Service) limitStatus(t tx.Tx, l Limit, b *ledger.Balance) (LimitStatus, error) {
	now, err := s.counting(t, &l, l.Caller, b)
	st := LimitStatus{Limit: l, From: now.from, To: now.to, Spent: now.spent, Held: now.held}
	if err == nil && l.Scope == Caller && l.Caller == "" {
		err = s.busiest(t, &st)
	}
	st.Reached = ledger.Exhausted(l.Credits, st.Spent, st.Held)
	return st, err
}

// busiest finds the caller who has spent most of a limit on every caller.
func (s *Service) busiest(t tx.Tx, st *LimitStatus) error {
	callers, err := s.Ledger.Callers(t, st.Customer, 1000)
	if err != nil || len(callers) == 0 {
		return err
	}
	k := ledger.WalletKey{Customer: st.Customer, CreditType: st.CreditType}
	refs := make([]ledger.CounterRef, len(callers))
	for i, c := range callers {
		refs[i] = ledger.CounterRef{Wallet: k, Key: st.key(c.Name), Start: st.From.UnixMicro()}
	}
	counted, err := s.Ledger.Counted(t, refs)
	for i, ref := range refs {
		if spent := counted[ref].Spent; spent > st.Spent {
			st.Spent, st.Busiest = spent, callers[i].Name
		}
	}
	return err
}

// AtZeroOf is what happens at zero in a wallet as the ledger has it: an
// overdraft that was set otherwise is grace.
func (s *Service) AtZeroOf(b ledger.Balance) AtZero {
	z := s.AtZero(b.WalletKey)
	z.Overdraft = b.Overdraft
	switch {
	case b.Overdraft == 0:
		z.Mode, z.Rate = Block, 0
	case z.Mode == Block:
		z.Mode = Grace
	}
	return z
}

// Episodes answers what alerts and limits told of a customer, newest first, and
// whether there are more.
func (s *Service) Episodes(t tx.Tx, customer, before string, limit int) ([]Episode, bool, error) {
	es, err := s.Store.Episodes(t, customer, before, limit+1)
	if err != nil || len(es) <= limit {
		return es, false, err
	}
	return es[:limit], true, nil
}

// Open answers the episodes of a customer that last, oldest first.
func (s *Service) Open(t tx.Tx, customer string) ([]Episode, error) { return s.Store.Open(t, customer) }

// Of answers the alerts of a customer, or the defaults for "", oldest first.
func (s *Service) Of(t tx.Tx, customer string) ([]Alert, error) { return s.Store.Alerts(t, customer) }

// Mutes answers every customer's mutes.
func (s *Service) Mutes(t tx.Tx) ([]Mute, error) { return s.Store.Mutes(t, everybody) }
