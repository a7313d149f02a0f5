package kit

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

func serveHub(t *testing.T, h *Hub, render func(context.Context) ([]byte, error)) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = h.Serve(w, r, r.URL.Query().Get("c"), "overview", render)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(h.Close)
	return s
}

// messages reads the data of messages from a stream.
func messages(t *testing.T, url string) <-chan string {
	t.Helper()
	res, err := http.Get(url) //nolint:noctx // ends with the server
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	out := make(chan string, 100)
	go func() {
		defer close(out)
		scan := bufio.NewScanner(res.Body)
		data := ""
		for scan.Scan() {
			line := scan.Text()
			if d, ok := strings.CutPrefix(line, "data: "); ok {
				data += d + "\n"
			} else if line == "" && data != "" {
				out <- strings.TrimSpace(data)
				data = ""
			}
		}
	}()
	return out
}

func next(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case m, ok := <-c:
		if !ok {
			t.Fatal("the stream ended")
		}
		return m
	case <-time.After(3 * time.Second):
		t.Fatal("no message")
	}
	return ""
}

func TestLivePagesShareOneRenderingAndKeepThePace(t *testing.T) {
	var balance, rendered atomic.Int64
	h := NewHub(nil)
	s := serveHub(t, h, func(context.Context) ([]byte, error) {
		rendered.Add(1)
		return fmt.Appendf(nil, "<b>%d</b>\n<i>x</i>", balance.Load()), nil
	})
	var streams []<-chan string
	for range 20 {
		streams = append(streams, messages(t, s.URL+"?c=a"))
	}
	other := messages(t, s.URL+"?c=b")
	for _, c := range append(streams, other) {
		if m := next(t, c); m != "<b>0</b>\n<i>x</i>" {
			t.Fatalf("first message %q", m)
		}
	}
	before := rendered.Load()
	start := time.Now()
	for time.Since(start) < time.Second {
		balance.Add(1)
		h.Notify("a")
	}
	time.Sleep(2 * liveGap)
	if n := rendered.Load() - before; n < 2 || n > 8 {
		t.Errorf("rendered %d times in about a second for 20 streams, want at most 4 a second", n)
	}
	want := fmt.Sprintf("<b>%d</b>\n<i>x</i>", balance.Load())
	for _, c := range streams {
		got := 0
		last := ""
		for last != want {
			last = next(t, c)
			got++
		}
		if got > 8 {
			t.Errorf("%d messages in about a second", got)
		}
	}
	select {
	case m := <-other:
		t.Errorf("another customer's page got %q", m)
	default:
	}
}

func TestLiveHubClosesStreams(t *testing.T) {
	h := NewHub(nil)
	s := serveHub(t, h, func(context.Context) ([]byte, error) { return []byte("x"), nil })
	c := messages(t, s.URL+"?c=a")
	next(t, c)
	h.Close()
	select {
	case _, ok := <-c:
		if ok {
			t.Error("a message after the end")
		}
	case <-time.After(2 * time.Second):
		t.Fatal("the stream stays open")
	}
	deadline := time.Now().Add(2 * time.Second)
	for h.Open() > 0 && time.Now().Before(deadline) {
		time.Sleep(10 * time.Millisecond)
	}
	if h.Open() != 0 {
		t.Errorf("%d streams are still counted", h.Open())
	}
}

// Messages must not wait in a buffer of some middleware: each arrives by itself,
// through everything that the server puts around its pages.
func TestLiveMessagesPassTheMiddleware(t *testing.T) {
	h := NewHub(nil)
	var n atomic.Int64
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = h.Serve(w, r, "a", "overview", func(context.Context) ([]byte, error) { return fmt.Appendf(nil, "%d", n.Load()), nil })
	})
	stack := WithRequestID(LogRequests(slog.New(slog.DiscardHandler))(middleware.Compress(5, "text/html")(inner)))
	s := httptest.NewServer(stack)
	t.Cleanup(s.Close)
	t.Cleanup(h.Close) // first: the server waits for its streams
	c := messages(t, s.URL)
	for i := range int64(3) {
		if got := next(t, c); got != fmt.Sprint(i) {
			t.Fatalf("message %q, want %d", got, i)
		}
		n.Add(1)
		h.Notify("a")
	}
}
