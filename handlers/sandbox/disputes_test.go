package sandbox_test

import (
	"net/url"
	"testing"

	"github.com/stripe/stripe-go/v76"
)

func (r *rig) dispute(method string) *stripe.Dispute {
	r.Helper()
	pi, err := r.charge(method, "", false)
	must(r, pi, err)
	i := r.api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(pi.ID)})
	if !i.Next() {
		r.Fatal("no dispute")
	}
	return i.Dispute()
}

func evidence(text string, submit bool) *stripe.DisputeParams {
	return &stripe.DisputeParams{Evidence: &stripe.DisputeEvidenceParams{UncategorizedText: stripe.String(text)}, Submit: stripe.Bool(submit)}
}

// Evidence that is staged changes nothing; what is submitted decides, as in
// Stripe's test mode.
func TestDisputeEvidence(t *testing.T) {
	r := local(t)
	for text, want := range map[string]stripe.DisputeStatus{"winning_evidence": "won", "losing_evidence": "lost", "Terms were accepted.": "under_review"} {
		d := r.dispute("pm_card_createDispute")
		d, err := r.api.Disputes.Update(d.ID, evidence(text, false))
		if must(t, d, err).Status != "needs_response" || d.EvidenceDetails.SubmissionCount != 0 || !d.EvidenceDetails.HasEvidence || d.Evidence.UncategorizedText != text {
			t.Fatalf("staged: %+v", d)
		}
		d, err = r.api.Disputes.Update(d.ID, &stripe.DisputeParams{Submit: stripe.Bool(true)})
		if must(t, d, err).Status != want || d.EvidenceDetails.SubmissionCount != 1 {
			t.Errorf("%s: %s", text, d.Status)
		}
		if _, err := r.api.Disputes.Update(d.ID, evidence("more", true)); err == nil {
			t.Errorf("%s: evidence after it was submitted", text)
		}
	}
	if len(r.events("charge.dispute.closed")) != 2 || len(r.events("charge.dispute.funds_reinstated")) != 1 {
		t.Errorf("%d closed, %d reinstated", len(r.events("charge.dispute.closed")), len(r.events("charge.dispute.funds_reinstated")))
	}
}

// A dispute may be accepted; an inquiry ends or becomes a chargeback.
func TestDisputeEnds(t *testing.T) {
	r := local(t)
	d := r.dispute("pm_card_createDispute")
	d, err := r.api.Disputes.Close(d.ID, nil)
	if must(t, d, err).Status != "lost" {
		t.Error(d.Status)
	}
	if _, err := r.api.Disputes.Close(d.ID, nil); err == nil {
		t.Error("closed twice")
	}
	q := r.dispute("pm_card_createDisputeInquiry")
	q, err = r.api.Disputes.Update(q.ID, evidence("winning_evidence", true))
	if must(t, q, err).Status != "warning_closed" {
		t.Error(q.Status)
	}
	q = r.dispute("pm_card_createDisputeInquiry")
	decide := func(outcome string) stripe.DisputeStatus {
		if code, _, _ := r.browse("POST", "/objects/dispute/"+q.ID+"/decide", url.Values{"outcome": {outcome}}); code != 303 {
			t.Fatalf("%d", code)
		}
		q, err = r.api.Disputes.Get(q.ID, nil)
		return must(t, q, err).Status
	}
	if s := decide("lost"); s != "needs_response" || q.IsChargeRefundable || len(r.events("charge.dispute.funds_withdrawn")) != 2 {
		t.Errorf("escalated: %s", s)
	}
	if s := decide("won"); s != "won" {
		t.Error(s)
	}
	if code, _, _ := r.browse("POST", "/objects/dispute/"+q.ID+"/decide", url.Values{"outcome": {"won"}}); code != 400 {
		t.Errorf("decided twice: %d", code)
	}
}

// Checkout in setup mode authenticates a card that wants it, and saves it.
func TestCheckoutSetupAuthentication(t *testing.T) {
	r := local(t)
	cus := r.customer("setup3ds@example.com").ID
	s := session(t)(r.api.CheckoutSessions.New(&stripe.CheckoutSessionParams{Mode: stripe.String("setup"), Customer: stripe.String(cus),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}), SuccessURL: stripe.String("http://127.0.0.1:8080/saved?s={CHECKOUT_SESSION_ID}")}))
	_, _, bank := r.browse("POST", "/c/pay/"+s.ID, card("4000002500003155"))
	_, _, back := r.browse("POST", bank, url.Values{"outcome": {"complete"}})
	_, _, back = r.browse("GET", back, nil)
	if _, _, back = r.browse("GET", back, nil); back != "http://127.0.0.1:8080/saved?s="+s.ID {
		t.Errorf("back to %s", back)
	}
	i := r.api.PaymentMethods.List(&stripe.PaymentMethodListParams{Customer: stripe.String(cus), Type: stripe.String("card")})
	if !i.Next() {
		t.Fatal("nothing saved")
	}
	pi, err := r.charge(i.PaymentMethod().ID, cus, true)
	if must(t, pi, err).Status != "succeeded" {
		t.Error(pi.Status)
	}
}

// An early fraud warning asks for something until the payment is refunded.
func TestFraudWarning(t *testing.T) {
	r := local(t)
	pi, err := r.charge("pm_card_createIssuerFraudRecord", "", false)
	must(t, pi, err)
	i := r.api.RadarEarlyFraudWarnings.List(&stripe.RadarEarlyFraudWarningListParams{PaymentIntent: stripe.String(pi.ID)})
	if !i.Next() || !i.RadarEarlyFraudWarning().Actionable || i.RadarEarlyFraudWarning().Charge.ID != pi.LatestCharge.ID {
		t.Fatalf("%+v", i.RadarEarlyFraudWarning())
	}
	if _, err := r.api.Refunds.New(&stripe.RefundParams{PaymentIntent: stripe.String(pi.ID)}); err != nil {
		t.Fatal(err)
	}
	w, err := r.api.RadarEarlyFraudWarnings.Get(i.RadarEarlyFraudWarning().ID, nil)
	if must(t, w, err).Actionable || len(r.events("radar.early_fraud_warning.updated")) != 1 {
		t.Errorf("%+v", w)
	}
}
