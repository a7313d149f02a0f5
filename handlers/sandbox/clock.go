package sandbox

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// Now is the sandbox's time: Options.Now plus what the clock was moved by.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now()
}

// settingOffset names by how much the clock was moved, in nanoseconds.
const settingOffset = "offset"

func (s *Server) now() time.Time { return s.opts.Now().Add(s.offset) }

func (s *Server) unix() int64 { return s.now().Unix() }

// Advance moves the clock forward, never back, and does what becomes due:
// sessions expire, banks answer, invoices become overdue, idempotency keys are forgotten.
func (s *Server) Advance(by time.Duration) error {
	if by <= 0 || by > 5*366*24*time.Hour {
		return errors.New("The clock moves forward only, by at most five years at once.") //nolint:revive // a sentence for the page
	}
	s.locked(func() {
		s.offset += by
		s.moved.Store(int64(s.offset))
		s.saveSetting(settingOffset, strconv.FormatInt(int64(s.offset), 10))
		s.settleDue()
	})
	return nil
}

// Offset is by how much the clock was moved, in all.
func (s *Server) Offset() time.Duration { return time.Duration(s.moved.Load()) }

// Moved is by how much the clock of the sandbox whose state is in the file at path was
// moved, for programs beside the one that has it open. Without a file it was not.
func Moved(path string) (_ time.Duration, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	db, err := openFile(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var text string
	switch err := db.QueryRow(`SELECT json FROM objects WHERE kind = ? AND id = ?`, kindSetting, settingOffset).Scan(&text); {
	case errors.Is(err, sql.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("sandbox: reading the clock of %s: %w", path, err)
	}
	o, err := parseObj([]byte(text))
	if err != nil {
		return 0, fmt.Errorf("sandbox: reading the clock of %s: %w", path, err)
	}
	n, err := strconv.ParseInt(o.str("value"), 10, 64)
	return time.Duration(n), err
}

// Settled says whether every event that is to be delivered by now was sent at
// least once, and answered.
func (s *Server) Settled() bool {
	settled := true
	now := time.Now().UnixMilli()
	s.locked(func() {
		for _, d := range s.pending {
			if d.yes("_running") || (d.num("tries") == 0 && d.num("next") <= now) {
				settled = false
			}
		}
	})
	return settled
}

// advance is Advance for people and programs, who may have to wait for ready.
func (s *Server) advance(by time.Duration, ready func()) error {
	if s.opts.Advance != nil {
		return s.opts.Advance(by, ready)
	}
	if err := s.Advance(by); err != nil {
		return err
	}
	ready()
	return nil
}

func (s *Server) saveSetting(name, value string) {
	s.store.put(kindSetting, obj{"id": name, "value": value})
}

func (s *Server) setting(name string) string { return s.store.get(kindSetting, name).str("value") }

func (s *Server) loadSettings() {
	n, _ := strconv.ParseInt(s.setting(settingOffset), 10, 64)
	s.offset = time.Duration(n)
	s.moved.Store(n)
	s.loadFaults()
	s.seedPromotions()
	if s.setting("account") == "" {
		s.saveSetting("account", "acct_1"+randomText(15))
	}
}

// settleDue does what the passing of time demands, once a second of the clock.
func (s *Server) settleDue() {
	now := s.unix()
	if now == s.settled {
		return
	}
	s.settled = now
	for _, r := range s.store.all("checkout.session") {
		if r.body.str("status") == "open" && r.body.num("expires_at") <= now {
			s.expireSession(r.body)
		}
	}
	for _, r := range s.store.all("refund") {
		if due := r.body.num("_settles_at"); due > 0 && due <= now {
			s.settleRefund(r.body)
		}
	}
	s.settleCoupons(now)
	s.settleBanks(now)
	s.settleOverdue(now)
	s.settlePayouts(now)
	s.forgetKeys(now)
}
