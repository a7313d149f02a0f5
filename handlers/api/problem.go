package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/fault"
	"purse/billing/ledger"
	"purse/billing/tx"
	"purse/billing/usage"
	"purse/handlers/kit"
)

// problem is an error as RFC 9457 has it, with our code, param and request_id.
type problem struct {
	Type      string         `json:"type" doc:"Where the code is explained"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"A sentence for people that says what to do"`
	Code      string         `json:"code" doc:"For programs; it does not change"`
	Param     string         `json:"param,omitempty" doc:"The field or parameter at fault"`
	RequestID string         `json:"request_id,omitempty"`
	ID        string         `json:"id,omitempty" doc:"The id of the usage event"`
	Allowed   *bool          `json:"allowed,omitempty" doc:"false where credits lack"`
	Replayed  bool           `json:"replayed,omitempty" doc:"Whether this was the answer before"`
	Charges   []shortage     `json:"charges,omitempty" doc:"Every wallet that lacks credits: what was needed, and what is available with the overdraft, below zero in debt"`
	TopUpURL  string         `json:"top_up_url,omitempty" doc:"Where the customer buys credits"`
	RetryWith string         `json:"retry_with,omitempty" enum:"new_id,same_id" doc:"new_id: the refusal is final for this id"`
	ResetsAt  string         `json:"resets_at,omitempty" doc:"When a spend limit starts anew"`
	Limit     *limitReached  `json:"limit,omitempty" doc:"The spend limit that is in the way, the first of limits: it is reached, or the request needs more than is left of it"`
	Limits    []limitReached `json:"limits,omitempty" doc:"Every spend limit that is in the way"`
}

type shortage struct {
	CreditType string `json:"credit_type"`
	Meter      string `json:"meter,omitempty" doc:"The meter that lacks credits, where some may draw what others may not: then available is what the meters before it leave. Of a wallet, what all lack together is what is missing"`
	Required   string `json:"required"`
	Available  string `json:"available"`
}

func (p *problem) Error() string             { return p.Detail }
func (p *problem) GetStatus() int            { return p.Status }
func (p *problem) ContentType(string) string { return "application/problem+json" }

func (p *problem) writeTo(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

func makeProblem(status int, code, param, detail string) *problem {
	return &problem{Type: "/docs#error-" + code, Title: http.StatusText(status), Status: status, Code: code, Param: param, Detail: detail}
}

// problem tells any error. What is not for callers is logged and becomes a 500
// that says nothing.
func (a *API) problem(ctx context.Context, err error) *problem {
	var p *problem
	var syntax *usage.SyntaxError
	var tooLarge *http.MaxBytesError
	f, isFault := fault.As(err)
	switch {
	case errors.As(err, &p):
		own := *p
		p = &own
	case errors.As(err, &syntax):
		p = makeProblem(http.StatusBadRequest, "invalid_json", "", syntax.Text)
	case errors.As(err, &tooLarge):
		p = makeProblem(http.StatusRequestEntityTooLarge, "body_too_large", "", "The body is too large. Send fewer events, or smaller ones.")
	case isFault:
		p = makeProblem(kit.Status(f.Kind), f.Code, f.Param, f.Detail)
		if f.Kind == fault.Unavailable {
			p.RetryWith = "same_id"
			a.Log.ErrorContext(ctx, "request not answered", "error", err, "request_id", kit.RequestID(ctx))
		}
	case errors.Is(err, tx.ErrNotFound):
		p = makeProblem(http.StatusNotFound, "not_found", "", "There is no such thing.")
	case errors.Is(err, tx.ErrUnknown), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		a.Log.ErrorContext(ctx, "outcome of a request unknown", "error", err, "request_id", kit.RequestID(ctx))
		p = makeProblem(http.StatusServiceUnavailable, "unknown_outcome", "", "It is not known whether this was done. Send it again with the same id or Idempotency-Key.")
		p.RetryWith = "same_id"
	default:
		a.Log.ErrorContext(ctx, "request failed", "error", err, "request_id", kit.RequestID(ctx))
		p = makeProblem(http.StatusInternalServerError, "internal", "", "Something went wrong here. Try again, and quote the request_id if it stays.")
	}
	p.RequestID = kit.RequestID(ctx)
	return p
}

// refused adds to a problem what a refusal for lack of credits has to say.
func (a *API) refused(p *problem, err error, replayed bool) *problem {
	var r *ledger.Refusal
	if !errors.As(err, &r) || r.Fault.Kind != fault.NoCredits {
		return p
	}
	no := false
	p.Allowed, p.Replayed, p.RetryWith = &no, replayed, "new_id"
	if r.Limit != nil {
		p.ResetsAt = r.Limit.ResetsAt.UTC().Format("2006-01-02T15:04:05Z07:00")
		p.Limit = showReached(r.Limit)
	}
	for i := range r.Limits {
		p.Limits = append(p.Limits, *showReached(&r.Limits[i]))
	}
	for _, x := range r.Short {
		p.Charges = append(p.Charges, shortage{x.CreditType, x.Meter, x.Required.String(), x.Available.String()})
	}
	if len(r.Short) > 0 { // else more credits would not help
		p.TopUpURL = a.topUpURL()
	}
	return p
}

// topUpURL is where members of a customer buy credits.
func (a *API) topUpURL() string { return a.PublicURL + "/buy" }

func (a *API) write(w http.ResponseWriter, r *http.Request, err error) {
	a.problem(r.Context(), err).writeTo(w)
}

// huma's own errors are of form: a parameter or a body that does not fit.
func init() {
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		for _, err := range errs {
			var p *problem
			if errors.As(err, &p) {
				return p
			}
		}
		code := map[int]string{
			http.StatusBadRequest: "invalid_json", http.StatusRequestEntityTooLarge: "body_too_large",
			http.StatusUnsupportedMediaType: "unsupported_media_type", http.StatusRequestTimeout: "timeout",
			http.StatusNotAcceptable: "not_acceptable", http.StatusInternalServerError: "internal",
		}[status]
		if code == "" {
			code = "invalid"
		}
		p := makeProblem(status, code, "", sentence(msg))
		for _, err := range errs {
			var d *huma.ErrorDetail
			if errors.As(err, &d) {
				_, p.Param, _ = strings.Cut(d.Location, ".")
				p.Detail = sentence(d.Message)
				if p.Param != "" {
					p.Detail = sentence("The parameter " + p.Param + " is wrong: " + d.Message)
				}
				if d.Value != nil {
					p.Detail += " It was sent as " + fault.Quote(fmt.Sprint(d.Value)) + "."
				}
				break
			}
		}
		return p
	}
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		err := huma.NewError(status, msg, errs...)
		p, ok := err.(*problem)
		if ok && ctx != nil {
			p.RequestID = kit.RequestID(ctx.Context())
		}
		return err
	}
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + strings.TrimRight(s[1:], ".") + "."
}
