package usage

import (
	"encoding/binary"
	"time"

	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/rating"
)

// meaning is the fingerprint of the event as it was understood: instants,
// numbers by value, strings exactly, defaults filled in. What the clock fills in
// was not given, and backdated says nothing about what happened. The customer
// is in the key.
func (e *Event) meaning() ledger.Fingerprint {
	var room [512]byte
	b := append(room[:0], "event 2\x00"...)
	for _, s := range []string{e.ID, e.Name, string(e.Mode), e.Caller} {
		b = appendText(b, s)
	}
	if e.Timestamp.IsZero() {
		b = append(b, '-')
	} else {
		b = binary.BigEndian.AppendUint64(append(b, '@'), uint64(e.Timestamp.UnixMicro()))
	}
	return ledger.NewFingerprint(appendByValue(b, e.Properties))
}

// formerly is the fingerprint of the event under the id that it may have been sent by
// before.
func (e *Event) formerly() ledger.Fingerprint {
	if e.FormerID == "" {
		return ledger.Fingerprint{}
	}
	was := *e
	was.ID = e.FormerID
	return was.meaning()
}

// keys are those under which a customer's event is kept: its own, and that of its
// former id, zero for none.
func (e *Event) keys(customer string) (key, former ledger.Key) {
	if e.FormerID != "" {
		former = ledger.NewKey("usage", customer, e.FormerID)
	}
	return ledger.NewKey("usage", customer, e.ID), former
}

// mark makes the fingerprints of the fields as they were sent, by which releases
// before this rule kept their records. An import said backdated only of what was
// old, so a record may be of the same event with it or without.
func (e *Event) mark(seen uint, timestamp string) {
	var room [512]byte
	b := append(room[:0], byte(seen))
	for _, s := range []string{e.ID, e.Customer, e.Name, timestamp, string(e.Mode), e.Caller} {
		b = appendText(b, s)
	}
	end := len(b)
	for i, backdated := range []bool{e.Backdated, !e.Backdated} {
		b = b[:end]
		if backdated {
			b = append(b, '+')
		}
		if i == 1 {
			b[0] ^= 1 << 5
		}
		e.sent[i] = ledger.NewFingerprint(appendProperties(b, e.Properties))
	}
}

// markFields is mark for an event that was not read from JSON.
func (e *Event) markFields() {
	timestamp := ""
	if !e.Timestamp.IsZero() {
		timestamp = e.Timestamp.UTC().Format(time.RFC3339Nano)
	}
	e.mark(0, timestamp)
}

// appendByValue writes properties as appendProperties does, with numbers by
// value, however deep.
func appendByValue(b []byte, ps rating.Properties) []byte {
	b = append(b, '{')
	for _, p := range ps {
		b = appendText(b, p.Name)
		b = appendValueOf(b, p.Kind, p.Text)
	}
	return append(b, '}')
}

func appendValueOf(b []byte, kind rating.ValueKind, text string) []byte {
	switch kind {
	case rating.Number:
		return appendValue(b, kind, money.Number(text))
	case rating.Other:
		return appendValue(b, kind, nestedByValue(text))
	default:
		return appendValue(b, kind, text)
	}
}

// nestedByValue rewrites the canonical text of an object or array.
func nestedByValue(text string) string {
	b := []byte{text[0]}
	eachNested(text, func(name string, kind rating.ValueKind, value string) {
		if text[0] == '{' {
			b = appendText(b, name)
		}
		b = appendValueOf(b, kind, value)
	})
	return string(append(b, text[len(text)-1]))
}

// eachNested calls f with what the canonical text of an object or array holds;
// the elements of an array have no names.
func eachNested(text string, f func(name string, kind rating.ValueKind, value string)) {
	rest := text[1 : len(text)-1]
	take := func() string {
		n := binary.BigEndian.Uint32([]byte(rest[:4]))
		s := rest[4 : 4+n]
		rest = rest[4+n:]
		return s
	}
	for rest != "" {
		name := ""
		if text[0] == '{' {
			name = take()
		}
		kind := rating.ValueKind(rest[0] - 'a')
		rest = rest[1:]
		f(name, kind, take())
	}
}
