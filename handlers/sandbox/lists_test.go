package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

// Lists page as Stripe's: newest first, has_more, cursors that exclude.
func TestPaging(t *testing.T) {
	r := contract(t)
	email := "page-" + fmt.Sprint(r.clock.now().UnixNano()) + "@example.com"
	var made []string
	for range 5 {
		made = append([]string{r.customer(email).ID}, made...)
	}
	p := &stripe.CustomerListParams{Email: stripe.String(email)}
	p.Limit = stripe.Int64(2)
	var got []string
	for i := r.api.Customers.List(p); i.Next(); {
		got = append(got, i.Customer().ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(made) {
		t.Errorf("pages gave %v, want %v", got, made)
	}
	p = &stripe.CustomerListParams{Email: stripe.String(email)}
	p.Limit, p.Single, p.EndingBefore = stripe.Int64(2), true, stripe.String(made[4])
	i := r.api.Customers.List(p)
	if list := i.CustomerList(); len(list.Data) != 2 || list.Data[1].ID != made[3] || !list.HasMore {
		t.Errorf("before the last: %d rows, more %v", len(list.Data), list.HasMore)
	}
	p = &stripe.CustomerListParams{}
	p.Limit, p.Single = stripe.Int64(101), true
	refused(t, r.api.Customers.List(p).Err(), 400, "parameter_invalid_integer", "limit")
}

func TestMissing(t *testing.T) {
	r := contract(t)
	_, err := r.api.Customers.Get("cus_none", nil)
	refused(t, err, 404, "resource_missing", "id")
	_, err = r.api.PaymentIntents.Get("pi_none", nil)
	refused(t, err, 404, "resource_missing", "intent")
	_, err = r.api.CheckoutSessions.Get("cs_test_none", nil)
	refused(t, err, 404, "resource_missing", "session")
}

func TestDeletedCustomer(t *testing.T) {
	r := contract(t)
	cus := r.customer("gone@example.com")
	_, err := r.api.Customers.Del(cus.ID, nil)
	must(t, cus, err)
	got, err := r.api.Customers.Get(cus.ID, nil)
	must(t, got, err)
	if !got.Deleted {
		t.Error("a deleted customer does not say so")
	}
	_, err = r.api.CheckoutSessions.New(sessionParams(cus.ID))
	refused(t, err, 400, "resource_missing", "customer")
}

func TestMetadata(t *testing.T) {
	r := contract(t)
	cus := r.customer("meta@example.com")
	p := &stripe.CustomerParams{}
	p.AddMetadata("purse_installation", "")
	p.AddMetadata("other", "2")
	got, err := r.api.Customers.Update(cus.ID, p)
	must(t, got, err)
	if len(got.Metadata) != 1 || got.Metadata["other"] != "2" {
		t.Errorf("merged: %v", got.Metadata)
	}
}
