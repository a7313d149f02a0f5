package sandbox

import (
	"net/http"
	"strings"
)

// card is one of Stripe's documented test cards and what it does.
// Source: https://docs.stripe.com/testing
type card struct {
	number string
	name   string // as in pm_card_… and tok_…
	brand  string
	does   behaviour
}

// behaviour is what happens when a test card is used.
type behaviour struct {
	decline  string // code of the refusal, "" when it pays
	reason   string // decline_code
	attaches bool   // declines a charge only, not attaching
	auth     authNeed
	refund   string // "fails" or "pending"
	dispute  string // reason of a dispute that follows the charge
	inquiry  bool   // the dispute is an inquiry
	warning  bool   // an early fraud warning follows the charge
	blocked  bool   // refused by Radar, not by the bank
}

type authNeed int

const (
	authNever   authNeed = iota
	authUnsaved          // unless it was set up and the customer is away
	authAlways           // every time
	authPresent          // already set up: only while the customer is present
)

var cards = []card{
	{"4242424242424242", "visa", "visa", behaviour{}},
	{"4000056655665556", "visa_debit", "visa", behaviour{}},
	{"5555555555554444", "mastercard", "mastercard", behaviour{}},
	{"2223003122003222", "mastercard_2", "mastercard", behaviour{}},
	{"5200828282828210", "mastercard_debit", "mastercard", behaviour{}},
	{"378282246310005", "amex", "amex", behaviour{}},
	{"6011111111111117", "discover", "discover", behaviour{}},
	{"3056930009020004", "diners", "diners", behaviour{}},
	{"3566002020360505", "jcb", "jcb", behaviour{}},
	{"6200000000000005", "unionpay", "unionpay", behaviour{}},

	{"4000000000000002", "chargeDeclined", "visa", behaviour{decline: "card_declined", reason: "generic_decline"}},
	{"4000000000009995", "chargeDeclinedInsufficientFunds", "visa", behaviour{decline: "card_declined", reason: "insufficient_funds"}},
	{"4000000000009987", "chargeDeclinedLostCard", "visa", behaviour{decline: "card_declined", reason: "lost_card"}},
	{"4000000000009979", "chargeDeclinedStolenCard", "visa", behaviour{decline: "card_declined", reason: "stolen_card"}},
	{"4000000000000069", "chargeDeclinedExpiredCard", "visa", behaviour{decline: "expired_card", reason: "expired_card"}},
	{"4000000000000127", "chargeDeclinedIncorrectCvc", "visa", behaviour{decline: "incorrect_cvc", reason: "incorrect_cvc"}},
	{"4000000000000119", "chargeDeclinedProcessingError", "visa", behaviour{decline: "processing_error", reason: "processing_error"}},
	{"4000000000006975", "chargeDeclinedVelocityLimitExceeded", "visa", behaviour{decline: "card_declined", reason: "card_velocity_exceeded"}},
	{"4000000000000341", "chargeCustomerFail", "visa", behaviour{decline: "card_declined", reason: "generic_decline", attaches: true}},
	{"4100000000000019", "radarBlock", "visa", behaviour{decline: "card_declined", reason: "fraudulent", attaches: true, blocked: true}},

	{"4000002500003155", "authenticationRequiredOnSetup", "visa", behaviour{auth: authUnsaved}},
	{"4000002760003184", "authenticationRequired", "visa", behaviour{auth: authAlways}},
	{"4000003800000446", "authenticationRequiredSetupForOffSession", "visa", behaviour{auth: authPresent}},
	{"4000000000003220", "threeDSecure2Required", "visa", behaviour{auth: authAlways}},
	{"4000008260003178", "authenticationRequiredChargeDeclinedInsufficientFunds", "visa", behaviour{auth: authUnsaved, decline: "card_declined", reason: "insufficient_funds", attaches: true}},
	{"4000008400001629", "threeDSecureRequiredChargeDeclined", "visa", behaviour{auth: authAlways, decline: "card_declined", reason: "generic_decline", attaches: true}},

	{"4000000000000259", "createDispute", "visa", behaviour{dispute: "fraudulent"}},
	{"4000000000002685", "createDisputeProductNotReceived", "visa", behaviour{dispute: "product_not_received"}},
	{"4000000000001976", "createDisputeInquiry", "visa", behaviour{dispute: "general", inquiry: true}},

	{"4000000000005423", "createIssuerFraudRecord", "visa", behaviour{warning: true}},

	{"4000000000005126", "refundFail", "visa", behaviour{refund: "fails"}},
	{"4000000000007726", "pendingRefund", "visa", behaviour{refund: "pending"}},
	{"4000000000000077", "bypassPending", "visa", behaviour{}},
}

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
	short := strings.TrimPrefix(name, "visa_")
	for _, c := range cards {
		if c.name == name || c.name == short {
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
	"discover": "Discover", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}
