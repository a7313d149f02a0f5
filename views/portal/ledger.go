package portal

import (
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Ledger is a page of postings.
type Ledger struct {
	Unit     ui.Unit
	Rows     []Row
	Filter   Filter
	Newer    string
	Older    string
	CSV      string // path of the same view as CSV
	Zone     *time.Location
	Types    []TypeLink
	HasAny   bool // there are postings at all
	CanBuy   bool
	BaseHref string // "/ledger"
}

// Filter is what the address asks for, and what can be chosen.
type Filter struct {
	Kind, Meter, Caller, From, To string
	CreditType                    string
	Kinds, Meters, Callers        []ui.Option
	Errors                        ui.Form
}

// Active says whether anything is filtered.
func (f Filter) Active() bool {
	return f.Kind != "" || f.Meter != "" || f.Caller != "" || f.From != "" || f.To != ""
}

// Why explains one posting.
type Why struct {
	Unit      ui.Unit
	ID        string
	Kind      string
	Title     string  // of the page
	Bought    *Bought // the purchase that it belongs to, nil for none
	At        time.Time
	Amount    money.Credits
	After     money.Credits
	Event     string // the vendor's id of the usage event
	EventName string
	EventAt   time.Time
	Recorded  bool // booked after the work, whatever the balance
	Caller    string
	Lines     []WhyLine
	Exact     string // sum of the lines before rounding, as a decimal
	Moves     []WhyMove
	Reason    string
	Actor     string
	Ref       string
	RefHref   string
	Corrects  string // path of the posting that it corrects
	Back      string
	Zone      *time.Location
}

// WhyLine is what one meter cost.
type WhyLine struct {
	Meter    string
	Property string // that was summed, "" for a count of events
	Quantity string // decimal
	Rate     string // "0.25 credits per 1,000"
	Match    string // "model = m", "" for every event
	RateID   string
	Since    time.Time // zero: from the beginning
	Exact    string    // rate × quantity as a decimal, "" when not known
	Sum      string    // what the rate has cost with it, where that needed rounding
	Credits  money.Credits
}

// WhyMove is what the posting did to one grant, or to the debt when Grant is "".
type WhyMove struct {
	Grant   string
	Href    string
	Kind    string
	Amount  money.Credits
	Expires time.Time
}

// Grants is the page of all lots.
type Grants struct {
	Unit   ui.Unit
	Open   []Grant // that can be drawn, in burn order, then those to come
	Closed []Grant
	Zone   *time.Location
	Types  []TypeLink
	CanBuy bool
	Order  string // how lots burn, in words
}

// eyebrow says which way the amount went.
func (p Why) eyebrow() string {
	switch {
	case p.Kind == "expire":
		return "Expired"
	case p.Amount < 0 && (p.Kind == "refund" || p.Kind == "dispute" || p.Kind == "void"):
		return "Taken back"
	case p.Amount < 0:
		return "Charged"
	case p.Kind == "refund" || p.Kind == "dispute":
		return "Returned"
	}
	return "Added"
}

// movesTitle is the heading over the grants that were moved.
func (p Why) movesTitle() string {
	switch {
	case p.Amount >= 0:
		return "Where it went"
	case p.Kind == "debit" || p.Kind == "capture":
		return "What paid for it"
	}
	return "Where it came from"
}

func moveName(m WhyMove) string {
	if m.Grant == "" {
		return "Debt"
	}
	return KindName(m.Kind) + " grant"
}

func abs(c money.Credits) money.Credits {
	if c < 0 {
		return -c
	}
	return c
}

func stateTone(state string) ui.Tone {
	switch state {
	case "frozen":
		return ui.Bad
	case "not yet":
		return ui.Info
	}
	return ui.Plain
}

// amountDecimals and balanceDecimals are what the exact figures of a column
// need, so that they line up.
func amountDecimals(rows []Row) int {
	n := 0
	for _, r := range rows {
		n = max(n, ui.DecimalsOf(r.Amount))
	}
	return n
}

func balanceDecimals(rows []Row) int {
	n := 0
	for _, r := range rows {
		n = max(n, ui.DecimalsOf(r.After))
	}
	return n
}
