package db_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

// purchaseDB is an empty database with a transaction helper.
func purchaseDB(t *testing.T) (s db.PurchaseStore, in func(func(tx.Tx) error)) {
	t.Helper()
	d, err := db.Open(context.Background(), freshdb.Path(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return s, func(f func(tx.Tx) error) {
		t.Helper()
		if err := d.Update(context.Background(), f); err != nil {
			t.Fatal(err)
		}
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// filled sets every field of a struct to something that is not zero, and
// different for each n.
func filled[T any](n int) *T {
	v := new(T)
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		if !s.Field(i).CanSet() { // of a value at work, not of a row
			continue
		}
		set(s.Field(i), fmt.Sprintf("%s-%d", s.Type().Field(i).Name, n), int64(1000*n+i+1))
	}
	return v
}

func set(f reflect.Value, text string, number int64) {
	switch {
	case f.Type() == reflect.TypeFor[time.Time]():
		f.Set(reflect.ValueOf(noon.Add(time.Duration(number) * time.Millisecond)))
	case f.Kind() == reflect.Struct:
		for i := range f.NumField() {
			set(f.Field(i), text+f.Type().Field(i).Name, number+int64(i))
		}
	case f.Kind() == reflect.String:
		f.SetString(text)
	case f.Kind() == reflect.Bool:
		f.SetBool(true)
	case f.CanInt():
		f.SetInt(number)
	default:
		panic("a field of kind " + f.Kind().String())
	}
}

// What is stored comes back, each field of it.
func TestPurchaseRoundTrip(t *testing.T) {
	s, in := purchaseDB(t)
	want := filled[purchase.Purchase](1)
	in(func(t tx.Tx) error {
		if err := s.Insert(t, want, "key-1"); err != nil {
			return err
		}
		return s.Update(t, want)
	})
	in(func(x tx.Tx) error {
		for name, find := range map[string]func() (*purchase.Purchase, error){
			"id":      func() (*purchase.Purchase, error) { return s.Purchase(x, want.ID) },
			"key":     func() (*purchase.Purchase, error) { return s.ByKey(x, "key-1") },
			"session": func() (*purchase.Purchase, error) { return s.BySession(x, want.CheckoutSession) },
		} {
			got, err := find()
			if err != nil {
				return err
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by %s (-stored +found):\n%s", name, diff)
			}
		}
		for name, find := range map[string]func() (*purchase.Purchase, error){
			"id":      func() (*purchase.Purchase, error) { return s.Purchase(x, "pur_none") },
			"key":     func() (*purchase.Purchase, error) { return s.ByKey(x, "key-2") },
			"session": func() (*purchase.Purchase, error) { return s.BySession(x, "") },
		} {
			if got, err := find(); !errors.Is(err, tx.ErrNotFound) {
				t.Errorf("by an unknown %s: %v %v", name, got, err)
			}
		}
		return nil
	})
	// What was sold does not change with an update.
	changed := filled[purchase.Purchase](2)
	changed.ID = want.ID
	in(func(t tx.Tx) error { return s.Update(t, changed) })
	in(func(x tx.Tx) error {
		got, err := s.Purchase(x, want.ID)
		if err == nil && (got.Customer != want.Customer || got.Price != want.Price || got.Credits != want.Credits || got.Pack != want.Pack || !got.CreatedAt.Equal(want.CreatedAt)) {
			t.Errorf("an update changed what was sold: %+v", got)
		}
		return err
	})
}

// The database itself lets a key, a Checkout and a payment belong to one purchase.
func TestPurchasesAreUnique(t *testing.T) {
	s, in := purchaseDB(t)
	first := filled[purchase.Purchase](1)
	in(func(t tx.Tx) error { return s.Insert(t, first, "key-1") })
	for name, change := range map[string]func(*purchase.Purchase) string{
		"key":     func(*purchase.Purchase) string { return "key-1" },
		"session": func(p *purchase.Purchase) string { p.CheckoutSession = first.CheckoutSession; return "key-2" },
		"payment": func(p *purchase.Purchase) string { p.PaymentIntent = first.PaymentIntent; return "key-2" },
		"id":      func(p *purchase.Purchase) string { p.ID = first.ID; return "key-2" },
	} {
		second := filled[purchase.Purchase](2)
		key := change(second)
		in(func(x tx.Tx) error {
			if err := s.Insert(x, second, key); err == nil {
				t.Errorf("two purchases with the same %s", name)
			}
			return nil
		})
		in(func(x tx.Tx) error {
			if _, err := s.Purchase(x, "ID-2"); !errors.Is(err, tx.ErrNotFound) {
				t.Errorf("the second with the same %s: %v", name, err)
			}
			return nil
		})
	}
	// Those that have neither yet do not disturb each other.
	for n := 3; n < 5; n++ {
		p := filled[purchase.Purchase](n)
		p.CheckoutSession, p.PaymentIntent = "", ""
		in(func(t tx.Tx) error { return s.Insert(t, p, fmt.Sprint("key-", n)) })
	}
}

func TestListsOfPurchases(t *testing.T) {
	s, in := purchaseDB(t)
	states := []purchase.State{purchase.Created, purchase.Processing, purchase.Paid, purchase.Failed, purchase.Expired, purchase.Created}
	in(func(t tx.Tx) error {
		for n, state := range states {
			p := filled[purchase.Purchase](n)
			p.ID, p.Customer, p.Pack, p.State = fmt.Sprint("pur_", n), []string{"cus_a", "cus_b"}[n%2], "pack_"+string(rune('x'+n%2)), state
			p.CardLast4 = fmt.Sprintf("%04d", 4240+n)
			p.CheckAt = noon.Add(time.Duration(10-n) * time.Minute)
			if n == 2 {
				p.CheckAt = time.Time{}
			}
			if err := s.Insert(t, p, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
	ids := func(list []*purchase.Purchase, err error) (out []string) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			out = append(out, p.ID)
		}
		return out
	}
	in(func(x tx.Tx) error {
		for name, c := range map[string]struct{ got, want []string }{
			"all":                 {ids(s.List(x, "", "", "", 10)), []string{"pur_5", "pur_4", "pur_3", "pur_2", "pur_1", "pur_0"}},
			"a page":              {ids(s.List(x, "", "", "pur_4", 2)), []string{"pur_3", "pur_2"}},
			"of a customer":       {ids(s.List(x, "cus_a", "", "", 10)), []string{"pur_4", "pur_2", "pur_0"}},
			"of a customer, page": {ids(s.List(x, "cus_a", "", "pur_4", 1)), []string{"pur_2"}},
			"by last four":        {ids(s.List(x, "", "4243", "", 10)), []string{"pur_3"}},
			"by id":               {ids(s.List(x, "", "pur_2", "", 10)), []string{"pur_2"}},
			"a wildcard is text":  {ids(s.List(x, "", "%", "", 10)), nil},
			"another's last four": {ids(s.List(x, "cus_a", "4243", "", 10)), nil},
			"open":                {ids(s.OpenOf(x, "cus_b", "")), []string{"pur_5", "pur_1"}},
			"open, of a pack":     {ids(s.OpenOf(x, "cus_a", "pack_x")), []string{"pur_0"}},
			"open, another pack":  {ids(s.OpenOf(x, "cus_a", "pack_y")), nil},
			"due":                 {ids(s.Due(x, noon.Add(7*time.Minute), 10)), []string{"pur_5", "pur_4", "pur_3"}},
			"due, the first":      {ids(s.Due(x, noon.Add(7*time.Minute), 1)), []string{"pur_5"}},
			"not due":             {ids(s.Due(x, noon, 10)), nil},
		} {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		return nil
	})
}
