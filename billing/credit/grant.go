package credit

import (
	"slices"
	"time"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
)

// NewGrant is credits that a customer gets.
type NewGrant struct {
	Customer   string // its id
	CreditType string // a key, or an id
	Credits    money.Credits
	Kind       ledger.Kind // "" for promotional
	Priority   *int        // nil for ledger.DefaultPriority
	// EffectiveAt and ExpiresAt are now and never when they are zero.
	EffectiveAt, ExpiresAt time.Time
	Meters                 []string // that may draw it, keys or ids; none for all
	Paid                   money.Money
}

// Grant is the act of adding a lot. Reasons may be left out: its kind says what it
// is.
func (s *Service) Grant(n NewGrant) (*Act, error) {
	k, err := s.wallet(n.Customer, n.CreditType)
	if err != nil {
		return nil, err
	}
	op := ledger.NewGrant{
		Wallet: k, Credits: n.Credits, Kind: n.Kind, Priority: ledger.DefaultPriority,
		EffectiveAt: n.EffectiveAt, ExpiresAt: n.ExpiresAt, Paid: n.Paid,
	}
	if op.Kind == "" {
		op.Kind = ledger.Promotional
	}
	if n.Priority != nil {
		op.Priority = *n.Priority
	}
	if op.Meters, err = s.meters(n.Meters); err != nil {
		return nil, err
	}
	return &Act{Name: Granted, Wallet: op.Wallet, Op: op, mayBeMute: true, asked: map[string]any{"credits": n.Credits.String(), "kind": op.Kind}}, nil
}

// meters resolves meters to their keys, each once.
func (s *Service) meters(refs []string) ([]string, error) {
	var out []string
	for _, ref := range refs {
		m := s.Catalog.Snapshot().Meter(ref)
		if m == nil {
			return nil, fault.New(fault.Invalid, "unknown_meter", "meters", "There is no meter %q.", ref)
		}
		if !slices.Contains(out, m.Key) {
			out = append(out, m.Key)
		}
	}
	slices.Sort(out)
	return out, nil
}
