package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/audit"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

var actLabels = map[string]string{
	"credits": "Credits", "credit_type": "Credit type", "kind": "Kind", "expires": "Expires on", "priority": "Priority",
	"effective": "Usable from", "amount_paid": "Amount paid", "currency": "Currency", "meters": "Only for these meters",
	"direction": "Direction", "corrects": "Posting that it corrects", "reason": "Reason",
}

// actParams maps what billing calls a parameter to the field of the form.
var actParams = map[string]string{"expires_at": "expires", "effective_at": "effective", "posting": "corrects"}

// act is a change of a wallet with a reason, previewed before it is done.
type act struct {
	title, button, done string
	danger              bool
	action              string // of the audit log
	path                string // below the customer's
	says                []string
	command             *ledger.Command
	wallet              ledger.WalletKey
	object              string
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
	if len([]rune(reason)) > 500 {
		form.Fail("reason", "Say it in at most 500 characters.")
	}
	return reason
}

// carryOut previews an act, or does it when it was confirmed. again shows the
// form once more.
func (a *Admin) carryOut(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form, x act, again func() error) error {
	base := "/admin/customers/" + c.ID
	if form.Failed() || form.Checked("edit") {
		return again()
	}
	nonce := form.Text("nonce")
	if nonce == "" {
		form.Fail("", "The form is incomplete: open it again.")
		return again()
	}
	x.command.Key = ledger.NewKey("admin", kit.VisitorOf(r).User.ID, x.action, nonce)
	x.command.Fingerprint = ledger.NewFingerprint([]byte(fingerprint(form)))
	x.command.Note = ledger.Note{Actor: kit.VisitorOf(r).User.ID, Reason: form.Text("reason")}
	unit := show.Unit(a.Catalog.Snapshot(), x.wallet.CreditType)

	if !form.Checked("confirmed") {
		var before, after ledger.Balance
		err := a.view(r.Context(), func(t tx.Tx) (err error) {
			if before, err = a.Ledger.Balance(t, x.wallet); err != nil {
				return err
			}
			results, wallets, err := a.Ledger.Preview(t, x.command)
			if err != nil {
				return err
			}
			after = wallets[x.wallet]
			return results[0].Err()
		})
		if err != nil {
			if err := take(form, err); err != nil {
				return err
			}
			return again()
		}
		p := admin.Preview{
			Title: x.title, Name: c.Name, Back: base, Action: base + x.path, Says: x.says, Reason: form.Text("reason"),
			Button: x.button, Danger: x.danger, Hidden: hidden(form),
			Changes: []admin.Change{
				{Name: "Available", Before: unit.Amount(before.Available), After: unit.Amount(after.Available)},
				{Name: "Balance", Before: unit.Amount(before.Balance), After: unit.Amount(after.Balance)},
			},
		}
		if before.Debt != 0 || after.Debt != 0 {
			p.Changes = append(p.Changes, admin.Change{Name: "Debt", Before: unit.Amount(before.Debt), After: unit.Amount(after.Debt)})
		}
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, x.title, "/admin"), p))
	}

	err := a.Runner.Update(r.Context(), func(t tx.Tx) error {
		before, err := a.Ledger.Balance(t, x.wallet)
		if err != nil {
			return err
		}
		res, err := a.Ledger.ApplyOne(t, x.command)
		if err != nil || res.Replayed {
			return err
		}
		after, err := a.Ledger.Balance(t, x.wallet)
		if err != nil {
			return err
		}
		object := x.object
		if object == "" && len(res.Postings) > 0 {
			object = res.Postings[0].ID.String()
		}
		return a.Audit.Record(t, audit.Record{
			Actor: kit.Actor(r), Customer: c.ID, Action: x.action, Object: object, Reason: form.Text("reason"),
			Before: figures(before), After: figures(after),
		})
	})
	if err != nil {
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

// figures is how a wallet stands, for the audit log.
func figures(b ledger.Balance) map[string]string {
	return map[string]string{"credit_type": b.CreditType, "balance": b.Balance.String(), "available": b.Available.String(), "debt": b.Debt.String()}
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
	g := ledger.NewGrant{
		Wallet:  ledger.WalletKey{Customer: c.ID, CreditType: form.Text("credit_type")},
		Credits: form.Credits("credits"), Kind: ledger.Kind(form.Text("kind")), Priority: ledger.DefaultPriority,
	}
	snapshot := a.Catalog.Snapshot()
	if t := snapshot.CreditType(g.Wallet.CreditType); t == nil || t.Archived() {
		form.Fail("credit_type", "Choose a credit type. If there is none, create one in the catalog first.")
	}
	if s := form.Text("priority"); s != "" {
		if g.Priority, err = strconv.Atoi(s); err != nil {
			form.Fail("priority", "Give a whole number from 0 to 100.")
		}
	}
	if day := dateField(form, "expires", c.Location()); !day.IsZero() {
		g.ExpiresAt = day.AddDate(0, 0, 1)
	}
	g.EffectiveAt = dateField(form, "effective", c.Location())
	if s := form.Text("amount_paid"); s != "" {
		if g.Paid, err = money.Parse(s, strings.ToLower(form.Text("currency"))); err != nil {
			form.Fail("amount_paid", "This "+err.Error()+".")
		}
	}
	for m := range strings.FieldsFuncSeq(form.Text("meters"), func(r rune) bool { return r == ',' || r == ' ' }) {
		if snapshot.Meter(m) == nil {
			form.Fail("meters", "There is no meter "+m+".")
		} else {
			g.Meters = append(g.Meters, snapshot.Meter(m).Key)
		}
	}
	reasonOf(form)
	unit := show.Unit(snapshot, g.Wallet.CreditType)
	says := []string{c.Name + " gets " + unit.Amount(g.Credits) + "."}
	if g.ExpiresAt.IsZero() {
		says = append(says, "They never expire.")
	} else {
		says = append(says, "They expire on "+ui.TimeZoned(g.ExpiresAt, c.Location())+".")
	}
	return a.carryOut(w, r, c, form, act{
		title: "Grant credits", button: "Grant " + unit.Amount(g.Credits), done: unit.Amount(g.Credits) + " granted.",
		action: "credits.granted", path: "/grant", says: says, command: &ledger.Command{Op: g}, wallet: g.Wallet,
	}, func() error { return a.grantPage(w, r, c, form) })
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

// Adjust shows the form that corrects a balance.
func (a *Admin) Adjust(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.adjustPage(w, r, c, &kit.Form{})
}

func (a *Admin) adjustPage(w http.ResponseWriter, r *http.Request, c *account.Customer, form *kit.Form) error {
	f := a.frame(r, "Adjust the balance", "/admin")
	f.Failed = form.Failed()
	page := admin.AdjustForm{Form: form.Form, ID: c.ID, Name: c.Name, Types: typeOptions(a.Catalog.Snapshot()), Nonce: nonce(r, form)}
	if p, ok := ledger.ParsePostingID(r.URL.Query().Get("corrects")); ok {
		page.Corrects = p.String()
	}
	return kit.Render(w, r, form.Status(), admin.AdjustPage(f, page))
}

// AdjustSend previews or makes a correction.
func (a *Admin) AdjustSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	op := ledger.Adjust{Wallet: ledger.WalletKey{Customer: c.ID, CreditType: form.Text("credit_type")}, Credits: form.Credits("credits")}
	if op.Credits <= 0 && form.Error("credits") == "" {
		form.Fail("credits", "Give an amount above zero, and choose the direction.")
	}
	amount := op.Credits
	verb := "gets back"
	if form.Text("direction") == "down" {
		op.Credits, verb = -op.Credits, "loses"
	}
	var counters []ledger.Counter
	if s := form.Text("corrects"); s != "" {
		p, ok := ledger.ParsePostingID(s)
		if !ok {
			form.Fail("corrects", "This is not the id of a posting: they look like pst_….")
		} else {
			err := a.view(r.Context(), func(t tx.Tx) error {
				_, wallet, err := a.Ledger.Posting(t, c.ID, p)
				if err != nil {
					return kit.Missing(err, "posting")
				}
				op.Wallet = wallet.WalletKey
				counters, err = a.Usage.Counted(t, c.ID, p)
				return err
			})
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err != nil {
				form.Fail("corrects", "This customer has no such posting.")
			}
			op.Corrects = p.Seq
		}
	}
	reasonOf(form)
	unit := show.Unit(a.Catalog.Snapshot(), op.Wallet.CreditType)
	return a.carryOut(w, r, c, form, act{
		title: "Adjust the balance", button: "Adjust by " + ui.Signed(op.Credits), done: "The balance was adjusted by " + unit.Amount(op.Credits) + ".",
		danger: op.Credits < 0, action: "balance.adjusted", path: "/adjust",
		says:    []string{c.Name + " " + verb + " " + unit.Amount(amount) + ". The correction is a posting of its own."},
		command: &ledger.Command{Op: op, Counters: counters}, wallet: op.Wallet,
	}, func() error { return a.adjustPage(w, r, c, form) })
}

// Void asks why a grant is to be taken back.
func (a *Admin) Void(w http.ResponseWriter, r *http.Request) error {
	return a.void(w, r, nil)
}

// VoidSend previews the taking back of a grant, or does it.
func (a *Admin) VoidSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, actLabels)
	if err != nil {
		return err
	}
	return a.void(w, r, form)
}

