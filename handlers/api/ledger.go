package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/account"
	"purse/billing/catalog"
	"purse/billing/credit"
	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
)

type postingObject struct {
	Object       string        `json:"object" enum:"posting"`
	ID           string        `json:"id"`
	Customer     string        `json:"customer"`
	CreditType   string        `json:"credit_type"`
	Kind         string        `json:"kind" enum:"debit,grant,capture,expire,void,adjust,transfer,refund,dispute"`
	Amount       string        `json:"amount" doc:"The change of the balance, with sign"`
	BalanceAfter string        `json:"balance_after" doc:"In the answer of an adjustment: after all that it booked"`
	GoneAgain    string        `json:"gone_again,omitempty" doc:"In the answer of an adjustment: what of it was drawn of a grant that was over already, and went once more at once by a posting of its own"`
	Event        *postingEvent `json:"event"`
	Caller       *string       `json:"caller"`
	Lines        []lineObject  `json:"lines" nullable:"false" doc:"What each meter cost: rate × quantity. What a rate version has charged the wallet is the exact costs added up and rounded half up; a line is what that grew by"`
	Entries      []entryObject `json:"entries" nullable:"false" doc:"Which grants were moved"`
	Corrects     *string       `json:"corrects" doc:"The posting that this one corrects"`
	Reference    *string       `json:"reference" doc:"A purchase, a hold, the other posting of a transfer"`
	Reason       *string       `json:"reason"`
	CreatedAt    time.Time     `json:"created_at"`
}

type postingEvent struct {
	ID        string    `json:"id"`
	Event     string    `json:"event"`
	Timestamp time.Time `json:"timestamp"`
	Mode      string    `json:"mode" enum:"decide,record"`
}

type lineObject struct {
	Meter       string `json:"meter"`
	Rate        string `json:"rate"`
	RateCredits string `json:"rate_credits" doc:"Credits per rate_per units"`
	RatePer     int64  `json:"rate_per"`
	Quantity    string `json:"quantity"`
	Credits     string `json:"credits"`
	Cost        string `json:"cost" doc:"The exact cost in credits: a decimal, or a fraction where that has no end"`
	Sum         string `json:"sum,omitempty" doc:"What the rate version has cost the wallet with this line, exactly, where the cost needs rounding"`
}

type entryObject struct {
	Grant        *string `json:"grant" doc:"null: the wallet's debt"`
	Amount       string  `json:"amount"`
	BalanceAfter string  `json:"balance_after"`
}

func showPosting(p ledger.Posting, k ledger.WalletKey, shop *catalog.Snapshot) postingObject {
	o := postingObject{
		Object: "posting", ID: p.ID.String(), Customer: k.Customer, CreditType: k.CreditType, Kind: string(p.Kind),
		Amount: p.Amount.String(), BalanceAfter: p.BalanceAfter.String(), Caller: orNull(p.Caller), Lines: []lineObject{},
		Entries: []entryObject{}, Reference: orNull(p.Detail.Ref), Reason: orNull(p.Reason), CreatedAt: stamp(p.At),
	}
	if p.Corrects != 0 {
		o.Corrects = orNull(ledger.PostingID{Wallet: p.ID.Wallet, Seq: p.Corrects}.String())
	}
	if p.Kind == ledger.PostDebit || p.Detail.Event != "" {
		mode := "decide"
		if p.Detail.Recorded {
			mode = "record"
		}
		o.Event = &postingEvent{p.Detail.Event, p.Detail.EventName, time.UnixMicro(p.Detail.EventAt).UTC(), mode}
	}
	for _, l := range p.Detail.Lines {
		line := lineObject{Meter: l.Meter, Rate: l.Rate, Quantity: l.Quantity, Credits: l.Credits.String(), Cost: l.Credits.String()}
		if !l.Cost.IsZero() {
			line.Cost, line.Sum = l.Cost.String(), l.Sum.String()
		}
		if r := shop.Rate(l.Rate); r != nil {
			line.RateCredits, line.RatePer = r.Credits, r.Per
		}
		o.Lines = append(o.Lines, line)
	}
	for _, e := range p.Entries {
		entry := entryObject{Amount: e.Amount.String(), BalanceAfter: e.BalanceAfter.String()}
		if e.Grant != 0 {
			entry.Grant = orNull(e.Grant.String())
		} else if e.Amount == 0 {
			continue // a posting of nothing moved no debt either
		}
		o.Entries = append(o.Entries, entry)
	}
	return o
}

