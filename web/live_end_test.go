package main

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
)

// livePage opens the live page of a session. The channel closes when it ends.
func (w *world) livePage(cookie string) (status int, ended <-chan struct{}) {
	w.Helper()
	ctx, cancel := context.WithCancel(ctx)
	w.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"/live", nil)
	w.check(err)
	req.Header.Set("Cookie", cookie)
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultTransport.RoundTrip(req)
	w.check(err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
	}()
	return res.StatusCode, done
}

// Live pages end within a second of a sign-out, of the end of their session by
// another, of a new password, and of a removal from the organisation.
func TestLivePagesEndWithTheRightToSeeThem(t *testing.T) {
	w := newWorld(t)
	w.shop()
	owner := w.person("owner@example.com", account.NoStaff)
	c := w.customer("acme", owner.user.ID)
	friend := w.person("friend@example.com", account.NoStaff)
	w.check(w.accounts.AddMember(ctx, audit.System, c.ID, friend.user.ID, account.Viewer))
	from := account.From{Address: "127.0.0.1"}
	for name, end := range map[string]func(in account.SignedIn) error{
		"sign-out":     func(in account.SignedIn) error { return w.accounts.SignOut(ctx, in.Secret) },
		"ended":        func(in account.SignedIn) error { return w.accounts.RevokeSession(ctx, friend.user.ID, in.Session.ID) },
		"others ended": func(account.SignedIn) error { return w.accounts.RevokeOthers(ctx, friend.user.ID, "") },
		"removed": func(account.SignedIn) error {
			defer func() { w.check(w.accounts.AddMember(ctx, audit.System, c.ID, friend.user.ID, account.Viewer)) }()
			err := w.accounts.RemoveMember(ctx, audit.System, c.ID, friend.user.ID)
			time.Sleep(200 * time.Millisecond) // seen meanwhile
			return err
		},
	} {
		in, err := w.accounts.StartSession(ctx, friend.user.ID, from)
		w.check(err)
		status, ended := w.livePage("purse=" + in.Secret)
		_, other := w.livePage(owner.cookie)
		if status != 200 {
			t.Fatalf("%s: the live page answers %d", name, status)
		}
		time.Sleep(200 * time.Millisecond)
		w.check(end(in))
		select {
		case <-ended:
		case <-time.After(time.Second):
			t.Errorf("%s: the live page stays open", name)
		}
		select {
		case <-other:
			t.Errorf("%s: another's live page ended", name)
		default:
		}
	}
}

// One session keeps a few live pages open, not all that there may be.
func TestOneSessionHoldsFewStreams(t *testing.T) {
	w := newWorld(t)
	w.shop()
	owner := w.person("owner@example.com", account.NoStaff)
	w.customer("acme", owner.user.ID)
	open, refused := 0, 0
	for range 40 {
		switch status, _ := w.livePage(owner.cookie); status {
		case 200:
			open++
		case 503:
			refused++
		default:
			t.Fatal(status)
		}
	}
	if open != 20 || refused != 20 {
		t.Errorf("%d are open, %d refused", open, refused)
	}
	if status, _ := w.livePage(w.signIn(owner.user)); status != 200 {
		t.Error("another session of the same person gets none:", status)
	}
}
