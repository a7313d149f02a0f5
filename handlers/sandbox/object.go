package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"strings"
)

// obj is a Stripe object or a checked set of parameters. Its values are string,
// int64, bool, nil, obj and []any, and json.Number for percentages with decimals. Fields that begin with "_" are the
// sandbox's own and never leave it.
type obj map[string]any

func (o obj) str(field string) string {
	s, ok := o[field].(string)
	if ok {
		o.note(field)
	}
	return s
}

// integer is the number, and whether there is one.
func (o obj) integer(field string) (int64, bool) {
	n, ok := o[field].(int64)
	if ok {
		o.note(field)
	}
	return n, ok
}

// flag is the yes or no, and whether there is one.
func (o obj) flag(field string) (bool, bool) {
	b, ok := o[field].(bool)
	if ok {
		o.note(field)
	}
	return b, ok
}

func (o obj) num(field string) int64 {
	n, _ := o.integer(field)
	return n
}

func (o obj) yes(field string) bool {
	b, _ := o.flag(field)
	return b
}

// sub is the nested object, nil (which reads as empty) when there is none.
func (o obj) sub(field string) obj {
	s, ok := o[field].(obj)
	if ok {
		o.note(field)
	}
	return s
}

func (o obj) list(field string) []any {
	l, ok := o[field].([]any)
	if ok {
		o.note(field)
	}
	return l
}

// has says whether the field is there and is not null, which is not reading it.
func (o obj) has(field string) bool {
	v, ok := o[field]
	return ok && v != nil
}

func (o obj) id() string { return o.str("id") }

// or is the field's value, or the given one when the field is absent, null or
// an empty string.
func (o obj) or(field string, otherwise any) any {
	if v := o.value(field); v != nil && v != "" {
		return v
	}
	return otherwise
}

// null is the field's value, nil when it is absent or an empty string.
func (o obj) null(field string) any { return o.or(field, nil) }

// metadata is the parameter of that name as an object that is never nil.
func (o obj) metadata() obj {
	m := obj{}
	sent, _ := o.value("metadata").(obj)
	for k, v := range sent {
		if v != "" {
			m[k] = v
		}
	}
	return m
}

// mergeMetadata applies an update as Stripe does: an empty value removes a key,
// an empty string instead of the map removes all.
func mergeMetadata(o, p obj) {
	if _, ok := p["metadata"]; !ok {
		return
	}
	v := p.value("metadata")
	m, _ := v.(obj)
	old := o.sub("metadata")
	if m == nil || old == nil {
		old = obj{}
	}
	for k, v := range m {
		if v == "" {
			delete(old, k)
		} else {
			old[k] = v
		}
	}
	o["metadata"] = old
}

// public is a deep copy without the sandbox's own fields.
func (o obj) public() obj {
	out := make(obj, len(o))
	for k, v := range o {
		if !strings.HasPrefix(k, "_") {
			out[k] = publicValue(v)
		}
	}
	return out
}

func publicValue(v any) any {
	switch v := v.(type) {
	case obj:
		return v.public()
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = publicValue(v[i])
		}
		return out
	}
	return v
}

func (o obj) json() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(o)
	return bytes.TrimRight(b.Bytes(), "\n")
}

// prettyJSON is the public object for people, and as Stripe sends events.
func prettyJSON(o obj) string {
	var b bytes.Buffer
	_ = json.Indent(&b, o.public().json(), "", "  ")
	return b.String()
}

// parseObj reads what obj.json wrote.
func parseObj(b []byte) (obj, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		return nil, err
	}
	return fromJSON(m).(obj), nil
}

func fromJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		o := make(obj, len(v))
		for k, e := range v {
			o[k] = fromJSON(e)
		}
		return o
	case []any:
		for i := range v {
			v[i] = fromJSON(v[i])
		}
		return v
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return v // a percentage with decimals
	}
	return v
}

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// randomText is n characters as in Stripe's ids.
func randomText(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

// idOf makes an id of the form that Stripe gives to that kind of object.
func idOf(kind string) string {
	switch kind {
	case "customer":
		return "cus_" + randomText(14)
	case "product":
		return "prod_" + randomText(14)
	case "price":
		return "price_1" + randomText(23)
	case "payment_method":
		return "pm_1" + randomText(23)
	case "checkout.session":
		return "cs_test_a1" + randomText(56)
	case "payment_intent":
		return "pi_3" + randomText(23)
	case "setup_intent":
		return "seti_1" + randomText(23)
	case "charge":
		return "ch_3" + randomText(23)
	case "refund":
		return "re_3" + randomText(23)
	case "dispute":
		return "du_1" + randomText(23)
	case "invoice":
		return "in_1" + randomText(23)
	case "tax_id":
		return "txi_1" + randomText(23)
	case "promotion_code":
		return "promo_1" + randomText(23)
	case "test_helpers.test_clock":
		return "clock_1" + randomText(23)
	case "event":
		return "evt_1" + randomText(23)
	case "webhook_endpoint":
		return "we_1" + randomText(23)
	case "invoiceitem":
		return "ii_1" + randomText(23)
	case "radar.early_fraud_warning":
		return "issfr_1" + randomText(23)
	case "credit_note":
		return "cn_1" + randomText(23)
	case "customer_cash_balance_transaction":
		return "ccsbtxn_1" + randomText(23)
	case "billing_portal.session":
		return "bps_1" + randomText(23)
	case "payout":
		return "po_1" + randomText(23)
	case "tax.calculation":
		return "taxcalc_1" + randomText(23)
	case "item":
		return "li_1" + randomText(23)
	}
	return kind + "_1" + randomText(23)
}
