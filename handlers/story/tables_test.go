package story

import (
	"strings"
	"testing"

	"purse/handlers/kit/browsertest"
)

// page is a page that a test looks at.
type page struct {
	*browsertest.Page
	testing.TB
}

// widths are those at which a page is looked at: more where it has tables, and that
// of a phone for pictures.
func widths(p *page, phone bool) []int {
	out := []int{1280, 320}
	if phone {
		out = append(out, 390)
	}
	var tables int
	if p.Eval(`document.querySelectorAll("main table").length`, &tables); tables > 0 {
		out = append(out, 600, 640, 720, 900, 1024, 1150, 1680)
	}
	return out
}

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

// cut fails the test where a table is cut off.
func (p *page) cut(name string, width int) {
	p.Helper()
	var out []string
	if p.Eval(cut, &out); len(out) > 0 {
		p.Errorf("%s at %d: %d parts are cut off: %s", name, width, len(out), out[0])
	}
}

// zones are the time zones of a page's times: their titles end with it.
const zones = `[...new Set([...document.querySelectorAll("time[title]")].map(e => e.title.replace(/^.*\d\d:\d\d(:\d\d)? /, "")))]`

// zones fails the test where a page has times of several zones, or of another one
// than its footer says.
func (p *page) zones(name string) {
	p.Helper()
	var of []string
	var foot string
	p.Eval(zones, &of)
	p.Eval(`document.querySelector("footer.foot")?.innerText ?? ""`, &foot)
	if len(of) > 1 || len(of) == 1 && !strings.Contains(foot, "Times are in "+of[0]+".") {
		p.Errorf("%s: its times are in %q, its footer says %q", name, of, foot)
	}
}
