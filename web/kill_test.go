package main

import (
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // to look into the database from outside

	"purse/billing/money"
)

var kills = flag.Int("kills", 6, "how often TestKill kills the program; CI 100, the long run 1000")

// TestKill kills the real program again and again under load. Clients retry what
// they got no answer to under the same ids. At the end everything that was
// acknowledged is there, once, with the charge that was acknowledged.
func TestKill(t *testing.T) {
	k := newKilled(t)
	var clients sync.WaitGroup
	for i := range 6 {
		clients.Go(func() { k.reportUsage(i) })
	}
	for i := range 2 {
		clients.Go(func() { k.hold(i) })
	}
	for i := range 2 {
		clients.Go(func() { k.buy(i) })
	}
	began, slowest := time.Now(), time.Duration(0)
	for n := range *kills {
		time.Sleep(20*time.Millisecond + rand.N(130*time.Millisecond))
		k.process().kill()
		at := time.Now()
		k.start()
		slowest = max(slowest, time.Since(at))
		if t.Failed() {
			t.Fatalf("gave up after %d kills", n+1)
		}
	}
	k.enough.Store(true)
	clients.Wait()
	t.Logf("%d kills in %s, the slowest start took %s", *kills, time.Since(began).Round(time.Millisecond), slowest.Round(time.Millisecond))
	k.settle()
	k.replay()
	if err := k.process().terminate(); err != nil {
		t.Errorf("the last stop: %v\n%s", err, k.process().log)
	}
	k.audit()
}

// killed is a program that is killed, with what its clients know.
type killed struct {
	*testing.T
	db, key   string
	env       []string // of the program
	packs     []string
	customers []string

	mu      sync.Mutex
	running *process
	enough  atomic.Bool
	retried atomic.Int64

	acked     map[string]acked // by operation and id
	sessions  map[string]string
	paid      map[string]bool // purchases whose payment was acknowledged
	purchases map[string]purchaseNow
}

// acked is an answer that a client got.
type acked struct {
	method, path, body, once string
	status                   int
	charged                  money.Credits // of events and captures
	posting                  string
	id                       string // of what was made
}

type purchaseNow struct {
	ID, Status, Customer, Grant string
	Session                     string `json:"checkout_session"`
	Credits                     string
}

func newKilled(t *testing.T) *killed {
	k := &killed{T: t, db: filepath.Join(t.TempDir(), "purse.db"), acked: map[string]acked{}, sessions: map[string]string{}, paid: map[string]bool{}, purchases: map[string]purchaseNow{}}
	k.start()
	t.Cleanup(func() { k.process().kill() })
	out, errs, code := purse(t, nil, "key", "create", "--db", k.db, "--name", "kill", "--scope", "usage", "--scope", "read", "--scope", "admin")
	if code != 0 {
		t.Fatal(errs)
	}
	k.key = strings.TrimSpace(out)
	k.must("/v1/credit_types", `{"key":"credits","name":"Credits","decimals":2}`)
	k.must("/v1/meters", `{"key":"work","event":"work","property":"units"}`)
	k.must("/v1/rates", `{"meter":"work","credit_type":"credits","credits":"0.37","per":10}`)
	for i := range 4 {
		a := k.must("/v1/packs", fmt.Sprintf(`{"name":"P%d","credit_type":"credits","credits":"%d","price":{"amount":%d,"currency":"usd"}}`, i, 10+i, 1000+i))
		k.packs = append(k.packs, a.str("id"))
	}
	for i := range 8 {
		ref := fmt.Sprintf("c%d", i)
		a := k.must("/v1/customers", fmt.Sprintf(`{"name":"Customer %d","external_id":%q}`, i, ref))
		k.customers = append(k.customers, a.str("id"))
		amount := 1_000_000
		if i%4 == 3 { // some run out
			amount = 40
		}
		k.must("/v1/customers/ext:"+ref+"/grants", fmt.Sprintf(`{"credit_type":"credits","credits":"%d"}`, amount))
	}
	return k
}

func (k *killed) must(path, body string) sent {
	k.Helper()
	a, err := k.once("POST", path, body, "")
	if err != nil || a.status >= 300 {
		k.Fatalf("%s: %v %d %s", path, err, a.status, a.body)
	}
	return a
}

func (k *killed) process() *process {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.running
}

func (k *killed) start() {
	p, err := startProcess(k.T, k.db, k.env)
	if err != nil {
		k.Fatalf("starting after a kill: %v", err)
	}
	k.mu.Lock()
	k.running = p
	k.mu.Unlock()
}

