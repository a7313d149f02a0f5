package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"purse/views/docs"
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
	rotated := w.api("POST", "/v1/webhook_endpoints/"+id+"/rotate", "")
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

// anyOrder runs the README's receiver on every order of some deliveries, each of
// them twice, and prints what the gateway knows in the end.
const anyOrder = `
const { events } = JSON.parse(require("fs").readFileSync(0, "utf8"));
class Webhook { verify(body) { return JSON.parse(body); } }
const orders = list => list.length < 2 ? [list] : list.flatMap((x, i) => orders([...list.slice(0, i), ...list.slice(i + 1)]).map(rest => [x, ...rest]));
(async () => {
  const ends = new Set();
  for (const order of orders(events)) {
    const known = new Map(), ids = new Set();
    const gateway = { update: async (wallet, f) => known.set(wallet, f(known.get(wallet))) };
    const seen = async id => ids.has(id) || (ids.add(id), false);
    const ok = () => {};
    const receive = async (body, headers) => {
%s
    };
    for (const e of [...order, ...order]) await receive(JSON.stringify(e), {});
    ends.add(JSON.stringify([...known].map(([wallet, e]) => [wallet, e.id])));
  }
  console.log([...ends].join(" or "));
})();
`

// TestTheReadmesReceiverIsRightInAnyOrder has a customer come to credits, run
// out, be suspended and resumed, and buy again, and delivers what was told of it
// in every order.
func TestTheReadmesReceiverIsRightInAnyOrder(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```js\n"+docs.Webhook+"```") {
		t.Error("the README and /docs show different receivers")
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js is not there")
	}
	w := newWorld(t)
	w.shop()
	c := w.customer("a", "")
	var list sent
	told := func(n int) {
		t.Helper()
		eventually(t, "it is told", 15*time.Second, func() bool {
			list = w.api("GET", "/v1/events?type=entitlement.changed&limit=100", "")
			return list.at("data", n-1) != nil
		})
	}
	w.grant(c, "10")
	told(1)
	w.api("POST", "/v1/usage", `{"id":"a","customer":"ext:a","event":"work","properties":{"units":10}}`)
	told(2)
	w.api("POST", "/v1/customers/ext:a/suspend", `{"reason":"r"}`)
	w.api("POST", "/v1/customers/ext:a/resume", `{"reason":"r"}`)
	w.grant(c, "10")
	told(5)
	all := list.at("data").([]any)
	in, err := json.Marshal(map[string]any{"events": all})
	w.check(err)
	cmd := exec.Command(node, "-e", fmt.Sprintf(anyOrder, docs.Webhook))
	cmd.Stdin = strings.NewReader(string(in))
	out, err := cmd.CombinedOutput()
	want := `[["` + c.ID + `/credits","` + list.str("data", 0, "id") + `"]]`
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("%v: the gateway ends with %s, want %s", err, out, want)
	}
}
