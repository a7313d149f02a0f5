package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/db"
	"purse/handlers/sandbox"
)

// demo is the demo's data: plainly made up, and made once for each database.
type demo struct {
	key   string
	links []demoLink
	who   []demoCustomer

	mu   sync.Mutex
	upTo map[string]time.Time // until when each customer's usage is written
}

type demoLink struct{ name, secret string }

// demoCustomer is a customer with how much it uses.
type demoCustomer struct {
	key, name, email string
	history          money.Credits // granted at the start of the history, used up by now but for leave
	leave            money.Credits // what the history leaves
	buys             int           // packs bought at the end of it, through the sandbox
	least            money.Credits // below it more credits come, 0 for never
	allowance        money.Credits // that comes every allowanceEvery and is used at once, 0 for none
}

// hourly is what a customer uses in an hour that is neither busy nor quiet, in
// credits: as in its history.
func (c demoCustomer) hourly() float64 {
	var busyHours float64
	for h := range int(demoHistory / time.Hour) { // any two weeks are alike
		busyHours += busy(time.Unix(0, 0).UTC().Add(time.Duration(h) * time.Hour))
	}
	return float64(c.history-c.leave) / money.Micro / busyHours
}

const (
	// demoPassword is everybody's: some acts ask for it again.
	demoPassword = "purse demo password"
	demoAdmin    = "admin@demo.example"

	demoEvent   = "llm.completion"
	demoHistory = 14 * 24 * time.Hour
)

func demoCustomers() []demoCustomer {
	return []demoCustomer{
		{key: "demo-healthy", name: "Demo Healthy Inc", email: "healthy@demo.example", history: money.MustCredits("9000"), leave: money.MustCredits("1840"), buys: 2, least: money.MustCredits("3000")},
		{key: "demo-low", name: "Demo Running Low Ltd", email: "low@demo.example", history: money.MustCredits("2500"), leave: money.MustCredits("96"), least: money.MustCredits("40")},
		{key: "demo-empty", name: "Demo Empty GmbH", email: "empty@demo.example", history: money.MustCredits("1000"), allowance: money.MustCredits("6")},
	}
}

// seed makes the demo's catalog, customers and history in a new database, and
// new links and a new key at each start.
func seed(ctx context.Context, a *app, clock settable) (*demo, error) {
	d := &demo{who: demoCustomers(), upTo: map[string]time.Time{}}
	var seeded string
	err := a.db.View(ctx, func(t tx.Tx) (err error) { seeded, err = db.Installation{}.Get(t, "demo"); return err })
	if err != nil {
		return nil, err
	}
	if seeded == "" {
		if err := d.make(ctx, a, clock); err != nil {
			return nil, err
		}
	}
	if err := d.signInLinks(ctx, a); err != nil {
		return nil, err
	}
	_, d.key, err = a.accounts.CreateKey(ctx, audit.Actor{ID: "demo"}, account.NewKey{
		Name: "Demo traffic", Scopes: []account.Scope{account.ScopeUsage, account.ScopeRead},
	})
	return d, err
}

