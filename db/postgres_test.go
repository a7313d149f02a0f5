package db_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// cluster is a PostgreSQL server that goes with the test. It listens on a socket
// in a directory of its own.
type cluster struct {
	*testing.T
	bin, dir string
	as       *syscall.SysProcAttr
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, err := exec.LookPath("initdb"); err == nil && len(found) == 0 {
		found = append(found, path)
	}
	if len(found) == 0 {
		const say = "PostgreSQL is needed: apt-get install postgresql"
		if strings.Contains(os.Getenv("PURSE_TEST_REQUIRE"), "postgres") {
			t.Fatal(say)
		}
		t.Skip(say)
	}
	dir, err := os.MkdirTemp("", "purse-pg") // a short path: sockets have a limit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &cluster{T: t, bin: filepath.Dir(found[len(found)-1]), dir: dir}
	if os.Getuid() == 0 { // the server refuses to run as root
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Skip("run the tests as another user than root, or make the user postgres")
		}
		uid, _ := strconv.Atoi(u.Uid)
		gid, _ := strconv.Atoi(u.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		c.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	c.run("", "initdb", "-D", dir+"/data", "-U", "purse", "-A", "trust", "-E", "UTF8", "--no-sync")
	c.run("", "pg_ctl", "-D", dir+"/data", "-w", "-l", dir+"/log", "-o", "-k "+dir+" -c listen_addresses='' -c fsync=off", "start")
	t.Cleanup(func() { c.run("", "pg_ctl", "-D", dir+"/data", "-w", "-m", "immediate", "stop") })
	return c
}

func (c *cluster) run(in, name string, args ...string) string {
	c.Helper()
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr, cmd.Stdin = c.dir, c.as, strings.NewReader(in)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		c.Fatalf("%s: %v\n%s", name, err, out.String())
	}
	return out.String()
}

// sql runs statements and answers what the server says against them.
func (c *cluster) sql(text string, stop bool) (errors []string) {
	c.Helper()
	args := []string{"-h", c.dir, "-U", "purse", "-d", "postgres", "-X", "-q", "-v", "VERBOSITY=terse"}
	if stop {
		args = append(args, "-1", "-v", "ON_ERROR_STOP=1")
	}
	for line := range strings.Lines(c.run(text, "psql", args...)) {
		if strings.Contains(line, "ERROR") {
			errors = append(errors, strings.TrimSpace(line))
		}
	}
	return errors
}

// The migrations for PostgreSQL go up, and down again, on a real server; and it
// understands every query that both engines share.
func TestPostgresUnderstandsUs(t *testing.T) {
	c := newCluster(t)
	files, err := filepath.Glob("migrations/postgres/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal("no migrations", err)
	}
	ours, _ := filepath.Glob("migrations/sqlite/*.sql")
	if len(ours) != len(files) {
		t.Errorf("%d migrations for SQLite and %d for PostgreSQL", len(ours), len(files))
	}
	parts := func(file string) (up, down string) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		up, down, _ = strings.Cut(string(b), "-- +goose Down")
		return up, down
	}
	for _, f := range files {
		up, _ := parts(f)
		if errs := c.sql(up, true); len(errs) > 0 {
			t.Fatalf("%s: %v", f, errs)
		}
	}
	queries := 0
	var text strings.Builder
	constant := regexp.MustCompile("(?s)const \\w+ = `-- name: (\\w+) :\\w+\n(.*?)`")
	generated, _ := filepath.Glob("gen/*.sql.go")
	for _, f := range generated {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range constant.FindAllStringSubmatch(string(b), -1) {
			queries++
			fmt.Fprintf(&text, "\\echo %s\nPREPARE q%d AS %s;\n", m[1], queries, strings.TrimRight(strings.TrimSpace(m[2]), ";"))
		}
	}
	if queries < 100 {
		t.Fatalf("only %d queries were found", queries)
	}
	for _, e := range c.sql(text.String(), false) {
		t.Error(e)
	}
	slices.Reverse(files)
	for _, f := range files {
		_, down := parts(f)
		if errs := c.sql(down, true); len(errs) > 0 {
			t.Fatalf("down, %s: %v", f, errs)
		}
	}
}
