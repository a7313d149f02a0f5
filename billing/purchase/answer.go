package purchase

import (
	"context"
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/outcome"
	"purse/billing/tx"
)

// Evidence is what staff says about a dispute, in Stripe's words. Stripe takes
// 150,000 characters over all texts.
type Evidence struct {
	ProductDescription string `json:"product_description,omitempty"`
	CustomerName       string `json:"customer_name,omitempty"`
	CustomerEmail      string `json:"customer_email_address,omitempty"`
	PurchaseAddress    string `json:"customer_purchase_ip,omitempty"`
	AccessLog          string `json:"access_activity_log,omitempty"`
	RefundPolicy       string `json:"refund_policy_disclosure,omitempty"`
	Explanation        string `json:"uncategorized_text,omitempty"`
}

// maxEvidence leaves room for what Stripe may count otherwise.
const maxEvidence = 140_000

// DisputeAnswer is evidence that was submitted.
type DisputeAnswer struct {
	ID, Dispute, Purchase string
	Evidence              Evidence
	CreatedBy             string
	CreatedAt             time.Time
}

// AnswerDispute submits evidence about a dispute of a purchase, "" for the one that
// matters now. It can be done once: Stripe gives it to the bank at once.
func (s *Service) AnswerDispute(ctx context.Context, by audit.Actor, purchaseID, dispute string, e Evidence) (*Purchase, error) {
	if e.Explanation == "" {
		return nil, fault.Bad("explanation", "Say why the payment is right: the bank reads it.")
	}
	n := 0
	for _, text := range []string{e.ProductDescription, e.CustomerName, e.CustomerEmail, e.PurchaseAddress, e.AccessLog, e.RefundPolicy, e.Explanation} {
		n += utf8.RuneCountInString(text)
	}
	if n > maxEvidence {
		return nil, fault.Bad("explanation", "This is too long: Stripe takes 150,000 characters in all.")
	}
	var p *Purchase
	answer := DisputeAnswer{Evidence: e, Purchase: purchaseID, CreatedBy: by.ID}
	err := s.Runner.Update(ctx, func(t tx.Tx) (err error) {
		if p, err = s.Store.Purchase(t, purchaseID); err != nil {
			return missing(err)
		}
		if dispute == "" {
			dispute = p.Dispute
		}
		all, err := s.Store.Disputes(t, p.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(d ChargeDispute) bool { return d.ID == dispute })
		if i < 0 || !all[i].Awaited() {
			return fault.New(fault.Conflict, "not_awaited", "", "The bank does not wait for an answer about this payment.")
		}
		// The intent, before Stripe is asked: what was said stays known.
		answer.ID, answer.Dispute, answer.CreatedAt = id.New("ans", t.Now()), dispute, t.Now()
		if err := s.Store.InsertAnswer(t, answer); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "dispute.answered", Object: p.ID, After: dispute})
	})
	if err != nil {
		return nil, err
	}
	err = s.Gateway.SubmitEvidence(ctx, dispute, e, answer.ID)
	var no *outcome.Refused
	switch {
	case errors.As(err, &no):
		return nil, fault.New(fault.Conflict, "evidence_refused", "", "Stripe did not take the evidence: %s", no.Message)
	case err != nil:
		return nil, s.unavailable(err)
	}
	return s.SyncMoney(ctx, purchaseID)
}

// Answers answers what was submitted about the disputes of a purchase.
func (s *Service) Answers(t tx.Tx, purchaseID string) ([]DisputeAnswer, error) {
	return s.Store.Answers(t, purchaseID)
}
