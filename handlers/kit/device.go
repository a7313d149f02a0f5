package kit

import (
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/sessions"

	"purse/billing/account"
)

// deviceName is the cookie by which a browser is known in which somebody has
// signed in; __Host- is put before it where the session's has it.
const deviceName = "purse-device"

// deviceOf is the secret that the browser keeps, "" for none.
func deviceOf(r *http.Request) string {
	for _, c := range r.Cookies() {
		if strings.TrimPrefix(c.Name, "__Host-") == deviceName && len(c.Value) < 100 {
			return c.Value
		}
	}
	return ""
}

// knowDevice lets the browser keep its secret.
func (s *sessionStore) knowDevice(w http.ResponseWriter, secret string) {
	name := deviceName
	if s.secure {
		name = "__Host-" + name
	}
	http.SetCookie(w, sessions.NewCookie(name, secret, s.options(int(account.DeviceLimit/time.Second))))
}
