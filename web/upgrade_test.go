package main

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/audit"
)

// Databases that earlier versions left behind, by the number of their last
// migration: a customer with a grant, usage, an open hold, an alert and a
// purchase that was paid. A migration that is added below such a number would
// stop the start of every Purse there is; it fails here first. Add one when a
// version is released.
func TestADatabaseOfAnEarlierVersionGoesOn(t *testing.T) {
	old, err := filepath.Glob("testdata/schema-*.db.gz")
	if err != nil || len(old) == 0 {
		t.Fatal("no databases of earlier versions", err)
	}
	for _, file := range old {
		t.Run(filepath.Base(file), func(t *testing.T) {
			w := newWorld(t, func(s *settings) { unpack(t, file, s.DB) })
			w.key = w.newKey(account.NewKey{Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead, account.ScopeAdmin}})
			list := w.api("GET", "/v1/customers?limit=1", "")
			customer := list.str("data", 0, "id")
			balance := w.api("GET", "/v1/customers/"+customer+"/balance", "")
			if balance.str("data", 0, "balance") != "1040" || list.str("data", 0, "external_id") != "upgraded" {
				t.Errorf("the balance is %s", balance.body)
			}
			again := w.api("POST", "/v1/usage", `{"id":"u1","customer":"ext:upgraded","event":"work","caller":"a","properties":{"units":10}}`)
			if again.at("replayed") != true || again.str("charges", 0, "credits") != "10" {
				t.Errorf("an event of before counts again: %s", again.body)
			}
			more := w.api("POST", "/v1/usage", `{"id":"after","customer":"ext:upgraded","event":"work","properties":{"units":1}}`)
			if more.status != 200 || more.at("replayed") != false {
				t.Errorf("an event of now: %s", more.body)
			}
			page := w.person("owner@example.com", account.NoStaff)
			w.check(w.accounts.AddMember(ctx, audit.System, customer, page.user.ID, account.Owner))
			old, err := w.accounts.AuditList(ctx, audit.Query{Customer: customer, Actions: []string{"customer.created"}, Limit: 5})
			if err != nil || len(old) != 1 || old[0].After == "" || old[0].Times != 1 {
				t.Errorf("the audit log of before is %+v %v", old, err)
			}
			for _, path := range []string{"/", "/ledger", "/grants", "/purchases", "/alerts", "/recharge", "/scheduled", "/methods", "/statements", "/billing", "/webhooks"} {
				if a := w.send("GET", path, nil, page.cookie); a.status != 200 {
					t.Errorf("%s answered %d %s", path, a.status, tail(a.body, 300))
				}
			}
			if a := w.send("GET", "/ledger", nil, page.cookie); !strings.Contains(a.body, "Bought Starter for $10.00") {
				t.Error("the ledger does not name the purchase of before")
			}
			w.addsUp()
			files, err := filepath.Glob(w.app.settings.DB + "*")
			w.check(err)
			snapshots := 0
			for _, f := range files { // the snapshot too, and the sandbox's
				info, err := os.Stat(f)
				w.check(err)
				if info.Mode().Perm() != 0o600 {
					t.Errorf("%s is %v", f, info.Mode())
				}
				if strings.Contains(f, ".before-") {
					snapshots++
				}
			}
			if snapshots == 0 {
				t.Errorf("no snapshot is beside the database: %v", files)
			}
		})
	}
}

// unpack puts a database where the program finds it, with the key of its secrets.
func unpack(t *testing.T, file, to string) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	unzipped, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile(strings.TrimSuffix(file, ".db.gz") + ".key")
	if err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string][]byte{to: b, to + ".key": key} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
