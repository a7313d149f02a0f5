package main

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDemo starts the demo twice on one database: it prints where everything is
// and links that work, and usage flows in by itself.
func TestDemo(t *testing.T) {
	t.Parallel()
	db := filepath.Join(t.TempDir(), "demo.db")
	for start := range 2 {
		began := time.Now()
		c := exec.Command(binary(t), "demo", "--addr", "127.0.0.1:0", "--sandbox-addr", "127.0.0.1:0", "--db", db, "--log-level", "warn") //nolint:gosec // our own
		c.Env, c.Dir = cleanEnv(), filepath.Dir(db)
		said, log := &lockedBuffer{}, &lockedBuffer{}
		c.Stdout, c.Stderr = said, log
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		p := &process{cmd: c, ended: make(chan struct{})}
		go func() { p.err = c.Wait(); close(p.ended) }()
		t.Cleanup(p.kill)
		curl := regexp.MustCompile(`curl (\S+) -H 'Authorization: (Bearer sk_\S+)' -d '(.+)'`)
		eventually(t, "the demo says where it is", 30*time.Second, func() bool { return curl.MatchString(said.String()) })
		text := said.String()
		t.Logf("start %d took %s", start+1, time.Since(began).Round(time.Millisecond))

		links := regexp.MustCompile(`http://\S+/sign-in/link\?token=\S+`).FindAllString(text, -1)
		if len(links) != 4 {
			t.Fatalf("%d links:\n%s", len(links), text)
		}
		for i, link := range links {
			base, token, _ := strings.Cut(link, "/sign-in/link?token=")
			for range 2 { // looking at it changes nothing
				if a, err := send(link, "GET", nil, ""); err != nil || a.status != 200 || !strings.Contains(a.body, "Sign in") {
					t.Fatalf("%s: %v %d", link, err, a.status)
				}
			}
			enter := func(token string) sent {
				a, err := send(base+"/sign-in/link", "POST", []byte("token="+token), "", "Content-Type", "application/x-www-form-urlencoded")
				if err != nil {
					t.Fatal(err)
				}
				return a
			}
			a := enter(token)
			if a.status != http.StatusSeeOther {
				t.Fatalf("%s: %d", link, a.status)
			}
			if again := enter(token); again.status != 404 {
				t.Errorf("%s works twice: %d", link, again.status)
			}
			cookie := sessionCookie(a)
			path := map[bool]string{true: "/admin", false: "/"}[i == 0]
			page, err := send(base+path, "GET", nil, cookie)
			if err != nil || page.status != 200 || !strings.Contains(page.body, "no money moves") {
				t.Errorf("%s after %s: %v %d", path, link, err, page.status)
			}
		}
		people := regexp.MustCompile(`New links +(http://\S+)`).FindStringSubmatch(text)
		made, err := send(people[1], "POST", []byte("email=admin%40demo.example"), "", "Content-Type", "application/x-www-form-urlencoded")
		anew := regexp.MustCompile(`/sign-in/link\?token=(\w+)`).FindStringSubmatch(made.body)
		if err != nil || anew == nil {
			t.Fatalf("no new link: %v %d %s", err, made.status, tail(made.body, 500))
		}
		portal, _, _ := strings.Cut(links[0], "/sign-in")
		if a, err := send(portal+"/sign-in/link", "POST", []byte("token="+anew[1]), "", "Content-Type", "application/x-www-form-urlencoded"); err != nil || a.status != http.StatusSeeOther {
			t.Errorf("the new link: %v %d", err, a.status)
		}
		for _, what := range []string{"Sandbox", "Mailbox", "Portal", "Admin console", "API docs"} {
			address := regexp.MustCompile(what + ` +(http://\S+)`).FindStringSubmatch(text)
			if address == nil {
				t.Errorf("nothing is said of the %s", what)
				continue
			}
			if a, err := send(address[1], "GET", nil, ""); err != nil || (a.status != 200 && a.status != http.StatusSeeOther) {
				t.Errorf("%s: %v %d", address[1], err, a.status)
			}
		}
		m := curl.FindStringSubmatch(text)
		for range 2 {
			a, err := send(m[1], "POST", []byte(m[3]), "", "Authorization", m[2])
			if err != nil || a.status != 200 || a.str("object") != "usage_receipt" {
				t.Errorf("the curl that is printed: %v %d %s", err, a.status, a.body)
			}
		}
		before := number(t, db, `SELECT count(*) FROM entries`)
		eventually(t, "usage flows in", 20*time.Second, func() bool { return number(t, db, `SELECT count(*) FROM entries`) > before+3 })
		if err := p.terminate(); err != nil {
			t.Errorf("stopping: %v", err)
		}
		if l := log.String(); l != "" {
			t.Errorf("the demo warns:\n%s", tail(l, 1500))
		}
		says(t, nil, []string{"verify", "--db", db}, 0, "add up")
	}
}

// sessionCookie is the cookie of the session that an answer begins.
func sessionCookie(a sent) string {
	for _, c := range a.header.Values("Set-Cookie") {
		if name, _, _ := strings.Cut(c, ";"); strings.HasPrefix(name, "purse=") {
			return name
		}
	}
	return ""
}
