package sandbox_test

import (
	"sync"
	"testing"
	"time"

	"purse/handlers/sandbox"
)

// Many purchases at once, every event delivered twice: each is paid once, and
// nothing is lost.
func TestStorm(t *testing.T) {
	const purchases = 120
	r := local(t)
	rc := r.listen("checkout.session.completed", "payment_intent.succeeded")
	if err := r.server.SetFaults(sandbox.Faults{Deliveries: []sandbox.DeliveryFault{{Action: sandbox.FaultDuplicate, Count: -1}}}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range purchases / 8 {
				s, err := r.api.CheckoutSessions.New(sessionParams(""))
				if err != nil {
					t.Error(err)
					return
				}
				var twice sync.WaitGroup
				for range 2 {
					twice.Go(func() { _ = r.pay(s.ID, "pm_card_visa") })
				}
				twice.Wait()
			}
		})
	}
	wg.Wait()
	events := types(rc.wait(t, 4*purchases))
	if events["checkout.session.completed"] != 2*purchases || events["payment_intent.succeeded"] != 2*purchases {
		t.Errorf("%v", events)
	}
	t.Logf("%d purchases and %d deliveries in %s", purchases, 4*purchases, time.Since(began).Round(time.Millisecond))
}
