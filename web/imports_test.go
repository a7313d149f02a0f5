package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// layers is billing from the ground up: a package imports only packages of
// earlier lines.
var layers = []string{
	"money id fault sheet outcome", "words", "tx", "event job audit", "ledger", "catalog", "rating", "account", "usage", "inbox", "card", "purchase", "charge", "recharge", "invoice", "schedule", "alert",
	"credit notify", "report statement testclock", "stripepay mailer webhook passkey",
}

// rooms is what each room may import of ours, by prefix.
var rooms = map[string][]string{
	"purse/web":      {"purse/"},
	"purse/handlers": {"purse/billing", "purse/views", "purse/static", "purse/handlers"},
	"purse/views":    {"purse/billing", "purse/views", "purse/static"},
	"purse/static":   {},
	"purse/billing":  {"purse/billing"},
	"purse/db":       {"purse/billing", "purse/db"},
}

// TestImports checks that data goes one way: web, handlers, billing, db, and
// out through views.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "purse/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	level := map[string]int{}
	for i, line := range layers {
		for name := range strings.FieldsSeq(line) {
			level["purse/billing/"+name] = i
		}
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p struct {
			ImportPath    string
			Imports, Deps []string
		}
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		seen++
		room := strings.Join(strings.SplitN(p.ImportPath, "/", 3)[:2], "/")
		allowed, ok := rooms[room]
		if !ok {
			t.Errorf("%s is in no room", p.ImportPath)
		}
		_, placed := level[p.ImportPath]
		if room == "purse/billing" && !placed {
			t.Errorf("%s has no place in the table of layers", p.ImportPath)
		}
		for _, dep := range p.Imports {
			if !strings.HasPrefix(dep, "purse/") {
				continue
			}
			if !slices.ContainsFunc(allowed, func(a string) bool { return strings.HasPrefix(dep, a) }) {
				t.Errorf("%s imports %s", p.ImportPath, dep)
			}
			if room == "purse/billing" && level[dep] >= level[p.ImportPath] {
				t.Errorf("%s imports %s, which is not below it", p.ImportPath, dep)
			}
		}
		for _, dep := range p.Deps {
			switch {
			case room == "purse/billing" && !strings.Contains(" stripepay mailer webhook passkey ", " "+p.ImportPath[len("purse/billing/"):]+" ") &&
				(dep == "net/http" || dep == "database/sql" || strings.HasPrefix(dep, "github.com/stripe/")):
				t.Errorf("%s depends on %s: billing knows no HTTP, no SQL and no Stripe outside its adapters", p.ImportPath, dep)
			case room == "purse/views" && (dep == "database/sql" || strings.HasPrefix(dep, "purse/db")):
				t.Errorf("%s depends on %s", p.ImportPath, dep)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d packages were seen", seen)
	}
}

// TestTheReadmesNameEveryFolder: a reader finds in the layout whatever there is.
func TestTheReadmesNameEveryFolder(t *testing.T) {
	for room, readme := range map[string]string{"web": "../README.md", "handlers": "../README.md", "views": "../README.md", "db": "../README.md", "static": "../README.md", "billing": "../billing/README.md"} {
		b, err := os.ReadFile(readme)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		if room != "billing" {
			_, text, _ = strings.Cut(text, "## Layout")
		}
		folders, err := os.ReadDir("../" + room)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			if f.IsDir() && f.Name() != "testdata" && f.Name() != "node_modules" && !regexp.MustCompile(`\b`+f.Name()+`\b`).MatchString(text) {
				t.Errorf("%s does not name %s/%s", readme, room, f.Name())
			}
		}
	}
}
