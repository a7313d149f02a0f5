package show

import (
	"strings"
	"testing"
	"time"

	"purse/billing/money"
	"purse/billing/recharge"
	"purse/views/ui"
)

// A policy in another currency than the customer's says so, and leads to where it is
// set up again.
func TestAPolicyInAnotherCurrency(t *testing.T) {
	p := &recharge.Policy{State: recharge.Paused, Reason: recharge.OtherCurrency, CreditType: "credits", Price: money.Money{Amount: 1000, Currency: "usd"}, Quantity: 1}
	s := RechargeState(p, nil, ui.Unit{}, time.Now(), time.UTC)
	if s.Word != "Paused" || !strings.Contains(s.Title, "you pay in another currency now") || !strings.Contains(strings.Join(s.Text, " "), "You agreed to $10.00") || s.Resume != "" ||
		s.Repair != "Set it up again" || s.RepairURL != "/recharge?credit_type=credits#rules-title" {
		t.Errorf("%+v", s)
	}
}
