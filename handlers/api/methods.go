package api

import (
	"context"
	"slices"
	"time"

	"purse/billing/card"
)

type methodObject struct {
	Object       string    `json:"object" enum:"payment_method"`
	ID           string    `json:"id" doc:"Stripe's"`
	Customer     string    `json:"customer"`
	Type         string    `json:"type" doc:"Stripe's: card, link, us_bank_account, sepa_debit …" example:"us_bank_account"`
	Name         string    `json:"name" doc:"What people know it by" example:"Visa •4242"`
	Brand        *string   `json:"brand" doc:"Of a card its brand, of an account its bank, of a wallet its owner's address; null where Stripe names none"`
	Last4        *string   `json:"last4" doc:"Null for wallets"`
	ExpMonth     *int      `json:"exp_month" doc:"Of a card"`
	ExpYear      *int      `json:"exp_year" doc:"Of a card"`
	Default      bool      `json:"default" doc:"What automatic payments propose"`
	Backup       bool      `json:"backup" doc:"Taken when the default is declined"`
	Usable       bool      `json:"usable" doc:"It can be charged: it has not expired, and its mandate stands"`
	BusinessDays int       `json:"business_days" doc:"How long its bank usually takes to pay, Monday to Friday; 0 for what pays at once"`
	CreatedAt    time.Time `json:"created_at"`
}

type listMethodsIn struct {
	InCustomer
	Page
}

func listMethods(a *API, ctx context.Context, in *listMethodsIn) (*reply[list[methodObject]], error) {
	if a.Methods == nil {
		return nil, errNoPurchases
	}
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	found, err := a.Methods.List(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, func(a, b card.Method) int { return b.CreatedAt.Compare(a.CreatedAt) })
	now := a.Methods.Accounts.Now()
	return cutList(in.Page, found, func(m card.Method) string { return m.ID }, func(m card.Method) methodObject {
		o := methodObject{
			Object: "payment_method", ID: m.ID, Customer: c.ID, Type: m.Type, Name: m.Name(), Brand: orNull(m.Brand), Last4: orNull(m.Last4),
			Default: m.Default, Backup: m.Backup, Usable: m.Usable(now), BusinessDays: card.BusinessDays(m.Type), CreatedAt: stamp(m.CreatedAt),
		}
		if m.ExpYear > 0 {
			o.ExpMonth, o.ExpYear = &m.ExpMonth, &m.ExpYear
		}
		return o
	})
}
