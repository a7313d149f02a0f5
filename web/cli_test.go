package main

import (
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/billing/money"
)

// says asserts that a command ended with a code and said something, on whichever
// stream, without telling a secret.
func says(t *testing.T, env, args []string, code int, want ...string) string {
	t.Helper()
	out, errs, got := purse(t, env, args...)
	all := out + errs
	if got != code {
		t.Errorf("purse %v %v ended with %d, want %d:\n%s", args, env, got, code, all)
	}
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("purse %v %v says nothing of %q:\n%s", args, env, w, all)
		}
	}
	if strings.Contains(all, "s3cr3t") {
		t.Errorf("purse %v tells a secret:\n%s", args, all)
	}
	return all
}

func TestBadSettingsStopTheStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	const (
		key    = "STRIPE_SECRET_KEY=sk_test_s3cr3t"
		hook   = "STRIPE_WEBHOOK_SECRET=whsec_s3cr3t"
		mail   = "PURSE_SMTP_URL=smtp://user:s3cr3t@mail.invalid:587"
		from   = "PURSE_MAIL_FROM=billing@example.com"
		public = "PURSE_PUBLIC_URL=https://billing.example.com"
		box    = "PURSE_SANDBOX=true"
	)
	for name, x := range map[string]struct {
		env  []string
		want string
	}{
		"nothing is set":             {nil, "STRIPE_SECRET_KEY"},
		"says how to try it":         {nil, "--sandbox"},
		"a publishable key":          {[]string{"STRIPE_SECRET_KEY=pk_test_x", hook, mail, from, public}, "STRIPE_SECRET_KEY"},
		"no key at all":              {[]string{"STRIPE_SECRET_KEY=hello", hook, mail, from, public}, "STRIPE_SECRET_KEY"},
		"without webhook secret":     {[]string{key, mail, from, public}, "STRIPE_WEBHOOK_SECRET"},
		"another's webhook secret":   {[]string{key, "STRIPE_WEBHOOK_SECRET=sk_test_s3cr3t", mail, from, public}, "STRIPE_WEBHOOK_SECRET"},
		"half a pair of secrets":     {[]string{key, "STRIPE_WEBHOOK_SECRET=whsec_s3cr3t,", mail, from, public}, "STRIPE_WEBHOOK_SECRET"},
		"without mail":               {[]string{key, hook, from, public}, "PURSE_SMTP_URL"},
		"mail without a sender":      {[]string{key, hook, mail, public}, "PURSE_MAIL_FROM"},
		"mail of a bad kind":         {[]string{box, "PURSE_ADDR=127.0.0.1:0", "PURSE_SANDBOX_ADDR=127.0.0.1:0", "PURSE_SMTP_URL=http://mail.invalid", from}, "PURSE_SMTP_URL"},
		"a sender that is none":      {[]string{key, hook, mail, public, "PURSE_MAIL_FROM=nobody"}, "PURSE_MAIL_FROM"},
		"without public address":     {[]string{key, hook, mail, from}, "PURSE_PUBLIC_URL"},
		"plain http in live mode":    {[]string{"STRIPE_SECRET_KEY=sk_live_s3cr3t", hook, mail, from, "PURSE_PUBLIC_URL=http://billing.example.com"}, "PURSE_PUBLIC_URL"},
		"sandbox and a key":          {[]string{box, key}, "PURSE_SANDBOX"},
		"a public path":              {[]string{box, "PURSE_PUBLIC_URL=https://example.com/purse"}, "PURSE_PUBLIC_URL"},
		"no address":                 {[]string{box, "PURSE_PUBLIC_URL=billing"}, "PURSE_PUBLIC_URL"},
		"a sandbox address":          {[]string{box, "PURSE_SANDBOX_URL=ftp://x"}, "PURSE_SANDBOX_URL"},
		"an address without port":    {[]string{box, "PURSE_ADDR=localhost"}, "PURSE_ADDR"},
		"a port that is taken":       {[]string{box, "PURSE_ADDR=" + taken.Addr().String()}, "PURSE_ADDR"},
		"the sandbox's is taken":     {[]string{box, "PURSE_ADDR=127.0.0.1:0", "PURSE_SANDBOX_ADDR=" + taken.Addr().String()}, "PURSE_SANDBOX_ADDR"},
		"a negative rate":            {[]string{box, "PURSE_RATE_PER_MINUTE=-1"}, "PURSE_RATE_PER_MINUTE"},
		"a rate in words":            {[]string{box, "PURSE_RATE_PER_MINUTE=many"}, "PURSE_RATE_PER_MINUTE"},
		"a proxy that is none":       {[]string{box, "PURSE_TRUSTED_PROXIES=proxy"}, "PURSE_TRUSTED_PROXIES"},
		"a return origin with path":  {[]string{box, "PURSE_RETURN_ORIGINS=https://shop.example.com/thanks"}, "PURSE_RETURN_ORIGINS"},
		"a return origin that's not": {[]string{box, "PURSE_RETURN_ORIGINS=shop"}, "PURSE_RETURN_ORIGINS"},
		"a script as support":        {[]string{box, "PURSE_SUPPORT_URL=javascript:alert(1)"}, "PURSE_SUPPORT_URL"},
		"terms without scheme":       {[]string{box, "PURSE_TERMS_URL=example.com/terms"}, "PURSE_TERMS_URL"},
		"a database in no directory": {[]string{box, "PURSE_DB=/nowhere/purse.db"}, "PURSE_DB"},
		"a secret's file is missing": {[]string{"STRIPE_SECRET_KEY_FILE=/nowhere/key"}, "STRIPE_SECRET_KEY_FILE"},
		"a secret twice":             {[]string{key, "STRIPE_SECRET_KEY_FILE=/dev/null"}, "STRIPE_SECRET_KEY_FILE"},
		"an amount twice":            {[]string{box, "PURSE_ASK_ABOVE=usd=1;USD=2"}, "PURSE_ASK_ABOVE"},
		"a discount twice":           {[]string{box, "PURSE_SCHEDULE_DISCOUNT=quarter=5;quarter=6"}, "quarter is given twice, as 5 and as 6"},
		"a loud log":                 {[]string{box, "PURSE_LOG_LEVEL=loud"}, "--log-level"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says(t, x.env, []string{"serve"}, 1, x.want)
		})
	}
}

