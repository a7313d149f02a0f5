package portal

import (
	"time"

	"purse/views/ui"
)

// Notifications is what a member chooses about mails of one customer.
type Notifications struct {
	Form     ui.Form
	Customer string
	Email    string
	Rows     []NotificationRow
	Choices  []ui.Option
	Morning  string // when that is
	Bounced  string // why the address gets no mails, "" when it does
	Since    time.Time
	Zone     *time.Location
}

// NotificationRow is a category of mails.
type NotificationRow struct {
	Field, Name, Text, Choice string
}

// Unsubscribe is what a link in a mail ends.
type Unsubscribe struct {
	What   string // "a low balance of Acme"
	Action string // where the form goes
	Done   bool
}
