package recharge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// settlePaid grants the credits of a paid invoice, once: the ledger knows the
// key, and the database lets a source make one grant. It does so whatever state
// the recharge was in: what was paid for is there.
func (s *Service) settlePaid(t tx.Tx, rechargeID string, in charge.Invoice) error {
	r, err := s.Store.Recharge(t, rechargeID)
	if err != nil || r.State == Succeeded {
		return err
	}
	p, err := s.Store.PolicyByID(t, r.Policy)
	if err != nil {
		return err
	}
	if r.Invoice == "" {
		r.Invoice = in.ID
	}
	r.note(in)
	if problem := s.mismatch(t, r, in); problem != "" {
		s.Log.Error("a paid invoice is not what was asked for; nothing is granted", "recharge", r.ID, "problem", problem)
		r.Message, r.Paying, r.Processing = "Paid, and not granted: "+problem, false, false
		if err := s.put(t, r, time.Time{}); err != nil {
			return err
		}
		if p.State == Paused && p.Reason == Mismatch {
			return nil
		}
		return s.pauseIn(t, p, r, Mismatch, "")
	}
	before, err := s.Ledger.Balance(t, ledger.WalletKey{Customer: r.Customer, CreditType: r.CreditType})
	if err != nil {
		return err
	}
	g, err := s.grant(t, r, in)
	if err != nil {
		return err
	}
	r.State, r.Reason, r.Message, r.GiveUp, r.Paying, r.Processing, r.FinishedAt = Succeeded, "", "", "", false, false, t.Now()
	r.Grant, r.Amount, r.Tax = g.Grant, in.Total, in.Tax
	brand, last4 := r.paidWith(in)
	pur := &purchase.Purchase{
		Customer: r.Customer, Pack: r.Pack, PackName: r.PackName, CreditType: r.CreditType, Credits: r.Credits, Price: r.Price,
		ExpiresAfterDays: r.ExpiresAfterDays, PaymentIntent: in.Payment, Total: in.Total, Tax: in.Tax, ReceiptURL: in.ReceiptURL,
		CardBrand: brand, CardLast4: last4, TermsVersion: p.Consent.Version, Address: p.Consent.Address, CreatedBy: r.ID,
		Grant: r.Grant, CreatedAt: r.CreatedAt, Bonus: r.Bonus, BonusDays: r.BonusDays,
	}
	pur.DebtRepaid, _ = purchase.Settled(r.Credits, before.Debt)
	if err := s.Purchases.RecordPaidIn(t, pur, "recharge/"+r.ID, g.Postings[0].ID); err != nil {
		return err
	}
	r.Purchase = pur.ID
	if err := s.Purchases.NoteCurrencyIn(t, pur, in.Took); err != nil {
		return err
	}
	if err := s.explain(t, r, pur, in); err != nil {
		return err
	}
	if err := s.put(t, r, time.Time{}); err != nil {
		return err
	}
	if err := s.Events.Append(t, event.RechargeSucceeded, r.Customer, int64(g.Postings[0].ID.Wallet), g.Postings[0].ID.Seq, eventOf(r)); err != nil {
		return err
	}
	p.RepairURL = ""
	switch {
	case p.State == Off || (p.State == Paused && p.Reason != CardDeclined && p.Reason != AuthenticationRequired && p.Reason != NoCard):
		p.UpdatedAt = t.Now()
		return s.Store.PutPolicy(t, p)
	}
	if p.State != Capped {
		p.State, p.Reason, p.Note, p.NextAt, p.PausedAt = Armed, "", "", time.Time{}, time.Time{}
	}
	p.UpdatedAt = t.Now()
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	return s.evaluateIn(t, p, byTime) // usage may have gone on meanwhile
}

// paidWith is what paid a recharge, as purchases call it. What was paid on Stripe's
// page with another payment method is the recharge's from then on.
func (r *Recharge) paidWith(in charge.Invoice) (brand, last4 string) {
	brand, last4 = r.Method.Brand, r.Method.Last4
	if in.CardBrand != "" {
		brand, last4 = in.CardBrand, in.CardLast4
	}
	if in.MethodType != "" && (in.MethodType != r.Method.Type || last4 != r.Method.Last4) {
		r.Method = Method{Type: in.MethodType, Last4: last4}
		if in.MethodType == purchase.MethodCard {
			r.Method.Brand = brand
		}
	}
	return brand, last4
}

