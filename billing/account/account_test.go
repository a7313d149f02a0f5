package account_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

const password = "a long enough secret"

type world struct {
	*testing.T
	*account.Service
	db   *db.DB
	path string
	mu   sync.Mutex
	at   time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) add(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), path: freshdb.Path(t)}
	d, err := db.Open(t.Context(), w.path, db.Options{Now: w.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	w.db, w.Service = d, w.service(d)
	return w
}

// service is a Service of its own on a database, as another process has it.
func (w *world) service(d *db.DB) *account.Service {
	return account.New(account.Deps{
		Runner: d, Store: db.AccountStore{}, Jobs: job.NewQueue(db.JobStore{}, d, nil),
		Events: event.NewLog(db.EventStore{}), Audit: audit.NewLog(db.AuditStore{}), Now: w.now,
	})
}

// mails takes the mails that are queued, as they are sent.
func (w *world) mails() []account.Mail {
	w.Helper()
	out := w.queued()
	for i, m := range out {
		if m.Link != "" {
			path, err := w.MintLink(w.Context(), m.Link)
			w.ok(err)
			out[i].Data = map[string]string{"link": path}
		}
	}
	return out
}

// queued takes the mails that are queued. No job holds a secret.
func (w *world) queued() (out []account.Mail) {
	w.Helper()
	err := w.db.Update(context.Background(), func(t tx.Tx) error {
		jobs, err := db.JobStore{}.Claim(t, t.Now().Add(time.Hour), 100)
		var done []job.Outcome
		for _, j := range jobs {
			var m account.Mail
			if err := json.Unmarshal(j.Payload, &m); err != nil {
				return err
			}
			if strings.Contains(string(j.Payload), "token=") {
				w.Errorf("a job holds a token: %s", j.Payload)
			}
			out, done = append(out, m), append(done, job.Outcome{ID: j.ID, RunAt: j.RunAt})
		}
		return errors.Join(err, db.JobStore{}.Finish(t, done))
	})
	w.ok(err)
	return out
}

// token is the secret in the link of the only mail that waits.
func (w *world) token(template string) string {
	w.Helper()
	ms := w.mails()
	if len(ms) != 1 || ms[0].Template != template {
		w.Fatalf("mails %+v, want one %s", ms, template)
	}
	_, token, _ := strings.Cut(ms[0].Data["link"], "?token=")
	return token
}

func (w *world) code(err error, code string) {
	w.Helper()
	if !fault.HasCode(err, code) {
		w.Errorf("got %v, want %s", err, code)
	}
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

var from = account.From{Address: "192.0.2.7", UserAgent: "test"}

func (w *world) signUp(email string) account.SignedIn {
	w.Helper()
	w.ok(w.SignUp(w.Context(), email, from))
	in, err := w.VerifyEmail(w.Context(), w.token(account.MailVerify), account.NewPerson{Password: password, TermsVersion: "1"}, from)
	w.ok(err)
	return in
}

func TestSignUpVerifySignIn(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.ok(w.SignUp(ctx, " Ann@Example.com", from))
	token := w.token(account.MailVerify)
	_, found, err := w.LatestConsent(ctx, "", account.Terms)
	if found || err != nil {
		t.Error("consent before the address is verified:", err)
	}
	_, err = w.VerifyEmail(ctx, token, account.NewPerson{Password: "short"}, from)
	w.code(err, "password_length") // and the link is not used up
	in, err := w.VerifyEmail(ctx, token, account.NewPerson{Name: " Ann ", Password: password, TermsVersion: "2026-01"}, from)
	w.ok(err)
	if in.User.Email != "ann@example.com" || !in.User.Verified() || in.User.Name != "Ann" {
		t.Fatalf("%+v", in)
	}
	_, err = w.VerifyEmail(ctx, token, account.NewPerson{Password: password}, from)
	w.code(err, "link_invalid")
	ses, u, err := w.SessionBySecret(ctx, in.Secret)
	w.ok(err)
	if u.ID != in.User.ID || ses.From != from {
		t.Fatal(ses, u)
	}
	c, found, err := w.LatestConsent(ctx, u.ID, account.Terms)
	if err != nil || !found || c.Version != "2026-01" || c.From.Address != from.Address {
		t.Fatal(c, found, err)
	}
	again, err := w.SignIn(ctx, "ANN@example.com", password, from)
	w.ok(err)
	w.ok(w.SignOut(ctx, again.Secret))
	_, _, err = w.SessionBySecret(ctx, again.Secret)
	w.code(err, "signed_out")
	if _, _, err = w.SessionBySecret(ctx, in.Secret); err != nil {
		t.Error("the other session ended too:", err)
	}
}

// Whoever signs up with another's address learns nothing and gets nothing.
func TestAnAddressThatIsKnownIsAnsweredTheSame(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.signUp("ann@example.com")
	w.ok(w.SignUp(ctx, "ann@example.com", from))
	if ms := w.mails(); len(ms) != 1 || ms[0].Template != account.MailKnown {
		t.Fatalf("%+v", ms)
	}
	_, wrong := w.SignIn(ctx, "ann@example.com", "the attacker's own", from)
	_, unknown := w.SignIn(ctx, "bob@example.com", "the attacker's own", from)
	if wrong == nil || unknown == nil || wrong.Error() != unknown.Error() {
		t.Error(wrong, unknown)
	}
	w.ok(w.RequestReset(ctx, "ann@example.com", from))
	w.ok(w.RequestReset(ctx, "bob@example.com", from))
	if ms := w.mails(); len(ms) != 2 || ms[0].Template == ms[1].Template {
		t.Fatalf("%+v", ms)
	}
}

// A link carries nothing of who asked for it: whoever signed up first with
// another's address has nothing when its owner verifies, and a newer sign-up ends
// older links.
func TestASignUpByAnotherGivesThemNothing(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	stranger := account.From{Address: "203.0.113.9"}
	w.ok(w.SignUp(ctx, "ann@example.com", stranger))
	older := w.token(account.MailVerify)
	if _, err := w.UserByEmail(ctx, "ann@example.com"); err == nil {
		t.Error("there is a user before the address is verified")
	}
	w.ok(w.SignUp(ctx, "ann@example.com", from))
	newer := w.token(account.MailVerify)
	_, err := w.VerifyEmail(ctx, older, account.NewPerson{Password: password}, from)
	w.code(err, "link_invalid")
	_, err = w.VerifyEmail(ctx, newer, account.NewPerson{Password: password}, from)
	w.ok(err)
	_, err = w.SignIn(ctx, "ann@example.com", password, from)
	w.ok(err)
}

// However many mails a stranger asks for, the owner of an address holds a link
// that works, of each kind.
func TestAStrangersMailsDisplaceNone(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	storm := func(ask func(account.From) error) {
		for i := range 40 {
			_ = ask(account.From{Address: fmt.Sprintf("203.0.113.%d", i)})
		}
	}
	signUp := func(f account.From) error { return w.SignUp(ctx, "ann@example.com", f) }
	reset := func(f account.From) error { return w.RequestReset(ctx, "ann@example.com", f) }
	storm(reset) // nobody has the address yet
	w.mails()
	storm(signUp)
	w.ok(signUp(from))
	ms := w.mails()
	_, token, _ := strings.Cut(ms[len(ms)-1].Data["link"], "=")
	_, err := w.VerifyEmail(ctx, token, account.NewPerson{Password: password}, from)
	w.ok(err)
	storm(signUp) // says that there is an account
	storm(reset)
	w.ok(reset(from))
	ms = w.mails()
	if len(ms) > 10 {
		t.Errorf("%d mails", len(ms))
	}
	_, token, _ = strings.Cut(ms[len(ms)-1].Data["link"], "=")
	_, err = w.Reset(ctx, token, "another good secret", from)
	w.ok(err)
	w.mails()
	w.ok(reset(from)) // the other links ended with the new password
	_, err = w.Reset(ctx, w.token(account.MailReset), "yet another good secret", from)
	w.ok(err)
}

// A mail whose link has ended meanwhile is not sent, and one that is sent again
// has another secret: both work, once.
func TestAMailThatIsSentTwice(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.ok(w.SignUp(ctx, "ann@example.com", from))
	job := w.queued()[0]
	var tokens []string
	for range 2 {
		path, err := w.MintLink(ctx, job.Link)
		w.ok(err)
		_, token, _ := strings.Cut(path, "=")
		tokens = append(tokens, token)
	}
	for _, token := range tokens {
		_, _, err := w.PeekLink(ctx, account.LinkVerify, token)
		w.ok(err)
	}
	_, err := w.VerifyEmail(ctx, tokens[0], account.NewPerson{Password: password}, from)
	w.ok(err)
	_, err = w.VerifyEmail(ctx, tokens[1], account.NewPerson{Password: password}, from)
	w.code(err, "link_invalid")
	if path, err := w.MintLink(ctx, job.Link); path != "" || err != nil {
		t.Error("a link that was used is mailed:", path, err)
	}
}

func TestSignInTakesAsLongForAnUnknownAddress(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	w := newWorld(t)
	w.signUp("ann@example.com")
	median := func(email string) time.Duration {
		var all []time.Duration
		for range 5 {
			start := time.Now()
			_, err := w.SignIn(t.Context(), email, "something else", account.From{Address: email})
			all = append(all, time.Since(start))
			w.code(err, "sign_in_failed")
		}
		best := all[0]
		for _, d := range all {
			best = min(best, d)
		}
		return best
	}
	known, unknown := median("ann@example.com"), median("nobody@example.com")
	if known > 2*unknown || unknown > 2*known {
		t.Errorf("%v for a known address, %v for an unknown one", known, unknown)
	}
}

// breached reads the filter that the program is built with.
func breached(t *testing.T) func(string) bool {
	t.Helper()
	filter, err := os.ReadFile("../../static/breached.bin")
	if err != nil {
		t.Fatal(err)
	}
	return account.NewBreached(filter)
}

func TestPasswords(t *testing.T) {
	w := newWorld(t)
	w.Breached, w.OwnWords = breached(t), []string{"Purse", "Example AI"}
	u := w.signUp("ann@northwind-mail.example").User
	u.Name = "Ann Anderson"
	_, err := w.CreateCustomer(t.Context(), audit.System, account.NewCustomer{Name: "Zebra Labs GmbH", Owner: u.ID})
	w.ok(err)
	for p, code := range map[string]string{
		"short": "password_length", strings.Repeat("x", 129): "password_length", "password1": "password_breached", "PassWord123": "password_breached",
		"aaaaaaaaaaaa": "password_breached", u.Email: "password_is_email", "\xff\xfe12345678": "password_length",
		"northwind-mail.1": "password_own_words", "Zebra2026!": "password_own_words", "zebra labs gmbh": "password_own_words", "anderson_99": "password_own_words",
		"Example.AI!1": "password_own_words", "PursePurse1": "password_own_words",
		"a good one ✓": "", strings.Repeat("xy", 64): "", "a zebra crosses the road": "", "Zebra-kitchen-lamp": "", "correct horse battery": "", "密码很长的一个句子": "",
	} {
		err := w.CheckPassword(t.Context(), p, u)
		if code == "" && err != nil || code != "" && !fault.HasCode(err, code) {
			t.Errorf("%q: %v, want %q", p, err, code)
		}
	}
}

// The filter finds what is common, whatever the case, and takes next to nothing
// else for it.
func TestBreachedPasswords(t *testing.T) {
	known := breached(t)
	for _, p := range []string{"password", "12345678", "Sunshine", "iloveyou", "FOOTBALL", "qwertyuiop", "1q2w3e4r", "trustno1", "princess", "baseball1", "superman", "1qaz2wsx", "passw0rd", "letmein1", "Summer2024", "contraseña"} {
		if !known(p) {
			t.Errorf("%s is not known", p)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	wrong := 0
	const n = 1_000_000
	for range n {
		if known(fmt.Sprintf("%016x-%x", r.Uint64(), r.Uint32())) {
			wrong++
		}
	}
	if wrong > 5 { // at most one is expected
		t.Errorf("%d of %d random passwords are taken for breached ones", wrong, n)
	}
	if account.NewBreached(nil)("password") {
		t.Error("an empty filter finds something")
	}
}

// The person's own words count wherever a password is chosen.
func TestOwnWordsCountEverywhere(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	u := w.signUp("ann@example.com").User
	_, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Zebra", Owner: u.ID})
	w.ok(err)
	w.code(w.ChangePassword(ctx, u.ID, "", password, "zebra-1234", from), "password_own_words")
	w.ok(w.RequestReset(ctx, u.Email, from))
	_, err = w.Reset(ctx, w.token(account.MailReset), "Zebra!Zebra!", from)
	w.code(err, "password_own_words")
	w.ok(w.SignUp(ctx, "bob.builder@example.com", from))
	_, err = w.VerifyEmail(ctx, w.token(account.MailVerify), account.NewPerson{Name: "Robert Builder", Password: "robert builder 1"}, from)
	w.code(err, "password_own_words")
	secret, err := w.AdminLink(ctx, audit.System)
	w.ok(err)
	_, err = w.ClaimAdmin(ctx, secret, "headmaster@example.com", "headmaster1", from)
	w.code(err, "password_own_words")
}

func TestGuessesAreThrottledByAccountAndByAddress(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.signUp("ann@example.com")
	blocked := 0
	for i := range 12 {
		_, err := w.SignIn(ctx, "ann@example.com", "wrong guess", account.From{Address: string(rune('a' + i))})
		if fault.Is(err, fault.TooMany) {
			blocked++
		}
	}
	if blocked != 4 {
		t.Errorf("%d of 12 guesses were refused", blocked)
	}
	_, err := w.SignIn(ctx, "ann@example.com", password, from)
	w.code(err, "too_many_attempts") // the right password too, or it would tell
	// It survives a restart …
	w.ok(w.Flush(ctx))
	_, err = w.service(w.db).SignIn(ctx, "ann@example.com", password, from)
	w.code(err, "too_many_attempts")
	// … and decays.
	w.add(2 * time.Minute)
	_, err = w.SignIn(ctx, "ann@example.com", password, from)
	w.ok(err)
	blocked = 0
	for i := range 60 {
		_, err := w.SignIn(ctx, string(rune('a'+i%26))+"x@example.com", "wrong guess", account.From{Address: "198.51.100.1"})
		if fault.Is(err, fault.TooMany) {
			blocked++
		}
	}
	if blocked == 0 {
		t.Error("one address may guess for ever")
	}
	if blocked > 30 {
		t.Error(blocked, "of 60 refused")
	}
}

func TestMailsThatAnybodyCanAskForAreFew(t *testing.T) {
	w := newWorld(t)
	for i := range 10 {
		w.ok(w.RequestReset(t.Context(), "ann@example.com", account.From{Address: string(rune('a' + i))}))
	}
	if n := len(w.mails()); n != 4 {
		t.Errorf("%d mails", n)
	}
}

func TestResetEndsEverySession(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	in := w.signUp("ann@example.com")
	w.ok(w.RequestReset(ctx, "ann@example.com", from))
	w.ok(w.RequestReset(ctx, "ann@example.com", from))
	ms := w.mails()
	_, first, _ := strings.Cut(ms[0].Data["link"], "=")
	_, second, _ := strings.Cut(ms[1].Data["link"], "=")
	_, err := w.Reset(ctx, first, "short", from)
	w.code(err, "password_length") // and the link is not used up
	fresh, err := w.Reset(ctx, first, "another good secret", from)
	w.ok(err)
	_, err = w.Reset(ctx, second, "another good secret", from)
	w.code(err, "link_invalid")
	_, _, err = w.SessionBySecret(ctx, in.Secret)
	w.code(err, "signed_out")
	_, _, err = w.SessionBySecret(ctx, fresh.Secret)
	w.ok(err)
	if ms := w.mails(); len(ms) != 1 || ms[0].Template != account.MailNewSecret {
		t.Errorf("%+v", ms)
	}
	w.ok(w.RequestReset(ctx, "ann@example.com", from))
	late := w.token(account.MailReset)
	w.add(time.Hour)
	_, err = w.Reset(ctx, late, "yet another secret", from)
	w.code(err, "link_invalid")
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.signUp("ann@example.com")
	b, err := w.SignIn(ctx, "ann@example.com", password, from)
	w.ok(err)
	fresh, err := w.RotateSession(ctx, a.Secret)
	w.ok(err)
	_, _, err = w.SessionBySecret(ctx, a.Secret)
	w.code(err, "signed_out")
	w.ok(w.SetSessionData(ctx, fresh, "chosen"))
	ses, _, err := w.SessionBySecret(ctx, fresh)
	if err != nil || ses.Data != "chosen" || ses.ID != a.Session.ID {
		t.Fatal(ses, err)
	}
	// The password again: the session is confirmed for a while, under a new secret.
	w.add(time.Hour)
	if ses.Confirmed(w.now()) {
		t.Error("confirmed for ever")
	}
	_, err = w.Confirm(ctx, fresh, a.User.ID, account.Proof{Password: "wrong"}, from)
	w.code(err, "password_wrong")
	fresh, err = w.Confirm(ctx, fresh, a.User.ID, account.Proof{Password: password}, from)
	w.ok(err)
	ses, _, err = w.SessionBySecret(ctx, fresh)
	if err != nil || !ses.Confirmed(w.now()) {
		t.Fatal(ses, err)
	}
	list, err := w.Sessions(ctx, a.User.ID)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	w.ok(w.ChangePassword(ctx, a.User.ID, ses.ID, password, "another good secret", from))
	_, _, err = w.SessionBySecret(ctx, b.Secret)
	w.code(err, "signed_out")
	_, _, err = w.SessionBySecret(ctx, fresh)
	w.ok(err)
	// It stays while it is used, in memory or written, and ends at last.
	for range 4 {
		w.add(account.IdleLimit - time.Hour)
		if _, _, err = w.SessionBySecret(ctx, fresh); err != nil {
			t.Fatal(err)
		}
		w.ok(w.Flush(ctx))
	}
	w.add(account.AbsoluteLimit)
	_, _, err = w.SessionBySecret(ctx, fresh)
	w.code(err, "signed_out")
	c, err := w.SignIn(ctx, "ann@example.com", "another good secret", from)
	w.ok(err)
	w.add(account.IdleLimit + time.Second)
	_, _, err = w.SessionBySecret(ctx, c.Secret)
	w.code(err, "signed_out")
	w.ok(w.Sweep(ctx))
}

func TestKeysAreFoundWithoutTheDatabaseAndRevokedAtOnce(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	k, secret, err := w.CreateKey(ctx, audit.System, account.NewKey{Name: "x", Scopes: []account.Scope{account.ScopeUsage, account.ScopeUsage}})
	w.ok(err)
	if len(k.Scopes) != 1 || !strings.HasPrefix(secret, k.Prefix) || len(secret) < 40 || k.Can(account.ScopeRead) {
		t.Fatalf("%+v", k)
	}
	_, err = w.KeyBySecret(ctx, secret)
	w.ok(err)
	// Another process makes a key: found at once, though it was unknown before.
	_, err = w.KeyBySecret(ctx, "sk_000000000000000000000000000000000000000")
	w.code(err, "invalid_key")
	other, theirs, err := w.service(w.db).CreateKey(ctx, audit.System, account.NewKey{Name: "cli", Scopes: []account.Scope{account.ScopeAdmin}})
	w.ok(err)
	found, err := w.KeyBySecret(ctx, theirs)
	if err != nil || found.ID != other.ID || !found.Can(account.ScopeRead) {
		t.Fatal(found, err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = w.KeyBySecret(cancelled, secret); err != nil {
		t.Error("a known key needs the database:", err)
	}
	w.ok(w.Flush(ctx))
	got, err := w.Key(ctx, k.ID)
	if err != nil || !got.LastUsedAt.Equal(w.now()) {
		t.Error(got, err)
	}
	_, err = w.RevokeKey(ctx, audit.System, "cus_other", k.ID)
	w.code(err, "not_found")
	_, err = w.RevokeKey(ctx, audit.System, "", k.ID)
	w.ok(err)
	_, err = w.KeyBySecret(ctx, secret)
	w.code(err, "invalid_key")
}

func TestCustomersAreFoundFromMemoryAndNeverStale(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	c, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Acme", ExternalID: "acme"})
	w.ok(err)
	for _, ref := range []string{c.ID, "ext:acme"} {
		got, err := w.Customer(ctx, ref)
		if err != nil || got.ID != c.ID {
			t.Fatal(got, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := w.Customer(cancelled, "ext:acme"); err != nil {
		t.Error("a known customer needs the database:", err)
	}
	_, err = w.Suspend(ctx, audit.System, "ext:acme", "unpaid")
	w.ok(err)
	got, err := w.Customer(ctx, "ext:acme")
	if err != nil || got.Status != account.Suspended || got.SuspendedReason != "unpaid" {
		t.Fatal(got, err)
	}
	name := "zeta"
	_, err = w.UpdateCustomer(ctx, audit.System, c.ID, account.CustomerChange{ExternalID: &name})
	w.ok(err)
	_, err = w.Customer(ctx, "ext:acme")
	w.code(err, "not_found")
	_, err = w.Customer(ctx, "ext:")
	w.code(err, "not_found")
	// Readers and writers at once: once a change is answered, nobody sees what
	// was before it.
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					_, _ = w.Customer(ctx, c.ID)
				}
			}
		})
	}
	for i := range 100 {
		set, reason := w.Suspend, "x"
		want := account.Suspended
		if i%2 == 0 {
			set, want = w.Resume, account.Active
		}
		_, err := set(ctx, audit.System, c.ID, reason)
		w.ok(err)
		if got, err := w.Customer(ctx, c.ID); err != nil || got.Status != want {
			t.Fatalf("round %d: %v, %v, want %s", i, got.Status, err, want)
		}
	}
	close(stop)
	wait.Wait()
}

func TestMembersAndJoinLinks(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann, bob := w.signUp("ann@example.com").User, w.signUp("bob@example.com").User
	c, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Acme", Email: "bob@example.com", Owner: ann.ID})
	w.ok(err)
	_, err = w.MemberRole(ctx, c.ID, bob.ID)
	w.code(err, "not_found") // an equal e-mail address makes nobody a member
	secret, l, err := w.JoinLink(ctx, audit.System, c.ID, "Bob@example.com", account.Developer)
	w.ok(err)
	if peek, into, err := w.PeekLink(ctx, account.LinkJoin, secret); err != nil || into.ID != c.ID || peek.Role != account.Developer || l.ExpiresAt.IsZero() {
		t.Fatal(peek, into, err)
	}
	_, err = w.Join(ctx, secret, ann.ID, from)
	w.code(err, "invitation_of_another")
	_, err = w.Join(ctx, secret, bob.ID, from)
	w.ok(err)
	_, err = w.Join(ctx, secret, bob.ID, from)
	w.code(err, "link_invalid")
	if role, err := w.MemberRole(ctx, c.ID, bob.ID); err != nil || role != account.Developer {
		t.Fatal(role, err)
	}
	w.code(w.RemoveMember(ctx, audit.System, c.ID, ann.ID), "last_owner")
	w.code(w.AddMember(ctx, audit.System, c.ID, ann.ID, account.Viewer), "last_owner")
	w.ok(w.AddMember(ctx, audit.System, c.ID, bob.ID, account.Owner))
	w.ok(w.RemoveMember(ctx, audit.System, c.ID, ann.ID))
	ms, err := w.Members(ctx, c.ID)
	if err != nil || len(ms) != 1 || ms[0].Email != "bob@example.com" {
		t.Fatal(ms, err)
	}
	own, err := w.Memberships(ctx, bob.ID)
	if err != nil || len(own) != 1 || own[0].Customer.Name != "Acme" || own[0].Role != account.Owner {
		t.Fatal(own, err)
	}
}

func TestTheFirstAdmin(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	if yes, err := w.HasAdmin(ctx); yes || err != nil {
		t.Fatal(yes, err)
	}
	secret, err := w.AdminLink(ctx, audit.Actor{ID: "cli"})
	w.ok(err)
	_, err = w.ClaimAdmin(ctx, secret, "root@example.com", "short", from)
	w.code(err, "password_length")
	in, err := w.ClaimAdmin(ctx, secret, "root@example.com", password, from)
	w.ok(err)
	if in.User.Staff != account.Admin || !in.User.Verified() {
		t.Fatalf("%+v", in.User)
	}
	_, err = w.ClaimAdmin(ctx, secret, "other@example.com", password, from)
	w.code(err, "link_invalid")
	// A user who exists must give the password.
	w.signUp("ann@example.com")
	secret, err = w.AdminLink(ctx, audit.Actor{ID: "cli"})
	w.ok(err)
	_, err = w.ClaimAdmin(ctx, secret, "ann@example.com", "not her password", from)
	w.code(err, "password_wrong")
	_, err = w.ClaimAdmin(ctx, secret, "ann@example.com", password, from)
	w.ok(err)
	if yes, _ := w.HasAdmin(ctx); !yes {
		t.Error("nobody is admin")
	}
}

// No secret and no password is in the file.
func TestNothingSecretIsStored(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	in := w.signUp("ann@example.com")
	_, key, err := w.CreateKey(ctx, audit.System, account.NewKey{Name: "x", Scopes: []account.Scope{"read"}})
	w.ok(err)
	secrets := []string{in.Secret, key[12:], password}
	w.ok(w.db.Close()) // by hand only then: closing the file drops SQLite's locks
	raw, err := os.ReadFile(w.path)
	w.ok(err)
	for _, s := range secrets {
		if bytes.Contains(raw, []byte(s)) {
			t.Error("the file holds a secret")
		}
	}
}

// What an open page asks for by itself does not keep a session alive.
func TestPollsAreNotActivity(t *testing.T) {
	w := newWorld(t)
	in := w.signUp("ann@example.com")
	var err error
	for range 4 {
		w.add(account.IdleLimit / 3)
		_, _, err = w.PeekSession(context.Background(), in.Secret)
	}
	w.code(err, "signed_out")
}

// An invitation is for one address, once; it is listed, and ends when it is taken
// back, when another takes its place, and with who made it.
func TestInvitations(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann, bob, eve := w.signUp("ann@example.com").User, w.signUp("bob@example.com").User, w.signUp("eve@example.com").User
	c, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Acme", Owner: ann.ID})
	w.ok(err)
	w.ok(w.AddMember(ctx, audit.System, c.ID, eve.ID, account.Owner))
	invite := func(by string) string {
		w.Helper()
		w.ok(w.Invite(ctx, audit.Actor{ID: by}, c.ID, "Bob@example.com", account.Billing))
		w.add(time.Hour) // so that the throttle lets more through
		return w.token(account.MailInvitation)
	}
	ends := func(how, token string) {
		w.Helper()
		if _, err := w.Join(ctx, token, bob.ID, from); !fault.HasCode(err, "link_invalid") {
			t.Errorf("%s: %v", how, err)
		}
		if list, err := w.Invitations(ctx, c.ID); err != nil || len(list) != 0 {
			t.Errorf("%s: %+v %v", how, list, err)
		}
	}
	older := invite(ann.ID)
	newer := invite(ann.ID)
	_, err = w.Join(ctx, older, bob.ID, from)
	w.code(err, "link_invalid")
	list, err := w.Invitations(ctx, c.ID)
	if err != nil || len(list) != 1 || list[0].Email != "bob@example.com" || list[0].Role != account.Billing {
		t.Fatalf("%+v %v", list, err)
	}
	_, err = w.RevokeInvitation(ctx, audit.System, "cus_other", list[0].ID)
	w.code(err, "not_found")
	_, err = w.RevokeInvitation(ctx, audit.System, c.ID, list[0].ID)
	w.ok(err)
	ends("taken back", newer)
	_, err = w.RevokeInvitation(ctx, audit.System, c.ID, list[0].ID)
	w.code(err, "not_found")

	token := invite(eve.ID)
	w.ok(w.AddMember(ctx, audit.System, c.ID, eve.ID, account.Developer))
	ends("its maker was demoted", token)
	w.ok(w.AddMember(ctx, audit.System, c.ID, eve.ID, account.Owner))
	token = invite(eve.ID)
	w.ok(w.RemoveMember(ctx, audit.System, c.ID, eve.ID))
	ends("its maker was removed", token)
	key, _, err := w.CreateKey(ctx, audit.System, account.NewKey{Name: "x", Scopes: []account.Scope{account.ScopeAdmin}})
	w.ok(err)
	token, _, err = w.JoinLink(ctx, audit.Actor{ID: key.ID}, c.ID, "bob@example.com", account.Owner)
	w.ok(err)
	_, err = w.RevokeKey(ctx, audit.System, "", key.ID)
	w.ok(err)
	ends("its maker's key was revoked", token)
	token = invite(ann.ID)
	w.add(7 * 24 * time.Hour)
	ends("it is old", token)
	token = invite(ann.ID)
	_, err = w.Join(ctx, token, bob.ID, from)
	w.ok(err)
	ends("it was used", token)
}

func TestInvitationsAreFew(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	var cs []*account.Customer
	for range 8 {
		c, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Acme"})
		w.ok(err)
		cs = append(cs, c)
	}
	refused := 0
	for _, c := range cs { // one address, by many customers
		if err := w.Invite(ctx, audit.System, c.ID, "victim@example.com", account.Viewer); fault.Is(err, fault.TooMany) {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d of 8 invitations to one address were refused", refused)
	}
	refused = 0
	for i := range 40 { // many addresses, by one customer
		if err := w.Invite(ctx, audit.System, cs[0].ID, fmt.Sprintf("p%d@example.com", i), account.Viewer); fault.Is(err, fault.TooMany) {
			refused++
		}
	}
	if refused < 15 || refused > 25 {
		t.Errorf("%d of 40 invitations by one customer were refused", refused)
	}
	w.add(24 * time.Hour)
	w.ok(w.Invite(ctx, audit.System, cs[0].ID, "victim@example.com", account.Viewer))
}

func TestStaff(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	older, err := w.AdminLink(ctx, audit.Actor{ID: "cli"})
	w.ok(err)
	secret, err := w.AdminLink(ctx, audit.Actor{ID: "cli"})
	w.ok(err)
	_, err = w.ClaimAdmin(ctx, older, "eve@example.com", password, from)
	w.code(err, "link_invalid") // each new link ends the others
	in, err := w.ClaimAdmin(ctx, secret, "root@example.com", password, from)
	w.ok(err)
	root := in.User
	w.mails()

	// The last admin stays.
	_, err = w.SetStaff(ctx, audit.System, root.ID, account.NoStaff)
	w.code(err, "last_admin")
	_, err = w.SetStaff(ctx, audit.System, root.ID, account.Support)
	w.code(err, "last_admin")

	// One is invited with the weaker role, by one address; a user who has it gives
	// its password.
	bob := w.signUp("bob@example.com").User
	w.ok(w.InviteStaff(ctx, audit.Actor{ID: root.ID}, "Bob@example.com", account.Support))
	token := w.token(account.MailStaff)
	_, err = w.ClaimAdmin(ctx, token, "root@example.com", "not his password", from)
	w.code(err, "password_wrong")
	in, err = w.ClaimAdmin(ctx, token, "root@example.com", password, from) // whatever address is typed
	w.ok(err)
	if in.User.ID != bob.ID || in.User.Staff != account.Support {
		t.Fatalf("%+v", in.User)
	}
	if ms := w.mails(); len(ms) != 1 || ms[0].Template != account.MailNewStaff || ms[0].To != "root@example.com" {
		t.Errorf("the admins are told %+v", ms)
	}
	w.code(w.InviteStaff(ctx, audit.System, "bob@example.com", account.Admin), "staff_already")
	w.code(w.InviteStaff(ctx, audit.System, "new@example.com", "owner"), "invalid")

	// Of two admins either may go, not both.
	_, err = w.SetStaff(ctx, audit.System, bob.ID, account.Admin)
	w.ok(err)
	if ms := w.mails(); len(ms) != 1 || ms[0].To != "root@example.com" {
		t.Errorf("the admins are told %+v", ms)
	}
	c, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Acme"})
	w.ok(err)
	w.ok(w.InviteStaff(ctx, audit.Actor{ID: root.ID}, "new@example.com", account.Admin))
	w.ok(w.Invite(ctx, audit.Actor{ID: root.ID}, c.ID, "owner@example.com", account.Owner))
	ms := w.mails()
	var wait sync.WaitGroup
	var refused atomic.Int32
	for _, id := range []string{root.ID, bob.ID} {
		wait.Go(func() {
			if _, err := w.SetStaff(ctx, audit.System, id, account.NoStaff); fault.HasCode(err, "last_admin") {
				refused.Add(1)
			}
		})
	}
	wait.Wait()
	staff, err := w.Staff(ctx)
	if err != nil || len(staff) != 1 || refused.Load() != 1 {
		t.Fatal(staff, refused.Load(), err)
	}
	if staff[0].ID == bob.ID { // what root invited ended with the right to invite
		for _, m := range ms {
			_, token, _ := strings.Cut(m.Data["link"], "=")
			_, err := w.ClaimLink(ctx, token)
			w.code(err, "link_invalid")
			_, _, err = w.PeekLink(ctx, account.LinkJoin, token)
			w.code(err, "link_invalid")
		}
	}
}

// An invitation to the staff lets a newcomer choose a password; it is listed and
// can be taken back.
func TestStaffInvitations(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	secret, err := w.AdminLink(ctx, audit.System)
	w.ok(err)
	in, err := w.ClaimAdmin(ctx, secret, "root@example.com", password, from)
	w.ok(err)
	root := audit.Actor{ID: in.User.ID}
	w.ok(w.InviteStaff(ctx, root, "new@example.com", account.Support))
	token := w.token(account.MailStaff)
	list, err := w.StaffInvitations(ctx)
	if err != nil || len(list) != 1 || list[0].Email != "new@example.com" {
		t.Fatal(list, err)
	}
	_, err = w.RevokeInvitation(ctx, root, "", list[0].ID)
	w.code(err, "not_found") // not by the way of customers'
	_, err = w.RevokeStaffInvitation(ctx, root, list[0].ID)
	w.ok(err)
	_, err = w.ClaimLink(ctx, token)
	w.code(err, "link_invalid")
	w.ok(w.InviteStaff(ctx, root, "new@example.com", account.Support))
	token = w.token(account.MailStaff)
	_, err = w.ClaimAdmin(ctx, token, "", "short", from)
	w.code(err, "password_length")
	in, err = w.ClaimAdmin(ctx, token, "", password, from)
	w.ok(err)
	if in.User.Email != "new@example.com" || in.User.Staff != account.Support {
		t.Fatalf("%+v", in.User)
	}
	_, err = w.SetStaff(ctx, root, in.User.ID, account.NoStaff)
	w.ok(err)
	_, err = w.SetStaff(ctx, root, in.User.ID, account.Admin) // who is no staff is invited
	w.code(err, "not_found")
}

// A role that is changed while its member is removed lets nobody in again.
func TestAChangeOfRoleMakesNoMember(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann, bob := w.signUp("ann@example.com").User, w.signUp("bob@example.com").User
	c, err := w.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Acme", Owner: ann.ID})
	w.ok(err)
	w.code(w.ChangeMember(ctx, audit.System, c.ID, bob.ID, account.Owner), "not_found")
}

// Whoever fails on purpose, from anywhere, does not lock out a person where they
// have signed in before; who guesses there is held up there.
func TestADeviceThatIsKnownIsNotLockedOut(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	home := from
	home.Device = w.signUp("ann@example.com").Device
	other := w.signUp("eve@example.com")
	if home.Device == "" || home.Device == other.Device {
		t.Fatal(home.Device)
	}
	for i := range 60 { // from everywhere, and from her own network
		_, _ = w.SignIn(ctx, "ann@example.com", "wrong guess", account.From{Address: fmt.Sprintf("203.0.113.%d", i)})
		_, _ = w.SignIn(ctx, "ann@example.com", "wrong guess", from)
	}
	_, err := w.SignIn(ctx, "ann@example.com", password, from)
	w.code(err, "too_many_attempts")
	_, err = w.SignIn(ctx, "ann@example.com", password, account.From{Address: from.Address, Device: other.Device})
	w.code(err, "too_many_attempts") // known, but not of her
	_, err = w.SignIn(ctx, "ann@example.com", password, account.From{Address: from.Address, Device: "dev_made_up_by_somebody_else_entirely"})
	w.code(err, "too_many_attempts")
	in, err := w.SignIn(ctx, "ann@example.com", password, home)
	w.ok(err)
	if in.Device != home.Device {
		t.Error("the browser has another secret now")
	}
	blocked := 0
	for range 12 {
		if _, err := w.SignIn(ctx, "ann@example.com", "wrong guess", home); fault.Is(err, fault.TooMany) {
			blocked++
		}
	}
	if blocked != 4 {
		t.Errorf("%d of 12 guesses at a known device were refused", blocked)
	}
	// A new password lets nobody be known who was.
	w.mails()
	w.ok(w.RequestReset(ctx, "ann@example.com", from))
	fresh, err := w.Reset(ctx, w.token(account.MailReset), "another good secret", from)
	w.ok(err)
	if fresh.Device == home.Device {
		t.Error("the device of before is still known")
	}
}

// A /64 of IPv6 is one network, however many addresses it has.
func TestNetworks(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "nonsense": "nonsense",
	} {
		if got := account.Network(address); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
	w := newWorld(t)
	blocked := 0
	for i := range 60 {
		_, err := w.SignIn(t.Context(), fmt.Sprintf("x%d@example.com", i), "wrong guess", account.From{Address: fmt.Sprintf("2001:db8::%x", i+1)})
		if fault.Is(err, fault.TooMany) {
			blocked++
		}
	}
	if blocked < 15 {
		t.Errorf("%d of 60 guesses from one network were refused", blocked)
	}
}

// Too many sign-ins at once are sent away, not queued for minutes, and leave
// processors free.
func TestManySignInsAtOnceAreShed(t *testing.T) {
	w := newWorld(t)
	home := account.From{Address: "192.0.2.1", Device: w.signUp("ann@example.com").Device}
	const n = 400
	began := time.Now()
	var busy, judged atomic.Int64
	var slowest atomic.Int64
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() {
			start := time.Now()
			_, err := w.SignIn(t.Context(), fmt.Sprintf("x%d@example.com", i), "wrong guess", account.From{Address: fmt.Sprintf("198.51.%d.%d", i/200, i%200)})
			switch {
			case fault.HasCode(err, "busy"):
				busy.Add(1)
			case fault.HasCode(err, "sign_in_failed"):
				judged.Add(1)
			default:
				t.Error(err)
			}
			if d := int64(time.Since(start)); d > slowest.Load() {
				slowest.Store(d)
			}
		})
	}
	for busy.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := w.SignIn(t.Context(), "ann@example.com", password, home); err != nil {
		t.Error("who is known is sent away with the others:", err)
	}
	wait.Wait()
	t.Logf("%d judged, %d sent away, the slowest after %v, all after %v", judged.Load(), busy.Load(), time.Duration(slowest.Load()), time.Since(began))
	if busy.Load() == 0 || judged.Load() == 0 {
		t.Error("nobody was sent away, or everybody")
	}
}
