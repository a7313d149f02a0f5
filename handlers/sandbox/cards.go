package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

// card is one of Stripe's documented test cards and what it does.
type card struct {
	number  string
	name    string // as in pm_card_… and tok_…, "" without one; more after spaces
	brand   string
	country string // "" for US
	funding string // "" for credit
	about   string // for people
	does    behaviour
}

// networks are those that a card belongs to.
func (k card) networks() []any {
	for label, network := range map[string]string{"Cartes Bancaires": "cartes_bancaires", "eftpos": "eftpos_au"} {
		if strings.HasPrefix(k.about, label) {
			return []any{network, k.brand}
		}
	}
	return []any{k.brand}
}

// cardGroup is what the page of test cards shows together.
type cardGroup struct {
	title, about string
	cards        []card
}

// behaviour is what happens when a test card is used.
type behaviour struct {
	decline   string // code of the refusal, "" when it pays
	reason    string // decline_code
	attaches  bool   // declines a charge only, not attaching
	auth      authNeed
	refund    string // "fails" or "pending"
	dispute   string // reason of a dispute that follows the charge
	inquiry   bool   // the dispute is an inquiry
	warning   bool   // an early fraud warning follows the charge
	blocked   bool   // refused by Radar, not by the bank
	available bool   // the money can be paid out at once
	twice     bool   // two disputes, of a half each: Stripe does not say of how much
	risk      string // "" for normal

	frictionless bool // 3-D Secure happens without the customer
	optional     bool // 3-D Secure happens where it is asked for
	breaks       bool // 3-D Secure, where it is asked for, breaks down

	// What comes of checking the CVC, postal code and first line that were given,
	// "" for a pass.
	cvc, zip, line1 string
}

type authNeed int

const (
	authNever   authNeed = iota
	authUnsaved          // unless it was set up and the customer is away
	authAlways           // every time
	authPresent          // already set up: only while the customer is present
)

var cards = func() (all []card) {
	for _, g := range cardGroups {
		all = append(all, g.cards...)
	}
	return all
}()

// cardByName finds the card of a well-known id such as pm_card_visa, tok_visa
// or pm_card_visa_chargeDeclined.
func cardByName(id string) (card, bool) {
	name, ok := strings.CutPrefix(id, "pm_card_")
	if !ok {
		name, ok = strings.CutPrefix(id, "tok_")
	}
	if !ok {
		return card{}, false
	}
	if name == "us" {
		name = "visa"
	}
	short := strings.TrimPrefix(name, "visa_")
	for _, c := range cards {
		if names := strings.Fields(c.name); slices.Contains(names, name) || slices.Contains(names, short) {
			return c, true
		}
	}
	return card{}, false
}

// cardByNumber finds the test card, or says as Stripe does why not.
func cardByNumber(number string) (card, *apiError) {
	number = strings.NewReplacer(" ", "", "-", "").Replace(number)
	for _, c := range cards {
		if c.number == number {
			return c, nil
		}
	}
	if !luhn(number) {
		return card{}, cardError("incorrect_number", "", "number", "Your card number is incorrect.")
	}
	return card{}, cardError("card_declined", "test_mode_live_card", "", "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test cards, visit: https://stripe.com/docs/testing.")
}

func cardByID(number string) card {
	for _, c := range cards {
		if c.number == number {
			return c
		}
	}
	return card{}
}

// doesOf is what a payment method does when it is charged or saved. A CVC that
// failed its check is refused, as accounts are set at first.
func doesOf(pm obj) behaviour {
	does := cardByID(pm.str("_number")).does
	if does.decline == "" && pm.sub("card").sub("checks").str("cvc_check") == "fail" {
		does.decline, does.reason = "incorrect_cvc", "incorrect_cvc"
	}
	return does
}

// outcome is what a charge says of its risk and of who let it pass.
func (b behaviour) outcome() obj {
	level, score := "normal", int64(12)
	switch b.risk {
	case "elevated":
		level, score = b.risk, 68
	case "highest":
		level, score = b.risk, 93
	}
	return obj{"network_status": "approved_by_network", "reason": nil, "risk_level": level, "risk_score": score,
		"seller_message": "Payment complete.", "type": "authorized"}
}

// luhn is the check sum that every card number has.
func luhn(number string) bool {
	if len(number) < 12 || len(number) > 19 {
		return false
	}
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if d < 0 || d > 9 {
			return false
		}
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// cardError is Stripe's 402 about a card.
func cardError(code, reason, param, message string) *apiError {
	return &apiError{status: http.StatusPaymentRequired, typ: "card_error", code: code, declineCode: reason, param: param, message: message}
}

// refusal is the card's decline as an error.
func (b behaviour) refusal() *apiError {
	message := map[string]string{
		"insufficient_funds":     "Your card has insufficient funds.",
		"expired_card":           "Your card has expired.",
		"incorrect_cvc":          "Your card's security code is incorrect.",
		"processing_error":       "An error occurred while processing your card. Try again in a little bit.",
		"card_velocity_exceeded": "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
	}[b.reason]
	if message == "" {
		message = "Your card was declined."
	}
	param := map[string]string{"expired_card": "exp_month", "incorrect_cvc": "cvc"}[b.decline]
	reason := b.reason
	if reason == b.decline {
		reason = "" // a code of its own says it already
	}
	return cardError(b.decline, reason, param, message)
}

// brandNames are for people.
var brandNames = map[string]string{"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express",
	"unknown": "Card", "discover": "Discover", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}
