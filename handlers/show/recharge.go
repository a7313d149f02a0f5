package show

import (
	"strconv"
	"strings"
	"time"

	"purse/billing/card"
	"purse/billing/charge"
	"purse/billing/money"
	"purse/billing/recharge"
	"purse/views/portal"
	"purse/views/ui"
)

// Length is a length of time as people say it: "10 minutes", "1 hour", "7 days".
func Length(d time.Duration) string {
	n, unit := int(d/time.Minute), "minute"
	switch {
	case d >= 24*time.Hour && d%(24*time.Hour) == 0:
		n, unit = int(d/(24*time.Hour)), "day"
	case d >= time.Hour && d%time.Hour == 0:
		n, unit = int(d/time.Hour), "hour"
	}
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// RechargeTries says what is done about a card that is declined, from the
// values that the code keeps to.
func RechargeTries() string {
	var waits []string
	for _, d := range charge.Backoffs {
		waits = append(waits, Length(d))
	}
	last := len(waits) - 1
	return "What is declined for a passing reason is tried again after " + strings.Join(waits[:last], ", ") + " and " + waits[last] +
		"; after " + strconv.Itoa(charge.MaxTries) + " declines, " + strconv.Itoa(charge.MaxDebits) + " of a bank debit, auto-recharge pauses. What is declined for good, or what the bank wants you to confirm, pauses it at once, and we send you a link to Stripe's page, where you can pay within " + Length(charge.RepairFor) + "."
}

// RechargeWait says what delays a recharge.
func RechargeWait() string {
	return "A Checkout that you have open delays it for up to " + Length(recharge.CheckoutWait) + ", and a purchase whose payment is under way for as long as that takes. A bank debit takes some days: nothing else is bought automatically meanwhile."
}

// RechargeReason is why a policy is paused or a recharge was not paid, in words.
func RechargeReason(r recharge.Reason) string {
	switch r {
	case recharge.CardDeclined:
		return "Payment declined"
	case recharge.AuthenticationRequired:
		return "The bank wants you to confirm"
	case recharge.NoCard:
		return "The payment method is not saved any more, has expired, or may not be debited"
	case recharge.PriceChanged:
		return "The price has changed, or the pack is not sold any more"
	case recharge.OtherCurrency:
		return "You pay in another currency now"
	case recharge.Disputed:
		return "A payment is disputed"
	case recharge.FraudWarning:
		return "The bank suspects a fraud"
	case recharge.ByStaff:
		return "Paused by our staff"
	case recharge.RefusedByStripe:
		return "Stripe refused the invoice"
	case recharge.Mismatch:
		return "Being looked at by us"
	case recharge.Unknown:
		return "Stripe did not answer; nothing was charged"
	case recharge.NotNeeded:
		return "Credits came from elsewhere meanwhile"
	case recharge.TurnedOff:
		return "Auto-recharge was turned off"
	case recharge.Edited:
		return "The settings were changed"
	case recharge.CapReached:
		return "With tax it would have exceeded the cap"
	case recharge.TooLate:
		return "Not paid in time"
	}
	return ""
}

// Recharging says what is being paid automatically, to who thinks of buying.
func Recharging(open *recharge.Recharge, now time.Time, z *time.Location) string {
	if open == nil || !open.Processing {
		return "A payment is being made already."
	}
	return awaited(open, now, z)
}

// awaited says what a recharge waits for while a bank is asked.
func awaited(open *recharge.Recharge, now time.Time, z *time.Location) string {
	return card.Awaited(ui.Money(open.Due()), open.Method.Type, open.SentAt, now, z)
}

// Packs is how many of a pack: "Starter", "3 × Starter".
func Packs(n int, name string) string {
	if n <= 1 {
		return name
	}
	return strconv.Itoa(n) + " × " + name
}

// Buys is what a policy buys, as in its second sentence: "buy Starter: 1,000
// credits for $10.00", "bring it back up to 5,000 credits with Any amount: 4,000
// credits from that level, for $40.00".
func Buys(p *recharge.Policy, name string, unit ui.Unit) string {
	if p.Target > 0 {
		return "bring it back up to " + unit.Amount(p.Target) + " with " + name + ": from that level, " + unit.Amount(p.Credits) + " for " + ui.Money(p.Price)
	}
	return "buy " + Packs(p.Quantity, name) + ": " + unit.Amount(p.Credits) + " for " + ui.Money(p.Price)
}

// RechargeState says how a policy stands and what comes next. A nil policy is
// one that was never made; open is the recharge that is open, nil for none.
func RechargeState(p *recharge.Policy, open *recharge.Recharge, unit ui.Unit, now time.Time, z *time.Location) portal.RechargeState {
	debit := ""
	if open != nil && open.Processing {
		debit = awaited(open, now, z)
	}
	if p == nil || p.State == recharge.Off {
		s := portal.RechargeState{Word: "Off", Title: "Auto-recharge is off", Off: true, Text: []string{"Nothing is charged automatically."}}
		if open != nil {
			s.Text = append(s.Text, "A recharge that had begun before still ends; what is declined of it is not tried again.")
			if debit != "" {
				s.Text = append(s.Text, debit)
			}
		}
		return s
	}
	price, capped := ui.Money(p.Price), ui.Money(money.Money{Amount: p.Cap, Currency: p.Price.Currency})
	card := p.Method.Name()
	s := portal.RechargeState{RepairURL: p.RepairURL}
	if open != nil {
		card, price = open.Method.Name(), ui.Money(open.Due())
	}
	switch p.State {
	case recharge.Armed:
		s.Word, s.Tone, s.Title = "On", ui.Good, "Auto-recharge is on"
		switch {
		case p.Note != "":
			s.Word, s.Tone = "On, waiting", ui.Warn
			s.Text = []string{p.Note} // it names the time, where there is one
		default:
			s.Text = []string{"When available reaches " + unit.Amount(p.Threshold) + " or less, " + card + " is charged " + about(p, open) + price + "."}
		}
	case recharge.Charging:
		if debit != "" {
			s.Word, s.Tone, s.Title = "Waiting for the bank", ui.Info, "A bank is asked for "+price+" from "+card
			s.Text = []string{debit, "The credits come when it has paid. Nothing else is bought automatically meanwhile."}
			break
		}
		s.Word, s.Tone, s.Title, s.Busy = "Charging", ui.Info, "Charging "+card, true
		s.Text = []string{price + " is being paid. The credits appear here as soon as it is."}
	case recharge.Backoff:
		s.Word, s.Tone, s.Title = "Waiting to try again", ui.Warn, card+" was declined"
		text, at := "It is tried again", p.NextAt
		if open != nil && at.IsZero() {
			at = open.RetryAt
		}
		if !at.IsZero() {
			text += " at " + ui.TimeZoned(at, z)
		}
		if open != nil {
			text += ", after decline " + strconv.Itoa(open.Tries) + " of " + strconv.Itoa(open.Tolerates())
		}
		s.Text = []string{text + ".", "To go on now, choose another payment method below and save."}
	case recharge.Capped:
		s.Word, s.Tone, s.Title = "Cap reached", ui.Warn, "The month's cap of "+capped+" is reached"
		text := "Nothing more is charged automatically"
		if !p.NextAt.IsZero() {
			text += " until " + ui.TimeZoned(p.NextAt, z)
		}
		s.Text = []string{text + ".", "To go on sooner, raise the cap below and save, or buy a pack."}
		if p.Target > 0 && p.Note != "" { // coming back up may cost more than is left, or than the cap
			s.Title = "The month's cap of " + capped + " leaves too little for the next purchase"
			s.Text = []string{p.Note, text + ".", s.Text[1]}
		}
	case recharge.Paused:
		paused(&s, p, open, card, price, debit)
	}
	return s
}

// paused says why a policy is paused, and the way on.
func paused(s *portal.RechargeState, p *recharge.Policy, open *recharge.Recharge, card, price, debit string) {
	s.Word, s.Tone, s.Title, s.Resume = "Paused", ui.Bad, "Auto-recharge is paused: "+strings.ToLower(RechargeReason(p.Reason)[:1])+RechargeReason(p.Reason)[1:], "Try "+p.Method.Name()+" again"
	pay := "Pay " + price + " on Stripe's page"
	switch p.Reason {
	case recharge.CardDeclined:
		s.Text, s.Repair = []string{card + " was declined. Pay with another payment method on Stripe's page, or choose another below and save."}, pay
	case recharge.AuthenticationRequired:
		s.Word, s.Title = "Needs your confirmation", "Auto-recharge needs your confirmation"
		s.Text, s.Repair = []string{"The bank of " + card + " wants you to confirm the payment of " + price + ". Confirm it on Stripe's page."}, "Confirm "+price+" on Stripe's page"
	case recharge.NoCard:
		s.Text, s.Resume = []string{"Save a payment method, choose it below and save."}, ""
	case recharge.PriceChanged:
		s.Text, s.Resume = []string{"You agreed to " + price + ". Look at what it costs now, below, and save; until then nothing is charged."}, ""
	case recharge.OtherCurrency:
		s.Text, s.Resume = []string{"You agreed to " + price + ", and your payments are in another currency since. Set it up again below, at the price in your currency; until then nothing is charged."}, ""
		s.Repair, s.RepairURL = "Set it up again", "/recharge?credit_type="+p.CreditType+"#rules-title"
	case recharge.ByStaff:
		s.Text, s.Resume, s.Locked = []string{"Please get in touch with us. Nothing is charged meanwhile."}, "", true
	case recharge.Disputed, recharge.FraudWarning:
		s.Text, s.Resume, s.Locked = []string{"It stays paused until we let it go on. Nothing is charged meanwhile; please get in touch with us."}, "", true
	default:
		s.Text, s.Resume = []string{"Nothing is charged meanwhile. We look at it; please get in touch with us."}, "Go on"
	}
	if debit != "" {
		s.Text = append(s.Text, debit)
	}
	if p.Note != "" && !s.Locked {
		s.Text = append(s.Text, "The bank says: "+p.Note)
	}
	if s.RepairURL == "" {
		s.Repair = ""
	}
	if open == nil && s.Resume != "" {
		s.Resume = "Resume"
	}
	if debit != "" && s.Resume != "" { // it is paid already, or nearly
		s.Resume = "Resume"
	}
	switch {
	case s.Resume == "":
	case debit != "":
		s.ResumeSays = "Nothing is charged while the bank is asked."
	case open != nil:
		s.ResumeSays = "This charges " + p.Method.Name() + " " + price + " at once."
	default:
		s.ResumeSays = "This charges " + p.Method.Name() + " at once where available is at the threshold or below."
	}
}

// Recharges shows runs of policies, newest first.
func Recharges(list []*recharge.Recharge, unit func(creditType string) ui.Unit) []portal.RechargeRow {
	var out []portal.RechargeRow
	for _, r := range list {
		row := portal.RechargeRow{
			ID: r.ID, At: r.CreatedAt, What: Packs(r.Quantity, r.PackName), Credits: unit(r.CreditType).Amount(r.Credits), Amount: r.Due(),
			Tax: money.Money{Amount: r.Tax, Currency: r.Price.Currency}, Card: r.Method.Name(), Backup: r.BackupUsed, Purchase: r.Purchase, Reason: RechargeReason(r.Reason()), Message: r.Problem,
		}
		switch r.State() {
		case recharge.Pending:
			row.State, row.Tone = "Charging", ui.Info
			if r.Processing {
				row.State = "Waiting for the bank"
			}
		case recharge.Retrying:
			row.State, row.Tone, row.Next = "Tried again", ui.Warn, r.RetryAt
		case recharge.Waiting:
			row.State, row.Tone, row.PayURL = "Can be paid", ui.Warn, r.URL
		case recharge.Succeeded:
			row.State, row.Tone, row.Receipt = "Paid", ui.Good, r.ReceiptURL
			if row.Receipt == "" {
				row.Receipt = r.URL
			}
		case recharge.Failed:
			row.State, row.Tone = "Not made", ui.Bad
		case recharge.Voided:
			row.State = "Given up"
		}
		if r.Cause == charge.CauseUnconfirmed { // the reason says it
			row.Message = ""
		}
		out = append(out, row)
	}
	return out
}

// about says that a price is that of a recharge from the threshold: from lower
// down it is more.
func about(p *recharge.Policy, open *recharge.Recharge) string {
	if p.Target > 0 && open == nil {
		return "at least "
	}
	return ""
}
