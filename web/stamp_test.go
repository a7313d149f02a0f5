package main

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"purse/billing/stripepay"
	"purse/db"
	"purse/db/freshdb"
	"purse/views/ui"
)

// TestAKeyThatMayNotReadTheAccountStampsTheMode: the start goes on, and the first key
// that may adds the account, which is held against every later one.
func TestAKeyThatMayNotReadTheAccountStampsTheMode(t *testing.T) {
	d, err := db.Open(t.Context(), freshdb.Path(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	answer := func(id string, err error) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return id, err }
	}
	start := func(mode ui.Mode, id string, err error) (stamp, error) {
		return stampDatabase(t.Context(), d, mode, answer(id, err))
	}
	forbidden := &stripepay.Error{Outcome: stripepay.Barred, Status: http.StatusForbidden}

	if _, err := start(ui.Test, "", errors.New("no answer")); err == nil {
		t.Error("a first start without an answer went on")
	}
	first, err := start(ui.Test, "", forbidden)
	if err != nil || first.mode != ui.Test || first.account != "" || first.installation == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	if _, err := start(ui.Live, "", forbidden); err == nil {
		t.Error("a live key opened a database of test mode")
	}
	second, err := start(ui.Test, "acct_1", nil)
	if err != nil || second.account != "acct_1" || second.installation != first.installation {
		t.Errorf("%+v, %v; before it was %+v", second, err, first)
	}
	if again, err := start(ui.Test, "", forbidden); err != nil || again.account != "acct_1" {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := start(ui.Test, "acct_2", nil); err == nil {
		t.Error("a key of another account opened it")
	}
}
