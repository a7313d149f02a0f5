package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"purse/billing/account"
	"purse/handlers/kit"
)

// reply is an answer with a body. Replayed says that the request was answered
// before.
type reply[T any] struct {
	Status   int
	Replayed string `header:"Idempotent-Replayed" doc:"true when the same request was done before"`
	Body     T
}

// ok answers 200, or 201 for what was made just now.
func ok[T any](body T) (*reply[T], error) { return &reply[T]{Status: http.StatusOK, Body: body}, nil }

func made[T any](body T, replayed bool) (*reply[T], error) {
	r, err := done(body, replayed)
	r.Status = http.StatusCreated
	return r, err
}

// done answers 200 to a change that counts once.
func done[T any](body T, replayed bool) (*reply[T], error) {
	r, err := ok(body)
	if replayed {
		r.Replayed = "true"
	}
	return r, err
}

// op makes a route of a handler that huma calls: it reads the parameters and the
// body, and writes the answer and its schema.
func op[I, T any](r Route, h func(*API, context.Context, *I) (*reply[T], error)) Route {
	r.register = func(a *API, api huma.API, r Route) {
		o := huma.Operation{
			Method: r.Method, Path: r.Path, OperationID: r.id, Tags: []string{r.tag}, Summary: r.summary,
			DefaultStatus: r.status, MaxBodyBytes: maxBody, SkipValidateBody: true, RejectUnknownQueryParameters: true,
			Security: security(r), Description: who(r), Deprecated: r.successor != "",
			Middlewares: huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
				req, w := humachi.Unwrap(ctx)
				if r.successor != "" {
					w.Header().Set("Link", "<"+r.successor+`>; rel="successor-version"`)
				}
				key, ok := a.admit(w, req, &r)
				if !ok {
					return
				}
				if err := refuseBlankParams(req); err != nil {
					a.write(w, req, err)
					return
				}
				ctx = huma.WithValue(ctx, keyInContext{}, key)
				next(huma.WithValue(ctx, addressInContext{}, kit.Address(req)))
			}},
		}
		huma.Register(api, o, func(ctx context.Context, in *I) (out *reply[T], err error) {
			defer func() {
				if p := recover(); p != nil {
					if p == http.ErrAbortHandler { //nolint:errorlint // compared as net/http does
						panic(p)
					}
					out, err = nil, a.problem(ctx, fmt.Errorf("panic: %v", p))
				}
			}()
			out, err = h(a, ctx, in)
			if err != nil {
				var p *problem
				if !errors.As(err, &p) || p.RequestID == "" {
					p = a.refused(a.problem(ctx, err), err, false)
				}
				return nil, p
			}
			narrowed(ctx, &out.Body)
			return out, nil
		})
	}
	return r
}

const maxBody = 1 << 20

// security names the scope in the document.
func security(r Route) []map[string][]string {
	if r.Scope == "" {
		return nil
	}
	return []map[string][]string{{"key": {string(r.Scope)}}}
}

func who(r Route) string {
	switch {
	case r.Scope == "":
		return "Needs no key."
	case r.Vendor:
		return "Needs a key with the scope " + string(r.Scope) + " for all customers."
	case r.Scope == account.ScopeRead:
		return "Needs a key with the scope read. A key for one customer reaches that customer only."
	default:
		return "Needs a key with the scope " + string(r.Scope) + ". A key for one customer reaches that customer only."
	}
}
