package notify

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/audit"
	"purse/billing/catalog"
	"purse/billing/event"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/job"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
)

// Note is a message for one person, until it is sent: alone, or in one mail with
// others.
type Note struct {
	ID string
	// Recipient is the user's id; "mailto:" and an address where a customer has
	// no members.
	Recipient, Customer, Address string
	Category                     Category
	Event                        string
	Data                         map[string]string
	Choice                       Choice
	State                        NoteState
	CreatedAt                    time.Time
}

// NoteState is how a message stands.
type NoteState string

const (
	NoteWaiting NoteState = "waiting"
	NoteSent    NoteState = "sent"
	NoteDropped NoteState = "dropped" // its address refuses mail, or it is not wanted any more
)

// MessageStore keeps messages, choices, and what became of mails.
type MessageStore interface {
	InsertMessage(t tx.Tx, n Note) error
	Waiting(t tx.Tx, recipient string, choice Choice, limit int) ([]Note, error)
	SetMessage(t tx.Tx, id string, s NoteState, sentAt time.Time) error
	// MailsSince counts mails of messages to a person, not messages.
	MailsSince(t tx.Tx, recipient string, since time.Time) (int64, error)
	Preferences(t tx.Tx, customer string) ([]Preference, error)
	PutPreference(t tx.Tx, p Preference) error
	InsertMail(t tx.Tx, m MailRow) error
	Mails(t tx.Tx, before string, limit int) ([]MailRow, error)
	Forget(t tx.Tx, before time.Time) error
	PutBounce(t tx.Tx, b Bounce) error
	Bounce(t tx.Tx, address string) (Bounce, error)
	DeleteBounce(t tx.Tx, address string) error
}

// MessageDeps is what Messages needs.
type MessageDeps struct {
	Runner   tx.Runner
	Store    MessageStore
	Accounts *account.Service
	Catalog  *catalog.Service
	Jobs     *job.Queue
	Audit    *audit.Log
	Ledger   *ledger.Ledger
	// Coming is what is on its way to a wallet. May be nil.
	Coming func(t tx.Tx, customer, creditType string) (money.Credits, error)
	// Key signs the links by which people unsubscribe.
	Key []byte
}

// Messages tells people of what happened, each as they chose.
type Messages struct{ MessageDeps }

// The templates of messages: one of them, and many in one mail.
const (
	MailAlert  = "alert"
	MailDigest = "digest"
)

const (
	jobMessages = "notify.messages"
	jobForget   = "notify.forget"
	// collect is how long a message waits for others that happen together.
	collect = 2 * time.Second
	// After mailsAnHour mails in an hour, what comes waits and becomes one mail.
	mailsAnHour = 4
	digestMost  = 200
	keepMails   = 90 * 24 * time.Hour
)

// Mails of once a day are sent then, in the customer's time zone.
const (
	morning   = 8 // o'clock
	MorningAt = "8:00"
)

// NewMessages makes it and registers its jobs.
func NewMessages(d MessageDeps) *Messages {
	m := &Messages{d}
	d.Jobs.Handle(jobMessages, m.messagesJob)
	d.Jobs.Every(jobForget, 24*time.Hour, func(ctx context.Context, _ job.Job) error {
		return m.Runner.Update(ctx, func(t tx.Tx) error { return m.Store.Forget(t, t.Now().Add(-keepMails)) })
	})
	return m
}

// Tell queues a message to every member of a customer who wants it, in t. A
// customer without members is told at its own address.
func (m *Messages) Tell(t tx.Tx, n alert.Notice) error {
	c, err := m.Accounts.CustomerIn(t, n.Customer)
	if err != nil {
		return err
	}
	members, err := m.Accounts.MembersIn(t, c.ID)
	if err != nil {
		return err
	}
	chosen, err := m.Store.Preferences(t, c.ID)
	if err != nil {
		return err
	}
	data := map[string]string{"customer": c.Name, "zone": c.Timezone, "credit_type": n.CreditType}
	if ct := m.Catalog.Snapshot().CreditType(n.CreditType); ct != nil {
		data["unit"], data["units"], data["decimals"] = ct.Unit, ct.Units, strconv.Itoa(ct.Decimals)
	}
	for k, v := range n.Data {
		data[k] = v
	}
	category := categoryOf(n.Event)
	note := Note{Customer: c.ID, Category: category, Event: n.Event, Data: data, Choice: Now, State: NoteWaiting, CreatedAt: t.Now()}
	for _, member := range members {
		note.Recipient, note.Address, note.Choice = member.User, member.Email, choiceOf(chosen, member.User, category)
		if err := m.queue(t, c, note); err != nil {
			return err
		}
	}
	if len(members) > 0 || c.Email == "" {
		return nil
	}
	note.Recipient, note.Address = "mailto:"+c.Email, c.Email
	note.Choice = choiceOf(chosen, note.Recipient, category)
	return m.queue(t, c, note)
}

func (m *Messages) queue(t tx.Tx, c *account.Customer, n Note) error {
	if n.Choice == Off || n.Address == "" {
		return nil
	}
	n.ID = id.New("msg", t.Now())
	// Where one waits already, its job takes this one along.
	before, err := m.Store.Waiting(t, n.Recipient, n.Choice, 1)
	if err != nil {
		return err
	}
	if err := m.Store.InsertMessage(t, n); err != nil {
		return err
	}
	at := t.Now().Add(collect)
	if n.Choice == Daily {
		at = nextMorning(t.Now(), c.Location())
	}
	if len(before) > 0 {
		return nil
	}
	return m.Jobs.Add(t, job.Spec{Kind: jobMessages, Payload: waits{n.Recipient, n.Choice}, RunAt: at})
}

