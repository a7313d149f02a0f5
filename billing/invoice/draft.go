package invoice

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/charge"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/words"
)

// New says what is to be invoiced.
type NewInvoice struct {
	Customer         string
	CreditType       string
	Credits          money.Credits
	Price            money.Money
	Name             string // what is sold; "" for "1,000 credits"
	ExpiresAfterDays int
	OnIssue          bool
	NetDays          int
	Recipients       []string
	PONumber, Memo   string
	TaxExempt        TaxExempt
	// Key makes it count once: a form's nonce, an Idempotency-Key.
	Key string
}

// Draft writes an invoice down. Nothing is at Stripe before Issue.
func (s *Service) Draft(ctx context.Context, by audit.Actor, n NewInvoice) (in *Invoice, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		in = nil
		key := ""
		if n.Key != "" {
			key = n.Customer + "/" + n.Key
			known, err := s.Store.ByKey(t, key)
			if err == nil {
				if known.Credits != n.Credits || known.Price != n.Price || known.CreditType != n.CreditType {
					return fault.New(fault.Conflict, "idempotency_mismatch", "", "This key was used for another invoice. Use a new one.")
				}
				in = known
				return nil
			}
			if !errors.Is(err, tx.ErrNotFound) {
				return err
			}
		}
		in = &Invoice{ID: id.New("inv", t.Now()), CreatedBy: by.ID}
		in.Owner, in.Collection = owner(in.ID), Send
		if err := s.fill(t, in, n); err != nil {
			return err
		}
		if key == "" {
			key = in.ID
		}
		if _, err := s.Store.Insert(t, in, key); err != nil {
			return err
		}
		if err := s.Charges.DraftIn(t, &in.Charge); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.drafted", Object: in.ID, After: says(in)})
	})
	return in, err
}

// Edit changes a draft.
func (s *Service) Edit(ctx context.Context, by audit.Actor, invoiceID string, n NewInvoice) (in *Invoice, err error) {
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		if in, err = s.get(t, invoiceID); err != nil {
			return err
		}
		if in.State() != Draft {
			return fault.New(fault.Conflict, "not_draft", "", "This invoice was sent already: it cannot be changed. Void it and make another.")
		}
		before := says(in)
		n.Customer = in.Customer
		if err := s.fill(t, in, n); err != nil {
			return err
		}
		if err := errors.Join(s.Charges.Store.Update(t, &in.Charge), s.Store.Update(t, in)); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.edited", Object: in.ID, Before: before, After: says(in)})
	})
	return in, err
}

