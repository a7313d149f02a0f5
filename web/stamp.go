package main

import (
	"context"
	"fmt"
	"time"

	"purse/billing/id"
	"purse/billing/stripepay"
	"purse/billing/tx"
	"purse/db"
	"purse/views/ui"
)

// stamp is what a database belongs to: one mode, one Stripe account, and an id
// that its objects at Stripe bear.
type stamp struct {
	mode         ui.Mode
	account      string
	installation string
}

// readStamp answers the stamp of a database, with mode "" when it has none yet.
func readStamp(ctx context.Context, d *db.DB) (s stamp, err error) {
	err = d.View(ctx, func(t tx.Tx) error {
		var in db.Installation
		mode, err := in.Get(t, "mode")
		if err != nil {
			return err
		}
		s.mode = ui.Mode(mode)
		if s.account, err = in.Get(t, "stripe_account"); err != nil {
			return err
		}
		s.installation, err = in.Get(t, "id")
		return err
	})
	return s, err
}

// stampDatabase stamps a new database, and refuses one with another stamp: one
// forgotten variable must never sell real credits for a test card. account asks
// Stripe whose key it is; an error there stops a first start only. A key that may
// not read the account stamps the mode alone, and the first that may adds it.
func stampDatabase(ctx context.Context, d *db.DB, mode ui.Mode, account func(context.Context) (string, error)) (stamp, error) {
	s, err := readStamp(ctx, d)
	if err != nil {
		return s, err
	}
	if s.mode != "" && s.mode != mode {
		return s, fmt.Errorf("%s belongs to %s and these settings mean %s: choose another --db (PURSE_DB), or check STRIPE_SECRET_KEY and --sandbox",
			d.Path(), modeName(s.mode), modeName(mode))
	}
	ask, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	acct, err := account(ask)
	switch {
	case err != nil && s.mode == "" && !stripepay.NotPermitted(err): // the mode is known by the key itself
		return s, fmt.Errorf("asking Stripe whose key STRIPE_SECRET_KEY is: %w", err)
	case err == nil && s.account != "" && s.account != acct:
		return s, fmt.Errorf("%s belongs to the Stripe account %s and STRIPE_SECRET_KEY is of %s: choose another --db (PURSE_DB) or the right key", d.Path(), s.account, acct)
	case s.mode != "" && (s.account != "" || err != nil):
		return s, nil
	}
	err = d.Update(ctx, func(t tx.Tx) error {
		var in db.Installation
		if err := in.Put(t, "mode", string(mode)); err != nil {
			return err
		}
		if err := in.Put(t, "stripe_account", acct); err != nil {
			return err
		}
		s.installation, err = in.PutOnce(t, "id", id.New("ins", t.Now()))
		return err
	})
	s.mode, s.account = mode, acct
	return s, err
}

func modeName(m ui.Mode) string {
	switch m {
	case ui.Sandbox:
		return "the sandbox"
	case ui.Test:
		return "Stripe's test mode"
	default:
		return "Stripe's live mode"
	}
}

// mailKey is the key that seals links in mails. It stays with the database.
func mailKey(ctx context.Context, d *db.DB) (key []byte, err error) {
	err = d.Update(ctx, func(t tx.Tx) error {
		s, err := db.Installation{}.PutOnce(t, "mail_key", id.Secret("mk_"))
		key = []byte(s)
		return err
	})
	return key, err
}
