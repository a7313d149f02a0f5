package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// verifier is a receiver in another language, with the library of Standard
// Webhooks for it.
const verifier = `
const { Webhook } = require("standardwebhooks");
const { secret, body, headers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const event = new Webhook(secret).verify(body, headers);
let forged = false;
try { new Webhook(secret).verify(body.replace("10", "1000"), headers); forged = true; } catch {}
console.log(event.type, event.id, forged ? "forged" : "sound");
`

// A receiver that is not written in Go verifies what we sign.
func TestALibraryOfAnotherLanguageVerifiesTheSignature(t *testing.T) {
	static, err := filepath.Abs("../static")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(static, "node_modules", "standardwebhooks"))
	}
	if err != nil {
		const how = "node or its package standardwebhooks is not there: install Node.js, and run npm install in static"
		if strings.Contains(os.Getenv("PURSE_TEST_REQUIRE"), "node") {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	w := newWorld(t, private)
	w.shop()
	c := w.customer("a", "")
	r := newReceiver(t, nil)
	id, old := w.endpoint(`{"url":"` + r.URL + `","types":["credits.granted"]}`) // the first credits change the entitlement too
	rotated := w.api("POST", "/v1/webhook-endpoints/"+id+"/rotate", "")
	w.grant(c, "10")
	got := r.wait(t, 1)[0]
	headers := map[string]string{}
	for name := range got.header {
		headers[strings.ToLower(name)] = got.header.Get(name)
	}
	for _, secret := range []string{old, rotated.str("secret")} { // either verifies for a day
		in, err := json.Marshal(map[string]any{"secret": secret, "body": string(got.body), "headers": headers})
		w.check(err)
		cmd := exec.Command(node, "-e", verifier)
		cmd.Dir, cmd.Stdin = static, strings.NewReader(string(in))
		out, err := cmd.CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "credits.granted "+got.ID+" sound" {
			t.Errorf("%v: %s", err, out)
		}
	}
}
