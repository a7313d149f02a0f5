package admin

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/charge"
	"purse/billing/invoice"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/tx"
	"purse/billing/words"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

var invoiceLabels = map[string]string{
	"credits": "Credits", "credit_type": "Credit type", "price": "Price", "currency": "Currency", "name": "What the invoice says", "net_days": "To be paid within",
	"on_issue": "The credits come", "expires_after_days": "Credits expire after days", "po_number": "PO number", "tax_exempt": "Tax",
	"every": "How often", "first_day": "First on", "recipients": "Further recipients", "memo": "Memo", "reason": "Reason",
}

var exemptNames = map[invoice.TaxExempt]string{
	invoice.TaxAsIs: "as it is at Stripe", invoice.TaxNone: "taxable", invoice.TaxExempts: "exempt", invoice.TaxReverse: "reverse charge",
}

func exemptOptions() (out []ui.Option) {
	for _, e := range []invoice.TaxExempt{invoice.TaxAsIs, invoice.TaxNone, invoice.TaxExempts, invoice.TaxReverse} {
		text := exemptNames[e]
		out = append(out, ui.Option{Value: string(e), Text: strings.ToUpper(text[:1]) + text[1:]})
	}
	return out
}

func termOptions() (out []ui.Option) {
	for _, n := range invoice.NetTerms {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: terms(n)})
	}
	return out
}

func terms(days int) string {
	if days == 0 {
		return "Net 0: on receipt"
	}
	return "Net " + words.Count(days, "day")
}

// InvoiceList lists all invoices.
func (a *Admin) InvoiceList(w http.ResponseWriter, r *http.Request) error {
	return a.invoiceList(w, r, nil)
}

// InvoicesOf lists the invoices of a customer.
func (a *Admin) InvoicesOf(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	return a.invoiceList(w, r, c)
}

func (a *Admin) invoiceList(w http.ResponseWriter, r *http.Request, c *account.Customer) error {
	page := admin.Invoices{Zone: time.UTC, MayChange: mayChange(r)}
	id := ""
	if c != nil {
		id, page.Customer, page.Name, page.Zone = c.ID, c.ID, c.Name, c.Location()
	}
	state := invoice.State(r.URL.Query().Get("state"))
	if slices.Contains([]invoice.State{invoice.Draft, invoice.Open, invoice.Paid, invoice.Uncollectible, invoice.Void, invoice.Failed}, state) && c == nil {
		page.State = string(state)
	} else {
		state = ""
	}
	var list []*invoice.Invoice
	err := a.view(r.Context(), func(t tx.Tx) (err error) {
		if list, err = a.Invoices.List(t, id, "", state, kit.CursorOf(r).After, paymentRows+1); err != nil || c == nil {
			return err
		}
		page.Schedules, err = a.scheduleRows(t, c.ID, page.MayChange)
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(list) > paymentRows {
		list = list[:paymentRows]
		page.Older = kit.Older(r, list[paymentRows-1].ID)
	}
	for _, in := range list {
		page.Rows = append(page.Rows, a.invoiceRow(r, in))
	}
	f := a.frame(r, "Invoices", "/admin/invoices")
	f.Zone = page.Zone
	return kit.Render(w, r, http.StatusOK, admin.InvoicesPage(f, page))
}

// billTo is who an invoice would be addressed to now.
func (a *Admin) billTo(r *http.Request, c *account.Customer) (admin.BillTo, error) {
	d, err := a.Accounts.Billing(r.Context(), c.ID)
	o := admin.BillTo{Name: c.Name, Email: c.Email, Problem: d.Problem}
	if d.Company != "" {
		o.Name = d.Company
	}
	if d.Email != "" {
		o.Email = d.Email
	}
	place := strings.TrimSpace(strings.Join([]string{d.PostalCode, d.City, d.State}, " "))
	for _, line := range []string{d.Line1, d.Line2, strings.Join(strings.Fields(place), " "), d.Country} {
		if line != "" {
			o.Lines = append(o.Lines, line)
		}
	}
	for _, id := range d.TaxIDs {
		o.TaxIDs = append(o.TaxIDs, id.Type+" "+id.Value)
	}
	return o, err
}

func (a *Admin) invoiceRow(r *http.Request, in *invoice.Invoice) admin.InvoiceRow {
	row := admin.InvoiceRow{
		ID: in.ID, Name: in.Name, Number: in.Number, CustomerID: in.Customer, Customer: in.Customer, Credits: in.Brings(), Price: in.Price,
		Outstanding: in.Outstanding(), Problem: in.Problem, At: in.CreatedAt, Due: in.DueAt,
	}
	row.State.Word, row.State.Tone = show.InvoiceState(in, a.Kit.Now())
	if c, err := a.Accounts.Customer(r.Context(), in.Customer); err == nil {
		row.Customer = c.Name
	}
	return row
}

// NewInvoice shows the form that drafts an invoice.
func (a *Admin) NewInvoice(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	details, err := a.Accounts.Billing(r.Context(), c.ID)
	if err != nil {
		return err
	}
	return a.invoiceForm(w, r, c, "", &kit.Form{Form: ui.Form{Values: map[string]string{"po_number": details.PONumber}}})
}

func (a *Admin) invoiceForm(w http.ResponseWriter, r *http.Request, c *account.Customer, invoiceID string, form *kit.Form) error {
	page := admin.InvoiceForm{
		Form: form.Form, ID: c.ID, Name: c.Name, Email: c.Email, Types: typeOptions(a.Catalog.Snapshot()), Terms: termOptions(), Tax: exemptOptions(),
		Back: "/admin/customers/" + c.ID + "/invoices", Action: "/admin/customers/" + c.ID + "/invoices/new", Nonce: nonce(r, form),
	}
	var err error
	if page.Bill, err = a.billTo(r, c); err != nil {
		return err
	}
	page.Email = page.Bill.Email
	page.Repeat, page.Today = repeatOptions(), a.Kit.Now().In(c.Location()).Format(time.DateOnly)
	if invoiceID != "" {
		page.Repeat = nil
		page.Back, page.Action = "/admin/invoices/"+invoiceID, "/admin/invoices/"+invoiceID+"/edit"
	}
	f := a.frame(r, "Invoice for "+c.Name, "/admin/invoices")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), admin.InvoiceFormPage(f, page))
}

