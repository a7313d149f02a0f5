package stripepay_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"purse/billing/fault"
	"purse/billing/stripepay"
)

const payload = `{"id":"evt_1","object":"event","api_version":"2099-01-01.newer","created":1700000000,"livemode":true,"type":"checkout.session.completed","data":{"object":{"id":"cs_1","object":"checkout.session"}}}`

func header(at time.Time, body, secret string) string {
	return fmt.Sprintf("t=%d,v1=%x", at.Unix(), webhook.ComputeSignature(at, []byte(body), secret))
}

func TestParseWebhook(t *testing.T) {
	now := time.Unix(1700000100, 0)
	good := header(now, payload, "whsec_a")
	e, err := stripepay.ParseWebhook([]byte(payload), good, "whsec_a", now)
	want := stripepay.Event{ID: "evt_1", Type: "checkout.session.completed", Livemode: true, ObjectID: "cs_1", ObjectKind: "checkout.session", Created: time.Unix(1700000000, 0).UTC()}
	if err != nil || e != want {
		t.Fatalf("%+v %v", e, err)
	}
	for name, test := range map[string]struct {
		header, secret, body string
		ok                   bool
	}{
		"rotation":         {good, "whsec_b, whsec_a", payload, true},
		"two signatures":   {header(now, payload, "whsec_b") + good[len("t=1700000100"):], "whsec_a", payload, true},
		"no secret":        {header(now, payload, ""), "", payload, false},
		"blank secret":     {header(now, payload, " "), " ", payload, false},
		"another secret":   {good, "whsec_b", payload, false},
		"another body":     {good, "whsec_a", payload + " ", false},
		"unsigned":         {"", "whsec_a", payload, false},
		"no time":          {good[len("t=1700000100,"):], "whsec_a", payload, false},
		"two times":        {"t=1," + good, "whsec_a", payload, false},
		"stale":            {header(now.Add(-5*time.Minute-time.Second), payload, "whsec_a"), "whsec_a", payload, false},
		"from the future":  {header(now.Add(5*time.Minute+time.Second), payload, "whsec_a"), "whsec_a", payload, false},
		"almost stale":     {header(now.Add(-5*time.Minute), payload, "whsec_a"), "whsec_a", payload, true},
		"not an event":     {header(now, `{"id":"x"}`, "whsec_a"), "whsec_a", `{"id":"x"}`, false},
		"broken":           {header(now, `{`, "whsec_a"), "whsec_a", `{`, false},
		"only other (v0)s": {"t=1700000100,v0=aa", "whsec_a", payload, false},
	} {
		_, err := stripepay.ParseWebhook([]byte(test.body), test.header, test.secret, now)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if _, isFault := fault.As(err); err != nil && !isFault {
			t.Errorf("%s: not a fault: %v", name, err)
		}
	}
}

// Whatever we accept, stripe-go accepts too.
func FuzzParseWebhook(f *testing.F) {
	now := time.Unix(1700000100, 0)
	f.Add([]byte(payload), header(now, payload, "whsec_a"))
	f.Add([]byte(payload), "t=1700000100,v1=")
	f.Add([]byte(`{}`), header(now, `{}`, "whsec_a"))
	f.Add([]byte(payload), "t=,v1=00,t=1")
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		_, err := stripepay.ParseWebhook(body, header, "whsec_a", now)
		if err == nil && webhook.ValidatePayloadIgnoringTolerance(body, header, "whsec_a") != nil {
			t.Errorf("accepted what stripe-go refuses: %q %q", body, header)
		}
	})
}

func TestVersion(t *testing.T) {
	if stripe.APIVersion != "2023-10-16" {
		t.Errorf("stripe-go speaks %s", stripe.APIVersion)
	}
}
