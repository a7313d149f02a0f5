package story

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"purse/handlers/kit/browsertest"
)

// visit is a page to look at and who looks at it.
type visit struct {
	name, path string
	who        *person
}

func (w *world) visits(ps *people) []visit {
	return []visit{
		{"sign-in", "/sign-in", nil},
		{"sign-up", "/sign-up", nil},
		{"reset", "/reset", nil},
		{"dead-link", "/verify?token=none", nil},
		{"overview", "/", &ps.healthy},
		{"ledger", "/ledger", &ps.healthy},
		{"ledger-filtered", "/ledger?kind=grant", &ps.healthy},
		{"ledger-nothing", "/ledger?caller=nobody", &ps.healthy},
		{"ledger-bad-date", "/ledger?from=yesterday", &ps.healthy},
		{"grants", "/grants", &ps.healthy},
		{"not-found", "/nowhere", &ps.healthy},
		{"low", "/", &ps.low},
		{"empty", "/", &ps.empty},
		{"fresh", "/", &ps.fresh},
		{"fresh-ledger", "/ledger", &ps.fresh},
		{"fresh-grants", "/grants", &ps.fresh},
		{"new-customer", "/customers/new", &ps.fresh},
	}
}

// TestEveryPageIsCleanAtEveryWidthAndScheme lets axe look at every page, and
// the browser complain.
func TestEveryPageIsCleanAtEveryWidthAndScheme(t *testing.T) {
	b := browsertest.Open(t)
	w := newWorld(t)
	ps := w.fill()
	p := b.Page(t, 1280, false)
	shots := os.Getenv("PURSE_SHOTS") // a directory for pictures to look at
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
		p.Problems()
		p.Go(w.url + v.path)
		if got := p.URL(); got != w.url+v.path {
			t.Fatalf("%s: at %s", v.name, got)
		}
		if strings.HasPrefix(v.name, "ledger-bad") || v.name == "not-found" || v.name == "dead-link" {
			p.Problems() // the browser notes the status
		}
		for _, width := range []int{1280, 320, 390} {
			p.Width(width)
			for _, dark := range []bool{false, true} {
				p.Scheme(dark)
				name := v.name
				if dark {
					name += " dark"
				}
				if width != 390 {
					p.Clean(name + " at " + map[int]string{1280: "1280", 320: "320"}[width])
				}
				if shots != "" && width != 320 {
					p.Shot(filepath.Join(shots, strings.ReplaceAll(name, " ", "-")+map[int]string{1280: "-wide", 390: "-phone"}[width]+".png"))
				}
			}
		}
	}
}
