package story

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/billing/webhook"
	"purse/db"
	"purse/handlers/kit/browsertest"
)

// fakePoster answers as a test wants it: addresses that contain "down" do not
// answer, and those with "broken" answer 500.
type fakePoster struct {
	*webhook.Poster
	mu   sync.Mutex
	sent []notify.Post
}

func (f *fakePoster) Post(_ context.Context, p notify.Post) (notify.Answer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sent = append(f.sent, p)
	a := notify.Answer{Status: 200, Body: `{"ok":true}`, Headers: "webhook-id: " + p.ID + "\nwebhook-timestamp: 1893499200\nwebhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=\n"}
	switch {
	case strings.Contains(p.URL, "down"):
		return notify.Answer{}, errors.New("no answer within 15s")
	case strings.Contains(p.URL, "broken"):
		a.Status, a.Body = 500, "Traceback (most recent call last):\n  File \"/srv/hooks.py\", line 12, in handle\nKeyError: 'balance'"
	}
	return a, nil
}

func (w *world) openEndpoints(events *event.Log, log *slog.Logger) {
	keeper, err := notify.NewKeeper("a-key-of-the-stories-of-32-characters")
	w.check(err)
	w.poster = &fakePoster{Poster: webhook.New(webhook.Options{})}
	w.endpoints = notify.NewEndpoints(notify.EndpointDeps{
		Runner: w.db, Store: db.EndpointStore{}, Events: events, Jobs: w.jobs, Accounts: w.accounts, Audit: w.audit,
		Poster: w.poster, Keeper: keeper, PublicURL: w.url, Log: log, Now: w.clock.Now,
	})
}

// tell lets what happened be told.
func (w *world) tell() {
	running, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); w.check(w.endpoints.Run(running)) }()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		idle := false
		w.check(w.db.View(ctx, func(t tx.Tx) error {
			waiting, err := db.EventStore{}.AnyWaiting(t)
			if err != nil {
				return err
			}
			next, err := db.EndpointStore{}.NextDue(t)
			idle = !waiting && (next.IsZero() || next.After(t.Now().Add(time.Second)) && next.Before(t.Now().Add(9*time.Minute)))
			return err
		}))
		if idle {
			break
		}
	}
	stop()
	<-done
}

func (w *world) hook(n notify.NewEndpoint) (e notify.Endpoint) {
	w.check(w.db.Update(ctx, func(t tx.Tx) (err error) {
		e, _, err = w.endpoints.CreateIn(t, audit.System, n)
		return err
	}))
	return e
}

// TestTheStoryOfAnEndpoint adds one in a browser, tests it, looks at its log,
// rotates its secret and deletes it.
func TestTheStoryOfAnEndpoint(t *testing.T) {
	b := browsertest.Open(t)
	for _, script := range []bool{true, false} {
		w := newWorld(t)
		w.fillCatalog()
		ada := w.person("Northwind Labs", "ada@example.com", "Europe/Berlin", account.NoStaff)
		w.links(&ada)
		p := b.Page(t, 1280, false)
		p.Go(ada.link)
		w.clock.Step(account.ConfirmedFor + time.Minute)
		p.NoScript(!script)
		p.Go(w.url + "/webhooks")
		p.WaitText("No endpoints yet")
		p.Type("#url", "http://10.0.0.1/")
		p.Type("#description", "Our gateway")
		p.Click("#type_balance\\.low")
		p.ClickText("Add the endpoint")
		p.WaitText("Is it you?")
		p.Problems()
		p.Type("#again_password", "correct horse battery")
		p.ClickText("Go on")
		p.WaitText("must begin with https://")
		p.Wait(`document.querySelector("#description").value === "Our gateway" && document.querySelector("#type_balance\\.low").checked`)
		p.Problems()
		p.Type("#url", "https://hooks.example.com/purse")
		p.Click("#type_balance\\.low")
		p.ClickText("Add the endpoint")
		p.WaitText("it is shown only now")
		secret := p.Text("#new-secret")
		if !strings.HasPrefix(secret, "whsec_") {
			t.Fatalf("the secret is %q", secret)
		}
		p.Go(w.url + "/webhooks")
		p.WaitText("not told yet")
		if strings.Contains(p.Text("body"), "whsec_") {
			t.Error("the secret is shown twice")
		}
		p.Click("table .row-link")
		p.WaitText("Nothing was sent yet")
		p.ClickText("Send a test event")
		p.WaitText("The test is on its way")
		w.tell()
		p.Reload()
		p.WaitText("arrived")
		p.WaitText("webhook-signature")
		w.grant(ada, "5", ledger.Promotional, 0, 0)
		w.tell()
		w.poster.mu.Lock()
		sent := len(w.poster.sent)
		w.poster.mu.Unlock()
		if sent != 2 {
			t.Errorf("%d posts, want the test and the grant", sent)
		}
		p.ClickText("Send again")
		p.WaitText("is sent again")
		p.Click(".crumb")
		p.WaitText("credits.granted")
		p.ClickText("Change")
		p.ClickText("Rotate the secret")
		p.WaitText("signs too until")
		if again := p.Text("#new-secret"); !strings.HasPrefix(again, "whsec_") || again == secret {
			t.Errorf("rotated to %q", again)
		}
		p.ClickText("Change")
		p.ClickText("Disable")
		p.WaitText("The endpoint is disabled.")
		p.ClickText("Change")
		p.ClickText("Enable")
		p.WaitText("The endpoint is enabled.")
		p.ClickText("Change")
		p.ClickText("Delete …")
		p.ClickText("Delete")
		p.WaitText("is deleted.")
		p.WaitText("No endpoints yet")
		for _, problem := range p.Problems() {
			t.Error(problem)
		}
	}
}

