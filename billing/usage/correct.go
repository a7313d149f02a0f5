package usage

import (
	"purse/billing/ledger"
	"purse/billing/tx"
)

// Counted answers the counters that a posting of usage counted towards, so that a
// correction gives back what they had counted. A tx.ErrNotFound says that there is
// no such posting.
func (s *Service) Counted(t tx.Tx, customer string, id ledger.PostingID) ([]ledger.Counter, error) {
	p, w, err := s.Ledger.Posting(t, customer, id)
	if err != nil || s.Limits == nil {
		return nil, err
	}
	switch p.Kind {
	case ledger.PostDebit, ledger.PostCapture:
		return s.Limits(w.WalletKey, p.Caller, p.CountsAt()), nil
	}
	return nil, nil
}