func (a *Admin) void(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	gid, ok := ledger.ParseGrantID(r.PathValue("grant"))
	if !ok {
		return fault.Missing("grant")
	}
	var grant ledger.Grant
	var wallet ledger.Wallet
	err = a.view(r.Context(), func(t tx.Tx) error {
		grant, wallet, err = a.Ledger.Grant(t, c.ID, gid)
		return kit.Missing(err, "grant")
	})
	if err != nil {
		return err
	}
	unit := show.Unit(a.Catalog.Snapshot(), wallet.CreditType)
	path := "/grants/" + gid.String() + "/void"
	page := func() error {
		if form == nil {
			form = &kit.Form{}
		}
		f := a.frame(r, "Void a grant", "/admin")
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.ReasonPage(f, admin.ReasonForm{
			Form: form.Form, Title: "Void a grant", Name: c.Name, Back: "/admin/customers/" + c.ID, Nonce: nonce(r, form),
			Text:   "Takes back the " + unit.Amount(grant.Free()) + " that are left of it. What a hold has set aside goes when the hold ends.",
			Action: "/admin/customers/" + c.ID + path, Button: "Void", Danger: true,
		}))
	}
	if form == nil {
		return page()
	}
	reasonOf(form)
	return a.carryOut(w, r, c, form, act{
		title: "Void a grant", button: "Take back " + unit.Amount(grant.Free()), done: "The grant was voided.", danger: true,
		action: "grant.voided", path: path, object: gid.String(), wallet: wallet.WalletKey,
		says:    []string{c.Name + " loses the " + unit.Amount(grant.Free()) + " that are left of this grant of " + unit.Amount(grant.Amount) + "."},
		command: &ledger.Command{Op: ledger.Void{Customer: c.ID, Grant: gid}},
	}, page)
}

