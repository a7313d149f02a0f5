package account

import (
	"context"
	"errors"
	"time"

	"purse/billing/id"
	"purse/billing/tx"
)

// Consent is what a user agreed to, in which version, when and from where.
type Consent struct {
	ID, User, Customer, Document, Version string
	From                                  From
	CreatedAt                             time.Time
}

// Terms is the document that everybody agrees to when signing up.
const Terms = "terms"

// RecordConsentIn writes a consent in t.
func (s *Service) RecordConsentIn(t tx.Tx, c Consent) error {
	c.ID, c.CreatedAt = id.New("con", t.Now()), t.Now()
	return s.Store.InsertConsent(t, c)
}

// LatestConsent is the newest consent of a user to a document; false when
// there is none.
func (s *Service) LatestConsent(ctx context.Context, userID, document string) (c Consent, ok bool, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		c, err = s.Store.LatestConsent(t, userID, document)
		return err
	})
	if errors.Is(err, tx.ErrNotFound) {
		return c, false, nil
	}
	return c, err == nil, err
}