func (d *demo) make(ctx context.Context, a *app, clock settable) error {
	start := time.Now().Add(-demoHistory).Truncate(time.Hour)
	clock.set(start)
	defer clock.set(time.Time{})
	if err := demoCatalog(ctx, a.catalog); err != nil {
		return err
	}
	admin, err := demoUser(ctx, a, demoAdmin, "Demo Admin", account.Admin)
	if err != nil {
		return err
	}
	for i, c := range d.who {
		if err := d.customer(ctx, a, clock, c, admin, start.Add(time.Duration(i)*time.Minute)); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		clock.set(start)
	}
	clock.set(time.Time{})
	for _, c := range d.who {
		if err := d.purchases(ctx, a, c); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	if err := d.moneyIn(ctx, a); err != nil {
		return err
	}
	return a.db.Update(ctx, func(t tx.Tx) error { return db.Installation{}.Put(t, "demo", "1") })
}

func demoUser(ctx context.Context, a *app, email, name string, staff account.StaffRole) (string, error) {
	u, err := a.accounts.CreateVerifiedUser(ctx, email, name, demoPassword, staff)
	if err != nil {
		if known, e := a.accounts.UserByEmail(ctx, email); e == nil {
			return known.ID, nil
		}
	}
	return u.ID, err
}

func demoCatalog(ctx context.Context, c *catalog.Service) error {
	by := audit.Actor{ID: "demo"}
	var errs []error
	_, err := c.CreateCreditType(ctx, by, catalog.NewCreditType{
		Key: "credits", Name: "API credits", Description: "What requests to the demo API cost.", Unit: "credit", Units: "credits", Decimals: 2,
	})
	errs = append(errs, err)
	for _, m := range []string{"input_tokens", "output_tokens"} {
		_, err := c.CreateMeter(ctx, by, catalog.NewMeter{Key: m, Event: demoEvent, Aggregation: catalog.Sum, Property: m})
		errs = append(errs, err)
	}
	for _, r := range []catalog.NewRate{
		{Meter: "input_tokens", CreditType: "credits", Credits: "0.3", Per: 1000},
		{Meter: "output_tokens", CreditType: "credits", Credits: "1.5", Per: 1000},
		{Meter: "input_tokens", CreditType: "credits", Credits: "1.5", Per: 1000, Match: map[string]string{"model": "large"}},
		{Meter: "output_tokens", CreditType: "credits", Credits: "7.5", Per: 1000, Match: map[string]string{"model": "large"}},
	} {
		_, err := c.CreateRate(ctx, by, r)
		errs = append(errs, err)
	}
	for _, p := range []catalog.NewPack{
		{Name: "Starter", Credits: money.MustCredits("1000"), Price: money.Money{Amount: 1000, Currency: "usd"}, ExpiresAfterDays: 365},
		{Name: "Team", Credits: money.MustCredits("2600"), Price: money.Money{Amount: 2500, Currency: "usd"}, ExpiresAfterDays: 365},
		{Name: "Business", Credits: money.MustCredits("11000"), Price: money.Money{Amount: 10000, Currency: "usd"}, ExpiresAfterDays: 365},
		{Name: "Scale", Credits: money.MustCredits("60000"), Price: money.Money{Amount: 50000, Currency: "usd"}},
		{Name: "Any amount", Any: &catalog.Range{Min: money.MustCredits("500"), Max: money.MustCredits("250000"), Step: money.MustCredits("100")}, ExpiresAfterDays: 365,
			Prices: []catalog.Price{
				{Currency: "usd", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: money.MustCredits("5000"), Unit: "0.01"}, {UpTo: money.MustCredits("50000"), Unit: "0.009"}, {Unit: "0.008"}}},
				{Currency: "jpy", Model: catalog.Graduated, Tiers: []catalog.Tier{{UpTo: money.MustCredits("5000"), Unit: "1.5"}, {UpTo: money.MustCredits("50000"), Unit: "1.35"}, {Unit: "1.2"}}},
			},
			Bonuses: []catalog.Bonus{{From: money.MustCredits("10000"), Percent: "5", ExpiresAfterDays: 90}}},
	} {
		p.CreditType = "credits"
		_, err := c.CreatePack(ctx, by, p)
		errs = append(errs, err)
	}
	for _, err := range errs {
		// A start that was stopped in the middle is gone on with.
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return nil
}

// customer makes one with its user and its history.
func (d *demo) customer(ctx context.Context, a *app, clock settable, c demoCustomer, admin string, start time.Time) error {
	user, err := demoUser(ctx, a, c.email, c.name+" owner", account.NoStaff)
	if err != nil {
		return err
	}
	customer, err := a.accounts.Customer(ctx, "ext:"+c.key)
	if err != nil {
		customer, err = a.accounts.CreateCustomer(ctx, audit.Actor{ID: "demo"}, account.NewCustomer{
			Name: c.name, Email: c.email, ExternalID: c.key, Timezone: "UTC", Owner: user,
		})
	}
	if err != nil {
		return err
	}
	wallet := ledger.WalletKey{Customer: customer.ID, CreditType: "credits"}
	by := ledger.Note{Actor: admin, Reason: "Demo: credits to start with"}
	err = a.db.Update(ctx, func(t tx.Tx) error {
		_, err := a.ledger.ApplyOne(t, &ledger.Command{Key: ledger.NewKey("demo", c.key), Note: by, Op: ledger.NewGrant{
			Wallet: wallet, Credits: c.history, Kind: ledger.Promotional, Priority: ledger.DefaultPriority, Ref: "",
			ExpiresAt: start.Add(demoHistory + 20*24*time.Hour),
		}})
		return err
	})
	if err != nil {
		return err
	}
	if c.key == "demo-low" {
		if err := demoLevels(ctx, a, wallet, user); err != nil {
			return err
		}
	}
	return d.history(ctx, a, clock, c, wallet, start)
}

// demoLevels gives a customer an alert of its own, which its history crosses,
// and a limit.
func demoLevels(ctx context.Context, a *app, k ledger.WalletKey, user string) error {
	by := audit.Actor{ID: user}
	_, err := a.alerts.Create(ctx, by, k.Customer, alert.New{CreditType: k.CreditType, Kind: alert.Below, Credits: money.MustCredits("100")})
	if err != nil && !fault.Is(err, fault.Conflict) {
		return err
	}
	_, err = a.alerts.SetLimit(ctx, by, k.Customer, alert.NewLimit{CreditType: k.CreditType, Period: alert.Month, Credits: money.MustCredits("8000"), Hard: true})
	return err
}

