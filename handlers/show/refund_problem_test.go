package show

import "testing"

// TestARefundsProblemIsInWords: customers read no codes of Stripe's, and a
// sentence ends once.
func TestARefundsProblemIsInWords(t *testing.T) {
	for problem, want := range map[string]string{
		"expired_or_canceled_card": "The card has expired or was cancelled", "merchant_request": "", "": "",
		"Stripe knows of no such refund.": "Stripe knows of no such refund",
	} {
		if got := refundProblem(problem); got != want {
			t.Errorf("%q is told as %q, not %q", problem, got, want)
		}
	}
}
