package main

import (
	"strings"
	"testing"

	"purse/billing/invoice"
)

func TestInvoicesOverTheAPI(t *testing.T) {
	w, c := shopWorld(t)
	body := `{"credit_type":"credits","credits":"5000","price":{"amount":4000,"currency":"usd"},"net_days":30}`
	a := w.api("POST", "/v1/customers/"+c.ID+"/invoices", body, "Idempotency-Key", "one")
	if a.status != 201 || a.str("status") != "draft" || a.str("name") != "5,000 credits" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id := a.str("id")
	if again := w.api("POST", "/v1/customers/"+c.ID+"/invoices", body, "Idempotency-Key", "one"); again.str("id") != id {
		t.Errorf("the same key: %d %s", again.status, again.body)
	}
	other := strings.Replace(body, `"5000"`, `"6000"`, 1)
	if a := w.api("POST", "/v1/customers/"+c.ID+"/invoices", other, "Idempotency-Key", "one"); a.status != 409 {
		t.Errorf("the same key for another invoice: %d %s", a.status, a.body)
	}
	if a := w.api("POST", "/v1/invoices/"+id+"/send", ""); a.status != 200 || a.str("status") != "open" || a.str("url") == "" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	in, err := w.invoices.Invoice(ctx, id)
	w.check(err)
	w.payPage(in, "4242424242424242")
	w.waitInvoice(in, invoice.Paid)
	if a := w.api("GET", "/v1/invoices/"+id, ""); a.str("status") != "paid" || a.str("purchase") == "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.api("GET", "/v1/customers/"+c.ID+"/invoices", ""); a.str("data", 0, "id") != id {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := w.api("POST", "/v1/customers/"+c.ID+"/invoices", strings.Replace(body, `30`, `31`, 1)); a.status != 422 || a.str("param") != "net_days" {
		t.Errorf("%d %s", a.status, a.body)
	}
}
