package recharge

import (
	"context"
	"errors"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/words"
)

// Settings are what a customer chooses.
type Settings struct {
	Customer, CreditType string
	Threshold            money.Credits
	Pack                 string
	Quantity             int // 1 when 0
	// Target is the level to bring the balance back up to, with a pack for any
	// amount; 0 for packs of fixed size.
	Target money.Credits
	// Price is what the customer saw for one recharge before tax, and consents
	// to. Saving is refused when it is not today's.
	Price    money.Money
	Cap      money.Money   // a calendar month, tax included
	PerDay   int           // DefaultPerDay when 0
	Cooldown time.Duration // DefaultCooldown when 0
	Method   string        // the id of a saved payment method
	Backup   string        // another, "" for none
	// Consented says that the box beside ConsentText was ticked; Version is the
	// text that was shown.
	Consented bool
	Version   string
	From      account.From
}

// Preview is what saving settings would do now.
type Preview struct {
	Policy    Policy // as it would be saved
	Available money.Credits
	Charges   bool        // something is charged at once
	Price     money.Money // that would be charged, before tax
	Credits   money.Credits
	Waits     string // why nothing is charged although the balance is low, "" otherwise
	SpentNow  money.Money
}

// Preview checks settings and says what saving them would do now. It changes
// nothing.
func (s *Service) Preview(ctx context.Context, set Settings) (v Preview, err error) {
	set.Consented, set.Version = true, ConsentVersion
	p, err := s.check(ctx, set)
	if err != nil {
		return v, err
	}
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		v, err = s.previewIn(t, p)
		return err
	})
	return v, err
}

func (s *Service) previewIn(t tx.Tx, p *Policy) (v Preview, err error) {
	v.Policy, v.Price, v.Credits = *p, p.Price, p.Credits
	b, err := s.Ledger.Balance(t, p.wallet())
	if err != nil {
		return v, err
	}
	v.Available = b.Available
	if v.SpentNow, err = s.SpentThisMonth(t, p); err != nil {
		return v, err
	}
	open, err := s.Store.OpenOf(t, p.Customer, p.CreditType)
	switch {
	case err == nil && open.Processing:
		c, err := s.Accounts.CustomerIn(t, p.Customer)
		if err == nil {
			v.Waits = open.Awaited(t.Now(), c.Location())
		}
		return v, err
	case err == nil && open.State() == Pending:
		v.Waits = "A recharge is being paid at this moment."
		return v, nil
	case err != nil && !errors.Is(err, tx.ErrNotFound):
		return v, err
	}
	below, how, err := s.judge(t, p)
	if err != nil || !below {
		return v, err
	}
	if v.Charges, v.Waits = how.run, how.note; how.run {
		v.Price, v.Credits = how.price, how.credits
	}
	return v, nil
}

// Save turns automatic recharges on, or changes them, with the customer's
// consent, and evaluates at once. Handlers ask for the password again before.
func (s *Service) Save(ctx context.Context, by audit.Actor, set Settings) (*Policy, error) {
	p, err := s.check(ctx, set)
	if err != nil {
		return nil, err
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		before, err := s.Store.Policy(t, p.Customer, p.CreditType)
		switch {
		case errors.Is(err, tx.ErrNotFound):
			before = nil
			p.ID, p.CreatedAt = id.New("rpol", t.Now()), t.Now()
		case err != nil:
			return err
		default:
			if err := mayResume(before); err != nil {
				return err
			}
			p.ID, p.CreatedAt = before.ID, before.CreatedAt
		}
		p.State, p.Reason, p.Note, p.RepairURL, p.NextAt, p.PausedAt, p.UpdatedAt = Armed, "", "", "", time.Time{}, time.Time{}, t.Now()
		p.Consent = Consent{Version: ConsentVersion, User: by.ID, Address: set.From.Address, At: t.Now()}
		if err := s.Accounts.RecordConsentIn(t, account.Consent{User: by.ID, Customer: p.Customer, Document: ConsentDocument, Version: ConsentVersion, From: set.From}); err != nil {
			return err
		}
		if err := s.Accounts.ChooseCurrencyIn(t, p.Customer, p.Price.Currency, false); err != nil {
			return err
		}
		if err := s.Store.PutPolicy(t, p); err != nil {
			return err
		}
		if err := s.watch(t, p); err != nil {
			return err
		}
		record := audit.Record{Actor: by, Customer: p.Customer, Action: "recharge.saved", Object: p.ID, After: p}
		if before != nil {
			record.Before = before
		}
		if err := s.Audit.Record(t, record); err != nil {
			return err
		}
		return s.restart(t, p, Edited)
	})
	if err != nil {
		return nil, err
	}
	return s.Policy(ctx, p.Customer, p.CreditType)
}

