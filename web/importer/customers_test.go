package importer

import (
	"strings"
	"testing"
)

// However a customer is written it is one, and its rows count once: in one column, in
// another run, and after its own id was changed.
func TestACustomerIsOneHoweverItIsWritten(t *testing.T) {
	file := write(t, "a.csv", []byte(head+"2026-01-01 10:00:00,1\n2026-01-01 10:00:00,1\n2026-01-01 10:00:01,2\n"))
	of := func(name string) func(*Options) { return func(o *Options) { o.Customer = name } }
	p := newPurse(t)
	p.whose = map[string]string{"ext:acme": "cus_1, acme", "cus_1": "cus_1, acme", "cus_2": "cus_2, b"}
	for i, name := range []string{"ext:acme", "cus_1", "ext:acme"} {
		if _, _, err := p.run(file, of(name)); err != nil || len(p.booked) != 3 {
			t.Fatal(i, name, err, len(p.booked))
		}
	}
	p.whose = map[string]string{"ext:renamed": "cus_1, renamed"}
	if _, _, err := p.run(file, of("ext:renamed")); err != nil || len(p.booked) != 3 {
		t.Error("renamed:", err, len(p.booked))
	}
	p.whose = map[string]string{"cus_2": "cus_2, b"}
	if _, _, err := p.run(file, of("cus_2")); err != nil || len(p.booked) != 6 {
		t.Error("another customer:", err, len(p.booked))
	}

	p = newPurse(t)
	p.whose = map[string]string{"ext:acme": "cus_1, acme", "cus_1": "cus_1, acme"}
	mixed := write(t, "m.csv", []byte("at,n,who,id\n2026-01-01 10:00:00,1,acme,x\n2026-01-01 10:00:00,1,cus_1,y\n2026-01-01 10:00:00,1,ext:acme,x\n"))
	column := func(o *Options) { o.Customer, o.CustomerColumn = "", "who" }
	if _, _, err := p.run(mixed, column); err != nil || len(p.booked) != 3 { // three equal real events
		t.Error(err, len(p.booked))
	}
	if _, notes, err := p.run(mixed, column, func(o *Options) { o.ID = "id" }); err == nil || !strings.Contains(notes, `line 4 (row 3), column "id", value "x": line 2 has this id`) {
		t.Error(notes, err)
	}
}

// Rows that an earlier release booked, whose ids said how the customer was written,
// are there already.
func TestAnEarlierImportIsKnown(t *testing.T) {
	file := write(t, "a.csv", []byte(head+"2026-01-01 10:00:00,1\n2026-01-01 10:00:00,1\n2026-01-01 10:00:01,2.50\n"))
	whose := map[string]string{"ext:acme": "cus_1, acme", "cus_1": "cus_1, acme"}
	for written, ids := range map[string][]string{
		"ext:acme": {"row_a137449a3f4d699fa02ba335_1", "row_a137449a3f4d699fa02ba335_2", "row_c1e8c67a997b4d975fc880ed_1"},
		"cus_1":    {"row_f1b67f805ffbc044e75f54ed_1", "row_f1b67f805ffbc044e75f54ed_2", "row_50d02b2d14e370e2146c8521_1"},
	} {
		for name := range whose {
			p := newPurse(t)
			p.whose = whose
			for _, id := range ids {
				p.booked[id] = event{}
			}
			out, _, err := p.run(file, func(o *Options) { o.Customer = name })
			if err != nil || len(p.order) != 0 || !strings.HasPrefix(out, "3 rows, nothing charged: all of them were there already") {
				t.Errorf("imported as %s, now as %s: %s %v %v", written, name, out, err, p.order)
			}
		}
	}
}

// A cell names a customer by its id, by ext: and the own id, or by the own id as it
// is, also where that looks like one of the others.
func TestOwnIDsThatLookLikeOthers(t *testing.T) {
	p := newPurse(t)
	p.whose = map[string]string{"cus_1": "cus_1, a", "ext:a": "cus_1, a", "ext:cus_abc": "cus_2, cus_abc", "ext:ext:y": "cus_3, ext:y"}
	file := write(t, "a.csv", []byte("at,n,who\n2026-01-01 10:00:00,1,cus_1\n2026-01-01 10:00:00,2,a\n2026-01-01 10:00:00,3,cus_abc\n2026-01-01 10:00:00,4,ext:y\n2026-01-01 10:00:00,5,nobody\n2026-01-01 10:00:00,6,cus_nobody\n"))
	_, notes, err := p.run(file, func(o *Options) { o.Customer, o.CustomerColumn = "", "who" })
	var got []string
	for _, e := range p.order {
		got = append(got, e.Customer)
	}
	if strings.Join(got, " ") != "cus_1 ext:a ext:cus_abc ext:ext:y" || err == nil {
		t.Error(got, err)
	}
	for _, want := range []string{
		`line 6 (row 5), column "who", value "nobody": There is no such customer (unknown_customer, customer)`, `line 7 (row 6), column "who", value "cus_nobody": There is no`,
	} {
		if !strings.Contains(notes, want) {
			t.Errorf("says nothing of %s:\n%s", want, notes)
		}
	}
}
