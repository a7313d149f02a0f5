package purchase

import (
	"context"
	"errors"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/job"
	"purse/billing/tx"
)

// Limits against card testing (OWASP ASVS 2.4.1): stolen cards are tried out
// where many small payments can be begun. Who has paid before may begin more,
// and staff can let a customer through.
const (
	// HourlyUnpaid is how many purchases a customer may begin in an hour without
	// paying one of them.
	HourlyUnpaid = 10
	// HourlyUnpaidKnown is the same for a customer who has paid KnownAfter times.
	HourlyUnpaidKnown = 60
	// KnownAfter is after how many paid purchases a customer is known.
	KnownAfter = 3
	// DailyCards is how many distinct cards a customer may try in a day,
	// DailyCardsKnown one who is known, DailyCardsAddress everybody together who
	// comes from one network address.
	DailyCards        = 5
	DailyCardsKnown   = 20
	DailyCardsAddress = 10
	// PassTime is how long staff's word lets a customer through.
	PassTime = 24 * time.Hour
)

// CardTry is a card or a bank account that was tried for a payment, whether or not
// it paid.
type CardTry struct {
	Customer    string
	Fingerprint string // Stripe's: the same for the same card
	Address     string // the buyer's network, as account.Network answers it; "" where it is not known
	At          time.Time
}

const jobForgetCards = "purchase.forget_cards"

func (s *Service) forgetCards(ctx context.Context, _ job.Job) error {
	return s.Runner.Update(ctx, func(t tx.Tx) error { return s.Store.ForgetCardTries(t, t.Now().Add(-7*24*time.Hour)) })
}

// checkVelocity refuses one purchase too many, and one after too many cards.
func (s *Service) checkVelocity(t tx.Tx, customer, person, address string) error {
	until, err := s.Store.Pass(t, customer)
	if err != nil || until.After(t.Now()) {
		return err
	}
	unpaid, paid, err := s.Store.Begun(t, customer, t.Now().Add(-time.Hour))
	if err != nil {
		return err
	}
	most, cards := HourlyUnpaid, int64(DailyCards)
	if paid >= KnownAfter {
		most, cards = HourlyUnpaidKnown, DailyCardsKnown
	}
	if unpaid >= most {
		return fault.New(fault.TooMany, "too_many_purchases", "",
			"%d purchases were begun within an hour and not paid. Go on with one that is open, or try again in an hour.", unpaid)
	}
	if err := s.checkCards(t, customer, address, cards, paid >= KnownAfter); err != nil || paid >= KnownAfter {
		return err
	}
	return s.Accounts.MayBuyIn(t, person, address)
}

// checkCards refuses one card too many.
func (s *Service) checkCards(t tx.Tx, customer, address string, most int64, known bool) error {
	own, near, err := s.Store.CardsTried(t, customer, account.Network(address), t.Now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if own >= most || (near >= DailyCardsAddress && !known) {
		return fault.New(fault.TooMany, "too_many_cards", "",
			"Too many different cards or accounts were tried within a day. Try again tomorrow, or contact us: we can let you through.")
	}
	return nil
}

// BeginSetup is asked before a page is opened that saves a payment method: cards
// are tried out there too. It implements card.Limits.
func (s *Service) BeginSetup(t tx.Tx, customer, setup, person, address string) error {
	_, err := s.Store.CardSetup(t, setup, customer)
	again := err == nil // the same page is loaded once more
	if err != nil && !errors.Is(err, tx.ErrNotFound) {
		return err
	}
	until, err := s.Store.Pass(t, customer)
	if err != nil {
		return err
	}
	if !until.After(t.Now()) {
		_, paid, err := s.Store.Begun(t, customer, t.Now().Add(-time.Hour))
		if err != nil {
			return err
		}
		known, most := paid >= KnownAfter, int64(DailyCards)
		if known {
			most = DailyCardsKnown
		}
		if err := s.checkCards(t, customer, address, most, known); err != nil {
			return err
		}
		if !known && !again {
			if err := s.Accounts.MayBuyIn(t, person, address); err != nil {
				return err
			}
		}
	}
	return s.Store.PutCardSetup(t, setup, customer, account.Network(address))
}

// SetupEvent handles an event about a card that somebody tries to save: it
// counts, whether or not it was saved.
func (s *Service) SetupEvent(ctx context.Context, e *inbox.Event, try card.SetupTry) (inbox.Verdict, error) {
	if try.Installation != s.Installation || try.Customer == "" {
		return inbox.Verdict{State: inbox.NotOurs}, nil
	}
	err := s.Runner.Update(ctx, func(t tx.Tx) error {
		address, err := s.Store.CardSetup(t, try.Setup, try.Customer)
		if err != nil && !errors.Is(err, tx.ErrNotFound) {
			return err
		}
		if try.Fingerprint != "" {
			if err := s.Store.PutCardTry(t, CardTry{Customer: try.Customer, Fingerprint: try.Fingerprint, Address: address, At: t.Now()}); err != nil {
				return err
			}
		}
		return e.ConcludeIn(t, inbox.Verdict{State: inbox.Done})
	})
	return inbox.Verdict{State: inbox.Done}, err
}

// tried writes that a card was tried for a purchase.
func (s *Service) tried(t tx.Tx, p *Purchase, fingerprint string) error {
	if fingerprint == "" {
		return nil
	}
	return s.Store.PutCardTry(t, CardTry{Customer: p.Customer, Fingerprint: fingerprint, Address: account.Network(p.Address), At: t.Now()})
}

// LetThrough is staff's act: for a day, no limit on purchases holds a customer
// up.
func (s *Service) LetThrough(ctx context.Context, by audit.Actor, customer, reason string) error {
	if reason == "" {
		return fault.Bad("reason", "Say why this buyer is known to be good.")
	}
	return s.Runner.Update(ctx, func(t tx.Tx) error {
		if _, err := s.Accounts.CustomerIn(t, customer); err != nil {
			return err
		}
		if err := s.Store.PutPass(t, customer, t.Now().Add(PassTime), by.ID); err != nil {
			return err
		}
		return s.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "buyer.let_through", Object: customer, Reason: reason})
	})
}
