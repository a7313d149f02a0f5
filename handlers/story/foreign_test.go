package story

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/static"
)

var requestID = regexp.MustCompile(`req_[0-9a-z]+`)

// TestForeignThingsDoNotExist asks for another customer's things by their ids:
// the answer is that of an id that nobody has.
func TestForeignThingsDoNotExist(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	eve := w.person("Curious Ltd", "eve@example.com", "UTC", account.NoStaff)
	w.grant(ada, "100", ledger.Paid, 0, 1000)
	w.links(&ada, &eve)
	posting := ledger.PostingID{}
	w.check(w.db.View(ctx, func(t2 tx.Tx) error {
		page, err := w.ledger.Postings(t2, ledger.Query{Wallet: ledger.WalletKey{Customer: ada.customer.ID, CreditType: "credits"}, Limit: 1})
		posting = page.Postings[0].ID
		return err
	}))
	session := w.begin(ada, 0)
	purchase := w.gateway.sessions[session].Purchase
	c := w.client(eve)
	nobody := ledger.PostingID{Wallet: posting.Wallet + 1, Seq: posting.Seq}
	for foreign, none := range map[string]string{
		"/ledger/" + posting.String():            "/ledger/" + nobody.String(),
		"/buy/checkout?purchase=" + purchase:     "/buy/checkout?purchase=pur_00000000000000000000000000",
		"/admin/customers/" + ada.customer.ID:    "/admin/customers/cus_00000000000000000000000000",
		"/admin/customers/" + eve.customer.ID:    "/admin/customers/cus_00000000000000000000000000",
		"/checkout/return?session_id=cs_test_99": "/checkout/return?session_id=nonsense",
	} {
		a, b := w.get(c, foreign), w.get(c, none)
		if a.status != http.StatusNotFound || a != b {
			t.Errorf("%s: %d, and %s: %d; same text %v", foreign, a.status, none, b.status, a.body == b.body)
		}
	}
	res, err := c.PostForm(w.url+"/customers", url.Values{"customer": {ada.customer.ID}}) //nolint:noctx // a test
	w.check(err)
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("switching to a foreign customer: %s", res.Status)
	}
	own, err := w.alerts.Create(ctx, audit.Actor{ID: ada.user.ID}, ada.customer.ID, alert.New{CreditType: "credits", Kind: alert.Below, Credits: credits("5")})
	w.check(err)
	limit := w.limit(ada, alert.Day, "50", true, nil)
	for _, path := range []string{"/alerts/" + own.ID + "/end", "/alerts/" + own.ID + "/mute", "/limits/" + limit.ID + "/end"} {
		res, err := c.PostForm(w.url+path, url.Values{"muted": {"yes"}}) //nolint:noctx // a test
		w.check(err)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s by somebody else: %s", path, res.Status)
		}
	}
}

type answer struct {
	status int
	body   string
}

func (w *world) get(c *http.Client, path string) answer {
	res, err := c.Get(w.url + path) //nolint:noctx // a test
	w.check(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	w.check(err)
	return answer{res.StatusCode, requestID.ReplaceAllString(string(body), "")}
}

// TestTheFirstViewIsLight weighs an overview with everything that it loads.
func TestTheFirstViewIsLight(t *testing.T) {
	w := newWorld(t)
	ps := w.fill()
	page := w.get(w.client(ps.healthy), "/")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(page.body))
	_ = z.Close()
	total := b.Len()
	for _, f := range []string{"app.css", "htmx.js", "hx-sse.js", "app.js", "favicon.svg"} {
		if !strings.Contains(page.body, static.URL(f)) {
			t.Errorf("the page does not load %s", f)
		}
		total += static.Size(f)
	}
	if total > 75_000 {
		t.Errorf("the first view weighs %d bytes compressed", total)
	}
	t.Logf("the first view weighs %d bytes compressed, %d of them the page", total, b.Len())
}

// TestTheExportHasTheFilteredRows reads the ledger as CSV.
func TestTheExportHasTheFilteredRows(t *testing.T) {
	w := newWorld(t)
	ps := w.fill()
	c := w.client(ps.healthy)
	all := strings.Split(strings.TrimSpace(w.get(c, "/ledger.csv").body), "\n")
	grants := strings.Split(strings.TrimSpace(w.get(c, "/ledger.csv?kind=grant").body), "\n")
	if len(grants) != 1+4 || !strings.HasPrefix(grants[0], "\ufeffposting,time,kind,credits,balance_after") {
		t.Errorf("%d lines, the first: %s", len(grants), grants[0])
	}
	var seq int64
	w.check(w.db.View(ctx, func(t2 tx.Tx) error {
		b, err := w.ledger.Balance(t2, ledger.WalletKey{Customer: ps.healthy.customer.ID, CreditType: "credits"})
		seq = b.Seq
		return err
	}))
	if int64(len(all)) != seq+1 {
		t.Errorf("%d lines for %d postings", len(all), seq)
	}
}