// Suspend asks why a customer is to be suspended, previews that, or does it.
func (a *Admin) Suspend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID
	return a.reasoned(w, r, reasoned{
		title: "Suspend " + c.Name, path: base + "/suspend", button: "Suspend", name: c.Name, back: base, nav: "/admin", danger: true,
		says: []string{
			"Decisions, holds and purchases are refused from now on. Work that is recorded after it was done, and captures of holds, are still booked.",
			"Members see that the account is suspended, without the reason.",
		},
		done: c.Name + " is suspended.",
		do: func(reason string) error {
			_, err := a.Accounts.Suspend(r.Context(), kit.Actor(r), c.ID, reason)
			return err
		},
	})
}

// Resume asks why a suspension is to be lifted, previews that, or does it.
func (a *Admin) Resume(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	base := "/admin/customers/" + c.ID
	return a.reasoned(w, r, reasoned{
		title: "Lift the suspension of " + c.Name, path: base + "/resume", button: "Lift the suspension", name: c.Name, back: base, nav: "/admin",
		says: []string{"Requests, holds and purchases go through again."}, done: "The suspension is lifted.",
		do: func(reason string) error {
			_, err := a.Accounts.Resume(r.Context(), kit.Actor(r), c.ID, reason)
			return err
		},
	})
}
