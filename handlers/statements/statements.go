// Package statements is the pages of monthly statements, which the portal and
// the admin console share: list, page, CSV and PDF.
package statements

import (
	"net/http"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/ledger"
	"purse/billing/statement"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

// Pages answers the pages of statements. Each exported method with the signature
// of a kit.Handler is one route.
type Pages struct {
	Runner     tx.Runner
	Ledger     *ledger.Ledger
	Catalog    *catalog.Service
	Statements *statement.Service
	// Brand is the vendor's name, for the PDF.
	Brand string
	// Customer is whose statements a request asks for, as far as the visitor may.
	Customer func(r *http.Request) (*account.Customer, error)
	// Base is the path of a customer's statements, Postings of the ledger.
	Base, Postings func(c *account.Customer) string
	// Admin says that these are the console's.
	Admin bool
	// Frame makes the frame of a page.
	Frame func(r *http.Request, title string) ui.Frame
}

const rows = 12 // months on a page

func (p *Pages) whose(c *account.Customer) portal.Whose {
	return portal.Whose{Base: p.Base(c), Admin: p.Admin, Customer: c.ID, CustomerName: c.Name, Zone: c.Location()}
}

// List lists the months of one credit type.
func (p *Pages) List(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Customer(r)
	if err != nil {
		return err
	}
	page := portal.Statements{Whose: p.whose(c)}
	err = p.Runner.View(r.Context(), func(t tx.Tx) error {
		page.Rows = nil
		balances, err := p.Ledger.Balances(t, c.ID)
		if err != nil {
			return err
		}
		snapshot := p.Catalog.Snapshot()
		creditType := show.Type(r.URL.Query().Get("credit_type"), snapshot, balances)
		page.Unit, page.Types = show.Unit(snapshot, creditType), show.Types(snapshot, balances, creditType, page.Base)
		periods, more, err := p.Statements.List(t, c, kit.CursorOf(r).After, rows)
		if err != nil {
			return err
		}
		if more {
			page.Older = kit.WithCursor(r.URL, "after", periods[len(periods)-1].Name)
		}
		for _, period := range periods {
			sum, err := p.Ledger.Summary(t, ledger.WalletKey{Customer: c.ID, CreditType: creditType}, period.From, period.To)
			if err != nil {
				return err
			}
			page.Rows = append(page.Rows, row(period, sum))
		}
		return nil
	})
	if err != nil {
		return err
	}
	f := p.Frame(r, "Statements")
	f.Zone = page.Zone
	return kit.Render(w, r, http.StatusOK, portal.StatementsPage(f, page))
}

func row(p statement.Period, s ledger.Summary) portal.StatementRow {
	out := portal.StatementRow{Month: p.Name, Final: p.Final(), Opening: s.Opening, Closed: s.Closing}
	out.Added = s.Of(ledger.PostGrant).Credits
	out.Used = s.Of(ledger.PostDebit).Credits + s.Of(ledger.PostCapture).Credits
	out.Otherwise = s.Closing - s.Opening - out.Added - out.Used
	return out
}

func (p *Pages) statement(r *http.Request) (c *account.Customer, s *statement.Statement, err error) {
	if c, err = p.Customer(r); err != nil {
		return nil, nil, err
	}
	err = p.Runner.View(r.Context(), func(t tx.Tx) (err error) {
		s, err = p.Statements.Of(t, c, r.PathValue("month"))
		return err
	})
	return c, s, err
}

// One shows a month.
func (p *Pages) One(w http.ResponseWriter, r *http.Request) error {
	c, s, err := p.statement(r)
	if err != nil {
		return err
	}
	page := p.page(c, s)
	f := p.Frame(r, "Statement for "+ui.Month(s.Name))
	f.Zone = page.Zone
	return kit.Render(w, r, http.StatusOK, portal.StatementPage(f, page))
}

func (p *Pages) page(c *account.Customer, s *statement.Statement) portal.Statement {
	page := portal.Statement{Whose: p.whose(c), Month: s.Name, Final: s.Final(), From: s.From, To: s.To, MadeAt: s.MadeAt}
	page.Zone = account.Zone(s.Zone)
	for _, x := range s.Wallets {
		view := portal.StatementWallet{Unit: show.Unit(p.Catalog.Snapshot(), x.CreditType)}
		if s.Zone == c.Timezone { // the ledger's filter takes days of the zone that the customer has now
			of := "?credit_type=" + x.CreditType + "&from=" + s.From.In(page.Zone).Format(time.DateOnly) + "&to=" + s.To.Add(-time.Second).In(page.Zone).Format(time.DateOnly)
			view.Ledger, view.Charges = p.Postings(c)+of, p.Postings(c)+".csv"+of
		}
		lines := x.Lines()
		for i, l := range lines {
			line := portal.StatementLine{Name: name(l), Count: count(l), Credits: l.Credits, Balance: l.Balance}
			switch {
			case i == 0:
				line.Name = "Opening balance"
			case l.Balance && s.Final():
				line.Name = "Closing balance"
			case l.Balance:
				line.Name = "Balance now"
			}
			view.Lines = append(view.Lines, line)
		}
		page.Wallets = append(page.Wallets, view)
	}
	for _, x := range s.Paid {
		note := plural(x.Count, "purchase")
		if x.Tax.Amount != 0 {
			note += ", with " + ui.Money(x.Tax) + " tax"
		}
		page.Money = append(page.Money, portal.StatementMoney{Name: "Paid", Note: note, Amount: x.Total})
	}
	for _, m := range s.Refunded {
		page.Money = append(page.Money, portal.StatementMoney{Name: "Refunded", Amount: m})
	}
	return page
}

func name(l statement.Line) string {
	if l.Meter != "" {
		return l.Meter
	}
	return portal.PostingName(string(l.Kind))
}

func count(l statement.Line) string {
	switch {
	case l.Balance:
		return ""
	case l.Kind == ledger.PostDebit:
		return plural(l.Count, "event")
	}
	return ui.Number(int(l.Count))
}

func plural(n int64, word string) string {
	if n != 1 {
		word += "s"
	}
	return ui.Number(int(n)) + " " + word
}

// CSV is a month as CSV.
func (p *Pages) CSV(w http.ResponseWriter, r *http.Request) error {
	_, s, err := p.statement(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="statement-`+s.Name+`.csv"`)
	return s.CSV(w)
}

// PDF is a month as PDF.
func (p *Pages) PDF(w http.ResponseWriter, r *http.Request) error {
	c, s, err := p.statement(r)
	if err != nil {
		return err
	}
	doc, err := pdf(p.Brand, c, p.page(c, s))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="statement-`+s.Name+`.pdf"`)
	_, err = w.Write(doc)
	return err
}
