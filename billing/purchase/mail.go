package purchase

import (
	"purse/billing/account"
	"purse/billing/job"
	"purse/billing/money"
	"purse/billing/tx"
)

// mail writes to the customer about a purchase, in t. To the template's own data
// come purchase, customer, pack, credit_type, its unit and units, and currency.
func (s *Service) mail(t tx.Tx, p *Purchase, template string, data map[string]string) error {
	c, err := s.Accounts.CustomerIn(t, p.Customer)
	if err != nil || c.Email == "" {
		return err
	}
	data["unit"], data["units"] = "", ""
	if ct := s.Catalog.Snapshot().CreditType(p.CreditType); ct != nil {
		data["unit"], data["units"] = ct.Unit, ct.Units
	}
	data["purchase"], data["customer"], data["pack"], data["credit_type"], data["currency"] = p.ID, c.Name, p.PackName, p.CreditType, p.Price.Currency
	return s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: template, To: c.Email, Data: data}})
}

func (p *Purchase) decimal(amount int64) string {
	return money.Money{Amount: amount, Currency: p.Price.Currency}.Decimal()
}

// MailMoneyBack is the template of the mail about money that goes back, or that is
// in question: what (a MoneyNews), amount, credits that were taken back or given
// back, link.
const MailMoneyBack = "money_back"

// MoneyNews is what became of the money of a purchase.
type MoneyNews string

const (
	MoneyRefunded     MoneyNews = "refunded"
	MoneyRefundFailed MoneyNews = "refund_failed" // the bank did not take it
	MoneyInQuestion   MoneyNews = "in_question"   // a dispute or a warning: what is unused is frozen
	MoneySettled      MoneyNews = "settled"       // and may be used again
	MoneyLost         MoneyNews = "lost"          // in a dispute
)

// mailMoneyBack tells the customer what changed, once for each change. Without it
// credits would be gone, or frozen, without a word.
func (s *Service) mailMoneyBack(t tx.Tx, before, p *Purchase, lost bool) error {
	what, amount := MoneyNews(""), p.Total
	switch {
	case p.Refunded > before.Refunded:
		what, amount = MoneyRefunded, p.Refunded-before.Refunded
	case p.Refunded < before.Refunded:
		what, amount = MoneyRefundFailed, before.Refunded-p.Refunded
	case lost:
		what, amount = MoneyLost, p.DisputeAmount
	case p.Frozen && !before.Frozen:
		what = MoneyInQuestion
	case !p.Frozen && before.Frozen:
		what = MoneySettled
	default:
		return nil
	}
	credits := p.Clawed - before.Clawed
	if credits < 0 {
		credits = -credits
	}
	return s.mail(t, p, MailMoneyBack, map[string]string{
		"what": string(what), "amount": p.decimal(amount), "credits": credits.String(), "link": "/purchases/" + p.ID,
	})
}
