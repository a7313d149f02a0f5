package db

import (
	"encoding/json"
	"time"

	"purse/billing/id"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/db/gen"
)

// MessageStore implements notify.MessageStore.
type MessageStore struct{}

var _ notify.MessageStore = MessageStore{}

// InsertMessage writes a message for one person.
func (MessageStore) InsertMessage(t tx.Tx, m notify.Note) error {
	ctx, q := q(t)
	data, err := json.Marshal(m.Data)
	if err != nil {
		return err
	}
	return q.InsertMessage(ctx, gen.InsertMessageParams{
		ID: m.ID, Recipient: m.Recipient, CustomerID: m.Customer, Address: m.Address, Category: string(m.Category), Event: m.Event, Data: string(data),
		Choice: string(m.Choice), State: string(m.State), CreatedAt: micros(m.CreatedAt),
	})
}

// Waiting answers what waits for a person, oldest first.
func (MessageStore) Waiting(t tx.Tx, recipient string, choice notify.Choice, limit int) ([]notify.Note, error) {
	ctx, q := q(t)
	rows, err := q.WaitingMessages(ctx, gen.WaitingMessagesParams{Recipient: recipient, Choice: string(choice), MaxRows: int32(limit)})
	out := make([]notify.Note, len(rows))
	for i, r := range rows {
		out[i] = notify.Note{
			ID: r.ID, Recipient: r.Recipient, Customer: r.CustomerID, Address: r.Address, Category: notify.Category(r.Category), Event: r.Event,
			Choice: notify.Choice(r.Choice), State: notify.NoteState(r.State), CreatedAt: instant(r.CreatedAt),
		}
		if err := json.Unmarshal([]byte(r.Data), &out[i].Data); err != nil {
			return nil, err
		}
	}
	return out, err
}

// SetMessage writes what became of a message.
func (MessageStore) SetMessage(t tx.Tx, message string, s notify.NoteState, sentAt time.Time) error {
	ctx, q := q(t)
	return q.SetMessage(ctx, gen.SetMessageParams{State: string(s), SentAt: micros(sentAt), ID: message})
}

// MailsSince counts the mails of messages to a person.
func (MessageStore) MailsSince(t tx.Tx, recipient string, since time.Time) (int64, error) {
	ctx, q := q(t)
	return q.CountMailsSince(ctx, gen.CountMailsSinceParams{Recipient: recipient, Since: micros(since)})
}

// Preferences answers the choices of a customer's members.
func (MessageStore) Preferences(t tx.Tx, customer string) ([]notify.Preference, error) {
	ctx, q := q(t)
	rows, err := q.PreferencesOf(ctx, customer)
	out := make([]notify.Preference, len(rows))
	for i, r := range rows {
		out[i] = notify.Preference{User: r.UserID, Customer: r.CustomerID, Category: notify.Category(r.Category), Choice: notify.Choice(r.Choice)}
	}
	return out, err
}

// PutPreference writes a choice.
func (MessageStore) PutPreference(t tx.Tx, p notify.Preference) error {
	ctx, q := q(t)
	return q.PutPreference(ctx, gen.PutPreferenceParams{UserID: p.User, CustomerID: p.Customer, Category: string(p.Category), Choice: string(p.Choice)})
}

// InsertMail writes what became of a mail.
func (MessageStore) InsertMail(t tx.Tx, m notify.MailRow) error {
	ctx, q := q(t)
	return q.InsertMail(ctx, gen.InsertMailParams{
		ID: m.ID, Address: m.Address, Template: m.Template, Subject: m.Subject, State: string(m.State), Error: m.Error, CreatedAt: micros(m.At),
	})
}

// Mails answers mails, newest first.
func (MessageStore) Mails(t tx.Tx, before string, limit int) ([]notify.MailRow, error) {
	ctx, q := q(t)
	if before == "" {
		before = "~" // after every id
	}
	rows, err := q.MailsBefore(ctx, gen.MailsBeforeParams{BeforeID: before, MaxRows: int32(limit)})
	out := make([]notify.MailRow, len(rows))
	for i, r := range rows {
		out[i] = notify.MailRow{
			ID: r.ID, Address: r.Address, Template: r.Template, Subject: r.Subject, State: notify.MailState(r.State), Error: r.Error, At: instant(r.CreatedAt),
		}
	}
	return out, err
}

// Forget deletes messages and mails that are older than an instant.
func (MessageStore) Forget(t tx.Tx, before time.Time) error {
	ctx, q := q(t)
	if err := q.DeleteMessagesBefore(ctx, id.Floor("msg", before)); err != nil {
		return err
	}
	return q.DeleteMailsBefore(ctx, id.Floor("mail", before))
}

// PutBounce writes that an address refused mail.
func (MessageStore) PutBounce(t tx.Tx, b notify.Bounce) error {
	ctx, q := q(t)
	return q.PutBounce(ctx, gen.PutBounceParams{Address: b.Address, Reason: b.Reason, At: micros(b.At)})
}

// Bounce answers tx.ErrNotFound for addresses that take mail.
func (MessageStore) Bounce(t tx.Tx, address string) (notify.Bounce, error) {
	ctx, q := q(t)
	r, err := q.BounceOf(ctx, address)
	return notify.Bounce{Address: r.Address, Reason: r.Reason, At: instant(r.At)}, notFound(err)
}

// DeleteBounce lets an address get mail again.
func (MessageStore) DeleteBounce(t tx.Tx, address string) error {
	ctx, q := q(t)
	return q.DeleteBounce(ctx, address)
}