// once sends a request to whichever process runs now.
func (k *killed) once(method, path, body, key string) (sent, error) {
	headers := []string{"Authorization", "Bearer " + k.key, "Content-Type", "application/json"}
	if key != "" {
		headers = append(headers, "Idempotency-Key", key)
	}
	var b []byte
	if body != "" {
		b = []byte(body)
	}
	return send(k.process().url+path, method, b, "", headers...)
}

// until sends a request until it is answered with something final.
func (k *killed) until(method, path, body, key string) (sent, bool) {
	for try := range 2000 {
		a, err := k.once(method, path, body, key)
		if err == nil && a.status < 500 {
			return a, true
		}
		k.retried.Add(1)
		if err == nil && a.status == 500 {
			k.Errorf("%s %s answered 500: %s", method, path, a.body)
			return a, false
		}
		time.Sleep(5*time.Millisecond + time.Duration(min(try, 20))*time.Millisecond)
	}
	k.Errorf("%s %s %s was never answered", method, path, body)
	return sent{}, false
}

func (k *killed) remember(name string, a acked) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, twice := k.acked[name]; twice {
		k.Errorf("%s was used twice: a mistake of the test", name)
	}
	k.acked[name] = a
}

type receipt struct {
	Object   string
	ID       string
	Status   int
	Code     string
	Replayed bool
	Charges  []struct{ Posting, Credits string }
}

// answerOf turns a receipt, or a problem, into what a client remembers.
func (k *killed) answerOf(r receipt, status int) (a acked, ok bool) {
	a.status = status
	if r.Object == "usage_receipt" && len(r.Charges) == 1 {
		a.charged, a.posting = credits(r.Charges[0].Credits), r.Charges[0].Posting
		return a, true
	}
	if r.Code == "insufficient_credits" {
		a.status = http.StatusPaymentRequired
		return a, true
	}
	k.Errorf("an unexpected answer: %+v", r)
	return a, false
}

// reportUsage reports one event after the other, some in batches.
func (k *killed) reportUsage(client int) {
	event := func(n int) (id, body string) {
		id = fmt.Sprintf("u%d-%d", client, n)
		mode := []string{"decide", "record"}[rand.IntN(2)]
		return id, fmt.Sprintf(`{"id":%q,"customer":%q,"event":"work","mode":%q,"properties":{"units":%d}}`, id, k.customers[rand.IntN(len(k.customers))], mode, rand.IntN(400))
	}
	for n := 0; !k.enough.Load() && !k.Failed(); n++ {
		if rand.IntN(5) > 0 {
			id, body := event(n)
			a, ok := k.until("POST", "/v1/usage", body, "")
			var r receipt
			if !ok || json.Unmarshal([]byte(a.body), &r) != nil {
				return
			}
			if got, ok := k.answerOf(r, a.status); ok {
				got.body = body
				k.remember("usage "+id, got)
			}
			continue
		}
		var ids, bodies []string
		for i := range 2 + rand.IntN(20) {
			id, body := event(n)
			ids, bodies = append(ids, fmt.Sprint(id, "-", i)), append(bodies, strings.Replace(body, id, fmt.Sprint(id, "-", i), 1))
		}
		a, ok := k.until("POST", "/v1/usage", `{"events":[`+strings.Join(bodies, ",")+`]}`, "")
		var list struct{ Data []receipt }
		if !ok || json.Unmarshal([]byte(a.body), &list) != nil || len(list.Data) != len(ids) {
			k.Errorf("a batch of %d was answered %d %s", len(ids), a.status, a.body)
			return
		}
		for i, r := range list.Data {
			if got, ok := k.answerOf(r, http.StatusOK); ok {
				got.body = bodies[i]
				k.remember("usage "+ids[i], got)
			}
		}
	}
}

