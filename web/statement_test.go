package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/notify"
	"purse/billing/purchase"
	"purse/billing/tx"
)

// A summary of any period is what the entries of that period add up to, wherever
// its ends lie within an hour, and whatever is still in the writer's memory.
func TestASummaryIsTheSumOfItsPostings(t *testing.T) {
	w := newWorld(t)
	w.shop()
	c := w.customer("acme", "")
	random := rand.New(rand.NewPCG(11, 12))
	start := w.now()
	for i := range 120 {
		switch random.IntN(8) {
		case 0:
			w.apply(ledger.NewGrant{Wallet: wallet(c.ID), Credits: credits(fmt.Sprint(1 + random.IntN(500))), Kind: ledger.Promotional, Priority: 50,
				ExpiresAt: w.now().Add(time.Duration(random.IntN(90)) * time.Hour)})
		case 1:
			hold := w.api("POST", "/v1/holds", `{"customer":"`+c.ID+`","credit_type":"credits","credits":"0.5"}`)
			if hold.status == 201 {
				w.api("POST", "/v1/holds/"+hold.str("id")+"/capture", `{"credits":"0.25"}`)
			}
		case 2:
			w.api("POST", "/v1/usage", fmt.Sprintf(`{"id":"w%d","customer":"%s","event":"work","mode":"record","caller":"c%d","properties":{"units":%d}}`, i, c.ID, random.IntN(3), random.IntN(40)))
		default:
			w.api("POST", "/v1/usage", fmt.Sprintf(`{"id":"l%d","customer":"%s","event":"llm.completion","mode":"record","properties":{"input_tokens":%d,"output_tokens":%d}}`,
				i, c.ID, random.IntN(5000), random.IntN(500)))
		}
		w.clock.step(time.Duration(random.IntN(100)) * time.Minute)
	}
	span := w.now().Sub(start)
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		page, err := w.ledger.Postings(t, ledger.Query{Wallet: wallet(c.ID), Limit: 10000})
		if err != nil {
			return err
		}
		for range 200 {
			from := start.Add(time.Duration(random.Int64N(int64(span))))
			to := from.Add(time.Duration(random.Int64N(int64(span))))
			got, err := w.ledger.Summary(t, wallet(c.ID), from, to)
			if err != nil {
				return err
			}
			want := map[ledger.PostingKind]ledger.KindSum{}
			meters := map[string]ledger.MeterSum{}
			var opening, closing money.Credits
			for _, p := range page.Postings { // newest first
				switch {
				case p.At.Before(from):
					opening += p.Amount
					closing += p.Amount
				case p.At.Before(to):
					closing += p.Amount
					want[p.Kind] = ledger.KindSum{Kind: p.Kind, Count: want[p.Kind].Count + 1, Credits: want[p.Kind].Credits + p.Amount}
					for _, l := range p.Detail.Lines {
						meters[l.Meter] = ledger.MeterSum{Meter: l.Meter, Count: meters[l.Meter].Count + 1, Credits: meters[l.Meter].Credits - l.Credits}
					}
				}
			}
			if got.Opening != opening || got.Closing != closing || len(got.Kinds) != len(want) || len(got.Meters) != len(meters) {
				w.Fatalf("%s to %s: %+v, the postings say %s, %s, %v, %v", from, to, got, opening, closing, want, meters)
			}
			sum := got.Opening
			for _, k := range got.Kinds {
				sum += k.Credits
				if want[k.Kind] != k {
					w.Fatalf("%s to %s: %+v, the postings say %+v", from, to, k, want[k.Kind])
				}
			}
			for _, m := range got.Meters {
				if meters[m.Meter] != m {
					w.Fatalf("%s to %s: %+v, the postings say %+v", from, to, m, meters[m.Meter])
				}
			}
			if sum != got.Closing {
				w.Fatalf("opening and all kinds are %s, closing is %s", sum, got.Closing)
			}
		}
		return nil
	}))
}

// A statement that is final has what expired in the month's last minute, though
// nobody touched the wallet since.
func TestAStatementHasWhatExpiredInItsLastMinute(t *testing.T) {
	w := newWorld(t)
	w.shop()
	c := w.customer("acme", "")
	y, m, _ := w.now().UTC().Date()
	end := time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
	w.apply(ledger.NewGrant{Wallet: wallet(c.ID), Credits: credits("7"), Kind: ledger.Promotional, Priority: 50, ExpiresAt: end.Add(-30 * time.Second)})
	w.clock.step(end.Add(time.Minute).Sub(w.now()))
	w.check(w.statements.Make(ctx))
	w.check(w.db.View(ctx, func(t tx.Tx) error {
		sum, err := w.ledger.Summary(t, wallet(c.ID), end.AddDate(0, -1, 0), end)
		if err == nil && (sum.Closing != 0 || sum.Of(ledger.PostExpire).Credits != -credits("7")) {
			w.Errorf("the month closes with %s: %+v", sum.Closing, sum)
		}
		return err
	}))
}

