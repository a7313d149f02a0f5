package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Statements is the list of months, for the customer and, with Admin, for staff.
type Statements struct {
	Whose
	Unit  ui.Unit
	Types []TypeLink
	Rows  []StatementRow
	Older string
}

// Whose is whose pages these are: Base is their path.
type Whose struct {
	Base                   string
	Admin                  bool
	Customer, CustomerName string
	Zone                   *time.Location
}

// StatementRow is a month of one wallet.
type StatementRow struct {
	Month                        string // "2026-10"
	Final                        bool
	Opening, Added, Used, Closed money.Credits
	Otherwise                    money.Credits // expired, taken back, corrected
}

// Statement is one month.
type Statement struct {
	Whose
	Month    string
	Final    bool
	From, To time.Time
	MadeAt   time.Time
	Wallets  []StatementWallet
	Money    []StatementMoney
}

// StatementWallet is the part of one credit type.
type StatementWallet struct {
	Unit    ui.Unit
	Lines   []StatementLine
	Ledger  string // its postings, "" when the ledger's filter cannot name the period
	Charges string // and as CSV
}

// StatementLine is a line of it.
type StatementLine struct {
	Name    string
	Count   string // "1,204 events", "" for balances
	Credits money.Credits
	Balance bool
}

// StatementMoney is what was paid, or went back, in one currency.
type StatementMoney struct {
	Name   string
	Note   string
	Amount money.Money
}

// title names the statement's month.
func (p Statement) title() string { return "Statement for " + ui.Month(p.Month) }

// period says from when to when, with the zone.
func (p Statement) period() string {
	if !p.Final {
		return "From " + ui.Day(p.From, p.Zone) + " until now, in " + ui.Zone(p.Zone) + " time. The month is not over."
	}
	return ui.Time(p.From, p.Zone) + " to " + ui.Time(p.To, p.Zone) + ", " + ui.Zone(p.Zone) + " time."
}

// Decimals are those that the column needs.
func (w StatementWallet) Decimals() int {
	n := 0
	for _, l := range w.Lines {
		n = max(n, ui.DecimalsOf(l.Credits))
	}
	return n
}