// hold sets credits aside, and captures or releases them.
func (k *killed) hold(client int) {
	for n := 0; !k.enough.Load() && !k.Failed(); n++ {
		once := fmt.Sprintf("h%d-%d", client, n)
		body := fmt.Sprintf(`{"customer":%q,"credit_type":"credits","credits":"%d.5"}`, k.customers[rand.IntN(len(k.customers))], 1+rand.IntN(20))
		a, ok := k.until("POST", "/v1/holds", body, once)
		if !ok {
			return
		}
		if a.status == http.StatusPaymentRequired {
			k.remember("hold "+once, acked{method: "POST", path: "/v1/holds", body: body, once: once, status: a.status})
			continue
		}
		id := a.str("id")
		if a.status != http.StatusCreated || id == "" {
			k.Errorf("a hold was answered %d %s", a.status, a.body)
			return
		}
		k.remember("hold "+once, acked{method: "POST", path: "/v1/holds", body: body, once: once, status: a.status, id: id})
		path, body := "/v1/holds/"+id+"/release", ""
		if rand.IntN(3) > 0 {
			path, body = "/v1/holds/"+id+"/capture", fmt.Sprintf(`{"credits":"%d.25"}`, rand.IntN(25))
		}
		end, ok := k.until("POST", path, body, once+"e")
		if !ok || end.status != http.StatusOK {
			k.Errorf("%s was answered %d %s", path, end.status, end.body)
			return
		}
		got := acked{method: "POST", path: path, body: body, once: once + "e", status: end.status, id: id}
		if body != "" {
			got.charged = credits(end.str("captured"))
			if want := credits(strings.Split(body, `"`)[3]); got.charged != want {
				k.Errorf("captured %s, asked for %s", got.charged, want)
			}
		}
		k.remember("end "+once, got)
	}
}

