package charge_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/db"
	"purse/db/freshdb"
)

// people is what purchases ask Stripe for beside invoices.
type people struct{ purchase.Gateway }

func (people) EnsureCustomer(context.Context, card.CustomerParams, string) (string, error) {
	return "cus_S", nil
}
func (people) CustomerLives(context.Context, string) (bool, error) { return true, nil }

// of is a kind of thing that is charged, made up for the test: what it has is its terms,
// lines, and the two functions.
const of charge.Of = "thing"

// thing is one of them, and what it was told.
type thing struct {
	sends, onIssue    bool
	settled, declined int
	ended             charge.State
	unwanted          charge.Reason
	backup            bool
}

// office is the engine on a database of its own, with Stripe on paper.
type office struct {
	t      *rapid.T
	s      *charge.Service
	db     *db.DB
	books  *ledger.Ledger
	bank   *bank
	inbox  *inbox.Service
	at     time.Time
	things map[string]*thing
	who    string
	chance *rand.Rand
	told   int // events
	late   int // of them that are not true any more
	deep   int // calls of Stripe's that are under way
}

func (o *office) ok(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) in(f func(t tx.Tx) error) {
	o.t.Helper()
	o.ok(o.db.Update(context.Background(), f))
}

func newOffice(t *rapid.T, d *db.DB, clock *time.Time, n int) *office {
	o := &office{t: t, db: d, at: *clock, things: map[string]*thing{}}
	seed := rapid.Uint64().Draw(t, "chance")
	o.chance = rand.New(rand.NewPCG(seed, 2))
	now := func() time.Time { return o.at }
	o.bank = newBank(seed, now)
	trail, events := audit.NewLog(db.AuditStore{}), event.NewLog(db.EventStore{})
	log := slog.New(slog.DiscardHandler)
	jobs := job.NewQueue(db.JobStore{}, d, log)
	shop := catalog.New(catalog.Deps{Runner: d, Store: db.CatalogStore{}, Audit: trail})
	o.ok(shop.Load(context.Background()))
	if shop.Snapshot().CreditType("credits") == nil {
		_, err := shop.CreateCreditType(context.Background(), audit.System, catalog.NewCreditType{Key: "credits", Name: "API credits", Unit: "credit", Units: "credits"})
		o.ok(err)
	}
	o.books = ledger.New(db.NewLedgerStore(), d, jobs, events, ledger.Options{})
	accounts := account.New(account.Deps{Runner: d, Store: db.AccountStore{}, Jobs: jobs, Events: events, Audit: trail, Now: now})
	c, err := accounts.CreateCustomer(context.Background(), audit.System, account.NewCustomer{Name: "Customer " + strconv.Itoa(n), Email: fmt.Sprintf("a%d@example.com", n), Timezone: "UTC", StripeCustomerID: "cus_S" + strconv.Itoa(n)})
	o.ok(err)
	o.who = c.ID
	o.inbox = inbox.New(inbox.Deps{Runner: d, Store: db.InboxStore{}, Jobs: jobs, Audit: trail, Log: log})
	o.inbox.Owners = inbox.Owners{{Types: "", Handle: func(ctx context.Context, e *inbox.Event) (inbox.Verdict, error) {
		i, err := strconv.Atoi(e.ObjectID)
		if err != nil {
			return inbox.Verdict{}, err
		}
		return o.s.InvoiceEvent(ctx, e, o.bank.past[i])
	}}}
	purchases := purchase.New(purchase.Deps{Runner: d, Store: db.PurchaseStore{}, Gateway: people{}, Accounts: accounts, Catalog: shop, Ledger: o.books,
		Jobs: jobs, Events: events, Audit: trail, Log: log, Installation: "ins", Inbox: o.inbox})
	o.s = charge.New(charge.Deps{Runner: d, Store: db.ChargeStore{}, Gateway: o.bank, Accounts: accounts, Catalog: shop, Ledger: o.books,
		Purchases: purchases, Jobs: jobs, Log: log, Installation: "ins"})
	o.s.Collect(map[charge.Of]charge.Kind{of: o.kind()})
	return o
}

