package invoice

import (
	"context"
	"errors"
	"fmt"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/event"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// settle brings an invoice to where Stripe's is. A look that is older than what
// is written takes nothing back.
func (s *Service) settle(t tx.Tx, in *Invoice, at charge.Invoice) error {
	before := in.State
	if in.Stripe == "" {
		in.Stripe = at.ID
	}
	if in.Final() && at.Status != "paid" {
		return nil
	}
	if at.Status == "void" && in.Remake == RemakeVoiding && in.Want != ActVoid {
		return s.makeAgain(t, in, at)
	}
	asked := in.Processing
	in.note(at)
	if asked && in.Collection == Charge && at.Status == "open" && !in.Processing { // the bank refused to be debited
		return s.declinedIn(t, in, at.DebitDeclined())
	}
	next := t.Now().Add(lookEvery)
	switch at.Status {
	case "paid":
		if err := s.paid(t, in, at); err != nil {
			return err
		}
	case "void":
		in.State, in.FinishedAt = Void, t.Now()
		if err := s.takeBack(t, in); err != nil {
			return err
		}
	case "uncollectible":
		if in.State != Uncollectible {
			in.State, in.Remake = Uncollectible, RemakeNone
			if err := s.takeBack(t, in); err != nil {
				return err
			}
		}
	case "open":
		if in.State == Draft || in.State == Issuing {
			if err := s.opened(t, in, at); err != nil {
				return err
			}
		}
	}
	if in.Final() {
		next = time.Time{}
		in.Doing, in.Want, in.Remake = nothing, nothing, RemakeNone
	} else if !in.DueAt.IsZero() && in.OverdueAt.IsZero() && in.DueAt.Add(grace).Before(next) {
		next = in.DueAt.Add(grace)
	}
	if in.Doing == nothing && in.Tries > 0 && in.Tries < MaxTries && !in.NextAt.IsZero() && !in.Final() {
		next = in.NextAt // the card is tried again then
	}
	if err := s.put(t, in, next); err != nil {
		return err
	}
	if err := s.remakeIn(t, in, at); err != nil || in.State == before {
		return err
	}
	issued := event.InvoiceIssued
	if in.Replaces != "" {
		issued = event.InvoiceReissued
	}
	if name := map[State]string{Open: issued, Paid: event.InvoicePaid, Void: event.InvoiceVoided, Uncollectible: event.InvoiceUncollectible}[in.State]; name != "" {
		if err := s.Events.Append(t, name, in.Customer, 0, 0, eventOf(in)); err != nil {
			return err
		}
	}
	return s.tell(t, in)
}

// note keeps what Stripe's invoice says about itself and its payment.
func (in *Invoice) note(at charge.Invoice) {
	in.Number, in.URL, in.Total, in.Tax = at.Number, at.URL, at.Total, at.Tax
	in.AmountPaid = max(in.AmountPaid, at.AmountPaid)
	older := in.Processing && at.Status == "open" && at.Payment == in.PaymentIntent && !at.DebitRefused()
	in.Processing = at.Debiting() || older
	if at.Payment != "" {
		in.PaymentIntent = at.Payment
	}
	if at.ReceiptURL != "" {
		in.ReceiptURL = at.ReceiptURL
	}
	if !at.DueAt.IsZero() {
		in.DueAt = at.DueAt
	}
	if at.Status == "open" && at.FailureMessage != "" && at.PaymentStatus == "requires_payment_method" {
		in.fault(CauseDeclined, at.FailureMessage)
	}
}

// mismatch says what of an invoice differs from what was asked for.
func (s *Service) mismatch(t tx.Tx, in *Invoice, at charge.Invoice) string {
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	whose := false
	if err == nil {
		whose, err = s.Accounts.IsStripeCustomerIn(t, c, at.StripeCustomer)
	}
	if err != nil {
		return "the customer cannot be read: " + err.Error()
	}
	if at.ID != in.Stripe {
		return "a second invoice of one was paid: refund it"
	}
	return at.Mismatch(charge.Asked{Owner: owner(in), Installation: s.Installation, Customer: in.Customer, Price: in.Price, Livemode: s.Livemode, Whose: whose})
}

// opened writes that the customer can pay, and gives the credits if that was
// agreed.
func (s *Service) opened(t tx.Tx, in *Invoice, at charge.Invoice) error {
	in.State, in.Remake = Open, RemakeNone
	if in.IssuedAt.IsZero() { // what is made again was issued when it first was
		in.IssuedAt = t.Now()
	}
	in.solved()
	if differs := s.mismatch(t, in, at); differs != "" {
		in.fault(CauseDiffers, differs)
		s.Log.Error("an invoice is not what was asked for; it is voided", "invoice", in.ID, "problem", differs)
		return nil
	}
	if in.Collection == Charge && in.Card.ID == "" {
		in.fault(CauseNoCard, CardGone)
	}
	if !in.OnIssue || in.Grant != 0 {
		return nil
	}
	r, err := s.grant(t, in, ledger.Committed, money.Money{Amount: at.Total - at.Tax, Currency: at.Currency})
	in.Grant = r.Grant
	return err
}

func (s *Service) grant(t tx.Tx, in *Invoice, kind ledger.Kind, basis money.Money) (ledger.Result, error) {
	op := ledger.NewGrant{
		Wallet: ledger.WalletKey{Customer: in.Customer, CreditType: in.CreditType}, Credits: in.Credits, Kind: kind,
		Priority: ledger.DefaultPriority, Source: in.ID + ":credits", Ref: in.ID, Paid: basis,
	}
	if in.ExpiresAfterDays > 0 {
		op.ExpiresAt = t.Now().AddDate(0, 0, in.ExpiresAfterDays)
	}
	r, err := s.Ledger.ApplyOne(t, &ledger.Command{Key: ledger.NewKey("invoice", op.Source), Op: op})
	if err != nil {
		return r, fmt.Errorf("grant for %s: %w", in.ID, err)
	}
	return r, nil
}

// paid grants what was paid for, once: the ledger knows the key. Credits that
// were given on issue stay, and come back if they had been taken.
func (s *Service) paid(t tx.Tx, in *Invoice, at charge.Invoice) error {
	if in.Purchase != "" {
		return nil
	}
	if problem := s.mismatch(t, in, at); problem != "" {
		s.Log.Error("a paid invoice is not what was asked for; nothing is granted", "invoice", in.ID, "problem", problem)
		in.fault(CauseDiffers, "Paid, and not granted: "+problem)
		return nil
	}
	key := ledger.WalletKey{Customer: in.Customer, CreditType: in.CreditType}
	before, err := s.Ledger.Balance(t, key)
	if err != nil {
		return err
	}
	var posting ledger.PostingID
	var repaid money.Credits
	switch {
	case in.Grant == 0:
		r, err := s.grant(t, in, ledger.Paid, money.Money{Amount: at.Total - at.Tax, Currency: at.Currency})
		if err != nil {
			return err
		}
		in.Grant, posting = r.Grant, r.Postings[0].ID
		repaid, _ = purchase.Settled(in.Credits, before.Debt)
	case in.Clawed > 0:
		lot, _, err := s.Ledger.Grant(t, in.Customer, in.Grant)
		if err != nil {
			return err
		}
		unpaid := money.Money{Amount: -lot.Paid.Amount, Currency: lot.Paid.Currency}
		r, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Clawback{Grants: []ledger.GrantID{in.Grant}, Credits: -in.Clawed, Kind: ledger.PostRefund, Ref: in.ID, Money: unpaid},
			Note: ledger.Note{Reason: "Invoice " + in.Number + " was paid after all"}})
		if err != nil {
			return err
		}
		posting = r.Postings[0].ID
		repaid, _ = purchase.Settled(in.Clawed, before.Debt)
		in.Clawed = 0
	}
	in.State, in.FinishedAt, in.AmountPaid, in.Processing = Paid, t.Now(), at.AmountPaid, false
	in.solved()
	if at.CardLast4 != "" || at.CardBrand != "" {
		in.Card.Brand, in.Card.Last4 = at.CardBrand, at.CardLast4
	}
	name := in.Name
	if in.Number != "" && in.Collection == Send {
		name += " (invoice " + in.Number + ")"
	}
	p := &purchase.Purchase{
		Customer: in.Customer, Pack: in.Pack, PackName: name, CreditType: in.CreditType, Credits: in.Credits, Price: in.Price,
		ExpiresAfterDays: in.ExpiresAfterDays, PaymentIntent: at.Payment, Total: at.Total, Tax: at.Tax, ReceiptURL: at.ReceiptURL,
		CardBrand: in.Card.Brand, CardLast4: in.Card.Last4, CreatedBy: in.ID, Grant: in.Grant, DebtRepaid: repaid, CreatedAt: in.CreatedAt,
		Bonus: in.Bonus, BonusDays: in.BonusDays,
	}
	if p.ReceiptURL == "" {
		p.ReceiptURL = in.URL
	}
	if err := s.Purchases.RecordPaidIn(t, p, "invoice/"+in.ID, posting); err != nil {
		return err
	}
	in.Purchase = p.ID
	if err := s.Purchases.NoteCurrencyIn(t, p, at.Took); err != nil {
		return err
	}
	return s.explain(t, in, p)
}

