//go:build ignore

// Params_gen writes params.txt from Stripe's OpenAPI description of API version
// 2023-10-16 (embedded/openapi/spec3.json of stripe-mock v0.183.0):
//
//	go run params_gen.go PATH/TO/spec3.json > params.txt
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"sort"
	"strings"
)

var operations = strings.Fields(`
	POST/v1/customers GET/v1/customers GET/v1/customers/{customer} POST/v1/customers/{customer} DELETE/v1/customers/{customer}
	GET/v1/customers/{customer}/payment_methods GET/v1/customers/{customer}/payment_methods/{payment_method}
	GET/v1/customers/{customer}/cash_balance GET/v1/customers/{customer}/cash_balance_transactions
	POST/v1/test_helpers/customers/{customer}/fund_cash_balance
	POST/v1/customers/{customer}/tax_ids GET/v1/customers/{customer}/tax_ids GET/v1/customers/{customer}/tax_ids/{id}
	DELETE/v1/customers/{customer}/tax_ids/{id}
	POST/v1/coupons GET/v1/coupons GET/v1/coupons/{coupon} POST/v1/coupons/{coupon} DELETE/v1/coupons/{coupon}
	POST/v1/promotion_codes GET/v1/promotion_codes GET/v1/promotion_codes/{promotion_code} POST/v1/promotion_codes/{promotion_code}
	POST/v1/test_helpers/test_clocks GET/v1/test_helpers/test_clocks GET/v1/test_helpers/test_clocks/{test_clock}
	POST/v1/test_helpers/test_clocks/{test_clock}/advance DELETE/v1/test_helpers/test_clocks/{test_clock}
	POST/v1/products GET/v1/products GET/v1/products/{id} POST/v1/products/{id}
	POST/v1/prices GET/v1/prices GET/v1/prices/{price} POST/v1/prices/{price}
	POST/v1/payment_methods GET/v1/payment_methods GET/v1/payment_methods/{payment_method} POST/v1/payment_methods/{payment_method}
	POST/v1/payment_methods/{payment_method}/attach POST/v1/payment_methods/{payment_method}/detach
	POST/v1/checkout/sessions GET/v1/checkout/sessions GET/v1/checkout/sessions/{session}
	GET/v1/checkout/sessions/{session}/line_items POST/v1/checkout/sessions/{session}/expire
	POST/v1/payment_intents GET/v1/payment_intents GET/v1/payment_intents/{intent} POST/v1/payment_intents/{intent}
	POST/v1/payment_intents/{intent}/confirm POST/v1/payment_intents/{intent}/cancel
	POST/v1/setup_intents GET/v1/setup_intents GET/v1/setup_intents/{intent} POST/v1/setup_intents/{intent}/confirm POST/v1/setup_intents/{intent}/cancel
	GET/v1/charges GET/v1/charges/{charge}
	POST/v1/refunds GET/v1/refunds GET/v1/refunds/{refund} POST/v1/refunds/{refund}
	GET/v1/disputes GET/v1/disputes/{dispute} POST/v1/disputes/{dispute} POST/v1/disputes/{dispute}/close
	POST/v1/invoices GET/v1/invoices GET/v1/invoices/{invoice} POST/v1/invoices/{invoice} DELETE/v1/invoices/{invoice}
	GET/v1/invoices/{invoice}/lines POST/v1/invoices/{invoice}/finalize POST/v1/invoices/{invoice}/pay
	POST/v1/invoices/{invoice}/void POST/v1/invoices/{invoice}/mark_uncollectible POST/v1/invoices/{invoice}/send
	POST/v1/invoiceitems GET/v1/invoiceitems GET/v1/invoiceitems/{invoiceitem} DELETE/v1/invoiceitems/{invoiceitem}
	POST/v1/billing_portal/sessions
	POST/v1/credit_notes GET/v1/credit_notes GET/v1/credit_notes/{id}
	GET/v1/radar/early_fraud_warnings GET/v1/radar/early_fraud_warnings/{early_fraud_warning}
	GET/v1/events GET/v1/events/{id}
	POST/v1/webhook_endpoints GET/v1/webhook_endpoints GET/v1/webhook_endpoints/{webhook_endpoint}
	POST/v1/webhook_endpoints/{webhook_endpoint} DELETE/v1/webhook_endpoints/{webhook_endpoint}
	GET/v1/balance GET/v1/balance_transactions GET/v1/balance_transactions/{id} GET/v1/payouts GET/v1/payouts/{payout}
	POST/v1/tax/calculations GET/v1/account`)

