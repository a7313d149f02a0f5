package account

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/tx"
)

// TypedDetails is what somebody typed on Stripe's page while paying.
type TypedDetails struct {
	Company string
	Address
	TaxIDs []TaxID
}

// AdoptBillingIn fills what a customer has left empty of the billing details with
// what was typed on Stripe's page, so that later invoices say the same. It leaves
// e-mail and PO number alone, and everything when the customer has saved details
// of their own since a time. It answers whether anything has changed: then Stripe
// must be told. What cannot be taken over is left out.
func (s *Service) AdoptBillingIn(t tx.Tx, customer string, typed TypedDetails, since time.Time) (bool, error) {
	before, err := s.BillingIn(t, customer)
	if err != nil || before.UpdatedAt.After(since) {
		return false, err
	}
	b := before
	if a := typed.Address.fitting(); !b.Known() && Country(a.Country) {
		b.Address = a // Stripe asks for no more than the tax needs: a country may be all
	}
	if len(b.TaxIDs) == 0 {
		b.TaxIDs = storable(typed.TaxIDs)
	}
	// The name beside a tax id is the business's; any other is who holds the card.
	if name := strings.TrimSpace(typed.Company); b.Company == "" && len(b.TaxIDs) > len(before.TaxIDs) && fits(name, 200) {
		b.Company = name
	}
	if b.same(&before) {
		return false, nil
	}
	b.Customer, b.Version, b.Problem, b.UpdatedAt = customer, before.Version+1, "", t.Now()
	if err := s.Store.PutBilling(t, b); err != nil {
		return false, err
	}
	return true, s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: customer, Action: "billing.updated", Object: customer, After: before.changed(&b), Reason: "typed at Checkout"})
}

// storable are the tax ids of Stripe's that can be stored, as many as fit.
func storable(ids []TaxID) (out []TaxID) {
	for i, id := range ids {
		id.Value = strings.ToUpper(strings.Join(strings.Fields(id.Value), " "))
		if len(out) < maxTaxIDs && id.check(fmt.Sprint(i)) == nil {
			out = append(out, id)
		}
	}
	return out
}

// fitting is an address as it can be stored: Stripe's limits are other ones.
func (a Address) fitting() Address {
	for _, f := range []struct {
		value *string
		most  int
	}{{&a.Line1, 200}, {&a.Line2, 200}, {&a.City, 100}, {&a.State, 100}, {&a.PostalCode, 20}} {
		if *f.value = strings.TrimSpace(*f.value); !fits(*f.value, f.most) {
			*f.value = ""
		}
	}
	a.Country = strings.ToUpper(strings.TrimSpace(a.Country))
	return a
}

func fits(v string, most int) bool {
	return utf8.ValidString(v) && utf8.RuneCountInString(v) <= most && !strings.ContainsFunc(v, unicode.IsControl)
}

// FollowBillingIn takes over the address and the tax ids that a customer has given
// Stripe, which has them already. An address that is gone there stays here, and
// what cannot be stored is left out. It answers whether anything has changed.
func (s *Service) FollowBillingIn(t tx.Tx, customer string, at TypedDetails) (bool, error) {
	before, err := s.BillingIn(t, customer)
	if err != nil {
		return false, err
	}
	b := before.following(at)
	if b.same(&before) {
		return false, nil
	}
	b.Customer, b.Version, b.Problem, b.UpdatedAt = customer, before.Version+1, "", t.Now()
	b.Synced = b.Version
	if err := s.Store.PutBilling(t, b); err != nil {
		return false, err
	}
	return true, s.Audit.Record(t, audit.Record{Actor: audit.System, Customer: customer, Action: "billing.updated", Object: customer, After: before.changed(&b), Reason: "changed at Stripe"})
}

// Follows says whether FollowBillingIn would change anything.
func (b BillingDetails) Follows(at TypedDetails) bool {
	to := b.following(at)
	return !to.same(&b)
}

func (b BillingDetails) following(at TypedDetails) BillingDetails {
	if a := at.Address.fitting(); Country(a.Country) {
		b.Address = a
	}
	ids := storable(at.TaxIDs)
	if !sameTaxIDs(ids, b.TaxIDs) {
		if name := strings.TrimSpace(at.Company); b.Company == "" && len(ids) > 0 && fits(name, 200) {
			b.Company = name // the name beside a tax id is the business's
		}
		b.TaxIDs = ids
	}
	return b
}

// sameTaxIDs compares them without what Stripe may leave out of their spelling.
func sameTaxIDs(a, b []TaxID) bool {
	plain := func(ids []TaxID) (out []string) {
		for _, id := range ids {
			out = append(out, id.Type+":"+strings.Map(func(r rune) rune {
				if strings.ContainsRune(" -./", r) {
					return -1
				}
				return r
			}, strings.ToUpper(id.Value)))
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(plain(a), plain(b))
}

// RepeatBillingIn stores billing details again, as they are: Stripe has other ones
// and is to be told.
func (s *Service) RepeatBillingIn(t tx.Tx, customer string) error {
	b, err := s.BillingIn(t, customer)
	if err != nil {
		return err
	}
	b.Customer, b.Version, b.UpdatedAt = customer, b.Version+1, t.Now()
	return s.Store.PutBilling(t, b)
}