// explain keeps how the price of an invoice came about, where the pack's price
// still says the same, and what the invoice says.
func (s *Service) explain(t tx.Tx, in *Invoice, p *purchase.Purchase) error {
	q := &purchase.Quote{Purchase: p.ID, Customer: p.Customer, PONumber: in.PONumber, InvoiceNumber: in.Number, InvoiceURL: in.URL}
	pack := s.Catalog.Snapshot().Pack(in.Pack)
	q.TaxBehavior, q.TaxCode = s.taxOf(pack)
	if pack != nil && pack.Any != nil {
		if now, err := catalog.Quote(pack, in.Credits, in.Price.Currency); err == nil && now.Price == in.Price {
			q.Lines = now.Lines
		}
	}
	return s.Purchases.Store.PutQuote(t, q)
}

// takeBack takes credits that were given on issue and will not be paid: what is
// unused goes, what was used becomes debt. What expired unused, and what staff voided
// or took by an adjustment, is neither.
func (s *Service) takeBack(t tx.Tx, in *Invoice) error {
	if in.Grant == 0 || in.Clawed > 0 {
		return nil
	}
	key := ledger.WalletKey{Customer: in.Customer, CreditType: in.CreditType}
	if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Settle{Wallet: key}}); err != nil {
		return err
	}
	lot, _, err := s.Ledger.Grant(t, in.Customer, in.Grant)
	if err != nil {
		return err
	}
	owed := in.Credits - lot.Lapsed - lot.Taken()
	if owed <= 0 {
		return nil
	}
	_, err = s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Clawback{Grants: []ledger.GrantID{in.Grant}, Credits: owed, Kind: ledger.PostRefund, Ref: in.ID, Money: lot.Paid},
		Note: ledger.Note{Reason: "Invoice " + in.Number + " was not paid"}})
	if err != nil {
		return fmt.Errorf("taking back %s: %w", in.ID, err)
	}
	in.Clawed = owed
	return nil
}

