package stripepay

import (
	"fmt"
	"log/slog"
	"regexp"
)

// logger hands stripe-go's log to slog. What stripe-go calls an error may be
// an answer that is expected, so it is a warning here: the caller decides.
type logger struct{ to *slog.Logger }

var secrets = regexp.MustCompile(`\b(sk|rk|pk|whsec|pi|seti|cs)_[A-Za-z0-9_*]*(secret_)?[A-Za-z0-9_*]+`)

// redact hides keys and client secrets, keeping what kind they were.
func redact(s string) string {
	return secrets.ReplaceAllStringFunc(s, func(m string) string {
		switch m[:3] {
		case "pi_", "set", "cs_":
			if i := regexp.MustCompile(`_secret_.*`).FindStringIndex(m); i != nil {
				return m[:i[0]] + "_secret_…"
			}
			return m
		}
		return m[:3] + "…"
	})
}

func (l logger) log(level func(string, ...any), format string, v []any) {
	level("stripe: " + redact(fmt.Sprintf(format, v...)))
}

func (l logger) Debugf(format string, v ...any) { l.log(l.to.Debug, format, v) }
func (l logger) Infof(format string, v ...any)  { l.log(l.to.Debug, format, v) }
func (l logger) Warnf(format string, v ...any)  { l.log(l.to.Warn, format, v) }
func (l logger) Errorf(format string, v ...any) { l.log(l.to.Warn, format, v) }