func (s *Service) grant(t tx.Tx, r *Recharge, in charge.Invoice) (ledger.Result, error) {
	op := ledger.NewGrant{
		Wallet: ledger.WalletKey{Customer: r.Customer, CreditType: r.CreditType}, Credits: r.Credits, Kind: ledger.Paid,
		Priority: ledger.DefaultPriority, Source: r.ID + ":credits", Ref: r.ID,
		Paid: money.Money{Amount: in.Total - in.Tax, Currency: in.Currency}, // the cost basis is net of tax
	}
	if r.ExpiresAfterDays > 0 {
		op.ExpiresAt = t.Now().AddDate(0, 0, r.ExpiresAfterDays)
	}
	g, err := s.Ledger.ApplyOne(t, &ledger.Command{Key: ledger.NewKey("recharge", op.Source), Op: op})
	if err != nil {
		return g, fmt.Errorf("grant for %s: %w", r.ID, err)
	}
	return g, nil
}

// declined writes what a decline means: the backup, another try later, or
// a pause.
func (s *Service) declined(ctx context.Context, sent *Recharge, d *outcome.Declined) (bool, error) {
	return s.with(ctx, sent, func(t tx.Tx, r *Recharge, p *Policy) (bool, error) {
		if !r.State.Open() {
			return false, nil
		}
		now := t.Now()
		if r.Processing { // from now on it can be repaired
			r.SentAt = now
		}
		r.Paying, r.Processing, r.Unknowns = false, false, 0
		r.Message, r.Reason = d.Message, CardDeclined
		switch {
		case d.Authentication():
			r.Reason, r.Message = AuthenticationRequired, "" // Stripe's words are for programmers
		case d.DeclineCode == charge.CodeNoMethod:
			r.Reason = NoCard
		}
		soft := d.Soft() && !d.Authentication()
		if r.GiveUp != "" {
			return true, s.put(t, r, now)
		}
		if p.Backup.ID != "" && !r.BackupUsed && r.Method.ID != p.Backup.ID {
			r.BackupUsed, r.Method = true, p.Backup
			if !soft && !d.Authentication() {
				if err := s.replaceCard(t, p); err != nil {
					return false, err
				}
			}
			return true, s.put(t, r, now)
		}
		if soft {
			if r.Tries++; r.Tries < r.Tolerates() {
				r.State, r.Method = Retrying, p.Method
				next := now.Add(Backoffs[r.Tries-1])
				p.State, p.Reason, p.NextAt, p.UpdatedAt = Backoff, CardDeclined, time.Time{}, now
				p.Note, p.RepairURL = d.Message+" It is tried again in "+span(Backoffs[r.Tries-1])+".", r.InvoiceURL
				if err := s.Store.PutPolicy(t, p); err != nil {
					return false, err
				}
				return false, s.put(t, r, next)
			}
		}
		r.State = Waiting
		if err := s.put(t, r, now.Add(time.Hour)); err != nil {
			return false, err
		}
		if p.State == Off || (p.State == Paused && stops(p.Reason)) {
			return true, nil // it is given up
		}
		if p.State == Paused { // the card was removed meanwhile
			p.RepairURL = r.InvoiceURL
			return false, s.Store.PutPolicy(t, p)
		}
		return false, s.pauseIn(t, p, r, r.Reason, r.Message)
	})
}

// replaceCard puts the backup in the place of what was declined for good: banks
// want that not to be tried again.
func (s *Service) replaceCard(t tx.Tx, p *Policy) error {
	before := p.Method
	p.Method, p.Backup, p.UpdatedAt = p.Backup, Method{}, t.Now()
	if err := s.Store.PutPolicy(t, p); err != nil {
		return err
	}
	return s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: p.Customer, Action: "recharge.card_replaced", Object: p.ID,
		Before: before.Name(), After: p.Method.Name(), Reason: "declined for good"})
}

// MailPaused is the template of the mail that tells a customer that automatic
// recharges are paused: reason, message, card, amount, currency, repair_url (on
// Stripe's page, "" for none), link, customer.
const MailPaused = "recharge_paused"

