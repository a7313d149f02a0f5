package api

import (
	"encoding/json"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"purse/billing/account"
	"purse/billing/fault"
	"purse/billing/money"
	"purse/billing/rating"
	"purse/billing/usage"
)

// body is a JSON object that is read strictly: names are case-sensitive, none
// is unknown, none is there twice. It keeps the canonical form of what was sent.
type body[T any] struct {
	V    T
	sent []byte
	err  error
}

// Schema documents T.
func (*body[T]) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[T](), true, "")
}

// Resolve tells huma what was wrong.
func (b *body[T]) Resolve(ctx huma.Context) []error {
	if b.err == nil {
		return nil
	}
	var syntax *usage.SyntaxError
	if errors.As(b.err, &syntax) {
		return []error{makeProblem(400, "invalid_json", "", syntax.Text)}
	}
	f, _ := fault.As(b.err)
	return []error{makeProblem(422, f.Code, f.Param, f.Detail)}
}

func (b *body[T]) read(data []byte) {
	props, sent, err := usage.Object(data)
	if b.sent, b.err = sent, err; err != nil {
		return
	}
	known := fieldNames(reflect.TypeFor[T]())
	for _, p := range props {
		if !slices.Contains(known, p.Name) {
			b.err = fault.New(fault.Invalid, "unknown_field", p.Name, "There is no field %q here.", p.Name)
			return
		}
	}
	if b.err = refuseBlank(data, reflect.TypeFor[T](), ""); b.err != nil {
		return
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.DisallowUnknownFields()
	if err := d.Decode(&b.V); err != nil {
		var wrong *json.UnmarshalTypeError
		switch name := unknownIn(err); {
		case errors.As(err, &wrong):
			b.err = fault.Bad(wrong.Field, "The field %s is not %s: it was sent as %s.", wrong.Field, kindOf(wrong.Type), wrong.Value)
		case name != "":
			b.err = fault.New(fault.Invalid, "unknown_field", name, "There is no field %q here.", name)
		default:
			b.err = wrongTime(props, reflect.TypeFor[T]())
		}
	}
}

// unknownIn is the name in encoding/json's error about a nested unknown field.
func unknownIn(err error) string {
	rest, found := strings.CutPrefix(err.Error(), "json: unknown field ")
	if !found {
		return ""
	}
	return strings.Trim(rest, `"`)
}

// wrongTime finds the time that cannot be read: encoding/json does not name it.
func wrongTime(props rating.Properties, t reflect.Type) error {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		p, sent := props.Get(name)
		if !sent || f.Type != reflect.TypeFor[*time.Time]() || p.Kind == rating.Null {
			continue
		}
		if _, err := time.Parse(time.RFC3339Nano, p.Text); err != nil || p.Kind != rating.String {
			return fault.Bad(name, "%s is no time: %s is written like 2026-01-31T12:00:00Z.", fault.Quote(p.Text), name)
		}
	}
	return fault.New(fault.Invalid, "invalid", "", "A field is not what it should be: times look like 2026-01-31T12:00:00Z.")
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice:
		return "a list"
	default:
		return "an object"
	}
}

func fieldNames(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		out = append(out, name)
	}
	return out
}

// config is huma's, with our reader in place of encoding/json and nothing that
// huma would add by itself.
func config(version string) huma.Config {
	if version == "" {
		version = "dev"
	}
	c := huma.DefaultConfig("Purse", version)
	c.DocsPath, c.OpenAPIPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil // no $schema links
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: func(data []byte, v any) error {
		if b, ok := v.(interface{ read([]byte) }); ok {
			b.read(data)
			return nil
		}
		return json.Unmarshal(data, v)
	}}
	c.Formats = map[string]huma.Format{"application/json": format, "json": format}
	return c
}

// Page is the part of a list that is asked for.
type Page struct {
	Limit         int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many, 1 to 100"`
	StartingAfter string `query:"starting_after" maxLength:"255" doc:"The id that the page starts after"`
	EndingBefore  string `query:"ending_before" maxLength:"255" doc:"The id that the page ends before"`
}

func (p Page) account() (account.Page, error) {
	return account.Page{After: p.StartingAfter, Before: p.EndingBefore, Limit: p.Limit}, p.check()
}

func (p Page) check() error {
	if p.StartingAfter != "" && p.EndingBefore != "" {
		return fault.Bad("ending_before", "Give starting_after or ending_before, not both.")
	}
	for name, id := range map[string]string{"starting_after": p.StartingAfter, "ending_before": p.EndingBefore} {
		if id != "" && !cursorShape.MatchString(id) {
			return unknownCursor(name)
		}
	}
	return nil
}

// cursorShape is what the ids look like by which lists are paged.
var cursorShape = regexp.MustCompile(`^([a-z]{2,12}_[0-9A-Za-z_.-]{6,180}|[0-9]{4}-[0-9]{2}(-[0-9]{2})?)$`)

// list is a page of objects, newest first.
type list[T any] struct {
	Object  string `json:"object" enum:"list"`
	Data    []T    `json:"data" nullable:"false"`
	HasMore bool   `json:"has_more"`
}

func listOf[R, T any](rows []R, more bool, f func(R) T) list[T] {
	out := list[T]{Object: "list", Data: make([]T, len(rows)), HasMore: more}
	for i, r := range rows {
		out.Data[i] = f(r)
	}
	return out
}

// cutList takes a page out of a list that is in memory, newest first.
func cutList[R, T any](p Page, all []R, id func(R) string, f func(R) T) (*reply[list[T]], error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	var part []R
	more := false
	switch {
	case p.EndingBefore != "":
		i := slices.IndexFunc(all, func(r R) bool { return id(r) == p.EndingBefore })
		if i < 0 {
			return nil, unknownCursor("ending_before")
		}
		from := max(0, i-p.Limit)
		part, more = all[from:i], from > 0
	default:
		from := 0
		if p.StartingAfter != "" {
			i := slices.IndexFunc(all, func(r R) bool { return id(r) == p.StartingAfter })
			if i < 0 {
				return nil, unknownCursor("starting_after")
			}
			from = i + 1
		}
		to := min(len(all), from+p.Limit)
		part, more = all[from:to], to < len(all)
	}
	return ok(listOf(part, more, f))
}

func unknownCursor(param string) error {
	return fault.Bad(param, "There is no such id in this list.")
}

// credits reads an amount of credits in a field.
func credits(param, s string) (money.Credits, error) {
	c, err := money.ParseCredits(s)
	if err != nil {
		return 0, fault.Bad(param, "The amount %q %s.", s, err)
	}
	return c, nil
}

// price is an amount of money in JSON.
type price struct {
	Amount   int64  `json:"amount" doc:"In the currency's minor unit: 2500 are 25.00 USD"`
	Currency string `json:"currency" doc:"ISO 4217, lower case" example:"usd"`
}

func priceOf(m money.Money) *price {
	if m.Currency == "" {
		return nil
	}
	return &price{m.Amount, m.Currency}
}

func (p *price) money(param string) (money.Money, error) {
	if p == nil {
		return money.Money{}, nil
	}
	m := money.Money{Amount: p.Amount, Currency: p.Currency}
	if err := m.Valid(); err != nil {
		if errors.Is(err, money.ErrCurrency) {
			return m, fault.Bad(param, "%q %s: write it in lower case, such as usd.", p.Currency, err)
		}
		return m, fault.Bad(param, "The amount of money %s.", err)
	}
	return m, nil
}
