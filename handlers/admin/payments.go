package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/inbox"
	"purse/billing/purchase"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

const paymentRows = 50

// PurchaseList lists all purchases, found by their ids, Stripe's, and the last
// four digits of the card.
func (a *Admin) PurchaseList(w http.ResponseWriter, r *http.Request) error {
	page := admin.Purchases{Query: strings.TrimSpace(r.URL.Query().Get("q")), Zone: time.UTC}
	var found []*purchase.Purchase
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		found, err = a.Purchases.List(t, "", page.Query, kit.CursorOf(r).After, paymentRows+1)
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(found) > paymentRows {
		found = found[:paymentRows]
		page.Older = kit.Older(r, found[paymentRows-1].ID)
	}
	for _, p := range found {
		row := a.purchaseRow(p)
		if c, err := a.Accounts.Customer(r.Context(), p.Customer); err == nil {
			row.Customer = c.Name
		}
		page.Rows = append(page.Rows, row)
	}
	return kit.Render(w, r, http.StatusOK, admin.PurchasesPage(a.frame(r, "Purchases", "/admin/purchases"), page))
}

func (a *Admin) purchaseRow(p *purchase.Purchase) admin.PurchaseRow {
	row := admin.PurchaseRow{
		ID: p.ID, Customer: p.Customer, CustomerID: p.Customer, Pack: p.PackName, Credits: p.Credits,
		Unit: show.Unit(a.Catalog.Snapshot(), p.CreditType), Price: show.PaidFor(p), State: string(p.State), At: p.CreatedAt,
		Receipt: p.ReceiptURL, Error: p.Problem,
	}
	if p.State == purchase.Created && p.BySaved() {
		row.State = "confirm"
	}
	if p.Problem != "" && !p.State.Final() { // paid, and a person must look
		row.State = "alarm"
	}
	if p.State == purchase.Refunded && p.DisputeStatus == purchase.DisputeLost {
		row.State = "lost"
	}
	row.Card = show.Card(p)
	return row
}

// Inbox lists Stripe's events with what became of them.
func (a *Admin) Inbox(w http.ResponseWriter, r *http.Request) error {
	state := inbox.State(r.URL.Query().Get("state"))
	if !slices.Contains([]inbox.State{inbox.Received, inbox.Done, inbox.NotOurs, inbox.Ignored, inbox.Alarm, inbox.Retrying}, state) {
		state = ""
	}
	page := admin.Inbox{State: string(state), Zone: time.UTC, MayChange: mayChange(r)}
	var found []*inbox.Event
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		found, err = a.Purchases.Inbox.Events(t, state, kit.CursorOf(r).After, paymentRows+1)
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(found) > paymentRows {
		found = found[:paymentRows]
		page.Older = kit.Older(r, found[paymentRows-1].ID)
	}
	for _, e := range found {
		page.Rows = append(page.Rows, admin.InboxRow{
			ID: e.ID, Type: e.Type, Object: e.ObjectID, State: string(e.State), Error: e.Why, Attempts: e.Attempts,
			Received: e.ReceivedAt, Processed: e.ProcessedAt, Purchase: e.Purchase, Orphan: e.Orphan(),
		})
	}
	return kit.Render(w, r, http.StatusOK, admin.InboxPage(a.frame(r, "Stripe inbox", "/admin/inbox"), page))
}

// Replay processes an event of Stripe's again.
func (a *Admin) Replay(w http.ResponseWriter, r *http.Request) error {
	e, err := a.Purchases.Inbox.Replay(r.Context(), kit.Actor(r), r.PathValue("event"))
	if err != nil {
		return err
	}
	if e == nil {
		return fault.Missing("event")
	}
	tone, text := ui.Good, e.Type+" was processed again: "+admin.StateName(string(e.State))+"."
	if e.State == inbox.Alarm || e.State == inbox.Retrying {
		tone, text = ui.Bad, e.Type+" was processed again and failed: "+e.Why
	}
	if err := a.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/inbox")
}

// Reconcile compares with Stripe now, and says what was found.
func (a *Admin) Reconcile(w http.ResponseWriter, r *http.Request) error {
	found, err := a.Purchases.Inbox.Reconcile(r.Context())
	tone, text := ui.Good, ""
	switch {
	case fault.Is(err, fault.Unavailable):
		tone, text = ui.Bad, "Stripe does not answer. Purse tries again by itself every few minutes."
	case err != nil:
		return err
	default:
		text = fmt.Sprintf("Stripe lists %s since %s: ", plural(found.Events, "event"), ui.TimeZoned(found.Since, time.UTC))
		if found.Missing == 0 {
			text += "all of them had arrived."
		} else {
			tone = ui.Warn
			text += fmt.Sprintf("%s had not arrived and are in the inbox now.", ui.Number(found.Missing))
		}
		err = a.Runner.Update(r.Context(), func(t tx.Tx) error {
			return a.Audit.Record(t, audit.Record{Actor: kit.Actor(r), Action: "stripe.reconciled", After: found})
		})
		if err != nil {
			return err
		}
	}
	if err := a.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/inbox")
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return ui.Number(n) + " " + word + "s"
}

const mostAlarms = 99 // that are counted

// alarms are how many of Stripe's events need a person, how many purchases they are
// about, and what else waits for one.
func (a *Admin) alarms(r *http.Request) []ui.NavCount {
	var events []*inbox.Event
	stuck := map[string]bool{}
	differences, unpriced, refused := 0, 0, 0
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		clear(stuck)
		if unpriced, err = a.waiting(t); err != nil {
			return err
		}
		if refused, err = a.Invoices.Charges.Refused(t); err != nil {
			return err
		}
		if a.Reports != nil {
			if differences, err = a.Reports.Alarms(t); err != nil {
				return err
			}
		}
		if events, err = a.Purchases.Inbox.Events(t, inbox.Alarm, "", mostAlarms); err != nil {
			return err
		}
		for _, e := range events {
			if e.Purchase == "" || stuck[e.Purchase] {
				continue
			}
			p, err := a.Purchases.Store.Purchase(t, e.Purchase)
			if err != nil {
				return err
			}
			if p.Problem != "" && !p.State.Final() {
				stuck[p.ID] = true
			}
		}
		return nil
	})
	if err != nil {
		a.Kit.Log.WarnContext(r.Context(), "counting alarms failed", "error", err)
		return nil
	}
	return []ui.NavCount{{Path: "/admin/inbox", Count: len(events)}, {Path: "/admin/purchases", Count: len(stuck)}, {Path: "/admin/reports", Count: differences}, {Path: "/admin/unpriced", Count: unpriced}, {Path: "/admin/invoices", Count: refused}}
}
