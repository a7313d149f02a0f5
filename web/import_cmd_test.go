package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"purse/billing/money"
	"purse/billing/words"
)

// imports runs `purse usage import` for customer a and answers what it printed.
func (s *shopProcess) imports(t *testing.T, code int, file string, more ...string) (out, errs string) {
	t.Helper()
	args := append([]string{"usage", "import", file, "--url", s.url, "--customer", "ext:a", "--event", "llm.completion", "--time", "TIMESTAMP",
		"--property", "input_tokens=ContextTokens", "--property", "output_tokens=GeneratedTokens"}, more...)
	out, errs, got := purse(t, []string{"PURSE_KEY=" + s.key}, args...)
	if got != code {
		t.Errorf("import of %s ended with %d, want %d:\n%s%s", file, got, code, out, errs)
	}
	return out, errs
}

// exactly is what rows of two quantities cost at the shop's rates: exact, and what
// each rate comes to rounded half up to a micro-credit.
func exactly(t *testing.T, data []byte) (rows int, sum money.Credits) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	in, out := big.NewRat(1_000_001, 3000), big.NewRat(7, 7_000) // micro-credits a token
	costs := [2]*big.Rat{{}, {}}
	for _, row := range all[1:] {
		amount := func(column int, rate *big.Rat) *big.Rat {
			q, ok := new(big.Rat).SetString(row[column])
			if !ok {
				t.Fatalf("%q", row[column])
			}
			return q.Mul(q, rate)
		}
		costs[0].Add(costs[0], amount(1, in))
		costs[1].Add(costs[1], amount(2, out))
	}
	for _, micro := range costs { // what a rate costs is rounded by its sum
		micro.Add(micro, big.NewRat(1, 2))
		sum += money.Credits(new(big.Int).Div(micro.Num(), micro.Denom()).Int64())
	}
	return len(all) - 1, sum
}

func (s *shopProcess) charged() (events, micros int64) {
	s.Helper()
	d := sqlite(s.T, s.db)
	defer d.Close()
	if err := d.QueryRow(`SELECT count(*) FILTER (WHERE line = 0), coalesce(-sum(amount), 0) FROM entries WHERE kind = 'debit'`).Scan(&events, &micros); err != nil {
		s.Fatal(err)
	}
	return events, micros
}

