package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// TestKillBetweenCrossingAndDelivery kills the real program again and again while
// customers use up their credits and webhooks tell of it. Each episode is one
// event, and each event arrives at least once under the same id.
func TestKillBetweenCrossingAndDelivery(t *testing.T) {
	failing := atomic.Bool{}
	failing.Store(true)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // a kill may fall into it
		if failing.Load() && rand.IntN(4) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	k := newKilled(t)
	k.process().kill()
	box := newMailServer(t)
	k.env = []string{"PURSE_WEBHOOK_ALLOW_PRIVATE=true", "PURSE_SMTP_URL=smtp://" + box.addr, "PURSE_MAIL_FROM=billing@vendor.example.com"}
	k.start()
	k.must("/v1/webhook_endpoints", `{"url":"`+r.URL+`","types":["balance.low","balance.depleted"]}`)

	var used, addresses []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; !k.enough.Load() && !t.Failed(); n++ {
			a, _ := k.until("POST", "/v1/customers", fmt.Sprintf(`{"name":"Low %d","email":"low%d@example.com"}`, n, n), fmt.Sprint("low", n))
			id := a.str("id")
			k.until("POST", "/v1/customers/"+id+"/grants", `{"credit_type":"credits","credits":"37"}`, fmt.Sprint("lowgrant", n))
			for i, units := range []int{600, 300, 100} { // past a half, past a tenth, and all
				a, _ = k.until("POST", "/v1/usage", fmt.Sprintf(`{"id":"low%d-%d","customer":%q,"event":"work","mode":"record","properties":{"units":%d}}`, n, i, id, units), "")
				if a.status != http.StatusOK {
					k.Errorf("usage was answered %d %s", a.status, a.body)
					return
				}
			}
			used, addresses = append(used, id), append(addresses, fmt.Sprintf("low%d@example.com", n))
		}
	}()
	for range *kills {
		time.Sleep(20*time.Millisecond + rand.N(150*time.Millisecond))
		k.process().kill()
		k.start()
	}
	k.enough.Store(true)
	<-done
	failing.Store(false)

	eventOf := map[string]string{} // customer → event
	eventually(t, "every customer's end is told", 40*time.Second, func() bool {
		clear(eventOf)
		for _, a := range r.all() {
			if a.Type != "balance.depleted" || a.Customer == nil {
				continue
			}
			if before := eventOf[*a.Customer]; before != "" && before != a.ID {
				t.Fatalf("the end of %s was told as %s and as %s", *a.Customer, before, a.ID)
			}
			eventOf[*a.Customer] = a.ID
		}
		return len(eventOf) >= len(used)
	})
	// A customer without members is mailed at its own address: that it is nearly or
	// all used up, as one mail or two.
	eventually(t, "every customer is mailed", 40*time.Second, func() bool {
		return !slices.ContainsFunc(addresses, func(to string) bool { return len(box.ids(to)) == 0 })
	})
	t.Logf("%d kills, %d customers ran out, %d webhooks and %d mails arrived", *kills, len(used), len(r.all()), box.count())
	for _, to := range addresses {
		if ids := box.ids(to); slices.Contains(ids, "") {
			t.Errorf("%s got mails %q: without an id nobody can tell that one came twice", to, ids)
		}
	}
	if got := number(t, k.db, `SELECT count(*) FROM messages WHERE state <> 'sent'`); got != 0 {
		t.Errorf("%d messages wait or were dropped", got)
	}
	if got := number(t, k.db, `SELECT count(*) FROM (SELECT customer_id, type FROM events WHERE type = 'balance.depleted' GROUP BY customer_id HAVING count(*) > 1)`); got != 0 {
		t.Errorf("%d customers have two events of one episode", got)
	}
	if got := number(t, k.db, `SELECT count(*) FROM events WHERE type = 'balance.depleted'`); got != int64(len(used)) {
		t.Errorf("%d events for %d customers who ran out", got, len(used))
	}
}