func (o *office) kind() charge.Kind {
	return charge.Kind{
		Terms: func(_ tx.Tx, c *charge.Charge) (charge.Terms, error) {
			return charge.Terms{
				Lines: []charge.Line{{Description: "the thing", Price: money.Money{Amount: 600, Currency: "usd"}}, {Description: "its box", Price: money.Money{Amount: 400, Currency: "usd"}}},
				Sells: charge.Sale{Name: "Thing", CreditType: "credits", Credits: 100 * money.Micro, OnIssue: o.things[c.Owner.ID].onIssue},
			}, nil
		},
		Settled: func(_ tx.Tx, c *charge.Charge, _ *purchase.Purchase, _ ledger.PostingID) error {
			o.things[c.Owner.ID].settled++
			return nil
		},
		Declined: func(_ tx.Tx, c *charge.Charge, _ *outcome.Declined) error {
			o.things[c.Owner.ID].declined++
			return nil
		},
		Wanted: func(_ tx.Tx, c *charge.Charge, _ bool) (charge.Reason, error) {
			return o.things[c.Owner.ID].unwanted, nil
		},
		Instead: func(_ tx.Tx, c *charge.Charge, _ *outcome.Declined) (*charge.Method, error) {
			th := o.things[c.Owner.ID]
			if !th.backup {
				return nil, nil
			}
			th.backup = false
			return &charge.Method{ID: "pm_backup", Type: "card"}, nil
		},
		Changed: func(_ tx.Tx, c *charge.Charge, _ charge.State) error {
			o.things[c.Owner.ID].ended = c.State
			return nil
		},
	}
}

func (o *office) begin(i int) charge.Owner {
	w := charge.Owner{Of: of, ID: fmt.Sprintf("thing_%s_%d", o.who, i)}
	th := &thing{sends: o.one(3), onIssue: o.one(3), backup: o.one(3)}
	o.things[w.ID] = th
	c := &charge.Charge{Owner: w, Customer: o.who, Collection: charge.Auto, Price: money.Money{Amount: 1000, Currency: "usd"}, Method: charge.Method{ID: "pm_1", Type: "card"}}
	if th.sends {
		c.Collection, c.Method = charge.Send, charge.Method{}
	}
	o.in(func(t tx.Tx) error {
		_, err := o.s.BeginIn(t, c)
		return err
	})
	return w
}

func (o *office) one(in int) bool { return o.chance.IntN(in) == 0 }

func (o *office) charge(w charge.Owner) (c *charge.Charge) {
	o.in(func(t tx.Tx) (err error) {
		c, err = o.s.Store.Charge(t, w)
		return err
	})
	return c
}

// invoicesOf are Stripe's invoices of a charge.
func (o *office) invoicesOf(w charge.Owner) (out []*charge.Invoice) {
	for _, in := range o.bank.invoices {
		if in.Owner == w && !o.bank.gone[in.ID] {
			out = append(out, in)
		}
	}
	return out
}

// deliver tells of something that happened, now or for the second time: late events say
// how an invoice was.
func (o *office) deliver() {
	if len(o.bank.past) == 0 {
		return
	}
	i := o.chance.IntN(len(o.bank.past))
	if then := o.bank.past[i]; then.PaymentStatus != o.bank.find(then.ID).PaymentStatus { // who reads it late believes it once more
		o.late++
	}
	o.told++
	id := fmt.Sprintf("evt_%s_%d", o.who, o.told)
	_, err := o.inbox.Receive(context.Background(), inbox.Event{ID: id, Type: "invoice.updated", ObjectID: strconv.Itoa(i), CreatedAt: o.at})
	o.ok(err)
	e, err := o.inbox.Replay(context.Background(), audit.System, id)
	o.ok(err)
	if e.State == inbox.Retrying {
		o.t.Errorf("an event was not taken: %s", e.Why)
	}
}

// tick goes on with what is due, one after the other: chance must not depend on threads.
func (o *office) tick() {
	var due []charge.Owner
	o.in(func(t tx.Tx) (err error) {
		due, err = o.s.Store.Due(t, t.Now(), 1000)
		return err
	})
	for _, w := range due {
		if o.things[w.ID] != nil {
			o.ok(o.s.Run(context.Background(), w))
		}
	}
}

// act is something that happens to a charge.
func (o *office) act(w charge.Owner) {
	ctx := context.Background()
	c := o.charge(w)
	switch o.chance.IntN(12) {
	case 0, 1, 2:
		o.ok(o.s.Run(ctx, w))
	case 3:
		o.tick()
	case 4, 5:
		o.deliver()
	case 6:
		for _, in := range o.invoicesOf(w) {
			o.bank.customerPays(in)
		}
	case 7:
		steps := []time.Duration{5 * time.Second, time.Minute, time.Hour, 8 * time.Hour, 25 * time.Hour, 5 * 24 * time.Hour, 9 * 24 * time.Hour}
		if o.deep > 0 { // no call takes a day
			steps = steps[:3]
		}
		o.at = o.at.Add(steps[o.chance.IntN(len(steps))])
		o.bank.decide()
	case 8: // staff, with an invoice that can be paid
		acts := []charge.Act{charge.ActVoid, charge.ActUncollectible, charge.ActRecord}
		if act := acts[o.chance.IntN(len(acts))]; c.Payable() && (c.State != charge.Uncollectible || act != charge.ActUncollectible) && o.things[w.ID].sends {
			o.in(func(t tx.Tx) error { return o.s.ActIn(t, c, act) })
		}
	case 9:
		if !o.things[w.ID].sends && o.one(3) {
			o.things[w.ID].unwanted = "turned_off"
		}
		o.in(func(t tx.Tx) error { return o.s.WakeIn(t, w) })
	case 10:
		if c.State == charge.Open && !o.things[w.ID].sends && o.things[w.ID].unwanted == "" {
			o.in(func(t tx.Tx) error { return o.s.RetryIn(t, w, charge.Method{ID: "pm_2", Type: "card"}) })
		}
	case 11:
		o.bank.silent = o.one(3) && o.bank.faults
	}
}

