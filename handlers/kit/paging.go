package kit

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"purse/billing/fault"
)

// Cursor is where a page of a list begins, from the address: rows older than
// After or newer than Before, both exclusive.
type Cursor struct{ After, Before string }

// cursorShape is what places in lists look like: ids, numbers of postings, days and
// months.
var cursorShape = regexp.MustCompile(`^([a-z]{2,12}_[0-9A-Za-z_.-]{6,180}|[0-9]{1,19}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?)$`)

// checkCursors refuses an address whose cursors can be none.
func checkCursors(u *url.URL) error {
	if u.RawQuery == "" {
		return nil
	}
	q := u.Query()
	for _, name := range []string{"after", "before"} {
		if v := q.Get(name); v != "" && !cursorShape.MatchString(v) {
			return BadCursor(name)
		}
	}
	for v := range strings.SplitSeq(q.Get("trail"), "~") {
		if v != "" && !cursorShape.MatchString(v) {
			return BadCursor("trail")
		}
	}
	return nil
}

// BadCursor says that a place in a list is none.
func BadCursor(name string) error {
	return fault.New(fault.Invalid, "unknown_cursor", name, "There is no such place in this list. Go to its first page.")
}

// CursorOf reads the cursor. Before gives way to After.
func CursorOf(r *http.Request) Cursor {
	q := r.URL.Query()
	c := Cursor{After: q.Get("after"), Before: q.Get("before")}
	if c.After != "" {
		c.Before = ""
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
