package portal

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/card"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/ui"
)

const (
	// lowAfter is how near the end of the credits must be to be called low.
	lowAfter = 72 * time.Hour
	// lowShare is the percentage of the last grant from which the vendor's own
	// alerts call credits low in the page: above it the banner is a quiet one.
	lowShare = 20
	// expiresSoon is how near an expiry must be to be told of on every page.
	expiresSoon = 7 * 24 * time.Hour
)

// urgency orders what a banner can say: the lowest is shown.
type urgency int

const (
	refused  urgency = iota // requests are refused
	repair                  // auto-recharge waits for somebody
	owing                   // nothing is left, and requests still go through
	low                     // runs out soon
	partly                  // some requests are refused
	coming                  // a payment is being processed
	reached                 // a limit that tells was reached
	disputed                // a bank asks for a payment back, and its credits wait
	expiring                // credits expire soon
	mild                    // some is used, as was to be told
	nothing
)

// urgent keeps the most urgent of what it is told.
type urgent struct {
	rank   urgency
	banner *ui.Banner
}

func (u *urgent) say(rank urgency, b ui.Banner) {
	if rank < u.rank {
		u.rank, u.banner = rank, &b
	}
}

// banner is what the visitor's customer must know on every page.
func (p *Portal) banner(ctx context.Context, v *kit.Visitor) *ui.Banner {
	var b *ui.Banner
	err := p.view(ctx, func(t tx.Tx) (err error) { b, err = p.bannerOf(t, v.Customer, v.Role.MayBuy()); return err })
	if err != nil { // the page matters more
		p.Kit.Log.WarnContext(ctx, "no banner", "customer", v.Customer.ID, "error", err)
		return nil
	}
	return b
}

// BannerPart is the banner alone: what open pages ask for again.
func (p *Portal) BannerPart(w http.ResponseWriter, r *http.Request) error {
	return kit.Render(w, r, http.StatusOK, ui.BannerPart(p.banner(r.Context(), kit.VisitorOf(r))))
}

// bannerOf is the most urgent thing that a customer must know, nil for none.
func (p *Portal) bannerOf(t tx.Tx, c *account.Customer, mayBuy bool) (*ui.Banner, error) {
	if c.Status == account.Suspended {
		b := &ui.Banner{Tone: ui.Bad, Title: "This account is suspended", Text: "Requests are refused (403). Please get in touch with us."}
		if p.Kit.Site.SupportURL != "" {
			b.Action, b.Href = "Get help", p.Kit.Site.SupportURL
		}
		return b, nil
	}
	u := urgent{rank: nothing}
	balances, err := p.Ledger.Balances(t, c.ID)
	if err != nil {
		return nil, err
	}
	policies, err := p.Recharges.Policies(t, c.ID)
	if err != nil {
		return nil, err
	}
	paying, err := p.paying(t, c, policies)
	if err != nil {
		return nil, err
	}
	for _, one := range paying {
		u.say(coming, ui.Banner{Tone: ui.Info, Title: "A payment is being processed", Text: strings.TrimSpace(one.text + " Its credits are added as soon as it arrives. There is no need to pay again."), Action: one.action, Href: one.href})
	}
	if err := p.sayRecharge(t, c, policies, mayBuy, &u); err != nil {
		return nil, err
	}
	open, err := p.Alerts.Open(t, c.ID)
	if err != nil {
		return nil, err
	}
	if err := p.sayLimits(t, c, &u); err != nil {
		return nil, err
	}
	for _, b := range balances {
		help := p.helps(b.CreditType, mayBuy, paying)
		if err := p.sayBalance(t, c, b, len(balances) > 1, open, policies, help, &u); err != nil {
			return nil, err
		}
	}
	return u.banner, nil
}

// onItsWay is money that a bank is asked for, or that is transferred.
type onItsWay struct{ creditType, text, action, href string }

// paying are the purchases and automatic recharges whose money is on its way, the
// newest first.
func (p *Portal) paying(t tx.Tx, c *account.Customer, policies []*recharge.Policy) (out []onItsWay, err error) {
	pending, err := p.Purchases.Pending(t, c.ID, "")
	if err != nil {
		return nil, err
	}
	for _, b := range pending {
		w, err := p.Purchases.Waits(t, b.ID)
		if err != nil {
			return nil, err
		}
		one := onItsWay{creditType: b.CreditType, action: "See the payment", href: "/purchases/" + b.ID}
		if w != nil && !w.Transfer() {
			one.text = card.Awaited(ui.Money(money.Money{Amount: w.Due, Currency: b.Price.Currency}), w.Method, w.Since, t.Now(), c.Location())
		}
		out = append(out, one)
	}
	for _, q := range policies {
		one, err := p.Recharges.Open(t, c.ID, q.CreditType)
		if err != nil {
			return nil, err
		}
		if one != nil && one.Processing {
			out = append(out, onItsWay{creditType: q.CreditType, text: show.Recharging(one, t.Now(), c.Location()), action: "See auto-recharge", href: "/recharge?credit_type=" + q.CreditType})
		}
	}
	return out, nil
}

