package api

import (
	"context"
	"time"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
)

type holdObject struct {
	Object     string     `json:"object" enum:"hold"`
	ID         string     `json:"id"`
	Customer   string     `json:"customer"`
	CreditType string     `json:"credit_type"`
	Credits    string     `json:"credits" doc:"What was set aside"`
	Captured   string     `json:"captured" doc:"What the work cost"`
	Status     string     `json:"status" enum:"open,captured,released,expired"`
	Posting    *string    `json:"posting,omitempty" doc:"Of the capture, in its answer"`
	ExpiresAt  time.Time  `json:"expires_at"`
	EndedAt    *time.Time `json:"ended_at"`
	CreatedAt  time.Time  `json:"created_at"`
	Throttle   bool       `json:"throttle,omitempty" doc:"The hold uses the overdraft: slow the customer down to rate_per_minute"`
	Rate       int        `json:"rate_per_minute,omitempty"`
}

func showHold(h ledger.Hold) holdObject {
	return holdObject{
		Object: "hold", ID: h.ID.String(), Customer: h.Customer, CreditType: h.CreditType, Credits: h.Amount.String(),
		Captured: h.Captured.String(), Status: string(h.State), ExpiresAt: stamp(h.ExpiresAt), EndedAt: stampOrNull(h.EndedAt),
		CreatedAt: stamp(h.CreatedAt),
	}
}

// reporter is the request's key as usage wants to know it.
func reporter(ctx context.Context) usage.Reporter {
	k := keyOf(ctx)
	return usage.Reporter{Customer: k.Customer, MayBackdate: k.Can("admin")}
}

type newHold struct {
	Customer   string     `json:"customer"`
	CreditType string     `json:"credit_type"`
	Credits    string     `json:"credits"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"In 10 minutes by default, in 24 hours at most"`
}

type createHoldIn struct {
	OnceKey
	Body body[newHold]
}

func createHold(a *API, ctx context.Context, in *createHoldIn) (*reply[holdObject], error) {
	v := in.Body.V
	amount, err := credits("credits", v.Credits)
	if err != nil {
		return nil, err
	}
	expires, err := date("expires_at", v.ExpiresAt)
	if err != nil {
		return nil, err
	}
	v.Customer, v.CreditType, v.Credits = a.customerID(ctx, v.Customer), a.creditTypeKey(v.CreditType), amount.String()
	once := in.once(asked{operation: "holds.create", customer: v.Customer, sent: in.Body.sent, meaning: v})
	h, replayed, err := a.Usage.Hold(ctx, reporter(ctx), once,
		usage.NewHold{Customer: v.Customer, CreditType: v.CreditType, Credits: amount, ExpiresAt: expires})
	if err != nil {
		return nil, a.refused(a.problem(ctx, onceParam(err)), err, replayed)
	}
	o := showHold(h)
	if o.Rate, err = a.Usage.Slowed(ctx, h.WalletKey); err != nil {
		return nil, err
	}
	o.Throttle = o.Rate > 0
	return made(o, replayed)
}

func holdID(s string) (ledger.HoldID, error) {
	id, isID := ledger.ParseHoldID(s)
	if !isID {
		return 0, fault.Missing("hold")
	}
	return id, nil
}

func getHold(a *API, ctx context.Context, in *ByID) (*reply[holdObject], error) {
	id, err := holdID(in.ID)
	if err != nil {
		return nil, err
	}
	var h ledger.Hold
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		h, err = a.Ledger.Hold(t, keyOf(ctx).Customer, id)
		return gone(err, "hold")
	})
	if err != nil {
		return nil, err
	}
	return ok(showHold(h))
}

type newCapture struct {
	Credits string `json:"credits" doc:"What the work cost: from the hold, then from the balance; what is over becomes debt"`
}

type captureIn struct {
	ByID
	OnceKey
	Body body[newCapture]
}

func captureHold(a *API, ctx context.Context, in *captureIn) (*reply[holdObject], error) {
	id, err := holdID(in.ID)
	if err != nil {
		return nil, err
	}
	amount, err := credits("credits", in.Body.V.Credits)
	if err != nil {
		return nil, err
	}
	once := in.once(asked{operation: "holds.capture", customer: a.ownerOfHold(ctx, id), sent: in.Body.sent, path: in.ID, object: id.String(), meaning: newCapture{amount.String()}})
	h, res, err := a.Usage.CaptureHold(ctx, reporter(ctx), once, id, amount)
	return ended(h, res, err)
}

type releaseIn struct {
	ByID
	OnceKey
}

func releaseHold(a *API, ctx context.Context, in *releaseIn) (*reply[holdObject], error) {
	id, err := holdID(in.ID)
	if err != nil {
		return nil, err
	}
	h, res, err := a.Usage.ReleaseHold(ctx, reporter(ctx), in.once(asked{operation: "holds.release", customer: a.ownerOfHold(ctx, id), path: in.ID, object: id.String()}), id)
	return ended(h, res, err)
}

func ended(h ledger.Hold, res ledger.Result, err error) (*reply[holdObject], error) {
	if err != nil {
		return nil, onceParam(err)
	}
	o := showHold(h)
	if len(res.Postings) > 0 {
		o.Posting = orNull(res.Postings[0].ID.String())
	}
	return done(o, res.Replayed)
}
