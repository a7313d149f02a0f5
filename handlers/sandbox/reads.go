package sandbox

import (
	"slices"
	"strconv"
	"strings"
)

// reads is which of a request's parameters, in one object of them, some code has
// read. The readers of obj fill it in where it stands under readKey. What nothing
// read was not done, and refuses the request: see call.unread.
type reads map[string]bool

const readKey = "_read"

func (o obj) note(field string) {
	if r, ok := o[readKey].(reads); ok {
		r[field] = true
	}
}

// value is the field as it came, with all that is in it.
func (o obj) value(field string) any {
	v := o[field]
	if r, ok := o[readKey].(reads); ok {
		r[field] = true
		noteAll(v)
	}
	return v
}

func noteAll(v any) {
	switch v := v.(type) {
	case obj:
		for name := range v {
			if name != readKey {
				v.value(name)
			}
		}
	case []any:
		for _, e := range v {
			noteAll(e)
		}
	}
}

// unread names, in order, the parameters that were sent and that no code has read,
// but for values that ask for what happens anyway.
func unread(v any, path string) (out []string) {
	switch v := v.(type) {
	case obj:
		r, noted := v[readKey].(reads)
		for _, name := range names(v) {
			at := join(path, name)
			if noted && !r[name] {
				out = append(out, leaves(v[name], at)...)
			} else {
				out = append(out, unread(v[name], at)...)
			}
		}
	case []any:
		for i, e := range v {
			out = append(out, unread(e, join(path, strconv.Itoa(i)))...)
		}
	}
	return out
}

// leaves names all values in one that was not read.
func leaves(v any, path string) (out []string) {
	switch v := v.(type) {
	case obj:
		for _, name := range names(v) {
			out = append(out, leaves(v[name], join(path, name))...)
		}
	case []any:
		for i, e := range v {
			if _, words := e.(string); words {
				return []string{path}
			}
			out = append(out, leaves(e, join(path, strconv.Itoa(i)))...)
		}
	default:
		if !slices.Contains(asUsual[leafName(path)], v) {
			out = append(out, path)
		}
	}
	return out
}

func names(o obj) []string {
	out := make([]string, 0, len(o))
	for name := range o {
		if name != readKey {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func leafName(path string) string {
	return strings.TrimSuffix(path[strings.LastIndexByte(path, '[')+1:], "]")
}

// asUsual are, by name, the values of parameters that are Stripe's defaults: who
// sends them asks for nothing that the sandbox does not do. A name is here only if
// it means the same in every operation that has it.
var asUsual = map[string][]any{
	"application_fee_amount":            {int64(0)},
	"attach_to_self":                    {false},
	"billing_address_collection":        {"auto"},
	"enabled":                           {false},
	"shipping":                          {"never"},
	"verification_method":               {"automatic"},
	"balance":                           {int64(0)},
	"billing_scheme":                    {"per_unit"},
	"capture_method":                    {"automatic", "automatic_async"},
	"connect":                           {false},
	"confirmation_method":               {"automatic"},
	"forgive":                           {false},
	"payment_method_collection":         {"always", "if_required"},
	"promotions":                        {"none"},
	"refund_application_fee":            {false},
	"request_extended_authorization":    {"never", false},
	"request_incremental_authorization": {"never"},
	"request_multicapture":              {"never"},
	"request_overcapture":               {"never"},
	"require_cvc_recollection":          {false},
	"reverse_transfer":                  {false},
	"terms_of_service":                  {"none"},
	"transfer_lookup_key":               {false},
	"ui_mode":                           {"hosted"},
	"setup_future_usage":                {"none"},
	"use_stripe_sdk":                    {false},
}

// notValue refuses a value that Stripe knows and the sandbox does not do.
func notValue(path, value string) *apiError {
	return bad("", path, "The sandbox does not do %s=%s yet.", path, value)
}

// notDone refuses parameters that Stripe knows and the sandbox does not do.
func notDone(paths []string) *apiError {
	e := bad("", paths[0], "The sandbox does not do %s yet.", strings.Join(paths, ", "))
	e.unstarted = true
	return e
}

// forgetReads ends the noting: what is kept of the parameters is plain.
func forgetReads(v any) {
	switch v := v.(type) {
	case obj:
		delete(v, readKey)
		for _, e := range v {
			forgetReads(e)
		}
	case []any:
		for _, e := range v {
			forgetReads(e)
		}
	}
}
