package account

import (
	"context"

	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/tx"
)

// Proof is what a person gives to show once more who is there.
type Proof struct {
	Password string
}

// Given says whether there is anything to judge.
func (p Proof) Given() bool { return p.Password != "" }

// Confirm takes a proof before something that matters. The session counts as
// confirmed for ConfirmedFor and gets a new secret, which is answered. A proof
// that is missing or wrong is Invalid, and names its field.
func (s *Service) Confirm(ctx context.Context, secret, userID string, p Proof) (string, error) {
	if !p.Given() {
		return "", fault.Bad("password", "Give your password once more.")
	}
	if _, err := s.rightPassword(ctx, userID, p.Password); err != nil {
		return "", err
	}
	fresh := id.Secret("ses_")
	return fresh, s.changeSession(ctx, secret, func(t tx.Tx, ses *Session) (string, error) {
		if ses.User != userID {
			return "", errSession
		}
		ses.ConfirmedAt = t.Now()
		return hashSecret(fresh), nil
	})
}
