package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purse/billing/account"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/db"
	"purse/db/freshdb"
)

// Unpriced events come back whole, newest or oldest first, of one customer or
// all; a key is there once.
func TestUnpricedEvents(t *testing.T) {
	_, in := purchaseDB(t)
	store := db.UnpricedStore{}
	properties, _, err := usage.Object([]byte(`{"model":"m","n":1.50,"o":{"a":[1,"x",null,true],"b":{}},"z":null}`))
	if err != nil {
		t.Fatal(err)
	}
	event := func(n int, customer string) usage.Unpriced {
		return usage.Unpriced{
			Number: int64(n), Key: ledger.NewKey("usage", customer, string(rune('a'+n))), Fingerprint: ledger.NewFingerprint([]byte{byte(n)}), Customer: customer,
			Event: string(rune('a' + n)), Name: "e", Caller: "c", At: noon.Add(time.Duration(-n) * time.Hour), Backdated: n == 1, Properties: properties, CreatedAt: noon,
		}
	}
	all := []usage.Unpriced{event(1, "cus_a"), event(2, "cus_b"), event(3, "cus_a")}
	in(func(t tx.Tx) error {
		for _, id := range []string{"cus_a", "cus_b"} {
			if err := (db.AccountStore{}).InsertCustomer(t, account.Customer{ID: id, Name: id, Timezone: "UTC", Status: account.Active, CreatedAt: noon, UpdatedAt: noon}); err != nil {
				return err
			}
		}
		for _, u := range all {
			if err := store.InsertUnpriced(t, u); err != nil {
				return err
			}
		}
		return nil
	})
	in(func(tr tx.Tx) error {
		one, err := store.Unpriced(tr, all[0].Key)
		if d := cmp.Diff(all[0], one); d != "" || err != nil {
			t.Error(d, err)
		}
		for name, c := range map[string]struct {
			got  func() ([]usage.Unpriced, error)
			want []usage.Unpriced
		}{
			"all":           {func() ([]usage.Unpriced, error) { return store.UnpricedAfter(tr, "", 0, 10) }, all},
			"after":         {func() ([]usage.Unpriced, error) { return store.UnpricedAfter(tr, "", 1, 1) }, all[1:2]},
			"of one":        {func() ([]usage.Unpriced, error) { return store.UnpricedAfter(tr, "cus_a", 1, 10) }, all[2:]},
			"newest":        {func() ([]usage.Unpriced, error) { return store.UnpricedBefore(tr, "", 0, 1) }, all[2:]},
			"before of one": {func() ([]usage.Unpriced, error) { return store.UnpricedBefore(tr, "cus_a", 3, 10) }, all[:1]},
		} {
			got, err := c.got()
			if d := cmp.Diff(c.want, got); d != "" || err != nil {
				t.Error(name, d, err)
			}
		}
		waiting, err := store.Waiting(tr)
		want := []usage.Waiting{
			{Customer: "cus_a", Name: "e", Count: 2, First: all[2].At, Last: all[0].At}, {Customer: "cus_b", Name: "e", Count: 1, First: all[1].At, Last: all[1].At},
		}
		if d := cmp.Diff(want, waiting); d != "" || err != nil {
			t.Error(d, err)
		}
		keys, err := store.UnpricedKeys(tr)
		if len(keys) != 3 || err != nil {
			t.Error(keys, err)
		}
		if err := store.DeleteUnpriced(tr, 1); err != nil {
			t.Error(err)
		}
		if _, err := store.Unpriced(tr, all[0].Key); !errors.Is(err, tx.ErrNotFound) {
			t.Error(err)
		}
		return nil
	})
	d, err := db.Open(context.Background(), freshdb.Path(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Update(context.Background(), func(t tx.Tx) error {
		again := all[0]
		again.Number = 9
		return errors.Join(store.InsertUnpriced(t, all[0]), store.InsertUnpriced(t, again))
	}); err == nil {
		t.Error("a customer that is not there, and a key twice, are taken")
	}
}
