package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestGracefulStop stops the program under load: what it took in is answered,
// and what was not answered was not booked.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	var stopping atomic.Bool
	var mu sync.Mutex
	answered, unanswered := map[string]bool{}, map[string]error{}
	var clients sync.WaitGroup
	for c := range 16 {
		clients.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("s%d-%d", c, n)
				a, err := s.call("POST", "/v1/usage", fmt.Sprintf(`{"id":%q,"customer":"ext:b","event":"work","properties":{"units":1}}`, id))
				mu.Lock()
				switch {
				case err == nil && a.status == http.StatusOK:
					answered[id] = true
				case err != nil && stopping.Load():
					unanswered[id] = err
				default:
					t.Errorf("%s: %v %d %s (stopping: %t)", id, err, a.status, a.body, stopping.Load())
				}
				mu.Unlock()
				if err != nil || a.status != http.StatusOK {
					return
				}
			}
		})
	}
	time.Sleep(400 * time.Millisecond)
	stopping.Store(true)
	began := time.Now()
	if err := s.terminate(); err != nil {
		t.Errorf("the program ended with %v\n%s", err, s.log)
	}
	took := time.Since(began)
	clients.Wait()
	for _, left := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(s.db + left); !os.IsNotExist(err) {
			t.Errorf("%s was left behind by an orderly stop (%v)", left, err)
		}
	}
	d := sqlite(t, s.db)
	defer d.Close()
	rows, err := d.Query(`SELECT json_extract(detail, '$.e') FROM entries WHERE kind = 'debit' AND line = 0`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	booked := map[string]int{}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		booked[id]++
	}
	for id := range answered {
		if booked[id] != 1 {
			t.Errorf("%s was answered and is booked %d times", id, booked[id])
		}
	}
	for id, err := range unanswered {
		if booked[id] != 0 {
			t.Errorf("%s was booked and its request was dropped: %v", id, err)
		}
	}
	t.Logf("%d requests answered, %d refused at the end, stopped in %s", len(answered), len(unanswered), took.Round(time.Millisecond))
	if len(answered) < 100 {
		t.Error("there was no load")
	}
	if took > 3*time.Second {
		t.Errorf("stopping took %s", took)
	}
	says(t, nil, []string{"verify", "--db", s.db}, 0)
}

// TestDiskFull runs the program on a file system of a few megabytes until it is
// full: it says so, acknowledges nothing that it does not have, and goes on once
// there is room.
func TestDiskFull(t *testing.T) {
	if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
		t.Skipf("no small file system can be made here (unshare -rm: %v)", err)
	}
	t.Parallel()
	dir := t.TempDir()
	db := filepath.Join(dir, "purse.db")
	c := exec.Command("unshare", "-rm", "sh", "-c", `trap '' TERM; mount -t tmpfs -o size=12m none "$1" || exit 3
		"$2" serve --sandbox --addr 127.0.0.1:0 --sandbox-addr 127.0.0.1:0 --db "$1/purse.db" --log-level warn; echo "ended $?"
		"$2" verify --db "$1/purse.db"; echo "verified $?"; cp "$1"/purse.db* "$3"`, "sh", dir, binary(t), t.TempDir()) //nolint:gosec // our own
	out := c.Args[len(c.Args)-1]
	c.Env = cleanEnv()
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p, err := startCommand(c)
	if err != nil {
		t.Fatal(err)
	}
	signal := func(s syscall.Signal) { _ = syscall.Kill(-c.Process.Pid, s) }
	t.Cleanup(func() { signal(syscall.SIGKILL); <-p.ended })
	inside := fmt.Sprintf("/proc/%d/root%s/", c.Process.Pid, dir)
	s := &shopProcess{T: t, process: p, db: db}
	keyOut, err := exec.Command("nsenter", "-t", fmt.Sprint(c.Process.Pid), "-U", "-m", "--preserve-credentials",
		binary(t), "key", "create", "--db", db, "--name", "t", "--scope", "usage", "--scope", "read", "--scope", "admin").CombinedOutput() //nolint:gosec // our own
	if err != nil {
		t.Skipf("nsenter: %v %s", err, keyOut)
	}
	s.key = strings.TrimSpace(string(keyOut))
	s.must("/v1/credit_types", `{"key":"credits","name":"Credits","decimals":2}`)
	s.must("/v1/meters", `{"key":"work","event":"work","property":"units"}`)
	s.must("/v1/rates", `{"meter":"work","credit_type":"credits","credits":"1","per":1}`)
	s.must("/v1/customers", `{"name":"b","external_id":"b"}`)
	s.must("/v1/customers/ext:b/grants", `{"credit_type":"credits","credits":"1000000"}`)

	ballast := inside + "ballast"
	f, err := os.Create(ballast) //nolint:gosec // inside the test's own
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	_ = f.Close()

	answered, failed := 0, []string{}
	event := func(id string) string {
		return fmt.Sprintf(`{"id":%q,"customer":"ext:b","event":"work","properties":{"units":1}}`, id)
	}
	for n := 0; len(failed) < 5; n++ {
		id := fmt.Sprint("d", n)
		a, err := s.call("POST", "/v1/usage", event(id))
		switch {
		case err != nil:
			t.Fatalf("the server does not answer any more: %v\n%s", err, tail(p.log.String(), 2000))
		case a.status == http.StatusOK:
			answered++
		case a.status == http.StatusServiceUnavailable && a.str("code") != "" && strings.Contains(a.str("detail"), "again"):
			failed = append(failed, id)
		default:
			t.Fatalf("%s on a full disk: %d %s", id, a.status, a.body)
		}
		if n > 20000 {
			t.Fatal("the disk is never full")
		}
	}
	if a, err := s.call("GET", "/v1/customers/ext:b/balance", ""); err != nil || a.status != 200 || a.str("data", 0, "available") != fmt.Sprint(1_000_000-answered) {
		t.Errorf("after %d answered events, reading on a full disk: %v %d %s", answered, err, a.status, a.body)
	}
	if !strings.Contains(p.log.String(), "full") {
		t.Errorf("the log says nothing of a full disk:\n%s", tail(p.log.String(), 1500))
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for _, id := range failed { // the same ids: the outcome was unknown
		var a sent
		eventually(t, "it goes on when there is room", 20*time.Second, func() bool {
			a, err = s.call("POST", "/v1/usage", event(id))
			return err == nil && a.status == http.StatusOK
		})
		if a.str("charges", 0, "credits") != "1" {
			t.Errorf("%s", a.body)
		}
		answered++
	}
	a, err := s.call("GET", "/v1/customers/ext:b/balance", "")
	if err != nil || a.str("data", 0, "available") != fmt.Sprint(1_000_000-answered) {
		t.Errorf("%d events answered, and then: %v %s", answered, err, a.body)
	}
	signal(syscall.SIGTERM)
	<-p.ended
	if said := p.said.String(); !strings.Contains(said, "ended 0") || !strings.Contains(said, "verified 0") {
		t.Errorf("%s\n%s", said, tail(p.log.String(), 1500))
	}
	if n := number(t, filepath.Join(out, "purse.db"), `SELECT count(*) FROM entries WHERE kind = 'debit'`); n != int64(answered) {
		t.Errorf("%d debits, %d events were answered", n, answered)
	}
}
