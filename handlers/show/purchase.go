package show

import (
	"errors"
	"strings"
	"time"

	"purse/billing/catalog"
	"purse/billing/charge"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/views/portal"
	"purse/views/ui"
)

// Card is a card as people know it: "Visa •••• 4242", "" for none.
func Card(p *purchase.Purchase) string {
	brand := p.CardBrand
	if brand != "" {
		brand = strings.ToUpper(brand[:1]) + brand[1:]
	}
	if p.CardLast4 == "" {
		return brand // a bank transfer has no number
	}
	return strings.TrimSpace(brand + " •••• " + p.CardLast4)
}

// PaidFor is what was paid for a purchase, or what it costs before.
func PaidFor(p *purchase.Purchase) money.Money {
	if p.Granted() {
		return money.Money{Amount: p.Total, Currency: p.Price.Currency}
	}
	return p.Price
}

// Bought shows a purchase with its refunds to its customer.
func Bought(t tx.Tx, ps *purchase.Service, c *catalog.Snapshot, p *purchase.Purchase) (portal.Bought, error) {
	b := portal.Bought{
		ID: p.ID, Href: "/purchases/" + p.ID, Pack: p.PackName, Credits: p.Credits, Unit: Unit(c, p.CreditType), Price: PaidFor(p),
		Tax: money.Money{Amount: p.Tax, Currency: p.Price.Currency}, At: p.CreatedAt, Paid: p.PaidAt, Card: Card(p), Receipt: p.ReceiptURL,
	}
	b.Bonus, b.List, b.Off = p.Bonus, p.Price, money.Money{Amount: p.Discount, Currency: p.Price.Currency}
	q, err := ps.QuoteOf(t, p)
	if err != nil {
		return b, err
	}
	b.Lines, b.PO, b.Invoice, b.Number = Lines(q.Lines, b.Unit, p.Price.Currency), q.PONumber, q.InvoiceURL, q.InvoiceNumber
	b.State, b.Note = boughtState(p, t.Now())
	if p.Open(t.Now()) {
		b.Resume = "/buy/checkout?purchase=" + p.ID
	}
	if b.Wait, err = Wait(t, ps, p); err != nil {
		return b, err
	}
	if b.Wait != nil {
		b.Note = b.Wait.Text
	}
	if !p.Granted() {
		return b, nil
	}
	warnings, err := ps.Warnings(t, p.ID)
	if err != nil {
		return b, err
	}
	for _, w := range warnings {
		if w.Open() && b.Note == "" {
			b.Note = "The payment is in question. What is unused of its credits is frozen until that is settled."
		}
	}
	b.Printed = "/purchases/" + p.ID + "/receipt"
	refunds, err := ps.Refunds(t, p.ID)
	for _, r := range refunds {
		reason := r.Reason
		if reason == purchase.SelfReason {
			reason = "Taken back by your organisation"
		}
		b.Refunds = append(b.Refunds, portal.BoughtRefund{
			ID: r.ID, Amount: money.Money{Amount: r.Amount, Currency: p.Price.Currency}, State: string(r.State), Reason: reason, Problem: refundProblem(r.Problem), At: r.CreatedAt,
		})
	}
	return b, err
}

// refundProblem says in words why a bank or Stripe refused a refund, for which
// Stripe has codes; what is no code is in words already.
func refundProblem(problem string) string {
	switch problem {
	case "expired_or_canceled_card":
		return "The card has expired or was cancelled"
	case "lost_or_stolen_card":
		return "The card was reported lost or stolen"
	case "charge_for_pending_refund_disputed":
		return "The payment was disputed meanwhile"
	case "declined":
		return "The bank declined it"
	}
	if !strings.Contains(problem, " ") {
		return ""
	}
	return strings.TrimSuffix(problem, ".")
}

