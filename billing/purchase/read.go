package purchase

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"purse/billing/fault"
	"purse/billing/tx"
)

// Purchase answers a purchase by its id.
func (s *Service) Purchase(ctx context.Context, purchaseID string) (p *Purchase, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		p, err = s.Store.Purchase(t, purchaseID)
		return missing(err)
	})
	return p, err
}

// BySession answers the purchase of a Checkout.
func (s *Service) BySession(ctx context.Context, session string) (p *Purchase, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		p, err = s.Store.BySession(t, session)
		return missing(err)
	})
	return p, err
}

func missing(err error) error {
	if errors.Is(err, tx.ErrNotFound) {
		return fault.Missing("purchase")
	}
	return err
}

// Open answers the newest purchase of a customer that waits at Checkout, nil
// when there is none.
func (s *Service) Open(t tx.Tx, customer string) (*Purchase, error) {
	open, err := s.Store.OpenOf(t, customer, "")
	for _, p := range open {
		if p.Open(t.Now()) {
			return p, err
		}
	}
	return nil, err
}

// Pending are the purchases of a wallet (of all for "") that a customer has confirmed
// and whose money is on its way, newest first.
func (s *Service) Pending(t tx.Tx, customer, creditType string) (out []*Purchase, err error) {
	open, err := s.Store.OpenOf(t, customer, "")
	for _, p := range open {
		if p.State == Processing && (creditType == "" || p.CreditType == creditType) {
			out = append(out, p)
		}
	}
	return out, err
}

// List answers purchases, newest first: of one customer or of all for "", older
// than the purchase before ("" for the newest), whose id, Checkout, payment or
// card's last four digits contain text.
func (s *Service) List(t tx.Tx, customer, text, before string, limit int) ([]*Purchase, error) {
	return s.Store.List(t, customer, strings.TrimSpace(text), before, limit)
}

// Onward is where the buyer goes after the return page: the vendor's
// success_url with purchase= added, "" when there is none.
func (p *Purchase) Onward() string { return onward(p.SuccessURL, p.ID) }

// OnwardCancelled is where the buyer goes who left the Checkout.
func (p *Purchase) OnwardCancelled() string { return onward(p.CancelURL, p.ID) }

func onward(address, purchaseID string) string {
	u, err := url.Parse(address)
	if address == "" || err != nil {
		return ""
	}
	q := u.Query()
	q.Set("purchase", purchaseID)
	u.RawQuery = q.Encode()
	return u.String()
}
