package sandbox

import "strings"

// expandable names the kind of object behind each field that holds an id.
var expandable = map[string]string{
	"customer":               "customer",
	"payment_intent":         "payment_intent",
	"setup_intent":           "setup_intent",
	"latest_charge":          "charge",
	"charge":                 "charge",
	"payment_method":         "payment_method",
	"default_payment_method": "payment_method",
	"invoice":                "invoice",
	"product":                "product",
	"price":                  "price",
	"refund":                 "refund",
	"dispute":                "dispute",
	"promotion_code":         "promotion_code",
	"default_price":          "price",

	"balance_transaction":         "balance_transaction",
	"failure_balance_transaction": "balance_transaction",
}

// sourceKind is what moved a balance, by its id.
func sourceKind(id string) string {
	prefix, _, _ := strings.Cut(id, "_")
	return map[string]string{"ch": "charge", "re": "refund", "du": "dispute", "po": "payout"}[prefix]
}

// render makes the public form of an object, with the fields that the caller
// wants expanded.
func (s *Server) render(o obj, expand []any) (obj, *apiError) {
	out := o.public()
	for _, e := range expand {
		path, _ := e.(string)
		parts := strings.Split(path, ".")
		if len(parts) > 4 {
			return nil, bad("property_expansion_max_depth", "expand", "You cannot expand more than 4 levels of a property (%s).", path)
		}
		if err := s.expand(out, parts, path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Server) expand(o obj, parts []string, path string) *apiError {
	if len(parts) == 0 {
		return nil
	}
	name, rest := parts[0], parts[1:]
	if name == "line_items" && o.str("object") == "checkout.session" {
		if _, done := o[name].(obj); !done {
			o[name] = s.sessionItems(s.store.get("checkout.session", o.id()))
		}
	}
	if name == "refunds" && o.str("object") == "charge" {
		if _, done := o[name].(obj); !done {
			o[name] = s.chargeRefunds(o.id())
		}
	}
	if name == "total_details" && o.str("object") == "checkout.session" && len(rest) > 0 && rest[0] == "breakdown" && o.sub(name) != nil {
		if _, done := o.sub(name)["breakdown"].(obj); !done {
			o.sub(name)["breakdown"] = s.breakdown(s.store.get("checkout.session", o.id()))
		}
	}
	if name == "applies_to" && o.str("object") == "coupon" {
		if k := s.store.get("coupon", o.id()).sub("_applies_to"); k != nil {
			o[name] = k.public()
		}
		return nil
	}
	v, there := o[name]
	if !there {
		return bad("", "expand", "This property cannot be expanded (%s).", path)
	}
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		kind := expandable[name]
		if name == "source" && o.str("object") == "balance_transaction" {
			kind = sourceKind(v)
		}
		if kind == "" {
			return bad("", "expand", "This property cannot be expanded (%s).", path)
		}
		target := s.store.get(kind, v)
		if target == nil {
			return nil
		}
		o[name] = target.public()
		return s.expand(o.sub(name), rest, path)
	case obj:
		return s.expand(v, rest, path)
	case []any:
		for _, e := range v {
			if e, ok := e.(obj); ok {
				if err := s.expand(e, rest, path); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return bad("", "expand", "This property cannot be expanded (%s).", path)
}