// failed ends an invoice that Stripe will not make.
func (s *Service) failed(t tx.Tx, in *Invoice, why Cause, problem string) error {
	in.State, in.Doing, in.Want, in.Remake, in.FinishedAt = Failed, nothing, nothing, RemakeNone, t.Now()
	in.fault(why, problem)
	if err := s.takeBack(t, in); err != nil {
		return err
	}
	if err := s.put(t, in, time.Time{}); err != nil {
		return err
	}
	return s.tell(t, in)
}

// MailInvoice is the template of the mail that tells further recipients of an
// invoice, and the customer that it is overdue or that one which no card pays was made
// again: customer, name, number, amount, currency, due, url (Stripe's page), overdue
// ("1" when it is), replaces (the number of one that it stands for, "") and link.
const MailInvoice = "invoice"

func (s *Service) mailTo(t tx.Tx, in *Invoice, to string, overdue bool) error {
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil || to == "" {
		return err
	}
	data := map[string]string{
		"customer": c.Name, "name": in.Name, "number": in.Number, "amount": in.Outstanding().Decimal(), "currency": in.Price.Currency,
		"due": in.DueAt.In(c.Location()).Format("2 January 2006"), "url": in.URL, "po_number": in.PONumber, "link": "/invoices/" + in.ID,
	}
	if overdue {
		data["overdue"] = "1"
	} else {
		data["replaces"] = in.ReplacesNumber
	}
	return s.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: MailInvoice, To: to, Data: data}})
}

