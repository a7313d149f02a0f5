package main

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// unusedGrace is how long a connection without a request may still send one
// after the signal to stop.
const unusedGrace = 250 * time.Millisecond

// unused are the connections of a server on which no request has come yet.
// Browsers and clients open some in advance, and http.Server.Shutdown would wait
// five seconds for each.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// closeUnused makes a server close such connections soon after Shutdown began.
func closeUnused(s *http.Server) {
	u := &unused{conns: map[net.Conn]bool{}}
	s.ConnState = func(c net.Conn, state http.ConnState) {
		u.mu.Lock()
		defer u.mu.Unlock()
		if state == http.StateNew {
			u.conns[c] = true
		} else {
			delete(u.conns, c)
		}
	}
	s.RegisterOnShutdown(func() {
		time.Sleep(unusedGrace)
		u.mu.Lock()
		defer u.mu.Unlock()
		for c := range u.conns {
			_ = c.Close()
		}
	})
}