// boughtState says how a purchase stands for its customer, who is never told
// what only staff can do something about.
func boughtState(p *purchase.Purchase, now time.Time) (portal.BoughtState, string) {
	switch p.State {
	case purchase.Processing:
		return portal.BoughtProcessing, "This payment method takes a few days. The credits come as soon as the payment arrives."
	case purchase.Paid:
		return portal.BoughtPaid, ""
	case purchase.PartiallyRefunded:
		if p.DisputeStatus == purchase.DisputeLost {
			return portal.BoughtPartly, "The bank gave a part of the money back, and its credits were taken back."
		}
		return portal.BoughtPartly, ""
	case purchase.Refunded:
		if p.DisputeStatus == purchase.DisputeLost {
			return portal.BoughtLost, "The bank gave the money back, and the credits were taken back."
		}
		return portal.BoughtRefunded, ""
	case purchase.Disputed:
		return portal.BoughtDisputed, "The payment is disputed. What is unused of its credits is frozen until the bank decides."
	case purchase.Failed:
		return portal.BoughtFailed, p.Problem
	case purchase.Expired:
		return portal.BoughtExpired, ""
	}
	switch {
	case p.Problem != "":
		return portal.BoughtComing, "Your payment is safe. We look at it before the credits come: there is nothing to do, and nothing to pay again."
	case !p.Open(now) && p.CheckoutURL != "":
		return portal.BoughtExpired, ""
	case p.BySaved():
		return portal.BoughtConfirm, "The payment with your saved card waits for you to confirm it on Stripe's page. Nothing is charged before."
	}
	return portal.BoughtOpen, ""
}

// Names says what postings of a customer were for, in lists and exports. It
// knows the purchases that they are about while a page is made.
type Names struct {
	t         tx.Tx
	purchases *purchase.Service
	customer  string
	known     map[string]*purchase.Purchase // nil: not this customer's
}

// NewNames begins one for a page or for a part of an export.
func NewNames(t tx.Tx, ps *purchase.Service, customer string) *Names {
	return &Names{t: t, purchases: ps, customer: customer, known: map[string]*purchase.Purchase{}}
}

// bought is the purchase that a posting belongs to, nil for none of this
// customer's.
func (n *Names) bought(p ledger.Posting) (*purchase.Purchase, error) {
	ref, of := p.Detail.Ref, charge.OwnerOf(p.Detail.Ref).Of
	if n.purchases == nil || of == "" {
		return nil, nil
	}
	if b, ok := n.known[ref]; ok {
		return b, nil
	}
	var b *purchase.Purchase
	var err error
	if of == charge.OfPurchase {
		b, err = n.purchases.Store.Purchase(n.t, ref)
	} else { // once it is paid
		b, err = n.purchases.Store.ByKey(n.t, string(of)+"/"+ref)
	}
	if errors.Is(err, tx.ErrNotFound) || (err == nil && b.Customer != n.customer) {
		b, err = nil, nil
	}
	if err == nil {
		n.known[ref] = b
	}
	return b, err
}

// Of is a posting's title and what it was for.
func (n *Names) Of(p ledger.Posting) (title, what string, err error) {
	b, err := n.bought(p)
	if err == nil && b == nil && charge.OwnerOf(p.Detail.Ref).Of == charge.OfInvoice {
		return invoiceTitle(p), p.Reason, nil
	}
	if err != nil || b == nil {
		return Title(p), What(p), err
	}
	title, what = boughtTitle(p, b), p.Reason
	if what == "" && p.Kind == ledger.PostGrant {
		what = Card(b)
	}
	return title, what, nil
}

// bonusOf says whether a posting granted the bonus of a purchase.
func bonusOf(p ledger.Posting, b *purchase.Purchase) bool {
	if b.BonusGrant == 0 {
		return false
	}
	for _, e := range p.Entries {
		if e.Grant == b.BonusGrant {
			return true
		}
	}
	return false
}

// boughtTitle names a posting by the purchase that it belongs to.
func boughtTitle(p ledger.Posting, b *purchase.Purchase) string {
	switch p.Kind {
	case ledger.PostGrant:
		if bonusOf(p, b) {
			return "Bonus of " + b.PackName
		}
		if b.Granted() && b.Total == 0 {
			return "Got " + b.PackName + " for nothing"
		}
		if charge.OwnerOf(p.Detail.Ref).Of == charge.OfRecharge {
			return "Auto-recharge: " + b.PackName + " for " + ui.Money(PaidFor(b))
		}
		return "Bought " + b.PackName + " for " + ui.Money(PaidFor(b))
	case ledger.PostRefund:
		if p.Amount > 0 {
			return "Refund of " + b.PackName + " failed: credits returned"
		}
		return "Refunded " + b.PackName
	case ledger.PostDispute:
		if p.Amount > 0 {
			return "Dispute about " + b.PackName + " ended: credits returned"
		}
		return "Lost in a dispute: " + b.PackName
	}
	return Title(p)
}

// invoiceTitle names a posting of an invoice that is not paid.
func invoiceTitle(p ledger.Posting) string {
	if p.Kind == ledger.PostGrant {
		return "Credits on an invoice that is to be paid"
	}
	return "Invoice not paid: credits taken back"
}
