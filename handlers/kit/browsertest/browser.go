// Package browsertest drives a real browser through pages, for tests. It is
// the only place that knows how.
package browsertest

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe.js
var axe string

// Browser is a running Chromium with a profile of its own.
type Browser struct {
	ctx context.Context
}

// Require finds a browser, or skips the test; where PURSE_TEST_REQUIRE names
// chromium it fails instead.
func Require(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const how = "no Chromium is installed: apt-get install chromium"
	if strings.Contains(os.Getenv("PURSE_TEST_REQUIRE"), "chromium") {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

// Open starts a browser that ends with the test.
func Open(t testing.TB) *Browser {
	t.Helper()
	path := Require(t)
	options := append([]chromedp.ExecAllocatorOption{},
		chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options,
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("font-render-hinting", "none"),
	)
	// The browser's context has no deadline: one that ends would take it along.
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc)
	if err := chromedp.Do(ctx); err != nil {
		cancel()
		stop()
		t.Fatalf("start the browser: %v", err)
	}
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx)
		cancel()
		stop()
	})
	return &Browser{ctx}
}

// Page is one tab.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// patience is how long a step may take before the test fails.
const patience = 15 * time.Second

// Page opens a tab of a width, in the dark or the light scheme.
func (b *Browser) Page(t testing.TB, width int, dark bool) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	p := &Page{t: t, ctx: ctx}
	t.Cleanup(cancel)
	messages := chromedp.Console(ctx)
	p.do("open a tab", chromedp.EmulateViewport(int64(width), 900))
	p.Scheme(dark)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == "error" || m.Type == chromedp.ConsoleException {
				p.mu.Lock()
				p.problems = append(p.problems, m.Text)
				p.mu.Unlock()
			}
		}
	}()
	return p
}

// Scheme chooses the colour scheme that the page is told to prefer.
func (p *Page) Scheme(dark bool) {
	p.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	if err != nil {
		p.t.Fatalf("emulate the %s scheme: %v", scheme, err)
	}
}

// Width changes the width of the tab.
func (p *Page) Width(width int) {
	p.t.Helper()
	p.do("resize", chromedp.EmulateViewport(int64(width), 900))
}

// NoScript turns JavaScript of pages off, or on again.
func (p *Page) NoScript(off bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off}); err != nil {
		p.t.Fatal(err)
	}
}

// Authenticator gives the tab a device that keeps passkeys. It says yes to
// everything, and checks who uses it only where it verifies.
func (p *Page) Authenticator(verifies bool) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		p.t.Fatal(err)
	}
	_, err := chromedp.Call(p.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: verifies, IsUserVerified: verifies, AutomaticPresenceSimulation: true,
	}})
	if err != nil {
		p.t.Fatal(err)
	}
}

// Problems are errors that the browser reported since it was last asked:
// exceptions, and what the content security policy refused.
func (p *Page) Problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.problems
	p.problems = nil
	return out
}

// Go opens an address.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// Reload loads the page again.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
}

// Click clicks what a CSS selector finds, like a person: it must be visible.
func (p *Page) Click(css string) {
	p.t.Helper()
	p.do("click "+css, chromedp.Click(chromedp.CSS(css)))
}

// ClickText clicks the first button or link whose text is that.
func (p *Page) ClickText(text string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("%s !== undefined", byText(text)))
	p.Eval(fmt.Sprintf("%s.setAttribute('data-test-target', '')", byText(text)), nil)
	p.Click("[data-test-target]")
}

func byText(text string) string {
	q, _ := json.Marshal(text)
	return fmt.Sprintf(`[...document.querySelectorAll('a, button')].find((e) => e.checkVisibility() && e.textContent.replace(/\s+/g, ' ').trim() === %s)`, q)
}

// Type replaces what is in a field.
func (p *Page) Type(css, text string) {
	p.t.Helper()
	q, _ := json.Marshal(css)
	p.Wait(fmt.Sprintf("document.querySelector(%s)", q))
	p.Eval(fmt.Sprintf(`document.querySelector(%s).value = ""`, q), nil)
	p.do("type into "+css, chromedp.SendKeys(chromedp.CSS(css), text))
}

