package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// client speaks to the API as a vendor's backend would.
type client struct {
	url, key string
	http     *http.Client
}

func newClient(url, key string) *client {
	return &client{strings.TrimRight(url, "/"), key, &http.Client{Timeout: 60 * time.Second}}
}

// problem is the API's error.
type problem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Param  string `json:"param"`
}

func (p *problem) Error() string {
	if p.Param != "" {
		return fmt.Sprintf("%s (%s, %s)", p.Detail, p.Code, p.Param)
	}
	return fmt.Sprintf("%s (%s)", p.Detail, p.Code)
}

// Retryable says whether the same request may succeed later.
func (p *problem) Retryable() bool {
	return p.Status == http.StatusTooManyRequests || p.Status >= 500
}

// Unknown says whether what was asked for may have been done all the same.
func (p *problem) Unknown() bool { return p.Status >= 500 }

// NotFound says whether Purse knows no such thing.
func (p *problem) NotFound() bool { return p.Code == "not_found" }

// Post is post, and Get reads: together what an import needs.
func (c *client) Post(ctx context.Context, path string, body, out any) error {
	return c.post(ctx, path, body, out)
}

// Get reads the answer of a path into out.
func (c *client) Get(ctx context.Context, path string, out any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return err
	}
	return c.do(req, out)
}

// post sends a body and reads the answer into out. An answer that is an error
// is a *problem.
func (c *client) post(ctx context.Context, path string, body, out any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(req, out)
}

func (c *client) do(req *http.Request, out any) error {
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 32<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		p := &problem{Status: res.StatusCode}
		if json.Unmarshal(answer, p) != nil || p.Detail == "" {
			p.Code, p.Detail = "http", res.Status
		}
		p.Status = res.StatusCode
		return p
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}
