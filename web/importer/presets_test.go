package importer

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Exports of the real shape: rows made up here, and, where they are beside the
// repository, rows of real ones.
func TestPresets(t *testing.T) {
	for name, want := range map[string]string{
		"openai-usage":    `key_x 2026-01-01T00:00:00Z {"batch":"FALSE","input_cached_tokens":200.0,"input_tokens":1200.0,"model":"model-small","output_tokens":300.0,"project":"proj_x","requests":4.0,"service_tier":"default","user":"user-x"}`,
		"openai-cost":     ` 2026-01-01T00:00:00Z {"cost":0.1250000000000000,"currency":"usd","organization":"org-x"}`,
		"anthropic":       `key-x 2026-01-01T00:00:00Z {"cache_read_tokens":500,"cache_write_1h_tokens":0,"cache_write_5m_tokens":10,"context_window":"≤ 200k","input_tokens":1000,"model":"model-medium","output_tokens":50,"usage_type":"standard","web_searches":1,"workspace":"Default"}`,
		"openrouter":      `Team, X 2026-01-01T03:46:57.713Z {"cost":0.0123,"input_tokens":103,"model":"maker/model-small","output_tokens":7,"user":"user_x","variant":"free"}` + "\n" + ` 2026-01-01T03:47:01.002Z {"cost":0.0021,"input_tokens":100,"model":"maker/model-large","output_tokens":0,"user":"user_x"}`,
		"litellm":         `hash1 2026-01-01T22:34:09.123Z {"call_type":"acompletion","cost":1.05e-05,"input_tokens":50,"model":"model-small","output_tokens":10,"user":"u1"}` + "\n" + `hash1 2026-01-01T22:35:09Z {"call_type":"acompletion","cost":0,"input_tokens":0,"output_tokens":0,"user":"u1"}`,
		"cursor":          `x@example.com 2026-01-01T09:30:00Z {"cache_read_tokens":500,"cache_write_tokens":2000,"cost":0.18,"input_tokens":1500,"kind":"Included","max_mode":"Yes","model":"model-large","output_tokens":1200,"requests":1.0}`,
		"github":          ` 2026-01-05T00:00:00Z {"gross":0.96,"organization":"example","product":"actions","quantity":120,"repository":"example/api","sku":"actions_linux","unit":"minutes"}`,
		"github-copilot":  `user_x 2026-01-03T14:22:15Z {"model":"model-thought","requests":2.50}`,
		"aws-cur":         `000000000001 2026-01-01T00:00:00Z {"cost":0.0000010000,"currency":"USD","line_item":"x1","operation":"SendMessage","product":"ExampleQueue","quantity":2.5,"usage_type":"Requests"}`,
		"azure-cost":      `sub-x 2026-01-02T00:00:00Z {"category":"Storage","cost":5.64902E-05,"currency":"EUR","meter":"Class 2 Operations","quantity":0.0129,"region":"CentralUS","resource":"/subscriptions/x","resource_group":"rg-x","subcategory":"Queues v2","unit":"10K"}`,
		"gcp":             `example-prod 2026-01-01T00:00:00Z {"cost":1000.005,"quantity":6282.708,"service":"Compute","sku":"Core","sku_id":"ABC1","unit":"hour"}`,
		"focus":           `0001 2026-01-01T22:00:00Z {"cost":0.00000000000,"currency":"USD","provider":"Cloud","quantity":2.000000000000000,"region":"eu-1","service":"Queue","unit":"Requests"}`,
		"stripe-itemized": ` 2026-01-01T12:00:00Z {"category":"charge","currency":"usd","description":"Example, Inc. \"monthly\" plan","fee":0.59,"gross":10.00,"net":9.41}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, notes, err := events(t, name, filepath.Join("testdata", name+".csv"))
			if err != nil || strings.Join(got, "\n") != want {
				t.Errorf("%v\n%s\nwant\n%s\n%s", err, strings.Join(got, "\n"), want, notes)
			}
		})
	}
	if len(presets) != 13 {
		t.Errorf("%d presets, 13 are tested", len(presets))
	}
}

// A quantity that a file has no column for is unknown: it is refused by name, and never
// 0. Other names that an export has for it are known.
func TestAMissingColumnIsNotZero(t *testing.T) {
	for _, x := range []struct{ preset, column, becomes, want string }{
		{"gcp", "Unrounded Cost ($)", "Unrounded Cost (CHF)", `"cost":1000.005`},
		{"gcp", "Unrounded Cost ($)", "Something", `"cost":`}, // Cost ($)
		{"azure-cost", "CostInBillingCurrency", "Cost", `"cost":5.64902E-05`},
		{"azure-cost", "CostInBillingCurrency", "PreTaxCost", `"cost":5.64902E-05`},
		{"azure-cost", "CostInBillingCurrency", "Something", ""},
		{"cursor", "Input (w/o Cache Write)", "Tokens", ""},
		{"cursor", "Requests", "Something", ""},
		{"openai-usage", "input_cached_tokens", "Something", ""},
		{"anthropic", "web_search_count", "Something", ""},
		{"openrouter", "cost_total", "Something", ""},
		{"litellm", "spend", "Something", ""},
		{"github", "gross_amount", "Something", ""},
		{"aws-cur", "lineItem/UnblendedCost", "Something", ""},
		{"stripe-itemized", "fee", "Something", ""},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", x.preset+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(data, []byte(x.column), []byte(x.becomes), 1)
		if bytes.Equal(changed, data) {
			t.Fatalf("%s has no %s", x.preset, x.column)
		}
		got, notes, err := events(t, x.preset, write(t, "a.csv", changed))
		switch {
		case x.want != "":
			if err != nil || len(got) == 0 || !strings.Contains(got[0], x.want) {
				t.Errorf("%s with %s: %v\n%s\n%s", x.preset, x.becomes, err, got, notes)
			}
		case err == nil || len(got) != 0 || !strings.Contains(err.Error(), fmt.Sprintf("%q", x.column)) || !strings.Contains(err.Error(), "--preset "+x.preset) || !strings.Contains(err.Error(), "--set "):
			t.Errorf("%s without %s: %v %v", x.preset, x.column, err, got)
		}
	}
	// Who knows the value says it, as it was before.
	data, _ := os.ReadFile(filepath.Join("testdata", "github.csv"))
	file := write(t, "a.csv", bytes.Replace(data, []byte("gross_amount"), []byte("x"), 1))
	p := newPurse(t)
	if _, _, err := p.run(file, func(o *Options) {
		o.Preset, o.Time, o.Property, o.Set = "github", "", nil, map[string]string{"gross": "0"}
	}); err != nil || string(p.order[0].Properties["gross"]) != "0" {
		t.Error(err, p.order)
	}
	two := write(t, "b.csv", []byte("Usage start date,Project ID,Service description,SKU description,Usage amount,Cost type,Cost ($),Cost (€)\n"))
	if _, _, err := events(t, "gcp", two); err == nil || !strings.Contains(err.Error(), `the columns "Cost ($)" and "Cost (€)"`) {
		t.Error(err)
	}
}

func TestPresetsOnRealExports(t *testing.T) {
	dir, err := filepath.Abs("../../../shared/data/usage-exports") // beside the repository
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("rows of real exports are not beside this repository: %v", err)
	}
	for preset, x := range map[string]struct {
		file string
		n    int
	}{
		"openai-usage": {"openai_completions", 5}, "openai-cost": {"openai_cost", 2}, "anthropic": {"anthropic_tokens", 2}, "openrouter": {"openrouter_activity", 2},
		"litellm": {"litellm_psql", 2}, "cursor": {"cursor_usage", 2}, "github": {"github_usage", 1}, "github-copilot": {"copilot_premium", 3}, "aws-cur": {"aws", 0},
		"azure-cost": {"azure_ea", 3}, "gcp": {"gcp_cost_table", 1}, "focus": {"focus10", 3}, "stripe-itemized": {"stripe_itemized", 1},
	} {
		got, notes, err := events(t, preset, filepath.Join(dir, x.file+".csv"))
		if err != nil || len(got) != x.n {
			t.Errorf("%s: %v, %d events, want %d\n%s\n%s", preset, err, len(got), x.n, strings.Join(got, "\n"), notes)
		}
	}
	p := newPurse(t)
	_, notes, err := p.run(filepath.Join(dir, "burstgpt.csv"), func(o *Options) { o.Time, o.Property = "Timestamp", map[string]string{"n": "Request tokens"} })
	if err == nil || len(p.booked) != 0 || !strings.Contains(notes, `line 2 (row 1), column "Timestamp", value "5"`) {
		t.Errorf("seconds since the start of a trace are no times: %v\n%s", err, notes)
	}
	if _, notes, err = p.run(filepath.Join(dir, "azure_llm_2024.csv"), func(o *Options) { o.Time, o.Property = "TIMESTAMP", map[string]string{"n": "ContextTokens"} }); err != nil || len(p.booked) != 2 {
		t.Errorf("%v\n%s", err, notes)
	}
}
