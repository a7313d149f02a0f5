package stripepay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"purse/billing/fault"
)

// Event is what Purse keeps of a webhook: who it is about. The object itself is
// fetched anew, so the version in which the event was rendered does not matter.
type Event struct {
	ID, Type   string
	Livemode   bool
	ObjectID   string // "" for objects without an id, such as a balance
	ObjectKind string // checkout.session, payment_intent, charge …
	Created    time.Time
	Account    string // the connected account, "" for our own
}

// MaxSkew is how far a signature's time may be from ours, in either direction.
const MaxSkew = 5 * time.Minute

func badSignature(format string, args ...any) error {
	return fault.New(fault.Invalid, "invalid_signature", "Stripe-Signature", format, args...)
}

// ParseWebhook verifies a webhook and reads whom it is about. secret is the
// endpoint's whsec_…; while one secret replaces another it may name several,
// separated by commas or spaces. An empty secret verifies nothing and is
// refused.
func ParseWebhook(payload []byte, header, secret string, now time.Time) (Event, error) {
	var secrets []string
	secrets = append(secrets, strings.FieldsFunc(secret, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })...)
	if len(secrets) == 0 {
		return Event{}, fault.New(fault.Unavailable, "payments_misconfigured", "", "There is no webhook secret: set STRIPE_WEBHOOK_SECRET.")
	}
	at, signatures, err := parseSignature(header)
	if err != nil {
		return Event{}, err
	}
	if skew := now.Sub(at); skew > MaxSkew || skew < -MaxSkew {
		return Event{}, badSignature("The signature's time is %s away from the server's clock; at most %s is accepted.", skew.Abs().Round(time.Second), MaxSkew)
	}
	if !signed(payload, at, secrets, signatures) {
		return Event{}, badSignature("The signature does not match: check that STRIPE_WEBHOOK_SECRET is the secret of this endpoint.")
	}
	return parseEvent(payload)
}

// parseSignature reads "t=…,v1=…,v1=…"; other schemes are ignored.
func parseSignature(header string) (at time.Time, signatures [][]byte, err error) {
	if header == "" {
		return at, nil, badSignature("The request is not signed.")
	}
	stamped := false
	for part := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			n, bad := strconv.ParseInt(value, 10, 64)
			if bad != nil || n < 0 || n > 1<<40 || stamped {
				return at, nil, badSignature("The signature's time is not readable.")
			}
			at, stamped = time.Unix(n, 0), true
		case "v1":
			if b, bad := hex.DecodeString(value); bad == nil && len(b) == sha256.Size && len(signatures) < 16 {
				signatures = append(signatures, b)
			}
		}
	}
	if !stamped || len(signatures) == 0 {
		return at, nil, badSignature("The signature has no time or no v1 part.")
	}
	return at, signatures, nil
}

func signed(payload []byte, at time.Time, secrets []string, signatures [][]byte) bool {
	ok := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(strconv.AppendInt(nil, at.Unix(), 10))
		mac.Write([]byte{'.'})
		mac.Write(payload)
		want := mac.Sum(nil)
		for _, s := range signatures {
			ok = hmac.Equal(want, s) || ok
		}
	}
	return ok
}

func parseEvent(payload []byte) (Event, error) {
	var kind struct{ Object string }
	if err := json.Unmarshal(payload, &kind); err == nil && strings.HasPrefix(kind.Object, "v2.") { // whose times are text
		return Event{}, fault.Bad("", "Thin events cannot be read here: have the endpoint send snapshot payloads.")
	}
	var e struct {
		ID, Object, Type, Account string
		Livemode                  bool
		Created                   int64
		Data                      struct {
			Object struct{ ID, Object string }
		}
	}
	if err := json.Unmarshal(payload, &e); err != nil {
		return Event{}, fault.Bad("", "The body is not a Stripe event: %s.", err)
	}
	if e.Object != "event" || e.ID == "" || e.Type == "" || e.Data.Object.Object == "" {
		return Event{}, fault.Bad("", "The body is not a snapshot event of Stripe's. Thin events cannot be read here: have the endpoint send snapshot payloads.")
	}
	if e.Data.Object.Object == taxID {
		var of struct {
			Data struct{ Object struct{ Customer string } }
		}
		if err := json.Unmarshal(payload, &of); err != nil {
			return Event{}, fault.Bad("", "The body is not a Stripe event: %s.", err)
		}
		e.Data.Object.ID = of.Data.Object.Customer
	}
	return Event{ID: e.ID, Type: e.Type, Livemode: e.Livemode, ObjectID: e.Data.Object.ID, ObjectKind: e.Data.Object.Object,
		Created: instant(e.Created), Account: e.Account}, nil
}