func TestWhichDatabaseAServerTakes(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "purse.db")
	p := mustStart(t, db, nil)
	serve := []string{"serve", "--sandbox", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0", "--db", db}

	says(t, nil, serve, 1, "another Purse is running", db)
	says(t, nil, []string{"restore", "--db", db, db}, 1, "another Purse is running")
	if a, err := send(p.url+"/readyz", "GET", nil, ""); err != nil || a.status != 200 {
		t.Errorf("the first server: %v %+v", err, a)
	}
	if err := p.terminate(); err != nil {
		t.Fatalf("stopping: %v\n%s", err, p.log)
	}

	real := []string{"STRIPE_SECRET_KEY=sk_test_s3cr3t", "STRIPE_WEBHOOK_SECRET=whsec_s3cr3t", "PURSE_SMTP_URL=smtp://mail.invalid:587",
		"PURSE_MAIL_FROM=b@example.com", "PURSE_PUBLIC_URL=https://b.example.com", "PURSE_ADDR=127.0.0.1:0"}
	says(t, real, []string{"serve", "--db", db}, 1, "belongs to the sandbox", "PURSE_DB")

	d := sqlite(t, db)
	defer d.Close()
	exec := func(q string, args ...any) {
		t.Helper()
		if _, err := d.Exec(q, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`UPDATE installation SET value = 'live' WHERE name = 'mode'`)
	says(t, nil, serve, 1, "belongs to Stripe's live mode", "--sandbox")
	exec(`UPDATE installation SET value = 'sandbox' WHERE name = 'mode'`)

	exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	for _, args := range [][]string{serve, {"verify", "--db", db}, {"backup", "--db", db, filepath.Join(t.TempDir(), "b.db")}} {
		says(t, nil, args, 1, "newer version of Purse", "run that version")
	}
	exec(`DELETE FROM goose_db_version WHERE version_id = 99999`)
	says(t, nil, []string{"verify", "--db", db}, 0, "add up")
	says(t, nil, []string{"verify", "--db", filepath.Join(t.TempDir(), "none.db")}, 1, "there is no database")

	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, nil, append(serve[:len(serve)-1:len(serve)-1], text), 1, "text.db", "not a database")
}

