package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/invoice"
	"purse/billing/money"
	"purse/billing/purchase"
	"purse/billing/schedule"
	"purse/billing/tx"
)

// moneyIn shows the other ways in which money comes and goes: an invoice that
// waits for its payment, a purchase on set days, and a payment that the bank
// disputes.
func (d *demo) moneyIn(ctx context.Context, a *app) error {
	if err := d.invoice(ctx, a, "demo-healthy"); err != nil {
		return fmt.Errorf("invoice: %w", err)
	}
	if err := d.schedule(ctx, a, "demo-healthy"); err != nil {
		return fmt.Errorf("schedule: %w", err)
	}
	if err := d.dispute(ctx, a, "demo-low"); err != nil {
		return fmt.Errorf("dispute: %w", err)
	}
	return nil
}

func (d *demo) invoice(ctx context.Context, a *app, customer string) error {
	c, err := a.accounts.Customer(ctx, "ext:"+customer)
	if err != nil {
		return err
	}
	in, err := a.invoices.Draft(ctx, audit.Actor{ID: "demo"}, invoice.NewInvoice{
		Customer: c.ID, CreditType: "credits", Credits: money.MustCredits("50000"), Price: money.Money{Amount: 40000, Currency: "usd"},
		Name: "Demo: 50,000 credits as agreed", NetDays: 30, PONumber: "DEMO-1", Key: "demo",
	})
	if err != nil || in.State() != invoice.Draft {
		return err
	}
	_, err = a.invoices.Issue(ctx, audit.Actor{ID: "demo"}, in.ID)
	return err
}

func (d *demo) schedule(ctx context.Context, a *app, customer string) error {
	c, err := a.accounts.Customer(ctx, "ext:"+customer)
	if err != nil {
		return err
	}
	var there []*schedule.Schedule
	err = a.db.View(ctx, func(t tx.Tx) error { there, err = a.schedules.List(t, c.ID, "", 1); return err })
	if err != nil || len(there) > 0 {
		return err
	}
	user, err := a.accounts.UserByEmail(ctx, c.Email)
	if err != nil {
		return err
	}
	if err := saveInSandbox(ctx, a, c.ID); err != nil {
		return err
	}
	cards, err := a.methods.List(ctx, c.ID)
	if err != nil || len(cards) == 0 {
		return errors.Join(err, errors.New("no card was saved"))
	}
	pack := demoPack(a.catalog.Snapshot(), "Starter")
	if pack == nil {
		return errors.New("the demo's packs are gone")
	}
	set := schedule.Settings{Customer: c.ID, Pack: pack.ID, Quantity: 1, Every: schedule.Monthly, Method: cards[0].ID, Consented: true, Version: schedule.ConsentVersion,
		FirstDay: time.Now().In(c.Location()).AddDate(0, 0, 7).Format(time.DateOnly)}
	v, err := a.schedules.Preview(ctx, set)
	if err != nil {
		return err
	}
	set.Price = v.Price
	_, err = a.schedules.Create(ctx, audit.Actor{ID: user.ID}, set)
	return err
}

// dispute buys a pack with the test card whose payments are disputed.
func (d *demo) dispute(ctx context.Context, a *app, customer string) error {
	c, err := a.accounts.Customer(ctx, "ext:"+customer)
	if err != nil {
		return err
	}
	user, err := a.accounts.UserByEmail(ctx, c.Email)
	if err != nil {
		return err
	}
	pack := demoPack(a.catalog.Snapshot(), "Starter")
	if pack == nil {
		return errors.New("the demo's packs are gone")
	}
	p, err := a.purchases.Begin(ctx, audit.Actor{ID: user.ID}, purchase.Begin{Customer: c.ID, Pack: pack.ID, Key: "demo-dispute"})
	if err != nil || p.Granted() {
		return err
	}
	if err := payInSandbox(ctx, a.sandboxURL, p.CheckoutSession, "pm_card_createDispute", p.Price.Amount); err != nil {
		return err
	}
	if _, err = a.purchases.FulfilBySession(ctx, p.CheckoutSession); err != nil {
		return err
	}
	_, err = a.purchases.SyncMoney(ctx, p.ID)
	return err
}

func demoPack(s *catalog.Snapshot, name string) *catalog.Pack {
	for _, p := range s.OnSale() {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// saveInSandbox saves a test card for a customer.
func saveInSandbox(ctx context.Context, a *app, customer string) error {
	id, err := a.purchases.EnsureCustomer(ctx, customer)
	if err != nil {
		return err
	}
	return postToSandbox(ctx, a.sandboxURL+"/v1/payment_methods/pm_card_visa/attach", url.Values{"customer": {id}})
}

// payInSandbox completes a Checkout with a test card, by the calls that
// Stripe's own command-line client uses.
func payInSandbox(ctx context.Context, base, session, card string, amount int64) error {
	return postToSandbox(ctx, base+"/v1/payment_pages/"+session+"/confirm", url.Values{"payment_method": {card}, "expected_amount": {fmt.Sprint(amount)}})
}

func postToSandbox(ctx context.Context, at string, form url.Values) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+sandboxKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		b, _ := io.ReadAll(io.LimitReader(res.Body, 2000))
		return fmt.Errorf("the sandbox answered %s: %s", res.Status, b)
	}
	return nil
}