type listPostingsIn struct {
	InCustomer
	Page
	CreditType string    `query:"credit_type" doc:"Needed where there are several"`
	Kind       string    `query:"kind" enum:"debit,grant,capture,expire,void,adjust,transfer,refund,dispute"`
	Meter      string    `query:"meter" doc:"Only usage of this meter"`
	Caller     string    `query:"caller" maxLength:"255" doc:"Only usage by this caller"`
	From       time.Time `query:"from" doc:"Posted at this time or later"`
	To         time.Time `query:"to" doc:"Posted before this time"`
}

// Resolve refuses the zero of a clock, which is no time that was left out.
func (in *listPostingsIn) Resolve(ctx huma.Context) []error {
	for name, at := range map[string]time.Time{"from": in.From, "to": in.To} {
		if ctx.Query(name) != "" {
			if _, err := date(name, &at); err != nil {
				f, _ := fault.As(err)
				return []error{makeProblem(422, f.Code, f.Param, f.Detail)}
			}
		}
	}
	return nil
}

func listPostings(a *API, ctx context.Context, in *listPostingsIn) (*reply[list[postingObject]], error) {
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	shop := a.Catalog.Snapshot()
	k, err := onlyWallet(shop, c, in.CreditType)
	if err != nil {
		return nil, err
	}
	q := ledger.Query{Wallet: k, Kind: ledger.PostingKind(in.Kind), Caller: in.Caller, From: in.From, To: in.To, Limit: in.Limit}
	if in.Meter != "" {
		m := shop.Meter(in.Meter)
		if m == nil {
			return nil, fault.New(fault.Invalid, "unknown_meter", "meter", "There is no meter %q.", in.Meter)
		}
		q.Meter = m.Key
	}
	var out ledger.Page
	err = a.Runner.View(ctx, func(t tx.Tx) (err error) {
		if q.Before, err = a.place(t, k, "starting_after", in.StartingAfter); err != nil {
			return err
		}
		if q.After, err = a.place(t, k, "ending_before", in.EndingBefore); err != nil {
			return err
		}
		out, err = a.Ledger.Postings(t, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	more := out.Older
	if in.EndingBefore != "" {
		more = out.Newer
	}
	return ok(listOf(out.Postings, more, func(p ledger.Posting) postingObject { return showPosting(p, k, shop) }))
}

// place reads a cursor: a posting of this wallet. 0 for none.
func (a *API) place(t tx.Tx, k ledger.WalletKey, param, cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	id, isID := ledger.ParsePostingID(cursor)
	if !isID {
		return 0, unknownCursor(param)
	}
	b, err := a.Ledger.Balance(t, k)
	if err == nil && (b.Wallet != id.Wallet || id.Seq > b.Seq) {
		err = unknownCursor(param)
	}
	return id.Seq, err
}

// onlyWallet is the wallet of a credit type that need not be named where there
// is only one.
func onlyWallet(shop *catalog.Snapshot, c *account.Customer, creditType string) (ledger.WalletKey, error) {
	if creditType == "" {
		only := shop.OnlyCreditType()
		if only == nil {
			return ledger.WalletKey{}, fault.Bad("credit_type", "Name the credit type: there are %d.", len(shop.CreditTypes))
		}
		creditType = only.Key
	}
	return walletKey(shop, c, creditType)
}

// posting reads a posting that the customer has, "" for anybody's.
func (a *API) posting(ctx context.Context, customer string, id ledger.PostingID) (o postingObject, err error) {
	err = a.Runner.View(ctx, func(t tx.Tx) error {
		p, w, err := a.Ledger.Posting(t, customer, id)
		if err != nil {
			return gone(err, "posting")
		}
		o = showPosting(p, w.WalletKey, a.Catalog.Snapshot())
		return nil
	})
	return o, err
}

func getPosting(a *API, ctx context.Context, in *ByID) (*reply[postingObject], error) {
	id, isID := ledger.ParsePostingID(in.ID)
	if !isID {
		return nil, fault.Missing("posting")
	}
	p, err := a.posting(ctx, keyOf(ctx).Customer, id)
	if err != nil {
		return nil, err
	}
	return ok(p)
}

type newAdjustment struct {
	CreditType string `json:"credit_type"`
	Credits    string `json:"credits" doc:"With sign: what is added to the balance" example:"-2.5"`
	Corrects   string `json:"corrects,omitempty" doc:"A posting whose credits are given back to its grants; only with credits above zero"`
	Reason     string `json:"reason" minLength:"1" maxLength:"500"`
}

type adjustIn struct {
	InCustomer
	OnceKey
	Body body[newAdjustment]
}

func adjust(a *API, ctx context.Context, in *adjustIn) (*reply[postingObject], error) {
	v := in.Body.V
	c, err := a.customer(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	n := credit.Adjustment{Customer: c.ID, CreditType: v.CreditType, Corrects: v.Corrects}
	if n.Credits, err = credits("credits", v.Credits); err != nil {
		return nil, err
	}
	act, err := a.Credit.Adjust(ctx, n)
	if err != nil {
		return nil, err
	}
	m := v
	m.CreditType, m.Credits = act.Wallet.CreditType, n.Credits.String()
	res, err := a.do(ctx, in.once(asked{operation: "adjustments.create", customer: c.ID, sent: in.Body.sent, path: in.ID, object: c.ID, meaning: m}), act, v.Reason)
	if err != nil {
		return nil, err
	}
	p, err := a.posting(ctx, c.ID, res.Postings[0].ID)
	if err != nil {
		return nil, err
	}
	if again := credit.Again(act.Op, res.Postings); again != 0 {
		last, err := a.posting(ctx, c.ID, res.Postings[len(res.Postings)-1].ID)
		if err != nil {
			return nil, err
		}
		p.BalanceAfter, p.GoneAgain = last.BalanceAfter, again.String()
	}
	return made(p, res.Replayed)
}

type newTransfer struct {
	From       string `json:"from" doc:"A customer's id, or ext: and your own"`
	To         string `json:"to"`
	CreditType string `json:"credit_type"`
	Credits    string `json:"credits"`
	Grant      string `json:"grant,omitempty" doc:"Only from this grant; by default from the unscoped in burn order"`
	Reason     string `json:"reason" minLength:"1" maxLength:"500"`
}

type transferObject struct {
	Object     string          `json:"object" enum:"transfer"`
	From       string          `json:"from"`
	To         string          `json:"to"`
	CreditType string          `json:"credit_type"`
	Credits    string          `json:"credits"`
	Postings   []postingObject `json:"postings" nullable:"false" doc:"The one that gave, the one that took"`
}

type transferIn struct {
	OnceKey
	Body body[newTransfer]
}

func transfer(a *API, ctx context.Context, in *transferIn) (*reply[transferObject], error) {
	v := in.Body.V
	from, err := a.customer(ctx, v.From)
	if err != nil {
		return nil, param(err, "from")
	}
	to, err := a.customer(ctx, v.To)
	if err != nil {
		return nil, param(err, "to")
	}
	n := credit.NewTransfer{From: from.ID, To: to.ID, CreditType: v.CreditType}
	if n.Credits, err = credits("credits", v.Credits); err != nil {
		return nil, err
	}
	if v.Grant != "" {
		if n.Grant, err = grantID(v.Grant); err != nil {
			return nil, param(err, "grant")
		}
	}
	act, err := a.Credit.Transfer(n)
	if err != nil {
		return nil, err
	}
	m := v
	m.From, m.To, m.CreditType, m.Credits = from.ID, to.ID, act.Wallet.CreditType, n.Credits.String()
	res, err := a.do(ctx, in.once(asked{operation: "transfers.create", customer: from.ID, sent: in.Body.sent, meaning: m}), act, v.Reason)
	if err != nil {
		return nil, err
	}
	o := transferObject{Object: "transfer", From: from.ID, To: to.ID, CreditType: act.Wallet.CreditType, Credits: n.Credits.String()}
	for _, posted := range res.Postings {
		p, err := a.posting(ctx, "", posted.ID)
		if err != nil {
			return nil, err
		}
		o.Postings = append(o.Postings, p)
	}
	return made(o, res.Replayed)
}

// param names the field that a fault is about.
func param(err error, name string) error {
	f, isFault := fault.As(err)
	if !isFault {
		return err
	}
	named := *f
	named.Param = name
	return &named
}
