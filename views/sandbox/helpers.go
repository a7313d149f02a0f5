package sandbox

import (
	"strings"

	"github.com/a-h/templ"
)

func checkoutTitle(c Checkout) string {
	t := "Pay " + c.Merchant
	if c.Setup {
		t = "Save a card with " + c.Merchant
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
