package story

import (
	"bufio"
	"fmt"
	"slices"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
)

// BenchmarkLiveLatency measures the time from the commit of a charge to the
// message that reaches an open overview. What was promised is 200 ms in the
// median. Charges come at odd times, so that some fall into the quarter of a
// second after another message, in which a page gets none.
func BenchmarkLiveLatency(b *testing.B) {
	w := newWorld(b)
	w.fillCatalog()
	p := w.person("Open Page Ltd", "open@example.com", "UTC", account.NoStaff)
	w.grant(p, "1000", ledger.Paid, 0, 100000)
	w.links(&p)
	res, err := w.client(p).Get(w.url + "/live?credit_type=credits") //nolint:noctx // a benchmark
	w.check(err)
	defer res.Body.Close()
	messages := make(chan time.Time, 100)
	go func() {
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if lines.Text() == "" { // ends a message
				messages <- time.Now()
			}
		}
	}()
	rate := w.catalog.Snapshot().Rates[0]
	var took []time.Duration
	n := 0
	for b.Loop() {
		for quiet := false; !quiet; { // what an earlier charge sent
			select {
			case <-messages:
			case <-time.After(time.Duration(150+37*(n%10)) * time.Millisecond):
				quiet = true
			}
		}
		n++
		id := fmt.Sprint(b.N, "/", n)
		_, err := w.ledger.Submit(ctx, &ledger.Command{Key: ledger.NewKey(b.Name(), id), Op: ledger.Debit{
			Event: id, EventName: "llm.completion", EventAt: w.clock.Now(),
			Charges: []ledger.Charge{{Wallet: ledger.WalletKey{Customer: p.customer.ID, CreditType: "credits"}, Lines: []ledger.Line{{Meter: "input_tokens", Rate: rate.ID(), Quantity: "1000", Credits: credits("0.25")}}}},
		}})
		w.check(err)
		committed := time.Now()
		select {
		case at := <-messages:
			took = append(took, at.Sub(committed))
		case <-time.After(5 * time.Second):
			b.Fatal("the page was not told")
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(0, "ns/op")
}
