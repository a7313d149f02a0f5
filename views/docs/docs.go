// Package docs shows the API's reference, made from its OpenAPI document.
package docs

import "strings"

// Page is the reference.
type Page struct {
	BaseURL  string
	Sections []Section
	Events   []EventType
	Retries  string // "5 seconds, 5 minutes …"
	Answer   string // how long an endpoint may take
	Disabled string // after how long an endpoint is disabled that fails
	Errors   []ErrorCode
}

// EventType is an entry of the catalogue of events.
type EventType struct {
	Name, Text string
	Customers  bool   // customers are told too
	Optional   string // fields that may be absent
	Example    string // JSON
}

// Section is the operations of one kind.
type Section struct {
	Name       string
	Operations []Operation
}

// Anchor is the section's place in the page.
func (s Section) Anchor() string { return strings.ToLower(s.Name) }

// Operation is one method on one path.
type Operation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []Field
	Body, Answer                           []Field
	Example                                string // a request's body, "" for none
}

// Field is a parameter or a field of an object.
type Field struct {
	Name, Type, Text string
	Required         bool
}

func (f Field) kind() string {
	if f.Required {
		return f.Type + ", required"
	}
	return f.Type
}

// ErrorCode explains one code of a problem.
type ErrorCode struct {
	Code   string
	Status int
	Text   string
}

func example(base string) string {
	return "curl " + base + "/v1/usage \\\n" +
		"  -H 'Authorization: Bearer sk_…' -H 'Content-Type: application/json' \\\n" +
		"  -d '{\"id\":\"req_1\",\"customer\":\"ext:your-id\",\"event\":\"llm.completion\",\n" +
		"       \"properties\":{\"model\":\"m\",\"input_tokens\":4808,\"output_tokens\":10}}'"
}
