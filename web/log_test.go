package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // to try what the database itself refuses

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/job"
)

// What happens at the doors is in the log: for staff all of it, for owners what is
// about their organisation.
func TestTheSecurityLog(t *testing.T) {
	w := newWorld(t)
	w.shop()
	ada, eve, boss := w.person("ada@example.com", account.NoStaff), w.person("eve@example.com", account.NoStaff), w.person("boss@example.com", account.Support)
	a, b := w.customer("acme", ada.user.ID), w.customer("other", eve.user.ID)
	ben := w.person("ben@example.com", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, audit.Actor{ID: ada.user.ID}, a.ID, ben.user.ID, account.Viewer))
	k, secret, err := w.accounts.CreateKey(ctx, audit.Actor{ID: ada.user.ID}, account.NewKey{Name: "n", Customer: a.ID, ForCustomer: true})
	w.check(err)
	_, err = w.accounts.RevokeKey(ctx, audit.Actor{ID: ada.user.ID}, a.ID, k.ID)
	w.check(err)

	signIn := func(email, word string) { w.form("/sign-in", "", url.Values{"email": {email}, "password": {word}}) }
	for range 4 {
		signIn("ben@example.com", "wrong")
		signIn("stranger@example.com", "wrong")
		w.send("GET", "/v1/customers/"+a.ID+"/balance", nil, "", "Authorization", "Bearer "+secret)
		w.send("GET", "/v1/customers/"+a.ID+"/balance", nil, "", "Authorization", "Bearer sk_nobody_has_this_secret")
	}
	signIn("ben@example.com", password)
	w.check(w.accounts.RequestReset(ctx, "ben@example.com", account.From{Address: "192.0.2.9"}))
	w.phoneOf(&ben)
	w.clock.step(account.ConfirmedFor + time.Minute)
	w.form("/security/others", ada.cookie, url.Values{"again_password": {"wrong"}})
	ada.cookie = cookieIn(w.form("/security/others", ada.cookie, url.Values{"again_password": {password}}), "purse")
	w.check(w.accounts.Flush(ctx))
	w.check(w.accounts.Flush(ctx)) // nothing twice

	count := func(q audit.Query) map[string]int {
		q.Limit = 100
		rows, err := w.accounts.AuditList(ctx, q)
		w.check(err)
		out := map[string]int{}
		for _, e := range rows {
			out[fmt.Sprintf("%s×%d", e.Action, e.Times)]++
			if strings.Contains(e.Object+e.Actor.ID+e.Action, "@") || strings.Contains(e.Object, "127.0.0") {
				t.Errorf("the entry itself holds words: %+v", e)
			}
		}
		return out
	}
	everything := count(audit.Query{})
	for what, n := range map[string]int{
		account.ActFailed + "×4": 2, account.ActKeyRefused + "×4": 2, account.ActReset + "×1": 1, "factor.added×1": 1,
		account.ActConfirmed + "×1": 1, account.ActConfirmFailed + "×1": 1, "member.put×1": 1, "key.revoked×1": 1,
	} {
		if everything[what] != n {
			t.Errorf("%d of %s, want %d: %v", everything[what], what, n, everything)
		}
	}
	if everything[account.ActSession+"×1"] < 4 {
		t.Errorf("sign-ins: %v", everything)
	}
	mine, theirs := count(audit.Query{Owner: a.ID}), count(audit.Query{Owner: b.ID})
	if mine[account.ActFailed+"×4"] != 1 || mine[account.ActKeyRefused+"×4"] != 1 || theirs[account.ActFailed+"×4"] != 0 || theirs[account.ActKeyRefused+"×4"] != 0 {
		t.Errorf("an owner reads %v, another %v", mine, theirs)
	}

	page := w.send("GET", "/admin/log?kind=sign_in&person=ben@example.com", nil, boss.cookie)
	if page.status != 200 || !strings.Contains(page.body, "Sign-in failed") || !strings.Contains(page.body, "4 times in a minute") || strings.Contains(page.body, "stranger") || strings.Contains(page.body, "Role given") {
		t.Errorf("the console: %d %s", page.status, tail(page.body, 800))
	}
	if page = w.send("GET", "/admin/log?kind=sign_in", nil, boss.cookie); !strings.Contains(page.body, "as stranger@example.com") {
		t.Error("the console does not say who was tried")
	}
	if page = w.send("GET", "/security/log", nil, ada.cookie); page.status != 200 || !strings.Contains(page.body, "Role given") || !strings.Contains(page.body, "An API key was refused") || strings.Contains(page.body, "eve@") || strings.Contains(page.body, "stranger") {
		t.Errorf("the owner's page: %d %s", page.status, tail(page.body, 800))
	}
	if page = w.send("GET", "/security/log", nil, w.signIn(eve.user)); strings.Contains(page.body, "ben@") || strings.Contains(page.body, "An API key was refused") {
		t.Error("another organisation's log is shown")
	}
}

// cookieIn is the cookie with a name that an answer sets, as it is sent back; ""
// for none.
func cookieIn(s sent, name string) string {
	for _, c := range s.header.Values("Set-Cookie") {
		if c, _, _ = strings.Cut(c, ";"); strings.HasPrefix(c, name+"=") {
			return c
		}
	}
	return ""
}

// However many addresses are tried, a minute writes a bounded number of entries,
// and none is lost from the count.
func TestAnAttackDoesNotFillTheLog(t *testing.T) {
	w := newWorld(t)
	for i := range 5000 {
		w.accounts.KeyRefused(nil, "invalid_key", account.From{Address: fmt.Sprintf("10.%d.%d.1", i/250, i%250)})
	}
	w.check(w.accounts.Flush(ctx))
	rows, err := w.accounts.AuditList(ctx, audit.Query{Actions: []string{account.ActKeyRefused}, Limit: 1000})
	w.check(err)
	times := int64(0)
	for _, e := range rows {
		times += e.Times
	}
	if len(rows) > 201 || times != 5000 {
		t.Errorf("%d entries for %d refusals", len(rows), times)
	}
}

// Entries cannot be changed, not even in the database; the words beside them go
// after a while, and the entries stay.
func TestTheLogIsAppendOnly(t *testing.T) {
	w := newWorld(t, func(s *settings) { s.AuditDays = 400 })
	ada := w.person("ada@example.com", account.NoStaff)
	w.customer("acme", ada.user.ID)
	d, err := sql.Open("sqlite3", w.settings.DB)
	w.check(err)
	defer func() { _ = d.Close() }()
	for _, bad := range []string{"UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"} {
		if _, err := d.ExecContext(ctx, bad); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", bad, err)
		}
	}
	read := func() audit.Entry {
		rows, err := w.accounts.AuditList(ctx, audit.Query{Actions: []string{account.ActSession}, Limit: 10})
		w.check(err)
		if len(rows) != 1 {
			t.Fatalf("%d sign-ins", len(rows))
		}
		return rows[0]
	}
	if e := read(); e.Actor.Address == "" || e.Actor.Device == "" {
		t.Errorf("no words: %+v", e)
	}
	w.clock.step(399 * 24 * time.Hour)
	w.check(w.sweepAccounts(ctx, job.Job{}))
	if e := read(); e.Actor.Address == "" {
		t.Error("the words went too early")
	}
	w.clock.step(2 * 24 * time.Hour)
	w.check(w.sweepAccounts(ctx, job.Job{}))
	if e := read(); e.Actor.Address != "" || e.Actor.Device != "" || e.Actor.ID != ada.user.ID {
		t.Errorf("after 400 days: %+v", e)
	}
}
