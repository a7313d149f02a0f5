package portal

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"purse/billing/card"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/invoice"
	"purse/billing/recharge"
	"purse/billing/schedule"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/views/portal"
	"purse/views/ui"
)

// MethodList shows the saved payment methods.
func (p *Portal) MethodList(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	page := portal.Methods{MayChange: v.Role.MayBuy(), Nonce: id.New("add", p.Kit.Now())}
	list, err := p.Methods.List(r.Context(), v.Customer.ID)
	switch {
	case fault.Is(err, fault.Unavailable):
		page.Down = true
	case err != nil:
		return err
	}
	auto, err := p.automatic(r)
	if err != nil {
		return err
	}
	types, _, err := p.Methods.Savable(r.Context(), v.Customer.ID)
	if err != nil {
		return err
	}
	page.MayAdd = len(types) > 0 || len(p.Methods.Types) == 0
	for i := range list {
		page.Methods = append(page.Methods, p.savedMethod(&list[i], auto))
	}
	return kit.Render(w, r, http.StatusOK, portal.MethodsPage(p.Kit.Frame(r, "Payment methods", "/methods"), page))
}

func (p *Portal) savedMethod(m *card.Method, auto automatic) portal.SavedMethod {
	c := portal.SavedMethod{ID: m.ID, Name: m.Name(), Kind: kindOf(m), Ended: m.Ended, Expired: m.Expired(p.Kit.Now()), Default: m.Default, Backup: m.Backup}
	if m.ExpYear > 0 {
		c.Expires = fmt.Sprintf("%02d / %d", m.ExpMonth, m.ExpYear)
	}
	for _, q := range auto.policies {
		if q.State != recharge.Off && (m.Is(q.Method.ID) || m.Is(q.Backup.ID)) {
			c.Charged = true
		}
	}
	c.Scheduled = slices.ContainsFunc(auto.schedules, func(s *schedule.Schedule) bool { return chargesMethod(s) && m.Is(s.Card.ID) })
	return c
}

// kindOf says what a payment method is, where its name does not.
func kindOf(m *card.Method) string {
	if kind := card.TypeName(m.Type); m.Type != card.Card && !strings.HasPrefix(m.Name(), kind) {
		return kind
	}
	return ""
}

// automatic is all that may charge a saved payment method by itself.
type automatic struct {
	policies  []*recharge.Policy
	schedules []*schedule.Schedule
}

// automatic are those of the visitor's customer.
func (p *Portal) automatic(r *http.Request) (out automatic, err error) {
	customer := kit.VisitorOf(r).Customer.ID
	err = p.view(r.Context(), func(t tx.Tx) error {
		if out.policies, err = p.Recharges.Policies(t, customer); err != nil {
			return err
		}
		out.schedules, err = p.Schedules.List(t, customer, "", shownSchedules)
		return err
	})
	return out, err
}

// chargesMethod says whether a schedule charges its payment method, now or after a
// pause.
func chargesMethod(s *schedule.Schedule) bool {
	return s.State != schedule.Ended && s.Collection == invoice.Charge
}

// backTo is the page that a way through Stripe comes back to.
func backTo(back string) string {
	if back == "recharge" {
		return "/recharge"
	}
	return "/methods"
}

// MethodAdd leads to a page of ours that leads to Stripe: browsers apply
// form-action to redirects after a form.
func (p *Portal) MethodAdd(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	q := url.Values{"nonce": {form.Text("nonce")}}
	if form.Text("back") == "recharge" {
		q.Set("back", "recharge")
	}
	return kit.Go(w, r, "/methods/add?"+q.Encode())
}

// MethodLeave goes on to the Checkout that saves a payment method. The nonce makes it the
// same one however often the page is loaded.
func (p *Portal) MethodLeave(w http.ResponseWriter, r *http.Request) error {
	nonce, back := r.URL.Query().Get("nonce"), r.URL.Query().Get("back")
	if nonce == "" || len(nonce) > 100 {
		return kit.Go(w, r, backTo(back))
	}
	to, err := p.Methods.Add(r.Context(), card.Adding{
		Customer: kit.VisitorOf(r).Customer.ID, Key: nonce, Person: kit.VisitorOf(r).User.ID, Address: kit.Address(r), ReturnPath: "/methods/added?back=" + url.QueryEscape(back), CancelPath: backTo(back),
	})
	if err != nil {
		return p.orSay(w, r, err, backTo(back))
	}
	return p.leave(w, r, portal.StripeLeave{URL: to, Back: backTo(back), Title: "Going to Stripe", Text: "You save it there. Nothing is charged."})
}