// restart goes on after an act: what was declined before is given up for why,
// or else the policy is evaluated.
func (s *Service) restart(t tx.Tx, p *Policy, why Reason) error {
	r, err := s.Store.OpenOf(t, p.Customer, p.CreditType)
	if errors.Is(err, tx.ErrNotFound) {
		return s.evaluateIn(t, p, byAct)
	}
	if err != nil {
		return err
	}
	p.State = Charging
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	if r.State() == Pending {
		return nil // it ends first
	}
	return s.Charges.GiveUpIn(t, r.Owner, why)
}

// check refuses what can never work, and makes the policy that settings mean.
func (s *Service) check(ctx context.Context, set Settings) (*Policy, error) {
	c, err := s.Accounts.Customer(ctx, set.Customer)
	if err != nil {
		return nil, err
	}
	if c.Status != account.Active {
		return nil, fault.New(fault.Forbidden, "customer_suspended", "", "The customer is suspended and cannot buy.")
	}
	p := &Policy{Customer: c.ID, CreditType: set.CreditType, Threshold: set.Threshold, Pack: set.Pack, Quantity: set.Quantity,
		Target: set.Target, Cap: set.Cap.Amount, PerDay: set.PerDay, Cooldown: set.Cooldown}
	if p.Quantity == 0 {
		p.Quantity = 1
	}
	if p.PerDay == 0 {
		p.PerDay = DefaultPerDay
	}
	if p.Cooldown == 0 {
		p.Cooldown = DefaultCooldown
	}
	if err := s.checkFigures(ctx, p, set); err != nil {
		return nil, err
	}
	if err := s.checkCapWithTax(ctx, p); err != nil {
		return nil, err
	}
	if err := s.checkMethods(ctx, p, set); err != nil {
		return nil, err
	}
	switch {
	case !set.Consented:
		return nil, fault.Bad("consent", "Tick the box to agree that this payment method is charged automatically.")
	case set.Version != ConsentVersion:
		return nil, fault.Bad("consent", "The text has changed meanwhile. Read it and tick the box again.")
	}
	return p, nil
}

func (s *Service) checkFigures(ctx context.Context, p *Policy, set Settings) error {
	pack := s.Catalog.Snapshot().Pack(p.Pack)
	switch {
	case p.Threshold < 0 || p.Threshold > money.MaxAmount:
		return fault.Bad("threshold", "Give a number of credits, zero or more.")
	case pack == nil || pack.Archived() || pack.CreditType != p.CreditType:
		return fault.Bad("pack", "Choose one of the packs for sale.")
	case pack.Any == nil && p.Target != 0:
		return fault.Bad("target", "To bring it back up to a level, choose a pack for any amount.")
	case pack.Any != nil && p.Target == 0:
		return fault.Bad("target", "Say up to which level to bring it back.")
	case pack.Any != nil && p.Target <= p.Threshold:
		return fault.Bad("target", "This is not above the level at which it buys, %s.", p.Threshold)
	case pack.Any != nil && p.Quantity != 1:
		return fault.Bad("quantity", "A recharge up to a level is bought once.")
	case pack.Any != nil && (p.Target > money.MaxAmount || p.Target-p.Threshold > pack.Any.Max):
		return fault.Bad("target", "At most %s can be bought at once: choose a level of at most %s.", words.Credits(pack.Any.Max), words.Group((p.Threshold + pack.Any.Max).String()))
	case p.Quantity < 1 || p.Quantity > MaxQuantity:
		return fault.Bad("quantity", "Give a whole number from 1 to %d.", MaxQuantity)
	}
	var currency string
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		currency, err = s.currencyFor(t, p.Customer, pack)
		return err
	})
	if err != nil {
		return err
	}
	if pack.Any != nil && pack.PriceIn(currency) != nil {
		if p.Agreed, err = agree(pack, currency); err != nil {
			return err
		}
	}
	var b bought
	if pack.Any != nil {
		var q catalog.Quoted
		q, err = catalog.Quote(pack, amountUpTo(pack, p.Target, p.Threshold), currency)
		b = bought{q.Credits, q.Bonus, q.BonusDays, q.Price}
	} else {
		b, err = several(pack, p.Quantity, currency)
	}
	if fault.HasCode(err, "no_price_in_currency") {
		return fault.Bad("pack", "This pack is not sold in your currency.")
	}
	if err != nil {
		return err
	}
	p.Price, p.Credits, p.TaxBehavior = b.price, b.credits, s.taxNow(pack)
	if pack.Any == nil {
		p.Bonus = b.bonus
	}
	switch {
	case set.Price != (money.Money{}) && set.Price != p.Price:
		return fault.New(fault.Conflict, "price_changed", "pack", "The price is now %s. Look at it again and save.", words.Money(p.Price))
	case set.Cap.Currency != "" && set.Cap.Currency != p.Price.Currency:
		return fault.Bad("cap", "The cap is in the currency of the pack, %s.", p.Price.Currency)
	case p.Cap <= 0:
		return fault.Bad("cap", "Say how much may be spent in a month at most.")
	case p.Cap < p.Price.Amount:
		return fault.Bad("cap", "One recharge costs %s before tax: with this cap none would ever run.", words.Money(p.Price))
	case p.Cap > 100*money.MaxMinor:
		return fault.Bad("cap", "Give a smaller amount.")
	case p.PerDay < 1 || p.PerDay > MaxPerDay:
		return fault.Bad("per_day", "Give a whole number from 1 to %d.", MaxPerDay)
	case p.Cooldown < MinCooldown || p.Cooldown > MaxCooldown:
		return fault.Bad("cooldown", "Give a time from %s to %s.", span(MinCooldown), span(MaxCooldown))
	}
	return nil
}

