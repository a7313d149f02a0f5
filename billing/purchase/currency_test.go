package purchase

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"purse/billing/money"
)

// Parts of a payment in another currency add up to all of it, whoever refunds them
// and however coarse the currencies are.
func TestPartsInAnotherCurrencyAddUp(t *testing.T) {
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := &Purchase{Total: 100 + r.Int64N(100_000), Price: money.Money{Currency: "usd"}}
		whole := money.Money{Amount: 100 + r.Int64N(1_000_000), Currency: "eur"}
		var known []*Refund
		var listed []ChargeRefund // newest first, as Stripe does
		sums := func() (own, theirs int64) {
			for _, k := range known {
				own, theirs = own+k.Amount, theirs+k.Charged.Amount
			}
			return own, theirs
		}
		for i := 0; ; i++ {
			own, theirs := sums()
			if theirs == whole.Amount {
				if own != p.Total {
					t.Fatalf("seed %d: all of %s went back, and %d of %d: %+v", seed, whole.Decimal(), own, p.Total, listed)
				}
				break
			}
			id, last := fmt.Sprint("re_", i), i == 4
			if r.IntN(2) == 0 && own < p.Total { // ours
				n := &Refund{ID: fmt.Sprint("ref_", i), StripeID: id, Amount: 1 + r.Int64N(p.Total-own), State: RefundSucceeded}
				if last {
					n.Amount = p.Total - own
				}
				n.Charged = chargedOf(p, whole, n, known)
				if n.Charged.Amount < 1 || theirs+n.Charged.Amount > whole.Amount {
					t.Fatalf("seed %d: %d of %d after %d", seed, n.Charged.Amount, whole.Amount, theirs)
				}
				known = append(known, n)
				listed = append([]ChargeRefund{{ID: id, Ours: n.ID, Amount: n.Charged.Amount, Currency: "eur", Status: "succeeded"}}, listed...)
				continue
			}
			n := ChargeRefund{ID: id, Amount: 1 + r.Int64N(whole.Amount-theirs), Currency: "eur", Status: "succeeded"}
			if last || own >= p.Total {
				n.Amount = whole.Amount - theirs
			}
			listed = append([]ChargeRefund{n}, listed...)
			seen := append([]ChargeRefund(nil), listed...)
			if err := ownRefunds(p, Took{Charged: whole}, seen, known); err != nil {
				t.Fatal(err)
			}
			known = append(known, &Refund{ID: id, StripeID: id, Amount: seen[0].Amount, Charged: seen[0].Charged, State: RefundSucceeded})
		}
		// Disputes of all of it, in parts, are of all of it: also where the charge keeps
		// its currency and the buyer's bank speaks of what the buyer saw.
		half := whole.Amount / 3
		for _, took := range []Took{{Charged: whole}, {Charged: money.Money{Amount: p.Total, Currency: "usd"}, Shown: whole}} {
			d := []ChargeDispute{{Amount: whole.Amount - half, Currency: "eur"}, {Amount: half, Currency: "eur"}}
			if err := ownDisputes(p, took, d); err != nil || d[0].Amount+d[1].Amount != p.Total || d[0].Currency != "" {
				t.Fatalf("seed %d: %+v of %d, %v", seed, d, p.Total, err)
			}
		}
	}
	if err := ownDisputes(&Purchase{Total: 1, Price: money.Money{Currency: "usd"}}, Took{}, []ChargeDispute{{Amount: 1, Currency: "eur"}}); err == nil {
		t.Error("a currency that nothing explains was converted")
	}
}
