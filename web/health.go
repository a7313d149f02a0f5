package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"purse/billing/tx"
)

// livez says that the program runs.
func livez(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") }

// readyz says that the database answers, and that what is written stays.
func (a *app) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	err := a.db.View(ctx, func(t tx.Tx) error { _, err := a.jobs.Count(t); return err })
	if err == nil {
		err = a.db.Commits(ctx)
	}
	if err != nil {
		a.log.Error("not ready", "error", err)
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

type healthCommand struct {
	Addr string `help:"Address of the server." default:"127.0.0.1:8080" env:"PURSE_ADDR"`
}

// Run exits with 1 when the server is not ready.
func (h *healthCommand) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	host, err := hostOf(h.Addr)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", res.Status)
	}
	return nil
}
