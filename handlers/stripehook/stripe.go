// Package stripehook takes the webhooks that Stripe sends.
package stripehook

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/stripepay"
)

// maxBody bounds a webhook: Stripe's events are far smaller.
const maxBody = 1 << 20

// Stripe takes Stripe's webhooks: it verifies the signature, stores the event in
// the inbox and answers 200. Processing follows from the inbox.
type Stripe struct {
	Inbox *inbox.Service
	// Secret is the endpoint's signing secret; two, with a comma between, while
	// one replaces the other.
	Secret string
	Log    *slog.Logger
	Now    func() time.Time
	// Refused counts deliveries that were not taken.
	Refused atomic.Int64
	told    atomic.Int64 // the minute in which one was last told of, and
	untold  atomic.Int64 // how many came since
}

// ServeHTTP answers 400 to what Stripe did not sign, 503 to what could not be
// stored: Stripe sends it again.
func (h *Stripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if err := h.take(w, r); err != nil {
		h.Refused.Add(1)
		status, message := http.StatusServiceUnavailable, "The event could not be stored. Send it again."
		if f, ok := fault.As(err); ok {
			status, message = http.StatusBadRequest, f.Detail
		}
		h.tell(status, err)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": message})
		return
	}
	_, _ = io.WriteString(w, `{"received":true}`)
}

// tell logs that webhooks were not taken, one line a minute: anybody can send any.
func (h *Stripe) tell(status int, err error) {
	minute := h.Now().Unix() / 60
	if before := h.told.Swap(minute); before == minute {
		h.untold.Add(1)
		return
	}
	h.Log.Warn("a webhook was not taken", "status", status, "error", err, "more_since_the_last", h.untold.Swap(0))
}

func (h *Stripe) take(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return fault.New(fault.Invalid, "too_large", "", "The event is larger than %d bytes.", maxBody)
		}
		return fault.New(fault.Invalid, "unreadable", "", "The event could not be read.")
	}
	e, err := stripepay.ParseWebhook(body, r.Header.Get("Stripe-Signature"), h.Secret, h.Now())
	if err != nil {
		return err
	}
	_, err = h.Inbox.Receive(r.Context(), inbox.Event{
		ID: e.ID, Type: e.Type, ObjectID: e.ObjectID, Livemode: e.Livemode, CreatedAt: e.Created,
	})
	return err
}
