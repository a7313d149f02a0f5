package recharge_test

import (
	"testing"

	"purse/billing/charge"
	"purse/billing/recharge"
)

// TestWhatARechargeIsCalled: every state of a charge, and every reason for it, has its
// word for recharges, and only what is under way is open.
func TestWhatARechargeIsCalled(t *testing.T) {
	for _, c := range []struct {
		is     charge.Charge
		state  recharge.RunState
		reason recharge.Reason
		open   bool
	}{
		{charge.Charge{State: charge.Issuing}, recharge.Pending, "", true},
		{charge.Charge{State: charge.Charging}, recharge.Pending, "", true},
		{charge.Charge{State: charge.Charging, Processing: true}, recharge.Pending, "", true},
		{charge.Charge{State: charge.Retrying, Cause: charge.CauseDeclined}, recharge.Retrying, recharge.CardDeclined, true},
		{charge.Charge{State: charge.Open, Cause: charge.CauseDeclined}, recharge.Waiting, recharge.CardDeclined, true},
		{charge.Charge{State: charge.Open, Cause: charge.CauseUnconfirmed}, recharge.Waiting, recharge.AuthenticationRequired, true},
		{charge.Charge{State: charge.Open, Cause: charge.CauseNoMethod}, recharge.Waiting, recharge.NoCard, true},
		{charge.Charge{State: charge.Charging, Cause: charge.CauseDiffers, GiveUp: charge.Differs}, recharge.Pending, recharge.Mismatch, true},
		{charge.Charge{State: charge.Paid, Cause: charge.CauseDeclined}, recharge.Succeeded, "", false},
		{charge.Charge{State: charge.Void, GiveUp: recharge.NotNeeded}, recharge.Voided, recharge.NotNeeded, false},
		{charge.Charge{State: charge.Void, GiveUp: charge.TooLate, Cause: charge.CauseDeclined}, recharge.Voided, recharge.TooLate, false},
		{charge.Charge{State: charge.Void}, recharge.Voided, recharge.TurnedOff, false}, // in Stripe's dashboard
		{charge.Charge{State: charge.Uncollectible}, recharge.Voided, recharge.TurnedOff, false},
		{charge.Charge{State: charge.Failed, Cause: charge.CauseRefused}, recharge.Failed, recharge.RefusedByStripe, false},
		{charge.Charge{State: charge.Failed, Cause: charge.CauseNotMade}, recharge.Failed, recharge.Unknown, false},
		{charge.Charge{State: charge.Failed, Cause: charge.CauseNoMethod}, recharge.Failed, recharge.NoCard, false},
	} {
		r := &recharge.Recharge{Charge: c.is}
		if r.State() != c.state || r.Reason() != c.reason || r.State().Open() != c.open || c.is.State.UnderWay() != c.open {
			t.Errorf("%s, %s, given up for %q: %s, %q, open %t; want %s, %q, %t", c.is.State, c.is.Cause, c.is.GiveUp, r.State(), r.Reason(), r.State().Open(), c.state, c.reason, c.open)
		}
	}
}
