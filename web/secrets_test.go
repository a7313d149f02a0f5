package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/tx"
)

var wordsOfSecrets = regexp.MustCompile(`[A-Za-z0-9_-]{20,}`)

// Whoever reads a backup gets in nowhere with what stands in it: each word of each
// table, those of jobs and mails too, is tried as everything that opens something.
func TestABackupLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	w.shop()
	owner := w.person("owner@example.com", account.NoStaff)
	c := w.customer("acme", owner.user.ID)
	w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeRead}})
	w.check(w.accounts.SignUp(ctx, "new@example.com", account.From{Address: "192.0.2.1"}))
	w.check(w.accounts.RequestReset(ctx, "owner@example.com", account.From{Address: "192.0.2.1"}))
	w.check(w.accounts.Invite(ctx, audit.System, c.ID, "friend@example.com", account.Owner))
	_, err := w.accounts.AdminLink(ctx, audit.System)
	w.check(err)
	w.mailArrives("Verify your e-mail address")
	w.mailArrives("Choose a new password")
	w.mailArrives("Join acme")
	w.check(w.db.Update(ctx, func(t tx.Tx) error {
		return w.app.messages.Tell(t, alert.Notice{Customer: c.ID, Event: event.BalanceDepleted, CreditType: "credits", Data: map[string]string{"available": "0"}})
	}))
	w.mailArrives("No credits left")
	file := filepath.Join(t.TempDir(), "backup.db")
	w.check(w.db.Backup(ctx, file))

	kinds := []account.LinkKind{account.LinkVerify, account.LinkReset, account.LinkAdmin, account.LinkJoin, account.LinkSignIn}
	tried := map[string]bool{}
	try := func(table, word string) {
		if tried[word] {
			return
		}
		tried[word] = true
		if _, _, err := w.accounts.SessionBySecret(ctx, word); err == nil {
			t.Errorf("%s: %s is a session", table, word)
		}
		if _, err := w.accounts.KeyBySecret(ctx, word); err == nil {
			t.Errorf("%s: %s is a key", table, word)
		}
		for _, k := range kinds {
			if _, _, err := w.accounts.PeekLink(ctx, k, word); err == nil {
				t.Errorf("%s: %s is a link to %s", table, word, k)
			}
		}
		if _, err := w.app.messages.Unsubscription(word); err == nil {
			t.Errorf("%s: %s unsubscribes", table, word)
		}
	}
	eachWord(t, file, try)
	if len(tried) < 50 {
		t.Errorf("only %d words were tried", len(tried))
	}
	for word := range tried {
		if a := w.send("GET", "/", nil, "purse="+url.QueryEscape(word)); a.status != 303 {
			t.Fatalf("%s as a cookie answers %d", word, a.status)
		}
		break // the others were tried above
	}
}

// eachWord reads every table of a database.
func eachWord(t *testing.T, file string, f func(table, word string)) {
	t.Helper()
	d, err := sql.Open("sqlite3", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var tables []string
	rows, err := d.Query(`SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	_ = rows.Close()
	for _, table := range tables {
		rows, err := d.Query(`SELECT * FROM "` + table + `"`)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		for rows.Next() {
			values := make([]any, len(columns))
			into := make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				text := fmt.Sprint(v)
				if b, ok := v.([]byte); ok {
					text = string(b)
				}
				for _, word := range wordsOfSecrets.FindAllString(text, -1) {
					f(table+"."+columns[i], word)
				}
			}
		}
		_ = rows.Close()
	}
}
