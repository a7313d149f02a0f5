package dbtest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"purse/billing/charge"
	"purse/billing/tx"
)

// filled is a charge of whose fields none is empty.
func filled(t *testing.T, o charge.Owner, at time.Time) *charge.Charge {
	t.Helper()
	c := &charge.Charge{}
	n := 0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		n++
		switch x := v.Addr().Interface().(type) {
		case *time.Time:
			*x = at.Add(time.Duration(n) * time.Minute)
			return
		case *[]string:
			*x = []string{"card", "us_bank_account"}
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(fmt.Sprintf("v%d", n))
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(n))
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		default:
			t.Fatalf("a field of kind %s", v.Kind())
		}
	}
	fill(reflect.ValueOf(c).Elem())
	c.Owner, c.State, c.Collection, c.Slot = o, charge.Open, charge.Auto, "slot/"+o.ID
	return c
}

// charges: what is kept of charges comes back as it was written, a slot has one that is
// under way, and what is due, payable, or to be looked at is found.
func charges(t *testing.T, f *fixture) {
	s, now := f.o.Charges, f.clock.Now()
	in := func(do func(t tx.Tx) error) {
		t.Helper()
		if err := f.o.Run.Update(t.Context(), do); err != nil {
			t.Fatal(err)
		}
	}
	first := filled(t, charge.Owner{Of: charge.OfRecharge, ID: "rch_1"}, now)
	same := func(want *charge.Charge) {
		t.Helper()
		in(func(t2 tx.Tx) error {
			got, err := s.Charge(t2, want.Owner)
			if err == nil && !reflect.DeepEqual(got, want) {
				t.Errorf("it came back as\n%+v, was\n%+v", got, want)
			}
			return err
		})
	}
	insert := func(c *charge.Charge) (ok bool) {
		t.Helper()
		in(func(t tx.Tx) (err error) {
			ok, err = s.Insert(t, c)
			return err
		})
		return ok
	}
	if !insert(first) {
		t.Fatal("it was not written")
	}
	same(first)
	second := filled(t, charge.Owner{Of: charge.OfRecharge, ID: "rch_2"}, now)
	second.Slot, second.Invoice = first.Slot, "in_2"
	if insert(second) {
		t.Error("a slot has two charges that are under way")
	}
	first.State, first.Problem = charge.Paid, "another"
	first.NextAt, first.Remake = time.Time{}, charge.RemakeNone
	in(func(t tx.Tx) error { return s.Update(t, first) })
	same(first)
	second.Customer, second.Remake, second.NextAt = first.Customer, charge.RemakeRefused, now.Add(time.Hour)
	if !insert(second) {
		t.Error("the slot of a charge that is paid is taken")
	}
	in(func(t2 tx.Tx) error {
		for at, want := range map[time.Time]int{now: 0, now.Add(time.Hour): 1} {
			due, err := s.Due(t2, at, 10)
			if err != nil || len(due) != want {
				t.Errorf("due at %v: %v, %v", at, due, err)
			}
		}
		payable, err := s.Payable(t2, charge.OfRecharge, second.Customer)
		if err != nil || !slices.Equal(payable, []charge.Owner{second.Owner}) {
			t.Errorf("payable: %v, %v", payable, err)
		}
		if other, err := s.Payable(t2, charge.OfInvoice, second.Customer); err != nil || len(other) != 0 {
			t.Errorf("of another kind: %v, %v", other, err)
		}
		for how, want := range map[charge.Remake]int{charge.RemakeRefused: 1, charge.RemakeVoiding: 0, charge.RemakeNone: 0} {
			if n, err := s.CountRemakes(t2, how); err != nil || n != want {
				t.Errorf("%d are %q: %v", n, how, err)
			}
		}
		if _, err := s.Charge(t2, charge.Owner{Of: charge.OfInvoice, ID: "rch_1"}); !errors.Is(err, tx.ErrNotFound) {
			t.Errorf("by another kind: %v", err)
		}
		return s.Release(t2)
	})
	second.LeasedBy, second.LeasedUntil = "", time.Time{}
	same(second)
}
