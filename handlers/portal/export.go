package portal

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/purchase"
	"purse/billing/sheet"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
)

// LedgerCSV answers the filtered view as CSV.
func (p *Portal) LedgerCSV(w http.ResponseWriter, r *http.Request) error {
	return ExportLedger(w, r, p.Runner, p.Ledger, p.Purchases, p.Catalog.Snapshot(), kit.VisitorOf(r).Customer)
}

const exportRows = 1000 // read in one snapshot: an open cursor would pin the log

// ExportLedger writes all postings that the address asks for as CSV, newest
// first. It reads by key, a thousand at a time, so that a long export holds
// nothing open.
func ExportLedger(w http.ResponseWriter, r *http.Request, run tx.Runner, l *ledger.Ledger, ps *purchase.Service, snapshot *catalog.Snapshot, c *account.Customer) error {
	zone := c.Location()
	out := sheet.NewWriter(w)
	var q ledger.Query
	started := false
	for {
		var rows [][]string
		var page ledger.Page
		err := run.View(r.Context(), func(t tx.Tx) error {
			if !started {
				balances, err := l.Balances(t, c.ID)
				if err != nil {
					return err
				}
				q, _ = ledgerQuery(r.URL.Query(), snapshot, c, balances)
				q.Limit = exportRows
			}
			var err error
			if page, err = l.Postings(t, q); err != nil {
				return err
			}
			rows = rows[:0]
			names := show.NewNames(t, ps, c.ID)
			for _, p := range page.Postings {
				title, what, err := names.Of(p)
				if err != nil {
					return err
				}
				rows = append(rows, csvRow(p, title, what, zone))
			}
			return nil
		})
		if err != nil {
			if started {
				panic(http.ErrAbortHandler) // cut the answer short rather than end it as if it were whole
			}
			return err
		}
		if !started {
			started = true
			h := w.Header()
			h.Set("Content-Type", "text/csv; charset=utf-8")
			h.Set("Content-Disposition", `attachment; filename="ledger-`+time.Now().In(zone).Format("2006-01-02")+`.csv"`)
			_ = out.Write(csvHeader)
		}
		for _, row := range rows {
			_ = out.Write(row)
		}
		out.Flush()
		if out.Error() != nil || !page.Older || len(page.Postings) == 0 {
			return nil
		}
		q.Before = page.Postings[len(page.Postings)-1].ID.Seq
	}
}

var csvHeader = []string{"posting", "time", "kind", "credits", "balance_after", "event", "event_name", "event_time", "meters", "quantities", "caller", "grants", "reason", "reference", "description"}

// quantity is a number where there is one; several are text.
func quantity(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return sheet.Text(strings.Join(list, " "))
}

func csvRow(p ledger.Posting, title, what string, zone *time.Location) []string {
	var meters, quantities, grants []string
	for _, l := range p.Detail.Lines {
		meters = append(meters, l.Meter)
		quantities = append(quantities, l.Quantity)
	}
	for _, e := range p.Entries {
		if e.Grant != 0 && !slices.Contains(grants, e.Grant.String()) {
			grants = append(grants, e.Grant.String())
		}
	}
	at := ""
	if p.Detail.EventAt != 0 {
		at = time.UnixMicro(p.Detail.EventAt).In(zone).Format(time.RFC3339)
	}
	description := title
	if what != "" {
		description += ": " + what
	}
	return []string{
		p.ID.String(), p.At.In(zone).Format(time.RFC3339), string(p.Kind), p.Amount.String(), p.BalanceAfter.String(),
		sheet.Text(p.Detail.Event), sheet.Text(p.Detail.EventName), at, sheet.Text(strings.Join(meters, " ")), quantity(quantities),
		sheet.Text(p.Caller), strings.Join(grants, " "), sheet.Text(p.Reason), sheet.Text(p.Detail.Ref), sheet.Text(description),
	}
}
