package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// eachPair calls f with what a flag or a variable says: one name=value, or several
// with a separator between them.
func eachPair(ctx *kong.DecodeContext, separator string, f func(name, value string) error) error {
	var s string
	if err := ctx.Scan.PopValueInto("name=value", &s); err != nil {
		return err
	}
	parts := []string{s}
	if separator != "" {
		parts = strings.Split(strings.TrimSuffix(s, separator), separator)
	}
	for _, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		if !ok || name == "" {
			return fmt.Errorf("%q: write it as name=value", part)
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
	return nil
}

// once puts a value, and refuses a name that was given before: one of two values
// would be dropped.
func once[V any](m map[string]V, name string, value V) error {
	if before, twice := m[name]; twice {
		return fmt.Errorf("%s is given twice, as %v and as %v", name, before, value)
	}
	m[name] = value
	return nil
}
