package portal

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/card"
	"purse/billing/catalog"
	"purse/billing/fault"
	"purse/billing/id"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

const rechargeRows = 25 // on a page

var rechargeLabels = map[string]string{
	"threshold": "When available reaches", "pack": "Pack", "target": "Back up to", "quantity": "So many times", "cap": "Cap", "per_day": "At most so many a day",
	"cooldown": "At most one in", "method": "Payment method", "backup": "Backup", "consent": "Agreement",
}

// Recharge shows auto-recharge of one wallet: how it stands, its settings and
// its history.
func (p *Portal) Recharge(w http.ResponseWriter, r *http.Request) error {
	if kit.IsPart(r) {
		now, _, err := p.rechargeNow(r, p.rechargeType(r, r.URL.Query().Get("credit_type")))
		if err != nil {
			return err
		}
		return kit.Render(w, r, http.StatusOK, portal.RechargeNowPart(now))
	}
	return p.rechargePage(w, r, &kit.Form{})
}

// rechargeType is the credit type that a request is about.
func (p *Portal) rechargeType(r *http.Request, asked string) string {
	snapshot := p.Catalog.Snapshot()
	if t := snapshot.CreditType(asked); t != nil {
		return t.Key
	}
	var balances []ledger.Balance
	_ = p.view(r.Context(), func(t tx.Tx) (err error) {
		balances, err = p.Ledger.Balances(t, kit.VisitorOf(r).Customer.ID)
		return err
	})
	return show.Type("", snapshot, balances)
}

// policyOf answers the policy of a wallet, nil when there never was one, with
// the recharge that is open.
func (p *Portal) policyOf(t tx.Tx, customer, creditType string) (*recharge.Policy, *recharge.Recharge, error) {
	list, err := p.Recharges.Policies(t, customer)
	if err != nil {
		return nil, nil, err
	}
	for _, policy := range list {
		if policy.CreditType == creditType {
			open, err := p.Recharges.Open(t, customer, creditType)
			return policy, open, err
		}
	}
	return nil, nil, nil
}

// rechargeNow is the part that changes by itself.
func (p *Portal) rechargeNow(r *http.Request, creditType string) (now portal.RechargeNow, policy *recharge.Policy, err error) {
	v, unit := kit.VisitorOf(r), show.Unit(p.Catalog.Snapshot(), creditType)
	err = p.view(r.Context(), func(t tx.Tx) error {
		now = portal.RechargeNow{Type: creditType, MayChange: v.Role.MayBuy()}
		b, err := p.Ledger.Balance(t, ledger.WalletKey{Customer: v.Customer.ID, CreditType: creditType})
		if err != nil {
			return err
		}
		now.Available = unit.Round(b.Available)
		var open *recharge.Recharge
		if policy, open, err = p.policyOf(t, v.Customer.ID, creditType); err != nil {
			return err
		}
		now.State = show.RechargeState(policy, open, unit, t.Now(), v.Customer.Location())
		if now.State.Off {
			return nil
		}
		now.PollPath, now.PollEvery = "/recharge?credit_type="+creditType, "5s"
		if now.State.Busy {
			now.PollEvery = "2s"
		}
		now.Summary = []string{strings.Join(p.rechargeSays(policy), " "), strings.Join(p.rechargeMore(policy), " ")}
		if policy.State == recharge.Armed && policy.Note == "" {
			now.State.Text = nil // the settings say it
		}
		spent, err := p.Recharges.SpentThisMonth(t, policy)
		now.Spent = ui.Money(spent) + " of " + ui.Money(capOf(policy))
		return err
	})
	return now, policy, err
}

func capOf(q *recharge.Policy) money.Money {
	return money.Money{Amount: q.Cap, Currency: q.Price.Currency}
}

// plusTax is what the price of an automatic purchase is said with, where Stripe
// adds tax to it. behavior is how it was consented to, "" before that was kept.
func (p *Portal) plusTax(behavior string) string {
	if p.Recharges.Charges.AutomaticTax && behavior != "inclusive" {
		return " plus tax"
	}
	return ""
}

