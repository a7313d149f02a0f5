package stripepay

import (
	"strings"
	"testing"
)

// TestThinEventsSayWhatToDo: an endpoint that sends thin events is told how to send
// what can be read, not that a number is a string.
func TestThinEventsSayWhatToDo(t *testing.T) {
	for _, body := range []string{
		`{"id":"evt_1","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered","livemode":false,"created":"2026-03-01T12:00:00.000Z","related_object":{"id":"mtr_1","type":"billing.meter"}}`,
		`{"id":"evt_1","object":"event","type":"charge.refunded","created":1,"data":{}}`,
	} {
		if _, err := parseEvent([]byte(body)); err == nil || !strings.Contains(err.Error(), "send snapshot payloads") {
			t.Errorf("%s: %v", body, err)
		}
	}
}
