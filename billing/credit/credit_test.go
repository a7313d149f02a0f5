package credit_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/db"
	"purse/db/freshdb"
)

var by = audit.Actor{ID: "usr_staff"}

// desk is staff's desk on a database of its own.
type desk struct {
	*testing.T
	*credit.Service
	db   *db.DB
	shop *catalog.Service
	keys int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t}
	now := func() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }
	var err error
	d.db, err = db.Open(t.Context(), freshdb.Path(t), db.Options{Now: now})
	d.ok(err)
	t.Cleanup(func() { _ = d.db.Close() })
	trail, events := audit.NewLog(db.AuditStore{}), event.NewLog(db.EventStore{})
	jobs := job.NewQueue(db.JobStore{}, d.db, nil)
	d.shop = catalog.New(catalog.Deps{Runner: d.db, Store: db.CatalogStore{}, Audit: trail})
	d.ok(d.shop.Load(t.Context()))
	_, err = d.shop.CreateCreditType(t.Context(), by, catalog.NewCreditType{Key: "credits", Name: "API credits", Unit: "credit", Units: "credits", Decimals: 2})
	d.ok(err)
	books := ledger.New(db.NewLedgerStore(), d.db, jobs, events, ledger.Options{})
	people := account.New(account.Deps{Runner: d.db, Store: db.AccountStore{}, Jobs: jobs, Events: events, Audit: trail, Now: now})
	alerts := alert.NewService(alert.Deps{Runner: d.db, Store: db.AlertStore{}, Accounts: people, Catalog: d.shop, Ledger: books, Jobs: jobs, Events: events, Audit: trail})
	d.ok(alerts.Load(t.Context()))
	d.Service = credit.New(credit.Deps{
		Runner: d.db, Ledger: books, Catalog: d.shop, Alerts: alerts, Audit: trail,
		Usage: usage.New(usage.Deps{Runner: d.db, Ledger: books, Accounts: people, Catalog: d.shop, Now: now}),
	})
	return d
}

func (d *desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) once() usage.Once {
	d.keys++
	return usage.Once{Key: ledger.NewKey("test", string(rune('a'+d.keys)))}
}

// do previews an act and carries it out: the preview is what happens.
func (d *desk) do(a *credit.Act, err error) ledger.Result {
	d.Helper()
	d.ok(err)
	seen, err := d.Preview(d.Context(), a)
	d.ok(err)
	r, err := d.Do(d.Context(), by, d.once(), a, "a test")
	d.ok(err)
	for _, c := range seen {
		now := d.balance(c.After.Customer)
		if now.Balance != c.After.Balance || now.Available != c.After.Available || now.Debt != c.After.Debt {
			d.Errorf("%s: %s %s %s, the preview said %s %s %s", a.Name, now.Balance, now.Available, now.Debt, c.After.Balance, c.After.Available, c.After.Debt)
		}
	}
	return r
}

func (d *desk) balance(customer string) (b ledger.Balance) {
	d.Helper()
	d.ok(d.db.View(d.Context(), func(t tx.Tx) (err error) {
		b, err = d.Ledger.Balance(t, ledger.WalletKey{Customer: customer, CreditType: "credits"})
		return err
	}))
	return b
}

func (d *desk) log() (out []audit.Entry) {
	d.Helper()
	d.ok(d.db.View(d.Context(), func(t tx.Tx) (err error) {
		out, err = d.Audit.List(t, audit.Query{Customer: "cus_a", Limit: 100})
		return err
	}))
	return out
}