// rechargeSays are the three sentences.
func (p *Portal) rechargeSays(q *recharge.Policy) []string {
	snapshot := p.Catalog.Snapshot()
	unit, name := show.Unit(snapshot, q.CreditType), "a pack that is not sold any more"
	if pack := snapshot.Pack(q.Pack); pack != nil {
		name = pack.Name
	}
	return []string{
		"When available reaches " + unit.Amount(q.Threshold) + " or less,",
		show.Buys(q, name, unit) + p.plusTax(q.TaxBehavior) + ",",
		"and spend at most " + ui.Money(capOf(q)) + " a month, tax included.",
	}
}

// rechargeMore are the payment methods and how often.
func (p *Portal) rechargeMore(q *recharge.Policy) []string {
	cards := "Charges " + q.Method.Name()
	if q.Backup.ID != "" {
		cards += ", and " + q.Backup.Name() + " when it is declined"
	}
	return []string{cards + ".", "At most " + strconv.Itoa(q.PerDay) + " a day, and one in " + show.Length(q.Cooldown) + "."}
}

func (p *Portal) promises() []string {
	return []string{
		"One automatic purchase at a time, and never more in a month than the cap, tax included.",
		show.RechargeTries(),
		"If the price goes up, nothing is charged: we ask you again. If it goes down, you pay less.",
		show.RechargeWait(),
		"Each purchase is an invoice of Stripe's, with a receipt, in the history below and under Purchases.",
	}
}

// rechargePage shows the page, with what was typed into the form.
func (p *Portal) rechargePage(w http.ResponseWriter, r *http.Request, form *kit.Form) error {
	v, snapshot := kit.VisitorOf(r), p.Catalog.Snapshot()
	asked := r.URL.Query().Get("credit_type")
	if s := form.Text("credit_type"); s != "" {
		asked = s
	}
	creditType := p.rechargeType(r, asked)
	now, policy, err := p.rechargeNow(r, creditType)
	if err != nil {
		return err
	}
	page := portal.Recharge{
		Form: form.Form, Type: creditType, Now: now, MayChange: v.Role.MayBuy(), Suspended: v.Customer.Status != account.Active, Unit: show.Unit(snapshot, creditType),
		MaxPerDay: recharge.MaxPerDay, MaxCount: recharge.MaxQuantity, Promises: p.promises(), Zone: v.Customer.Location(), Nonce: id.New("add", p.Kit.Now()),
	}
	if err := p.rechargePacks(r, creditType, &page); err != nil {
		return err
	}
	page.Rules = portal.RechargeRules{Quantity: "1", PerDay: strconv.Itoa(recharge.DefaultPerDay), Cooldown: minutes(recharge.DefaultCooldown)}
	if page.MayChange {
		list, err := p.Methods.List(r.Context(), v.Customer.ID)
		if page.Down = fault.Is(err, fault.Unavailable); err != nil && !page.Down {
			return err
		}
		for _, m := range list {
			if !card.MaySave(m.Type) || (page.Currency != "" && !card.Takes(m.Type, strings.ToLower(page.Currency))) {
				continue
			}
			text := m.Name()
			switch n := card.BusinessDays(m.Type); {
			case m.Expired(p.Kit.Now()):
				text += " (expired)"
			case m.Ended:
				text += " (debits withdrawn)"
			case n > 0:
				text += ", about " + strconv.Itoa(n) + " business days"
			}
			page.Methods = append(page.Methods, ui.Option{Value: m.ID, Text: text})
			switch {
			case policy != nil && m.Is(policy.Method.ID), policy == nil && m.Default:
				page.Rules.Method = m.ID
			case policy != nil && policy.Backup.ID != "" && m.Is(policy.Backup.ID), policy == nil && m.Backup:
				page.Rules.Backup = m.ID
			}
		}
	}
	chosen := recharge.DefaultCooldown
	if policy != nil {
		chosen = policy.Cooldown
		page.Rules.Threshold, page.Rules.Pack, page.Rules.Quantity = policy.Threshold.String(), policy.Pack, strconv.Itoa(policy.Quantity)
		if policy.Target > 0 {
			page.Rules.Target = policy.Target.String()
		}
		page.Rules.Cap, page.Rules.PerDay, page.Rules.Cooldown = capOf(policy).Decimal(), strconv.Itoa(policy.PerDay), minutes(policy.Cooldown)
	}
	page.Cooldowns = cooldowns(chosen)
	if err := p.rechargeHistory(r, creditType, &page); err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Auto-recharge", "/recharge")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.RechargePage(f, page))
}

