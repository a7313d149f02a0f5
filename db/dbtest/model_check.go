package dbtest

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// ModelCheck runs random commands, in batches, on the ledger and on the model
// beside it, with a clock that steps, mostly forward, and a database that is
// closed and opened again. After each batch every answer and every balance must
// be equal.
func ModelCheck(t *testing.T, opener Opener, operations int, seed uint64) {
	clock := NewClock()
	c := &check{t: t, clock: clock, rng: rand.New(rand.NewPCG(seed, 1)), model: newModel(), opener: opener, purchases: map[ledger.GrantID][]ledger.GrantID{}}
	c.open()
	defer func() { c.o.Close() }()
	for c.done < operations {
		c.step()
	}
	Verify(t, c.o, c.ledger)
	t.Logf("%d operations, seed %d: %d done, %d refused, %d replayed", c.done, seed, c.accepted, c.refused, c.replayed)
	if c.accepted < operations/4 || c.refused < operations/50 || c.replayed == 0 {
		t.Errorf("the run hardly tests anything: %d done, %d refused, %d replayed", c.accepted, c.refused, c.replayed)
	}
}

type check struct {
	t                           *testing.T
	clock                       *Clock
	rng                         *rand.Rand
	model                       *model
	opener                      Opener
	o                           Opened
	ledger                      *ledger.Ledger
	done                        int
	accepted, refused, replayed int
	sent                        []sent
	grants                      []ledger.GrantID
	holds                       []ledger.HoldID
	purchases                   map[ledger.GrantID][]ledger.GrantID // by each of their grants
}

type sent struct {
	key         string
	fingerprint int
	op          ledger.Op
}

func (c *check) open() {
	c.o = c.opener(c.clock.Now)
	c.ledger = NewLedger(c.o)
}

func (c *check) step() {
	switch n := c.rng.IntN(1000); {
	case n < 2:
		c.o.Close()
		c.open()
		return
	case n < 300:
		c.clock.Step(time.Duration(c.rng.Int64N(int64(3 * time.Hour))))
	case n < 310:
		c.clock.Step(-time.Duration(c.rng.Int64N(int64(time.Minute))))
	case n < 315:
		c.clock.Step(31 * 24 * time.Hour)
	}
	var commands []*ledger.Command
	var keys []sent
	for range 1 + c.rng.IntN(24) {
		s := c.any()
		cmd := &ledger.Command{Op: s.op}
		if s.key != "" {
			cmd.Key, cmd.Fingerprint = ledger.NewKey("test", s.key), ledger.Fingerprint{byte(s.fingerprint)}
		}
		commands, keys = append(commands, cmd), append(keys, s)
	}
	results := Apply(c.t, c.o, c.ledger, commands...)
	c.model.now = c.clock.Now().Truncate(time.Microsecond)
	for i, cmd := range commands {
		c.compare(cmd, keys[i], results[i])
	}
	c.done += len(commands)
	c.balances()
}

func (c *check) compare(cmd *ledger.Command, s sent, got ledger.Result) {
	c.t.Helper()
	code := ""
	if got.Refused != nil {
		code = got.Refused.Fault.Code
		c.refused++
	} else {
		c.accepted++
	}
	if code == "hold_ended" || code == "hold_expired" {
		code = "ended"
	}
	want := c.model.decide(cmd, s.key, s.fingerprint, got)
	if got.Replayed {
		c.replayed++
	}
	if code != want {
		c.t.Fatalf("after %d operations, %T %+v (key %q): refused %q, the model says %q", c.done, cmd.Op, cmd.Op, s.key, code, want)
	}
	if code == "" && !got.Replayed {
		if got.Grant != 0 && !slices.Contains(c.grants, got.Grant) {
			c.grants = append(c.grants, got.Grant)
		}
		if _, made := cmd.Op.(ledger.NewHold); made {
			c.holds = append(c.holds, got.Hold)
		}
	}
}

