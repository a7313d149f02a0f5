package recharge

import (
	"context"
	"fmt"
	"time"

	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/billing/words"
)

// Kind says how recharges are collected, and what that does to their policies.
func (s *Service) Kind() charge.Kind {
	return charge.Kind{
		Terms: s.terms, Settled: s.settled, Declined: s.declined, Wanted: s.wanted, Made: s.made, Instead: s.instead, Changed: s.changed,
	}
}

// Run takes a recharge as far as it goes now: see charge.Service.Run.
func (s *Service) Run(ctx context.Context, rechargeID string) error {
	return s.Charges.Run(ctx, owner(rechargeID))
}

// of answers the recharge that a charge is of, with the charge as it is now, and its
// policy.
func (s *Service) of(t tx.Tx, c *charge.Charge) (*Recharge, *Policy, error) {
	r, err := s.Store.Recharge(t, c.Owner.ID)
	if err != nil {
		return nil, nil, err
	}
	r.Charge = *c
	p, err := s.Store.PolicyByID(t, r.Policy)
	return r, p, err
}

func (s *Service) terms(t tx.Tx, c *charge.Charge) (charge.Terms, error) {
	r, p, err := s.of(t, c)
	if err != nil {
		return charge.Terms{}, err
	}
	details, err := s.Accounts.BillingIn(t, r.Customer)
	if err != nil {
		return charge.Terms{}, err
	}
	behavior, code := s.taxOf(r)
	what := r.PackName
	if r.Quantity > 1 {
		what = fmt.Sprintf("%d × %s", r.Quantity, what)
	}
	what += ", automatic recharge"
	return charge.Terms{
		Lines: []charge.Line{{Description: what, Price: r.Price, TaxBehavior: behavior, TaxCode: code}}, Memo: what, PONumber: details.PONumber,
		Sells: charge.Sale{
			Pack: r.Pack, Name: r.PackName, CreditType: r.CreditType, Credits: r.Credits, ExpiresAfterDays: r.ExpiresAfterDays, Bonus: r.Bonus, BonusDays: r.BonusDays,
			Version: p.Consent.Version, Address: p.Consent.Address,
		},
	}, nil
}

// wanted gives a recharge up whose policy was turned off or stopped, or which is not
// needed any more.
func (s *Service) wanted(t tx.Tx, c *charge.Charge, pay bool) (Reason, error) {
	r, p, err := s.of(t, c)
	switch {
	case err != nil:
		return "", err
	case p.State == Off:
		return TurnedOff, nil
	case p.State == Paused && stops(p.Reason):
		return p.Reason, nil
	case !pay:
		return "", nil
	}
	b, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: r.Customer, CreditType: r.CreditType})
	if err != nil {
		return "", err
	}
	if b.Available > p.Threshold {
		return NotNeeded, nil
	}
	p.State, p.Note, p.NextAt, p.UpdatedAt = Charging, "", time.Time{}, t.Now()
	return "", s.Store.PutPolicy(t, p)
}

// stops says whether a policy that is paused for a reason must not be charged
// for what was begun before.
func stops(r Reason) bool {
	return r == Disputed || r == FraudWarning || r == ByStaff || r == PriceChanged || r == OtherCurrency
}

// made holds the month's cap against what a recharge costs with tax.
func (s *Service) made(t tx.Tx, c *charge.Charge) (Reason, error) {
	r, p, err := s.of(t, c)
	if err != nil {
		return "", err
	}
	customer, err := s.Accounts.CustomerIn(t, r.Customer)
	if err != nil {
		return "", err
	}
	month, next := monthOf(r.CreatedAt, customer.Location())
	spent, _, err := s.Store.Spent(t, r.Customer, r.CreditType, r.Price.Currency, month, r.ID)
	if err != nil || spent+r.Total <= p.Cap {
		return "", err
	}
	if p.State == Off || p.State == Paused {
		return CapReached, nil // the customer, or somebody else, stopped it meanwhile
	}
	p.State, p.NextAt, p.UpdatedAt = Capped, next, t.Now()
	p.Note = fmt.Sprintf("With tax a recharge costs %s, and %s of the month's cap of %s are spent.",
		words.Minor(r.Total, r.Price.Currency), words.Minor(spent, r.Price.Currency), words.Minor(p.Cap, r.Price.Currency))
	if err := s.Store.PutPolicy(t, p); err != nil {
		return "", err
	}
	return CapReached, s.tellCapped(t, p)
}

