package account

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/tx"
)

// BillingDetails is who a customer's invoices are addressed to. It concerns the next
// invoices; those that exist stay as they are. All of it may be blanked.
type BillingDetails struct {
	Customer string `json:"-"`
	Company  string `json:"company"` // "" for the customer's name
	Email    string `json:"email"`   // where invoices and receipts go, "" for the customer's own
	Address
	TaxIDs   []TaxID `json:"tax_ids"`
	PONumber string  `json:"po_number"` // printed on invoices until it is changed
	// Problem is what Stripe had against it, "" for nothing.
	Problem string `json:"problem,omitempty"`
	// Version counts changes, Synced is the last that Stripe has.
	Version   int64     `json:"-"`
	Synced    int64     `json:"-"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Address is a postal address. Country is a two-letter code.
type Address struct {
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	City       string `json:"city"`
	State      string `json:"state"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

// Known says whether there is an address at all.
func (a Address) Known() bool { return a != Address{} }

// TaxID is a number under which a tax authority knows the customer. Type is
// Stripe's word for its kind.
type TaxID struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// Set says whether anything of it is filled in.
func (b *BillingDetails) Set() bool {
	return b.Company != "" || b.Known() || len(b.TaxIDs) > 0 || b.PONumber != ""
}

const (
	maxTaxIDs = 5
	// MaxPONumber is the longest value that Stripe prints on an invoice.
	MaxPONumber = 140
)

// BillingStore keeps billing details and currencies. Rows that are not there are
// tx.ErrNotFound.
type BillingStore interface {
	Billing(t tx.Tx, customer string) (BillingDetails, error)
	PutBilling(t tx.Tx, b BillingDetails) error
	Currency(t tx.Tx, customer string) (currency string, fixed bool, err error)
	PutCurrency(t tx.Tx, customer, currency string, fixed bool) error
}

// BillingIn answers a customer's billing details, empty ones before any were
// saved.
func (s *Service) BillingIn(t tx.Tx, customer string) (BillingDetails, error) {
	b, err := s.Store.Billing(t, customer)
	if errors.Is(err, tx.ErrNotFound) {
		return BillingDetails{Customer: customer}, nil
	}
	return b, err
}

// Billing answers a customer's billing details.
func (s *Service) Billing(ctx context.Context, customer string) (b BillingDetails, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		b, err = s.BillingIn(t, customer)
		return err
	})
	return b, err
}

// SaveBillingIn checks and stores billing details. It answers them as stored and
// whether anything has changed: then Stripe must be told.
func (s *Service) SaveBillingIn(t tx.Tx, by audit.Actor, b BillingDetails) (BillingDetails, bool, error) {
	if err := b.check(); err != nil {
		return b, false, err
	}
	before, err := s.BillingIn(t, b.Customer)
	if err != nil {
		return b, false, err
	}
	b.Version, b.Synced, b.Problem, b.UpdatedAt = before.Version, before.Synced, before.Problem, before.UpdatedAt
	if b.same(&before) {
		return before, false, nil
	}
	b.Version, b.Problem, b.UpdatedAt = before.Version+1, "", t.Now()
	if err := s.Store.PutBilling(t, b); err != nil {
		return b, false, err
	}
	// Which fields, not what: details can be blanked, the log cannot.
	return b, true, s.Audit.Record(t, audit.Record{Actor: by, Customer: b.Customer, Action: "billing.updated", Object: b.Customer, After: before.changed(&b)})
}

func (b *BillingDetails) same(o *BillingDetails) bool { return len(b.changed(o)) == 0 }

// changed names the fields in which two details differ.
func (b *BillingDetails) changed(o *BillingDetails) []string {
	var out []string
	for name, differs := range map[string]bool{
		"company": b.Company != o.Company, "email": b.Email != o.Email, "address": b.Address != o.Address,
		"tax_ids": fmt.Sprint(b.TaxIDs) != fmt.Sprint(o.TaxIDs), "po_number": b.PONumber != o.PONumber,
	} {
		if differs {
			out = append(out, name)
		}
	}
	return out
}

// BillingSyncedIn notes that Stripe has a version of the details, or what it had
// against them.
func (s *Service) BillingSyncedIn(t tx.Tx, customer string, version int64, problem string) error {
	b, err := s.Store.Billing(t, customer)
	if errors.Is(err, tx.ErrNotFound) || (err == nil && b.Synced >= version && b.Problem == problem) {
		return nil
	}
	if err != nil {
		return err
	}
	b.Synced = max(b.Synced, version)
	if b.Version == version {
		b.Problem = problem
	}
	return s.Store.PutBilling(t, b)
}