// sqlite opens a database from outside.
func sqlite(t testing.TB, path string) *sql.DB {
	t.Helper()
	d, err := sql.Open("sqlite3", "file:"+path+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	d.SetMaxOpenConns(1)
	return d
}

func number(t testing.TB, path, query string, args ...any) (n int64) {
	t.Helper()
	d := sqlite(t, path)
	defer d.Close()
	if err := d.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// shopProcess is a server as a process, with a key, a catalog and customers a
// and b, who has 1,000,000 credits.
type shopProcess struct {
	*testing.T
	*process
	db, key string
}

func startShop(t *testing.T) *shopProcess {
	t.Helper()
	s := &shopProcess{T: t, db: filepath.Join(t.TempDir(), "purse.db")}
	s.process = mustStart(t, s.db, nil)
	s.fill()
	return s
}

func (s *shopProcess) fill() {
	s.Helper()
	out, errs, code := purse(s.T, nil, "key", "create", "--db", s.db, "--name", "t", "--scope", "usage", "--scope", "read", "--scope", "admin")
	if code != 0 || !regexp.MustCompile(`^sk_[A-Za-z0-9_]{20,}\n$`).MatchString(out) {
		s.Fatalf("key create printed %q and %q, not a secret alone", out, errs)
	}
	s.key = strings.TrimSpace(out)
	s.must("/v1/credit_types", `{"key":"credits","name":"Credits","decimals":2}`)
	for _, m := range []string{"input_tokens", "output_tokens"} {
		s.must("/v1/meters", `{"key":"`+m+`","event":"llm.completion","property":"`+m+`"}`)
	}
	s.must("/v1/meters", `{"key":"work","event":"work","property":"units"}`)
	s.must("/v1/rates", `{"meter":"input_tokens","credit_type":"credits","credits":"1.000001","per":3000}`)
	s.must("/v1/rates", `{"meter":"output_tokens","credit_type":"credits","credits":"0.000000007","per":7}`)
	s.must("/v1/rates", `{"meter":"work","credit_type":"credits","credits":"1","per":1}`)
	for _, c := range []string{"a", "b"} {
		s.must("/v1/customers", `{"name":"`+c+`","external_id":"`+c+`"}`)
	}
	s.must("/v1/customers/ext:b/grants", `{"credit_type":"credits","credits":"1000000"}`)
}

func (s *shopProcess) call(method, path, body string) (sent, error) {
	return send(s.url+path, method, []byte(body), "", "Authorization", "Bearer "+s.key, "Content-Type", "application/json")
}

func (s *shopProcess) must(path, body string) sent {
	s.Helper()
	a, err := s.call("POST", path, body)
	if err != nil || a.status >= 300 {
		s.Fatalf("%s: %v %d %s", path, err, a.status, a.body)
	}
	return a
}

// Commands go by the time of the server: after a sandbox's clock was moved, a link that
// they print works, and what they write is as of then.
func TestCommandsGoByTheTestClock(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	to := time.Now().Add(40 * 24 * time.Hour).UTC()
	if a, err := s.call("POST", "/v1/test_clock/advance", `{"to":"`+to.Format(time.RFC3339)+`"}`); err != nil || a.status != 202 {
		t.Fatal(err, a.status, a.body)
	}
	eventually(t, "the clock is moved", time.Minute, func() bool {
		a, err := s.call("GET", "/v1/test_clock", "")
		return err == nil && a.str("status") == "ready"
	})
	link := strings.TrimSpace(says(t, nil, []string{"admin", "link", "--db", s.db}, 0))
	if a, err := send(link, "GET", nil, ""); err != nil || a.status != 200 {
		t.Errorf("the admin link %s: %v %d", link, err, a.status)
	}
	says(t, nil, []string{"key", "create", "--db", s.db, "--name", "late", "--scope", "read"}, 0)
	if n := number(t, s.db, `SELECT count(*) FROM api_keys WHERE name = 'late' AND created_at >= ?`, to.Add(-time.Minute).UnixMicro()); n != 1 {
		t.Error("a key was made in the past")
	}
}

func TestCommandsBesideAServer(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	for name, x := range map[string]struct{ args, want []string }{
		"no scope":         {[]string{"key", "create", "--db", s.db, "--name", "x"}, []string{"--scope"}},
		"no such scope":    {[]string{"key", "create", "--db", s.db, "--name", "x", "--scope", "all"}, []string{"--scope", "usage"}},
		"no name":          {[]string{"key", "create", "--db", s.db, "--scope", "read"}, []string{"--name"}},
		"no such customer": {[]string{"key", "create", "--db", s.db, "--name", "x", "--scope", "read", "--customer", "ext:none"}, []string{"customer"}},
	} {
		if all := says(t, nil, x.args, 1, x.want...); strings.Contains(all, "sk_") {
			t.Errorf("%s: printed a key: %s", name, all)
		}
	}
	limited := strings.TrimSpace(says(t, nil, []string{"key", "create", "--db", s.db, "--name", "x", "--scope", "usage", "--customer", "ext:a"}, 0))
	a, err := send(s.url+"/v1/usage", "POST", []byte(`{"id":"1","customer":"ext:b","event":"work","properties":{"units":1}}`), "", "Authorization", "Bearer "+limited)
	if err != nil || a.status != 404 {
		t.Errorf("a key for a reports for b: %v %d %s", err, a.status, a.body)
	}
	// The server's own address, or the one that is given.
	other := says(t, nil, []string{"admin", "link", "--db", s.db, "--public-url", "https://billing.example.com/"}, 0)
	if !strings.HasPrefix(other, "https://billing.example.com/admin/claim?token=") {
		t.Errorf("the link is %s", other)
	}
	link := strings.TrimSpace(says(t, nil, []string{"admin", "link", "--db", s.db}, 0))
	if a, err := send(link, "GET", nil, ""); err != nil || a.status != 200 || !strings.HasPrefix(link, strings.Replace(s.url, "127.0.0.1", "localhost", 1)+"/admin/claim?token=") {
		t.Errorf("the admin link %s: %v %d", link, err, a.status)
	}
	for _, email := range []string{"root@example.com", "second@example.com"} {
		link := strings.TrimSpace(says(t, nil, []string{"admin", "link", "--db", s.db}, 0))
		_, token, _ := strings.Cut(link, "?token=")
		form := url.Values{"token": {token}, "email": {email}, "password": {"correct horse battery"}}
		if a, err := send(s.url+"/admin/claim", "POST", []byte(form.Encode()), "", "Content-Type", "application/x-www-form-urlencoded"); err != nil || a.status != 303 {
			t.Fatalf("the claim: %v %d %s", err, a.status, a.body)
		}
	}
	if a, err := send(link, "GET", nil, ""); err != nil || a.status != 404 {
		t.Errorf("an older admin link: %v %d", err, a.status)
	}
	says(t, nil, []string{"admin", "list", "--db", s.db}, 0, "root@example.com", "second@example.com", "admin")
	says(t, nil, []string{"admin", "remove", "--db", s.db, "root@example.com"}, 0, "root@example.com is no longer one of the staff")
	says(t, nil, []string{"admin", "remove", "--db", s.db, "root@example.com"}, 1, "root@example.com is none of the staff")
	says(t, nil, []string{"admin", "remove", "--db", s.db, "second@example.com"}, 1, "purse: There is always an admin: make another one first.")
	says(t, nil, []string{"version"}, 0)
	says(t, []string{"PURSE_ADDR=" + strings.TrimPrefix(s.url, "http://")}, []string{"health"}, 0)
	says(t, []string{"PURSE_ADDR=" + freeAddr(t)}, []string{"health"}, 1)

	// Backups while usage is booked: each of them adds up.
	stop := make(chan struct{})
	var load sync.WaitGroup
	for c := range 4 {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if a, err := s.call("POST", "/v1/usage", fmt.Sprintf(`{"id":"l%d-%d","customer":"ext:b","event":"work","properties":{"units":2}}`, c, n)); err != nil || a.status != 200 {
					t.Errorf("under load: %v %d %s", err, a.status, a.body)
					return
				}
			}
		})
	}
	var last string
	var before int64
	for i := range 4 {
		last = filepath.Join(t.TempDir(), fmt.Sprintf("backup%d.db", i))
		says(t, nil, []string{"backup", "--db", s.db, last}, 0, last)
		says(t, nil, []string{"verify", "--db", last}, 0, "add up")
		n := number(t, last, `SELECT count(*) FROM entries`)
		if n <= before {
			t.Errorf("backup %d has %d entries, the one before it %d", i, n, before)
		}
		before = n
	}
	says(t, nil, []string{"verify", "--db", s.db}, 0, "add up") // beside the running server
	close(stop)
	load.Wait()
	says(t, nil, []string{"backup", "--db", s.db, last}, 1, last) // it exists
	if err := s.terminate(); err != nil {
		t.Fatal(err)
	}

	// Restoring.
	all := number(t, s.db, `SELECT count(*) FROM entries`)
	says(t, nil, []string{"restore", "--db", s.db, filepath.Join(t.TempDir(), "none.db")}, 1, "none.db")
	says(t, nil, []string{"restore", "--db", s.db, last}, 0, "restored", s.db+".replaced")
	if n := number(t, s.db, `SELECT count(*) FROM entries`); n != before {
		t.Errorf("%d entries after restoring, the backup has %d", n, before)
	}
	if n := number(t, s.db+".replaced", `SELECT count(*) FROM entries`); n != all {
		t.Errorf("%d entries in what was replaced, there were %d", n, all)
	}
	again := mustStart(t, s.db, nil)
	a, err = send(again.url+"/v1/customers/ext:b/balance", "GET", nil, "", "Authorization", "Bearer "+s.key)
	// In a copy made under load the wallets' rows may lag: the entries say it all.
	if want := money.Credits(number(t, s.db, `SELECT sum(amount) FROM entries`)).String(); err != nil || a.str("data", 0, "balance") != want {
		t.Errorf("the restored balance: %v %s, want %s", err, a.body, want)
	}
	if err := again.terminate(); err != nil {
		t.Fatal(err)
	}

	// Tampering is found in what an orderly stop left.
	whole := s.db + ".replaced"
	says(t, nil, []string{"verify", "--db", whole}, 0, "add up")
	for name, x := range map[string]struct{ change, want string }{
		"a wallet's balance": {`UPDATE wallets SET balance = balance + 1 WHERE id = (SELECT max(id) FROM wallets)`, "balance"},
		"a grant's rest":     {`UPDATE grants SET remaining = remaining - 5 WHERE remaining > 5`, "grant"},
		"a debt":             {`UPDATE wallets SET debt = debt + 7`, "debt"},
		"an entry":           {`DROP TRIGGER entries_no_update; UPDATE entries SET amount = amount - 3 WHERE id = (SELECT max(id) FROM entries)`, ""},
		"an entry is gone":   {`DROP TRIGGER entries_no_delete; DELETE FROM entries WHERE id = (SELECT max(id) / 2 FROM entries)`, ""},
		"the other is gone":  {`DROP TRIGGER entries_no_delete; DELETE FROM entries WHERE id = (SELECT max(id) FROM entries)`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bad := filepath.Join(t.TempDir(), "bad.db")
			if err := copyFile(whole, bad); err != nil {
				t.Fatal(err)
			}
			d := sqlite(t, bad)
			if _, err := d.Exec(x.change); err != nil {
				t.Fatal(err)
			}
			d.Close()
			out := says(t, nil, []string{"verify", "--db", bad}, 1, "differences in", x.want)
			if strings.Count(out, "\n") < 2 {
				t.Errorf("no list of what differs: %s", out)
			}
			says(t, nil, []string{"restore", "--db", s.db, bad}, 1, "was not restored", "does not add up")
			says(t, nil, []string{"verify", "--db", s.db}, 0)
			for _, left := range []string{".restoring", ".restoring-wal", ".restoring-shm"} {
				if _, err := os.Stat(s.db + left); err == nil {
					t.Errorf("%s was left behind", left)
				}
			}
		})
	}
}