// TestEveryActIsPreviewedDoneAndRecorded: each act does what its preview showed, and
// stands once in the log with its reason and how the wallet stood.
func TestEveryActIsPreviewedDoneAndRecorded(t *testing.T) {
	d := newDesk(t)
	ten := money.MustCredits("10")
	g := d.do(d.Grant(credit.NewGrant{Customer: "cus_a", CreditType: "credits", Credits: 10 * ten}))
	spare := d.do(d.Grant(credit.NewGrant{Customer: "cus_a", CreditType: "credits", Credits: ten, Kind: ledger.Included}))
	down := d.do(d.Adjust(t.Context(), credit.Adjustment{Customer: "cus_a", CreditType: "credits", Credits: -ten}))
	d.do(d.Adjust(t.Context(), credit.Adjustment{Customer: "cus_a", Credits: ten / 2, Corrects: down.Postings[0].ID.String()}))
	_, err := d.Adjust(t.Context(), credit.Adjustment{Customer: "cus_a", CreditType: "credits", Credits: -1, Corrects: down.Postings[0].ID.String()})
	if e, ok := fault.As(err); !ok || e.Param != "corrects" {
		t.Errorf("a posting is taken away once more: %v", err)
	}
	d.do(d.Transfer(credit.NewTransfer{From: "cus_a", To: "cus_b", CreditType: "credits", Credits: ten}))
	a, _, err := d.Void(t.Context(), "cus_a", spare.Grant)
	d.do(a, err)
	d.do(d.SetOverdraft("cus_a", "credits", ten))
	if b := d.balance("cus_b"); b.Available != ten {
		t.Errorf("transferred %s", b.Available)
	}
	if g.Grant == 0 {
		t.Error("no grant was made")
	}
	names := map[string]int{}
	for _, e := range d.log() {
		names[e.Action]++
		if e.Reason != "a test" || e.Actor.ID != by.ID || !strings.Contains(e.Before, `"available"`) || !strings.Contains(e.After, `"asked"`) || e.Object == "" {
			t.Errorf("%s: %+v", e.Action, e)
		}
	}
	if names[credit.Granted] != 2 || names[credit.Adjusted] != 2 || names[credit.Transferred] != 1 || names[credit.Voided] != 1 || names[credit.OverdraftSet] != 1 {
		t.Errorf("the log has %v", names)
	}
}

// TestAnActCountsOnce under its key, and a preview of what is refused says why.
func TestAnActCountsOnce(t *testing.T) {
	d := newDesk(t)
	a, err := d.Grant(credit.NewGrant{Customer: "cus_a", CreditType: "credits", Credits: money.MustCredits("3")})
	d.ok(err)
	once := d.once()
	for i := range 3 {
		r, err := d.Do(context.Background(), by, once, a, "")
		if err != nil || r.Replayed != (i > 0) {
			t.Errorf("the %dth time: %+v, %v", i, r, err)
		}
	}
	if b := d.balance("cus_a"); b.Balance != money.MustCredits("3") || len(d.log()) != 1 {
		t.Errorf("granted %s, %d entries in the log", b.Balance, len(d.log()))
	}
	for what, f := range map[string]func() (*credit.Act, error){
		"more than there is": func() (*credit.Act, error) {
			return d.Adjust(t.Context(), credit.Adjustment{Customer: "cus_a", CreditType: "credits", Credits: -money.MustCredits("4")})
		},
		"of another's wallet": func() (*credit.Act, error) {
			return d.Transfer(credit.NewTransfer{From: "cus_b", To: "cus_a", CreditType: "credits", Credits: money.MustCredits("1")})
		},
	} {
		a, err := f()
		d.ok(err)
		if _, err := d.Preview(t.Context(), a); !fault.HasCode(err, "exceeds_available") {
			t.Errorf("the preview of %s: %v", what, err)
		}
		if _, err := d.Do(t.Context(), by, d.once(), a, "r"); !fault.HasCode(err, "exceeds_available") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for field, f := range map[string]func() error{
		"credit_type": func() error { _, err := d.Grant(credit.NewGrant{CreditType: "none"}); return err },
		"meters": func() error {
			_, err := d.Grant(credit.NewGrant{CreditType: "credits", Meters: []string{"none"}})
			return err
		},
		"corrects": func() error {
			_, err := d.Adjust(t.Context(), credit.Adjustment{Customer: "cus_b", Credits: 1, Corrects: "pst_1"})
			return err
		},
		"reason": func() error {
			a, err := d.SetOverdraft("cus_a", "credits", 1)
			d.ok(err)
			_, err = d.Do(t.Context(), by, d.once(), a, " ")
			return err
		},
	} {
		if e, ok := fault.As(f()); !ok || e.Param != field {
			t.Errorf("bad %s: %v", field, e)
		}
	}
}

// TestActsOfEarlierReleasesAreReadByTodaysName: what they wrote stays.
func TestActsOfEarlierReleasesAreReadByTodaysName(t *testing.T) {
	d := newDesk(t)
	d.ok(d.db.Update(t.Context(), func(t tx.Tx) error {
		return d.Audit.Record(t, audit.Record{Actor: by, Customer: "cus_a", Action: "credits.granted"})
	}))
	var found []audit.Entry
	d.ok(d.db.View(t.Context(), func(t tx.Tx) (err error) {
		found, err = d.Audit.List(t, audit.Query{Customer: "cus_a", Actions: []string{credit.Granted}, Limit: 10})
		return err
	}))
	if len(found) != 1 || found[0].Action != credit.Granted {
		t.Errorf("found %+v", found)
	}
}