// purchases buys what a customer has bought, once all history is written: the
// webhooks that follow are of today.
func (d *demo) purchases(ctx context.Context, a *app, c demoCustomer) error {
	customer, err := a.accounts.Customer(ctx, "ext:"+c.key)
	if err != nil {
		return err
	}
	user, err := a.accounts.UserByEmail(ctx, c.email)
	if err != nil {
		return err
	}
	for n := range c.buys {
		if err := demoPurchase(ctx, a, customer.ID, user.ID, []string{"Team", "Starter"}[n%2], fmt.Sprint("demo-", n)); err != nil {
			return fmt.Errorf("purchase: %w", err)
		}
	}
	return nil
}

// history meters two weeks of requests, hour by hour, with busy days and quiet
// nights, and ends with as much left as the customer's case shows.
func (d *demo) history(ctx context.Context, a *app, clock settable, c demoCustomer, wallet ledger.WalletKey, start time.Time) error {
	rng := rand.New(rand.NewPCG(uint64(len(c.key)), 7))
	owed := 0.0 // what the hours so far should have used more
	for h := range int(demoHistory / time.Hour) {
		// What is used in an hour is booked in it: booked in the next, it would look
		// like twice as much.
		at := start.Truncate(time.Hour).Add(time.Duration(h) * time.Hour)
		clock.set(at.Add(59 * time.Minute))
		left, err := demoAvailable(ctx, a, wallet)
		if err != nil {
			return err
		}
		spare := float64(left-c.leave) / money.Micro
		budget := c.hourly() * busy(at)
		requests := randomRequests(rng, min(budget*(0.8+0.4*rng.Float64())+owed, spare))
		owed += budget - costOf(requests)
		var events []usage.Event
		for n, r := range requests {
			events = append(events, must(r.event(fmt.Sprintf("%s-h%d-%d", c.key, h, n), wallet.Customer, at.Add(time.Duration(3*60+rng.IntN(55*60))*time.Second)))...)
			events[n].Caller = demoCallers[rng.IntN(len(demoCallers))]
		}
		if err := reportAll(ctx, a, events); err != nil {
			return err
		}
	}
	clock.set(start.Add(demoHistory))
	left, err := demoAvailable(ctx, a, wallet)
	if err != nil || left <= c.leave {
		return err
	}
	return d.useUp(ctx, a, wallet, left-c.leave, c.leave, c.key)
}

// reportAll books usage that is there already.
func reportAll(ctx context.Context, a *app, events []usage.Event) error {
	for part := range slices.Chunk(events, usage.MaxBatch) {
		outcomes, err := a.usage.Report(ctx, usage.Reporter{MayBackdate: true}, part)
		if err != nil {
			return err
		}
		for _, o := range outcomes {
			if o.Err != nil && !fault.Is(o.Err, fault.NoCredits) {
				return o.Err
			}
		}
	}
	return nil
}

// useUp meters one last large request that leaves exactly what is to be left.
func (d *demo) useUp(ctx context.Context, a *app, wallet ledger.WalletKey, amount, leave money.Credits, key string) error {
	r := request{model: "large", input: int64(amount) / largeIn}
	outcomes, err := a.usage.Report(ctx, usage.Reporter{MayBackdate: true}, must(r.event(key+"-last", wallet.Customer, a.now())))
	if err == nil && len(outcomes) == 1 && outcomes[0].Err != nil && !fault.Is(outcomes[0].Err, fault.NoCredits) {
		err = outcomes[0].Err
	}
	if err != nil || leave > 0 {
		return err
	}
	// A token costs more than what is left now.
	return a.db.Update(ctx, func(t tx.Tx) error {
		left, err := a.ledger.AvailableTo(t, wallet, "")
		if err != nil || left <= 0 {
			return err
		}
		_, err = a.ledger.ApplyOne(t, &ledger.Command{Op: ledger.Adjust{Wallet: wallet, Credits: -left}, Note: ledger.Note{Actor: "demo", Reason: "Demo: the last fraction"}})
		return err
	})
}

func demoAvailable(ctx context.Context, a *app, wallet ledger.WalletKey) (c money.Credits, err error) {
	err = a.db.View(ctx, func(t tx.Tx) error { c, err = a.ledger.AvailableTo(t, wallet, ""); return err })
	return c, err
}

