package ledger

import (
	"testing"
	"time"
)

// TestWhatWasOverGoesOnceMore: what a charge drew of a lot that had expired already
// expires once more when the charge is corrected, before it repays any debt: without
// the charge the credits would have stayed expired. The result has all of it.
func TestWhatWasOverGoesOnceMore(t *testing.T) {
	for what, held := range map[string]bool{"late work": false, "a hold": true} {
		d := newDesk(t)
		d.grant(Promotional, 1, d.now.Add(time.Hour))
		worked := d.now
		var hold HoldID
		if held {
			hold = d.do(NewHold{Wallet: d.k, Credits: 1, ExpiresAt: d.now.Add(3 * time.Hour)}).Hold
		}
		d.now = d.now.Add(2 * time.Hour)
		d.record(6) // a debt beside it
		var seq int64
		if held {
			seq = d.do(Capture{Hold: hold, Credits: 1}).Postings[0].ID.Seq
		} else {
			r := d.do(Debit{Record: true, EventAt: worked, Grace: 48 * time.Hour, Charges: []Charge{{d.k, []Line{{Meter: "m", Credits: 1}}}}})
			seq = r.Postings[0].ID.Seq
		}
		d.stands(what+" charged", -6, -6, 0, 6)
		r := d.do(Adjust{Wallet: d.k, Credits: 1, Corrects: seq})
		d.stands(what+" corrected", -6, -6, 0, 6)
		if len(r.Postings) != 2 || r.Postings[0].Amount != 1 || r.Postings[1].Amount != -1 || r.Postings[1].Available != -6 {
			t.Errorf("%s: %+v", what, r.Postings)
		}
	}
}
