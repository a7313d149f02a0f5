package main

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/handlers/kit/browsertest"
)

// phone is an authenticator app, and the clock on it.
type phone struct {
	w    *world
	seed string
	at   time.Time
}

// phoneOf sets an app up for a user, over the pages.
func (w *world) phoneOf(p *person) (*phone, []string) {
	w.Helper()
	ph := &phone{w: w, at: time.Now()}
	w.accounts.Wall = func() time.Time { return ph.at }
	page := w.send("GET", "/security/factors/app", nil, p.cookie)
	ph.seed = strings.ReplaceAll(between(page.body, `id="seed">`, `<`), " ", "")
	wrong := w.form("/security/factors/app", p.cookie, url.Values{"ticket": {between(page.body, `name="ticket" value="`, `"`)}, "code": {"000000"}})
	if wrong.status != 422 || strings.ReplaceAll(between(wrong.body, `id="seed">`, `<`), " ", "") != ph.seed {
		w.Fatalf("a wrong code: %d, and the seed is another", wrong.status)
	}
	done := w.form("/security/factors/app", p.cookie, url.Values{"ticket": {between(wrong.body, `name="ticket" value="`, `"`)}, "code": {ph.code()}})
	if done.status != 200 || !strings.Contains(done.body, "Your app is ready.") {
		w.Fatalf("the app: %d %s", done.status, tail(done.body, 400))
	}
	if c := cookieIn(done, "purse"); c != "" {
		p.cookie = c
	}
	return ph, regexp.MustCompile(`[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}`).FindAllString(done.body, -1)
}

func (ph *phone) code() string {
	c, err := totp.GenerateCode(ph.seed, ph.at)
	ph.w.check(err)
	return c
}

func (ph *phone) wait() { ph.at = ph.at.Add(31 * time.Second) }

func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	s, _, _ = strings.Cut(s, to)
	return s
}

func (w *world) form(path, cookie string, f url.Values) sent {
	w.Helper()
	return w.send("POST", path, []byte(f.Encode()), cookie, "Content-Type", "application/x-www-form-urlencoded")
}

// step begins a sign-in with the password, and answers what the next page carries.
func (w *world) step(email string) string {
	w.Helper()
	a := w.form("/sign-in", "", url.Values{"email": {email}, "password": {password}})
	if a.status != 200 || !strings.Contains(a.body, "One more step") || a.header.Get("Set-Cookie") != "" {
		w.Fatalf("after the password: %d, cookie %q", a.status, a.header.Get("Set-Cookie"))
	}
	return between(a.body, `name="step" value="`, `"`)
}

// Staff without a second factor reach the page that adds one and nothing else,
// with sessions of before too; with one, everything.
func TestStaffNeedASecondFactor(t *testing.T) {
	w := newWorld(t)
	w.shop()
	boss, support := w.person("boss@example.com", account.Admin), w.person("support@example.com", account.Support)
	if a := w.send("GET", "/admin", nil, boss.cookie); a.status != 200 {
		t.Fatalf("exempt staff: %d", a.status)
	}
	w.accounts.Exempt = nil
	for _, p := range []person{boss, support} {
		for _, path := range []string{"/admin", "/admin/catalog", "/admin/keys", "/security", "/customers/new"} {
			if a := w.send("GET", path, nil, p.cookie); a.status != 303 || a.header.Get("Location") != account.FactorsPath {
				t.Errorf("%s by %s: %d to %q", path, p.user.Email, a.status, a.header.Get("Location"))
			}
		}
		if a := w.form("/admin/keys", p.cookie, url.Values{"name": {"x"}, "scope_read": {"yes"}}); a.status == 200 {
			t.Error("a key is made without a second factor")
		}
		for _, path := range []string{account.FactorsPath, "/security/factors/app"} {
			if a := w.send("GET", path, nil, p.cookie); a.status != 200 {
				t.Errorf("%s: %d", path, a.status)
			}
		}
	}
	other := w.signIn(boss.user)
	if _, codes := w.phoneOf(&boss); len(codes) != 10 {
		t.Errorf("%d recovery codes", len(codes))
	}
	if a := w.send("GET", "/admin", nil, boss.cookie); a.status != 200 {
		t.Errorf("with a second factor: %d", a.status)
	}
	if a := w.send("GET", "/admin", nil, other); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
		t.Errorf("a session that was begun without the factor lives: %d", a.status)
	}
	list, err := w.accounts.Factors(ctx, boss.user.ID)
	w.check(err)
	if err := w.accounts.RemoveFactor(ctx, audit.Actor{ID: boss.user.ID}, boss.user.ID, list.Factors[0].ID); err == nil {
		t.Error("staff's last second factor was removed")
	}
}

