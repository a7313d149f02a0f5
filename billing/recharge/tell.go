package recharge

import (
	"time"

	"purse/billing/account"
	"purse/billing/event"
	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/tx"
)

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
	if r != nil && r.State() == Waiting {
		p.RepairURL = r.URL
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
		data["card"], data["amount"] = r.Method.Name(), r.Due().Decimal()
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
	due := r.Due()
	return rechargeEvent{r.ID, r.State(), orNull(string(r.Reason())), r.CreditType, r.Credits.String(), due.Amount, due.Currency, orNull(r.Purchase)}
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
