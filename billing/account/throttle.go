package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"sync"
	"time"

	"purse/billing/fault"
	"purse/billing/tx"
)

// A limit lets burst attempts through at once and then one each interval: each
// attempt pushes the time at which nothing of it is left by an interval, and
// refuses when that would be too far ahead. So past attempts decay by
// themselves, and one instant is all there is to keep.
type limit struct {
	burst    int
	interval time.Duration
}

var (
	perAccount = limit{8, time.Minute}       // failed sign-ins for one e-mail address
	perAddress = limit{40, 15 * time.Second} // failed sign-ins from one network address
	mailsTo    = limit{4, 10 * time.Minute}  // mails that anybody may ask for, of one template and to one e-mail address
	mailsFrom  = limit{20, time.Minute}      // the same, from one network address
	buyingBy   = limit{15, 4 * time.Minute}  // Checkouts and pages that save a card, begun by one person
	buyingFrom = limit{30, 2 * time.Minute}  // the same, from one network address
	invitesOf  = limit{20, 3 * time.Minute}  // invitations by one customer
	invitesTo  = limit{4, time.Hour}         // invitations to one e-mail address
)

// counted is a name under which tries are counted, and how many there may be.
type counted struct {
	name  string
	limit limit
}

// Network is what a network address is counted by: its /64 for IPv6, of which
// everybody has 18 quintillion addresses, and itself for IPv4.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return p.String()
}

type throttle struct {
	mu     sync.Mutex
	loaded bool
	free   map[string]time.Time
	dirty  map[string]bool
}

// throttleName keeps addresses out of the table.
func throttleName(kind, value string) string {
	h := sha256.Sum256([]byte(value))
	return kind + ":" + hex.EncodeToString(h[:12])
}

// blocked is how long to wait before an attempt, 0 when it may be made.
func (th *throttle) blocked(name string, l limit, now time.Time) time.Duration {
	th.mu.Lock()
	defer th.mu.Unlock()
	at, known := th.free[name]
	if !known || at.Before(now) {
		return 0
	}
	return max(0, at.Sub(now)-time.Duration(l.burst-1)*l.interval)
}

// try counts an attempt under all names, or answers how long to wait and counts
// none.
func (th *throttle) try(now time.Time, all ...counted) time.Duration {
	for _, c := range all {
		if wait := th.blocked(c.name, c.limit, now); wait > 0 {
			return wait
		}
	}
	for _, c := range all {
		th.count(c.name, c.limit, now)
	}
	return 0
}

// count counts an attempt.
func (th *throttle) count(name string, l limit, now time.Time) {
	th.mu.Lock()
	defer th.mu.Unlock()
	at := th.free[name]
	if at.Before(now) {
		at = now
	}
	if ceiling := now.Add(time.Duration(l.burst) * l.interval); at.Add(l.interval).After(ceiling) {
		at = ceiling.Add(-l.interval)
	}
	th.free[name] = at.Add(l.interval)
	th.dirty[name] = true
}

// forget clears an account's failures after a success.
func (th *throttle) forget(name string, now time.Time) {
	th.mu.Lock()
	defer th.mu.Unlock()
	if _, ok := th.free[name]; ok {
		th.free[name] = now
		th.dirty[name] = true
	}
}

// take hands out what changed, and drops what has decayed.
func (th *throttle) take(now time.Time) map[string]time.Time {
	th.mu.Lock()
	defer th.mu.Unlock()
	out := map[string]time.Time{}
	for name := range th.dirty {
		out[name] = th.free[name]
	}
	clear(th.dirty)
	for name, at := range th.free {
		if at.Before(now) {
			delete(th.free, name)
		}
	}
	return out
}

// loadThrottles reads what an earlier run left, once.
func (s *Service) loadThrottles(t tx.Tx) error {
	s.throttle.mu.Lock()
	defer s.throttle.mu.Unlock()
	if s.throttle.loaded {
		return nil
	}
	free, err := s.Store.Throttles(t, t.Now())
	if err != nil {
		return err
	}
	s.throttle.free, s.throttle.dirty, s.throttle.loaded = free, map[string]bool{}, true
	return nil
}

// mayAsk counts a mail that anybody can ask for. Too many from one network address
// are a fault.
func (s *Service) mayAsk(ctx context.Context, from From) error {
	if err := s.Runner.View(ctx, s.loadThrottles); err != nil {
		return err
	}
	if wait := s.throttle.try(s.Now(), counted{throttleName("mails_from", Network(from.Address)), mailsFrom}); wait > 0 {
		return slowDown(wait)
	}
	return nil
}

// mayMail counts a mail to an e-mail address, for which anybody may have asked.
// One too many is left out without a word: all mails of a template say the same,
// whoever asked for them, and the newest holds a link that works. So a stranger
// who asks for many takes none from the address's owner.
func (s *Service) mayMail(template, email string) bool {
	return s.throttle.try(s.Now(), counted{mailsToName(template, email), mailsTo}) == 0
}

func mailsToName(template, email string) string { return throttleName("mails_to", template+":"+email) }

// MayBuyIn counts a Checkout, or a page that saves a card, for who begins it and
// for where they are, whichever organisation it is for: a person can make many. A
// key or a command ("key_…", "cli") is no person, and "" no address.
func (s *Service) MayBuyIn(t tx.Tx, person, address string) error {
	if err := s.loadThrottles(t); err != nil {
		return err
	}
	var all []counted
	if strings.HasPrefix(person, "usr_") {
		all = append(all, counted{throttleName("buying_by", person), buyingBy})
	}
	if address != "" {
		all = append(all, counted{throttleName("buying_from", Network(address)), buyingFrom})
	}
	if wait := s.throttle.try(t.Now(), all...); wait > 0 {
		return fault.New(fault.TooMany, "too_many_purchases", "",
			"Many payments were begun by you or from your network and not paid. Try again in %s, or contact us: we can let you through.", wait.Round(time.Minute)+time.Minute)
	}
	return nil
}

func slowDown(wait time.Duration) error {
	return fault.New(fault.TooMany, "too_many_attempts", "", "Too many attempts. Try again in %s.", wait.Round(time.Second)+time.Second)
}