// Key presses keys on whatever has the focus.
func (p *Page) Key(keys string) {
	p.t.Helper()
	p.do("press a key", chromedp.KeyEvent(keys))
}

// Text is the text that a person sees of what a CSS selector finds, "" when
// nothing is there.
func (p *Page) Text(css string) string {
	p.t.Helper()
	q, _ := json.Marshal(css)
	var s string
	p.Eval(fmt.Sprintf("document.querySelector(%s)?.innerText ?? ''", q), &s)
	return s
}

// Eval evaluates JavaScript, into v unless that is nil.
func (p *Page) Eval(js string, v any) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	raw, err := chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage]("(async () => JSON.stringify("+js+") ?? 'null')()", chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", short(js), err)
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		p.t.Fatalf("evaluate %s: %v", short(js), err)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			p.t.Fatalf("evaluate %s: %s: %v", short(js), text, err)
		}
	}
}

// Wait waits until a JavaScript expression is true.
func (p *Page) Wait(js string) {
	p.t.Helper()
	end := time.Now().Add(patience)
	for {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		cancel()
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("waited %s for %s (%v) at %s; the page says:\n%s", patience, js, err, p.URL(), p.Text("body"))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// WaitText waits until the page shows a text.
func (p *Page) WaitText(text string) {
	p.t.Helper()
	q, _ := json.Marshal(text)
	p.Wait(fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%s)`, q))
}

// URL is where the page is.
func (p *Page) URL() string {
	p.t.Helper()
	s, err := chromedp.Run(p.ctx, chromedp.Location())
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// Shot saves a picture of the whole page.
func (p *Page) Shot(path string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.t.Fatalf("screenshot: %v", err)
	}
	if err := os.WriteFile(path, png, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

// Violation is what axe found wrong.
type Violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// Axe checks the page against WCAG 2.2 AA and the best practices.
func (p *Page) Axe() []Violation {
	p.t.Helper()
	return p.axe(`["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`)
}

func (p *Page) axe(rules string) (out []Violation) {
	p.t.Helper()
	var there bool
	if p.Eval(`typeof axe !== "undefined"`, &there); !there {
		ctx, cancel := context.WithTimeout(p.ctx, patience)
		defer cancel()
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage](axe+"; true")); err != nil {
			p.t.Fatalf("load axe: %v", err)
		}
	}
	p.Eval(`(await axe.run(document, {resultTypes: ["violations"], runOnly: `+rules+`})).violations`, &out)
	return out
}

// Clean fails the test for each thing that axe or the browser complains about,
// and when the page is wider than the tab.
func (p *Page) Clean(name string) {
	p.t.Helper()
	p.clean(name, p.Axe())
}

// CleanColors is Clean for a page that was clean in other colours: what axe says
// beside them is the same.
func (p *Page) CleanColors(name string) {
	p.t.Helper()
	p.clean(name, p.axe(`["color-contrast", "link-in-text-block"]`))
}

func (p *Page) clean(name string, violations []Violation) {
	p.t.Helper()
	for _, v := range violations {
		for _, n := range v.Nodes {
			p.t.Errorf("%s: %s: %s\n  %s\n  %s", name, v.ID, v.Help, n.HTML, n.Summary)
		}
	}
	for _, problem := range p.Problems() {
		p.t.Errorf("%s: the browser says: %s", name, problem)
	}
	var wide float64
	p.Eval("document.documentElement.scrollWidth - document.documentElement.clientWidth", &wide)
	if wide > 0 {
		var who string
		p.Eval(`[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).slice(0, 3).map((e) => e.outerHTML.slice(0, 120)).join(" | ")`, &who)
		p.t.Errorf("%s: the page is %v px wider than the screen: %s", name, wide, who)
	}
}

func (p *Page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

func short(s string) string {
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}
