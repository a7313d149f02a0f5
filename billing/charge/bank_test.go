package charge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/outcome"
)

var errLost = errors.New("the answer was lost")

// bank is Stripe on paper, with banks behind it: invoices, keys, and every way in which
// an answer can go astray. Its chance decides what happens.
type bank struct {
	chance   *rand.Rand
	now      func() time.Time
	faults   bool // answers are lost, and Stripe remembers failures of its own
	silent   bool // nothing is done and nothing answered
	invoices []*charge.Invoice
	gone     map[string]bool // drafts that were deleted
	keys     map[string]answer
	moved    map[string]int       // how often money came, by invoice
	onPage   map[string]int       // debits that customers gave on its page
	debits   map[string]time.Time // which a bank decides then
	past     []charge.Invoice     // what events tell of: as it was when they happened
	during   func()               // something that happens while Stripe is at a call
}

type answer struct {
	at  time.Time
	err error
}

func newBank(seed uint64, now func() time.Time) *bank {
	return &bank{chance: rand.New(rand.NewPCG(seed, 1)), now: now, gone: map[string]bool{}, keys: map[string]answer{}, moved: map[string]int{}, onPage: map[string]int{}, debits: map[string]time.Time{}}
}

func (b *bank) one(in int) bool { return b.chance.IntN(in) == 0 }

// call does something under a key, once, and lets the answer go astray.
func (b *bank) call(key string, do func() error) error {
	if b.during != nil && b.one(6) {
		b.during()
	}
	if b.silent || (b.faults && b.one(5)) {
		return errLost // it never arrived
	}
	known, ok := b.keys[key]
	if key != "" && ok && b.now().Sub(known.at) < 24*time.Hour {
		return known.err
	}
	var err error
	if b.faults && key != "" && b.one(8) {
		err = outcome.ErrStale // Stripe failed before or after it had done it, and remembers that
		if b.one(2) {
			_ = do()
		}
	} else {
		err = do()
	}
	if key != "" {
		b.keys[key] = answer{b.now(), err}
	}
	if b.faults && b.one(5) {
		return errLost
	}
	if errors.Is(err, outcome.ErrStale) {
		return errLost // the first time it is an answer without meaning
	}
	return err
}

func (b *bank) find(id string) *charge.Invoice {
	for _, in := range b.invoices {
		if in.ID == id && !b.gone[id] {
			return in
		}
	}
	return nil
}

// tell lets an event say how an invoice is now.
func (b *bank) tell(in *charge.Invoice) { b.past = append(b.past, *in) }

func (b *bank) PrepareInvoice(_ context.Context, terms charge.Terms, id, key string) (out charge.Invoice, err error) {
	in := b.find(id)
	if in == nil {
		err = b.call(key+":invoice", func() error {
			var price int64
			for _, l := range terms.Lines {
				price += l.Price.Amount
			}
			in = &charge.Invoice{
				ID: fmt.Sprintf("in_%s_%d", terms.Customer, len(b.invoices)+1), Status: "draft", StripeCustomer: terms.StripeCustomer, Subtotal: price, Total: price,
				Currency: terms.Currency, Owner: terms.Owner, Installation: terms.Installation, Customer: terms.Customer,
			}
			b.invoices = append(b.invoices, in)
			return nil
		})
		if err != nil && !errors.Is(err, outcome.ErrStale) {
			return out, err
		}
		if in == nil { // replayed
			if in = b.of(terms); in == nil {
				return out, errLost
			}
		}
	}
	err = b.call("", func() error {
		if in.Status == "draft" {
			in.Status, in.Number, in.URL, in.Payment, in.PaymentStatus = "open", "N-"+in.ID, "https://pay.example.com/"+in.ID, "pi_"+in.ID, "requires_payment_method"
			b.tell(in)
		}
		return nil
	})
	return *in, err
}

func (b *bank) of(terms charge.Terms) *charge.Invoice {
	for i := len(b.invoices) - 1; i >= 0; i-- {
		if in := b.invoices[i]; in.Owner == terms.Owner && !b.gone[in.ID] && in.ID != terms.Replaces {
			return in
		}
	}
	return nil
}

func (b *bank) FindInvoice(_ context.Context, terms charge.Terms, _ time.Time) (out charge.Invoice, ok bool, err error) {
	err = b.call("", func() error {
		if in := b.of(terms); in != nil {
			out, ok = *in, true
		}
		return nil
	})
	return out, ok, err
}

