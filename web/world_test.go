package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/db/freshdb"
)

// TestMain also looks for goroutines that the program left behind.
func TestMain(m *testing.M) {
	code := m.Run()
	if builtDir != "" {
		_ = os.RemoveAll(builtDir)
	}
	testClient.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines were left behind:", err)
			code = 1
		}
	}
	os.Exit(code)
}

var (
	ctx        = context.Background()
	testClient = &http.Client{
		Timeout:       30 * time.Second,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 20 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
)

// testClock is the real time plus what a test adds.
type testClock struct {
	mu    sync.Mutex
	added time.Duration
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.added)
}

func (c *testClock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.added += d
}

// world is the whole program with its sandbox, inside the test.
type world struct {
	testing.TB
	*app
	clock *testClock
	url   string
	key   string // an API key with every scope
	out   *lockedBuffer
	stop  func() error
}

// lockedBuffer keeps the log.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// newWorld starts the program as `serve --sandbox` does, on free ports and in a
// directory of its own.
func newWorld(t testing.TB, change ...func(*settings)) *world {
	t.Helper()
	s := settings{
		Addr: "127.0.0.1:0", SandboxAddr: "127.0.0.1:0", Sandbox: true, Brand: "Purse",
		DB: freshdb.Path(t),
	}
	for _, f := range change {
		f(&s)
	}
	return startWorld(t, s, &testClock{})
}

func startWorld(t testing.TB, s settings, clock *testClock) *world {
	t.Helper()
	w := &world{TB: t, clock: clock, out: &lockedBuffer{}}
	var err error
	w.app, err = newApp(ctx, s, slog.New(slog.NewTextHandler(w.out, nil)), clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	w.accounts.Exempt = func(account.User) bool { return true } // staff's second factor has tests of its own
	w.url = "http://" + browserHost(w.listener.Addr())
	if w.named {
		w.url = w.settings.PublicURL
	}
	running, cancel := context.WithCancel(ctx)
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- w.run(running, func(context.Context) error { close(started); return nil })
	}()
	w.stop = sync.OnceValue(func() error {
		cancel()
		testClient.CloseIdleConnections()
		return <-ended
	})
	t.Cleanup(func() {
		if err := w.stop(); err != nil {
			t.Errorf("the program ended with %v", err)
		}
		if t.Failed() {
			t.Logf("the program's log:\n%s", tail(w.out.String(), 6000))
		}
	})
	select {
	case <-started:
	case err := <-ended:
		t.Fatalf("did not start: %v", err)
	}
	return w
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

func (w *world) check(err error) {
	if err != nil {
		w.Helper()
		w.Fatal(err)
	}
}

// shop makes a catalog, and w.key. A unit of "work" costs one credit.
func (w *world) shop() {
	w.Helper()
	by := audit.System
	_, err := w.catalog.CreateCreditType(ctx, by, catalog.NewCreditType{Key: "credits", Name: "API credits", Unit: "credit", Units: "credits", Decimals: 2})
	w.check(err)
	for _, m := range []catalog.NewMeter{
		{Key: "work", Event: "work", Aggregation: catalog.Sum, Property: "units"},
		{Key: "input_tokens", Event: "llm.completion", Aggregation: catalog.Sum, Property: "input_tokens"},
		{Key: "output_tokens", Event: "llm.completion", Aggregation: catalog.Sum, Property: "output_tokens"},
	} {
		_, err = w.catalog.CreateMeter(ctx, by, m)
		w.check(err)
	}
	for _, r := range []catalog.NewRate{
		{Meter: "work", CreditType: "credits", Credits: "1", Per: 1},
		{Meter: "input_tokens", CreditType: "credits", Credits: "3", Per: 1000},
		{Meter: "output_tokens", CreditType: "credits", Credits: "15", Per: 1000},
	} {
		_, err = w.catalog.CreateRate(ctx, by, r)
		w.check(err)
	}
	for i, name := range []string{"Starter", "Team"} {
		_, err = w.catalog.CreatePack(ctx, by, catalog.NewPack{
			Name: name, CreditType: "credits", Credits: credits([]string{"1000", "2600"}[i]), ExpiresAfterDays: 365,
			Price: money.Money{Amount: []int64{1000, 2500}[i], Currency: "usd"},
		})
		w.check(err)
	}
	w.key = w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead, account.ScopeAdmin}})
}

