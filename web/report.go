package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"

	"purse/billing/report"
)

type reportCommand struct {
	URL    string `help:"Where Purse is." default:"http://127.0.0.1:8080" env:"PURSE_PUBLIC_URL"`
	Key    string `help:"A key with the scope read." required:"" env:"PURSE_KEY"`
	Day    string `help:"A day, as 2026-11-21 (UTC)." xor:"period"`
	Month  string `help:"A month, as 2026-11." xor:"period"`
	Format string `help:"csv or json." default:"csv" enum:"csv,json"`
}

// Run prints a report: what Stripe moved against what the ledger says.
func (c *reportCommand) Run(ctx context.Context) error {
	if c.Day+c.Month == "" {
		return errors.New("say which report: --day 2026-11-21 or --month 2026-11")
	}
	api := newClient(c.URL, c.Key)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, api.url+"/v1/reports/"+c.Day+c.Month, nil)
	if err != nil {
		return err
	}
	var d report.Day
	if err := api.do(req, &d); err != nil {
		return err
	}
	if c.Format == "csv" {
		return d.CSV(os.Stdout)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	return out.Encode(d)
}
