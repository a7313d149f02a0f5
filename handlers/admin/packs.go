package admin

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/admin"
	"purse/views/ui"
)

func packRow(s *catalog.Snapshot, p *catalog.Pack) admin.Pack {
	unit := show.Unit(s, p.CreditType)
	row := admin.Pack{ID: p.ID, Name: p.Name, Unit: unit, Amount: unit.Amount(p.Credits), ExpireDays: p.ExpiresAfterDays, Archived: p.Archived()}
	if p.Any != nil {
		row.Amount = ui.Credits(p.Any.Min) + " to " + unit.Amount(p.Any.Max)
	}
	for _, c := range p.Currencies() {
		text := ui.Code(c)
		if q, err := p.Least(c); err == nil {
			text = ui.Money(q.Price)
		}
		if p.Any != nil {
			text = "from " + text + ", " + string(p.PriceIn(c).Model)
		}
		row.Prices = append(row.Prices, text)
	}
	if len(p.Bonuses) > 0 {
		row.Bonus = "with a bonus"
	}
	return row
}

// suffix names the fields of the nth price: the first has none.
func suffix(n int) string {
	if n == 0 {
		return ""
	}
	return "_" + strconv.Itoa(n)
}

func tierField(price, tier int, name string) string {
	return "t" + strconv.Itoa(price) + "_" + strconv.Itoa(tier) + "_" + name
}

func bonusField(n int, name string) string { return "b" + strconv.Itoa(n) + "_" + name }

// some is an amount for an input, "" for zero.
func some(c money.Credits) string {
	if c == 0 {
		return ""
	}
	return c.String()
}

