package ui

import (
	"slices"
	"time"
)

// Mode is which Stripe this installation speaks to.
type Mode string

// The three stamps that a database can bear.
const (
	Sandbox Mode = "sandbox"
	Test    Mode = "test"
	Live    Mode = "live"
)

// Site is what all pages of an installation share.
type Site struct {
	// Color is the vendor's, "#rrggbb"; "" for Purse's own.
	Color      string
	Brand      string // the vendor's name, as customers know it
	Mode       Mode
	PublicURL  string // without a slash at its end
	MailboxURL string // the sandbox's mailbox, "" elsewhere
	SandboxURL string // the sandbox's own pages, "" elsewhere
	SupportURL string // where a person finds help: mailto: or https:, may be ""
	TermsURL   string // terms of sale, may be ""
}

// Flash is one message that a page shows once, after an action.
type Flash struct {
	Tone Tone
	Text string
}

// Tone colours a message, and says it to those who do not see colours through
// its icon's name.
type Tone string

// Tones of alerts and badges.
const (
	Plain Tone = ""
	Good  Tone = "good"
	Info  Tone = "info"
	Warn  Tone = "warn"
	Bad   Tone = "bad"
)

// CustomerRef is a customer that the signed-in user may switch to.
type CustomerRef struct {
	ID, Name string
	Current  bool
}

// Frame is what surrounds a page: who looks, where, and what to tell them.
type Frame struct {
	Site
	Title     string         // of the page, without the brand
	Section   string         // path of the navigation entry that is current
	Failed    bool           // the form on the page was refused: the title begins with "Error:"
	Flash     *Flash         // nil when there is none
	Zone      *time.Location // that the times on the page are in
	User      string         // e-mail of who is signed in, "" for nobody
	Customer  string         // name of the current customer, "" for none
	Customers []CustomerRef  // all customers of the user, when there are several
	Member    bool           // belongs to some customer
	Staff     bool           // may open the admin console
	Refresh   string         // address that the page loads after a while without JavaScript, "" for none
	Alerts    []NavCount     // small numbers beside navigation entries
	Wide      bool           // a wider column on pages without navigation
	Banner    *Banner        // the one thing that the customer must know now, nil for none
	Streams   bool           // the page has a stream, which brings the banner too
	Hidden    []string       // paths of navigation entries that the visitor's role may not use
}

// Banner is what a customer must know on every page, with what helps. Its words
// depend on the state alone, so that a screen reader hears of changes of state
// and not of every charge.
type Banner struct {
	Tone         Tone
	Title, Text  string
	Action, Href string // the button, "" for none
}

// NavCount puts a number beside a navigation entry.
type NavCount struct {
	Path  string
	Count int
}

func (f Frame) heading() string {
	t := f.Title
	if f.Brand != "" {
		t += " · " + f.Brand
	}
	if f.Failed {
		t = "Error: " + t
	}
	return t
}

func (f Frame) count(path string) int {
	for _, a := range f.Alerts {
		if a.Path == path {
			return a.Count
		}
	}
	return 0
}

func (f Frame) shown(items []navItem) []navItem {
	return slices.DeleteFunc(slices.Clone(items), func(i navItem) bool {
		return slices.Contains(f.Hidden, i.Path) || (i.Path == testClockPath && f.Site.Mode != Sandbox)
	})
}

// testClockPath is a page that only sandboxes have.
const testClockPath = "/admin/test-clock"

// navItem is one entry of the navigation.
type navItem struct {
	Path, Name, Icon string
}

var portalNav = []navItem{
	{"/", "Overview", "gauge"},
	{"/buy", "Buy credits", "plus"},
	{"/purchases", "Purchases", "tag"},
	{"/methods", "Payment methods", "card"},
	{"/billing", "Billing details", "list"},
	{"/recharge", "Auto-recharge", "clock"},
	{"/alerts", "Alerts and limits", "bell"},
	{"/ledger", "Ledger", "list"},
	{"/grants", "Grants", "layers"},
	{"/keys", "API keys", "key"},
	{"/webhooks", "Webhooks", "hook"},
	{"/team", "Team", "users"},
	{"/security", "Security", "shield"},
}

var adminNav = []navItem{
	{"/admin", "Customers", "users"},
	{"/admin/catalog", "Catalog", "tag"},
	{"/admin/unpriced", "Unpriced usage", "gauge"},
	{"/admin/purchases", "Purchases", "card"},
	{"/admin/invoices", "Invoices", "list"},
	{"/admin/inbox", "Stripe inbox", "inbox"},
	{"/admin/reports", "Reports", "list"},
	{"/admin/jobs", "Jobs", "clock"},
	{testClockPath, "Test clock", "clock"}, // in a sandbox only
	{"/admin/keys", "API keys", "key"},
	{"/admin/webhooks", "Webhooks", "hook"},
	{"/admin/deliveries", "Deliveries", "send"},
	{"/admin/alerts", "Alerts", "bell"},
	{"/admin/mails", "Mails", "mail"},
	{"/admin/staff", "Staff", "users"},
	{"/admin/log", "Security log", "list"},
	{"/security", "Security", "shield"},
}

func isAdmin(section string) bool {
	return len(section) >= 6 && section[:6] == "/admin"
}

// PollHeaders go with what an open page asks for by itself, so that it does not
// count as somebody being there.
const PollHeaders = `{"Purse-Poll":"1"}`
