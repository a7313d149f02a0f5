package story

import (
	"os"
	"strings"
	"testing"

	"purse/handlers/kit/browsertest"
)

// cut finds what sticks out of the part of the page that shows it, or out of the
// page: a table's last column is where its buttons are.
const cut = `[...document.querySelectorAll("main table, main table button, main table a")].filter(e => {
	const r = e.getBoundingClientRect()
	if (r.width === 0 || r.height === 0) return false
	for (let p = e.parentElement; p && p !== document.documentElement; p = p.parentElement) {
		if (p.tabIndex === 0 && p.getAttribute("role") === "region") return false // it scrolls, by keyboard too
		const o = getComputedStyle(p).overflowX
		if (o !== "visible" && getComputedStyle(p).clipPath === "none" && r.right > p.getBoundingClientRect().right + 1) return true
	}
	return r.right > document.documentElement.clientWidth + 1
}).map(e => e.tagName.toLowerCase() + " " + (e.innerText || e.caption?.innerText || "").trim().slice(0, 40).replaceAll("\n", " "))`

// TestNoTableIsCutOff looks at every page from the narrowest phone to a wide desk.
func TestNoTableIsCutOff(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	ps := w.fill()
	p := b.Page(t, 1280, false)
	only := os.Getenv("PURSE_ONLY")
	var last *person
	for _, v := range w.visits(&ps) {
		if only != "" && !strings.Contains(v.name, only) {
			continue
		}
		if v.who != nil && v.who != last {
			p.Go(v.who.link)
			last = v.who
		}
		p.Go(w.url + v.path)
		var tables int
		if p.Eval(`document.querySelectorAll("main table").length`, &tables); tables == 0 {
			continue
		}
		for _, width := range []int{320, 720, 900, 1024, 1150, 1280, 1680} {
			p.Width(width)
			var out []string
			if p.Eval(cut, &out); len(out) > 0 {
				t.Errorf("%s at %d: %d parts are cut off: %s", v.name, width, len(out), out[0])
			}
		}
	}
}