// rechargePacks are what automatic recharges can buy, in the customer's currency.
func (p *Portal) rechargePacks(r *http.Request, creditType string, page *portal.Recharge) error {
	snapshot, customer := p.Catalog.Snapshot(), kit.VisitorOf(r).Customer.ID
	return p.view(r.Context(), func(t tx.Tx) error {
		page.Packs, page.Currency, page.MayTarget = nil, "", false
		currencies := map[string]bool{}
		for _, pack := range byPrice(snapshot.OnSale()) {
			if pack.CreditType != creditType {
				continue
			}
			currency, err := p.Recharges.CurrencyFor(t, customer, pack)
			if err != nil {
				return err
			}
			q, err := pack.Least(currency)
			if err != nil {
				continue // not sold in the customer's currency
			}
			currencies[currency], page.Currency = true, ui.Code(currency)
			if pack.Any != nil {
				page.MayTarget = true
				page.Packs = append(page.Packs, ui.Option{Value: pack.ID, Text: pack.Name + ", up to a level: from " + ui.Money(q.Price)})
				continue
			}
			page.Packs = append(page.Packs, ui.Option{Value: pack.ID, Text: pack.Name + ": " + page.Unit.Amount(q.Credits) + " for " + ui.Money(q.Price)})
		}
		if len(currencies) > 1 {
			page.Currency = ""
		}
		return nil
	})
}

// byPrice are packs with the cheapest of each currency first, those for any amount
// last.
func byPrice(packs []*catalog.Pack) []*catalog.Pack {
	packs = slices.Clone(packs)
	slices.SortStableFunc(packs, func(a, b *catalog.Pack) int {
		switch {
		case (a.Any == nil) != (b.Any == nil) && a.Any == nil:
			return -1
		case (a.Any == nil) != (b.Any == nil):
			return 1
		}
		if c := cmp.Compare(a.Price.Currency, b.Price.Currency); c != 0 {
			return c
		}
		return cmp.Compare(a.Price.Amount, b.Price.Amount)
	})
	return packs
}

// capCurrency is the currency of the cap: that in which the pack is bought.
func (p *Portal) capCurrency(r *http.Request, pack *catalog.Pack) (currency string, err error) {
	err = p.view(r.Context(), func(t tx.Tx) error {
		currency, err = p.Recharges.CurrencyFor(t, kit.VisitorOf(r).Customer.ID, pack)
		return err
	})
	return currency, err
}

func (p *Portal) rechargeHistory(r *http.Request, creditType string, page *portal.Recharge) error {
	v, cursor := kit.VisitorOf(r), kit.CursorOf(r).After
	var list []*recharge.Recharge
	err := p.view(r.Context(), func(t tx.Tx) (err error) {
		var balances []ledger.Balance
		if balances, err = p.Ledger.Balances(t, v.Customer.ID); err != nil {
			return err
		}
		page.Types = show.Types(p.Catalog.Snapshot(), balances, creditType, "/recharge")
		list, err = p.Recharges.History(t, v.Customer.ID, creditType, cursor, rechargeRows+1)
		return err
	})
	if err != nil {
		return err
	}
	page.Newer = kit.Newer(r)
	if len(list) > rechargeRows {
		list = list[:rechargeRows]
		page.Older = kit.Older(r, list[rechargeRows-1].ID)
	}
	page.History = show.Recharges(list, func(string) ui.Unit { return page.Unit })
	if !v.Role.MayBuy() {
		for i := range page.History {
			page.History[i].PayURL = ""
		}
	}
	return nil
}

func minutes(d time.Duration) string { return strconv.Itoa(int(d / time.Minute)) }

// cooldowns are the waits to choose from, with the one that is chosen.
func cooldowns(chosen time.Duration) []ui.Option {
	all := []time.Duration{recharge.MinCooldown, 30 * time.Minute, recharge.DefaultCooldown, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, recharge.MaxCooldown, chosen}
	slices.Sort(all)
	var out []ui.Option
	for _, d := range slices.Compact(all) {
		if d >= recharge.MinCooldown && d <= recharge.MaxCooldown {
			out = append(out, ui.Option{Value: minutes(d), Text: show.Length(d)})
		}
	}
	return out
}

