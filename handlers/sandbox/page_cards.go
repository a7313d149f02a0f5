package sandbox

import (
	"net/http"
	"strings"

	view "purse/views/sandbox"
)

// cardsPage lists what can be paid with, and what each does.
func (s *Server) cardsPage(w http.ResponseWriter, r *http.Request) {
	var f view.Frame
	s.locked(func() { f = s.frame("Test cards and accounts", "cards", r) })
	s.show(w, r, http.StatusOK, view.TestCardsPage(f, testCards()))
}

func testCards() (out []view.TestCards) {
	for i, g := range cardGroups {
		t := view.TestCards{Title: g.title, About: g.about, Head: []string{"Number", "What it does", "For programs"}}
		if t.ID = lower(strings.ReplaceAll(strings.ReplaceAll(g.title, ",", ""), " ", "-")); i == 0 {
			t.ID = "cards"
		}
		for _, k := range g.cards {
			name := "—"
			if k.name != "" {
				name = "pm_card_" + strings.Join(strings.Fields(k.name), ", pm_card_")
			}
			t.Rows = append(t.Rows, []string{spaced(k.number), k.about, name})
		}
		out = append(out, t)
	}
	for _, typ := range []string{"us_bank_account", "sepa_debit"} {
		t := view.TestCards{ID: typ, Title: "US bank accounts", Head: []string{"Account number", "What it does", "For programs"},
			About: "Routing number " + routingNumber + ". The bank answers after some days of the clock: move it, or let banks be quick, under Clock and faults."}
		if typ == "sepa_debit" {
			t.Title, t.Head[0] = "SEPA accounts", "IBAN"
			t.About = "The bank answers after some days of the clock; “later” takes three minutes more."
		}
		for _, b := range bankAccounts {
			if b.typ != typ {
				continue
			}
			number, name := b.number, "—"
			if typ == "sepa_debit" {
				number = spaced(number)
			}
			if b.name != "" {
				name = "pm_" + b.name
			}
			t.Rows = append(t.Rows, []string{number, b.says(), name})
		}
		out = append(out, t)
	}
	return out
}

// says is what becomes of a debit, for people.
func (b bankAccount) says() string {
	var text string
	switch {
	case b.does.never:
		return "Never answers"
	case b.does.dispute != "":
		return "Pays, disputed later"
	case b.does.code != "":
		text = "Fails: " + b.does.code
	default:
		text = "Pays"
	}
	if b.does.slow {
		text += ", later"
	}
	return text
}
