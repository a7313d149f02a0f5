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

// Links are the addresses of the newer and the older page, with all filters
// kept, "" where there is none. First and last are the cursors of the rows
// shown; more says whether rows follow in the direction that was read.
func (c Cursor) Links(r *http.Request, first, last string, more bool) (newer, older string) {
	if first == "" {
		if c != (Cursor{}) {
			newer = withQuery(r.URL, "", "")
		}
		return newer, ""
	}
	switch {
	case c.Before != "":
		older = withQuery(r.URL, "after", last)
		if more {
			newer = withQuery(r.URL, "before", first)
		}
	default:
		if c.After != "" {
			newer = withQuery(r.URL, "before", first)
		}
		if more {
			older = withQuery(r.URL, "after", last)
		}
	}
	return newer, older
}

func withQuery(u *url.URL, key, value string) string {
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