// buy buys packs; the payments are in flight while the program is killed.
func (k *killed) buy(client int) {
	for n := 0; !k.enough.Load() && !k.Failed(); n++ {
		once := fmt.Sprintf("p%d-%d", client, n)
		// Each client has packs and customers of its own: a second Checkout of a
		// pack would expire the first.
		path := "/v1/customers/" + k.customers[(client*4+n)%4+client*4] + "/purchases"
		body := fmt.Sprintf(`{"pack":%q}`, k.packs[n%4])
		a, ok := k.until("POST", path, body, once)
		if !ok || a.status != http.StatusCreated || a.str("checkout_session") == "" {
			k.Errorf("a purchase was answered %d %s", a.status, a.body)
			return
		}
		k.remember("purchase "+once, acked{method: "POST", path: path, body: body, once: once, status: a.status, id: a.str("id")})
		session := a.str("checkout_session")
		k.mu.Lock()
		k.sessions[a.str("id")] = session
		k.mu.Unlock()
		for {
			err := pay(k.process().sandboxURL, session, "pm_card_visa")
			if err == nil || strings.Contains(err.Error(), "already been completed") {
				break
			}
			if strings.Contains(err.Error(), "400 ") || strings.Contains(err.Error(), "404 ") {
				k.Errorf("paying %s: %v", session, err)
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		k.mu.Lock()
		k.paid[a.str("id")] = true
		k.mu.Unlock()
		time.Sleep(time.Duration(n) * time.Millisecond) // in a long run the sandbox, which keeps and loads all, grows slower
	}
}

const settleTime = 20 * time.Second

// settle waits until every payment has its credits.
func (k *killed) settle() {
	for id := range k.sessions {
		var now purchaseNow
		for end := time.Now().Add(settleTime); now.Status != "paid"; time.Sleep(10 * time.Millisecond) {
			a, err := k.once("GET", "/v1/purchases/"+id, "", "")
			if err == nil {
				_ = json.Unmarshal([]byte(a.body), &now)
			}
			if time.Now().After(end) {
				k.Fatalf("%s is not paid (payment acknowledged: %t): %v %s\n%s", id, k.paid[id], err, a.body, k.process().log)
			}
		}
		k.purchases[id] = now
	}
}

// replay sends everything that was acknowledged once more: the answers are the
// same.
func (k *killed) replay() {
	var batch []string
	var ids []string
	flush := func() {
		if len(batch) == 0 {
			return
		}
		a, err := k.once("POST", "/v1/usage", `{"events":[`+strings.Join(batch, ",")+`]}`, "")
		var list struct{ Data []receipt }
		if err != nil || json.Unmarshal([]byte(a.body), &list) != nil || len(list.Data) != len(ids) {
			k.Fatalf("replaying: %v %d %s", err, a.status, a.body)
		}
		for i, r := range list.Data {
			was := k.acked[ids[i]]
			got, _ := k.answerOf(r, http.StatusOK)
			if !r.Replayed || got.charged != was.charged || got.posting != was.posting || got.status != was.status {
				k.Errorf("%s was answered %d %s %s, and now %d %s %s (replayed: %t)", ids[i], was.status, was.charged, was.posting, got.status, got.charged, got.posting, r.Replayed)
			}
		}
		batch, ids = batch[:0], ids[:0]
	}
	for name, was := range maps.Clone(k.acked) {
		if strings.HasPrefix(name, "usage ") {
			batch, ids = append(batch, was.body), append(ids, name)
			if len(batch) == 1000 {
				flush()
			}
			continue
		}
		a, err := k.once(was.method, was.path, was.body, was.once)
		if err != nil || a.status != was.status || (was.id != "" && a.str("id") != was.id) {
			k.Errorf("%s was answered %d %s, and now %d %s (%v)", name, was.status, was.id, a.status, a.body, err)
		}
	}
	flush()
}

// audit looks at the database from outside.
func (k *killed) audit() {
	if out, errs, code := purse(k.T, nil, "verify", "--db", k.db); code != 0 {
		k.Errorf("verify: %d\n%s%s", code, out, errs)
	}
	d, err := sql.Open("sqlite3", "file:"+k.db+"?mode=ro")
	if err != nil {
		k.Fatal(err)
	}
	defer d.Close()
	number := func(query string, args ...any) (n int64) {
		k.Helper()
		if err := d.QueryRow(query, args...).Scan(&n); err != nil {
			k.Fatalf("%s: %v", query, err)
		}
		return n
	}
	var charged money.Credits
	events, refused, holds := 0, 0, 0
	for name, a := range k.acked {
		charged += a.charged
		switch {
		case strings.HasPrefix(name, "usage ") && a.status == http.StatusOK:
			events++
		case a.status == http.StatusPaymentRequired:
			refused++
		case strings.HasPrefix(name, "hold "):
			holds++
		}
	}
	if got := -number(`SELECT coalesce(sum(amount), 0) FROM entries WHERE kind IN ('debit', 'capture')`); got != int64(charged) {
		k.Errorf("debits add up to %s, acknowledged were %s", money.Credits(got), charged)
	}
	if got := number(`SELECT count(*) FROM entries WHERE kind = 'debit' AND line = 0`); got != int64(events) {
		k.Errorf("%d debits for %d events", got, events)
	}
	if got := number(`SELECT count(*) FROM (SELECT DISTINCT wallet_id, json_extract(detail, '$.e') FROM entries WHERE kind = 'debit' AND line = 0)`); got != int64(events) {
		k.Errorf("%d different events in the ledger, %d were acknowledged", got, events)
	}
	if got := number(`SELECT count(*) FROM holds`); got != int64(holds) {
		k.Errorf("%d holds in the database, %d were acknowledged", got, holds)
	}
	if got := number(`SELECT count(*) FROM holds WHERE state = 'open'`); got != 0 {
		k.Errorf("%d holds are open, all were ended", got)
	}
	k.grantedOnce(number)
	k.checkSandbox(number)
	k.Logf("%d events charged, %d refused, %d holds, %d purchases; %d requests had no answer and were sent again",
		events, refused, holds, len(k.purchases), k.retried.Load())
	if events == 0 || refused == 0 || holds == 0 || len(k.purchases) == 0 {
		k.Error("some kind of operation did not happen at all")
	}
}

// grantedOnce fails unless each purchase has its grant, once.
func (k *killed) grantedOnce(number func(string, ...any) int64) {
	k.Helper()
	for id, p := range k.purchases {
		if got := number(`SELECT count(*) FROM grants WHERE source = ?`, id+":credits"); got != 1 {
			k.Errorf("%s has %d grants", id, got)
		}
		if got := number(`SELECT coalesce(sum(e.amount), 0) FROM entries e JOIN grants g ON g.id = e.grant_id WHERE e.kind = 'grant' AND g.source = ? AND e.amount > 0`, id+":credits"); got != int64(credits(p.Credits)) {
			k.Errorf("%s was granted %s, sold were %s", id, money.Credits(got), p.Credits)
		}
	}
	if got := number(`SELECT count(*) FROM grants WHERE source LIKE 'pur_%'`); got != int64(len(k.purchases)) {
		k.Errorf("%d purchased grants for %d purchases", got, len(k.purchases))
	}
}

// checkSandbox compares the purchases with what Stripe's stand-in was paid.
func (k *killed) checkSandbox(number func(string, ...any) int64) {
	d, err := sql.Open("sqlite3", "file:"+k.db+".sandbox?mode=ro")
	if err != nil {
		k.Fatal(err)
	}
	defer d.Close()
	rows, err := d.Query(`SELECT id FROM objects WHERE kind = 'checkout.session' AND json_extract(json, '$.payment_status') = 'paid'`)
	if err != nil {
		k.Fatal(err)
	}
	defer rows.Close()
	paid := 0
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			k.Fatal(err)
		}
		paid++
		if number(`SELECT count(*) FROM purchases WHERE checkout_session = ? AND state = 'paid' AND grant_id > 0`, id) != 1 {
			k.Errorf("%s was paid and has no credits", id)
		}
	}
	if paid != len(k.paid) {
		k.Errorf("%d Checkouts were paid at Stripe, %d payments were acknowledged", paid, len(k.paid))
	}
}
