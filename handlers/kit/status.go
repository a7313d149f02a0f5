package kit

import (
	"errors"
	"net/http"

	"purse/billing/fault"
	"purse/billing/tx"
)

// Status is the HTTP status of a kind of fault: the only place where kinds
// become statuses, for pages and for the API.
func Status(kind fault.Kind) int {
	switch kind {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.NoCredits:
		return http.StatusPaymentRequired
	case fault.TooMany:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// ErrorStatus is the status of any error: that of its fault, else 500.
func ErrorStatus(err error) int {
	if f, ok := fault.As(err); ok {
		return Status(f.Kind)
	}
	return http.StatusInternalServerError
}

// Missing turns a row that is not there into the fault that says so, the same
// for what belongs to somebody else.
func Missing(err error, thing string) error {
	if errors.Is(err, tx.ErrNotFound) {
		return fault.Missing(thing)
	}
	return err
}