// fill checks what was asked for and puts it into a draft.
func (s *Service) fill(t tx.Tx, in *Invoice, n NewInvoice) error {
	c, err := s.Accounts.CustomerIn(t, n.Customer)
	if err != nil {
		return err
	}
	if c.Email == "" {
		return fault.New(fault.Conflict, "no_email", "customer", "The customer has no e-mail address, to which Stripe sends the invoice. Add one first.")
	}
	ct := s.Catalog.Snapshot().CreditType(n.CreditType)
	switch {
	case ct == nil || ct.Archived():
		return fault.Bad("credit_type", "Choose a credit type.")
	case n.Credits <= 0 || n.Credits > money.MaxAmount:
		return fault.Bad("credits", "Say how many credits are sold: more than zero.")
	case n.Price.Currency == "":
		return fault.Bad("currency", "Say in which currency.")
	case n.Price.Amount < money.LeastCharge(n.Price.Currency) || n.Price.Amount > money.MaxMinor:
		return fault.Bad("price", "Stripe takes from %s to %s.", words.Minor(money.LeastCharge(n.Price.Currency), n.Price.Currency), words.Minor(money.MaxMinor, n.Price.Currency))
	case n.Price.Valid() != nil:
		return fault.Bad("price", "This %s.", n.Price.Valid())
	case !slices.Contains(NetTerms, n.NetDays):
		return fault.Bad("net_days", "The terms are net 0, 30, 60 or 90 days.")
	case n.ExpiresAfterDays < 0 || n.ExpiresAfterDays > 3660:
		return fault.Bad("expires_after_days", "Give the days as a whole number up to 3,660, or leave it empty.")
	case len([]rune(n.Memo)) > 500:
		return fault.Bad("memo", "Say it in at most 500 characters.")
	case len([]rune(n.PONumber)) > account.MaxPONumber:
		return fault.Bad("po_number", "A PO number has at most %d characters.", account.MaxPONumber)
	case len([]rune(n.Name)) > 100:
		return fault.Bad("name", "Say it in at most 100 characters.")
	case n.TaxExempt != TaxAsIs && n.TaxExempt != TaxNone && n.TaxExempt != TaxExempts && n.TaxExempt != TaxReverse:
		return fault.Bad("tax_exempt", "Choose one of the list.")
	case len(n.Recipients) > MaxRecipients:
		return fault.Bad("recipients", "At most %d further recipients.", MaxRecipients)
	}
	currency, fixed, err := s.Accounts.CurrencyIn(t, c.ID)
	if err != nil {
		return err
	}
	if fixed && currency != n.Price.Currency {
		return fault.Bad("currency", "This customer pays in %s: a customer has one currency.", strings.ToUpper(currency))
	}
	in.Recipients = nil
	for _, r := range n.Recipients {
		a, err := mail.ParseAddress(r)
		if err != nil || a.Address != r || strings.ContainsAny(r, " \t\r\n") {
			return fault.Bad("recipients", "%q is not an e-mail address.", r)
		}
		if !strings.EqualFold(r, c.Email) && !slices.Contains(in.Recipients, r) {
			in.Recipients = append(in.Recipients, r)
		}
	}
	in.Customer, in.CreditType, in.Credits, in.Price, in.Name = c.ID, ct.Key, n.Credits, n.Price, strings.TrimSpace(n.Name)
	in.ExpiresAfterDays, in.OnIssue, in.NetDays = n.ExpiresAfterDays, n.OnIssue, n.NetDays
	in.PONumber, in.Memo, in.TaxExempt = strings.TrimSpace(n.PONumber), strings.TrimSpace(n.Memo), n.TaxExempt
	if in.Name == "" {
		in.Name = Grouped(n.Credits) + " " + ct.Units
	}
	return nil
}

// Grouped is an amount with commas between its thousands: "50,000.5".
func Grouped(c money.Credits) string {
	whole, fraction, _ := strings.Cut(c.String(), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return whole
}

// Issue lets Stripe make a draft and send it. It answers when that was tried
// once; what has no outcome yet goes on by itself.
func (s *Service) Issue(ctx context.Context, by audit.Actor, invoiceID string) (*Invoice, error) {
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.get(t, invoiceID)
		if err != nil || in.State() != Draft {
			return err
		}
		if c, err := s.Accounts.CustomerIn(t, in.Customer); err != nil || c.Status != account.Active {
			return errors.Join(err, fault.New(fault.Conflict, "customer_suspended", "", "The customer is suspended. Resume it first."))
		}
		if err := s.Charges.IssueIn(t, &in.Charge); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.sent", Object: in.ID, After: says(in)})
	})
	if err != nil {
		return nil, err
	}
	return s.run(ctx, invoiceID)
}

// Discard throws a draft away.
func (s *Service) Discard(ctx context.Context, by audit.Actor, invoiceID string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.get(t, invoiceID)
		if err != nil {
			return err
		}
		if in.State() != Draft {
			return fault.New(fault.Conflict, "not_draft", "", "This invoice was sent already: void it instead.")
		}
		if err := s.Charges.DiscardIn(t, &in.Charge); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.discarded", Object: in.ID})
	})
}

