package inbox

import (
	"context"
	"errors"
	"strings"

	"purse/billing/outcome"
)

// Handler does what an event asks for and answers what became of it. It may run
// twice. An error is tried again.
type Handler func(ctx context.Context, e *Event) (Verdict, error)

// Owner is who handles the events whose type begins with Types.
type Owner struct {
	Types  string
	Handle Handler
}

// Owners is the table of all owners. Of several the first counts.
type Owners []Owner

func (os Owners) of(typ string) Handler {
	for _, o := range os {
		if strings.HasPrefix(typ, o.Types) {
			return o.Handle
		}
	}
	return Ignore
}

// Ignore is the owner of what changes nothing here.
func Ignore(context.Context, *Event) (Verdict, error) {
	return Verdict{State: Ignored, Why: "Nothing here is about its object"}, nil
}

// Fetched makes a Handler of an owner that wants the object itself, as Stripe has it
// now.
func Fetched[T any](fetch func(ctx context.Context, id string) (T, error), owner func(ctx context.Context, e *Event, o T) (Verdict, error)) Handler {
	return func(ctx context.Context, e *Event) (Verdict, error) {
		o, err := fetch(ctx, e.ObjectID)
		switch {
		case errors.Is(err, outcome.ErrGone):
			return Gone(), nil
		case err != nil:
			return Verdict{}, err
		}
		return owner(ctx, e, o)
	}
}