func credits(s string) money.Credits { return money.MustCredits(s) }

func (w *world) newKey(n account.NewKey) string {
	w.Helper()
	if n.Name == "" {
		n.Name = "test"
	}
	_, secret, err := w.accounts.CreateKey(ctx, audit.System, n)
	w.check(err)
	return secret
}

// person is a user with a session of theirs.
type person struct {
	user   account.User
	cookie string
	link   string // signs in, once
}

const password = "correct horse battery"

// person makes a user who is signed in.
func (w *world) person(email string, staff account.StaffRole) person {
	w.Helper()
	u, err := w.accounts.CreateVerifiedUser(ctx, email, "", password, staff)
	w.check(err)
	return person{u, w.signIn(u), w.url + account.LinkSignIn.Path(w.signInSecret(u))}
}

func (w *world) signInSecret(u account.User) string {
	w.Helper()
	secret, err := w.accounts.SignInLink(ctx, u.ID)
	w.check(err)
	return secret
}

// signIn answers the cookie of a new session.
func (w *world) signIn(u account.User) string {
	w.Helper()
	in, err := w.accounts.StartSession(ctx, u.ID, account.From{Address: "127.0.0.1", UserAgent: "test"})
	w.check(err)
	return "purse=" + in.Secret
}

// customer makes a customer with an owner, "" for none.
func (w *world) customer(name, owner string) *account.Customer {
	w.Helper()
	c, err := w.accounts.CreateCustomer(ctx, audit.System, account.NewCustomer{
		Name: name, Email: name + "@example.com", ExternalID: name, Timezone: "UTC", Owner: owner,
	})
	w.check(err)
	return c
}

func (w *world) grant(c *account.Customer, amount string) ledger.Result {
	w.Helper()
	return w.apply(ledger.NewGrant{Wallet: wallet(c.ID), Credits: credits(amount), Kind: ledger.Promotional, Priority: 50})
}

// sell grants credits as a purchase does: levels that are shares follow it.
func (w *world) sell(c *account.Customer, amount string) ledger.Result {
	w.Helper()
	return w.apply(ledger.NewGrant{Wallet: wallet(c.ID), Credits: credits(amount), Kind: ledger.Paid, Priority: 50})
}

func wallet(customer string) ledger.WalletKey {
	return ledger.WalletKey{Customer: customer, CreditType: "credits"}
}

func (w *world) apply(op ledger.Op) (r ledger.Result) {
	w.Helper()
	w.check(w.db.Update(ctx, func(t tx.Tx) (err error) {
		r, err = w.ledger.ApplyOne(t, &ledger.Command{Op: op, Note: ledger.Note{Reason: "test"}})
		return err
	}))
	return r
}

func (w *world) available(customer string) (c money.Credits) {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) (err error) { c, err = w.ledger.AvailableTo(t, wallet(customer), ""); return err }))
	return c
}

// addsUp fails the test unless every wallet and grant is the sum of its entries.
func (w *world) addsUp() {
	w.Helper()
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		problems, _, _, err := w.ledger.Verify(t)
		for _, p := range problems {
			w.Errorf("the ledger does not add up: %s", p)
		}
		return err
	}))
}

// sent is what came back.
type sent struct {
	status int
	header http.Header
	body   string
}

