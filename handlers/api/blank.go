package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/fault"
)

// refuseBlank says which optional text of a body was sent empty. What is not
// given is left out: an empty text is what a variable that nobody set looks
// like, and a key for customer "" would be one for all of them. Free text may be
// empty (tag blank), and so may what a change clears (a pointer).
func refuseBlank(data []byte, t reflect.Type, at string) error {
	if !bytes.Contains(data, []byte(`""`)) {
		return nil
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice:
		var list []json.RawMessage
		if json.Unmarshal(data, &list) != nil {
			return nil
		}
		for i, element := range list {
			if err := refuseBlank(element, t.Elem(), at+"["+strconv.Itoa(i)+"]"); err != nil {
				return err
			}
		}
	case t.Kind() == reflect.Struct && t != reflect.TypeFor[time.Time]():
		var object map[string]json.RawMessage
		if json.Unmarshal(data, &object) != nil {
			return nil
		}
		for i := range t.NumField() {
			f := t.Field(i)
			name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
			path := strings.TrimPrefix(at+"."+name, ".")
			if f.Type.Kind() == reflect.String && rest == "omitempty" && f.Tag.Get("blank") == "" && string(object[name]) == `""` {
				return fault.Bad(path, "The field %s is empty. Leave it out, or give it a value.", path)
			}
			if err := refuseBlank(object[name], f.Type, path); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseBlankParams does the same for the parameters of a request, and for its
// Idempotency-Key.
func refuseBlankParams(r *http.Request) error {
	if keys, sent := r.Header["Idempotency-Key"]; sent && slices.Contains(keys, "") {
		return fault.Bad("Idempotency-Key", "The Idempotency-Key is empty. Leave it out, or give it a value.")
	}
	if r.URL.RawQuery == "" {
		return nil
	}
	for name, values := range r.URL.Query() {
		if name != "query" && slices.Contains(values, "") {
			return fault.Bad(name, "The parameter %s is empty. Leave it out, or give it a value.", name)
		}
	}
	return nil
}
