package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"purse/billing/inbox"
	"purse/billing/tx"
	"purse/db"
)

func TestInbox(t *testing.T) {
	s := db.InboxStore{}
	_, in := purchaseDB(t)
	want := filled[inbox.Event](1)
	in(func(x tx.Tx) error {
		for round := range 2 {
			if isNew, err := s.InsertEvent(x, want); err != nil || isNew != (round == 0) {
				t.Errorf("inserted for the %d. time: new %t %v", round+1, isNew, err)
			}
		}
		if err := s.UpdateEvent(x, want); err != nil {
			return err
		}
		got, err := s.Event(x, want.ID)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(inbox.Event{})); diff != "" {
			t.Errorf("(-stored +found):\n%s", diff)
		}
		return err
	})
	_, in = purchaseDB(t)
	var all []string
	in(func(x tx.Tx) error {
		for n := range 7 {
			e := filled[inbox.Event](n)
			// Several in the same microsecond: a page ends between them.
			e.ID, e.State, e.ReceivedAt = fmt.Sprint("evt_", n), []inbox.State{inbox.Received, inbox.Alarm}[n%2], noon.Add(time.Duration(n/3)*time.Second)
			if _, err := s.InsertEvent(x, e); err != nil {
				return err
			}
			all = append([]string{e.ID}, all...)
		}
		var got []string
		for before := ""; ; {
			page, err := s.Events(x, "", before, 2)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				got, before = append(got, e.ID), e.ID
			}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("pages of two (-want +got):\n%s", diff)
		}
		alarms, err := s.Events(x, inbox.Alarm, "", 10)
		if err != nil || len(alarms) != 3 || alarms[0].ID != "evt_5" {
			t.Errorf("%d alarms: %v", len(alarms), err)
		}
		waiting, oldest, err := s.Lag(x)
		if waiting != 4 || !oldest.Equal(noon) {
			t.Errorf("%d wait, the oldest since %s", waiting, oldest)
		}
		return err
	})
}
