package recharge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/billing/words"
)

// cause is why a policy is looked at.
type cause int

const (
	byUsage cause = iota // usage, a hold, or a request refused for lack of credits
	byAct                // the customer enabled, changed or resumed it
	byTime               // it waited for a time
	byOther              // an adjustment, expiry, refund or dispute: it waits for usage
)

// verdict is what to do about a policy now.
type verdict struct {
	run     bool
	pause   Reason
	capped  bool
	until   time.Time // when to look again, zero for when something happens
	note    string
	waits   Waits         // what the note is about
	credits money.Credits // that a run would buy
	price   money.Money
	pack    string
	expires int

	bonus     money.Credits
	bonusDays int
}

// waitsForUsage is the note of a policy whose balance fell for another reason.
const waitsForUsage = "The balance fell without usage, by a correction, expiry or refund. The next usage starts a recharge."

// judge says whether a policy's balance calls for a recharge, and whether one
// may run. It writes nothing.
func (s *Service) judge(t tx.Tx, p *Policy) (below bool, v verdict, err error) {
	key := ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}
	b, err := s.Ledger.Balance(t, key)
	if err != nil || b.Available > p.Threshold {
		return false, v, err
	}
	v, err = s.mayRun(t, p, b.Available)
	return true, v, err
}

func (s *Service) mayRun(t tx.Tx, p *Policy, available money.Credits) (v verdict, err error) {
	now := t.Now()
	c, err := s.Accounts.CustomerIn(t, p.Customer)
	if err != nil {
		return v, err
	}
	if c.Status != account.Active {
		v.note, v.until = "The account is suspended.", now.Add(time.Hour)
		return v, nil
	}
	if v.note, err = s.coming(t, p, c, available); err != nil || v.note != "" {
		v.waits = WaitsPayment
		v.until = now.Add(CheckoutWait)
		return v, err
	}
	open, err := s.Purchases.Open(t, p.Customer)
	if err != nil {
		return v, err
	}
	if open != nil && open.CreditType == p.CreditType && open.CreatedAt.Add(CheckoutWait).After(now) {
		v.until = open.CreatedAt.Add(CheckoutWait)
		v.note = "Waiting for your Checkout until " + v.until.In(c.Location()).Format("15:04 MST") + "."
		return v, nil
	}
	ok, err := s.price(t, p, available, &v)
	if err != nil {
		return v, err
	}
	if !ok {
		if v.pause == "" {
			v.pause = PriceChanged
		}
		return v, nil
	}
	return v, s.limits(t, p, c, &v)
}

// coming says which purchases are being paid that will lift the balance over the
// threshold, and by when, "" when none are: nothing is bought meanwhile.
func (s *Service) coming(t tx.Tx, p *Policy, c *account.Customer, available money.Credits) (string, error) {
	pending, err := s.Purchases.Pending(t, p.Customer, p.CreditType)
	if err != nil || len(pending) == 0 {
		return "", err
	}
	sum := available
	for _, one := range pending {
		if sum, err = sum.Add(one.Brings()); err != nil {
			return "", nil // more than can be counted: nobody knows
		}
	}
	if sum <= p.Threshold {
		return "", nil
	}
	first := pending[len(pending)-1] // that was begun first
	w, err := s.Purchases.Waits(t, first.ID)
	if err != nil {
		return "", err
	}
	if w == nil {
		w = &purchase.Wait{Due: first.Price.Amount, Since: first.CreatedAt}
	}
	text := card.Awaited(words.Minor(w.Due, first.Price.Currency), w.Method, w.Since, t.Now(), c.Location())
	if w.Method == "" {
		text = "Waiting for a payment of " + words.Minor(w.Due, first.Price.Currency) + ", started on " + w.Since.In(c.Location()).Format("2 January 2006 MST") + "."
	}
	return text + " Its credits will do: nothing is bought automatically meanwhile.", nil
}

