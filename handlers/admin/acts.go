package admin

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/credit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/usage"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

var actLabels = map[string]string{
	"credits": "Credits", "credit_type": "Credit type", "kind": "Kind", "expires": "Expires on", "priority": "Priority",
	"effective": "Usable from", "amount_paid": "Amount paid", "currency": "Currency", "meters": "Only for these meters",
	"direction": "Direction", "to": "Customer", "grant": "Grant", "corrects": "Posting that it corrects", "reason": "Reason",
}

// actParams maps what billing calls a parameter to the field of the form.
var actParams = map[string]string{"expires_at": "expires", "effective_at": "effective", "posting": "corrects"}

// act is an act on credits as the console shows it: previewed, then done.
type act struct {
	title, button, done string
	danger              bool
	key                 string // makes it count once, with the person and the form
	path                string // below the customer's
	says                []string
	*credit.Act
}

// take puts a refusal into the form, under the form's own names.
func take(form *kit.Form, err error) error {
	if f, ok := fault.As(err); ok {
		if name, ok := actParams[f.Param]; ok {
			err = fault.New(f.Kind, f.Code, name, "%s", f.Detail)
		}
		if f.Kind == fault.NotFound { // a thing that the form names
			err = fault.New(fault.Invalid, f.Code, f.Param, "%s", f.Detail)
		}
	}
	return form.Take(err)
}

// reasonOf reads the reason, which every act needs.
func reasonOf(form *kit.Form) string {
	reason := form.Require("reason", "Say why: it stays with the change for ever.")
	if len([]rune(reason)) > credit.MaxReason {
		form.Fail("reason", fmt.Sprintf("Say it in at most %d characters.", credit.MaxReason))
	}
	return reason
}

// carryOut previews an act, or does it when it was confirmed. bad is why there is no
// act; again shows the form once more.
func (a *Admin) carryOut(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form, x act, bad error, again func() error) error {
	base := "/admin/customers/" + c.ID
	if bad != nil {
		if err := take(form, bad); err != nil {
			return err
		}
	}
	if form.Failed() || form.Checked("edit") {
		return again()
	}
	nonce := form.Text("nonce")
	if nonce == "" {
		form.Fail("", "The form is incomplete: open it again.")
		return again()
	}
	if !form.Checked("confirmed") {
		changes, err := a.Credit.Preview(r.Context(), x.Act)
		if err != nil {
			if err := take(form, err); err != nil {
				return err
			}
			return again()
		}
		says := x.says
		for _, change := range changes {
			if unit := show.Unit(a.Catalog.Snapshot(), change.Before.CreditType); change.Again != 0 {
				says = append(says, "Of this, "+unit.Does(change.Again, "goes", "go")+" once more at once: that was drawn of a grant that had expired before, and without the posting it would have stayed expired.")
			}
		}
		p := admin.Preview{
			Title: x.title, Name: c.Name, Back: base, Action: base + x.path, Says: says, Reason: form.Text("reason"),
			Button: x.button, Danger: x.danger, Hidden: hidden(form), Changes: a.changes(r, changes),
		}
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, x.title, "/admin"), p))
	}
	once := usage.Once{Key: ledger.NewKey("admin", kit.VisitorOf(r).User.ID, x.key, nonce), Fingerprint: ledger.NewFingerprint([]byte(fingerprint(form)))}
	if _, err := a.Credit.Do(r.Context(), kit.Actor(r), once, x.Act, form.Text("reason")); err != nil {
		if err := take(form, err); err != nil {
			return err
		}
		return again()
	}
	if err := a.Kit.Say(w, r, ui.Good, x.done); err != nil {
		return err
	}
	return kit.Go(w, r, base)
}

// changes are the figures of wallets before and after; of several with whose they
// are.
func (a *Admin) changes(r *http.Request, changes []credit.Change) (out []admin.Change) {
	for _, c := range changes {
		unit, whose := show.Unit(a.Catalog.Snapshot(), c.Before.CreditType), ""
		if len(changes) > 1 {
			if of, err := a.Accounts.Customer(r.Context(), c.Before.Customer); err == nil {
				whose = of.Name + ": "
			}
		}
		add := func(name string, before, after money.Credits) {
			if whose != "" {
				name = whose + strings.ToLower(name[:1]) + name[1:]
			}
			out = append(out, admin.Change{Name: name, Before: unit.Amount(before), After: unit.Amount(after)})
		}
		add("Available", c.Before.Available, c.After.Available)
		add("Balance", c.Before.Balance, c.After.Balance)
		if c.Before.Debt != 0 || c.After.Debt != 0 {
			add("Debt", c.Before.Debt, c.After.Debt)
		}
	}
	return out
}

// hidden carries what was filled in through the preview.
func hidden(form *kit.Form) []admin.Pair {
	var out []admin.Pair
	for k, v := range form.Values {
		if k != "confirmed" && k != "edit" {
			out = append(out, admin.Pair{Name: k, Value: v})
		}
	}
	slices.SortFunc(out, func(a, b admin.Pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func fingerprint(form *kit.Form) string {
	var b strings.Builder
	for _, p := range hidden(form) {
		b.WriteString(strconv.Quote(p.Name) + strconv.Quote(p.Value))
	}
	return b.String()
}

func nonce(r *http.Request, form *kit.Form) string {
	if n := form.Text("nonce"); n != "" {
		return n
	}
	return id.New("act", time.Now())
}

// dateField reads a day in a zone, zero when the field is empty.
func dateField(form *kit.Form, name string, zone *time.Location) time.Time {
	s := form.Text(name)
	if s == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation("2006-01-02", s, zone)
	if err != nil {
		form.Fail(name, "This is not a date like 2026-01-31.")
	}
	return day
}