// MethodPortal leads to the page that goes on to Stripe's portal.
func (p *Portal) MethodPortal(w http.ResponseWriter, r *http.Request) error {
	return kit.Go(w, r, "/methods/portal")
}

// MethodPortalLeave goes on to Stripe's customer portal.
func (p *Portal) MethodPortalLeave(w http.ResponseWriter, r *http.Request) error {
	to, err := p.Methods.Portal(r.Context(), kit.VisitorOf(r).Customer.ID, "/methods/returned")
	if err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	return p.leave(w, r, portal.StripeLeave{URL: to, Back: "/methods", Title: "Going to Stripe's portal", Text: "Payment methods, billing details and invoices, as Stripe has them."})
}

func (p *Portal) leave(w http.ResponseWriter, r *http.Request, page portal.StripeLeave) error {
	page.Host = page.URL
	if u, err := url.Parse(page.URL); err == nil {
		page.Host = u.Host
	}
	return kit.Render(w, r, http.StatusOK, portal.StripeLeavePage(p.Kit.Frame(r, page.Title, "/methods"), page))
}

// orSay shows what Stripe or a rule refused on the page at path.
func (p *Portal) orSay(w http.ResponseWriter, r *http.Request, err error, path string) error {
	f, ok := fault.As(err)
	if !ok || f.Kind == fault.NotFound {
		return err
	}
	if err := p.Kit.Say(w, r, ui.Warn, f.Detail); err != nil {
		return err
	}
	return kit.Go(w, r, path)
}

// MethodReturned comes back from Stripe's portal, where something may have changed.
func (p *Portal) MethodReturned(w http.ResponseWriter, r *http.Request) error {
	if err := p.Methods.Changed(r.Context(), kit.VisitorOf(r).Customer.ID); err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	return kit.Go(w, r, "/methods")
}

// MethodAdded comes back from the Checkout that saves a payment method.
func (p *Portal) MethodAdded(w http.ResponseWriter, r *http.Request) error {
	back := backTo(r.URL.Query().Get("back"))
	m, err := p.Methods.Added(r.Context(), kit.VisitorOf(r).Customer.ID, r.URL.Query().Get("session_id"))
	if err != nil {
		return p.orSay(w, r, err, back)
	}
	if err := p.Kit.Say(w, r, ui.Good, m.Name()+" is saved."); err != nil {
		return err
	}
	return kit.Go(w, r, back)
}

// MethodUse makes a payment method the default or the backup, or no backup any more.
func (p *Portal) MethodUse(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	customer := kit.VisitorOf(r).Customer.ID
	m, err := p.Methods.Method(r.Context(), customer, r.PathValue("method"))
	if err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	list, err := p.Methods.List(r.Context(), customer)
	if err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	var to card.Choice
	for _, o := range list {
		if o.Default {
			to.Default = o.ID
		}
		if o.Backup {
			to.Backup = o.ID
		}
	}
	name := m.Name()
	said := name + " is the default now."
	switch form.Text("as") {
	case "default":
		to.Default = m.ID
		if to.Backup == m.ID {
			to.Backup = ""
		}
	case "backup":
		to.Backup, said = m.ID, name+" is the backup now."
	case "none":
		if to.Backup == m.ID {
			to.Backup = ""
		}
		said = name + " is no backup any more."
	default:
		return kit.Go(w, r, "/methods")
	}
	if err := p.Methods.Choose(r.Context(), kit.Actor(r), customer, to); err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	if err := p.Kit.Say(w, r, ui.Good, said); err != nil {
		return err
	}
	return kit.Go(w, r, "/methods")
}

// MethodRemove asks once more before a payment method is forgotten.
func (p *Portal) MethodRemove(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Methods.Method(r.Context(), kit.VisitorOf(r).Customer.ID, r.PathValue("method"))
	if err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	auto, err := p.automatic(r)
	if err != nil {
		return err
	}
	c := p.savedMethod(m, auto)
	return kit.Render(w, r, http.StatusOK, portal.RemoveMethodPage(p.Kit.Frame(r, "Remove "+c.Name, "/methods"), portal.RemoveMethod{Method: c}))
}

// MethodRemoveSend forgets a payment method.
func (p *Portal) MethodRemoveSend(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	m, err := p.Methods.Method(r.Context(), v.Customer.ID, r.PathValue("method"))
	if err == nil {
		err = p.Methods.Remove(r.Context(), kit.Actor(r), v.Customer.ID, m.ID)
	}
	if err != nil {
		return p.orSay(w, r, err, "/methods")
	}
	if err := p.Kit.Say(w, r, ui.Good, m.Name()+" is removed."); err != nil {
		return err
	}
	return kit.Go(w, r, "/methods")
}
