package kit

import (
	"net/http"
	"net/url"
	"strings"
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
	q.Del("trail")
	if key != "" {
		q.Set(key, value)
	}
	if len(q) == 0 {
		return u.Path
	}
	return u.Path + "?" + q.Encode()
}

// maxTrail bounds how many pages back an address remembers the way.
const maxTrail = 50

// trailOf are the cursors of the pages before this one, the second page's first.
func trailOf(r *http.Request) []string {
	trail := r.URL.Query().Get("trail")
	if trail == "" || len(trail) > maxTrail*64 {
		return nil
	}
	return strings.Split(trail, "~")
}

// Older is the address of the page after this one, of a list whose last row here
// is last. It remembers the way, for Newer.
func Older(r *http.Request, last string) string {
	trail := trailOf(r)
	if after := CursorOf(r).After; after != "" {
		trail = append(trail, after)
	}
	return withTrail(WithCursor(r.URL, "after", last), trail)
}

// Newer is the address of the page before this one, "" on the first. Who came by
// an address that remembers no way is led to the first page.
func Newer(r *http.Request) string {
	if CursorOf(r).After == "" {
		return ""
	}
	trail := trailOf(r)
	if len(trail) == 0 {
		return WithCursor(r.URL, "", "")
	}
	last := len(trail) - 1
	return withTrail(WithCursor(r.URL, "after", trail[last]), trail[:last])
}

func withTrail(address string, trail []string) string {
	if len(trail) == 0 {
		return address
	}
	return address + "&trail=" + url.QueryEscape(strings.Join(trail[max(0, len(trail)-maxTrail):], "~"))
}
