package portal

import (
	"strconv"
	"time"

	"purse/billing/money"
	"purse/views/ui"
)

// Overview is the first page of a customer.
type Overview struct {
	Wallet    Wallet
	Types     []TypeLink // the credit types that have a wallet, when several
	Checklist *Checklist // nil when all is done
	Chart     *ui.Chart  // nil before the first posting
	LivePath  string     // of the stream
	CanBuy    bool
}

// TypeLink leads to the overview of another credit type.
type TypeLink struct {
	Name, Path string
	Current    bool
}

// Wallet is what the live parts of the overview show.
type Wallet struct {
	Unit      ui.Unit
	New       bool // nothing was ever bought or granted
	Available money.Credits
	Balance   money.Credits
	Held      money.Credits
	Pending   money.Credits // bought, not credited yet
	Later     money.Credits // in grants that are not effective yet
	Frozen    money.Credits // in grants whose payment is disputed
	Debt      money.Credits
	Scoped    []Scoped
	Used      bool          // in the last week
	PerDay    money.Credits // burn rate of the last days, 0 until it is known
	RateOver  string        // what PerDay was measured over: "the last 7 days"
	RunsOut   time.Time     // zero: not at this rate
	Expiry    *Expiry       // the next one, nil for none
	Sources   []Source
	Grants    []Grant // that can still be drawn, in burn order
	Recent    []Row
	Feed      []FeedItem
	Updated   time.Time
	Zone      *time.Location
	CanBuy    bool
	Recharge  *RechargeLine
}

// FeedItem is one thing that happened.
type FeedItem struct {
	At   time.Time
	Icon string
	Tone ui.Tone
	Text string
	Href string
}

// Scoped is credits that only some meters may draw.
type Scoped struct {
	Meters    []string
	Available money.Credits
}

// Expiry is what the next date takes away.
type Expiry struct {
	At     time.Time
	Amount money.Credits
}

// Source is the part of the balance of one kind of grant.
type Source struct {
	Kind   string
	Amount money.Credits
}

// Grant is one lot.
type Grant struct {
	ID        string
	Kind      string
	Amount    money.Credits
	Used      money.Credits
	Expired   money.Credits
	Held      money.Credits
	Left      money.Credits
	Paid      money.Money
	Effective time.Time
	Expires   time.Time
	Created   time.Time
	Priority  int
	Order     int // place in the burn order, 0 when it cannot be drawn
	Meters    []string
	State     string // "usable", "not yet", "expired", "used up", "frozen", "voided"
}

// Row is one posting in a list.
type Row struct {
	ID        string
	At        time.Time
	Kind      string
	Title     string // of usage, the event's name; else the kind in words
	What      string
	Amount    money.Credits
	After     money.Credits
	GrantID   string
	GrantName string
	GrantHref string // "": on the customer's own page of grants
	More      int    // further grants that it moved
	Href      string
}

// Checklist is the way to the first charge.
type Checklist struct {
	Bought, Used, Explained bool
	Samples                 bool   // the sandbox can send sample requests
	Why                     string // path of an explained charge, "" before there is one
	Key                     *SampleKey
}

// SampleKey is a key that was just made, shown once.
type SampleKey struct {
	Curl string
}

func (c *Checklist) left() int {
	n := 0
	for _, done := range []bool{c.Bought, c.Used, c.Explained} {
		if !done {
			n++
		}
	}
	return n
}

// KindName says a kind of grant in words.
func KindName(kind string) string {
	switch kind {
	case "paid":
		return "Purchased"
	case "promotional":
		return "Promotional"
	case "included":
		return "Included"
	case "committed":
		return "Committed"
	}
	return kind
}

// PostingName says a kind of posting in words.
func PostingName(kind string) string {
	switch kind {
	case "debit":
		return "Usage"
	case "grant":
		return "Credits added"
	case "capture":
		return "Hold captured"
	case "expire":
		return "Expired"
	case "void":
		return "Taken back"
	case "adjust":
		return "Correction"
	case "transfer":
		return "Transfer"
	case "refund":
		return "Refund"
	case "dispute":
		return "Lost dispute"
	}
	return kind
}

func (g Grant) barLabel(u ui.Unit) string {
	s := ui.Credits(g.Left) + " of " + u.Amount(g.Amount) + " left"
	if g.Held > 0 {
		s += ", " + ui.Credits(g.Held) + " of it held"
	}
	return s
}

// segments are what is left of the lot, free and held: a bar that empties.
func (g Grant) segments() []ui.Segment {
	return []ui.Segment{{Class: "left", Part: g.Left - g.Held}, {Class: "held", Part: g.Held}}
}

func (w Wallet) total() money.Credits {
	var sum money.Credits
	for _, s := range w.Sources {
		sum += s.Amount
	}
	return sum
}

func (w Wallet) sourceSegments() []ui.Segment {
	var out []ui.Segment
	for _, s := range w.Sources {
		out = append(out, ui.Segment{Class: "kind-" + s.Kind, Part: s.Amount})
	}
	return out
}

func (w Wallet) sourceLabel() string {
	s := "Balance by source:"
	for i, src := range w.Sources {
		if i > 0 {
			s += ","
		}
		s += " " + KindName(src.Kind) + " " + ui.Credits(src.Amount)
	}
	return s
}

func (w Wallet) runsOutNote() string {
	switch {
	case w.PerDay <= 0 && w.Used && w.Available > 0:
		return "it takes a day of use to tell"
	case w.RunsOut.IsZero():
		return ""
	}
	return "about " + ui.Day(w.RunsOut, w.Zone) + ", if it goes on so"
}

func (w Wallet) runsOut() string {
	switch {
	case w.New:
		return "No use yet"
	case w.Available <= 0:
		return "Now"
	case w.PerDay <= 0 && w.Used:
		return "Not enough use yet"
	case w.PerDay <= 0:
		return "No use yet"
	case w.RunsOut.IsZero():
		return "More than a year"
	case w.RunsOut.Sub(w.Updated) < time.Minute:
		return "Now"
	}
	return ui.Span(w.RunsOut.Sub(w.Updated))
}

func order(n int) string { return strconv.Itoa(n) }

func (r Row) grantHref() string {
	if r.GrantHref != "" {
		return r.GrantHref
	}
	return "/grants#" + r.GrantID
}

// balanceNote says what the balance has that is not available.
func (w Wallet) balanceNote() string {
	if w.Frozen > 0 {
		return "with what is held and frozen"
	}
	return "with what is held"
}
