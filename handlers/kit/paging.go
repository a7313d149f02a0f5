package kit

import (
	"net/http"
	"net/url"
)

// Cursor is where a page of a list begins, from the address: rows older than
// After or newer than Before, both exclusive.
type Cursor struct{ After, Before string }

// CursorOf reads the cursor. Before gives way to After.
func CursorOf(r *http.Request) Cursor {
	q := r.URL.Query()
	c := Cursor{After: q.Get("after"), Before: q.Get("before")}
	if c.After != "" {
		c.Before = ""
	}
	if len(c.After) > 200 || len(c.Before) > 200 {
		return Cursor{}
	}
	return c
}

// WithCursor is an address with all filters kept and the cursor set to value
// under key, "after" or "before"; with neither it is the first page.
func WithCursor(u *url.URL, key, value string) string {
	q := u.Query()
	q.Del("after")
	q.Del("before")
	if key != "" {
		q.Set(key, value)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}
