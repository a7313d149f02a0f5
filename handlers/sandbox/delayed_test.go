package sandbox_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
)

func delayedSession(customer, currency string, methods ...string) *stripe.CheckoutSessionParams {
	p := sessionParams(customer)
	p.LineItems[0].PriceData.Currency = stripe.String(currency)
	p.PaymentMethodTypes = stripe.StringSlice(methods)
	for _, m := range methods {
		if m == "customer_balance" {
			p.PaymentMethodOptions = &stripe.CheckoutSessionPaymentMethodOptionsParams{CustomerBalance: &stripe.CheckoutSessionPaymentMethodOptionsCustomerBalanceParams{
				FundingType:  stripe.String("bank_transfer"),
				BankTransfer: &stripe.CheckoutSessionPaymentMethodOptionsCustomerBalanceBankTransferParams{Type: stripe.String("us_bank_transfer")},
			}}
		}
	}
	return p
}

func (r *rig) look(session string) *stripe.CheckoutSession {
	r.Helper()
	p := &stripe.CheckoutSessionParams{}
	p.AddExpand("payment_intent.latest_charge")
	s, err := r.api.CheckoutSessions.Get(session, p)
	return must(r, s, err)
}

func (r *rig) happened(typ, object string) bool {
	r.Helper()
	l := r.api.Events.List(&stripe.EventListParams{Type: stripe.String(typ)})
	for l.Next() {
		if l.Event().Data.Object["id"] == object {
			return true
		}
	}
	return false
}

// A debit is complete and unpaid first; days later the bank pays or refuses.
func TestDebitsOfBankAccounts(t *testing.T) {
	for name, want := range map[string]struct {
		currency, typ, method string
		paid                  bool
		failure               string
		disputed              bool
	}{
		"ACH pays":                    {"usd", "us_bank_account", "pm_usBankAccount_success", true, "", false},
		"ACH without enough":          {"usd", "us_bank_account", "pm_usBankAccount_insufficientFunds", false, "insufficient_funds", false},
		"ACH of a closed account":     {"usd", "us_bank_account", "pm_usBankAccount_accountClosed", false, "account_closed", false},
		"ACH pays and is disputed":    {"usd", "us_bank_account", "pm_usBankAccount_dispute", true, "", true},
		"SEPA pays":                   {"eur", "sepa_debit", "pm_successDelayed_de", true, "", false},
		"SEPA fails":                  {"eur", "sepa_debit", "pm_failedDelayed_de", false, "generic_could_not_process", false},
		"SEPA pays, then is disputed": {"eur", "sepa_debit", "pm_disputed_de", true, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			r := local(t)
			made, err := r.api.CheckoutSessions.New(delayedSession(r.customer("a@example.com").ID, want.currency, "card", want.typ))
			s := must(t, made, err)
			must(t, 0, r.pay(s.ID, want.method))
			s = r.look(s.ID)
			if s.Status != "complete" || s.PaymentStatus != "unpaid" || s.PaymentIntent.Status != "processing" || s.PaymentIntent.LatestCharge.Status != "pending" {
				t.Fatalf("at first: %s %s %s", s.Status, s.PaymentStatus, s.PaymentIntent.Status)
			}
			if !r.happened("checkout.session.completed", s.ID) || !r.happened("payment_intent.processing", s.PaymentIntent.ID) {
				t.Error("nothing tells of it")
			}
			must(t, 0, r.server.Advance(24*time.Hour))
			if s = r.look(s.ID); s.PaymentIntent.Status != "processing" {
				t.Fatal("the bank was quick")
			}
			must(t, 0, r.server.Advance(5*24*time.Hour))
			s = r.look(s.ID)
			pi := s.PaymentIntent
			if want.paid {
				if s.PaymentStatus != "paid" || pi.Status != "succeeded" || pi.AmountReceived != 2500 || !r.happened("checkout.session.async_payment_succeeded", s.ID) {
					t.Errorf("%s %s", s.PaymentStatus, pi.Status)
				}
				if d := pi.LatestCharge.PaymentMethodDetails; string(d.Type) != want.typ {
					t.Errorf("paid by %s", d.Type)
				}
			} else if s.PaymentStatus != "unpaid" || pi.Status != "requires_payment_method" || pi.LastPaymentError == nil ||
				pi.LatestCharge.FailureCode != want.failure || !r.happened("checkout.session.async_payment_failed", s.ID) || !r.happened("payment_intent.payment_failed", pi.ID) {
				t.Errorf("%s %s %+v %s", s.PaymentStatus, pi.Status, pi.LastPaymentError, pi.LatestCharge.FailureCode)
			}
			must(t, 0, r.server.Advance(6*24*time.Hour))
			l := r.api.Disputes.List(&stripe.DisputeListParams{PaymentIntent: stripe.String(pi.ID)})
			if l.Next() != want.disputed {
				t.Fatal("disputed:", !want.disputed)
			}
			if want.disputed && l.Dispute().Status != "lost" {
				t.Errorf("the dispute of a debit is %s: it is final", l.Dispute().Status)
			}
		})
	}
}

