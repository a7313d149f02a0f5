package sandbox

import "github.com/a-h/templ"

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
