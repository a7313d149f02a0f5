package tx

import "errors"

// ErrUnknown is in the chain of an Update's error when the commit itself
// failed: whether it happened is not known. Retry under the same key.
var ErrUnknown = errors.New("the outcome of the commit is unknown: retry under the same key")

// ErrNested says that an Update, View or Submit was called inside an Update.
var ErrNested = errors.New("a transaction is already open in this call")

// ErrNotFound is what a Store answers for a row that is not there.
var ErrNotFound = errors.New("not found")