func (b *bank) Invoice(_ context.Context, id string) (out charge.Invoice, err error) {
	err = b.call("", func() error {
		in := b.find(id)
		if in == nil {
			return outcome.ErrGone
		}
		out = *in
		return nil
	})
	return out, err
}

// pay lets a bank decide about an invoice.
func (b *bank) pay(in *charge.Invoice) error {
	defer b.tell(in)
	in.FailureCode, in.DeclineCode, in.FailureMessage = "", "", ""
	switch b.chance.IntN(7) {
	case 0:
		in.PaymentStatus, in.FailureCode, in.DeclineCode, in.FailureMessage = "requires_payment_method", "card_declined", "insufficient_funds", "Your card has insufficient funds."
	case 1:
		in.PaymentStatus, in.FailureCode, in.DeclineCode, in.FailureMessage = "requires_payment_method", "card_declined", "lost_card", "Your card was declined."
	case 2:
		in.PaymentStatus = "requires_action"
		return &outcome.Declined{Code: "authentication_required", Message: "It has to be confirmed."}
	case 3:
		in.PaymentStatus, in.MethodType, b.debits[in.ID] = "processing", card.ACH, b.now().Add(4*24*time.Hour)
		return nil
	default:
		b.money(in)
		return nil
	}
	return in.Declined()
}

func (b *bank) money(in *charge.Invoice) {
	in.Status, in.PaymentStatus, in.AmountPaid = "paid", "succeeded", in.Total
	in.FailureCode, in.DeclineCode, in.FailureMessage = "", "", ""
	b.moved[in.ID]++
}

func (b *bank) PayInvoice(_ context.Context, id, _, key string) (out charge.Invoice, err error) {
	err = b.call(key, func() error {
		in := b.find(id)
		switch {
		case in == nil:
			return outcome.ErrGone
		case in.Status != "open" || in.PaymentStatus == "processing":
			return &outcome.Refused{Code: "invoice_not_open", Message: "It is not open."}
		}
		return b.pay(in)
	})
	if in := b.find(id); in != nil {
		out = *in
	}
	return out, err
}

func (b *bank) VoidInvoice(_ context.Context, id, key string) error {
	return b.call(key, func() error {
		in := b.find(id)
		switch {
		case in == nil:
			return outcome.ErrGone
		case in.Status == "draft":
			b.gone[id] = true
			return nil
		case (in.Status != "open" && in.Status != "uncollectible") || in.PaymentStatus == "processing":
			return &outcome.Refused{Code: "invoice_not_open", Message: "It cannot be voided."}
		}
		in.Status, in.PaymentStatus = "void", "canceled"
		b.tell(in)
		return nil
	})
}

func (b *bank) SendInvoice(_ context.Context, _, key string) error {
	return b.call(key, func() error { return nil })
}

func (b *bank) MarkUncollectible(_ context.Context, id, key string) error {
	return b.call(key, func() error {
		in := b.find(id)
		if in == nil || in.Status != "open" || in.PaymentStatus == "processing" {
			return &outcome.Refused{Code: "invoice_not_open", Message: "It is not open."}
		}
		in.Status = "uncollectible"
		b.tell(in)
		return nil
	})
}

func (b *bank) RecordPayment(_ context.Context, id, key string) error {
	return b.call(key, func() error {
		in := b.find(id)
		if in == nil || (in.Status != "open" && in.Status != "uncollectible") || in.PaymentStatus == "processing" {
			return &outcome.Refused{Code: "invoice_not_open", Message: "It is not open."}
		}
		b.money(in)
		in.Payment = ""
		b.tell(in)
		return nil
	})
}

// customerPays is the customer at Stripe's page.
func (b *bank) customerPays(in *charge.Invoice) {
	if (in.Status == "open" || in.Status == "uncollectible") && in.PaymentStatus != "processing" {
		_ = b.pay(in)
		if in.PaymentStatus == "processing" {
			b.onPage[in.ID]++
		}
	}
}

// decide lets the banks answer to debits whose days have passed.
func (b *bank) decide() {
	for id, at := range b.debits {
		in := b.find(id)
		if b.now().Before(at) || in == nil {
			continue
		}
		delete(b.debits, id)
		if in.PaymentStatus != "processing" {
			continue
		}
		if b.one(2) {
			b.money(in)
		} else {
			in.PaymentStatus, in.FailureCode, in.FailureMessage = "requires_payment_method", "payment_intent_payment_attempt_failed", "The account has no funds."
		}
		b.tell(in)
	}
}