// A code signs in once, a recovery code too; guesses are throttled; a new password
// by mail does not go around the second factor.
func TestASecondFactorSignsIn(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada@example.com", account.NoStaff)
	phone, codes := w.phoneOf(&ada)
	try := func(step, code string) sent {
		return w.form("/sign-in/factor", "", url.Values{"step": {step}, "code": {code}, "next": {"/security"}})
	}
	for _, file := range []string{w.settings.DB, w.settings.DB + "-wal"} {
		b, _ := os.ReadFile(file)
		for _, secret := range []string{phone.seed, codes[0], strings.ReplaceAll(codes[0], "-", "")} {
			if strings.Contains(string(b), secret) {
				t.Errorf("%s holds the secret of a second factor", file)
			}
		}
	}
	step := w.step("ada@example.com")
	if a := try(step, phone.code()); a.status != 422 || !strings.Contains(a.body, "was used already") {
		t.Errorf("the code that set the app up counts again: %d", a.status)
	}
	phone.wait()
	if a := try(step, "123456"); a.status != 422 || a.header.Get("Set-Cookie") != "" {
		t.Errorf("a wrong code: %d", a.status)
	}
	code := phone.code()
	if a := try(step, code); a.status != 303 || a.header.Get("Location") != "/security" || a.header.Get("Set-Cookie") == "" {
		t.Errorf("the right code: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := try(w.step("ada@example.com"), code); a.status != 422 {
		t.Errorf("a code counts twice: %d", a.status)
	}
	if a := try(step+"x", phone.code()); a.status != 303 || a.header.Get("Location") != "/sign-in?note=late" {
		t.Errorf("a forged step: %d", a.status)
	}
	if a := try(w.step("ada@example.com"), strings.ToUpper(codes[3])); a.status != 303 || a.header.Get("Set-Cookie") == "" {
		t.Errorf("a recovery code: %d", a.status)
	}
	if a := try(w.step("ada@example.com"), codes[3]); a.status != 422 {
		t.Errorf("a recovery code counts twice: %d", a.status)
	}
	w.clock.step(16 * time.Minute)
	if a := try(step, codes[4]); a.header.Get("Location") != "/sign-in?note=late" {
		t.Errorf("a step lives for ever: %d", a.status)
	}

	// A reset of the password leads to the second factor too.
	w.check(w.accounts.RequestReset(ctx, "ada@example.com", account.From{}))
	w.mailArrives("Choose a new password")
	token := ""
	for _, m := range w.sandbox.Mailbox().All() {
		if found := regexp.MustCompile(`/reset/new\?token=([A-Za-z0-9_-]+)`).FindStringSubmatch(m.Text); found != nil {
			token = found[1]
		}
	}
	a := w.form("/reset/new", "", url.Values{"token": {token}, "password": {"another good secret"}})
	if a.status != 200 || !strings.Contains(a.body, "One more step") || a.header.Get("Set-Cookie") != "" {
		t.Errorf("after a new password: %d, cookie %q", a.status, a.header.Get("Set-Cookie"))
	}

	// Guesses.
	step = between(a.body, `name="step" value="`, `"`)
	last := 0
	for range 12 {
		last = try(step, "000000").status
	}
	phone.wait()
	if a := try(step, phone.code()); last != http.StatusTooManyRequests || a.status != http.StatusTooManyRequests {
		t.Errorf("after twelve guesses: %d, and the right code %d", last, a.status)
	}
}

// Who has the password and guesses codes locks nobody out who has signed in before
// in the own browser.
func TestGuessesOfCodesLockNobodyOut(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada@example.com", account.NoStaff)
	phone, _ := w.phoneOf(&ada)
	phone.wait()
	in := w.form("/sign-in/factor", "", url.Values{"step": {w.step("ada@example.com")}, "code": {phone.code()}})
	device := cookieIn(in, "purse-device")
	if device == "" {
		t.Fatalf("the browser is not known: %v", in.header.Values("Set-Cookie"))
	}
	step := w.step("ada@example.com")
	for range 12 {
		w.form("/sign-in/factor", "", url.Values{"step": {step}, "code": {"000000"}})
	}
	phone.wait()
	if a := w.form("/sign-in/factor", "", url.Values{"step": {step}, "code": {phone.code()}}); a.status != http.StatusTooManyRequests {
		t.Errorf("another browser: %d", a.status)
	}
	if a := w.form("/sign-in/factor", device, url.Values{"step": {step}, "code": {phone.code()}}); a.status != 303 {
		t.Errorf("the own browser: %d %s", a.status, tail(a.body, 300))
	}
}

// What asks again takes the second factor too.
func TestAgainWithASecondFactor(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada@example.com", account.NoStaff)
	w.customer("acme", ada.user.ID)
	phone, _ := w.phoneOf(&ada)
	w.clock.step(account.ConfirmedFor + time.Minute)
	phone.wait()
	try := func(more url.Values) sent {
		more.Set("name", "Nightly")
		return w.form("/keys", ada.cookie, more)
	}
	for _, f := range []url.Values{{}, {"again_password": {password}}, {"again_code": {phone.code()}}, {"again_password": {"wrong"}, "again_code": {phone.code()}}, {"again_password": {password}, "again_code": {"000000"}}} {
		if a := try(f); a.status < 400 || strings.Contains(a.body, "shown only now") || !strings.Contains(a.body, `name="again_code"`) {
			t.Errorf("%v: %d", f, a.status)
		}
	}
	a := try(url.Values{"again_password": {password}, "again_code": {phone.code()}})
	if a.status != 200 || !strings.Contains(a.body, "shown only now") {
		t.Errorf("both: %d", a.status)
	}
	ada.cookie = cookieIn(a, "purse")
	w.clock.step(account.ConfirmedFor + time.Minute)
	if a := w.send("GET", "/security", nil, ada.cookie); !strings.Contains(a.body, "Show your second factor first.") || strings.Contains(a.body, `name="old"`) {
		t.Error("the password can be changed without the second factor")
	}
	if a := w.form("/security/password", ada.cookie, url.Values{"old": {password}, "password": {"another good secret"}}); a.status != 303 {
		t.Errorf("the password was changed: %d", a.status)
	}
}

// A passkey is added, signs in alone where it checks who uses it, and answers
// "again, are you you?".
func TestPasskeysInABrowser(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	w.accounts.Exempt = nil
	boss := w.person("boss@example.com", account.Admin)
	p := b.Page(t, 1280, false)
	p.Authenticator(true)
	p.Go(boss.link)
	p.ClickText("Sign in")
	p.WaitText("You need a second factor here")
	for _, dark := range []bool{true, false} {
		p.Scheme(dark)
		p.Clean("second factor")
	}
	p.Type("#name", "Laptop")
	p.ClickText("Make a passkey")
	p.WaitText("Your passkey is ready.")
	p.Clean("recovery codes")
	p.ClickText("I have kept them")
	p.Wait(`location.pathname === "/admin"`)
	p.Go(w.url + account.FactorsPath)
	p.WaitText("Laptop")
	p.Clean("factors")
	p.ClickText("Make a passkey") // the device has one
	p.WaitText("has a passkey for you here already")
	p.Problems()

	signOut := func() {
		p.Eval(`fetch("/sign-out", {method: "POST"}).then(() => document.title = "out")`, nil)
		p.Wait(`document.title === "out"`)
	}
	signOut()
	p.Go(w.url + "/sign-in?next=/admin/keys")
	p.Clean("sign in with a passkey")
	p.ClickText("Sign in with a passkey")
	p.Wait(`location.pathname === "/admin/keys"`)

	w.clock.step(account.ConfirmedFor + time.Minute)
	p.Type("#name", "Backend")
	p.Click("#scope_usage")
	p.ClickText("Make a key")
	p.WaitText("Is it you?")
	p.Problems()
	p.Clean("is it you, with a passkey")
	p.ClickText("Use a passkey")
	p.WaitText("It is shown only now.")

	signOut()
	p.Go(w.url + "/sign-in")
	p.Type("#email", "boss@example.com")
	p.Type("#password", password)
	p.Click("form[action='/sign-in'] button")
	p.WaitText("One more step")
	p.Clean("one more step")
	p.ClickText("Use a passkey")
	p.Wait(`location.pathname === "/admin"`)
	p.Problems()

	// By its number, a browser is led to the name that passkeys belong to.
	p.Go(strings.Replace(w.url, "localhost", "127.0.0.1", 1) + "/sign-in")
	p.Wait(`location.hostname === "localhost"`)
}

// A passkey that does not check who uses it is one factor.
func TestAPasskeyThatChecksNobody(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	ada := w.person("ada@example.com", account.NoStaff)
	p := b.Page(t, 390, true)
	p.Authenticator(false)
	p.Go(ada.link)
	p.ClickText("Sign in")
	p.WaitText("Name your organisation")
	p.Go(w.url + account.FactorsPath)
	p.ClickText("Make a passkey")
	p.WaitText("Your passkey is ready.")
	p.Clean("recovery codes on a phone")
	w.check(w.accounts.RevokeOthers(ctx, ada.user.ID, ""))
	p.Go(w.url + "/sign-in")
	p.ClickText("Sign in with a passkey")
	p.WaitText("Nothing was chosen, or it took too long.") // the browser asks for a check
	p.Problems()
	p.Type("#email", "ada@example.com")
	p.Type("#password", password)
	p.Click("form[action='/sign-in'] button")
	p.WaitText("One more step")
	p.ClickText("Use a passkey")
	p.WaitText("Name your organisation")
	w.clock.step(account.ConfirmedFor + time.Minute)
	p.Go(w.url + account.FactorsPath)
	p.ClickText("Make new codes")
	p.WaitText("Is it you?")
	p.Problems()
	p.ClickText("Use a passkey")
	p.WaitText("give your password too")
	p.Problems()
}

// Where no browser would make a passkey, the page offers an app and says why;
// without a key that seals, it offers passkeys alone.
func TestWhereThereAreNoPasskeys(t *testing.T) {
	for address, why := range map[string]string{"http://192.0.2.7:8080": "this address is a number", "http://purse.internal": "begins with https"} {
		w := newWorld(t, func(s *settings) { s.PublicURL = address })
		ada := w.person("ada@example.com", account.NoStaff)
		a := w.send("GET", account.FactorsPath, nil, ada.cookie)
		if !strings.Contains(a.body, why) || !strings.Contains(a.body, "/security/factors/app") || strings.Contains(a.body, "data-passkey") {
			t.Errorf("%s: %s", address, tail(a.body, 600))
		}
		if s := w.send("GET", "/sign-in", nil, ""); strings.Contains(s.body, "passkey") {
			t.Errorf("%s: the sign-in page speaks of passkeys", address)
		}
	}
	w := newWorld(t)
	ada := w.person("ada@example.com", account.NoStaff)
	phone, codes := w.phoneOf(&ada)
	keeper := w.accounts.Keeper
	w.accounts.Keeper = nil
	ben := w.person("ben@example.com", account.NoStaff)
	if a := w.send("GET", account.FactorsPath, nil, ben.cookie); !strings.Contains(a.body, "PURSE_SECRET_KEY") || !strings.Contains(a.body, "data-passkey") || strings.Contains(a.body, `href="/security/factors/app"`) {
		t.Errorf("without a key: %s", tail(a.body, 600))
	}
	phone.wait()
	for _, k := range []account.Sealer{nil, otherKey{}} { // not set, or lost
		w.accounts.Keeper = k
		step := w.step("ada@example.com")
		if a := w.form("/sign-in/factor", "", url.Values{"step": {step}, "code": {phone.code()}}); a.status != 409 || !strings.Contains(a.body, "was lost on our side") {
			t.Errorf("a lost key: %d", a.status)
		}
	}
	if a := w.form("/sign-in/factor", "", url.Values{"step": {w.step("ada@example.com")}, "code": {codes[0]}}); a.status != 303 {
		t.Errorf("a recovery code with a lost key: %d", a.status)
	}
	w.accounts.Keeper = keeper
}

type otherKey struct{}

func (otherKey) Seal(string, string) string { return "" }

func (otherKey) Open(string, string) (string, error) { return "", http.ErrNotSupported }

// A reset that another owner asks for waits a day, is mailed, and can be cancelled;
// the one who runs Purse resets at once.
func TestResetsOfASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, ben, boss := w.person("ada@example.com", account.NoStaff), w.person("ben@example.com", account.NoStaff), w.person("boss@example.com", account.Admin)
	c := w.customer("acme", ada.user.ID)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, ben.user.ID, account.Owner))
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, boss.user.ID, account.Viewer))
	phone, _ := w.phoneOf(&ben)
	left := func(p person) int {
		l, err := w.accounts.Factors(ctx, p.user.ID)
		w.check(err)
		return len(l.Factors)
	}
	for range 2 { // asked twice, one waits
		if a := w.form("/team/"+ben.user.ID+"/reset-factor", ada.cookie, nil); a.status != 303 {
			t.Fatalf("asking: %d %s", a.status, tail(a.body, 300))
		}
	}
	w.mailArrives("Somebody asked to take your second factors away")
	w.advance(23 * time.Hour)
	if left(ben) != 1 {
		t.Fatal("it did not wait")
	}
	ben.cookie = w.signInWith(ben, phone)
	if a := w.send("GET", account.FactorsPath, nil, ben.cookie); !strings.Contains(a.body, "Keep them") {
		t.Error("the person is not told")
	}
	if a := w.form("/security/factors/keep", ben.cookie, nil); a.status != 303 {
		t.Errorf("keeping: %d", a.status)
	}
	w.advance(2 * time.Hour)
	if left(ben) != 1 {
		t.Fatal("a cancelled reset was done")
	}
	ada.cookie = w.signIn(ada.user)
	if a := w.form("/team/"+ben.user.ID+"/reset-factor", ada.cookie, nil); a.status != 303 {
		t.Fatalf("asking again: %d", a.status)
	}
	w.advance(25 * time.Hour)
	eventually(t, "the reset is done", 10*time.Second, func() bool { return left(ben) == 0 })
	if a := w.send("GET", "/", nil, ben.cookie); a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
		t.Errorf("a session outlives the reset: %d", a.status)
	}
	w.mailArrives("Your second factors were taken away")

	// An owner has no say over staff, nobody over oneself.
	boss.cookie = w.signIn(boss.user)
	w.phoneOf(&boss)
	if _, err := w.accounts.AskReset(ctx, audit.Actor{ID: ada.user.ID}, c.ID, boss.user.ID); err == nil {
		t.Error("an owner asked for the reset of staff")
	}
	if _, err := w.accounts.AskReset(ctx, audit.Actor{ID: boss.user.ID}, "", boss.user.ID); err == nil {
		t.Error("somebody asked for the own reset")
	}
	cleo := w.person("cleo@example.com", account.Admin)
	if a := w.form("/admin/people/reset", cleo.cookie, url.Values{"email": {"nobody@example.com"}}); a.status != 422 || !strings.Contains(a.body, "Nobody has an account") {
		t.Errorf("staff asks for nobody: %d", a.status)
	}
	if a := w.form("/admin/people/reset", cleo.cookie, url.Values{"email": {"boss@example.com"}}); a.status != 303 || left(boss) != 1 {
		t.Errorf("staff asks: %d", a.status)
	}
	out, errs, code := purse(t, nil, "admin", "reset-factor", "--db", w.settings.DB, "Boss@Example.com")
	if code != 0 || left(boss) != 0 {
		t.Errorf("reset-factor: %d %s %s", code, out, errs)
	}
	if out, errs, code := purse(t, nil, "admin", "reset-factor", "--db", w.settings.DB, "boss@example.com"); code == 0 || strings.Contains(out, "gone") || !strings.Contains(errs, "This person has no second factor.") {
		t.Errorf("reset-factor of who has none: %d %s%s", code, out, errs)
	}
	if _, errs, code := purse(t, nil, "admin", "reset-factor", "--db", w.settings.DB, "nobody@example.com"); code == 0 || !strings.Contains(errs, "no such user") {
		t.Errorf("reset-factor of nobody: %d %s", code, errs)
	}
}