// waits is the payload of the job that mails what waits for a person.
type waits struct {
	Recipient string `json:"recipient"`
	Choice    Choice `json:"choice"`
}

func nextMorning(now time.Time, zone *time.Location) time.Time {
	y, mo, d := now.In(zone).Date()
	at := time.Date(y, mo, d, morning, 0, 0, 0, zone)
	if !at.After(now) {
		at = time.Date(y, mo, d+1, morning, 0, 0, 0, zone)
	}
	return at
}

// messagesJob mails what waits for a person: one message as itself, several as
// one mail. A person who got many within an hour gets the rest as one.
func (m *Messages) messagesJob(ctx context.Context, j job.Job) error {
	var w waits
	if err := j.Decode(&w); err != nil {
		return job.Permanent(err)
	}
	var later time.Time
	err := m.Runner.Update(ctx, func(t tx.Tx) error {
		later = time.Time{}
		notes, err := m.Store.Waiting(t, w.Recipient, w.Choice, digestMost)
		if err != nil || len(notes) == 0 {
			return err
		}
		n, err := m.Store.MailsSince(t, w.Recipient, t.Now().Add(-time.Hour))
		if err != nil {
			return err
		}
		if n >= mailsAnHour {
			later = t.Now().Add(time.Hour)
			return nil
		}
		notes, unwanted, more, err := m.wanted(t, notes)
		if err != nil {
			return err
		}
		for _, n := range unwanted {
			if err := m.Store.SetMessage(t, n.ID, NoteDropped, time.Time{}); err != nil {
				return err
			}
		}
		if more || len(notes)+len(unwanted) == digestMost { // the rest in the next
			later = t.Now().Add(time.Hour)
		}
		if len(notes) == 0 {
			return nil
		}
		state := NoteSent
		if _, err := m.Store.Bounce(t, notes[0].Address); err == nil {
			state = NoteDropped
		} else if !errors.Is(err, tx.ErrNotFound) {
			return err
		} else if err := m.mail(t, notes); err != nil {
			return err
		}
		sent := t.Now()
		if state == NoteDropped {
			sent = time.Time{}
		}
		for _, n := range notes {
			if err := m.Store.SetMessage(t, n.ID, state, sent); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && !later.IsZero() {
		return job.Later(later, "many mails in an hour: what comes waits and becomes one")
	}
	return err
}

func (m *Messages) mail(t tx.Tx, notes []Note) error {
	for i := range notes {
		if err := m.bringUpToDate(t, &notes[i]); err != nil {
			return err
		}
	}
	first := notes[0]
	data := map[string]string{"customer": first.Data["customer"], dataEnds: ends(notes)}
	template := MailAlert
	if len(notes) == 1 {
		for k, v := range first.Data {
			data[k] = v
		}
		data["event"] = first.Event
	} else {
		template = MailDigest
		lines := make([]Line, len(notes))
		for i, n := range notes {
			lines[i] = Line{n.Event, n.Data, n.CreatedAt}
		}
		b, err := json.Marshal(lines)
		if err != nil {
			return err
		}
		data["lines"] = string(b)
	}
	return m.Jobs.Add(t, job.Spec{Kind: account.MailJob, Payload: account.Mail{Template: template, To: first.Address, Data: data}})
}

// bringUpToDate adds to a message about a balance what is available when it is
// mailed, since a recharge may have come meanwhile, and what is on its way.
func (m *Messages) bringUpToDate(t tx.Tx, n *Note) error {
	if n.Event != event.BalanceLow && n.Event != event.BalanceDepleted {
		return nil
	}
	b, err := m.Ledger.Balance(t, ledger.WalletKey{Customer: n.Customer, CreditType: n.Data["credit_type"]})
	if err != nil {
		return err
	}
	n.Data = maps.Clone(n.Data)
	n.Data["now"] = b.Available.String()
	if m.Coming == nil {
		return nil
	}
	coming, err := m.Coming(t, n.Customer, n.Data["credit_type"])
	if err == nil && coming > 0 {
		n.Data["coming"] = coming.String()
	}
	return err
}

// Line is one message of a mail with many: the value of "lines" is a JSON list
// of them.
type Line struct {
	Event string            `json:"event"`
	Data  map[string]string `json:"data"`
	At    time.Time         `json:"at"`
}

// Preferences answers what a member chose, for every category.
func (m *Messages) Preferences(t tx.Tx, customer, user string) ([]Preference, error) {
	all, err := m.Store.Preferences(t, customer)
	if err != nil {
		return nil, err
	}
	var out []Preference
	for _, c := range Categories() {
		out = append(out, Preference{user, customer, c, choiceOf(all, user, c)})
	}
	return out, nil
}

// Choose writes what a member chose. Categories that are not named stay.
func (m *Messages) Choose(ctx context.Context, by audit.Actor, customer, user string, choices map[Category]Choice) error {
	for c, choice := range choices {
		if !slices.Contains(Categories(), c) || !slices.Contains(Choices(), choice) {
			return fault.Bad(string(c), "Choose now, daily or off.")
		}
	}
	return m.Runner.Update(ctx, func(t tx.Tx) error {
		for c, choice := range choices {
			if err := m.Store.PutPreference(t, Preference{user, customer, c, choice}); err != nil {
				return err
			}
		}
		return m.Audit.Record(t, audit.Record{Actor: by, Customer: customer, Action: "notifications.chosen", Object: user, After: choices})
	})
}