// typedInvoice reads the form.
func typedInvoice(form *kit.Form, customer string) invoice.NewInvoice {
	n := invoice.NewInvoice{
		Customer: customer, CreditType: form.Text("credit_type"), Name: form.Text("name"), OnIssue: form.Checked("on_issue"), PONumber: form.Text("po_number"),
		Memo: form.Text("memo"), TaxExempt: invoice.TaxExempt(form.Text("tax_exempt")), Key: form.Text("nonce"),
		Recipients: strings.FieldsFunc(form.Text("recipients"), func(r rune) bool { return strings.ContainsRune(" ,;\r\n\t", r) }),
	}
	if form.Require("credits", "Say how many credits are sold."); form.Text("credits") != "" {
		n.Credits = form.Credits("credits")
	}
	currency := strings.ToLower(form.Text("currency"))
	if form.Require("price", "Say what they cost."); form.Text("price") != "" {
		m, err := money.Parse(strings.ReplaceAll(form.Text("price"), ",", ""), currency)
		if err != nil {
			form.Fail("price", "This "+err.Error()+".")
		}
		n.Price = m
	}
	days := func(name, text string) int {
		s := form.Text(name)
		if s == "" {
			return 0
		}
		d, err := strconv.Atoi(s)
		if err != nil {
			form.Fail(name, text)
		}
		return d
	}
	n.NetDays = days("net_days", "Choose one of the list.")
	n.ExpiresAfterDays = days("expires_after_days", "Give the days as a whole number, or leave it empty.")
	return n
}

