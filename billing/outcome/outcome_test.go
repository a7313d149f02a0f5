package outcome_test

import (
	"testing"

	"purse/billing/outcome"
)

// What is missing is told by Stripe's code and parameter, whatever its words are.
func TestMissing(t *testing.T) {
	for _, x := range []struct {
		code, param, of string
		want            bool
	}{
		{"resource_missing", "customer", "customer", true},
		{"resource_missing", "default_payment_method", "payment_method", true},
		{"resource_missing", "invoice_settings[default_payment_method]", "payment_method", true},
		{"resource_missing", "customer", "payment_method", false},
		{"parameter_invalid_empty", "customer", "customer", false},
	} {
		if got := (&outcome.Refused{Code: x.code, Param: x.param, Message: "?"}).Missing(x.of); got != x.want {
			t.Errorf("%s of %s is about %s: %t", x.code, x.param, x.of, got)
		}
	}
}