// helps answers the one action that helps who runs out, put into a banner.
func (p *Portal) helps(creditType string, mayBuy bool, paying []onItsWay) func(ui.Banner) ui.Banner {
	i := slices.IndexFunc(paying, func(one onItsWay) bool { return one.creditType == creditType })
	return func(b ui.Banner) ui.Banner {
		switch {
		case i >= 0 && paying[i].text != "":
			b.Text, b.Action, b.Href = b.Text+" "+paying[i].text+" Its credits are added as soon as it arrives.", paying[i].action, paying[i].href
		case i >= 0:
			b.Text, b.Action, b.Href = b.Text+" A payment is being processed: its credits are added as soon as it arrives.", paying[i].action, paying[i].href
		case mayBuy:
			b.Action, b.Href = "Buy credits", "/buy"
		default:
			b.Text += " An owner or a billing member can buy credits."
		}
		return b
	}
}

// sayBalance says how one wallet stands. Where there are several, those that
// nobody uses any more say nothing.
func (p *Portal) sayBalance(t tx.Tx, c *account.Customer, b ledger.Balance, several bool, open []alert.Episode, policies []*recharge.Policy, help func(ui.Banner) ui.Banner, u *urgent) error {
	unit, now := show.Unit(p.Catalog.Snapshot(), b.CreditType), t.Now()
	burn, err := p.burn.get(t, p.Ledger, b)
	if err != nil || b.Seq == 0 || (several && burn.Used == 0) {
		return err
	}
	if !b.NextExpiry.IsZero() && b.NextExpiryCredits > 0 && b.NextExpiry.Sub(now) < expiresSoon {
		u.say(expiring, ui.Banner{Tone: ui.Warn, Title: unit.Round(b.NextExpiryCredits) + " " + unit.Verb(b.NextExpiryCredits, "expires", "expire") + " on " + ui.Day(b.NextExpiry, c.Location()),
			Text: "They can be used until then, and are gone after.", Action: "See what expires", Href: "/grants?credit_type=" + b.CreditType})
	}
	if b.Frozen > 0 {
		u.say(disputed, ui.Banner{Tone: ui.Warn, Title: "A payment is in question: " + unit.Round(b.Frozen) + " wait until that is settled",
			Text: "If the payment stands they can be used again; else they are taken back. Everything else can be used meanwhile.", Action: "See the payment", Href: "/purchases"})
	}
	scoped := money.Credits(0)
	for _, s := range b.Scoped {
		scoped += s.Available
	}
	zero := p.Alerts.AtZeroOf(b)
	switch {
	case b.Available > 0 || scoped > 0:
	case b.Available > -zero.Overdraft:
		u.say(owing, help(ui.Banner{Tone: ui.Warn, Title: "No " + unit.Word(0) + " are left: requests still go through for now", Text: show.AtZero(zero, unit)}))
		return nil
	case b.Debt > 0:
		u.say(refused, help(ui.Banner{Tone: ui.Bad, Title: "Requests are refused (402): the balance is below zero", Text: "More was used than there was. The next purchase settles what is owed first."}))
		return nil
	case b.Frozen > 0:
		// They are not used up: who only reads that none are left looks for a leak.
		u.say(refused, help(ui.Banner{Tone: ui.Bad, Title: "Requests are refused (402): a payment is in question, and its " + unit.Round(b.Frozen) + " wait until that is settled",
			Text: "If the payment stands they can be used again; else they are taken back. Other " + unit.Word(0) + " can be used at once."}))
		return nil
	default:
		u.say(refused, help(ui.Banner{Tone: ui.Bad, Title: "Requests are refused (402): no " + unit.Word(0) + " are left", Text: "Requests go through again as soon as there are " + unit.Word(0) + "."}))
		return nil
	}
	if u.rank <= low {
		return nil
	}
	if p.recharges(policies, b, u) {
		return nil
	}
	if burn.Known() && b.Overdraft == 0 && scoped == 0 {
		page, err := p.Ledger.Postings(t, ledger.Query{Wallet: b.WalletKey, Kind: ledger.PostDebit, Limit: 9})
		if err != nil {
			return err
		}
		if usual := usualCharge(page.Postings); b.Available < usual {
			u.say(low, help(ui.Banner{Tone: ui.Warn, Title: show.Upper(unit.Word(0)) + " are running low",
				Text: "A usual request needs " + unit.Round(usual) + ", and " + unit.Round(b.Available) + " " + unit.Verb(b.Available, "is", "are") + " left: what needs more than that is refused (402)."}))
			return nil
		}
	}
	if out := alert.RunsOut(b.Available, burn.PerDay, now); !out.IsZero() && out.Sub(now) < lowAfter {
		u.say(low, help(ui.Banner{Tone: ui.Warn, Title: show.Upper(unit.Word(0)) + " are running low", Text: "At the present rate they run out soon. " + show.AtZero(zero, unit)}))
	}
	if e, quiet := p.lowest(open, b.CreditType); e != nil {
		banner := ui.Banner{Tone: ui.Warn, Title: show.Upper(unit.Word(0)) + " are running low", Text: "Available has reached " + unit.Round(e.Level) + " or less."}
		if !quiet {
			u.say(low, help(banner))
			return nil
		}
		banner.Tone, banner.Title = ui.Info, unit.Round(b.Available)+" left"
		u.say(mild, help(banner))
	}
	return nil
}