// NewInvoiceSend drafts an invoice and goes on to its review.
func (a *Admin) NewInvoiceSend(w http.ResponseWriter, r *http.Request) error {
	c, err := a.customer(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, invoiceLabels)
	if err != nil {
		return err
	}
	n := typedInvoice(form, c.ID)
	if form.Failed() {
		return a.invoiceForm(w, r, c, "", form)
	}
	if form.Text("every") != "" {
		return a.agree(w, r, c, form, n)
	}
	in, err := a.Invoices.Draft(r.Context(), kit.Actor(r), n)
	if err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return a.invoiceForm(w, r, c, "", form)
	}
	return kit.Go(w, r, "/admin/invoices/"+in.ID)
}

// EditInvoice shows a draft in the form again.
func (a *Admin) EditInvoice(w http.ResponseWriter, r *http.Request) error {
	in, c, err := a.invoiceOf(r)
	if err != nil {
		return err
	}
	if in.State() != invoice.Draft {
		return kit.Go(w, r, "/admin/invoices/"+in.ID)
	}
	form := &kit.Form{Form: ui.Form{Values: map[string]string{
		"credits": in.Credits.String(), "credit_type": in.CreditType, "price": in.Price.Decimal(), "currency": in.Price.Currency, "name": in.Name,
		"net_days": strconv.Itoa(in.NetDays), "po_number": in.PONumber, "memo": in.Memo, "tax_exempt": string(in.TaxExempt), "recipients": strings.Join(in.Recipients, "\n"),
	}}}
	if in.OnIssue {
		form.Values["on_issue"] = "yes"
	}
	if in.ExpiresAfterDays > 0 {
		form.Values["expires_after_days"] = strconv.Itoa(in.ExpiresAfterDays)
	}
	return a.invoiceForm(w, r, c, in.ID, form)
}

// EditInvoiceSend changes a draft.
func (a *Admin) EditInvoiceSend(w http.ResponseWriter, r *http.Request) error {
	in, c, err := a.invoiceOf(r)
	if err != nil {
		return err
	}
	form, err := kit.ReadForm(w, r, invoiceLabels)
	if err != nil {
		return err
	}
	n := typedInvoice(form, in.Customer)
	if form.Failed() {
		return a.invoiceForm(w, r, c, in.ID, form)
	}
	if _, err := a.Invoices.Edit(r.Context(), kit.Actor(r), in.ID, n); err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return a.invoiceForm(w, r, c, in.ID, form)
	}
	return kit.Go(w, r, "/admin/invoices/"+in.ID)
}

func (a *Admin) invoiceOf(r *http.Request) (*invoice.Invoice, *account.Customer, error) {
	in, err := a.Invoices.Invoice(r.Context(), r.PathValue("invoice"))
	if err != nil {
		return nil, nil, err
	}
	c, err := a.Accounts.Customer(r.Context(), in.Customer)
	return in, c, err
}

// Invoice shows one invoice: a draft for review, or how it stands.
func (a *Admin) Invoice(w http.ResponseWriter, r *http.Request) error {
	in, c, err := a.invoiceOf(r)
	if err != nil {
		return err
	}
	at := func(n int64) money.Money { return money.Money{Amount: n, Currency: in.Price.Currency} }
	page := admin.Invoice{
		InvoiceRow: a.invoiceRow(r, in), Draft: in.State() == invoice.Draft, Payable: in.Payable(), MayChange: mayChange(r), Unit: show.Unit(a.Catalog.Snapshot(), in.CreditType),
		Waits: in.State() == invoice.Issuing || in.Doing != "", Terms: terms(in.NetDays), Exempt: exemptNames[in.TaxExempt], OnIssue: in.OnIssue, PO: in.PONumber, Memo: in.Memo, Email: c.Email,
		Recipients: in.Recipients, Total: at(in.Total), Tax: at(in.Tax), Paid: at(in.AmountPaid), URL: in.URL, Purchase: in.Purchase, Stripe: in.Invoice,
		Clawed: in.Clawed, Reason: in.Reason, Schedule: in.Schedule, Issued: in.IssuedAt, Finished: in.FinishedAt, Zone: c.Location(), Expires: "never",
		MayVoid: (in.State() == invoice.Open || in.State() == invoice.Uncollectible) && !in.Processing, MayGiveUp: in.State() == invoice.Open,
		Resend: in.Payable() && in.Collection == invoice.Send, Remake: string(in.Remake), MayRemake: in.Remake == charge.RemakeRefused && in.AmountPaid == 0,
		Replaces: in.ReplacesNumber,
	}
	if page.Bill, err = a.billTo(r, c); err != nil {
		return err
	}
	if page.Draft {
		page.Email = page.Bill.Email
	}
	if in.Collection == invoice.Charge {
		page.Terms = "charged to " + in.Method.Name()
	}
	if in.ExpiresAfterDays > 0 {
		page.Expires = words.Count(in.ExpiresAfterDays, "day") + " after they come"
	}
	if in.Grant != 0 {
		page.Grant = in.Grant.String()
	}
	if page.Draft {
		err := a.view(r.Context(), func(t tx.Tx) error {
			b, err := a.Invoices.Preview(t, in)
			page.Says = a.invoiceSays(in, page.Email, b)
			return err
		})
		if err != nil {
			return err
		}
	}
	f := a.frame(r, "Invoice for "+c.Name, "/admin/invoices")
	f.Zone = c.Location()
	return kit.Render(w, r, http.StatusOK, admin.InvoicePage(f, page))
}

