package tx

import "context"

type priority int

const (
	uncounted  priority = iota + 1 // neither gives way nor makes others give way
	background                     // gives way
)

type priorityKey struct{}

// Background marks work that nobody waits for: where others want the database at
// the same time, its Updates leave most of it to them.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, priorityKey{}, background)
}

// Uncounted marks work for which Background work need not give way.
func Uncounted(ctx context.Context) context.Context {
	return context.WithValue(ctx, priorityKey{}, uncounted)
}

// InBackground says whether ctx was marked so last.
func InBackground(ctx context.Context) bool { return ctx.Value(priorityKey{}) == background }

// IsUncounted says whether ctx was marked so last.
func IsUncounted(ctx context.Context) bool { return ctx.Value(priorityKey{}) == uncounted }
