package ui

import "time"

// Key is an API key in a list.
type Key struct {
	ID, Prefix, Name, Scopes string
	By                       string // who made it, "" for nobody to name
	Created, Used, Revoked   time.Time
}

// NewKey is a key that was just made: the only time that it is shown.
type NewKey struct{ Name, Secret string }