func (a *Admin) invoiceSays(in *invoice.Invoice, email string, b ledger.Balance) []string {
	unit := show.Unit(a.Catalog.Snapshot(), in.CreditType)
	tax := ""
	if a.Invoices.Charges.AutomaticTax && in.TaxExempt != invoice.TaxExempts && in.TaxExempt != invoice.TaxReverse {
		tax = ", plus tax as Stripe computes it"
	}
	out := []string{"Stripe mails an invoice over " + ui.Money(in.Price) + tax + " to " + email + ", with a page on which it can be paid."}
	if len(in.Recipients) > 0 {
		out = append(out, "Purse mails the link to "+strings.Join(in.Recipients, ", ")+".")
	}
	if in.OnIssue {
		out = append(out, unit.Does(in.Credits, "is", "are")+" given at once: "+unit.Amount(b.Available+in.Credits)+" will be available. If the invoice is never paid, what is unused is taken back and what was used becomes debt.")
	} else {
		out = append(out, unit.Does(in.Credits, "is", "are")+" given when it is paid.")
		if b.Debt > 0 {
			out = append(out, "They first settle "+unit.Amount(b.Debt)+" that "+unit.Verb(b.Debt, "is", "are")+" owed.")
		}
	}
	return append(out, "An invoice that was sent cannot be changed, only voided.")
}

// SendInvoice lets Stripe send a draft.
func (a *Admin) SendInvoice(w http.ResponseWriter, r *http.Request) error {
	return a.invoiceAct(w, r, func(id string) (*invoice.Invoice, error) { return a.Invoices.Issue(r.Context(), kit.Actor(r), id) }, "The invoice was sent.")
}

// ResendInvoice sends an open invoice again.
func (a *Admin) ResendInvoice(w http.ResponseWriter, r *http.Request) error {
	return a.invoiceAct(w, r, func(id string) (*invoice.Invoice, error) { return a.Invoices.Resend(r.Context(), kit.Actor(r), id) }, "The invoice was sent again.")
}

// RemakeInvoice voids an open invoice of a customer that is gone at Stripe, and makes
// it again, after Stripe has refused that.
func (a *Admin) RemakeInvoice(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("invoice")
	in, err := a.Invoices.Remake(r.Context(), kit.Actor(r), id)
	tone, said := ui.Good, "The invoice was voided and is made again."
	switch {
	case err != nil:
		var form kit.Form
		if err := form.Take(err); err != nil {
			return err
		}
		tone, said = ui.Bad, form.Errors[0].Text
	case in.Remake == charge.RemakeRefused:
		tone, said = ui.Bad, "Stripe refused once more."
	}
	if err := a.Kit.Say(w, r, tone, said); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/invoices/"+id)
}

// DiscardInvoice throws a draft away.
func (a *Admin) DiscardInvoice(w http.ResponseWriter, r *http.Request) error {
	return a.invoiceAct(w, r, func(id string) (*invoice.Invoice, error) {
		if err := a.Invoices.Discard(r.Context(), kit.Actor(r), id); err != nil {
			return nil, err
		}
		return a.Invoices.Invoice(r.Context(), id)
	}, "The draft was thrown away.")
}