// price is what a run costs today: never more than was consented to. It answers
// false when the pack is gone, is dearer or brings less.
func (s *Service) price(t tx.Tx, p *Policy, available money.Credits, v *verdict) (bool, error) {
	pack := s.Catalog.Snapshot().Pack(p.Pack)
	if pack == nil || pack.Archived() || pack.CreditType != p.CreditType || (pack.Any != nil) != (p.Target > 0) {
		return false, nil
	}
	currency := p.Price.Currency
	now, fixed, err := s.Accounts.CurrencyIn(t, p.Customer)
	if err != nil || (fixed && now != currency) {
		v.pause = OtherCurrency
		return false, err
	}
	var b bought
	agreed := bought{credits: p.Credits, bonus: p.Bonus, price: p.Price}
	if p.Target > 0 {
		b, agreed, err = upTo(pack, p, available, currency)
	} else {
		b, err = several(pack, p.Quantity, currency)
	}
	if _, refused := fault.As(err); refused {
		return false, nil
	}
	v.price, v.credits, v.pack, v.expires, v.bonus, v.bonusDays = b.price, b.credits, pack.Name, pack.ExpiresAfterDays, b.bonus, b.bonusDays
	if purchase.TaxComesOnTop(p.TaxBehavior, s.taxNow(pack)) {
		return false, nil
	}
	return err == nil && v.price.Amount <= agreed.price.Amount && v.credits+v.bonus >= agreed.credits+agreed.bonus, err
}

// limits checks cool-down, the day's count and the month's cap.
func (s *Service) limits(t tx.Tx, p *Policy, c *account.Customer, v *verdict) error {
	now := t.Now()
	last, err := s.Store.LastAt(t, p.Customer, p.CreditType)
	if err != nil {
		return err
	}
	clock := func(at time.Time) string { return at.In(c.Location()).Format("2 January 15:04 MST") }
	if next := last.Add(p.Cooldown); !last.IsZero() && next.After(now) {
		v.until, v.note = next, fmt.Sprintf("At most one recharge in %s. The next may run %s.", span(p.Cooldown), clock(next))
		return nil
	}
	day, nextDay := dayOf(now, c.Location())
	_, runs, err := s.Store.Spent(t, p.Customer, p.CreditType, p.Price.Currency, day, "")
	if err != nil {
		return err
	}
	if runs >= p.PerDay {
		v.until, v.note = nextDay, fmt.Sprintf("The day's limit of %d is reached. The next may run %s.", p.PerDay, clock(nextDay))
		return nil
	}
	month, nextMonth := monthOf(now, c.Location())
	spent, _, err := s.Store.Spent(t, p.Customer, p.CreditType, p.Price.Currency, month, "")
	if err != nil {
		return err
	}
	if spent+v.price.Amount > p.Cap {
		v.capped, v.until = true, nextMonth
		if v.price.Amount > p.Cap { // up to a level, from far below it
			v.note = fmt.Sprintf("To come back up to the level would cost %s, more than the cap of %s a month: raise the cap, or buy a pack.",
				words.Minor(v.price.Amount, p.Price.Currency), words.Minor(p.Cap, p.Price.Currency))
			return nil
		}
		v.note = fmt.Sprintf("The month's cap is reached: %s of %s are spent. Recharges go on %s.", words.Minor(spent, p.Price.Currency), words.Minor(p.Cap, p.Price.Currency), clock(nextMonth))
		return nil
	}
	v.run = true
	return nil
}

// span writes a duration as people say it.
func span(d time.Duration) string {
	n, unit := int(d/time.Minute), "minute"
	switch {
	case d%(24*time.Hour) == 0:
		n, unit = int(d/(24*time.Hour)), "day"
	case d%time.Hour == 0:
		n, unit = int(d/time.Hour), "hour"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func dayOf(now time.Time, l *time.Location) (from, to time.Time) {
	y, m, d := now.In(l).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, l).UTC(), time.Date(y, m, d+1, 0, 0, 0, 0, l).UTC()
}

func monthOf(now time.Time, l *time.Location) (from, to time.Time) {
	y, m, _ := now.In(l).Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, l).UTC(), time.Date(y, m+1, 1, 0, 0, 0, 0, l).UTC()
}

// Evaluate looks at the policy of a wallet, if it has one, as after usage.
func (s *Service) Evaluate(ctx context.Context, customer, creditType string) error {
	return s.evaluate(ctx, customer, creditType, byUsage)
}

