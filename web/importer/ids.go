package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"purse/billing/money"
)

// ids names events. Without a column for it an id is a hash of what the row
// says, and how many equal rows came before it in the file: two equal real events
// both count, and a file that grew, was sorted or renamed has the same ids. Whose it
// is goes in as the customer's id, however it is written.
type ids struct {
	Options
	seen map[[12]byte]int // equal rows so far, or the line of an id
}

func newIDs(o Options) *ids { return &ids{Options: o, seen: map[[12]byte]int{}} }

// name gives an event its id. An id that another row of the file has is an
// error: only one of them would count.
func (n *ids) name(e *event, of *customer, r *row, m *mapping) error {
	switch {
	case m.id != nil:
		if e.ID = m.cell(r, m.id); e.ID == "" {
			return r.at(m.id, r.cells[m.id.index], "the id is blank")
		}
		sum := sha256.Sum256([]byte(of.ID + "\x00" + e.ID))
		h := [12]byte(sum[:12])
		if line := n.seen[h]; line > 0 {
			return r.at(m.id, e.ID, fmt.Sprintf("line %d has this id already, and an id counts once", line))
		}
		n.seen[h] = r.line
	case n.IDs == "row":
		e.ID = byRow(n.File, r.number)
	default:
		h := content(e, of.ID)
		n.seen[h]++
		e.ID = text(h, n.seen[h])
		if of.External != nil { // as earlier releases did where it was written so
			e.FormerID = text(content(e, "ext:"+*of.External), n.seen[h])
		}
	}
	return nil
}

// content is the hash of what a row says of a customer.
func content(e *event, customer string) [12]byte {
	var b strings.Builder
	for _, s := range []string{customer, e.Event, e.Timestamp, e.Caller} {
		fmt.Fprintf(&b, "%d:%s", len(s), s)
	}
	for _, p := range sorted(e.Properties) {
		v := money.Number(string(e.Properties[p]))
		fmt.Fprintf(&b, "%d:%s%d:%s", len(p), p, len(v), v)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return [12]byte(sum[:12])
}

// byRow is an id as earlier releases made it: of the file's name and the row.
func byRow(file string, number int) string {
	return fmt.Sprintf("%s:%d", strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), number)
}

func text(h [12]byte, ordinal int) string {
	return fmt.Sprintf("row_%s_%d", hex.EncodeToString(h[:]), ordinal)
}
