package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"sort"
	"strconv"
	"time"
)

// perEndpoint is how many deliveries to one endpoint run at once.
const perEndpoint = 8

const deliveryTimeout = 15 * time.Second

func newDeliveryClient() *http.Client {
	return &http.Client{
		Timeout: deliveryTimeout,
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			MaxIdleConnsPerHost: perEndpoint,
			IdleConnTimeout:     30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// layOut makes the deliveries of an event to an endpoint: one, none or two when
// a fault says so. Deliveries wait by the wall clock, whatever the sandbox's
// own clock says.
func (s *Server) layOut(ev, endpoint obj, fault DeliveryFault) {
	d := obj{"id": "dlv_" + randomText(20), "event": ev.id(), "type": ev["type"], "endpoint": endpoint.id(), "url": endpoint["url"],
		"status": "pending", "tries": int64(0), "attempts": []any{}, "created": s.unix(), "next": time.Now().UnixMilli(), "fault": ""}
	switch fault.Action {
	case FaultDrop:
		d["status"], d["fault"] = "dropped", "dropped"
	case FaultDuplicate:
		twin := obj{}
		for k, v := range d {
			twin[k] = v
		}
		twin["id"], twin["fault"] = "dlv_"+randomText(20), "duplicate"
		s.addDelivery(twin, ev)
	case FaultDelay, FaultReorder:
		d["fault"] = map[string]string{FaultDelay: "delayed", FaultReorder: "reordered"}[fault.Action]
		d["next"] = time.Now().Add(fault.Delay).UnixMilli()
	}
	s.addDelivery(d, ev)
}

func (s *Server) addDelivery(d, ev obj) {
	s.store.put(kindDelivery, d)
	if d.str("status") == "pending" {
		s.pending[d.id()] = d
		ev["pending_webhooks"] = ev.num("pending_webhooks") + 1
		s.store.put("event", ev)
	}
}

// Resend delivers an event again to every endpoint that wants it, whatever
// faults are set. It is false when there is no such event.
func (s *Server) Resend(event string) (found bool) {
	s.locked(func() {
		ev := s.store.get("event", event)
		if found = ev != nil; !found {
			return
		}
		for _, r := range s.store.all("webhook_endpoint") {
			if r.body.str("status") == "enabled" && wants(r.body, ev.str("type")) {
				s.layOut(ev, r.body, DeliveryFault{})
			}
		}
	})
	return found
}

// work runs deliveries and the tick of the clock until ctx ends.
func (s *Server) work(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kick:
		case <-timer.C:
		}
		timer.Reset(s.dispatch(ctx))
	}
}

// dispatch starts what is due and answers how long to wait for more.
func (s *Server) dispatch(ctx context.Context) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settleDue()
	if err := s.store.flush(); err != nil {
		s.log.Error("sandbox: state was not written, it will be tried again", "error", err)
	}
	wait := time.Second
	now := time.Now().UnixMilli()
	due := make([]obj, 0, len(s.pending))
	for _, d := range s.pending {
		if d.yes("_running") {
			continue
		}
		if in := time.Duration(d.num("next")-now) * time.Millisecond; in > 0 {
			wait = min(wait, in)
			continue
		}
		due = append(due, d)
	}
	sort.Slice(due, func(i, j int) bool { return s.before(due[i], due[j]) })
	for _, d := range due {
		endpoint := d.str("endpoint")
		if s.inFlight[endpoint] >= perEndpoint {
			continue // the end of a running one kicks
		}
		target, ev := s.store.get("webhook_endpoint", endpoint), s.store.get("event", d.str("event"))
		if target == nil || ev == nil || target.str("status") != "enabled" {
			s.settle(d, ev, "failed", obj{"at": s.unix(), "answer": "The endpoint is gone or disabled."})
			continue
		}
		d["_running"] = true
		s.inFlight[endpoint]++
		payload, url, secret := s.payload(ev, target), target.str("url"), target.str("_secret")
		s.done.Go(func() { s.attempt(ctx, d, url, secret, payload) })
	}
	return wait
}

// before orders deliveries: the one that has waited longest, then as created.
func (s *Server) before(a, b obj) bool {
	if a.num("next") != b.num("next") {
		return a.num("next") < b.num("next")
	}
	return s.store.rows[rowKey{kindDelivery, a.id()}].seq < s.store.rows[rowKey{kindDelivery, b.id()}].seq
}

// payload is the event as that endpoint sees it.
func (s *Server) payload(ev, endpoint obj) []byte {
	out := ev.public()
	if v := endpoint.str("api_version"); v != "" {
		out["api_version"] = v
	}
	return []byte(prettyJSON(out))
}

// attempt sends one delivery once and records how it went.
func (s *Server) attempt(ctx context.Context, d obj, url, secret string, payload []byte) {
	signedAt := s.opts.Now()
	if s.opts.SignWithClock {
		signedAt = s.Now()
	}
	began := time.Now()
	status, text := s.post(ctx, url, Signature(signedAt, payload, secret), payload)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(d, "_running")
	s.inFlight[d.str("endpoint")]--
	if ctx.Err() != nil {
		return // not an attempt: it runs again after the next Open
	}
	attempt := obj{"at": s.unix(), "status": int64(status), "answer": text, "ms": time.Since(began).Milliseconds()}
	ev := s.store.get("event", d.str("event"))
	switch tries := int(d.num("tries")); {
	case status >= 200 && status < 300:
		s.settle(d, ev, "delivered", attempt)
	case tries >= len(s.opts.Backoff):
		s.settle(d, ev, "failed", attempt)
		s.log.Warn("sandbox: webhook given up", "event", d.str("event"), "type", d.str("type"), "url", url, "status", status, "answer", text)
	default:
		d["attempts"] = append(d.list("attempts"), attempt)
		d["tries"] = d.num("tries") + 1
		d["next"] = time.Now().Add(s.opts.Backoff[tries]).UnixMilli()
		s.store.put(kindDelivery, d)
	}
	s.flush()
}

// settle ends a delivery for good.
func (s *Server) settle(d, ev obj, status string, attempt obj) {
	d["status"] = status
	d["attempts"] = append(d.list("attempts"), attempt)
	d["tries"] = d.num("tries") + 1
	delete(s.pending, d.id())
	s.store.put(kindDelivery, d)
	if ev != nil && status == "delivered" {
		ev["pending_webhooks"] = max(ev.num("pending_webhooks")-1, 0)
		s.store.put("event", ev)
	}
}

// post answers the status and the first part of the body, or 0 and the reason.
func (s *Server) post(ctx context.Context, url, signature string, payload []byte) (int, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return 0, err.Error()
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", signature)
	res, err := s.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(io.LimitReader(res.Body, 1000))
	return res.StatusCode, string(bytes.ToValidUTF8(b, nil))
}

// Signature makes the Stripe-Signature header of a payload.
func Signature(at time.Time, payload []byte, secret string) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", t, payload)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
