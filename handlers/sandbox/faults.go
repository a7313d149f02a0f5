package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What a fault does to deliveries.
const (
	FaultDrop      = "drop"      // never sent
	FaultDuplicate = "duplicate" // sent twice
	FaultDelay     = "delay"     // sent later
	FaultReorder   = "reorder"   // later events sent before earlier ones
)

// What a fault does to API requests.
const (
	FaultError      = "error"       // 500, nothing was done
	FaultErrorAfter = "error_after" // done, but answered and remembered as 500
	FaultDropAfter  = "drop_after"  // done, but the connection breaks
	FaultRateLimit  = "rate_limit"  // 429
	FaultConflict   = "conflict"    // 409, the idempotency key is in use
)

var (
	deliveryFaults = []string{FaultDrop, FaultDuplicate, FaultDelay, FaultReorder}
	apiFaults      = []string{FaultError, FaultErrorAfter, FaultDropAfter, FaultRateLimit, FaultConflict}
)

// reorderWindow is how long the first reordered event is held back; each later
// one a little less.
const (
	reorderWindow = 3 * time.Second
	reorderStep   = 150 * time.Millisecond
)

// DeliveryFault disturbs the deliveries of the next Count events (all while
// negative) whose type matches Type ("charge.*", "" for all).
type DeliveryFault struct {
	Action string        `json:"action"`
	Type   string        `json:"type"`
	Count  int           `json:"count"`
	Delay  time.Duration `json:"delay"` // of FaultDelay
	used   int
}

// APIFault disturbs the next Count requests (all while negative) of a method
// ("" for all) whose path begins with Path.
type APIFault struct {
	Action string `json:"action"`
	Method string `json:"method"`
	Path   string `json:"path"`
	Count  int    `json:"count"`
}

// ChargeFault makes the bank decline the next Count charges (all while
// negative), whatever the card: card_declined with insufficient_funds,
// expired_card …
type ChargeFault struct {
	Code        string `json:"code"`
	DeclineCode string `json:"decline_code"`
	Count       int    `json:"count"`
}

// Faults is what is set to go wrong.
type Faults struct {
	Deliveries []DeliveryFault `json:"deliveries"`
	API        []APIFault      `json:"api"`
	Charges    []ChargeFault   `json:"charges"`
}

// Faults is what is set and not used up.
func (s *Server) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Faults{slices.Clone(s.faults.Deliveries), slices.Clone(s.faults.API), slices.Clone(s.faults.Charges)}
}

// SetFaults replaces all faults. The zero Faults lets everything work again.
func (s *Server) SetFaults(f Faults) error {
	for _, d := range f.Deliveries {
		if !slices.Contains(deliveryFaults, d.Action) || d.Count == 0 || d.Delay < 0 {
			return fmt.Errorf("A fault of deliveries is one of %s, for a number of events (-1 for all): not %q for %d.", oneOf(deliveryFaults), d.Action, d.Count) //nolint:revive // a sentence for the page
		}
	}
	for _, a := range f.API {
		if !slices.Contains(apiFaults, a.Action) || a.Count == 0 {
			return fmt.Errorf("A fault of the API is one of %s, for a number of requests (-1 for all): not %q for %d.", oneOf(apiFaults), a.Action, a.Count) //nolint:revive // a sentence for the page
		}
		if a.Path != "" && !strings.HasPrefix(a.Path, "/v1/") {
			return fmt.Errorf("The path of a request begins with /v1/: not %q.", a.Path) //nolint:revive // a sentence for the page
		}
		if !slices.Contains([]string{"", http.MethodGet, http.MethodPost, http.MethodDelete}, a.Method) {
			return fmt.Errorf("The method of a request is GET, POST or DELETE, or empty for all: not %q.", a.Method) //nolint:revive // a sentence for the page
		}
	}
	for _, c := range f.Charges {
		if c.Code == "" || c.Count == 0 {
			return errors.New("A fault of charges has a code, and a number of charges (-1 for all).") //nolint:revive // a sentence for the page
		}
	}
	s.locked(func() {
		s.faults = Faults{slices.Clone(f.Deliveries), slices.Clone(f.API), slices.Clone(f.Charges)}
		s.saveFaults()
	})
	return nil
}

func (s *Server) saveFaults() {
	b, _ := json.Marshal(s.faults)
	s.saveSetting("faults", string(b))
}

func (s *Server) loadFaults() {
	_ = json.Unmarshal([]byte(s.setting("faults")), &s.faults)
}

// takeDeliveryFault uses up the first fault that matches an event, and answers
// the zero fault when none does.
func (s *Server) takeDeliveryFault(typ string) DeliveryFault {
	for i := range s.faults.Deliveries {
		f := &s.faults.Deliveries[i]
		if !typeMatches(typ, f.Type) {
			continue
		}
		taken := *f
		if f.Action == FaultReorder {
			taken.Delay = max(reorderWindow-time.Duration(f.used%20)*reorderStep, 0)
		}
		f.used++
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				s.faults.Deliveries = slices.Delete(s.faults.Deliveries, i, i+1)
			}
			s.saveFaults()
		}
		return taken
	}
	return DeliveryFault{}
}

func (s *Server) takeAPIFault(r *http.Request) APIFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults.API {
		f := &s.faults.API[i]
		if (f.Method != "" && f.Method != r.Method) || !strings.HasPrefix(r.URL.Path, f.Path) {
			continue
		}
		taken := *f
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				s.faults.API = slices.Delete(s.faults.API, i, i+1)
			}
			s.saveFaults()
		}
		return taken
	}
	return APIFault{}
}

// takeChargeFault uses up the first fault of charges.
func (s *Server) takeChargeFault() (ChargeFault, bool) {
	if len(s.faults.Charges) == 0 {
		return ChargeFault{}, false
	}
	f := &s.faults.Charges[0]
	taken := *f
	if f.Count > 0 {
		if f.Count--; f.Count == 0 {
			s.faults.Charges = s.faults.Charges[1:]
		}
		s.saveFaults()
	}
	return taken, true
}

// before answers faults that happen before anything is done.
func (f APIFault) before(w http.ResponseWriter) bool {
	var err *apiError
	switch f.Action {
	case FaultError:
		err = errInternal
	case FaultRateLimit:
		err = &apiError{status: http.StatusTooManyRequests, code: "rate_limit", message: "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode."}
	case FaultConflict:
		err = errKeyInUse("-")
	default:
		return false
	}
	answer(w, err.status, err.body().json())
	return true
}
