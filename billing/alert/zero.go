package alert

import (
	"time"

	"purse/billing/fault"
	"purse/billing/money"
)

// Mode is what happens when nothing is available.
type Mode string

const (
	// Block refuses: 402 insufficient_credits.
	Block Mode = "block"
	// Grace allows until the overdraft is used up. What is missing is debt, which
	// the next paid grant repays.
	Grace Mode = "grace"
	// Throttle allows as Grace does, and answers throttle with a rate: the
	// vendor's gateway slows the customer down.
	Throttle Mode = "throttle"
)

// AtZero is the policy of a wallet for when nothing is available.
type AtZero struct {
	Customer, CreditType string
	Mode                 Mode
	Overdraft            money.Credits
	Rate                 int // requests a minute, for Throttle
	UpdatedBy            string
	UpdatedAt            time.Time
	Reason               string // of a change, for the audit log alone
}

// inForce is the policy as it stands: without an overdraft everything is refused,
// wherever that was set.
func (z AtZero) inForce() AtZero {
	if z.Overdraft == 0 {
		z.Mode, z.Rate = Block, 0
	}
	return z
}

func (z *AtZero) check() error {
	switch z.Mode {
	case Block:
		if z.Overdraft != 0 {
			return fault.Bad("overdraft", "A wallet that blocks has no overdraft: leave it out, or choose grace or throttle.")
		}
		if z.Rate != 0 {
			return fault.Bad("rate_per_minute", "A wallet that blocks has no rate: leave it out, or choose throttle.")
		}
		return nil
	case Grace:
		if z.Rate != 0 {
			return fault.Bad("rate_per_minute", "A wallet with grace is not slowed down: leave the rate out, or choose throttle.")
		}
	case Throttle:
		if z.Rate < 1 || z.Rate > 1_000_000 {
			return fault.Bad("rate_per_minute", "Give 1 to 1,000,000 requests a minute.")
		}
	default:
		return fault.Bad("mode", "At zero a wallet can block, grace or throttle.")
	}
	if z.Overdraft <= 0 || z.Overdraft > money.MaxAmount {
		return fault.Bad("overdraft", "Say how far below zero the balance may go: more than zero credits.")
	}
	return nil
}