// signInWith signs in over the pages with the password and an app.
func (w *world) signInWith(p person, ph *phone) string {
	w.Helper()
	ph.wait()
	a := w.form("/sign-in/factor", "", url.Values{"step": {w.step(p.user.Email)}, "code": {ph.code()}})
	c := cookieIn(a, "purse")
	if c == "" {
		w.Fatalf("signing in: %d %s", a.status, tail(a.body, 300))
	}
	return c
}

// Members need a second factor where an owner or the vendor says so.
func TestMembersMayNeedASecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, ben, eve := w.person("ada@example.com", account.NoStaff), w.person("ben@example.com", account.NoStaff), w.person("eve@example.com", account.NoStaff)
	c := w.customer("acme", ada.user.ID)
	w.customer("other", eve.user.ID)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, ben.user.ID, account.Viewer))
	where := func(p person) string { return w.send("GET", "/", nil, p.cookie).header.Get("Location") }
	if a := w.form("/security/factors/rule", ben.cookie, url.Values{"required": {"yes"}}); a.status != 403 {
		t.Errorf("a viewer sets the rule: %d", a.status)
	}
	if a := w.form("/security/factors/rule", ada.cookie, url.Values{"required": {"yes"}}); a.status != 303 {
		t.Errorf("an owner sets the rule: %d", a.status)
	}
	if where(ada) != account.FactorsPath || where(ben) != account.FactorsPath || where(eve) != "" {
		t.Errorf("%q %q %q", where(ada), where(ben), where(eve))
	}
	w.phoneOf(&ben)
	if where(ben) != "" {
		t.Errorf("with a factor: %q", where(ben))
	}
	all := newWorld(t, func(s *settings) { s.RequireFactor = true })
	sam := all.person("sam@example.com", account.NoStaff)
	if to := all.send("GET", "/customers/new", nil, sam.cookie).header.Get("Location"); to != account.FactorsPath {
		t.Errorf("the vendor's rule: %q", to)
	}
}