// mailCustomer tells the customer of an invoice that Stripe does not mail.
func (s *Service) mailCustomer(t tx.Tx, in *Invoice) error {
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil {
		return err
	}
	return s.mailTo(t, in, c.Email, false)
}

func (s *Service) mailRecipients(t tx.Tx, in *Invoice) error {
	for _, to := range in.Recipients {
		if err := s.mailTo(t, in, to, false); err != nil {
			return err
		}
	}
	return nil
}

// tellOverdue says once that the day has passed.
func (s *Service) tellOverdue(t tx.Tx, in *Invoice) error {
	in.OverdueAt = t.Now()
	if err := s.Events.Append(t, event.InvoiceOverdue, in.Customer, 0, 0, eventOf(in)); err != nil {
		return err
	}
	c, err := s.Accounts.CustomerIn(t, in.Customer)
	if err != nil {
		return err
	}
	for _, to := range append([]string{c.Email}, in.Recipients...) {
		if err := s.mailTo(t, in, to, true); err != nil {
			return err
		}
	}
	return nil
}

type invoiceEvent struct {
	Invoice    string     `json:"invoice"`
	State      State      `json:"status"`
	Number     string     `json:"number"`
	CreditType string     `json:"credit_type"`
	Credits    string     `json:"credits"`
	Amount     int64      `json:"amount"`
	AmountPaid int64      `json:"amount_paid"`
	Currency   string     `json:"currency"`
	DueAt      *time.Time `json:"due_at"`
	Purchase   *string    `json:"purchase"`
}

func eventOf(in *Invoice) invoiceEvent {
	e := invoiceEvent{in.ID, in.State, in.Number, in.CreditType, in.Credits.String(), in.Due().Amount, in.AmountPaid, in.Price.Currency, nil, nil}
	if !in.DueAt.IsZero() {
		e.DueAt = &in.DueAt
	}
	if in.Purchase != "" {
		e.Purchase = &in.Purchase
	}
	return e
}

// InvoiceEvent handles an event about an invoice: what it says is written together with
// what became of the event.
func (s *Service) InvoiceEvent(ctx context.Context, e *inbox.Event, at charge.Invoice) (v inbox.Verdict, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		v = inbox.Verdict{State: inbox.Done}
		in, err := s.Store.Invoice(t, at.Owner.ID)
		if errors.Is(err, tx.ErrNotFound) {
			v = inbox.Orphan()
			return nil
		}
		if err != nil {
			return err
		}
		if at.Status == "draft" || (in.Doing == issue && at.Status != "paid") {
			return nil // who makes it writes it
		}
		if in.Stripe != "" && at.ID != in.Stripe && at.Status != "paid" {
			return nil // the one that it replaced
		}
		if err := s.settle(t, in, at); err != nil {
			return err
		}
		if at.Status == "paid" && in.Purchase == "" {
			v = inbox.Verdict{State: inbox.Alarm, Why: in.Problem}
		}
		e.Purchase = in.Purchase
		return e.ConcludeIn(t, v)
	})
	return v, err
}