func (s *Service) evaluateJob(ctx context.Context, j job.Job) error {
	var c ledger.Crossing
	if err := j.Decode(&c); err != nil {
		return job.Permanent(err)
	}
	if c.Quiet { // work of the past starts none
		return nil
	}
	why := byOther
	if c.Usage {
		why = byUsage
	}
	return s.evaluate(ctx, c.Customer, c.CreditType, why)
}

func (s *Service) evaluate(ctx context.Context, customer, creditType string, why cause) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Policy(t, customer, creditType)
		if errors.Is(err, tx.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.evaluateIn(t, p, why)
	})
}

// evaluateIn begins a recharge where one is due, and writes why not otherwise.
// It is the only place where one begins.
func (s *Service) evaluateIn(t tx.Tx, p *Policy, why cause) error {
	if p.State == Off || p.State == Paused || (p.State == Capped && p.NextAt.After(t.Now()) && why != byAct) {
		return nil
	}
	switch _, err := s.Store.OpenOf(t, p.Customer, p.CreditType); {
	case err == nil:
		return nil // what is pending counts: it must end first
	case !errors.Is(err, tx.ErrNotFound):
		return err
	}
	below, v, err := s.judge(t, p)
	if err != nil {
		return err
	}
	before := *p
	p.State, p.Reason, p.Note, p.Waits, p.NextAt = Armed, "", v.note, v.waits, v.until
	switch {
	case !below:
	case why == byOther:
		if p.NextAt = (time.Time{}); v.waits != WaitsPayment {
			p.Note, p.Waits = waitsForUsage, WaitsUsage
		}
		if err := s.watch(t, p); err != nil {
			return err
		}
	case v.pause != "":
		return s.pauseIn(t, p, nil, v.pause, "")
	case v.capped:
		p.State = Capped
		if before.State != Capped {
			if err := s.tellCapped(t, p); err != nil {
				return err
			}
		}
	case v.run:
		if err := s.begin(t, p, v); err != nil {
			return err
		}
	}
	if *p == before {
		return nil
	}
	p.UpdatedAt = t.Now()
	return s.Store.PutPolicy(t, p)
}

// begin writes a recharge, which is collected from now on.
func (s *Service) begin(t tx.Tx, p *Policy, v verdict) error {
	r := &Recharge{
		ID: id.New("rch", t.Now()), Policy: p.ID, CreditType: p.CreditType, Pack: p.Pack, PackName: v.pack, Quantity: p.Quantity,
		Credits: v.credits, ExpiresAfterDays: v.expires, Bonus: v.bonus, BonusDays: v.bonusDays,
	}
	r.Charge = charge.Charge{Owner: owner(r.ID), Customer: p.Customer, Slot: Slot(p.Customer, p.CreditType), Collection: charge.Auto, Price: v.price, Method: p.Method}
	for _, m := range []string{p.Method.Type, p.Backup.Type} {
		if m != "" && !slices.Contains(r.Types, m) {
			r.Types = append(r.Types, m)
		}
	}
	ok, err := s.Charges.BeginIn(t, &r.Charge)
	if err != nil || !ok {
		return err
	}
	if err := s.Store.Insert(t, r); err != nil {
		return err
	}
	p.State, p.Note, p.NextAt = Charging, "", time.Time{}
	return nil
}

// watch arms the ledger's watch of a policy: the next change of the wallet that
// leaves it at the threshold or below evaluates the policy.
func (s *Service) watch(t tx.Tx, p *Policy) error {
	key := ledger.WalletKey{Customer: p.Customer, CreditType: p.CreditType}
	b, err := s.Ledger.Balance(t, key)
	if err != nil {
		return err
	}
	if b.Wallet == 0 { // there is none yet: this makes it
		if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.SetOverdraft{Wallet: key}}); err != nil {
			return err
		}
		if b, err = s.Ledger.Balance(t, key); err != nil {
			return err
		}
	}
	return s.Ledger.PutWatch(t, ledger.Watch{ID: p.ID, Wallet: b.Wallet, Level: p.Threshold, Rearm: p.Threshold + 1, State: ledger.WatchArmed, JobKind: JobEvaluate})
}