// instead charges the backup, once, when the first payment method was declined. What was
// declined for good is replaced by it: banks want that not to be tried again.
func (s *Service) instead(t tx.Tx, c *charge.Charge, d *outcome.Declined) (*Method, error) {
	r, p, err := s.of(t, c)
	if err != nil || p.Backup.ID == "" || r.BackupUsed || r.Method.ID == p.Backup.ID {
		return nil, err
	}
	r.BackupUsed = true
	if err := s.Store.Update(t, r); err != nil {
		return nil, err
	}
	backup := p.Backup
	if d.Soft() || d.Authentication() {
		return &backup, nil
	}
	before := p.Method
	p.Method, p.Backup, p.UpdatedAt = p.Backup, Method{}, t.Now()
	if err := s.Store.PutPolicy(t, p); err != nil {
		return nil, err
	}
	return &backup, s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: p.Customer, Action: "recharge.card_replaced", Object: p.ID,
		Before: before.Name(), After: p.Method.Name(), Reason: "declined for good"})
}

// declined writes what a decline means for the policy: a wait, or a pause.
func (s *Service) declined(t tx.Tx, c *charge.Charge, d *outcome.Declined) error {
	r, p, err := s.of(t, c)
	if err != nil {
		return err
	}
	switch {
	case r.State() == Retrying:
		c.Method = p.Method
		p.State, p.Reason, p.NextAt, p.UpdatedAt = Backoff, CardDeclined, time.Time{}, t.Now()
		p.Note, p.RepairURL = d.Message+" It is tried again in "+span(r.RetryAt.Sub(t.Now()))+".", r.URL
		return s.Store.PutPolicy(t, p)
	case p.State == Off, p.State == Paused && stops(p.Reason):
		return nil // it is given up
	case p.State == Paused: // the card was removed meanwhile
		p.RepairURL = r.URL
		return s.Store.PutPolicy(t, p)
	}
	message := r.Problem
	if r.Cause == charge.CauseUnconfirmed {
		message = "" // the reason says it
	}
	return s.pauseIn(t, p, r, r.Reason(), message)
}

// settled lets the policy go on.
func (s *Service) settled(t tx.Tx, c *charge.Charge, _ *purchase.Purchase, at ledger.PostingID) error {
	r, p, err := s.of(t, c)
	if err != nil {
		return err
	}
	if err := s.Events.Append(t, event.RechargeSucceeded, r.Customer, int64(at.Wallet), at.Seq, eventOf(r)); err != nil {
		return err
	}
	p.RepairURL, p.UpdatedAt = "", t.Now()
	if p.State == Off || (p.State == Paused && p.Reason != CardDeclined && p.Reason != AuthenticationRequired && p.Reason != NoCard) {
		return s.Store.PutPolicy(t, p)
	}
	if p.State != Capped {
		p.State, p.Reason, p.Note, p.NextAt, p.PausedAt = Armed, "", "", time.Time{}, time.Time{}
	}
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	return s.evaluateIn(t, p, byTime) // usage may have gone on meanwhile
}

// changed lets the policy go on after a recharge that ended without money, or pauses it
// where somebody has to look.
func (s *Service) changed(t tx.Tx, c *charge.Charge, _ charge.State) error {
	r, p, err := s.of(t, c)
	if err != nil {
		return err
	}
	if !r.State().Open() {
		return s.ended(t, r, p)
	}
	if r.Cause == charge.CauseDiffers && (p.State != Paused || p.Reason != Mismatch) {
		return s.pauseIn(t, p, r, Mismatch, "")
	}
	return nil
}

// ended lets the policy go on after a recharge without money.
func (s *Service) ended(t tx.Tx, r *Recharge, p *Policy) error {
	if err := s.Events.Append(t, event.RechargeFailed, r.Customer, 0, 0, eventOf(r)); err != nil {
		return err
	}
	if r.State() == Failed && r.Reason() != Unknown {
		return s.pauseIn(t, p, r, r.Reason(), "")
	}
	p.RepairURL = ""
	if p.State == Charging || p.State == Backoff || p.State == Armed {
		p.State, p.NextAt = Armed, time.Time{}
	}
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	switch r.Reason() {
	case Edited, NotNeeded:
		return s.evaluateIn(t, p, byAct)
	case Unknown:
		p.NextAt, p.Waits = t.Now().Add(MinCooldown), WaitsNothing
		p.Note = "Stripe did not answer. The next try follows in " + span(MinCooldown) + "."
		return s.Store.PutPolicy(t, p)
	}
	if p.State == Armed {
		return s.watch(t, p) // the next usage looks again
	}
	return nil
}
