package api

import (
	"context"
	"time"

	"purse/billing/fault"
	"purse/billing/statement"
	"purse/billing/tx"
)

type statementObject struct {
	Object     string            `json:"object" enum:"statement"`
	ID         string            `json:"id" doc:"The month, as 2026-10"`
	Customer   string            `json:"customer"`
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to" doc:"Exclusive; now, where the month is not over"`
	Timezone   string            `json:"timezone" doc:"Whose month it is"`
	Final      bool              `json:"final" doc:"The month is over: the statement does not change any more"`
	CreditType []statementWallet `json:"credit_types" nullable:"false"`
	Paid       []statementPaid   `json:"paid" nullable:"false" doc:"Purchases, by currency; tax is contained in amount"`
	Refunded   []price           `json:"refunded" nullable:"false"`
}

type statementWallet struct {
	CreditType string          `json:"credit_type"`
	Opening    string          `json:"opening"`
	Closing    string          `json:"closing" doc:"Opening and all lines; less than 0 is a debt"`
	Lines      []statementLine `json:"lines" nullable:"false"`
}

type statementLine struct {
	Kind    string  `json:"kind" doc:"Of the postings: grant, debit, expire …"`
	Meter   *string `json:"meter" doc:"Of debits"`
	Count   int64   `json:"count"`
	Credits string  `json:"credits" doc:"The change of the balance"`
}

type statementPaid struct {
	price
	Tax   int64 `json:"tax"`
	Count int64 `json:"count"`
}

func showStatement(s *statement.Statement) statementObject {
	o := statementObject{
		Object: "statement", ID: s.Name, Customer: s.Customer, From: stamp(s.From), To: stamp(s.To), Timezone: s.Zone, Final: s.Final(),
		CreditType: []statementWallet{}, Paid: []statementPaid{}, Refunded: []price{},
	}
	for _, w := range s.Wallets {
		out := statementWallet{CreditType: w.CreditType, Opening: w.Opening.String(), Closing: w.Closing.String(), Lines: []statementLine{}}
		for _, l := range w.Lines() {
			if !l.Balance {
				out.Lines = append(out.Lines, statementLine{string(l.Kind), orNull(l.Meter), l.Count, l.Credits.String()})
			}
		}
		o.CreditType = append(o.CreditType, out)
	}
	for _, p := range s.Paid {
		o.Paid = append(o.Paid, statementPaid{price{p.Total.Amount, p.Total.Currency}, p.Tax.Amount, p.Count})
	}
	for _, m := range s.Refunded {
		o.Refunded = append(o.Refunded, price{m.Amount, m.Currency})
	}
	return o
}

type listStatementsIn struct {
	InCustomer
	Page
}

func listStatements(a *API, ctx context.Context, in *listStatementsIn) (*reply[list[statementObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var found []*statement.Statement
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		found = nil
		periods, _, err := a.Statements.List(t, c, "", mostStatements)
		for _, p := range periods {
			if err != nil {
				break
			}
			var s *statement.Statement
			s, err = a.Statements.Figures(t, p)
			found = append(found, s)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return cutList(in.Page, found, func(s *statement.Statement) string { return s.Name }, showStatement)
}

// mostStatements are ten years of them.
const mostStatements = 120

type statementIn struct {
	InCustomer
	Month string `path:"month" doc:"A month as 2026-10; the one that is not over is as it stands now" example:"2026-10"`
}

func getStatement(a *API, ctx context.Context, in *statementIn) (*reply[statementObject], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := time.Parse("2006-01", in.Month); err != nil {
		return nil, fault.Bad("month", "Name a month as 2026-10.")
	}
	var s *statement.Statement
	if err := a.Runner.View(ctx, func(t tx.Tx) error {
		s, err = a.Statements.Of(t, c, in.Month)
		return err
	}); err != nil {
		return nil, err
	}
	return ok(showStatement(s))
}