// rechargeSettings reads the form. What it cannot read is said beside the field.
func (p *Portal) rechargeSettings(r *http.Request, form *kit.Form) recharge.Settings {
	v := kit.VisitorOf(r)
	set := recharge.Settings{
		Customer: v.Customer.ID, CreditType: p.rechargeType(r, form.Text("credit_type")), Pack: form.Text("pack"), Method: form.Text("method"), Backup: form.Text("backup"),
		Version: form.Text("version"), Consented: form.Checked("consent"), From: kit.From(r),
	}
	if form.Require("threshold", "Say at how many credits to buy."); form.Text("threshold") != "" {
		set.Threshold = form.Credits("threshold")
	}
	if form.Text("target") != "" {
		set.Target = form.Credits("target")
	}
	number := func(name, otherwise, text string) int {
		s := form.Text(name)
		if s == "" {
			s = otherwise
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			form.Fail(name, text)
			return 0
		}
		return n
	}
	set.Quantity = number("quantity", "1", "Give a whole number from 1 to "+strconv.Itoa(recharge.MaxQuantity)+".")
	set.PerDay = number("per_day", strconv.Itoa(recharge.DefaultPerDay), "Give a whole number from 1 to "+strconv.Itoa(recharge.MaxPerDay)+".")
	wait := number("cooldown", minutes(recharge.DefaultCooldown), "Choose one of the list.")
	set.Cooldown = min(time.Duration(wait), 1_000_000) * time.Minute
	pack := p.Catalog.Snapshot().Pack(set.Pack)
	if pack == nil {
		form.Fail("pack", "Choose one of the packs for sale.")
		return set
	}
	if form.Require("cap", "Say how much may be spent in a month at most."); form.Text("cap") != "" {
		currency, err := p.capCurrency(r, pack)
		amount := money.Money{}
		if err == nil {
			amount, err = money.Parse(strings.ReplaceAll(form.Text("cap"), ",", ""), currency)
		}
		if err != nil {
			form.Fail("cap", "This "+err.Error()+".")
		}
		set.Cap = amount
	}
	return set
}

// RechargeSend says what saving would do now, or saves.
func (p *Portal) RechargeSend(w http.ResponseWriter, r *http.Request) error {
	form, err := kit.ReadForm(w, r, rechargeLabels)
	if err != nil {
		return err
	}
	if form.Checked("edit") {
		return p.rechargePage(w, r, form)
	}
	set := p.rechargeSettings(r, form)
	if form.Failed() {
		return p.rechargePage(w, r, form)
	}
	v, err := p.Recharges.Preview(r.Context(), set)
	if err := form.Take(err); err != nil {
		return err
	}
	if form.Failed() {
		return p.rechargePage(w, r, form)
	}
	if !form.Checked("confirmed") {
		return p.rechargePreview(w, r, form, v)
	}
	if !set.Consented {
		form.Fail("consent", "Tick the box to agree that this payment method is charged automatically.")
	}
	if form.Failed() {
		return p.rechargePreview(w, r, form, v)
	}
	if set.Price, err = seenPrice(form); err != nil {
		form.Fail("", "The form is incomplete: look at it once more.")
		return p.rechargePage(w, r, form)
	}
	saved, err := p.Recharges.Save(r.Context(), kit.Actor(r), set)
	if err := form.Take(err); err != nil {
		return err
	}
	switch {
	case form.Error("consent") != "":
		return p.rechargePreview(w, r, form, v)
	case form.Failed():
		return p.rechargePage(w, r, form)
	}
	said := "Saved. Auto-recharge is on."
	if saved.State == recharge.Charging {
		said = "Saved. " + saved.Method.Name() + " is being charged."
	}
	if err := p.Kit.Say(w, r, ui.Good, said); err != nil {
		return err
	}
	return kit.Go(w, r, "/recharge?credit_type="+set.CreditType)
}

