package sandbox

import (
	"strings"

	"github.com/a-h/templ"
)

func checkoutTitle(c Checkout) string {
	t := "Pay " + c.Merchant
	if c.Setup {
		t = "Save a payment method with " + c.Merchant
	}
	if c.Error != "" {
		t = "Error: " + t
	}
	return t
}

// invalid marks the field that is wrong and points to the message about it.
func invalid(c Checkout, field string) templ.Attributes {
	if c.Field != field && !(c.Field == "card" && field == "number") {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "error"}
}

func current(f Frame, name string) templ.Attributes {
	if f.Active != name {
		return nil
	}
	return templ.Attributes{"aria-current": "page"}
}

func promotionInvalid(c Checkout) templ.Attributes {
	if c.Field != "promotion" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "promotion-error"}
}

// wrong marks the field of a form that is wrong; the message has its id.
func wrong(field, name string) templ.Attributes {
	if field != name {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": "problem"}
}

// testAnchor is where the page of test cards tells of a payment method.
func testAnchor(method string) string {
	if method == "us_bank_account" || method == "sepa_debit" {
		return method
	}
	return "cards"
}

func lowerFirst(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// faultPaths are what people want to go wrong first.
var faultPaths = []string{"/v1/checkout/sessions", "/v1/payment_intents", "/v1/invoices", "/v1/refunds", "/v1/customers", "/v1/setup_intents", "/v1/credit_notes", "/v1/events"}

var chargeCodes = []string{"insufficient_funds", "generic_decline", "lost_card", "stolen_card", "expired_card", "incorrect_cvc", "processing_error", "authentication_required"}

const faultExamples = `curl -d 'api_action=error_after&count=2&method=POST&path=/v1/refunds' $SANDBOX/sandbox/faults
curl -d 'api_action=rate_limit&count=3&path=/v1/' $SANDBOX/sandbox/faults
curl -d 'action=duplicate&count=-1&type=checkout.session.*' $SANDBOX/sandbox/faults
curl -d 'charge_code=insufficient_funds&count=1' $SANDBOX/sandbox/faults
curl -d clear=1 $SANDBOX/sandbox/faults
curl -d by=24h $SANDBOX/sandbox/clock`