// pauseIn pauses a policy, and tells the customer once.
func (s *Service) pauseIn(t tx.Tx, p *Policy, r *Recharge, why Reason, message string) error {
	was := p.State
	if was == Off { // it was turned off meanwhile, and stays so
		return nil
	}
	p.State, p.Reason, p.Note, p.NextAt = Paused, why, message, time.Time{}
	p.RepairURL = ""
	if r != nil && r.State == Waiting {
		p.RepairURL = r.InvoiceURL
	}
	p.UpdatedAt = t.Now()
	if was != Paused {
		p.PausedAt = t.Now()
	}
	if err := s.Store.PutPolicy(t, p); err != nil || was == Paused {
		return err
	}
	if err := s.Events.Append(t, event.RechargePaused, p.Customer, 0, 0, pausedEvent{p.ID, p.CreditType, string(why), orNull(p.RepairURL)}); err != nil {
		return err
	}
	c, err := s.Accounts.CustomerIn(t, p.Customer)
	if err != nil || c.Email == "" {
		return err
	}
	data := map[string]string{
		"customer": c.Name, "reason": string(why), "message": message, "credit_type": p.CreditType, "repair_url": p.RepairURL, "link": "/recharge",
		"card": p.Method.Name(), "amount": p.Price.Decimal(), "currency": p.Price.Currency,
	}
	if r != nil {
		data["card"], data["amount"] = r.Method.Name(), r.Total().Decimal()
	}
	return s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: MailPaused, To: c.Email, Data: data}})
}

type pausedEvent struct {
	Policy     string  `json:"recharge_policy"`
	CreditType string  `json:"credit_type"`
	Reason     string  `json:"reason"`
	RepairURL  *string `json:"repair_url"`
}

type rechargeEvent struct {
	Recharge   string   `json:"recharge"`
	State      RunState `json:"status"`
	Reason     *string  `json:"reason"`
	CreditType string   `json:"credit_type"`
	Credits    string   `json:"credits"`
	Amount     int64    `json:"amount"`
	Currency   string   `json:"currency"`
	Purchase   *string  `json:"purchase"`
}

func eventOf(r *Recharge) rechargeEvent {
	return rechargeEvent{r.ID, r.State, orNull(string(r.Reason)), r.CreditType, r.Credits.String(), r.Amount, r.Price.Currency, orNull(r.Purchase)}
}

// cappedEvent says that the month's cap is reached, until when.
type cappedEvent struct {
	Policy     string    `json:"recharge_policy"`
	CreditType string    `json:"credit_type"`
	Cap        capAmount `json:"cap"`
	Until      time.Time `json:"until"`
}

type capAmount struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// MailCapped is the template of the mail that tells a customer that the month's
// cap is reached: cap, currency, note, until, zone, link, customer.
const MailCapped = "recharge_capped"

// tellCapped tells whoever listens, and the customer, once a month: credits run
// out now, and nothing tops them up.
func (s *Service) tellCapped(t tx.Tx, p *Policy) error {
	err := s.Events.Append(t, event.RechargeCapped, p.Customer, 0, 0,
		cappedEvent{p.ID, p.CreditType, capAmount{p.Cap, p.Price.Currency}, p.NextAt})
	if err != nil {
		return err
	}
	c, err := s.Accounts.CustomerIn(t, p.Customer)
	if err != nil || c.Email == "" {
		return err
	}
	return s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: MailCapped, To: c.Email, Data: map[string]string{
		"customer": c.Name, "cap": money.Money{Amount: p.Cap, Currency: p.Price.Currency}.Decimal(), "currency": p.Price.Currency, "note": p.Note,
		"until": p.NextAt.UTC().Format(time.RFC3339), "zone": c.Timezone, "link": "/recharge",
	}}})
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// tickJob looks at what waits for a time.
func (s *Service) tickJob(ctx context.Context, _ job.Job) error { return s.Tick(ctx) }

// Tick looks once at every policy and recharge whose time has come.
func (s *Service) Tick(ctx context.Context) error {
	var policies []*Policy
	var due []*Recharge
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		if policies, err = s.Store.DuePolicies(t, t.Now(), 200); err != nil {
			return err
		}
		due, err = s.Store.Due(t, t.Now(), 50)
		return err
	})
	for _, p := range policies {
		err = errors.Join(err, s.evaluate(ctx, p.Customer, p.CreditType, byTime))
	}
	// Stripe may be slow: one must not hold up the others.
	var mu sync.Mutex
	var all sync.WaitGroup
	slots := make(chan struct{}, 8)
	for _, r := range due {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			if one := s.Run(ctx, r.ID); one != nil {
				mu.Lock()
				defer mu.Unlock()
				err = errors.Join(err, one)
			}
		})
	}
	all.Wait()
	return err
}