func (s *Service) checkMethods(ctx context.Context, p *Policy, set Settings) error {
	list, err := s.Methods.List(ctx, p.Customer)
	if err != nil {
		return err
	}
	find := func(param, id string) (Method, error) {
		for _, m := range list {
			if !m.Is(id) {
				continue
			}
			return methodOf(m), m.CheckUse(param, p.Price.Currency, s.now(ctx))
		}
		return Method{}, fault.Bad(param, "Choose a saved payment method, or save one first.")
	}
	if p.Method, err = find("method", set.Method); err != nil {
		return err
	}
	if set.Backup == "" {
		return nil
	}
	if p.Backup, err = find("backup", set.Backup); err != nil {
		return err
	}
	if p.Backup.Same(p.Method) {
		return fault.Bad("backup", "The backup is for when the first is declined: choose another payment method.")
	}
	return nil
}

func methodOf(m card.Method) Method {
	return Method{ID: m.ID, Type: m.Type, Brand: m.Brand, Last4: m.Last4, Fingerprint: m.Fingerprint}
}

// now is the database's time.
func (s *Service) now(ctx context.Context) (now time.Time) {
	_ = s.Runner.View(ctx, func(t tx.Tx) error { now = t.Now(); return nil })
	return now
}

// mayResume refuses to go on where the vendor or a bank has stopped it.
func mayResume(p *Policy) error {
	if p.State != Paused {
		return nil
	}
	switch p.Reason {
	case ByStaff:
		return fault.New(fault.Forbidden, "paused_by_staff", "", "Automatic recharges were paused by our staff. Please contact support.")
	case Disputed, FraudWarning:
		return fault.New(fault.Forbidden, "paused_by_dispute", "", "A payment is disputed. Automatic recharges stay paused until staff lets them go on.")
	}
	return nil
}

// TurnOff ends automatic recharges of a wallet. What is open is given up.
func (s *Service) TurnOff(ctx context.Context, by audit.Actor, customer, creditType string) error {
	return s.change(ctx, customer, creditType, func(t tx.Tx, p *Policy) error {
		if p.State == Off {
			return nil
		}
		before := *p
		p.State, p.Reason, p.Note, p.RepairURL, p.NextAt, p.UpdatedAt = Off, "", "", "", time.Time{}, t.Now()
		if err := s.Store.PutPolicy(t, p); err != nil {
			return err
		}
		if err := s.Ledger.DeleteWatch(t, p.ID); err != nil {
			return err
		}
		if err := s.nudge(t, p); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "recharge.turned_off", Object: p.ID, Before: before.State, After: p.State})
	})
}

