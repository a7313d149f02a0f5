// Package webhook posts webhooks to addresses that others chose.
//
// It promises that nothing inside is reached by them: the address that is
// dialled is checked, after it was resolved and on the connection itself, so
// that a name which changes what it means between the two gains nothing. Only
// https on port 443, no redirects, no proxy, at most 15 seconds and 4 kB of
// answer.
package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"purse/billing/notify"
)

const (
	connect   = 5 * time.Second
	kept      = 4 << 10 // of an answer
	userAgent = "Purse-Webhooks/1"
)

// Options are for development and tests.
type Options struct {
	// AllowPrivate permits http, any port and private addresses.
	AllowPrivate bool
	// Resolver finds the addresses of a name; the system's when nil.
	Resolver Resolver
	// RootCAs verify certificates; the system's when nil.
	RootCAs *x509.CertPool
	// Timeout is for the whole of a post; 15 seconds when 0.
	Timeout time.Duration
}

// Resolver finds the addresses of a name, as net.Resolver does.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Poster implements notify.Poster.
type Poster struct {
	client       *http.Client
	resolver     Resolver
	allowPrivate bool
	timeout      time.Duration
}

var _ notify.Poster = (*Poster)(nil)

// errInside is what a dial to somewhere inside ends with.
var errInside = errors.New("the address leads inside, or nowhere: nothing was sent")

// New makes a Poster; Close it.
func New(o Options) *Poster {
	p := &Poster{resolver: o.Resolver, allowPrivate: o.AllowPrivate, timeout: o.Timeout}
	if p.resolver == nil {
		p.resolver = net.DefaultResolver
	}
	if p.timeout == 0 {
		p.timeout = notify.AnswerWithin
	}
	p.client = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  nil, // never one from the environment
			DialContext:            p.dial,
			TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    connect,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConns:           256,
			MaxIdleConnsPerHost:    16,
			IdleConnTimeout:        30 * time.Second,
		},
	}
	return p
}

// Close ends the connections that are kept.
func (p *Poster) Close() { p.client.CloseIdleConnections() }

// Check implements notify.Poster.
func (p *Poster) Check(address string) string {
	_, wrong := p.check(address)
	return wrong
}

// dial resolves a name once, refuses it when any of its addresses leads inside,
// and connects to one of those that were checked.
func (p *Poster) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	found := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		found = append(found, a)
	} else if found, err = p.resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, errInside
	}
	for i, a := range found {
		found[i] = a.Unmap()
		if !p.allowPrivate && (!allowed(a.Unmap()) || port != "443") {
			return nil, errInside
		}
	}
	d := net.Dialer{Timeout: connect, Control: p.control}
	for _, a := range found {
		var c net.Conn
		if c, err = d.DialContext(ctx, "tcp", net.JoinHostPort(a.String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// control looks at the address that the socket is about to be connected to.
func (p *Poster) control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || (!p.allowPrivate && (!allowed(a.Addr()) || a.Port() != 443)) {
		return errInside
	}
	return nil
}

// Post implements notify.Poster. A body with secrets is signed as Standard
// Webhooks says, with each of them.
func (p *Poster) Post(ctx context.Context, post notify.Post) (notify.Answer, error) {
	u, wrong := p.check(post.URL)
	if wrong != "" {
		return notify.Answer{}, errors.New(wrong)
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), strings.NewReader(string(post.Body)))
	if err != nil {
		return notify.Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	a := notify.Answer{}
	if len(post.Secrets) > 0 {
		if a.Headers, err = sign(req.Header, post); err != nil {
			return a, err
		}
	}
	res, err := p.client.Do(req)
	if err != nil {
		return a, p.plain(err)
	}
	defer func() { _ = res.Body.Close() }()
	a.Status, a.RetryAfter = res.StatusCode, retryAfter(res.Header.Get("Retry-After"))
	body, err := io.ReadAll(io.LimitReader(res.Body, kept))
	a.Body = string(body)
	if err != nil { // it may have meant anything
		return notify.Answer{Headers: a.Headers}, p.plain(err)
	}
	return a, nil
}

func sign(h http.Header, post notify.Post) (shown string, err error) {
	var signatures []string
	for _, secret := range post.Secrets {
		wh, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", errors.New("the secret is none of Standard Webhooks")
		}
		s, err := wh.Sign(post.ID, post.At, post.Body)
		if err != nil {
			return "", err
		}
		signatures = append(signatures, s)
	}
	for _, f := range [][2]string{
		{standardwebhooks.HeaderWebhookID, post.ID},
		{standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(post.At.Unix(), 10)},
		{standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " ")},
	} {
		h.Set(f[0], f[1])
		shown += f[0] + ": " + f[1] + "\n"
	}
	return shown, nil
}

// plain says in a sentence why nothing came back, without the address, which may
// be a secret.
func (p *Poster) plain(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		err = of.Err
	}
	var cert *tls.CertificateVerificationError
	var dns *net.DNSError
	switch {
	case errors.Is(err, errInside):
		return errInside
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", p.timeout)
	case errors.As(err, &cert):
		return fmt.Errorf("the certificate is not valid: %w", cert.Err)
	case errors.As(err, &dns):
		return errInside // the same, or an address would tell which names there are inside
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("the connection was refused")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return errors.New("the connection was closed before there was an answer")
	case strings.Contains(err.Error(), "malformed HTTP"):
		return errors.New("the answer is not HTTP")
	}
	return err
}

func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return time.Duration(min(n, 7*24*3600)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(time.Until(at), 0)
	}
	return 0
}