func (s sent) at(path ...any) any {
	var v any
	_ = json.Unmarshal([]byte(s.body), &v)
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func (s sent) str(path ...any) string {
	t, _ := s.at(path...).(string)
	return t
}

// send sends a request with a body (nil for none) and headers: name, value …
// An empty cookie sends none.
func (w *world) send(method, path string, body []byte, cookie string, headers ...string) sent {
	w.Helper()
	a, err := send(w.url+path, method, body, cookie, headers...)
	if err != nil {
		w.Fatalf("%s %s: %v", method, path, err)
	}
	return a
}

func send(url, method string, body []byte, cookie string, headers ...string) (sent, error) {
	var r io.Reader
	if body != nil {
		r = bytes.NewReader(body)
	}
	req, err := http.NewRequest(method, url, r) //nolint:noctx // the client has a timeout
	if err != nil {
		return sent{}, err
	}
	if cookie != "" {
		req.Header.Set("Cookie", cookie)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := testClient.Do(req)
	if err != nil {
		return sent{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return sent{res.StatusCode, res.Header, string(b)}, err
}

// api calls the API with w.key.
func (w *world) api(method, path, body string, headers ...string) sent {
	w.Helper()
	return w.send(method, path, []byte(body), "", append([]string{"Authorization", "Bearer " + w.key, "Content-Type", "application/json"}, headers...)...)
}

// eventually waits until f is true.
func eventually(t testing.TB, what string, patience time.Duration, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}

// The program as a file, built once.
var (
	builtDir string
	built    = sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "purse-test-")
		if err != nil {
			return "", err
		}
		builtDir = dir
		out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "purse"), ".").CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("go build: %w\n%s", err, out)
		}
		return filepath.Join(dir, "purse"), nil
	})
)

func binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// cleanEnv is the environment without settings of Purse's.
func cleanEnv(more ...string) []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "PURSE_") && !strings.HasPrefix(e, "STRIPE_") {
			env = append(env, e)
		}
	}
	return append(env, more...)
}

// purse runs a command of the program to its end.
func purse(t testing.TB, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	limited, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	c := exec.CommandContext(limited, binary(t), args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr, c.Env, c.Dir = &out, &errs, cleanEnv(env...), t.TempDir()
	err := c.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("purse %v: %v", args, err)
	}
	return out.String(), errs.String(), c.ProcessState.ExitCode()
}

// process is the program running as a process of its own.
type process struct {
	cmd             *exec.Cmd
	url, sandboxURL string
	log, said       *lockedBuffer // stderr and stdout
	ended           chan struct{}
	err             error
}

// startProcess starts `purse serve --sandbox` on a database and waits until it
// says where it is.
func startProcess(t testing.TB, db string, env []string, args ...string) (*process, error) {
	t.Helper()
	args = append([]string{"serve", "--sandbox", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0", "--db", db, "--log-level", "warn"}, args...)
	c := exec.Command(binary(t), args...) //nolint:gosec // our own
	c.Env, c.Dir = cleanEnv(env...), filepath.Dir(db)
	return startCommand(c)
}

// startCommand starts a command that runs a server.
func startCommand(c *exec.Cmd) (*process, error) {
	p := &process{cmd: c, log: &lockedBuffer{}, said: &lockedBuffer{}, ended: make(chan struct{})}
	c.Stderr = p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go func() {
		defer close(p.ended)
		s := bufio.NewScanner(stdout)
		for said := false; s.Scan(); {
			fmt.Fprintln(p.said, s.Text())
			line := strings.TrimSpace(s.Text())
			if u, ok := strings.CutPrefix(line, "Purse is at "); ok {
				p.url = u
			} else if _, u, ok := strings.Cut(line, "mailbox are at "); ok {
				u, _, _ = strings.Cut(u, " ")
				p.sandboxURL = strings.TrimSuffix(u, "/")
				if !said {
					said = true
					close(ready)
				}
			}
		}
		p.err = p.cmd.Wait()
	}()
	select {
	case <-ready:
		return p, nil
	case <-p.ended:
		return nil, fmt.Errorf("ended at once: %w: %s", p.err, p.log)
	case <-time.After(20 * time.Second):
		p.kill()
		return nil, fmt.Errorf("did not start within 20 s: %s", p.log)
	}
}

// mustStart is startProcess for what has to work; the process ends with the test.
func mustStart(t testing.TB, db string, env []string, args ...string) *process {
	t.Helper()
	p, err := startProcess(t, db, env, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// kill ends the process as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// terminate asks the process to stop, and answers how it ended.
func (p *process) terminate() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	<-p.ended
	return p.err
}

// freeAddr is an address that nobody listens on just now.
func freeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