func days(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// packValues are the fields of a pack's form as they are now.
func packValues(p *catalog.Pack) map[string]string {
	v := map[string]string{"name": p.Name, "tax_behavior": p.TaxBehavior, "tax_code": p.TaxCode, "expires_after_days": strconv.Itoa(p.ExpiresAfterDays)}
	if p.Any != nil {
		v["min"], v["max"], v["step"] = some(p.Any.Min), some(p.Any.Max), some(p.Any.Step)
	} else {
		v["credits"] = some(p.Credits)
	}
	for i, price := range p.Prices {
		v["currency"+suffix(i)], v["model"+suffix(i)] = price.Currency, string(price.Model)
		if price.Model == catalog.Fixed {
			v["price"+suffix(i)] = money.Money{Amount: price.Amount, Currency: price.Currency}.Decimal()
		}
		for j, t := range price.Tiers {
			v[tierField(i, j, "up_to")], v[tierField(i, j, "unit")], v[tierField(i, j, "block")], v[tierField(i, j, "percent")] = some(t.UpTo), t.Unit, some(t.Block), t.Percent
			if t.Flat != 0 {
				v[tierField(i, j, "flat")] = money.Money{Amount: t.Flat, Currency: price.Currency}.Decimal()
			}
		}
	}
	for i, b := range p.Bonuses {
		v[bonusField(i, "from")], v[bonusField(i, "credits")], v[bonusField(i, "percent")], v[bonusField(i, "days")] = some(b.From), some(b.Credits), b.Percent, days(b.ExpiresAfterDays)
	}
	return v
}

// packPage is the form of a pack: a new one for nil.
func (a *Admin) packPage(p *catalog.Pack, anyAmount bool) admin.PackForm {
	page := admin.PackForm{
		Title: "Add a pack", Text: "Customers buy it as it is.", Action: "/admin/catalog/packs/new", Button: "Add", New: true, Any: anyAmount,
		Types: typeOptions(a.Catalog.Snapshot()), Prices: []int{2}, Bonuses: 1,
		Values: map[string]string{"currency": "usd", "model": string(catalog.Graduated), "expires_after_days": "0", "step": "1"},
	}
	if anyAmount {
		page.Title, page.Text = "Add a pack for any amount", "Customers choose how many credits; the price is made of tiers."
	}
	if p == nil {
		return page
	}
	page.Title, page.Text, page.New, page.Any = p.Name, "A change holds for the next purchase. What was bought stays as it was bought.", false, p.Any != nil
	page.Action, page.Button = "/admin/catalog/packs/"+p.ID, "Save"
	page.Archive, page.Back = page.Action+"/archive", p.Archived()
	page.Values, page.Prices, page.Bonuses = packValues(p), nil, max(1, len(p.Bonuses))
	for _, price := range p.Prices {
		page.Prices = append(page.Prices, max(2, len(price.Tiers)))
	}
	return page
}

const (
	mostPrices  = 12
	mostTiers   = 20
	mostBonuses = 10
)

// grow lets the page have the rows that the form had, and the one that was asked
// for.
func grow(page *admin.PackForm, form *kit.Form) {
	count := func(name string, otherwise, most int) int {
		n, err := strconv.Atoi(form.Text(name))
		if err != nil {
			n = otherwise
		}
		if form.Text("do") == name {
			n++
		}
		return min(max(n, 1), most)
	}
	prices := count("prices", len(page.Prices), mostPrices)
	page.Bonuses = count("bonuses", page.Bonuses, mostBonuses)
	old := page.Prices
	page.Prices = nil
	for i := range prices {
		tiers := 2
		if i < len(old) {
			tiers = old[i]
		}
		page.Prices = append(page.Prices, count("tiers_"+strconv.Itoa(i), tiers, mostTiers))
	}
}

func packLabels(page admin.PackForm) map[string]string {
	out := map[string]string{
		"credit_type": "Credit type", "name": "Name", "credits": "Credits", "min": "Smallest amount", "max": "Largest amount", "step": "In steps of",
		"expires_after_days": "Expires after", "tax_behavior": "Tax", "tax_code": "Tax code", "preview_credits": "Preview",
	}
	for i, tiers := range page.Prices {
		out["price"+suffix(i)], out["currency"+suffix(i)], out["model"+suffix(i)] = "Price", "Currency", "Model"
		for j := range tiers {
			at := " of tier " + strconv.Itoa(j+1)
			out[tierField(i, j, "up_to")], out[tierField(i, j, "unit")], out[tierField(i, j, "flat")] = "Up to"+at, "Price"+at, "Fee"+at
			out[tierField(i, j, "block")], out[tierField(i, j, "percent")] = "Block"+at, "Percent"+at
		}
	}
	for i := range page.Bonuses {
		at := " of bonus " + strconv.Itoa(i+1)
		out[bonusField(i, "from")], out[bonusField(i, "credits")], out[bonusField(i, "percent")], out[bonusField(i, "days")] = "From"+at, "Credits"+at, "Percent"+at, "Days"+at
	}
	return out
}

// packRead reads a pack's form. names says which field it is that the catalog
// names in a refusal.
func packRead(form *kit.Form, page admin.PackForm) (n catalog.NewPack, names map[string]string) {
	names = map[string]string{"any_amount.min": "min", "any_amount.max": "max", "any_amount.step": "step"}
	n = catalog.NewPack{
		Name: form.Text("name"), CreditType: form.Text("credit_type"), TaxBehavior: form.Text("tax_behavior"), TaxCode: form.Text("tax_code"),
		ExpiresAfterDays: whole(form, "expires_after_days"),
	}
	optional := func(name string) money.Credits {
		if form.Text(name) == "" {
			return 0
		}
		return form.Credits(name)
	}
	if page.Any {
		n.Any = &catalog.Range{Min: form.Credits("min"), Max: form.Credits("max"), Step: form.Credits("step")}
	} else {
		n.Credits = form.Credits("credits")
	}
	for i, tiers := range page.Prices {
		price, ok := readPrice(form, page, i, len(n.Prices), tiers, names)
		if ok {
			n.Prices = append(n.Prices, price)
		}
	}
	for i := range page.Bonuses {
		at, row := "bonuses["+strconv.Itoa(len(n.Bonuses))+"]", func(name string) string { return bonusField(i, name) }
		if form.Text(row("credits"))+form.Text(row("percent"))+form.Text(row("from")) == "" {
			continue
		}
		names[at+".from"], names[at+".credits"], names[at+".percent"], names[at+".expires_after_days"] = row("from"), row("credits"), row("percent"), row("days")
		n.Bonuses = append(n.Bonuses, catalog.Bonus{
			From: optional(row("from")), Credits: optional(row("credits")), Percent: strings.TrimSuffix(form.Text(row("percent")), "%"), ExpiresAfterDays: whole(form, row("days")),
		})
	}
	return n, names
}

// readPrice reads the nth price of the form, which becomes the pack's kth. A row
// without any price is none.
func readPrice(form *kit.Form, page admin.PackForm, i, k, tiers int, names map[string]string) (catalog.Price, bool) {
	currency := strings.ToLower(form.Text("currency" + suffix(i)))
	p := catalog.Price{Currency: currency, Model: catalog.Fixed}
	at := "prices[" + strconv.Itoa(k) + "]"
	names[at+".currency"], names[at+".model"] = "currency"+suffix(i), "model"+suffix(i)
	fixed := form.Text("price" + suffix(i))
	if !page.Any {
		if fixed == "" && i > 0 {
			return p, false
		}
		if k == 0 {
			names["price"], names["price.currency"] = "price", "currency"
		}
		names[at], names[at+".amount"] = "price"+suffix(i), "price"+suffix(i)
		m, err := money.Parse(strings.ReplaceAll(fixed, ",", ""), currency)
		if err != nil {
			name := "price"
			if _, ok := money.Exponent(currency); !ok {
				name = "currency"
			}
			form.Fail(name+suffix(i), "This "+err.Error()+".")
		}
		p.Amount = m.Amount
		return p, true
	}
	p.Model = catalog.Model(form.Text("model" + suffix(i)))
	names[at+".tiers"], names[at] = tierField(i, 0, "unit"), tierField(i, 0, "unit")
	for j := range tiers {
		row := func(name string) string { return tierField(i, j, name) }
		if form.Text(row("up_to"))+form.Text(row("unit"))+form.Text(row("flat"))+form.Text(row("block"))+form.Text(row("percent")) == "" {
			continue
		}
		to := at + ".tiers[" + strconv.Itoa(len(p.Tiers)) + "]"
		names[to], names[to+".unit_price"], names[to+".up_to"] = row("unit"), row("unit"), row("up_to")
		names[to+".flat_amount"], names[to+".block"], names[to+".percent"] = row("flat"), row("block"), row("percent")
		t := catalog.Tier{Unit: strings.ReplaceAll(form.Text(row("unit")), ",", ""), Percent: strings.TrimSuffix(form.Text(row("percent")), "%")}
		for _, f := range []struct {
			name string
			to   *money.Credits
		}{{"up_to", &t.UpTo}, {"block", &t.Block}} {
			if form.Text(row(f.name)) != "" {
				*f.to = form.Credits(row(f.name))
			}
		}
		if s := form.Text(row("flat")); s != "" {
			m, err := money.Parse(strings.ReplaceAll(s, ",", ""), currency)
			if err != nil && !strings.Contains(err.Error(), "currency") {
				form.Fail(row("flat"), "This "+err.Error()+".")
			}
			t.Flat = m.Amount
		}
		p.Tiers = append(p.Tiers, t)
	}
	return p, len(p.Tiers) > 0 || i == 0
}

// packShow renders a pack's form.
func (a *Admin) packShow(w http.ResponseWriter, r *http.Request, form *kit.Form, page admin.PackForm) error {
	f := a.frame(r, page.Title, "/admin/catalog")
	f.Failed, page.Form = form.Failed(), form.Form
	return kit.Render(w, r, form.Status(), admin.PackPage(f, page))
}

// NewPack shows the form for a pack: of fixed size, or for any amount.
func (a *Admin) NewPack(w http.ResponseWriter, r *http.Request) error {
	return a.packShow(w, r, &kit.Form{}, a.packPage(nil, r.URL.Query().Get("kind") == "any"))
}

// NewPackSend makes a pack.
func (a *Admin) NewPackSend(w http.ResponseWriter, r *http.Request) error {
	return a.packSend(w, r, nil)
}

// Pack shows a pack to change.
func (a *Admin) Pack(w http.ResponseWriter, r *http.Request) error {
	p := a.Catalog.Snapshot().Pack(r.PathValue("pack"))
	if p == nil {
		return fault.Missing("pack")
	}
	page := a.packPage(p, false)
	quotes(&page, p, 0, show.Unit(a.Catalog.Snapshot(), p.CreditType))
	return a.packShow(w, r, &kit.Form{}, page)
}

// PackSend changes a pack.
func (a *Admin) PackSend(w http.ResponseWriter, r *http.Request) error {
	p := a.Catalog.Snapshot().Pack(r.PathValue("pack"))
	if p == nil {
		return fault.Missing("pack")
	}
	return a.packSend(w, r, p)
}

// packSend adds a row to the form, says what it would sell, or saves it.
func (a *Admin) packSend(w http.ResponseWriter, r *http.Request, p *catalog.Pack) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	page := a.packPage(p, form.Text("kind") == "any")
	grow(&page, form)
	form.Label(packLabels(page))
	do := form.Text("do")
	if do != "" && do != "preview" {
		return a.packShow(w, r, form, page) // a row more
	}
	n, names := packRead(form, page)
	creditType := n.CreditType
	if p != nil {
		creditType = p.CreditType
	}
	var draft *catalog.Pack
	if !form.Failed() {
		draft, err = catalog.Draft(n)
	}
	if err == nil && !form.Failed() && do == "preview" {
		at := money.Credits(0)
		if form.Text("preview_credits") != "" {
			at = form.Credits("preview_credits")
		}
		quotes(&page, draft, at, show.Unit(a.Catalog.Snapshot(), creditType))
		return a.packShow(w, r, form, page)
	}
	if err == nil && !form.Failed() {
		if p == nil {
			_, err = a.Catalog.CreatePack(r.Context(), kit.Actor(r), n)
		} else {
			_, err = a.Catalog.UpdatePack(r.Context(), kit.Actor(r), p.ID, packChange(n))
		}
	}
	if f, ok := fault.As(err); ok && names[f.Param] != "" {
		err = fault.New(f.Kind, f.Code, names[f.Param], "%s", f.Detail)
	}
	if form.Failed() || err != nil {
		if err := form.Take(err); err != nil {
			return err
		}
		return a.packShow(w, r, form, page)
	}
	tone, text := ui.Good, "Saved."
	if p == nil {
		text = "The pack is on sale."
	}
	if warnings := draft.Warnings(); len(warnings) > 0 {
		tone, text = ui.Warn, text+" "+strings.Join(warnings, " ")
	}
	if err := a.Kit.Say(w, r, tone, text); err != nil {
		return err
	}
	return kit.Go(w, r, "/admin/catalog")
}