func TestUsageImport(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	write := func(name string, data []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
	const row1, row2 = "2023-11-16 18:17:03.9799600,4808,10\n", "2023-11-16 18:17:04.0319600,3180,8\n"

	// What cannot be read charges nothing, and says what is wrong.
	var u16 []byte
	for _, u := range utf16.Encode([]rune("\ufeff" + head + row1)) {
		u16 = append(u16, byte(u), byte(u>>8))
	}
	for name, x := range map[string]struct {
		data []byte
		args []string
		want []string
	}{
		"no such column":   {[]byte("time,ContextTokens,GeneratedTokens\n" + row1), nil, []string{"--time", `"TIMESTAMP"`, "time, ContextTokens"}},
		"another property": {[]byte(head + row1), []string{"--property", "x=Nothing"}, []string{"--property x", `"Nothing"`}},
		"no id column":     {[]byte(head + row1), []string{"--id", "ID"}, []string{"--id", `"ID"`}},
		"two delimiters":   {[]byte(strings.ReplaceAll(head, ",", ";") + row1), nil, []string{"line 2", "3 columns"}},
		"half UTF-16":      {u16[:len(u16)-1], nil, []string{"line 2"}},
		"a column twice":   {[]byte("TIMESTAMP,ContextTokens,ContextTokens,GeneratedTokens\n" + row1), nil, []string{"--property input_tokens", "2 times", "ContextTokens#1"}},
		"a default":        {[]byte(head + row1), []string{"--default", "Nothing=1"}, []string{"--default Nothing"}},
		"no preset":        {[]byte(head + row1), []string{"--preset", "nothing"}, []string{"openai-usage"}},
		"a zone":           {[]byte(head + row1), []string{"--zone", "Mars"}, []string{"--zone"}},
		"an archive":       {[]byte("PK\x03\x04rest"), nil, []string{"ZIP"}},
		"two readings":     {[]byte(head + "9/2/2023,1,1\n"), nil, []string{"line 2", `"9/2/2023"`, "--time-format"}},
		"not since 1970":   {[]byte(head + "45,1,1\n"), nil, []string{"line 2", `"TIMESTAMP"`, `"45"`}},
		"Latin-1":          {[]byte(head + "2023-11-16 18:17:03,4808,10\xe4\n"), nil, []string{"line 2", "UTF-8"}},
		"NULs":             {[]byte(head + "2023-11-16 18:17:03,48\x0008,10\n"), nil, []string{"row 1"}},
		"a ragged row":     {[]byte(head + "2023-11-16 18:17:03,4808\n"), nil, []string{"line 2"}},
		"an open quote":    {[]byte(head + `"2023-11-16 18:17:03,4808,10` + "\n"), nil, []string{"CSV"}},
		"no time":          {[]byte(head + "yesterday,4808,10\n"), nil, []string{"line 2", `"yesterday"`}},
		"a negative":       {[]byte(head + "2023-11-16 18:17:03,-4808,10\n"), nil, []string{"line 2", "row 1", `column "ContextTokens"`, `"-4808"`, "input_tokens"}},
		"words":            {[]byte(head + "2023-11-16 18:17:03,many,10\n"), nil, []string{"row 1", `column "ContextTokens"`, `"many"`, "input_tokens"}},
		"an empty cell":    {[]byte(head + "2023-11-16 18:17:03,,10\n"), nil, []string{"row 1", `column "ContextTokens"`, "blank", "input_tokens"}},
		"a word for none":  {[]byte(head + "2023-11-16 18:17:03,NULL,10\n"), nil, []string{"row 1", `column "ContextTokens"`, `"NULL"`}},
		"nothing":          {nil, nil, []string{"empty"}},
		"no such customer": {[]byte(head + row1), []string{"--customer", "ext:none"}, []string{"customer"}},
		"no such event":    {[]byte(head + row1), []string{"--event", "none"}, []string{"none"}},
		"a property twice": {[]byte(head + row1), []string{"--property", "input_tokens=GeneratedTokens"}, []string{"--property", "input_tokens is given twice", "ContextTokens"}},
		"customers twice":  {[]byte(head + row1), []string{"--customer-column", "ContextTokens"}, []string{"--customer ext:a and --customer-column ContextTokens"}},
		"batch of 0":       {[]byte(head + row1), []string{"--batch", "0"}, []string{"--batch"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, errs := s.imports(t, 1, write("bad.csv", x.data), x.args...)
			for _, w := range x.want {
				if !strings.Contains(out+errs, w) {
					t.Errorf("says nothing of %q:\n%s%s", w, out, errs)
				}
			}
			if n, _ := s.charged(); n != 0 {
				t.Fatalf("%d events were charged", n)
			}
		})
	}
	says(t, []string{"PURSE_KEY=sk_wrong"}, []string{"usage", "import", write("a.csv", []byte(head+row1)), "--url", s.url, "--customer", "ext:a",
		"--event", "llm.completion", "--time", "TIMESTAMP", "--property", "input_tokens=ContextTokens"}, 1, "key")

	// A mistake in the middle: what is before it is booked, and is not booked
	// again when the file was corrected. The byte order mark is no part of a name.
	half := write("t.csv", []byte("\ufeff"+head+row1+row2+"2023-11-16 18:17:05,oops,1\n"))
	s.imports(t, 1, half)
	good := []byte(head + row1 + row2 + "2023-11-16 18:17:05,0,0\n2023-11-16T18:17:06+01:00,12,3\n")
	if err := os.WriteFile(half, good, 0o600); err != nil {
		t.Fatal(err)
	}
	rows, sum := exactly(t, good)
	_, first := exactly(t, []byte(head+row1+row2))
	for _, want := range []string{
		fmt.Sprintf("%s, %s charged, 2 of the rows were there already, for %s\n", words.Count(rows, "row"), words.Credits(sum-first), words.Credits(first)),
		fmt.Sprintf("%s, nothing charged: all of them were there already, for %s\n", words.Count(rows, "row"), words.Credits(sum)),
	} {
		if out, _ := s.imports(t, 0, half); !strings.Contains(out, want) {
			t.Errorf("printed %s, want %s", out, want)
		}
	}
	if n, micros := s.charged(); n != int64(rows) || micros != int64(sum) {
		t.Errorf("the ledger has %d events of %d, want %d of %d", n, micros, rows, int64(sum))
	}
	says(t, nil, []string{"verify", "--db", s.db}, 0)
}

// TestImportOfRealUsage meters the real trace where it is present, is interrupted
// and runs again, and compares with an exact recomputation.
func TestImportOfRealUsage(t *testing.T) {
	trace, err := filepath.Abs("../../shared/data/llm-usage-trace.csv") // beside the repository
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Skipf("the trace of real usage is not beside this repository: %v", err)
	}
	t.Parallel()
	s := startShop(t)
	rows, sum := exactly(t, data)
	if rows != 8819 {
		t.Fatalf("the trace has %d rows", rows)
	}
	args := []string{"usage", "import", trace, "--url", s.url, "--customer", "ext:a", "--event", "llm.completion", "--time", "TIMESTAMP",
		"--property", "input_tokens=ContextTokens", "--property", "output_tokens=GeneratedTokens", "--last-line", "take", "--batch", "50"}
	c := exec.Command(binary(t), args...) //nolint:gosec // our own
	c.Env = cleanEnv("PURSE_KEY=" + s.key)
	var said lockedBuffer
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "some rows are imported", 20*time.Second, func() bool { n, _ := s.charged(); return n > 800 })
	_ = c.Process.Signal(syscall.SIGINT)
	if err := c.Wait(); err == nil || !strings.Contains(said.String(), "run the same command again") {
		t.Errorf("interrupted, it ended with %v:\n%s", err, tail(said.String(), 500))
	}
	between, _ := s.charged()
	if between >= int64(rows) {
		t.Error("it was not interrupted in the middle: nothing is proven")
	}
	out, _ := s.imports(t, 0, trace, "--last-line", "take") // it ends without a newline
	m := regexp.MustCompile(`^(\d+) rows, (\S+) credits? charged, (\d+) of the rows w(?:as|ere) there already, for (\S+) credit`).FindStringSubmatch(regexp.MustCompile(`(\d),(\d)`).ReplaceAllString(out, "$1$2"))
	if m == nil || m[1] != strconv.Itoa(rows) || money.MustCredits(m[2])+money.MustCredits(m[4]) != sum {
		t.Fatalf("printed %q, want %d rows, %s credits", out, rows, sum)
	}
	// The request that was interrupted may have been booked after we looked.
	if there, _ := strconv.ParseInt(m[3], 10, 64); there < between || there > between+50 {
		t.Errorf("%d rows were there already, %d were booked before", there, between)
	}
	if n, micros := s.charged(); n != int64(rows) || micros != int64(sum) {
		t.Errorf("the ledger has %d events of %d, want %d of %d", n, micros, rows, int64(sum))
	}
	t.Logf("%d rows, %d before the interruption, %s credits", rows, between, sum)
	says(t, nil, []string{"verify", "--db", s.db}, 0)
}