// balances compares every wallet as it would stand if what is due were written, and
// now and then adds everything up.
func (c *check) balances() {
	c.t.Helper()
	for k, w := range c.model.wallets {
		w = w.clone()
		w.settle(c.model.now, time.Time{})
		b := View(c.t, c.o, func(tx tx.Tx) (ledger.Balance, error) { return c.ledger.Balance(tx, k) })
		got := [5]int64{int64(b.Balance), int64(b.Available), int64(b.Held), int64(b.Debt), int64(b.Overdraft)}
		want := [5]int64{w.balance(), w.available("", c.model.now), w.heldSum(), w.debt, w.overdraft}
		if got != want {
			c.t.Fatalf("after %d operations, %v: balance, available, held, debt, overdraft are %v, the model says %v", c.done, k, got, want)
		}
	}
	if c.rng.IntN(100) == 0 {
		Verify(c.t, c.o, c.ledger)
	}
	if c.rng.IntN(20) == 0 {
		for k, w := range c.model.wallets {
			c.postings(k, w)
		}
	}
}

// postings compares the newest postings of a wallet: kind, time and sum.
func (c *check) postings(k ledger.WalletKey, w *mWallet) {
	c.t.Helper()
	const newest = 100
	page := View(c.t, c.o, func(tx tx.Tx) (ledger.Page, error) {
		return c.ledger.Postings(tx, ledger.Query{Wallet: k, Limit: newest})
	})
	if len(page.Postings) != min(newest, len(w.postings)) {
		c.t.Fatalf("after %d operations, %v has %d postings of %d", c.done, k, len(page.Postings), len(w.postings))
	}
	for i, p := range page.Postings {
		want := w.postings[len(w.postings)-1-i]
		sum := int64(0)
		for _, part := range want.parts {
			sum += part.amount
		}
		if p.Kind != want.kind || !p.At.Equal(want.at) || int64(p.Amount) != sum {
			c.t.Fatalf("after %d operations, %s is %s of %s at %s, the model says %s of %d at %s", c.done, p.ID, p.Kind, p.Amount, p.At, want.kind, sum, want.at)
		}
	}
}

// purchase is one or two grants of a wallet that are clawed together, always.
func (c *check) purchase() []ledger.GrantID {
	g := c.grants[max(0, len(c.grants)-1-c.rng.IntN(30))]
	if known := c.purchases[g]; known != nil {
		return known
	}
	both := []ledger.GrantID{g}
	w, _ := c.model.lot(g)
	if other := w.lots[c.rng.IntN(len(w.lots))].id; other != g && c.purchases[other] == nil {
		both = append(both, other)
	}
	for _, id := range both {
		c.purchases[id] = both
	}
	return both
}

// any makes a random command; one in ten is an old one again.
func (c *check) any() sent {
	if len(c.sent) > 0 && c.rng.IntN(10) == 0 {
		s := c.sent[c.rng.IntN(len(c.sent))]
		if c.rng.IntN(4) == 0 {
			s.fingerprint++
		}
		return s
	}
	s := sent{op: c.op()}
	if c.rng.IntN(3) > 0 {
		s.key = fmt.Sprint(c.done, "-", c.rng.Uint64())
		c.sent = append(c.sent, s)
		if len(c.sent) > 500 {
			c.sent = c.sent[250:]
		}
	}
	return s
}

var (
	testWallets = []ledger.WalletKey{{Customer: "cus_a", CreditType: "credits"}, {Customer: "cus_b", CreditType: "credits"}, {Customer: "cus_a", CreditType: "minutes"}}
	testMeters  = []string{"input", "output", "tools"}
)

