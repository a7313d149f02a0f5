package admin

import (
	"net/http"
	"strconv"
	"strings"

	"purse/billing/account"
	"purse/billing/credit"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

// Grant shows the form that adds credits.
func (a *Admin) Grant(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.grantPage(w, r, c, &kit.Form{})
}

func (a *Admin) grantPage(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form) error {
	f := a.frame(r, "Grant credits", "/admin")
	f.Failed, f.Zone = form.Failed(), c.Location()
	return kit.Render(w, r, form.Status(), admin.GrantPage(f, admin.GrantForm{
		Form: form.Form, ID: c.ID, Name: c.Name, Types: typeOptions(a.Catalog.Snapshot()), Nonce: nonce(r, form),
	}))
}

// GrantSend previews or makes a grant.
func (a *Admin) GrantSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	n := credit.NewGrant{Customer: c.ID, CreditType: form.Text("credit_type"), Credits: form.Credits("credits"), Kind: ledger.Kind(form.Text("kind"))}
	if t := a.Catalog.Snapshot().CreditType(n.CreditType); t == nil || t.Archived() {
		form.Fail("credit_type", "Choose a credit type. If there is none, create one in the catalog first.")
	}
	if s := form.Text("priority"); s != "" {
		priority, err := strconv.Atoi(s)
		if err != nil {
			form.Fail("priority", "Give a whole number from 0 to 100.")
		}
		n.Priority = &priority
	}
	if day := dateField(form, "expires", c.Location()); !day.IsZero() {
		n.ExpiresAt = day.AddDate(0, 0, 1)
	}
	n.EffectiveAt = dateField(form, "effective", c.Location())
	if s := form.Text("amount_paid"); s != "" {
		if n.Paid, err = money.Parse(s, strings.ToLower(form.Text("currency"))); err != nil {
			form.Fail("amount_paid", "This "+err.Error()+".")
		}
	}
	n.Meters = strings.FieldsFunc(form.Text("meters"), func(r rune) bool { return r == ',' || r == ' ' })
	reasonOf(form)
	unit := show.Unit(a.Catalog.Snapshot(), n.CreditType)
	grant, bad := a.Credit.Grant(n)
	return a.carryOut(w, r, c, form, act{
		title: "Grant credits", button: "Grant " + unit.Amount(n.Credits), done: unit.Amount(n.Credits) + " granted.",
		key: "credits.granted", path: "/grant", says: grantSays(c, n, unit), Act: grant,
	}, bad, func() error { return a.grantPage(w, r, c, form) })
}

// grantSays is all that was filled in, and what stands for the rest.
func grantSays(c *account.Customer, n credit.NewGrant, unit ui.Unit) []string {
	kind := n.Kind
	if kind == "" {
		kind = ledger.Promotional
	}
	says := []string{c.Name + " gets " + unit.Amount(n.Credits) + ".", "Their kind: " + strings.ToLower(admin.KindName(kind)) + "."}
	if n.EffectiveAt.IsZero() {
		says = append(says, "They can be used at once.")
	} else {
		says = append(says, "They can be used from "+ui.TimeZoned(n.EffectiveAt, c.Location())+" on.")
	}
	if n.ExpiresAt.IsZero() {
		says = append(says, "They never expire.")
	} else {
		says = append(says, "They expire on "+ui.TimeZoned(n.ExpiresAt, c.Location())+".")
	}
	if n.Priority == nil {
		says = append(says, "Their priority is "+strconv.Itoa(ledger.DefaultPriority)+", the usual one.")
	} else {
		says = append(says, "Their priority is "+strconv.Itoa(*n.Priority)+"; lower is used first.")
	}
	if len(n.Meters) > 0 {
		says = append(says, "Only "+strings.Join(n.Meters, ", ")+" can draw them.")
	}
	if n.Paid == (money.Money{}) {
		return append(says, "Nothing was paid for them.")
	}
	return append(says, "Paid for them: "+ui.Money(n.Paid)+".")
}