// TestImportsGoOn runs an import of the release before again, which made ids of
// rows and said backdated only of what was old; and shows what a file would book.
func TestImportsGoOn(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	path := filepath.Join(t.TempDir(), "t.csv")
	at := time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Second)
	data := []byte("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,3000,10\n" + at.Format("2006-01-02 15:04:05") + ",3000,10\n")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	api := newClient(s.url, s.key)
	for i, when := range []string{"2023-11-16T18:17:03Z", at.Format(time.RFC3339Nano)} {
		e := map[string]any{
			"id": fmt.Sprint("t:", i+1), "customer": "ext:a", "event": "llm.completion", "timestamp": when, "mode": "record",
			"properties": map[string]int{"input_tokens": 3000, "output_tokens": 10},
		}
		if i == 0 {
			e["backdated"] = true
		}
		if err := api.post(t.Context(), "/v1/usage", map[string]any{"events": []any{e}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	before, _ := s.charged()
	out, _ := s.imports(t, 0, path, "--dry-run")
	if !strings.Contains(out, "input_tokens") || !strings.Contains(out, "2 rows would be booked") || !strings.Contains(out, "less what is there already") {
		t.Errorf("a dry run shows %s", out)
	}
	if out, errs := s.imports(t, 0, path, "--ids", "row"); !strings.Contains(out, "2 rows") || !strings.Contains(out, "nothing charged: all of them were there already") {
		t.Errorf("it does not go on: %s%s", out, errs)
	}
	if n, _ := s.charged(); before != 2 || n != 2 {
		t.Errorf("%d and then %d events are charged, want 2", before, n)
	}
	if out, _ := s.imports(t, 0, path); !strings.Contains(out, "0 of the rows were there already") {
		t.Errorf("ids are of the content: %s", out)
	}
}

// TestAnEarlierImportIsKnown sends rows as the release before did, whose ids were made
// of how the customer was written, and imports the same file by both of its names.
func TestAnEarlierImportIsKnown(t *testing.T) {
	t.Parallel()
	s := startShop(t)
	path := filepath.Join(t.TempDir(), "a.csv")
	data := []byte("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,3000,10\n2023-11-16 18:17:04,3000.0,10\n2023-11-16 18:17:05,1,1\n")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"row_c7d4bd60d354f15e99f130bf_1", "row_d62f22287472624a8da986d4_1"} {
		s.must("/v1/usage", fmt.Sprintf(`{"id":%q,"customer":"ext:a","event":"llm.completion","timestamp":"2023-11-16T18:17:0%dZ","mode":"record","backdated":true,"properties":{"input_tokens":%s,"output_tokens":10}}`,
			id, 3+i, []string{"3000", "3000.0"}[i]))
	}
	a, err := s.call("GET", "/v1/customers/ext:a", "")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"ext:a", a.str("id"), "ext:a"} {
		want := "all of them were there already"
		if i == 0 {
			want = "2 of the rows were there already"
		}
		args := []string{"usage", "import", path, "--url", s.url, "--customer", name, "--event", "llm.completion", "--time", "TIMESTAMP",
			"--property", "input_tokens=ContextTokens", "--property", "output_tokens=GeneratedTokens"}
		says(t, []string{"PURSE_KEY=" + s.key}, args, 0, "3 rows, ", want)
	}
	if n, _ := s.charged(); n != 3 {
		t.Errorf("%d events are charged, want 3", n)
	}
}
