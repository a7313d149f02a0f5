package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestKillBetweenCommitAndDelivery kills the real program again and again while
// credits are granted and events are told to an endpoint that often fails. Every
// event of a grant that was acknowledged arrives at least once, always under the
// same id, and nothing arrives that was not committed.
func TestKillBetweenCommitAndDelivery(t *testing.T) {
	failing := atomic.Bool{}
	failing.Store(true)
	r := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
		time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond) // a kill may fall into it
		if failing.Load() && rand.IntN(4) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	k := &killed{T: t, db: filepath.Join(t.TempDir(), "purse.db"), acked: map[string]acked{}, env: []string{"PURSE_WEBHOOK_ALLOW_PRIVATE=true"}}
	k.start()
	t.Cleanup(func() { k.process().kill() })
	out, errs, code := purse(t, nil, "key", "create", "--db", k.db, "--name", "kill", "--scope", "read", "--scope", "admin")
	if code != 0 {
		t.Fatal(errs)
	}
	k.key = strings.TrimSpace(out)
	k.must("/v1/credit_types", `{"key":"credits","name":"Credits","decimals":2}`)
	customer := k.must("/v1/customers", `{"name":"Customer"}`).str("id")
	k.must("/v1/webhook_endpoints", `{"url":"`+r.URL+`","types":["credits.granted"]}`)

	granted := map[string]bool{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; !k.enough.Load() && !t.Failed(); n++ {
			a, ok := k.until("POST", "/v1/customers/"+customer+"/grants", fmt.Sprintf(`{"credit_type":"credits","credits":"%d"}`, n+1), fmt.Sprint("g", n))
			if !ok || a.str("id") == "" {
				k.Errorf("a grant was answered %d %s", a.status, a.body)
				return
			}
			granted[a.str("id")] = true
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

	ids := map[string]string{} // grant → event
	missing := len(granted)
	for end := time.Now().Add(40 * time.Second); missing > 0 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		missing = len(granted)
		clear(ids)
		for _, a := range r.all() {
			var data struct{ Grant string }
			unmarshal(t, a.Data, &data)
			if before := ids[data.Grant]; before != "" && before != a.ID {
				t.Fatalf("the grant %s was told as %s and as %s", data.Grant, before, a.ID)
			}
			if ids[data.Grant] == "" && granted[data.Grant] {
				missing--
			}
			ids[data.Grant] = a.ID
		}
	}
	t.Logf("%d kills, %d grants, %d webhooks arrived", *kills, len(granted), len(r.all()))
	if missing > 0 {
		t.Errorf("%d of %d grants were never told", missing, len(granted))
	}
	for grant := range ids {
		if !granted[grant] {
			t.Errorf("the grant %s was told and is not there", grant)
		}
	}
}