func packChange(n catalog.NewPack) catalog.PackChange {
	ch := catalog.PackChange{
		Name: &n.Name, Any: n.Any, Prices: n.Prices, Bonuses: &n.Bonuses, TaxBehavior: &n.TaxBehavior, TaxCode: &n.TaxCode, ExpiresAfterDays: &n.ExpiresAfterDays,
	}
	if n.Any == nil {
		ch.Credits = &n.Credits
	}
	return ch
}

// quotes are what a pack would sell: its ends, or an amount that was asked for.
func quotes(page *admin.PackForm, p *catalog.Pack, at money.Credits, unit ui.Unit) {
	amounts := []money.Credits{p.Credits}
	if p.Any != nil {
		amounts = []money.Credits{p.Any.Min, p.Any.Max}
		if at != 0 {
			amounts = []money.Credits{at}
		}
	}
	page.Warnings = p.Warnings()
	for _, amount := range amounts {
		for _, currency := range p.Currencies() {
			q, err := catalog.Quote(p, amount, currency)
			row := admin.PackQuote{Amount: unit.Amount(cmp.Or(q.Credits, amount)), Currency: ui.Code(currency)}
			if f, refused := fault.As(err); refused {
				row.Problem = f.Detail
			} else if err == nil {
				row.Price, row.Lines = ui.Money(q.Price), show.Lines(q.Lines, unit, currency)
				if q.Bonus > 0 {
					row.Bonus = unit.Amount(q.Bonus)
				}
			}
			page.Preview = append(page.Preview, row)
		}
	}
}
