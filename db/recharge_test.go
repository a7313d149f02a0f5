package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"purse/billing/account"
	"purse/billing/charge"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

// What charges something says of which type it is, and comes back as it was kept; an
// account whose mandate has ended is told from the others until a mandate stands.
func TestPaymentMethodsAreKept(t *testing.T) {
	ctx := context.Background()
	d, err := db.Open(ctx, freshdb.Path(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	in := func(f func(t tx.Tx) error) {
		t.Helper()
		if err := d.Update(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	c := account.Customer{ID: "cus_1", Name: "Acme", Status: account.Active, Timezone: "UTC", CreatedAt: noon}
	bank := recharge.Method{ID: "pm_1", Type: "us_bank_account", Brand: "STRIPE TEST BANK", Last4: "6789", Fingerprint: "fp_1"}
	link := recharge.Method{ID: "pm_2", Type: "link", Brand: "a@example.com"}
	p := &recharge.Policy{ID: "rpol_1", Customer: "cus_1", CreditType: "credits", State: recharge.Armed, Note: "n", Waits: recharge.WaitsPayment, Pack: "pack_1", Quantity: 1, Credits: 1000, Price: money.Money{Amount: 100, Currency: "usd"}, Cap: 1000, PerDay: 1, Cooldown: recharge.MinCooldown,
		Method: bank, Backup: link, CreatedAt: noon, UpdatedAt: noon}
	r := &recharge.Recharge{ID: "rch_1", Policy: "rpol_1", CreditType: "credits", Pack: "pack_1", PackName: "Small", Quantity: 1, Credits: 1000, ExpiresAfterDays: 3, Bonus: 7, BonusDays: 2,
		Charge: charge.Charge{Owner: charge.Owner{Of: charge.OfRecharge, ID: "rch_1"}, Customer: "cus_1", Slot: recharge.Slot("cus_1", "credits"), Collection: charge.Auto, Price: p.Price,
			State: charge.Issuing, Method: bank, Types: []string{"us_bank_account", "link"}, CreatedAt: noon, UpdatedAt: noon}}
	charges := db.ChargeStore{}
	rs, ms := db.RechargeStore{}, db.CardStore{}
	in(func(t tx.Tx) error {
		if err := (db.AccountStore{}).InsertCustomer(t, c); err != nil {
			return err
		}
		if err := rs.PutPolicy(t, p); err != nil {
			return err
		}
		if _, err := charges.Insert(t, &r.Charge); err != nil {
			return err
		}
		return rs.Insert(t, r)
	})
	same := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", what, diff)
		}
	}
	r.Processing, r.Method, r.BackupUsed = true, link, true
	in(func(t tx.Tx) error {
		got, err := rs.Policy(t, "cus_1", "credits")
		if err != nil {
			return err
		}
		same("the policy", got, p)
		if err := errors.Join(rs.Update(t, r), charges.Update(t, &r.Charge)); err != nil {
			return err
		}
		run, err := rs.OpenOf(t, "cus_1", "credits")
		same("the recharge", run, r)
		return err
	})
	for _, step := range []struct {
		method string
		ended  bool
		want   []string
	}{{"pm_1", true, []string{"pm_1"}}, {"pm_1", true, []string{"pm_1"}}, {"pm_2", true, []string{"pm_1", "pm_2"}}, {"pm_1", false, []string{"pm_2"}}} {
		in(func(t tx.Tx) error {
			if err := ms.PutMandate(t, "cus_1", step.method, step.ended); err != nil {
				return err
			}
			got, err := ms.MandatesEnded(t, "cus_1")
			same("mandates that ended", got, step.want)
			return err
		})
	}
}
