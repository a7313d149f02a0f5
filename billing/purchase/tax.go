package purchase

import (
	"context"
	"strconv"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/money"
	"purse/billing/tx"
)

// TaxGateway calculates tax before anything is bought. It may be missing.
type TaxGateway interface {
	// CalculateTax answers the tax of each line, in the order of the lines.
	CalculateTax(ctx context.Context, p TaxParams) ([]int64, error)
}

// TaxParams are what tax depends on: who buys, where, and what.
type TaxParams struct {
	Currency string
	Address  account.Address
	TaxIDs   []account.TaxID
	Lines    []TaxLine
}

// TaxLine is one thing for sale.
type TaxLine struct {
	Amount         int64
	Behavior, Code string
}

// Taxed is a price with its tax.
type Taxed struct {
	Tax, Total money.Money // the tax is contained in Total
}

// ForSale is a pack at a price.
type ForSale struct {
	Pack  *catalog.Pack
	Price money.Money
}

const (
	taxLife    = 10 * time.Minute // that a calculation is shown again
	taxPause   = 30 * time.Second // without asking, after no answer
	taxPatient = 2 * time.Second  // for an answer: the page does not wait longer
	taxesKept  = 10_000
)

// taxKey is all that a calculation depends on; another version of the billing
// details is another key.
type taxKey struct {
	customer string
	version  int64
	line     TaxLine
	currency string
}

type taxCache struct {
	mu     sync.Mutex
	known  map[taxKey]taxKnown
	paused time.Time
}

type taxKnown struct {
	tax   int64
	until time.Time
}

// Taxes answers what packs of one currency cost a customer with tax, in the same
// order: nil for those of which it is not known, and without automatic tax or an
// address for all. It never fails: what it does not know, Checkout shows.
func (s *Service) Taxes(ctx context.Context, customer string, sale []ForSale) []*Taxed {
	out := make([]*Taxed, len(sale))
	if !s.AutomaticTax || s.Tax == nil || len(sale) == 0 {
		return out
	}
	var details account.BillingDetails
	var now time.Time
	err := s.Runner.View(ctx, func(t tx.Tx) (err error) {
		now = t.Now()
		details, err = s.Accounts.BillingIn(t, customer)
		return err
	})
	if err != nil || details.Country == "" {
		return out
	}
	keys := make([]taxKey, len(sale))
	ask := TaxParams{Currency: sale[0].Price.Currency, Address: details.Address, TaxIDs: details.TaxIDs}
	var missing []int
	for i, x := range sale {
		behavior, code := s.TaxOf(x.Pack)
		keys[i] = taxKey{customer, details.Version, TaxLine{x.Price.Amount, behavior, code}, x.Price.Currency}
		if x.Price.Currency != ask.Currency || x.Price.Amount <= 0 {
			continue
		}
		if tax, ok := s.taxes.get(keys[i], now); ok {
			out[i] = keys[i].taxed(tax)
			continue
		}
		missing, ask.Lines = append(missing, i), append(ask.Lines, keys[i].line)
	}
	if len(missing) == 0 || s.taxes.isPaused(now) {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, taxPatient)
	defer cancel()
	found, err := s.Tax.CalculateTax(ctx, ask)
	if err != nil || len(found) != len(missing) {
		s.Log.Warn("Stripe did not calculate tax; it is shown at Checkout", "customer", customer, "error", err)
		s.taxes.pause(now)
		return out
	}
	for n, i := range missing {
		s.taxes.put(keys[i], found[n], now)
		out[i] = keys[i].taxed(found[n])
	}
	return out
}

func (k taxKey) taxed(tax int64) *Taxed {
	total := k.line.Amount
	if k.line.Behavior != "inclusive" {
		total += tax
	}
	return &Taxed{Tax: money.Money{Amount: tax, Currency: k.currency}, Total: money.Money{Amount: total, Currency: k.currency}}
}

func (c *taxCache) get(k taxKey, now time.Time) (int64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.known[k]
	return known.tax, ok && known.until.After(now)
}

func (c *taxCache) put(k taxKey, tax int64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= taxesKept {
		c.known = map[taxKey]taxKnown{}
	}
	c.known[k] = taxKnown{tax, now.Add(taxLife)}
}

func (c *taxCache) pause(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = now.Add(taxPause)
}

func (c *taxCache) isPaused(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.paused.After(now)
}

// Ref is how a line of a calculation is told from the others.
func (TaxParams) Ref(line int) string { return strconv.Itoa(line) }
