package sandbox

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Two requests at once under one key: the second is told so.
func TestKeyInUse(t *testing.T) {
	s, err := Open("", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	entered, leave := make(chan bool), make(chan bool)
	s.beforeExecute = func(*http.Request) { entered <- true; <-leave }
	send := func() *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodPost, "/v1/customers", strings.NewReader("email=a%40example.com"))
		req.Header.Set("Authorization", "Bearer sk_test_0123456789")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Idempotency-Key", "k")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		return w
	}
	first := make(chan int)
	go func() { first <- send().Code }()
	<-entered
	if w := send(); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "idempotency_key_in_use") {
		t.Errorf("second: %d %s", w.Code, w.Body)
	}
	leave <- true
	if code := <-first; code != http.StatusOK {
		t.Errorf("first: %d", code)
	}
}