// A month that is over in the customer's time zone has a statement, once, with
// its event; one begins where the other ended, even when the zone changes.
func TestStatementsOfMonths(t *testing.T) {
	w := newWorld(t)
	w.shop()
	owner := w.person("owner@example.com", account.NoStaff)
	c, err := w.accounts.CreateCustomer(ctx, audit.System, account.NewCustomer{Name: "Kolkata", Email: "k@example.com", Timezone: "Asia/Kolkata", Owner: owner.user.ID})
	w.check(err)
	w.check(w.messages.Choose(ctx, audit.System, c.ID, owner.user.ID, map[notify.Category]notify.Choice{notify.Statements: notify.Now}))
	w.customer("nothing", "") // has no credits, and no statement
	on := func(day string) {
		t.Helper()
		at, err := time.ParseInLocation("2006-01-02 15:04", day, c.Location())
		w.check(err)
		w.advance(at.Sub(w.now()))
		w.check(w.statements.Make(ctx))
	}
	use := func(id string, units int) {
		t.Helper()
		if a := w.api("POST", "/v1/usage", fmt.Sprintf(`{"id":"%s","customer":"%s","event":"work","mode":"record","properties":{"units":%d}}`, id, c.ID, units)); a.status != 200 {
			t.Fatal(a.body)
		}
	}
	on("2027-01-15 12:00")
	w.grant(c, "100")
	p := w.mustBegin(c, 0)
	w.check(w.pay(p.CheckoutSession, "pm_card_visa"))
	p = w.waitState(p, purchase.Paid)
	use("1", 7)
	on("2027-01-31 23:50")
	use("2", 5)
	if a := w.api("GET", "/v1/customers/"+c.ID+"/statements", ""); len(a.at("data").([]any)) != 1 || a.at("data", 0, "final") != false {
		t.Errorf("before the month is over: %s", a.body)
	}
	on("2027-02-01 00:10")
	use("3", 11)
	on("2027-02-01 01:30") // and again: it is made once
	w.check(w.statements.Make(ctx))
	events := w.api("GET", "/v1/events?type="+event.StatementReady, "")
	if n := len(events.at("data").([]any)); n != 1 || events.str("data", 0, "data", "period") != "2027-01" || events.str("data", 0, "data", "to") != "2027-01-31T18:30:00Z" {
		t.Fatalf("%d events of it: %s", n, events.body)
	}
	jan := w.api("GET", "/v1/customers/"+c.ID+"/statements/2027-01", "")
	if jan.str("credit_types", 0, "opening") != "0" || jan.str("credit_types", 0, "closing") != "1088" || jan.at("final") != true {
		t.Errorf("January: %s", jan.body)
	}
	if jan.str("credit_types", 0, "lines", 1, "meter") != "work" || jan.str("credit_types", 0, "lines", 1, "credits") != "-12" {
		t.Errorf("January's lines: %s", jan.body)
	}
	if jan.at("paid", 0, "amount") != float64(p.Total) || jan.str("paid", 0, "currency") != "usd" {
		t.Errorf("paid in January: %s", jan.body)
	}
	w.mailArrives("Your statement for January 2027")

	// Pages, CSV and PDF say the same.
	owner.cookie = w.signIn(owner.user) // the session of January has ended
	page := w.send("GET", "/statements/2027-01", nil, owner.cookie)
	for _, says := range []string{"Statement for January 2027", "1,088", "−12", "Asia/Kolkata", "$10.00"} {
		if !strings.Contains(page.body, says) {
			t.Errorf("the page does not say %q", says)
		}
	}
	sheet := w.send("GET", "/statements/2027-01/csv", nil, owner.cookie)
	lines, err := csv.NewReader(strings.NewReader(sheet.body)).ReadAll()
	w.check(err)
	if last := lines[len(lines)-3]; last[4] != "closing" || last[7] != "1088" {
		t.Errorf("the CSV ends with %q", lines)
	}
	if doc := w.send("GET", "/statements/2027-01/pdf", nil, owner.cookie); doc.status != 200 || !strings.HasPrefix(doc.body, "%PDF-") || len(doc.body) < 5000 {
		t.Errorf("the PDF: %d %.40q", doc.status, doc.body)
	}
	for _, none := range []string{"/statements/2026-12", "/statements/2027-03", "/statements/x"} {
		if a := w.send("GET", none, nil, owner.cookie); a.status != 404 {
			t.Errorf("%s answered %d", none, a.status)
		}
	}

	// The customer moves west: February ends later, and nothing counts twice.
	zone := "America/New_York"
	_, err = w.accounts.UpdateCustomer(ctx, audit.System, c.ID, account.CustomerChange{Timezone: &zone})
	w.check(err)
	on("2027-03-01 02:00") // in Kolkata; it is still February in New York
	if a := w.api("GET", "/v1/events?type="+event.StatementReady, ""); len(a.at("data").([]any)) != 1 {
		t.Errorf("February was over too early: %s", a.body)
	}
	use("4", 13)
	on("2027-05-02 12:00") // two months at once
	list := w.api("GET", "/v1/customers/"+c.ID+"/statements", "")
	var got []string
	for i := range list.at("data").([]any) {
		got = append(got, list.str("data", i, "id")+" "+list.str("data", i, "from")+" "+list.str("data", i, "credit_types", 0, "opening")+" "+list.str("data", i, "credit_types", 0, "closing"))
	}
	want := []string{
		"2027-05 2027-05-01T04:00:00Z 1064 1064", "2027-04 2027-04-01T04:00:00Z 1064 1064", "2027-03 2027-03-01T05:00:00Z 1064 1064",
		"2027-02 2027-01-31T18:30:00Z 1088 1064", "2027-01 2026-12-31T18:30:00Z 0 1088",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the statements are\n%s, not\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	w.addsUp()
}
