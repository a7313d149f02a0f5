package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	stormPurchases = flag.Int("purchases", 500, "purchases in the storm of webhooks")
	stormCopies    = flag.Int("copies", 5, "how often the storm delivers each event")
	stormKills     = flag.Int("stormkills", 3, "how often the program is killed in the storm of webhooks")
)

// TestWebhookStorm delivers every event of many purchases several times, shuffled
// and at once, to the real program, which is killed midway, while buyers reload
// the return page. Stripe sends again what was not answered 200. Every purchase
// that was paid is granted exactly once, and no other.
func TestWebhookStorm(t *testing.T) {
	t.Parallel()
	k := newKilled(t)
	secret := k.webhookSecret()
	k.setFaults(url.Values{"action": {"drop"}, "count": {"-1"}}) // the test delivers
	bought := k.buyMany(*stormPurchases)
	session := func() string { return bought[rand.IntN(len(bought))].session }

	payloads := sandboxEvents(t, k.process().sandboxURL)
	var deliveries [][]byte
	for range *stormCopies {
		deliveries = append(deliveries, payloads...)
	}
	rand.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	began := time.Now()
	var next, again atomic.Int64
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(deliveries) && !t.Failed(); i = int(next.Add(1)) - 1 {
				if !k.deliver(deliveries[i], secret, &again) {
					return
				}
				if i%20 == 0 {
					_, _ = send(k.process().url+"/checkout/return?session_id="+session(), "GET", nil, "")
				}
			}
		})
	}
	for n := range *stormKills {
		for int(next.Load()) < len(deliveries)*(n+1)/(*stormKills+1) && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
		k.process().kill()
		k.start()
	}
	workers.Wait()
	t.Logf("%d purchases, %d paid, %d deliveries of %d events in %s, %d of them once more because of %d kills",
		len(bought), len(k.paid), len(deliveries), len(payloads), time.Since(began).Round(time.Millisecond), again.Load(), *stormKills)
	k.settle()
	k.emptied()
	if err := k.process().terminate(); err != nil {
		t.Errorf("the last stop: %v\n%s", err, k.process().log)
	}
	k.stormAudit(bought)
}

// stormSale is a purchase whose events the storm delivers.
type stormSale struct{ id, session string }

// buyMany begins n purchases, four for each customer, and pays nine of ten.
func (k *killed) buyMany(n int) (all []stormSale) {
	var mu sync.Mutex
	var buyers sync.WaitGroup
	for buyer := range 8 {
		buyers.Go(func() {
			for i := buyer; i < n/len(k.packs) && !k.Failed(); i += 8 {
				a, _ := k.until("POST", "/v1/customers", fmt.Sprintf(`{"name":"Buyer %d"}`, i), fmt.Sprint("buyer", i))
				customer := a.str("id")
				for j, pack := range k.packs {
					a, _ = k.until("POST", "/v1/customers/"+customer+"/purchases", fmt.Sprintf(`{"pack":%q}`, pack), fmt.Sprint("storm", i, "-", j))
					s := stormSale{a.str("id"), a.str("checkout_session")}
					if s.session == "" {
						k.Errorf("a purchase was answered %d %s", a.status, a.body)
						return
					}
					pays := (i*len(k.packs)+j)%10 != 9
					if pays {
						if err := pay(k.process().sandboxURL, s.session, "pm_card_visa"); err != nil {
							k.Error(err)
						}
					}
					mu.Lock()
					all = append(all, s)
					if pays {
						k.sessions[s.id], k.paid[s.id] = s.session, true
					}
					mu.Unlock()
				}
			}
		})
	}
	buyers.Wait()
	if k.Failed() {
		k.FailNow()
	}
	return all
}

// deliver sends an event as Stripe does: until it is answered 200.
func (k *killed) deliver(payload []byte, secret string, again *atomic.Int64) bool {
	for range 2000 {
		a, err := send(k.process().url+"/webhooks/stripe", http.MethodPost, payload, "", signed(secret, time.Now(), payload)...)
		if err == nil && a.status == http.StatusOK {
			return true
		}
		if err == nil && a.status != http.StatusServiceUnavailable {
			k.Errorf("a webhook was answered %d %s", a.status, a.body)
			return false
		}
		again.Add(1)
		time.Sleep(5 * time.Millisecond)
	}
	k.Error("a webhook was never taken")
	return false
}

// emptied waits until nothing is left in the inbox.
func (k *killed) emptied() {
	k.Helper()
	eventually(k, "the inbox is empty", 60*time.Second, func() bool {
		return number(k, k.db, `SELECT count(*) FROM inbox WHERE state IN ('received', 'retrying')`) == 0
	})
}

// stormAudit looks at what is written when all is quiet.
func (k *killed) stormAudit(bought []stormSale) {
	if out, errs, code := purse(k.T, nil, "verify", "--db", k.db); code != 0 {
		k.Errorf("verify: %d\n%s%s", code, out, errs)
	}
	number := func(query string, args ...any) int64 {
		k.Helper()
		return number(k, k.db, query, args...)
	}
	k.grantedOnce(number)
	k.checkSandbox(number)
	if got := number(`SELECT count(*) FROM purchases WHERE state = 'created' AND grant_id = 0`); got != int64(len(bought)-len(k.paid)) {
		k.Errorf("%d purchases wait for their payment, %d were not paid", got, len(bought)-len(k.paid))
	}
	if got := number(`SELECT count(*) FROM inbox WHERE state NOT IN ('done', 'ignored', 'not_ours')`); got != 0 {
		k.Errorf("%d events are not done", got)
	}
}

// webhookSecret is what the sandbox signs with: it is shown nowhere.
func (k *killed) webhookSecret() (secret string) {
	k.Helper()
	d, err := sql.Open("sqlite3", "file:"+k.db+".sandbox?mode=ro")
	if err != nil {
		k.Fatal(err)
	}
	defer d.Close()
	if err := d.QueryRow(`SELECT json_extract(json, '$._secret') FROM objects WHERE kind = 'webhook_endpoint'`).Scan(&secret); err != nil {
		k.Fatal(err)
	}
	return secret
}

func (k *killed) setFaults(form url.Values) {
	k.Helper()
	a, err := send(k.process().sandboxURL+"/sandbox/faults", "POST", []byte(form.Encode()), "", "Content-Type", "application/x-www-form-urlencoded")
	if err != nil || a.status != http.StatusSeeOther {
		k.Fatalf("setting faults: %v %d %s", err, a.status, a.body)
	}
}

// sandboxEvents are the events of the sandbox as it would deliver them.
func sandboxEvents(t testing.TB, sandboxURL string) (payloads [][]byte) {
	t.Helper()
	after := ""
	for {
		a, err := send(sandboxURL+"/v1/events?limit=100"+after, "GET", nil, "", "Authorization", "Bearer "+sandboxKey)
		if err != nil {
			t.Fatal(err)
		}
		var page struct {
			Data []json.RawMessage `json:"data"`
			More bool              `json:"has_more"`
		}
		unmarshal(t, []byte(a.body), &page)
		for _, e := range page.Data {
			payloads = append(payloads, e)
		}
		if !page.More {
			return payloads
		}
		var last struct{ ID string }
		unmarshal(t, page.Data[len(page.Data)-1], &last)
		after = "&starting_after=" + last.ID
	}
}