// Do voids an invoice, gives it up, or records that it was paid outside Stripe.
func (s *Service) Do(ctx context.Context, by audit.Actor, invoiceID string, act charge.Act, reason string) (*Invoice, error) {
	if act != charge.ActVoid && act != charge.ActUncollectible && act != charge.ActRecord {
		return nil, fault.Bad("act", "This cannot be done with an invoice.")
	}
	if reason == "" {
		return nil, fault.Bad("reason", "Say why: it stays with the invoice.")
	}
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.get(t, invoiceID)
		if err != nil {
			return err
		}
		switch {
		case in.State() != Open && (in.State() != Uncollectible || act == charge.ActUncollectible):
			return fault.New(fault.Conflict, "not_open", "", "This invoice is %s: that cannot be done any more.", in.State())
		case in.Processing:
			return fault.New(fault.Conflict, "processing", "", "A payment of this invoice is on its way. Wait until the bank has answered.")
		case in.Want == act || in.Doing == act:
			return nil
		}
		in.Reason = reason
		if err := errors.Join(s.Store.Update(t, in), s.Charges.ActIn(t, &in.Charge, act)); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice." + string(act), Object: in.ID, Reason: reason, Before: says(in)})
	})
	if err != nil {
		return nil, err
	}
	return s.run(ctx, invoiceID)
}

// Resend lets Stripe mail an open invoice again, and Purse its further
// recipients.
func (s *Service) Resend(ctx context.Context, by audit.Actor, invoiceID string) (*Invoice, error) {
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		in, err := s.get(t, invoiceID)
		if err != nil {
			return err
		}
		if !in.Payable() || in.Collection != Send {
			return fault.New(fault.Conflict, "not_open", "", "Only an invoice that waits for its payment can be sent again.")
		}
		if err := s.Charges.SendIn(t, &in.Charge); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: in.Customer, Action: "invoice.resent", Object: in.ID})
	})
	if err != nil {
		return nil, err
	}
	return s.run(ctx, invoiceID)
}

func (s *Service) run(ctx context.Context, invoiceID string) (*Invoice, error) {
	if err := s.Run(ctx, invoiceID); err != nil {
		s.Log.Warn("an invoice waits for Stripe and is tried again", "invoice", invoiceID, "error", err)
	}
	return s.Invoice(ctx, invoiceID)
}

// Invoice answers an invoice by its id.
func (s *Service) Invoice(ctx context.Context, invoiceID string) (in *Invoice, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		in, err = s.get(t, invoiceID)
		return err
	})
	return in, err
}

func (s *Service) get(t tx.Tx, invoiceID string) (*Invoice, error) {
	in, err := s.Store.Invoice(t, invoiceID)
	if errors.Is(err, tx.ErrNotFound) {
		return nil, fault.Missing("invoice")
	}
	return in, err
}

// List answers invoices, newest first: of a customer, a schedule, in a state, ""
// for all.
func (s *Service) List(t tx.Tx, customer, schedule string, state State, before string, limit int) ([]*Invoice, error) {
	return s.Store.List(t, customer, schedule, state, before, limit)
}

// Preview is what issuing would do to the wallet.
func (s *Service) Preview(t tx.Tx, in *Invoice) (before ledger.Balance, err error) {
	return s.Ledger.Balance(t, ledger.WalletKey{Customer: in.Customer, CreditType: in.CreditType})
}

// says is an invoice for the audit log.
func says(in *Invoice) map[string]string {
	return map[string]string{
		"state": string(in.State()), "credits": in.Credits.String(), "credit_type": in.CreditType, "price": in.Price.Decimal() + " " + in.Price.Currency,
		"net_days": fmt.Sprint(in.NetDays), "on_issue": fmt.Sprint(in.OnIssue), "tax_exempt": string(in.TaxExempt), "po_number": in.PONumber, "number": in.Number,
	}
}

// CheckIn says whether an invoice could be made as asked for, and answers it.
func (s *Service) CheckIn(t tx.Tx, n NewInvoice) (*Invoice, error) {
	in := &Invoice{}
	in.Collection = Send
	return in, s.fill(t, in, n)
}

// BeginIn writes an invoice that a schedule makes, and that Stripe is to be
// asked for it; Run goes on. It answers false when it was begun already.
func (s *Service) BeginIn(t tx.Tx, in *Invoice, key string) (bool, error) {
	in.ID = id.New("inv", t.Now())
	in.Owner = owner(in.ID)
	if ok, err := s.Store.Insert(t, in, key); err != nil || !ok {
		return false, err
	}
	return s.Charges.BeginIn(t, &in.Charge)
}