// recharges says that auto-recharge is on in a wallet, instead of a warning that it
// runs low: more comes by itself.
func (p *Portal) recharges(policies []*recharge.Policy, b ledger.Balance, u *urgent) bool {
	for _, q := range policies {
		if q.CreditType != b.CreditType || (q.State != recharge.Armed && q.State != recharge.Charging) || q.Note != "" {
			continue
		}
		if b.Available > q.Threshold*2 { // far enough above it to say nothing
			return true
		}
		unit := show.Unit(p.Catalog.Snapshot(), b.CreditType)
		u.say(mild, ui.Banner{Tone: ui.Info, Title: unit.Round(b.Available) + " left, and auto-recharge is on",
			Text: "More is bought when available reaches " + unit.Amount(q.Threshold) + " or less.", Action: "See auto-recharge", Href: "/recharge?credit_type=" + b.CreditType})
		return true
	}
	return false
}

// lowest is the most severe open alert about a low balance, nil for none; quiet
// when the vendor's alerts about much being left are all there is.
func (p *Portal) lowest(open []alert.Episode, creditType string) (out *alert.Episode, quiet bool) {
	defaults := p.Alerts.Defaults()
	for i := range open {
		e := &open[i]
		if e.Event != event.BalanceLow || e.CreditType != creditType || p.Alerts.Muted(e.Customer, e.Source) {
			continue
		}
		much := false
		for _, a := range defaults {
			much = much || (a.ID == e.Source && a.Kind == alert.Share && a.Share > lowShare)
		}
		switch {
		case out != nil && !quiet && much: // something worse is told already
		case out == nil || e.Level < out.Level || (quiet && !much):
			out, quiet = e, much
		}
	}
	return out, quiet
}

// sayLimits says which spend limits are reached.
func (p *Portal) sayLimits(t tx.Tx, c *account.Customer, u *urgent) error {
	if len(p.Alerts.Limits(c.ID)) == 0 {
		return nil
	}
	limits, err := p.Alerts.LimitStatuses(t, c.ID)
	if err != nil {
		return err
	}
	for i := range limits {
		l := &limits[i]
		if !l.Reached {
			continue
		}
		unit := show.Unit(p.Catalog.Snapshot(), l.CreditType)
		b := ui.Banner{Tone: ui.Warn, Title: "Spend limit reached: " + show.LimitText(&l.Limit, unit), Action: "See the limit", Href: "/alerts?credit_type=" + l.CreditType + "#limits"}
		resets := "It starts anew on " + ui.TimeZoned(l.To, c.Location()) + "."
		switch {
		case !l.Hard:
			b.Text = "Nothing is stopped: this limit tells you. " + resets
			u.say(reached, b)
		case l.Scope == alert.Whole:
			b.Tone, b.Text = ui.Bad, "Requests are refused (402) meanwhile. "+resets
			u.say(refused, b)
		default:
			b.Text = "It counts " + show.LimitCounts(&l.Limit) + ": its requests are refused (402) meanwhile. " + resets
			u.say(partly, b)
		}
	}
	return nil
}

// sayRecharge says where auto-recharge waits for somebody.
func (p *Portal) sayRecharge(t tx.Tx, c *account.Customer, policies []*recharge.Policy, mayBuy bool, u *urgent) error {
	for _, q := range policies {
		if q.State != recharge.Paused {
			continue
		}
		openOne, err := p.Recharges.Open(t, c.ID, q.CreditType)
		if err != nil {
			return err
		}
		s := show.RechargeState(q, openOne, show.Unit(p.Catalog.Snapshot(), q.CreditType), t.Now(), c.Location())
		b := ui.Banner{Tone: ui.Bad, Title: s.Title, Action: "See auto-recharge", Href: "/recharge?credit_type=" + q.CreditType}
		if len(s.Text) > 0 {
			b.Text = strings.ReplaceAll(s.Text[0], " below", " under Auto-recharge") // it is read on every page
		}
		if mayBuy && s.Repair != "" {
			b.Action, b.Href = s.Repair, s.RepairURL
		}
		u.say(repair, b)
	}
	return nil
}

// usualFrom is how many charges tell what a usual one is.
const usualFrom = 5

// usualCharge is the median of the newest charges, 0 where they are too few to tell.
func usualCharge(postings []ledger.Posting) money.Credits {
	var all []money.Credits
	for _, p := range postings {
		if p.Kind == ledger.PostDebit {
			all = append(all, -p.Amount)
		}
	}
	if len(all) < usualFrom {
		return 0
	}
	slices.Sort(all)
	return all[(len(all)-1)/2]
}
