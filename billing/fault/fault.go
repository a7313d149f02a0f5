// Package fault is how billing says no: an error with a kind that says how to
// treat it, a code for programs, the parameter that caused it, and a sentence
// for people that says what to do. HTTP statuses are made from kinds in
// handlers/kit and nowhere else.
package fault

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Kind groups errors by what the caller can do about them.
type Kind string

const (
	Invalid      Kind = "invalid"      // the request is wrong: correct it
	Unauthorized Kind = "unauthorized" // nobody is known: sign in or send a key
	Forbidden    Kind = "forbidden"    // known, but may not do this
	NotFound     Kind = "not_found"    // does not exist, or is not yours
	Conflict     Kind = "conflict"     // the state of things forbids it
	NoCredits    Kind = "no_credits"   // credits are lacking: buy some
	TooMany      Kind = "too_many"     // slow down
	Unavailable  Kind = "unavailable"  // not now, try again with the same key
)

// Error is a refusal. Code is stable and lower_case, Param names the field or
// parameter at fault ("" when none is), Detail is a sentence for people.
type Error struct {
	Kind   Kind
	Code   string
	Param  string
	Detail string
}

func (e *Error) Error() string {
	if e.Param != "" {
		return e.Param + ": " + e.Detail
	}
	return e.Detail
}

// New makes an error of any kind.
func New(kind Kind, code, param, format string, args ...any) *Error {
	return &Error{kind, code, param, fmt.Sprintf(format, args...)}
}

// Bad is an Invalid error about one parameter, with the code "invalid".
func Bad(param, format string, args ...any) *Error {
	return New(Invalid, "invalid", param, format, args...)
}

// Missing is the NotFound error for a kind of thing ("customer"): the same for
// a foreign id as for one that does not exist.
func Missing(thing string) *Error {
	return New(NotFound, "not_found", "", "There is no such %s.", thing)
}

// As finds the Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// Is says whether err is a fault of that kind.
func Is(err error, kind Kind) bool {
	e, ok := As(err)
	return ok && e.Kind == kind
}

// HasCode says whether err is a fault with that code.
func HasCode(err error, code string) bool {
	e, ok := As(err)
	return ok && e.Code == code
}

// Quote shows a value that somebody sent in a message about it: in quotes, and
// cut where it goes on for long.
func Quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return strconv.Quote(s)
	}
	return strconv.Quote(string([]rune(s)[:most]) + "…")
}
