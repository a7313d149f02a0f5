package db

import (
	"database/sql"
	"errors"
	"sync"

	"purse/billing/ledger"
	"purse/db/gen"
)

// callerCache knows the ids of callers that were committed.
type callerCache struct {
	mu  sync.Mutex
	ids map[ledger.CallerRef]int64
}

// maxCallers bounds the memory of the cache; beyond it, callers are looked up.
const maxCallers = 100_000

func newCallerCache() *callerCache { return &callerCache{ids: map[ledger.CallerRef]int64{}} }

// load answers the ids of callers, and makes those that are new.
func (c *callerCache) load(st *transaction, l *ledger.Loaded, refs []ledger.CallerRef) error {
	for _, ref := range refs {
		if l.Callers[ref] != 0 {
			continue
		}
		c.mu.Lock()
		known := c.ids[ref]
		c.mu.Unlock()
		if known != 0 {
			l.Callers[ref] = known
			continue
		}
		n, err := st.q.CallerByName(st.ctx, gen.CallerByNameParams{CustomerID: ref.Customer, Name: ref.Name})
		if errors.Is(err, sql.ErrNoRows) && st.write {
			if err := st.q.InsertCaller(st.ctx, gen.InsertCallerParams{CustomerID: ref.Customer, Name: ref.Name}); err != nil {
				return err
			}
			n, err = st.q.CallerByName(st.ctx, gen.CallerByNameParams{CustomerID: ref.Customer, Name: ref.Name})
		}
		if err != nil {
			return err
		}
		l.Callers[ref] = n
		st.OnCommit(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			if len(c.ids) < maxCallers {
				c.ids[ref] = n
			}
		})
	}
	return nil
}
