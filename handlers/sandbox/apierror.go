package sandbox

import (
	"fmt"
	"net/http"
)

// apiError is an error as Stripe answers it.
type apiError struct {
	status      int
	typ         string // invalid_request_error when empty
	code        string
	declineCode string
	param       string
	message     string
	fields      obj  // payment_intent, setup_intent, payment_method, charge
	unstarted   bool // refused before execution: the idempotency key stays free
	keeps       bool // what was changed stays, though the request is refused
}

// refuses says whether the error means that nothing was done.
func (e *apiError) refuses() bool {
	return !e.keeps && (e.status == http.StatusBadRequest || e.status == http.StatusNotFound)
}

func (e *apiError) Error() string { return e.message }

// body is the answer's JSON.
func (e *apiError) body() obj {
	o := obj{"type": e.typ, "message": e.message}
	if e.typ == "" {
		o["type"] = "invalid_request_error"
	}
	if e.code != "" {
		o["code"] = e.code
		o["doc_url"] = "https://stripe.com/docs/error-codes/" + dashed(e.code)
	}
	if e.declineCode != "" {
		o["decline_code"] = e.declineCode
	}
	if e.param != "" {
		o["param"] = e.param
	}
	for k, v := range e.fields {
		o[k] = v
	}
	return obj{"error": o}
}

func dashed(code string) string {
	b := []byte(code)
	for i := range b {
		if b[i] == '_' {
			b[i] = '-'
		}
	}
	return string(b)
}

// bad is a 400 with a code, which may be empty, and the parameter at fault.
func bad(code, param, format string, args ...any) *apiError {
	return &apiError{status: http.StatusBadRequest, code: code, param: param, message: fmt.Sprintf(format, args...)}
}

// noSuch is Stripe's answer about an id that does not exist: 404 for the object
// in the path, 400 for one that a parameter names.
func noSuch(thing, id, param string, inPath bool) *apiError {
	e := bad("resource_missing", param, "No such %s: '%s'", thing, id)
	if inPath {
		e.status = http.StatusNotFound
	}
	return e
}

func parameterMissing(param string) *apiError {
	return bad("parameter_missing", param, "Missing required param: %s.", param)
}