func (b *BillingDetails) check() error {
	for _, f := range []struct {
		param string
		value *string
		most  int
	}{
		{"company", &b.Company, 200}, {"email", &b.Email, 254}, {"line1", &b.Line1, 200}, {"line2", &b.Line2, 200}, {"city", &b.City, 100},
		{"state", &b.State, 100}, {"postal_code", &b.PostalCode, 20}, {"country", &b.Country, 2}, {"po_number", &b.PONumber, MaxPONumber},
	} {
		v := strings.TrimSpace(*f.value)
		if !utf8.ValidString(v) || utf8.RuneCountInString(v) > f.most || strings.ContainsFunc(v, unicode.IsControl) {
			return fault.Bad(f.param, "At most %d characters.", f.most)
		}
		*f.value = v
	}
	if b.Email != "" {
		if a, err := mail.ParseAddress(b.Email); err != nil || a.Address != b.Email {
			return fault.Bad("email", "This is not an e-mail address.")
		}
	}
	b.Country = strings.ToUpper(b.Country)
	switch {
	case b.Country != "" && !Country(b.Country):
		return fault.Bad("country", "Choose a country.")
	case b.Address.Known() && b.Country == "":
		return fault.Bad("country", "An address has a country: it decides the tax.")
	case b.Address.Known() && b.Line1 == "" && (b.City != "" || b.PostalCode != ""):
		return fault.Bad("line1", "Give the street, or a post box.")
	case len(b.TaxIDs) > maxTaxIDs:
		return fault.Bad("tax_ids", "At most %d tax ids.", maxTaxIDs)
	}
	seen := map[TaxID]bool{}
	for i := range b.TaxIDs {
		id := &b.TaxIDs[i]
		id.Value = strings.ToUpper(strings.Join(strings.Fields(id.Value), " "))
		if err := id.check(fmt.Sprintf("tax_ids[%d]", i)); err != nil {
			return err
		}
		if seen[*id] {
			return fault.Bad(fmt.Sprintf("tax_ids[%d].value", i), "This tax id is there already.")
		}
		seen[*id] = true
	}
	return nil
}

// CurrencyIn answers the currency that a customer pays in, "" before one was
// chosen, and whether it is fixed.
func (s *Service) CurrencyIn(t tx.Tx, customer string) (currency string, fixed bool, err error) {
	currency, fixed, err = s.Store.Currency(t, customer)
	if errors.Is(err, tx.ErrNotFound) {
		return "", false, nil
	}
	return currency, fixed, err
}

// ChooseCurrencyIn makes a currency the customer's, unless another is fixed.
// fix says that it is from now on: money moved in it.
func (s *Service) ChooseCurrencyIn(t tx.Tx, customer, currency string, fix bool) error {
	now, fixed, err := s.CurrencyIn(t, customer)
	if err != nil || (now == currency && (fixed || !fix)) {
		return err
	}
	if fixed {
		return CurrencyFixed(now)
	}
	return s.putCurrency(t, customer, currency, fix)
}

func (s *Service) putCurrency(t tx.Tx, customer, currency string, fix bool) error {
	err := s.Store.PutCurrency(t, customer, currency, fix)
	if err == nil && fix && s.CurrencyFixed != nil {
		err = s.CurrencyFixed(t, customer, currency)
	}
	return err
}

// CurrencyFixed says that a customer pays in another currency.
func CurrencyFixed(currency string) error {
	return fault.New(fault.Conflict, "currency_fixed", "currency", "This customer pays in %s. One customer has one billing currency.", strings.ToUpper(currency))
}

// SetCurrency is staff's act: it fixes a customer's currency, whatever it was.
func (s *Service) SetCurrency(ctx context.Context, by audit.Actor, customer, currency string) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.SetCurrencyIn(t, by, customer, currency) })
}

// SetCurrencyIn is SetCurrency in t.
func (s *Service) SetCurrencyIn(t tx.Tx, by audit.Actor, customer, currency string) error {
	if _, err := s.CustomerIn(t, customer); err != nil {
		return err
	}
	currency = strings.ToLower(strings.TrimSpace(currency))
	if _, ok := money.Exponent(currency); !ok {
		return fault.Bad("currency", "The currency %s.", money.ErrCurrency)
	}
	now, fixed, err := s.CurrencyIn(t, customer)
	if err != nil || (now == currency && fixed) {
		return err
	}
	if err := s.putCurrency(t, customer, currency, true); err != nil {
		return err
	}
	return s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "billing.currency_set", Object: customer, Before: now, After: currency})
}
