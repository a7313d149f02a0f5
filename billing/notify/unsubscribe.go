package notify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"purse/billing/audit"
	"purse/billing/fault"
)

// token is what a link in a mail carries to end messages of its category: who,
// of whom, which, and a seal. It works without signing in, and for ever (RFC
// 8058 wants one click).
func (m *Messages) token(n Note) string {
	plain := strings.Join([]string{n.Recipient, n.Customer, string(n.Category)}, "|")
	return base64.RawURLEncoding.EncodeToString(append([]byte(plain), m.seal(plain)...))
}

func (m *Messages) seal(plain string) []byte {
	h := hmac.New(sha256.New, m.Key)
	h.Write([]byte("unsubscribe\x00" + plain))
	return h.Sum(nil)[:16]
}

// Unsubscription is what a token ends.
type Unsubscription struct {
	User, Customer string
	Category       Category
}

// Unsubscription reads a token; a fault.NotFound when it is not ours.
func (m *Messages) Unsubscription(token string) (Unsubscription, error) {
	missing := fault.New(fault.NotFound, "not_found", "", "This link is not complete. Sign in to choose what you are told of.")
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 17 || len(b) > 1000 {
		return Unsubscription{}, missing
	}
	plain, seal := string(b[:len(b)-16]), b[len(b)-16:]
	parts := strings.Split(plain, "|")
	if !hmac.Equal(seal, m.seal(plain)) || len(parts) != 3 {
		return Unsubscription{}, missing
	}
	return Unsubscription{parts[0], parts[1], Category(parts[2])}, nil
}

// Unsubscribe ends what a token names.
func (m *Messages) Unsubscribe(ctx context.Context, address, token string) (Unsubscription, error) {
	u, err := m.Unsubscription(token)
	if err != nil {
		return u, err
	}
	return u, m.Choose(ctx, audit.Actor{ID: u.User, Address: address}, u.Customer, u.User, map[Category]Choice{u.Category: Off})
}