// seenPrice is the price that the preview showed, which is what is consented to.
func seenPrice(form *kit.Form) (money.Money, error) {
	n, err := strconv.ParseInt(form.Text("price"), 10, 64)
	if err == nil && (n <= 0 || form.Text("currency") == "") {
		err = errors.New("no price")
	}
	return money.Money{Amount: n, Currency: form.Text("currency")}, err
}

func (p *Portal) rechargePreview(w http.ResponseWriter, r *http.Request, form *kit.Form, v recharge.Preview) error {
	q := &v.Policy
	card, unit := q.Method.Name(), show.Unit(p.Catalog.Snapshot(), q.CreditType)
	page := portal.RechargePreview{
		Form: form.Form, Type: q.CreditType, Says: p.rechargeSays(q), More: p.rechargeMore(q), Charges: v.Charges, Consent: recharge.ConsentText,
		Button: "Save",
	}
	switch {
	case v.Charges:
		page.Does = "Saving this charges " + card + " " + ui.Money(v.Price) + p.plusTax(q.TaxBehavior) + " now"
		page.Button = "Save and charge " + ui.Money(v.Price)
	case v.Waits != "":
		page.Does = "Nothing is charged now. " + v.Waits
	default:
		page.Does = "Nothing is charged now: " + unit.Round(v.Available) + " " + unit.Verb(v.Available, "is", "are") + " available"
	}
	for _, name := range []string{"credit_type", "threshold", "pack", "quantity", "target", "cap", "per_day", "cooldown", "method", "backup"} {
		page.Hidden = append(page.Hidden, ui.Option{Value: name, Text: form.Text(name)})
	}
	page.Hidden = append(page.Hidden, ui.Option{Value: "price", Text: strconv.FormatInt(q.Price.Amount, 10)},
		ui.Option{Value: "currency", Text: q.Price.Currency}, ui.Option{Value: "version", Text: recharge.ConsentVersion})
	f := p.Kit.Frame(r, "Check and agree", "/recharge")
	f.Failed = form.Failed()
	return kit.Render(w, r, form.Status(), portal.RechargePreviewPage(f, page))
}

// RechargeOff turns auto-recharge off.
func (p *Portal) RechargeOff(w http.ResponseWriter, r *http.Request) error {
	return p.rechargeAct(w, r, func(creditType string) (string, error) {
		return "Auto-recharge is off.", p.Recharges.TurnOff(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, creditType)
	})
}

// RechargeResume goes on after a pause.
func (p *Portal) RechargeResume(w http.ResponseWriter, r *http.Request) error {
	return p.rechargeAct(w, r, func(creditType string) (string, error) {
		return "Auto-recharge goes on.", p.Recharges.Resume(r.Context(), kit.Actor(r), kit.VisitorOf(r).Customer.ID, creditType)
	})
}

func (p *Portal) rechargeAct(w http.ResponseWriter, r *http.Request, act func(creditType string) (string, error)) error {
	form, err := kit.ReadForm(w, r, nil)
	if err != nil {
		return err
	}
	creditType := p.rechargeType(r, form.Text("credit_type"))
	to := "/recharge?credit_type=" + creditType
	said, err := act(creditType)
	if fault.Is(err, fault.NotFound) { // there never was one: the page says so
		return kit.Go(w, r, to)
	}
	if err != nil {
		return p.orSay(w, r, err, to)
	}
	if err := p.Kit.Say(w, r, ui.Good, said); err != nil {
		return err
	}
	return kit.Go(w, r, to)
}

// rechargeLine is auto-recharge in one line of the overview.
func (p *Portal) rechargeLine(t tx.Tx, c *account.Customer, creditType string) (*portal.RechargeLine, error) {
	policy, open, err := p.policyOf(t, c.ID, creditType)
	if err != nil {
		return nil, err
	}
	s := show.RechargeState(policy, open, show.Unit(p.Catalog.Snapshot(), creditType), t.Now(), c.Location())
	line := &portal.RechargeLine{Word: s.Word, Tone: s.Tone, Href: "/recharge?credit_type=" + creditType}
	switch {
	case policy != nil && policy.State == recharge.Armed:
		line.Text = s.Text[0]
	case !s.Off:
		line.Text = s.Title
	}
	return line, nil
}