func (c *check) op() ledger.Op {
	w := testWallets[c.rng.IntN(len(testWallets))]
	now := c.clock.Now().Truncate(time.Microsecond)
	switch n := c.rng.IntN(100); {
	case n < 45:
		return c.debit(w)
	case n < 60:
		g := ledger.NewGrant{Wallet: w, Credits: c.amount(20), Kind: ledger.Kinds()[c.rng.IntN(4)], Priority: 40 + 10*c.rng.IntN(3)}
		if c.rng.IntN(2) == 0 {
			g.ExpiresAt = now.Add(time.Hour + c.some(48*time.Hour))
		}
		if c.rng.IntN(6) == 0 {
			g.EffectiveAt = now.Add(c.some(time.Hour))
		}
		if c.rng.IntN(4) == 0 {
			g.Meters = testMeters[:1+c.rng.IntN(2)]
		}
		if g.Kind == ledger.Paid {
			g.Paid = money.Money{Amount: c.rng.Int64N(500), Currency: "usd"}
		}
		return g
	case n < 70:
		return ledger.NewHold{Wallet: w, Credits: c.amount(5), ExpiresAt: now.Add(time.Minute + c.some(12*time.Hour))}
	case n < 82 && len(c.holds) > 0:
		i := max(0, len(c.holds)-1-c.rng.IntN(40))
		if c.rng.IntN(3) == 0 {
			return ledger.Release{Hold: c.holds[i]}
		}
		return ledger.Capture{Hold: c.holds[i], Credits: c.amount(6)}
	case n < 84 && len(c.grants) > 0:
		return ledger.Void{Grant: c.grants[max(0, len(c.grants)-1-c.rng.IntN(30))]}
	case n < 86 && len(c.grants) > 0:
		return ledger.Clawback{Grants: c.purchase(), Credits: c.amount(3) * money.Credits(1-2*c.rng.IntN(2)), Kind: ledger.PostRefund}
	case n < 88:
		return ledger.Adjust{Wallet: w, Credits: c.amount(4) * money.Credits(1-2*c.rng.IntN(2))}
	case n < 92:
		last := int64(len(c.model.wallet(w).postings))
		return ledger.Adjust{Wallet: w, Credits: c.amount(2), Corrects: max(1, last-c.rng.Int64N(20))}
	case n < 96:
		return ledger.Transfer{From: testWallets[c.rng.IntN(2)], To: ledger.WalletKey{Customer: "cus_c", CreditType: "credits"}, Credits: c.amount(5)}
	case n < 98:
		return ledger.SetOverdraft{Wallet: w, Limit: c.amount(3)}
	default:
		return ledger.Settle{Wallet: w}
	}
}

func (c *check) debit(w ledger.WalletKey) ledger.Op {
	d := ledger.Debit{Record: c.rng.IntN(4) == 0, Event: fmt.Sprint(c.rng.Uint64()), EventName: "test"}
	if c.rng.IntN(2) == 0 { // work of some hours ago
		d.EventAt = c.clock.Now().Truncate(time.Microsecond).Add(-c.some(24 * time.Hour))
		d.Grace = []time.Duration{0, time.Hour, 36 * time.Hour}[c.rng.IntN(3)]
	}
	for _, k := range testWallets {
		if k != w && (k.Customer != w.Customer || c.rng.IntN(3) > 0) {
			continue
		}
		ch := ledger.Charge{Wallet: k}
		for _, m := range testMeters[:1+c.rng.IntN(3)] {
			line := ledger.Line{Meter: m, Credits: c.amount(3)}
			switch c.rng.IntN(6) {
			case 0:
				line.Credits = 0
			case 1, 2: // by the exact costs of a rate, of which many are below a micro-credit
				line.Rate, line.Credits = fmt.Sprint("rate_", c.rng.IntN(3)), 0
				part := big.NewRat(c.rng.Int64N(3_000_000), []int64{1, 7, 1000, 1_000_000}[c.rng.IntN(4)])
				line.Cost = money.ExactRat(part)
			}
			ch.Lines = append(ch.Lines, line)
		}
		d.Charges = append(d.Charges, ch)
	}
	return d
}

// some is a part of a duration, in whole microseconds.
func (c *check) some(d time.Duration) time.Duration {
	return time.Duration(c.rng.Int64N(int64(d))).Truncate(time.Microsecond)
}

// amount is up to n credits, mostly odd micro-credits, sometimes round.
func (c *check) amount(n int64) money.Credits {
	if c.rng.IntN(3) == 0 {
		return money.Credits(1+c.rng.Int64N(n)) * money.Micro
	}
	return money.Credits(1 + c.rng.Int64N(n*money.Micro))
}