// nudge lets an open recharge see that its policy has changed.
func (s *Service) nudge(t tx.Tx, p *Policy) error {
	r, err := s.Store.OpenOf(t, p.Customer, p.CreditType)
	if errors.Is(err, tx.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Charges.WakeIn(t, r.Owner)
}

// Resume goes on after a pause: the declined recharge is paid with the policy's
// card, or else the policy is evaluated. It is the customer's act.
func (s *Service) Resume(ctx context.Context, by audit.Actor, customer, creditType string) error {
	return s.change(ctx, customer, creditType, func(t tx.Tx, p *Policy) error {
		if p.State != Paused {
			return nil
		}
		if err := mayResume(p); err != nil {
			return err
		}
		if p.Reason == OtherCurrency {
			return fault.New(fault.Conflict, "other_currency", "pack", "You pay in another currency now. Choose a pack at its price in that, and save.")
		}
		if p.Reason == PriceChanged {
			return fault.New(fault.Conflict, "price_changed", "pack", "The price has changed. Look at the new one and save.")
		}
		if err := s.resumeIn(t, p); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "recharge.resumed", Object: p.ID})
	})
}

func (s *Service) resumeIn(t tx.Tx, p *Policy) error {
	p.State, p.Reason, p.Note, p.RepairURL, p.NextAt, p.PausedAt, p.UpdatedAt = Armed, "", "", "", time.Time{}, time.Time{}, t.Now()
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	r, err := s.Store.OpenOf(t, p.Customer, p.CreditType)
	if errors.Is(err, tx.ErrNotFound) {
		if err := s.watch(t, p); err != nil {
			return err
		}
		return s.evaluateIn(t, p, byAct)
	}
	if err != nil || r.State() == Pending {
		return err
	}
	p.State = Charging
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	r.BackupUsed = false
	if err := s.Store.Update(t, r); err != nil {
		return err
	}
	return s.Charges.RetryIn(t, r.Owner, p.Method)
}

// Pause is staff's act: it stops a policy until staff lets it go on.
func (s *Service) Pause(ctx context.Context, by audit.Actor, customer, creditType, reason string) error {
	return s.change(ctx, customer, creditType, func(t tx.Tx, p *Policy) error {
		if p.State == Off || (p.State == Paused && p.Reason == ByStaff) {
			return nil
		}
		before := *p
		if err := s.pauseIn(t, p, nil, ByStaff, ""); err != nil {
			return err
		}
		if err := s.nudge(t, p); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "recharge.paused", Object: p.ID, Before: before.State, After: p.State, Reason: reason})
	})
}

// Release is staff's act: it lifts a pause by staff, a dispute or a fraud
// warning. It never turns on what the customer turned off.
func (s *Service) Release(ctx context.Context, by audit.Actor, customer, creditType, reason string) error {
	return s.change(ctx, customer, creditType, func(t tx.Tx, p *Policy) error {
		if p.State != Paused || mayResume(p) == nil {
			return nil
		}
		p.State, p.Reason, p.Note, p.NextAt, p.PausedAt, p.UpdatedAt = Armed, "", "", time.Time{}, time.Time{}, t.Now()
		if err := s.Store.PutPolicy(t, p); err != nil {
			return err
		}
		if err := s.watch(t, p); err != nil { // the next usage looks: staff charges nobody
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "recharge.released", Object: p.ID, Reason: reason})
	})
}

// PauseAllIn pauses all policies of a customer in t, because a payment of theirs
// is disputed or suspected.
func (s *Service) PauseAllIn(t tx.Tx, by audit.Actor, customer string, why Reason) error {
	list, err := s.Store.PoliciesOf(t, customer)
	for _, p := range list {
		if err != nil || p.State == Off || (p.State == Paused && mayResume(p) != nil) {
			continue
		}
		if err = s.pauseIn(t, p, nil, why, ""); err == nil {
			err = s.nudge(t, p)
		}
		if err == nil {
			err = s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "recharge.paused", Object: p.ID, After: why})
		}
	}
	return err
}

func (s *Service) change(ctx context.Context, customer, creditType string, f func(t tx.Tx, p *Policy) error) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Policy(t, customer, creditType)
		if errors.Is(err, tx.ErrNotFound) {
			return fault.Missing("recharge policy")
		}
		if err != nil {
			return err
		}
		return f(t, p)
	})
}
