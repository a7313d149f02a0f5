package account

import (
	"context"
	"errors"
	"sync"

	"purse/billing/tx"
)

// watchers are those who want to know when what a person may do has changed.
type watchers struct {
	mu sync.Mutex
	of map[string]map[chan struct{}]struct{} // by user
}

// Watch tells on a channel when a session or a membership of a user ends or
// changes, until stop is called.
func (s *Service) Watch(userID string) (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w := &s.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.of == nil {
		w.of = map[string]map[chan struct{}]struct{}{}
	}
	if w.of[userID] == nil {
		w.of[userID] = map[chan struct{}]struct{}{}
	}
	w.of[userID][c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.of[userID], c)
		if len(w.of[userID]) == 0 {
			delete(w.of, userID)
		}
	}
}

// rightsChanged tells those who watch a user once t is committed.
func (s *Service) rightsChanged(t tx.Tx, userID string) {
	t.OnCommit(func() {
		s.watchers.mu.Lock()
		defer s.watchers.mu.Unlock()
		for c := range s.watchers.of[userID] {
			select {
			case c <- struct{}{}:
			default: // told already
			}
		}
	})
}

// StillMember says whether a session lives and its user is a member of a customer.
func (s *Service) StillMember(ctx context.Context, sessionID, userID, customerID string) (still bool, err error) {
	all, err := s.Sessions(ctx, userID)
	if err != nil {
		return false, err
	}
	for _, ses := range all {
		still = still || ses.ID == sessionID
	}
	if !still {
		return false, nil
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		_, err := s.Store.Member(t, customerID, userID)
		if errors.Is(err, tx.ErrNotFound) {
			still, err = false, nil
		}
		return err
	})
	return still, err
}
