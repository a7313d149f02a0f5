package stripepay

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// No key, webhook secret or client secret reaches the log; ids do.
func TestLogHidesSecrets(t *testing.T) {
	var b bytes.Buffer
	l := logger{slog.New(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	l.Errorf("key %s, %s and %s, hook %s, intent %s", "sk_live_51Habcdef", "rk_test_51Habcdef", "pk_live_x1", "whsec_abcDEF123", "pi_3abc_secret_XyZ987")
	l.Debugf("id %s of %s", "pi_3abcdef", "cs_test_a1b2c3")
	out := b.String()
	for _, secret := range []string{"51Habcdef", "x1,", "abcDEF123", "XyZ987"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s is in the log: %s", secret, out)
		}
	}
	for _, id := range []string{"pi_3abcdef", "cs_test_a1b2c3"} {
		if !strings.Contains(out, id) {
			t.Errorf("%s is missing: %s", id, out)
		}
	}
}
