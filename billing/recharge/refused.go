package recharge

import (
	"context"
	"sync"
	"time"

	"purse/billing/ledger"
)

// refusals are wallets in which a request was refused for lack of credits: each
// starts a recharge where a policy is on. They come as fast as requests do, so
// that one wallet is looked at once in a while, beside the requests.
type refusals struct {
	mu     sync.Mutex
	waits  map[ledger.WalletKey]bool
	looked map[ledger.WalletKey]time.Time
	wake   chan struct{}
}

const (
	lookAgain   = 5 * time.Second // between two looks at a wallet
	maxRefusals = 10_000          // wallets remembered
)

// Refused says that a request was refused for lack of credits. It is quick and
// opens nothing; Watch does the rest.
func (s *Service) Refused(customer, creditType string) {
	k := ledger.WalletKey{Customer: customer, CreditType: creditType}
	r := &s.refusals
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.waits[k] || time.Since(r.looked[k]) < lookAgain || len(r.waits) >= maxRefusals {
		return
	}
	r.waits[k] = true
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Watch evaluates the policies of refused wallets until ctx ends.
func (s *Service) Watch(ctx context.Context) error {
	r := &s.refusals
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		}
		for _, k := range r.take() {
			if err := s.Evaluate(ctx, k.Customer, k.CreditType); err != nil && ctx.Err() == nil {
				s.Log.Error("a policy could not be evaluated after a refusal", "customer", k.Customer, "error", err)
			}
		}
	}
}

func (r *refusals) take() []ledger.WalletKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	var keys []ledger.WalletKey
	if len(r.looked) > maxRefusals {
		clear(r.looked)
	}
	for k := range r.waits {
		keys = append(keys, k)
		r.looked[k] = time.Now()
	}
	clear(r.waits)
	return keys
}