// endpoints makes endpoints in every state, with what was told to them.
func (w *world) endpointPages(ps *people) []visit {
	ours := w.hook(notify.NewEndpoint{URL: "https://hooks.example.com/purse", Description: "Billing gateway"})
	own := w.hook(notify.NewEndpoint{Customer: ps.healthy.customer.ID, URL: "https://broken.example.com/purse/with/a/rather/long/path/that/has/to/wrap/somewhere", Types: []string{event.CreditsGranted, event.BalanceLow}})
	w.hook(notify.NewEndpoint{Customer: ps.healthy.customer.ID, URL: "https://hooks.example.com/services/T0/B0/secret", Kind: notify.Slack, Description: "#billing"})
	off := w.hook(notify.NewEndpoint{Customer: ps.healthy.customer.ID, URL: "https://off.example.com/"})
	w.hook(notify.NewEndpoint{URL: "https://down.example.com/"})
	no := false
	w.check(w.db.Update(ctx, func(t tx.Tx) error {
		_, err := w.endpoints.ChangeIn(t, audit.System, "", off.ID, notify.EndpointChange{Enabled: &no})
		return err
	}))
	w.grant(ps.healthy, "25", ledger.Promotional, 30, 0)
	w.grant(ps.low, "5", ledger.Promotional, 30, 0)
	w.tell()
	var failed notify.Delivery
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		all, err := db.EndpointStore{}.Deliveries(t, own.ID, "", notify.Page{Limit: 1})
		if err == nil {
			failed = all[0]
		}
		return err
	}))
	return []visit{
		{"webhooks", "/webhooks", &ps.healthy},
		{"webhooks-none", "/webhooks", &ps.fresh},
		{"webhook-failing", "/webhooks/" + own.ID, &ps.healthy},
		{"webhook-filtered", "/webhooks/" + own.ID + "?state=succeeded", &ps.healthy},
		{"webhook-off", "/webhooks/" + off.ID, &ps.healthy},
		{"webhook-edit", "/webhooks/" + own.ID + "/edit", &ps.healthy},
		{"webhook-delete", "/webhooks/" + own.ID + "/delete", &ps.healthy},
		{"webhook-delivery", "/webhooks/" + own.ID + "/deliveries/" + failed.ID, &ps.healthy},
		{"admin-webhooks", "/admin/webhooks", &ps.admin},
		{"admin-webhooks-customer", "/admin/webhooks?customer=" + ps.healthy.customer.ID, &ps.admin},
		{"admin-webhook", "/admin/webhooks/" + ours.ID, &ps.admin},
		{"admin-webhook-edit", "/admin/webhooks/" + ours.ID + "/edit", &ps.admin},
		{"admin-deliveries", "/admin/deliveries", &ps.admin},
	}
}
