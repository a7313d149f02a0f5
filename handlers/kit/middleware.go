package kit

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"purse/billing/fault"
	"purse/billing/id"
)

type requestIDKey struct{}

// RequestID is the id that WithRequestID gave to the request.
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestIDKey{}).(string)
	return s
}

// WithRequestID gives every request an id of ours and tells it in Request-Id.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rid := id.New("req", time.Now())
		w.Header().Set("Request-Id", rid)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, rid)))
	})
}

// csp lets a page load from its own origin alone. A POST that leads to Stripe
// answers with a page of ours, so forms go nowhere else either.
const csp = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// Headers sets the security headers of every answer.
func (k *Kit) Headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
		if k.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// Protect refuses unsafe requests that another site's page sends.
func (k *Kit) Protect(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(k.Handle(func(http.ResponseWriter, *http.Request) error {
		return fault.New(fault.Forbidden, "cross_origin", "", "This form was sent from another site. Open the page here and send it again.")
	}))
	return p.Handler(next)
}

// LogRequests logs each request with its status and time, without queries: they
// may hold secrets.
func LogRequests(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/static/") {
				next.ServeHTTP(w, r)
				return
			}
			start, seen := time.Now(), &statusSeen{ResponseWriter: w, status: http.StatusOK}
			next.ServeHTTP(seen, r)
			log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path,
				"status", seen.status, "ms", time.Since(start).Milliseconds(), "request_id", RequestID(r.Context()))
		})
	}
}

type statusSeen struct {
	http.ResponseWriter
	status int
}

func (s *statusSeen) WriteHeader(code int) {
	s.status = code
	s.ResponseWriter.WriteHeader(code)
}

// Flush is for middleware that looks for an http.Flusher rather than unwrap:
// without it, what is streamed would wait in a buffer.
func (s *statusSeen) Flush() { _ = http.NewResponseController(s.ResponseWriter).Flush() }

// Unwrap lets http.ResponseController reach the connection.
func (s *statusSeen) Unwrap() http.ResponseWriter { return s.ResponseWriter }
