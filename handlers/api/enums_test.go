package api

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/purchase"
)

func values[T ~string](all ...T) (out []string) {
	for _, v := range all {
		out = append(out, string(v))
	}
	return out
}

// TestEnumsAreTheCodes: what the document says a field may be is what the code
// knows. A kind that is answered and not named breaks clients made from it.
func TestEnumsAreTheCodes(t *testing.T) {
	for _, c := range []struct {
		of    any
		field string
		want  []string
	}{
		{postingObject{}, "kind", values(ledger.PostingKinds()...)},
		{listPostingsIn{}, "kind", values(ledger.PostingKinds()...)},
		{grantObject{}, "kind", values(ledger.Kinds()...)},
		{newGrant{}, "kind", values(ledger.Kinds()...)},
		{holdObject{}, "status", values(ledger.HoldOpen, ledger.HoldCaptured, ledger.HoldReleased, ledger.HoldExpired)},
		{alertObject{}, "kind", values(alert.Kinds()...)},
		{atZeroObject{}, "mode", values(alert.Block, alert.Grace, alert.Throttle)},
		{limitObject{}, "scope", values(alert.Whole, alert.Meter, alert.Caller)},
		{limitObject{}, "period", values(alert.Day, alert.Week, alert.Month)},
		{purchaseObject{}, "status", values(purchase.Created, purchase.Processing, purchase.Paid, purchase.PartiallyRefunded, purchase.Refunded, purchase.Disputed, purchase.Failed, purchase.Expired)},
		{refundObject{}, "status", values(purchase.RefundPending, purchase.RefundSucceeded, purchase.RefundFailed)},
		{invoiceObject{}, "status", values(invoice.Draft, invoice.Issuing, invoice.Open, invoice.Paid, invoice.Void, invoice.Uncollectible, invoice.Failed)},
		{customerObject{}, "status", values(account.Active, account.Suspended)},
	} {
		typ := reflect.TypeOf(c.of)
		found := false
		for i := range typ.NumField() {
			f := typ.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json")+f.Tag.Get("query"), ",")
			if name != c.field {
				continue
			}
			found = true
			got := strings.Split(f.Tag.Get("enum"), ",")
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s.%s may be %q, the code knows %q", typ.Name(), c.field, got, c.want)
			}
		}
		if !found {
			t.Errorf("%s has no field %s", typ.Name(), c.field)
		}
	}
}
