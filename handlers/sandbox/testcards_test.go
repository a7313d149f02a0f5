package sandbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func (r *rig) typed(number, postal, line1 string) *stripe.PaymentMethod {
	r.Helper()
	pm, err := r.api.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("card"),
		Card:           &stripe.PaymentMethodCardParams{Number: stripe.String(number), ExpMonth: stripe.Int64(12), ExpYear: stripe.Int64(2034), CVC: stripe.String("123")},
		BillingDetails: &stripe.PaymentMethodBillingDetailsParams{Address: &stripe.AddressParams{PostalCode: stripe.String(postal), Line1: stripe.String(line1)}}})
	return must(r, pm, err)
}

// A card says where it is from and what was checked of what was given.
func TestCardDetails(t *testing.T) {
	r := local(t)
	for number, want := range map[string]string{"4000002760000016": "DE credit visa", "5105105105105100": "US prepaid mastercard", "4000058260000005": "GB debit visa", "3530111333300000": "JP credit jcb"} {
		k := r.typed(number, "", "").Card
		if got := strings.Join([]string{k.Country, string(k.Funding), string(k.Brand)}, " "); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
	for number, want := range map[string]string{"4242424242424242": "pass pass pass", "4000000000000036": "pass fail pass", "4000000000000028": "fail pass pass",
		"4000000000000010": "fail fail pass", "4000000000000044": "unavailable unavailable pass", "4000000000000101": "pass pass fail"} {
		k := r.typed(number, "10115", "Somewhere 1").Card.Checks
		if got := strings.Join([]string{string(k.AddressLine1Check), string(k.AddressPostalCodeCheck), string(k.CVCCheck)}, " "); got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
		if k := r.typed(number, "", "").Card.Checks; k.AddressLine1Check != "" || k.AddressPostalCodeCheck != "" {
			t.Errorf("%s: what was not given was checked: %+v", number, k)
		}
	}
	cb := r.typed("4000002500001001", "", "").Card
	if n := cb.Networks.Available; cb.Country != "FR" || len(n) != 2 || string(n[0]) != "cartes_bancaires" {
		t.Errorf("co-badged: %+v", cb)
	}
}

func TestRiskAndChecks(t *testing.T) {
	r := local(t)
	pi, err := r.charge("pm_card_riskLevelElevated", "", false)
	must(t, pi, err)
	if o := pi.LatestCharge.Outcome; o.RiskLevel != "elevated" || o.Type != "authorized" {
		t.Errorf("%+v", o)
	}
	_, err = r.charge("pm_card_riskLevelHighest", "", false)
	e := refused(t, err, 402, "card_declined", "")
	ch, err := r.api.Charges.Get(e.ChargeID, nil)
	if must(t, ch, err); ch.Outcome.RiskLevel != "highest" || ch.Outcome.Type != "blocked" {
		t.Errorf("%+v", ch.Outcome)
	}
	_, err = r.charge(r.typed("4000000000000101", "", "").ID, "", false)
	refused(t, err, 402, "incorrect_cvc", "cvc")
	pi, err = r.charge(r.typed("4000000000000036", "10115", "").ID, "", false)
	if must(t, pi, err); pi.Status != "succeeded" || pi.LatestCharge.PaymentMethodDetails.Card.Checks.AddressPostalCodeCheck != "fail" {
		t.Errorf("%s", pi.Status)
	}
	pi, err = r.charge("pm_card_threeDSecureOptional", "", false)
	if must(t, pi, err); pi.Status != "succeeded" {
		t.Errorf("optional: %s", pi.Status)
	}
	_, err = r.charge("pm_card_threeDSecureRequiredProcessingError", "", false)
	refused(t, err, 402, "card_declined", "")
	pi, err = r.charge(r.typed("4000000032200000", "", "").ID, "", false)
	if must(t, pi, err); pi.LatestCharge.PaymentMethodDetails.Card.ThreeDSecure.AuthenticationFlow != "frictionless" {
		t.Errorf("%+v", pi.LatestCharge.PaymentMethodDetails.Card.ThreeDSecure)
	}
}

// Two disputes of one charge take it once together.
func TestTwoDisputes(t *testing.T) {
	r := local(t)
	pi, err := r.charge("pm_card_createMultipleDisputes", "", false)
	must(t, pi, err)
	n, sum := 0, int64(0)
	for i := r.api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(pi.ID)}); i.Next(); {
		n++
		sum += i.Dispute().Amount
	}
	if n != 2 || sum != 2500 {
		t.Errorf("%d disputes of %d", n, sum)
	}
}

// Every documented account ends as documented, the slow ones three minutes later.
func TestBankOutcomes(t *testing.T) {
	r := local(t)
	r.server.SetBankDelay(time.Minute)
	begin := func(method, typ, currency string) string {
		pi, err := r.api.PaymentIntents.New(&stripe.PaymentIntentParams{Amount: stripe.Int64(2500), Currency: stripe.String(currency), Confirm: stripe.Bool(true),
			PaymentMethod: stripe.String(method), PaymentMethodTypes: stripe.StringSlice([]string{typ})})
		return must(t, pi, err).ID
	}
	codes := map[string]string{}
	for method, code := range map[string]string{"pm_usBankAccount_success": "", "pm_usBankAccount_invalidCurrency": "invalid_currency", "pm_usBankAccount_weeklyLimitExceeded": "charge_exceeds_source_limit"} {
		codes[begin(method, "us_bank_account", "usd")] = code
	}
	for method, code := range map[string]string{"pm_success_fr": "", "pm_failed_at": "generic_could_not_process", "pm_exceedsWeeklyVolumeLimit_be": "charge_exceeds_source_limit",
		"pm_exceedsWeeklyTransactionLimit_fi": "charge_exceeds_weekly_limit", "pm_insufficientFunds_hr": "insufficient_funds"} {
		codes[begin(method, "sepa_debit", "eur")] = code
	}
	slow := begin("pm_successDelayed_ee", "sepa_debit", "eur")
	look := func(id string) *stripe.PaymentIntent {
		p := &stripe.PaymentIntentParams{}
		p.AddExpand("latest_charge")
		pi, err := r.api.PaymentIntents.Get(id, p)
		return must(t, pi, err)
	}
	r.clock.move(61 * time.Second)
	for id, code := range codes {
		pi := look(id)
		if paid := pi.Status == "succeeded"; paid != (code == "") || pi.LatestCharge.FailureCode != code {
			t.Errorf("%s: %s %q, want %q", id, pi.Status, pi.LatestCharge.FailureCode, code)
		}
	}
	if s := look(slow).Status; s != "processing" {
		t.Errorf("the slow one is %s", s)
	}
	r.clock.move(3 * time.Minute)
	if s := look(slow).Status; s != "succeeded" {
		t.Errorf("the slow one is %s after three minutes more", s)
	}
}

func TestCardsPage(t *testing.T) {
	r := local(t)
	_, text, _ := r.browse("GET", "/cards", nil)
	for _, want := range []string{"4000 0000 0000 9235", "Pays, with elevated risk", "pm_card_riskLevelElevated", "000444444440", "Germany", `id="sepa_debit"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if _, text, _ := r.browse("GET", "/c/pay/"+r.session("").ID, nil); !strings.Contains(text, `href="/cards#cards"`) {
		t.Error("Checkout does not link to it")
	}
}
