package sandbox

import (
	"regexp"
	"strings"
)

// taxIDShapes are what Stripe looks at when a tax id is made; other kinds are
// taken as they are.
var taxIDShapes = map[string]*regexp.Regexp{
	"eu_vat": regexp.MustCompile(`^[A-Z]{2}[0-9A-Z+*]{2,13}$`),
	"gb_vat": regexp.MustCompile(`^(GB|XI)[0-9A-Z]{5,12}$`),
	"us_ein": regexp.MustCompile(`^\d{2}-?\d{7}$`),
}

// createTaxID gives a customer a tax id. EU222222222 passes here and is not one,
// as a real number of the right form may be.
func createTaxID(c *call) (obj, *apiError) {
	customer, err := c.customerOfTaxIDs()
	if err != nil {
		return nil, err
	}
	return c.newTaxID(customer, c.p, "value")
}

// newTaxID makes a tax id of type and value; param is what a wrong value is called.
func (c *call) newTaxID(customer, p obj, param string) (obj, *apiError) {
	typ, value := p.str("type"), strings.ReplaceAll(p.str("value"), " ", "")
	if shape := taxIDShapes[typ]; value == "" || shape != nil && !shape.MatchString(value) || value == "DE000000000" {
		return nil, bad("tax_id_invalid", param, "Invalid value for %s.", typ)
	}
	o := c.fresh("tax_id")
	o["customer"], o["type"], o["value"] = customer.id(), typ, value
	o["owner"] = obj{"customer": customer.id(), "type": "customer"}
	if len(value) > 2 && taxIDShapes[typ] != nil {
		o["country"] = value[:2]
	}
	o["verification"] = obj{"status": "pending", "verified_address": nil, "verified_name": nil}
	c.s.store.put("tax_id", o)
	c.emit("customer.tax_id.created", o)
	return o, nil
}

func (c *call) customerOfTaxIDs() (obj, *apiError) {
	id := c.r.PathValue("customer")
	o := c.s.store.get("customer", id)
	if o == nil || o.yes("deleted") {
		return nil, noSuch("customer", id, "customer", true)
	}
	return o, nil
}

func getTaxID(c *call) (obj, *apiError) {
	o := c.s.store.get("tax_id", c.id)
	if o == nil || o.str("customer") != c.r.PathValue("customer") {
		return nil, noSuch("tax_id", c.id, "id", true)
	}
	return o, nil
}

func deleteTaxID(c *call) (obj, *apiError) {
	o, err := getTaxID(c)
	if err != nil {
		return nil, err
	}
	c.s.store.remove("tax_id", o.id())
	c.emit("customer.tax_id.deleted", o)
	return obj{"id": o.id(), "object": "tax_id", "deleted": true}, nil
}

func listTaxIDs(c *call) (obj, *apiError) {
	customer, err := c.customerOfTaxIDs()
	if err != nil {
		return nil, err
	}
	return c.page("tax_id", func(o obj) bool { return o.str("customer") == customer.id() })
}

// taxIDsOf is what invoices say about a customer's tax ids.
func (s *Server) taxIDsOf(customer string) []any {
	out := []any{}
	for _, r := range s.store.all("tax_id") {
		if r.body.str("customer") == customer && customer != "" {
			out = append(out, obj{"type": r.body.str("type"), "value": r.body.str("value")})
		}
	}
	return out
}

// checkCustomFields keeps to Stripe's limits of what an invoice prints.
func checkCustomFields(p obj, path string) *apiError {
	fields := p.list("custom_fields")
	if len(fields) > 4 {
		return bad("", join(path, "custom_fields"), "You can have at most 4 custom fields.")
	}
	for _, f := range fields {
		f, ok := f.(obj)
		switch {
		case !ok:
		case f.str("name") == "" || len([]rune(f.str("name"))) > 40:
			return bad("", join(path, "custom_fields"), "The name of a custom field must be at most 40 characters.")
		case f.str("value") == "" || len([]rune(f.str("value"))) > 140:
			return bad("", join(path, "custom_fields"), "The value of a custom field must be at most 140 characters.")
		}
	}
	return nil
}