// busy is how much of the usual happens in an hour: days and nights, weekends.
func busy(at time.Time) float64 {
	f := 1 + 0.6*math.Sin(float64(at.Hour()-9)/24*2*math.Pi)
	if at.Weekday() == time.Saturday || at.Weekday() == time.Sunday {
		f *= 0.7
	}
	return f
}

// request is a request to a language model, with sizes as real ones have: many
// short ones and a long tail, far more input than output.
type request struct {
	model         string
	input, output int64
}

func randomRequest(rng *rand.Rand) request {
	lognormal := func(median, sigma float64, most int64) int64 {
		return min(max(int64(median*math.Exp(sigma*rng.NormFloat64())), 1), most)
	}
	r := request{model: "small", input: lognormal(950, 0.7, 4_000), output: lognormal(70, 0.8, 400)}
	if rng.IntN(6) == 0 {
		r.model = "large"
	}
	return r
}

// usualCost is about what a random request costs on average, in credits.
const usualCost = 0.82

// randomRequests are as many as cost about so many credits, on average.
func randomRequests(rng *rand.Rand, credits float64) (out []request) {
	for credits > 0 {
		r := randomRequest(rng)
		if c := r.cost(); c > credits && rng.Float64() > credits/c { // the last one, or none
			break
		}
		credits -= r.cost()
		out = append(out, r)
	}
	return out
}

func costOf(requests []request) (sum float64) {
	for _, r := range requests {
		sum += r.cost()
	}
	return sum
}

// Micro-credits that a token of input and one of output cost, as demoCatalog has it.
const (
	smallIn, smallOut = 300, 1500
	largeIn, largeOut = 1500, 7500
)

// micro is what the request costs, in micro-credits: the rates are whole ones a token.
func (r request) micro() int64 {
	if r.model == "large" {
		return r.input*largeIn + r.output*largeOut
	}
	return r.input*smallIn + r.output*smallOut
}

// cost is what the request costs in credits.
func (r request) cost() float64 { return float64(r.micro()) / money.Micro }

func (r request) properties() map[string]any {
	return map[string]any{"model": r.model, "input_tokens": r.input, "output_tokens": r.output}
}

// event is the request as usage takes it in.
func (r request) event(eventID, customer string, at time.Time) ([]usage.Event, error) {
	body, err := json.Marshal(map[string]any{
		"id": eventID, "customer": customer, "event": demoEvent, "timestamp": at.Format(time.RFC3339Nano), "properties": r.properties(),
	})
	if err != nil {
		return nil, err
	}
	events, _, err := usage.ParseEvents(body)
	return events, err
}

// must is for what is made here and cannot be wrong.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// demoPurchase buys a pack as a customer would: Checkout, a test card, and the
// signed webhook that follows.
func demoPurchase(ctx context.Context, a *app, customer, user, name, key string) error {
	var pack *catalog.Pack
	for _, p := range a.catalog.Snapshot().OnSale() {
		if p.Name == name {
			pack = p
		}
	}
	if pack == nil {
		return errors.New("the demo's packs are gone")
	}
	p, err := a.purchases.Begin(ctx, audit.Actor{ID: user}, purchase.Begin{Customer: customer, Pack: pack.ID, Key: key})
	if err != nil {
		return err
	}
	if err := payInSandbox(ctx, a.sandboxURL, p.CheckoutSession, "pm_card_visa", p.Price.Amount); err != nil {
		return err
	}
	_, err = a.purchases.FulfilBySession(ctx, p.CheckoutSession)
	return err
}

func (d *demo) signInLinks(ctx context.Context, a *app) error {
	people := []struct{ name, email string }{{"Admin", demoAdmin}}
	for _, c := range d.who {
		people = append(people, struct{ name, email string }{map[string]string{
			"demo-healthy": "Healthy", "demo-low": "Running low", "demo-empty": "Empty",
		}[c.key], c.email})
	}
	var list []sandbox.Person
	for _, p := range people {
		u, err := a.accounts.UserByEmail(ctx, p.email)
		if err != nil {
			return err
		}
		secret, err := a.accounts.SignInLink(ctx, u.ID)
		if err != nil {
			return err
		}
		d.links = append(d.links, demoLink{p.name, secret})
		list = append(list, sandbox.Person{Name: p.name, Email: p.email})
	}
	a.sandbox.SetPeople(sandbox.People{List: list, Link: func(ctx context.Context, email string) (string, error) {
		u, err := a.accounts.UserByEmail(ctx, email)
		if err != nil {
			return "", err
		}
		secret, err := a.accounts.SignInLink(ctx, u.ID)
		return a.settings.PublicURL + account.LinkSignIn.Path(secret), err
	}})
	return nil
}