func TestBanksAnswerSoonWhenTold(t *testing.T) {
	r := local(t)
	r.server.SetBankDelay(10 * time.Second)
	made, err := r.api.CheckoutSessions.New(delayedSession(r.customer("a@example.com").ID, "usd", "us_bank_account"))
	s := must(t, made, err)
	must(t, 0, r.pay(s.ID, "pm_usBankAccount_success"))
	r.clock.move(11 * time.Second)
	if s = r.look(s.ID); s.PaymentStatus != "paid" {
		t.Errorf("%s", s.PaymentStatus)
	}
}

// Transfers come in parts, or too much comes; what is over is the customer's.
func TestBankTransfers(t *testing.T) {
	r := local(t)
	c := r.customer("a@example.com")
	begin := func() *stripe.CheckoutSession {
		made, err := r.api.CheckoutSessions.New(delayedSession(c.ID, "usd", "card", "customer_balance"))
		s := must(t, made, err)
		pm, err := r.api.PaymentMethods.New(&stripe.PaymentMethodParams{Type: stripe.String("customer_balance"), CustomerBalance: &stripe.PaymentMethodCustomerBalanceParams{}})
		must(t, 0, r.pay(s.ID, must(t, pm, err).ID))
		return r.look(s.ID)
	}
	send := func(amount, reference string) {
		t.Helper()
		req, _ := http.NewRequest(http.MethodPost, r.url+"/v1/test_helpers/customers/"+c.ID+"/fund_cash_balance",
			strings.NewReader(url.Values{"amount": {amount}, "currency": {"usd"}, "reference": {reference}}.Encode()))
		req.Header.Set("Authorization", "Bearer "+testKey)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		must(t, 0, err)
		defer http.DefaultClient.CloseIdleConnections()
		defer res.Body.Close()
		if b, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", res.Status, b)
		}
	}
	s := begin()
	pi := s.PaymentIntent
	next := pi.NextAction.DisplayBankTransferInstructions
	if s.Status != "complete" || s.PaymentStatus != "unpaid" || pi.Status != "requires_action" || next.AmountRemaining != 2500 || next.Reference == "" || next.HostedInstructionsURL == "" || len(next.FinancialAddresses) == 0 {
		t.Fatalf("at first: %s %s %+v", s.Status, pi.Status, next)
	}
	send("1000", "")
	if now := r.look(s.ID).PaymentIntent; now.Status != "requires_action" || now.NextAction.DisplayBankTransferInstructions.AmountRemaining != 1500 || !r.happened("payment_intent.partially_funded", pi.ID) {
		t.Errorf("after a part: %s %+v", now.Status, now.NextAction)
	}
	second := begin()
	send("2000", next.Reference) // 500 too much, which goes to the second
	if now := r.look(s.ID); now.PaymentStatus != "paid" || now.PaymentIntent.Status != "succeeded" || !r.happened("checkout.session.async_payment_succeeded", s.ID) {
		t.Errorf("after the rest: %s", now.PaymentStatus)
	}
	if now := r.look(second.ID).PaymentIntent; now.NextAction.DisplayBankTransferInstructions.AmountRemaining != 2000 {
		t.Errorf("the second: %+v", now.NextAction)
	}
	send("5000", "")
	b, err := r.api.CashBalances.Get(&stripe.CashBalanceParams{Customer: stripe.String(c.ID)})
	if got := must(t, b, err).Available["usd"]; got != 3000 {
		t.Errorf("%d left", got)
	}
	third := begin() // paid at once from what is left
	if third.PaymentStatus != "paid" || third.PaymentIntent.Status != "succeeded" {
		t.Errorf("the third: %s %s", third.PaymentStatus, third.PaymentIntent.Status)
	}
}

func TestWhichMethodsASessionOffers(t *testing.T) {
	r := local(t)
	c := r.customer("a@example.com").ID
	made, err := r.api.CheckoutSessions.New(sessionParams(c))
	if s := must(t, made, err); strings.Join(s.PaymentMethodTypes, " ") != "card link us_bank_account customer_balance" {
		t.Errorf("the dashboard's: %v", s.PaymentMethodTypes)
	}
	_, err = r.api.CheckoutSessions.New(delayedSession(c, "eur", "us_bank_account"))
	refused(t, err, 400, "", "payment_method_types")
	p := delayedSession(c, "usd", "customer_balance")
	p.PaymentIntentData.SetupFutureUsage = stripe.String("off_session")
	_, err = r.api.CheckoutSessions.New(p)
	refused(t, err, 400, "", "payment_intent_data[setup_future_usage]")
	p = delayedSession(c, "usd", "customer_balance")
	p.PaymentMethodOptions = nil
	_, err = r.api.CheckoutSessions.New(p)
	refused(t, err, 400, "parameter_missing", "payment_method_options[customer_balance][funding_type]")
	_, err = r.api.CheckoutSessions.New(delayedSession("", "usd", "customer_balance"))
	refused(t, err, 400, "", "customer")
}