var objects = strings.Fields(`customer tax_id product price payment_method checkout.session payment_intent setup_intent
	charge refund dispute invoice invoiceitem billing_portal.session credit_note radar.early_fraud_warning event webhook_endpoint cash_balance customer_cash_balance_transaction
	coupon promotion_code discount test_helpers.test_clock`)

type schema struct {
	Type                 string
	Nullable             bool
	Enum                 []any
	Properties           map[string]schema
	AdditionalProperties json.RawMessage
	Required             []string
	Items                *schema
	AnyOf                []schema
}

type parameter struct {
	Name     string
	In       string
	Required bool
	Schema   schema
}

func main() {
	b, err := os.ReadFile(os.Args[1])
	check(err)
	var spec struct {
		Paths map[string]map[string]struct {
			Parameters  []parameter
			RequestBody struct {
				Content map[string]struct{ Schema schema }
			}
		}
		Components struct{ Schemas map[string]schema }
	}
	check(json.Unmarshal(b, &spec))
	for _, op := range operations {
		method, path, _ := strings.Cut(op, "/")
		path = "/" + path
		o, ok := spec.Paths[path][strings.ToLower(method)]
		if !ok {
			log.Fatal("no operation ", op)
		}
		fmt.Println(method, path)
		all := schema{Properties: map[string]schema{}}
		for _, p := range o.Parameters {
			if p.In == "query" {
				all.Properties[p.Name] = p.Schema
				if p.Required {
					all.Required = append(all.Required, p.Name)
				}
			}
		}
		for _, c := range o.RequestBody.Content {
			for name, p := range c.Schema.Properties {
				all.Properties[name] = p
			}
			all.Required = append(all.Required, c.Schema.Required...)
		}
		children(all, 1)
	}
	for _, name := range objects {
		var nulls []string
		for field, p := range spec.Components.Schemas[name].Properties {
			if p.Nullable {
				nulls = append(nulls, field)
			}
		}
		sort.Strings(nulls)
		fmt.Println("OBJECT", name, strings.Join(nulls, " "))
	}
}

// children prints one line per property: name, "!" if required, and the types
// that it may have.
func children(s schema, depth int) {
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		p := s.Properties[name]
		mark := ""
		if slices.Contains(s.Required, name) {
			mark = "!"
		}
		fmt.Printf("%s%s%s %s\n", strings.Repeat(" ", depth), name, mark, strings.Join(types(p), ","))
		below(p, depth+1)
	}
}

func below(p schema, depth int) {
	children(p, depth)
	if p.Items != nil {
		below(*p.Items, depth)
	}
	alternatives := 0
	for _, a := range p.AnyOf {
		if len(a.Properties) > 0 {
			alternatives++
		}
	}
	for _, a := range p.AnyOf {
		if alternatives > 1 {
			a.Required = nil // of this alternative only: a card's number, or its token
		}
		below(a, depth)
	}
}

// types: s string, i integer, n number, b boolean, o object, m map of strings,
// a list, followed by the types of its items, e:x|y one of.
func types(p schema) []string {
	var out []string
	add := func(t string) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	switch {
	case len(p.AnyOf) > 0:
		for _, a := range p.AnyOf {
			for _, t := range types(a) {
				add(t)
			}
		}
	case len(p.Enum) > 0:
		var values []string
		for _, v := range p.Enum {
			values = append(values, fmt.Sprint(v))
		}
		add("e:" + strings.Join(values, "|"))
	case p.Type == "object" && len(p.Properties) == 0 && string(p.AdditionalProperties) != "false":
		add("m")
	case p.Type == "array":
		add("a" + strings.Join(types(*p.Items), "/"))
	default:
		add(p.Type[:1])
	}
	return out
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
