package purchase

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/outcome"
	"purse/billing/tx"
	"purse/billing/words"
)

// RefundState is how a refund stands at Stripe.
type RefundState string

const (
	RefundPending   RefundState = "pending" // asked for; the money is on its way
	RefundSucceeded RefundState = "succeeded"
	RefundFailed    RefundState = "failed" // the bank or Stripe refused: the credits came back
)

// counts says whether credits are taken back for the refund.
func (s RefundState) counts() bool { return s == RefundPending || s == RefundSucceeded }

// Refund is money that goes back. One that was made in Stripe's dashboard has an
// id of Stripe's only.
type Refund struct {
	ID        string // ours, or Stripe's for one that was made there
	StripeID  string
	Purchase  string
	Amount    int64       // minor units of the purchase's currency
	Charged   money.Money // what it is of a charge in another currency, zero for the same
	State     RefundState
	Reason    string // what a person said
	Problem   string // why it failed
	CreatedBy string
	CreatedAt time.Time
}

// NewRefund asks for one.
type NewRefund struct {
	Purchase string
	Amount   int64 // minor units; 0 for as much as may be refunded
	Reason   string
	Key      string // makes it count once, "" for no such promise
	self     bool   // by the customer: MayRefund decides
}

// maxReason is the longest reason, in characters.
const maxReason = 500

const jobRefund = "purchase.refund"

