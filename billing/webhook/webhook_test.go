package webhook

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"purse/billing/notify"
)

// Every target of the list in guarantees.md, and the forms in which they hide.
var targets = []string{
	"127.0.0.1", "127.1.2.3", "0.0.0.0", "0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
	"192.0.0.1", "192.0.0.192", "192.168.0.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
	"::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:a9fe:a9fe::", "2002:7f00:1::1",
	"2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff00::1", "ff02::1", "2001:db8::1", "100::1",
}

func TestEveryTargetIsRefusedAsWrittenAndAsResolvedAndOnTheSocket(t *testing.T) {
	for _, target := range targets {
		a := netip.MustParseAddr(target)
		p := New(Options{Resolver: fixed{a}})
		host := target
		if a.Is6() {
			host = "[" + target + "]"
		}
		if p.Check("https://"+host+"/hook") == "" {
			t.Errorf("%s is taken as written", target)
		}
		_, err := p.Post(t.Context(), notify.Post{URL: "https://hooks.example.com/"})
		if !errors.Is(err, errInside) {
			t.Errorf("a name that resolves to %s: %v", target, err)
		}
		if err := p.control("tcp", net.JoinHostPort(target, "443"), nil); !errors.Is(err, errInside) {
			t.Errorf("a socket to %s: %v", target, err)
		}
	}
}

func TestAddressesOfTheInternetAreAllowed(t *testing.T) {
	for _, s := range []string{"93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001:830::200e"} {
		if !allowed(netip.MustParseAddr(s)) {
			t.Errorf("%s is refused", s)
		}
	}
}

func TestAddressesInDisguiseAreRefused(t *testing.T) {
	p := New(Options{})
	for _, s := range []string{
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://017700000001/", "https://127.0.0.0x1/",
		"https://1.2.3.4.5/", "https://127.0.0.1./", "https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://[::1]/", "https://[fe80::1%25eth0]/",
		"https://user@example.com/", "https://user:secret@example.com/", "https://example.com@127.0.0.1/", "http://example.com/", "ftp://example.com/", "https://example.com:8443/",
		"https://example.com:80/", "https://example.com:/", "https://", "https:///path", "//example.com", "example.com", "https:example.com", "", "javascript:alert(1)",
		"https://example.com/#x", "https://exa mple.com/", "https://example.com/" + strings.Repeat("a", 2000),
	} {
		if p.Check(s) == "" {
			t.Errorf("%q is taken", s)
		}
	}
	for _, s := range []string{"https://example.com", "https://example.com:443/a?b=c", "https://hooks.example.com/services/T/B/x", "https://93.184.216.34/"} {
		if wrong := p.Check(s); wrong != "" {
			t.Errorf("%q: %s", s, wrong)
		}
	}
}

type fixed []netip.Addr

func (f fixed) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return append([]netip.Addr(nil), f...), nil
}

// rebinding answers something else each time that it is asked.
type rebinding struct {
	answers []string
	asked   atomic.Int64
}

func (r *rebinding) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	n := r.asked.Add(1) - 1
	return []netip.Addr{netip.MustParseAddr(r.answers[min(int(n), len(r.answers)-1)])}, nil
}

func TestANameThatChangesItsMeaningIsAskedOnceAndDialledAsItWasChecked(t *testing.T) {
	r := &rebinding{answers: []string{"192.0.43.8", "127.0.0.1"}} // public at the check, inside afterwards
	p := New(Options{Resolver: r, Timeout: 300 * time.Millisecond})
	_, err := p.Post(t.Context(), notify.Post{URL: "https://rebind.example.com/"})
	if err == nil || errors.Is(err, errInside) {
		t.Errorf("the public address was not dialled: %v", err)
	}
	if n := r.asked.Load(); n != 1 {
		t.Errorf("the name was resolved %d times for one connection", n)
	}
	// The next post asks anew, and is refused.
	if _, err = p.Post(t.Context(), notify.Post{URL: "https://rebind.example.com/"}); !errors.Is(err, errInside) {
		t.Errorf("inside now: %v", err)
	}
}

func TestOneAddressInsideAmongSeveralRefusesAll(t *testing.T) {
	p := New(Options{Resolver: fixed{netip.MustParseAddr("93.184.216.34"), netip.MustParseAddr("10.0.0.5")}})
	if _, err := p.Post(t.Context(), notify.Post{URL: "https://mixed.example.com/"}); !errors.Is(err, errInside) {
		t.Error(err)
	}
}

