package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"purse/billing/event"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/billing/webhook"
	"purse/db"
	"purse/handlers/sandbox"
	"purse/views/ui"
)

// keeper seals secrets under PURSE_SECRET_KEY. The sandbox makes a key of its own
// in a file beside the database; elsewhere there is none without the setting, and
// then no endpoint can be made.
func (s *settings) keeper(sandboxed bool) (*notify.Keeper, error) {
	key := s.SecretKey
	if key == "" && sandboxed && s.DB != "" {
		var err error
		if key, err = keyFile(s.DB + ".key"); err != nil {
			return nil, fmt.Errorf("the sandbox's key: %w", err)
		}
	}
	if key == "" {
		return nil, nil
	}
	k, err := notify.NewKeeper(key)
	if err != nil {
		return nil, fmt.Errorf("PURSE_SECRET_KEY: %w", err)
	}
	return k, nil
}

// keyFile reads a key, or makes one that only its owner may read.
func keyFile(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err == nil { // opening the database has made it private
		return strings.TrimSpace(string(b)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	var random [32]byte
	_, _ = rand.Read(random[:])
	key := base64.StdEncoding.EncodeToString(random[:])
	return key, os.WriteFile(path, []byte(key+"\n"), 0o600)
}

// warn says what of the settings is for development only.
func (s *settings) warn(w io.Writer) {
	if s.WebhookAllowPrivate {
		fmt.Fprintln(w, "PURSE_WEBHOOK_ALLOW_PRIVATE is set: webhooks may go to http, any port and private addresses. Never set it in production.")
	}
	not := slices.DeleteFunc(slices.Clone(s.PaymentMethods), sandbox.Runs)
	if s.Sandbox && len(not) > 0 {
		fmt.Fprintf(w, "PURSE_PAYMENT_METHODS: the sandbox cannot run %s: leave that out here, or a Checkout that is to offer it is refused. With a key of Stripe's it is offered.\n", strings.Join(not, ", "))
	}
}

// openEndpoints makes what tells other systems of events.
func (a *app) openEndpoints(mode ui.Mode) error {
	keeper, err := a.settings.keeper(mode == ui.Sandbox)
	if err != nil {
		return err
	}
	ctx := context.Background()
	err = a.db.Update(ctx, func(t tx.Tx) error {
		var in db.Installation
		return keeper.Check(func() (string, error) {
			if a.settings.SecretKeyLost {
				return "", nil
			}
			return in.Get(t, "secret_key")
		}, func(s string) error { return in.Put(t, "secret_key", s) })
	})
	if err != nil {
		return err
	}
	poster := webhook.New(webhook.Options{AllowPrivate: a.settings.WebhookAllowPrivate})
	a.onClose(func() error { poster.Close(); return nil })
	a.endpoints = notify.NewEndpoints(notify.EndpointDeps{
		Runner: a.db, Store: db.EndpointStore{}, Events: a.events, Jobs: a.jobs, Accounts: a.accounts, Audit: a.audit, Poster: poster,
		Keeper: keeper, PublicURL: a.settings.PublicURL, Wrote: a.metrics.posted, Log: a.log, Now: a.now,
	})
	return a.endpoints.Release(ctx) // the lock says that nobody else works on them
}

func (a *app) waiting(ctx context.Context) (w notify.Waiting) {
	_ = a.db.View(ctx, func(t tx.Tx) (err error) { w, err = db.EndpointStore{}.Waiting(t); return err })
	return w
}

func (a *app) deliveryLag(ctx context.Context) time.Duration {
	var waiting event.Waiting
	_ = a.db.View(ctx, func(t tx.Tx) (err error) { waiting, err = a.events.Waiting(t); return err })
	oldest := a.waiting(ctx).Oldest
	if oldest.IsZero() || (!waiting.Oldest.IsZero() && waiting.Oldest.Before(oldest)) {
		oldest = waiting.Oldest
	}
	if oldest.IsZero() {
		return 0
	}
	return max(a.now().Sub(oldest), 0)
}