// Refund refunds a purchase, wholly or in part, at most what was paid for its
// unused credits. The credits are taken back at once; they come back if the
// refund fails. The intent is committed before Stripe is asked.
func (s *Service) Refund(ctx context.Context, by audit.Actor, n NewRefund) (*Refund, error) {
	if n.Reason == "" {
		return nil, fault.Bad("reason", "Say why: the customer sees it.")
	}
	if !utf8.ValidString(n.Reason) || utf8.RuneCountInString(n.Reason) > maxReason {
		return nil, fault.Bad("reason", "At most %d characters.", maxReason)
	}
	var sent refundCall
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Purchase(t, n.Purchase)
		if err != nil {
			return missing(err)
		}
		r, err := s.beginRefund(t, by, p, n)
		if err != nil {
			return err
		}
		sent, err = s.refundCallIn(t, r, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	r, err := s.sendRefund(ctx, sent)
	if err != nil {
		// It is known and will be sent again; the buyer's credits are back already.
		s.Log.Warn("a refund was not answered and will be sent again", "refund", sent.r.ID, "error", err)
		return s.RefundByID(ctx, sent.r.ID)
	}
	return r, nil
}

// beginRefund commits that a refund is to be made, or answers the one that its key made.
func (s *Service) beginRefund(t tx.Tx, by audit.Actor, p *Purchase, n NewRefund) (*Refund, error) {
	if n.Key != "" {
		known, err := s.Store.RefundByKey(t, n.Purchase+"/"+n.Key)
		if !errors.Is(err, tx.ErrNotFound) {
			return known, err
		}
	}
	if n.self {
		if err := s.mayRefundNow(t, p); err != nil {
			return nil, err
		}
	}
	r, err := s.intendRefund(t, by, p, n)
	if err != nil {
		return nil, err
	}
	return r, s.Audit.Record(t, audit.Record{Actor: by, Customer: p.Customer, Action: "purchase.refunded", Object: p.ID, Reason: n.Reason, After: r})
}

func (s *Service) intendRefund(t tx.Tx, by audit.Actor, p *Purchase, n NewRefund) (*Refund, error) {
	most, err := s.Refundable(t, p)
	if err != nil {
		return nil, err
	}
	amount := n.Amount
	if amount == 0 {
		amount = most.Amount
	}
	switch {
	case !p.Granted():
		return nil, fault.New(fault.Conflict, "not_paid", "", "This purchase was not paid: there is nothing to refund.")
	case p.DisputeOpen():
		return nil, fault.New(fault.Conflict, "disputed", "", "The payment is disputed: answer the dispute instead of refunding.")
	case amount < 0:
		return nil, fault.Bad("amount", "The amount must be more than zero.")
	case amount != most.Amount && amount%money.MinorStep(p.Price.Currency) != 0:
		return nil, fault.Bad("amount", "The amount %s.", money.Money{Amount: amount, Currency: p.Price.Currency}.Valid())
	case amount > most.Amount || amount == 0:
		return nil, fault.New(fault.Conflict, "exceeds_refundable", "amount", "At most %s can be refunded: the rest was used or refunded.", words.Money(most))
	}
	r := &Refund{
		ID: id.New("ref", t.Now()), Purchase: p.ID, Amount: amount, State: RefundPending, Reason: n.Reason, CreatedBy: by.ID, CreatedAt: t.Now(),
	}
	key := r.ID
	if n.Key != "" {
		key = n.Purchase + "/" + n.Key
	}
	if err := s.Store.PutRefund(t, r, key); err != nil {
		return nil, err
	}
	if err := s.moneyBack(t, p, ledger.Note{Actor: by.ID, Reason: n.Reason}); err != nil {
		return nil, err
	}
	return r, s.Jobs.Add(t, job.Spec{Kind: jobRefund, Dedup: r.ID, Payload: r.ID, RunAt: t.Now().Add(30 * time.Second), MaxAttempts: 20})
}

func (s *Service) refundJob(ctx context.Context, j job.Job) error {
	var refund string
	if err := j.Decode(&refund); err != nil {
		return job.Permanent(err)
	}
	var again refundCall
	err := s.Runner.View(ctx, func(t tx.Tx) error {
		r, err := s.Store.Refund(t, refund)
		if err != nil {
			return err
		}
		p, err := s.Store.Purchase(t, r.Purchase)
		if err != nil {
			return err
		}
		again, err = s.refundCallIn(t, r, p)
		return err
	})
	if err != nil {
		return err
	}
	_, err = s.sendRefund(ctx, again)
	return err
}

// refundCall is a refund that Stripe is to be asked for, with all that is needed for it.
type refundCall struct {
	r      *Refund
	p      *Purchase
	params RefundParams
	late   bool // its key is too old to be sent again
}

func (s *Service) refundCallIn(t tx.Tx, r *Refund, p *Purchase) (refundCall, error) {
	c := refundCall{r: r, p: p, late: t.Now().After(r.CreatedAt.Add(refundKeyLife)), params: RefundParams{
		Refund: r.ID, Purchase: p.ID, Installation: s.Installation, PaymentIntent: p.PaymentIntent, Amount: r.Amount,
	}}
	if p.PaymentIntent != "" {
		return c, nil
	}
	paid, err := s.Store.PaymentOfPurchase(t, p.ID)
	if errors.Is(err, tx.ErrNotFound) {
		return c, nil
	}
	if err == nil {
		c.params.Invoice = paid.Invoice
	}
	return c, err
}

// sendRefund asks Stripe, under a key made of our id: asked again, it is the
// same refund.
func (s *Service) sendRefund(ctx context.Context, c refundCall) (*Refund, error) {
	r := c.r
	if r.StripeID != "" || !r.State.counts() {
		return r, nil
	}
	r, err := s.inCharge(ctx, c.p, r)
	if err != nil {
		return nil, err
	}
	c.params.Charged = r.Charged
	made, err := s.makeRefund(ctx, c)
	var no *outcome.Refused
	if errors.As(err, &no) {
		made = ChargeRefund{Ours: r.ID, Amount: r.Amount, Status: "failed", Problem: no.Message}
		err = nil
	}
	if err != nil {
		return nil, err
	}
	if made.Currency != "" && made.Currency != c.p.Price.Currency {
		made.Charged = money.Money{Amount: made.Amount, Currency: made.Currency}
		made.Amount = r.Amount
	}
	err = s.Runner.Update(ctx, func(t tx.Tx) error {
		p, err := s.Store.Purchase(t, c.p.ID)
		if err != nil {
			return err
		}
		if err := s.noteRefund(t, p, made); err != nil {
			return err
		}
		if err := s.moneyBack(t, p, ledger.Note{}); err != nil {
			return err
		}
		r, err = s.Store.Refund(t, c.r.ID)
		return err
	})
	return r, err
}

// refundKeyLife is how long a refund is asked for under its key; Stripe forgets
// keys after 24 hours.
const refundKeyLife = 23 * time.Hour

// makeRefund asks for a refund while its key is good. Later it is looked for: one
// that is not there was never made, and is not asked for again.
func (s *Service) makeRefund(ctx context.Context, c refundCall) (ChargeRefund, error) {
	if !c.late {
		return s.Gateway.Refund(ctx, c.params, c.r.ID)
	}
	made, found, err := s.Gateway.FindRefund(ctx, c.params)
	if err == nil && !found {
		made = ChargeRefund{Ours: c.r.ID, Amount: c.r.Amount, Status: "failed", Problem: "Stripe did not answer for a day, and knows of no such refund."}
	}
	return made, err
}

// noteRefund writes what Stripe says of a refund: one of ours, or one that was
// made in Stripe's dashboard.
func (s *Service) noteRefund(t tx.Tx, p *Purchase, c ChargeRefund) error {
	r, err := s.Store.RefundByStripeID(t, c.ID)
	if errors.Is(err, tx.ErrNotFound) && c.Ours != "" {
		if r, err = s.Store.Refund(t, c.Ours); err == nil && r.Purchase != p.ID {
			err = tx.ErrNotFound
		}
	}
	switch {
	case errors.Is(err, tx.ErrNotFound):
		r = &Refund{ID: c.ID, Purchase: p.ID, Amount: c.Amount, Reason: "Refunded in Stripe", CreatedBy: audit.System.ID, CreatedAt: t.Now()}
	case err != nil:
		return err
	}
	if r.State == RefundFailed && r.StripeID == c.ID {
		return nil // it stays failed, whatever an older look at it said
	}
	if r.State == RefundSucceeded && c.Status == "pending" {
		return nil
	}
	if c.Charged.Currency == "" { // what was converted once stays as it is
		r.Amount = c.Amount
	}
	r.StripeID, r.Problem = c.ID, c.Problem
	if c.Charged.Currency != "" {
		r.Charged = c.Charged
	}
	switch c.Status {
	case "succeeded":
		r.State = RefundSucceeded
	case "failed", "canceled":
		r.State = RefundFailed
	default:
		r.State = RefundPending
	}
	return s.Store.PutRefund(t, r, "")
}

// moneyBack brings the credits and the state of a purchase to where its refunds
// and its disputes are. The target is absolute: whatever order events come in,
// the end is the same.
func (s *Service) moneyBack(t tx.Tx, p *Purchase, note ledger.Note) error {
	refunds, err := s.Store.Refunds(t, p.ID)
	if err != nil {
		return err
	}
	before := *p
	p.Refunded = 0
	for _, r := range refunds {
		if r.State.counts() {
			p.Refunded += r.Amount
		}
	}
	lost, err := s.lostIn(t, p)
	if err != nil {
		return err
	}
	back := min(p.Refunded+lost, p.Total)
	kind := ledger.PostRefund
	if lost > 0 && p.Refunded == 0 {
		kind = ledger.PostDispute
	}
	if err := s.clawback(t, p, back, kind, note); err != nil {
		return err
	}
	warned, err := s.warned(t, p.ID)
	if err != nil {
		return err
	}
	if frozen := p.DisputeOpen() || (warned && p.State != Refunded); frozen != p.Frozen {
		for _, g := range p.Grants() {
			if _, err := s.Ledger.ApplyOne(t, &ledger.Command{Op: ledger.Freeze{Grant: g, Frozen: frozen}}); err != nil {
				return err
			}
		}
		p.Frozen = frozen
	}
	switch {
	case p.DisputeOpen():
		p.State = Disputed
	case back == 0:
		p.State = Paid
	case back >= p.Total:
		p.State = Refunded
	default:
		p.State = PartiallyRefunded
	}
	if *p == before {
		return nil
	}
	p.UpdatedAt = t.Now()
	if err := s.Store.Update(t, p); err != nil {
		return err
	}
	if p.State != before.State {
		if p.State == Disputed || p.DisputeStatus == DisputeLost {
			if err := s.tellDisputed(t, p.Customer); err != nil {
				return err
			}
		}
	}
	return s.tellMoneyBack(t, &before, p)
}

// tellMoneyBack writes what refunds and a dispute changed. A dispute that ends
// is told as one that begins: dispute_status says how.
func (s *Service) tellMoneyBack(t tx.Tx, before, p *Purchase) error {
	wasOpen := before.State == Disputed
	lost := p.DisputeStatus == DisputeLost && before.State != p.State && p.Refunded == before.Refunded
	if (p.State == Disputed) != wasOpen || lost {
		if err := s.Events.Append(t, event.PurchaseDisputed, p.Customer, 0, 0, eventData(p)); err != nil {
			return err
		}
	}
	if p.Refunded != before.Refunded {
		if err := s.Events.Append(t, event.PurchaseRefunded, p.Customer, 0, 0, eventData(p)); err != nil {
			return err
		}
	}
	return s.mailMoneyBack(t, before, p, lost)
}

// RefundByID answers a refund by our id.
func (s *Service) RefundByID(ctx context.Context, refundID string) (r *Refund, err error) {
	err = s.Runner.View(ctx, func(t tx.Tx) error {
		r, err = s.Store.Refund(t, refundID)
		if errors.Is(err, tx.ErrNotFound) {
			return fault.Missing("refund")
		}
		return err
	})
	return r, err
}

// Refunds answers the refunds of a purchase, oldest first.
func (s *Service) Refunds(t tx.Tx, purchaseID string) ([]*Refund, error) {
	return s.Store.Refunds(t, purchaseID)
}