func (a *Admin) invoiceAct(w http.ResponseWriter, r *http.Request, act func(id string) (*invoice.Invoice, error), done string) error {
	id := r.PathValue("invoice")
	in, err := act(id)
	tone := ui.Good
	switch {
	case err != nil:
		var form kit.Form
		if err := form.Take(err); err != nil {
			return err
		}
		tone, done = ui.Bad, form.Errors[0].Text
	case in.State() == invoice.Failed:
		tone, done = ui.Bad, in.Problem
	case in.Doing != "":
		tone, done = ui.Info, "Stripe does not answer at the moment. Purse goes on by itself."
	}
	if err := a.Kit.Say(w, r, tone, done); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/invoices/"+id)
}

// invoiceEnds are the ways to end an open invoice.
var invoiceEnds = map[string]struct {
	act                       charge.Act
	title, text, button, done string
	says                      func(in *invoice.Invoice) []string
}{
	"void": {charge.ActVoid, "Void the invoice", "It cannot be paid any more.", "Void it", "The invoice was voided.", func(in *invoice.Invoice) []string {
		return append([]string{"Nobody can pay it any more. This cannot be undone."}, onIssueSays(in)...)
	}},
	"uncollectible": {charge.ActUncollectible, "Mark as uncollectible", "It is given up, and can still be paid.", "Mark as uncollectible", "The invoice was given up.", func(in *invoice.Invoice) []string {
		return append([]string{"It is not expected to be paid any more, but still can be: then all comes back."}, onIssueSays(in)...)
	}},
	"record": {charge.ActRecord, "Record a payment", "The money came another way: by cheque, or to another account.", "It was paid", "The payment was recorded.", func(in *invoice.Invoice) []string {
		return []string{"The invoice is paid, in full. The credits come as if it had been paid at Stripe.", "A refund of it has to be made outside Stripe too."}
	}},
}

func onIssueSays(in *invoice.Invoice) []string {
	if !in.OnIssue || in.Clawed > 0 {
		return nil
	}
	return []string{"Its credits were given on issue: what is unused is taken back, what was used becomes debt."}
}

// EndInvoice asks for a reason before an invoice is voided, given up, or
// recorded as paid.
func (a *Admin) EndInvoice(w http.ResponseWriter, r *http.Request) error {
	return a.endInvoice(w, r, nil)
}

// EndInvoiceSend previews that, or does it.
func (a *Admin) EndInvoiceSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, invoiceLabels)
	if err != nil {
		return err
	}
	return a.endInvoice(w, r, form)
}

func (a *Admin) endInvoice(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	in, c, err := a.invoiceOf(r)
	if err != nil {
		return err
	}
	path := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	end, back := invoiceEnds[path], "/admin/invoices/"+in.ID
	page := func() error {
		if form == nil {
			form = &kit.Form{}
		}
		f := a.frame(r, end.title, "/admin/invoices")
		f.Failed = form.Failed()
		return kit.Render(w, r, form.Status(), admin.ReasonPage(f, admin.ReasonForm{
			Form: form.Form, Title: end.title, Text: end.text, Back: back, Name: "Invoice for " + c.Name, Action: back + "/" + path, Nonce: nonce(r, form),
		}))
	}
	if form == nil {
		return page()
	}
	reason := reasonOf(form)
	if form.Failed() || form.Checked("edit") {
		return page()
	}
	if !form.Checked("confirmed") {
		return kit.Render(w, r, http.StatusOK, admin.PreviewPage(a.frame(r, end.title, "/admin/invoices"), admin.Preview{
			Title: end.title, Name: "Invoice", Back: back, Action: back + "/" + path, Hidden: hidden(form), Reason: reason, Button: end.button,
			Danger: path != "record", Says: end.says(in),
		}))
	}
	return a.invoiceAct(w, r, func(id string) (*invoice.Invoice, error) {
		return a.Invoices.Do(r.Context(), kit.Actor(r), id, end.act, reason)
	}, end.done)
}
