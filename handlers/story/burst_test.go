package story

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"purse/billing/account"
	"purse/billing/ledger"
)

// TestAFirstBurstRaisesNoBanner is a new customer who sends twenty requests and
// has nearly everything left: nobody says that credits run low, or when they run
// out. After a day of use the page knows, and says from what.
func TestAFirstBurstRaisesNoBanner(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&ada)
	w.grant(ada, "1000", ledger.Paid, 365, 1000)
	r := rand.New(rand.NewPCG(1, 2))
	w.use(ada, r, 20, "small")
	c := w.client(ada)
	page := w.get(c, "/").body
	for _, wrong := range []string{"running low", "run out soon", " a day</"} {
		if strings.Contains(page, wrong) {
			t.Errorf("after a first burst the page says %q", wrong)
		}
	}
	for _, right := range []string{"Not enough use yet", "it takes a day of use to tell"} {
		if !strings.Contains(page, right) {
			t.Errorf("it does not say %q", right)
		}
	}
	for range 4 {
		w.clock.Step(8 * time.Hour)
		w.use(ada, r, 2, "small")
	}
	if page = w.get(c, "/").body; !strings.Contains(page, "a rough estimate") || !strings.Contains(page, "if it goes on so") || strings.Contains(page, "Not enough use yet") {
		t.Error("after a day of use it does not say from what it estimates")
	}
}

// TestOneRequestIsNotUsual: 40 of 100 are left after one request of 60, and nothing was
// refused: no page says that requests are, also while a bank is asked for more. Once
// use tells what is usual, the banner says what it takes and what there is.
func TestOneRequestIsNotUsual(t *testing.T) {
	w := newWorld(t)
	w.fillCatalog()
	ada := w.person("Northwind Labs", "ada@example.com", "UTC", account.NoStaff)
	w.links(&ada)
	w.grant(ada, "100", ledger.Paid, 0, 1000)
	w.debit(ada, "60")
	c := w.client(ada)
	if page := w.get(c, "/").body; strings.Contains(page, "refused (402)") || strings.Contains(page, "usual request") {
		t.Error("one request is taken for a usual one")
	}
	w.grant(ada, "240", ledger.Paid, 0, 1000)
	for range 4 {
		w.clock.Step(8 * time.Hour)
		w.debit(ada, "60")
	}
	w.clock.Step(11 * time.Minute) // a rate is kept for a while
	page := w.get(c, "/").body
	if want := "A usual request needs 60.00 credits, and 40.00 credits are left: what needs more than that is refused (402)."; !strings.Contains(page, want) || strings.Contains(page, "are being refused") {
		t.Errorf("it does not say %q", want)
	}
}