// check holds a charge that has ended to what it promises.
func (o *office) check(w charge.Owner) {
	o.t.Helper()
	c, th := o.charge(w), o.things[w.ID]
	moved, open, debits := 0, 0, 0
	for _, in := range o.invoicesOf(w) {
		moved += o.bank.moved[in.ID]
		debits += o.bank.onPage[in.ID]
		if in.Status == "open" || in.Status == "draft" {
			open++
		}
	}
	if c.Doing != "" || c.Want != "" || c.LeasedBy != "" {
		o.t.Errorf("%s is not at rest: %+v", w.ID, c)
	}
	paid := c.State == charge.Paid
	switch {
	case !c.State.Final() && c.State != charge.Uncollectible:
		o.t.Errorf("%s has not ended: %+v", w.ID, c)
	case paid != (moved == 1) || moved > 1:
		o.t.Errorf("%s is %s, and money came %d times", w.ID, c.State, moved)
	case paid != (th.settled == 1) || th.settled > 1:
		o.t.Errorf("%s is %s, and was settled %d times", w.ID, c.State, th.settled)
	case th.declined > c.Pays+debits+o.late:
		o.t.Errorf("%s was declined %d times, after %d payments and %d debits on the page", w.ID, th.declined, c.Pays, debits)
	case open > 0:
		o.t.Errorf("%s is %s, and %d invoices can be paid", w.ID, c.State, open)
	case paid != (c.Purchase != ""):
		o.t.Errorf("%s is %s, and became purchase %q", w.ID, c.State, c.Purchase)
	}
	var has money.Credits
	if c.Grant != 0 {
		o.in(func(t tx.Tx) error {
			lot, _, err := o.books.Grant(t, c.Customer, c.Grant)
			has = lot.Remaining
			return err
		})
	}
	if want := map[bool]money.Credits{true: 100 * money.Micro}[paid]; has != want {
		o.t.Errorf("%s is %s, and its credits are %s (on issue: %v, clawed %s)", w.ID, c.State, has, th.onIssue, c.Clawed)
	}
}

// TestEveryChargeEndsOnce: whatever is charged, whatever banks, customers and staff do
// and in whatever order, whichever answers are lost, repeated, late or never given, and
// however the clock runs: each charge ends paid, void, given up or not made; its money
// moved once if it is paid, and never otherwise; its credits came once; and nothing is
// left that could still be paid.
func TestEveryChargeEndsOnce(t *testing.T) {
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var present *office
	d, err := db.Open(t.Context(), freshdb.Path(t), db.Options{Now: func() time.Time {
		if present == nil {
			return clock
		}
		return present.at
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		o := newOffice(t, d, &clock, round)
		present = o
		defer func() { clock = o.at }()
		o.bank.faults = rapid.Bool().Draw(t, "faults")
		var all []charge.Owner
		for i := range rapid.IntRange(1, 3).Draw(t, "charges") {
			all = append(all, o.begin(i))
		}
		o.bank.during = func() { // something else happens while Stripe is at a call
			if o.deep++; o.deep < 3 {
				o.act(all[o.chance.IntN(len(all))])
			}
			o.deep--
		}
		for range rapid.IntRange(5, 60).Draw(t, "acts") {
			o.act(all[o.chance.IntN(len(all))])
		}
		o.settle(all)
		for _, w := range all {
			o.check(w)
		}
	})
}

// settle lets Stripe work and time pass until nothing moves any more: what customers did
// not pay is voided.
func (o *office) settle(all []charge.Owner) {
	o.bank.faults, o.bank.silent, o.bank.during = false, false, nil
	for i := range 60 {
		o.at = o.at.Add(26 * time.Hour)
		o.bank.decide()
		o.tick()
		if i < 40 {
			continue
		}
		for _, w := range all {
			if c := o.charge(w); c.Payable() && c.State == charge.Open && c.Doing == "" && c.Want == "" {
				o.in(func(t tx.Tx) error { return o.s.ActIn(t, c, charge.ActVoid) })
			}
		}
	}
}