func TestAProxyInTheEnvironmentIsNotUsed(t *testing.T) {
	used := atomic.Bool{}
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { used.Store(true) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"} {
		t.Setenv(name, proxy.URL)
	}
	p := New(Options{Resolver: fixed{netip.MustParseAddr("192.168.1.1")}})
	if _, err := p.Post(t.Context(), notify.Post{URL: "https://hooks.example.com/"}); !errors.Is(err, errInside) || used.Load() {
		t.Error(err, used.Load())
	}
	if tr, ok := p.client.Transport.(*http.Transport); !ok || tr.Proxy != nil {
		t.Error("the transport knows a proxy")
	}
}

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

func TestWhatIsSentCanBeVerified(t *testing.T) {
	const old = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
	var header http.Header
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		header = r.Header.Clone()
		body = make([]byte, r.ContentLength)
		_, _ = r.Body.Read(body)
	}))
	defer s.Close()
	p := New(Options{AllowPrivate: true})
	defer p.Close()
	a, err := p.Post(t.Context(), notify.Post{URL: s.URL, ID: "evt_1", At: time.Now(), Secrets: []string{secret, old}, Body: []byte(`{"a":1}`)})
	if err != nil || a.Status != 200 || !strings.Contains(a.Headers, "webhook-id: evt_1\n") {
		t.Fatal(a, err)
	}
	for _, one := range []string{secret, old} { // while it is rotated, either verifies
		wh, err := standardwebhooks.NewWebhook(one)
		if err != nil {
			t.Fatal(err)
		}
		if err := wh.Verify(body, header); err != nil {
			t.Errorf("%s: %v", one, err)
		}
		if wh.Verify([]byte(`{"a":2}`), header) == nil {
			t.Error("another body verifies too")
		}
	}
}

func TestOddEndpoints(t *testing.T) {
	stop := make(chan struct{})
	followed := atomic.Bool{}
	mux := http.NewServeMux()
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stop:
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("."))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("/elsewhere", func(http.ResponseWriter, *http.Request) { followed.Store(true) })
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			if _, err := w.Write([]byte(strings.Repeat("x", 10_000))); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/garbage", func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_, _ = c.Write([]byte("\x16\x03\x01 not HTTP at all\r\n\r\n"))
			_ = c.Close()
		}
	})
	mux.HandleFunc("/headers", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Long", strings.Repeat("y", 100_000)) })
	mux.HandleFunc("/busy", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	s := httptest.NewServer(mux)
	defer s.Close()
	defer close(stop)
	p := New(Options{AllowPrivate: true, Timeout: 400 * time.Millisecond})
	defer p.Close()
	post := func(path string) (notify.Answer, error) {
		start := time.Now()
		a, err := p.Post(t.Context(), notify.Post{URL: s.URL + path, ID: "evt_1", At: time.Now(), Secrets: []string{secret}})
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s took %s", path, took)
		}
		return a, err
	}
	for _, path := range []string{"/hang", "/drip", "/garbage", "/headers"} {
		if a, err := post(path); err == nil {
			t.Errorf("%s: %+v", path, a)
		}
	}
	if a, err := post("/redirect"); err != nil || a.Status != 307 || followed.Load() {
		t.Error("a redirect:", a, err, followed.Load())
	}
	if a, err := post("/huge"); err != nil || len(a.Body) != kept {
		t.Error("a huge answer:", len(a.Body), err)
	}
	if a, err := post("/busy"); err != nil || a.Status != 429 || a.RetryAfter != 2*time.Minute {
		t.Error("a busy endpoint:", a, err)
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	stranger := New(Options{AllowPrivate: true})
	defer stranger.Close()
	_, err := stranger.Post(t.Context(), notify.Post{URL: s.URL})
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), u.Host) {
		t.Error("an unknown issuer:", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	p := New(Options{AllowPrivate: true, RootCAs: pool, Resolver: fixed{netip.MustParseAddr("127.0.0.1")}})
	defer p.Close()
	if a, err := p.Post(t.Context(), notify.Post{URL: s.URL}); err != nil || a.Status != 200 {
		t.Error(a, err)
	}
	if _, err := p.Post(t.Context(), notify.Post{URL: "https://another.test:" + u.Port() + "/"}); err == nil {
		t.Error("a certificate for another name was taken")
	}
}

type unknownHost struct{}

func (unknownHost) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
}

// A name that there is not reads like one that leads inside: nobody learns which
// names an inner network has.
func TestANameThatIsNotReadsLikeOneInside(t *testing.T) {
	said := map[string]bool{}
	for _, r := range []Resolver{unknownHost{}, &rebinding{answers: []string{"10.0.0.7"}}} {
		_, err := New(Options{Resolver: r, Timeout: time.Second}).Post(t.Context(), notify.Post{URL: "https://db.internal.example.com/"})
		if err == nil {
			t.Fatal("it was posted")
		}
		said[err.Error()] = true
	}
	if len(said) != 1 {
		t.Error(said)
	}
}
