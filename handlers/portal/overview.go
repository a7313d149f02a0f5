package portal

import (
	"bytes"
	"context"
	"net/http"
	"sync"
	"time"

	"purse/billing/account"
	"purse/billing/alert"
	"purse/billing/event"
	"purse/billing/ledger"
	"purse/billing/notify"
	"purse/billing/tx"
	"purse/handlers/kit"
	"purse/handlers/show"
	"purse/views/portal"
	"purse/views/ui"
)

// Overview shows the balance and what moves it.
func (p *Portal) Overview(w http.ResponseWriter, r *http.Request) error {
	return p.overview(w, r, nil)
}

func (p *Portal) overview(w http.ResponseWriter, r *http.Request, key *portal.SampleKey) error {
	v := kit.VisitorOf(r)
	var page portal.Overview
	err := p.view(r.Context(), func(t tx.Tx) error {
		balances, err := p.Ledger.Balances(t, v.Customer.ID)
		if err != nil {
			return err
		}
		snapshot := p.Catalog.Snapshot()
		creditType := show.Type(r.URL.Query().Get("credit_type"), snapshot, balances)
		page = portal.Overview{
			Types:    show.Types(snapshot, balances, creditType, "/"),
			CanBuy:   v.Role.MayBuy(),
			LivePath: "/live?credit_type=" + creditType,
		}
		if page.Wallet, err = p.wallet(t, v.Customer, creditType, v.Role.MayBuy()); err != nil {
			return err
		}
		b := show.Balance(balances, v.Customer.ID, creditType)
		if page.Chart, err = show.Chart(t, p.Ledger, b, v.Customer.CreatedAt, v.Customer.Location(), page.Wallet.Unit); err != nil {
			return err
		}
		page.Checklist = p.checklist(v, &page.Wallet)
		if page.Checklist != nil {
			page.Checklist.Key = key
		}
		return nil
	})
	if err != nil {
		return err
	}
	f := p.Kit.Frame(r, "Overview", "/")
	f.Streams = true
	return kit.Render(w, r, http.StatusOK, portal.OverviewPage(f, page))
}

// Live streams the changing parts of the overview.
func (p *Portal) Live(w http.ResponseWriter, r *http.Request) error {
	v := kit.VisitorOf(r)
	creditType := p.Catalog.Snapshot().CreditType(r.URL.Query().Get("credit_type"))
	key := "credits"
	if creditType != nil {
		key = creditType.Key
	}
	customer, canBuy := v.Customer.ID, v.Role.MayBuy()
	name := "overview:" + key
	if canBuy {
		name += ":buyer"
	}
	r, stop, err := p.Kit.WhileMember(w, r)
	if err != nil {
		return err
	}
	defer stop()
	return p.Hub.Serve(w, r, customer, name, func(ctx context.Context) ([]byte, error) {
		c, err := p.Accounts.Customer(ctx, customer)
		if err != nil {
			return nil, err
		}
		var wallet portal.Wallet
		var banner *ui.Banner
		err = p.view(ctx, func(t tx.Tx) error {
			if banner, err = p.bannerOf(t, c, canBuy); err != nil {
				return err
			}
			wallet, err = p.wallet(t, c, key, canBuy)
			return err
		})
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err = portal.LiveParts(wallet, banner).Render(ctx, &b)
		return b.Bytes(), err
	})
}

// wallet fills what the live parts show.
func (p *Portal) wallet(t tx.Tx, c *account.Customer, creditType string, canBuy bool) (portal.Wallet, error) {
	key := ledger.WalletKey{Customer: c.ID, CreditType: creditType}
	b, err := p.Ledger.Balance(t, key)
	if err != nil {
		return portal.Wallet{}, err
	}
	w := portal.Wallet{
		Unit: show.Unit(p.Catalog.Snapshot(), creditType), New: b.Seq == 0, Available: b.Available, Balance: b.Balance, Held: b.Held, Later: b.Pending, Frozen: b.Frozen, Debt: b.Debt, Scoped: show.Scoped(b),
		Sources: show.Sources(b), Updated: t.Now(), Zone: c.Location(), CanBuy: canBuy,
	}
	if w.Pending, err = notify.Coming(t, p.Purchases, p.Recharges, c.ID, creditType); err != nil {
		return w, err
	}
	if w.Recharge, err = p.rechargeLine(t, c, creditType); err != nil {
		return w, err
	}
	if !b.NextExpiry.IsZero() {
		w.Expiry = &portal.Expiry{At: b.NextExpiry, Amount: b.NextExpiryCredits}
	}
	burn, err := p.burn.get(t, p.Ledger, b)
	if err != nil {
		return w, err
	}
	w.PerDay, w.RateOver, w.Used = burn.PerDay, burn.Over, burn.Used > 0
	w.RunsOut = alert.RunsOut(b.Available, burn.PerDay, t.Now())
	if b.Wallet == 0 {
		return w, nil
	}
	grants, err := p.Ledger.LiveGrants(t, key)
	if err != nil {
		return w, err
	}
	w.Grants = show.LiveGrants(grants, t.Now())
	if w.Feed, err = p.feed(t, c.ID); err != nil {
		return w, err
	}
	page, err := p.Ledger.Postings(t, ledger.Query{Wallet: key, Limit: 8})
	if err != nil {
		return w, err
	}
	w.Recent, err = show.Rows(t, p.Ledger, p.Purchases, c.ID, page.Postings, "/ledger/")
	return w, err
}

// The feed of the overview: so many things of so many events, as several may tell
// of the same.
const (
	feedItems  = 8
	feedEvents = 40
)

// feed is what happened to a customer lately, in words.
func (p *Portal) feed(t tx.Tx, customer string) ([]portal.FeedItem, error) {
	list, err := p.Events.List(t, event.Query{Customer: customer, Types: show.FeedTypes(), Limit: feedEvents})
	return show.Feed(list, p.Catalog.Snapshot(), feedItems), err
}

// burnCache keeps burn rates for a while: they move slowly, and live pages ask
// often.
type burnCache struct {
	mu   sync.Mutex
	rows map[ledger.WalletID]burnRow
}

type burnRow struct {
	at   time.Time
	burn show.Burn
}

const burnFor = 20 * time.Second

func (c *burnCache) get(t tx.Tx, l *ledger.Ledger, b ledger.Balance) (show.Burn, error) {
	now := t.Now()
	c.mu.Lock()
	row, ok := c.rows[b.Wallet]
	c.mu.Unlock()
	if ok && now.Sub(row.at).Abs() < burnFor {
		return row.burn, nil
	}
	burn, err := show.BurnRate(t, l, b)
	if err != nil {
		return burn, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || len(c.rows) > 10_000 {
		c.rows = map[ledger.WalletID]burnRow{}
	}
	if b.Seq > 0 && burn.Used > 0 { // the first charge shows at once
		c.rows[b.Wallet] = burnRow{now, burn}
	}
	return burn, nil
}
