package sandbox

import (
	"flag"
	"maps"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write undone.txt anew")

const undoneHead = `# Parameters of Stripe that the sandbox refuses, for it does not do what they ask
# for; where they are words, values other than Stripe's default. An object stands
# for all that is in it. Written by: go test ./handlers/sandbox -run TestEveryParameter -update
`

// Every parameter of Stripe's description is sent to a request that works without
// it. It is done or judged, or refused by its name, and then nothing has changed.
// Undone.txt says exactly which ones are refused.
func TestEveryParameterIsDoneOrRefused(t *testing.T) {
	var got []string
	for _, op := range slices.Sorted(maps.Keys(operations())) {
		t.Run(op, func(t *testing.T) {
			w := newWorld(t)
			undone := map[string]bool{}
			for _, way := range waysOf(op) {
				w.works(op, way)
			}
			for i, l := range leavesOf(operationParams[op], "", nil) {
				if i%10 == 9 {
					w = newWorld(t) // what is there is compared often
				}
				undone[l.path] = w.refuses(op, l)
			}
			for _, path := range collapsed(operationParams[op], "", undone) {
				got = append(got, op+" "+path)
			}
		})
	}
	text := undoneHead + strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile("undone.txt", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("undone.txt")
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		listed := strings.Split(strings.TrimPrefix(string(want), undoneHead), "\n")
		for _, l := range got {
			if !slices.Contains(listed, l) {
				t.Errorf("refused, and not in undone.txt: %s", l)
			}
		}
		for _, l := range listed {
			if l != "" && !slices.Contains(got, l) {
				t.Errorf("in undone.txt, and not refused: %s", l)
			}
		}
	}
}

// leaf is a parameter with a value, and what must come with it.
type leaf struct {
	path string
	form url.Values
}

// leavesOf lists the parameters of an operation, of lists their first element.
func leavesOf(p *param, path string, with url.Values) (out []leaf) {
	for _, c := range p.children {
		at, form := join(path, c.name), maps.Clone(with)
		if form == nil {
			form = url.Values{}
		}
		for _, sibling := range p.children {
			if path != "" && sibling.required && sibling != c {
				fill(sibling, join(path, sibling.name), form)
			}
		}
		e := c
		if c.may("a") {
			at, e = at+"[0]", c.items
			e = &param{name: c.name, kinds: e.kinds, enum: e.enum, children: e.children}
		}
		if len(e.children) > 0 {
			out = append(out, leavesOf(e, at, form)...)
			continue
		}
		fill(e, at, form)
		out = append(out, leaf{at, form})
	}
	return out
}

// fill puts a value, with what it requires, into a form.
func fill(p *param, path string, form url.Values) {
	switch {
	case p.may("a"):
		e := *p.items
		e.name = p.name
		fill(&e, path+"[0]", form)
	case len(p.children) > 0:
		some := false
		for _, c := range p.children {
			if c.required {
				some = true
				fill(c, join(path, c.name), form)
			}
		}
		if !some {
			fill(p.children[0], join(path, p.children[0].name), form)
		}
	case p.may("m"):
		form.Set(path+"[k]", "v")
	default:
		form.Set(path, sample(p))
	}
}

// sample is a value that a parameter may have, and not its default.
func sample(p *param) string {
	if v := map[string]string{"currency": "usd", "country": "DE", "url": "https://example.com/", "return_url": "https://example.com/",
		"cancel_url": "https://example.com/", "success_url": "https://example.com/", "email": "a@example.com", "unit_amount": "100",
		"unit_amount_decimal": "100", "amount": "100", "payment_method_types": "card", "minimum_amount_currency": "usd"}[p.name]; v != "" {
		return v
	}
	switch {
	case len(p.enum) > 0:
		for _, v := range slices.Backward(p.enum) {
			if !slices.Contains(asUsual[p.name], any(v)) {
				return v
			}
		}
		return p.enum[0]
	case p.may("b"):
		return "true"
	case p.may("i"), p.may("n"):
		return "1"
	}
	return "x"
}

// usual says whether a parameter can only have a value that is done anyway: what
// it needs beside it is refused.
func usual(l leaf) bool {
	return slices.Contains(asUsual[leafName(l.path)], any(l.form.Get(l.path)))
}

// collapsed are the paths that are refused, whole objects by their own name.
func collapsed(p *param, path string, undone map[string]bool) (out []string) {
	for _, c := range p.children {
		at, e := join(path, c.name), c
		if c.may("a") {
			at, e = at+"[0]", c.items
		}
		var below []string
		for l := range undone {
			if l == at || strings.HasPrefix(l, at+"[") {
				below = append(below, l)
			}
		}
		switch {
		case !slices.ContainsFunc(below, func(l string) bool { return !undone[l] }):
			out = append(out, strings.ReplaceAll(at, "[0]", "[]"))
		case len(e.children) > 0:
			out = append(out, collapsed(e, at, undone)...)
		}
	}
	return out
}

// works asserts that a way in which an operation is called does what it says.
func (w *world) works(op, way string) {
	w.t.Helper()
	method, pattern, _ := strings.Cut(op, " ")
	w.memo = map[string]string{}
	path := w.filled(pattern)
	form, err := url.ParseQuery(w.filled(way))
	if err != nil {
		w.t.Fatal(err)
	}
	if status, o := w.send(method, path, form); status != http.StatusOK && status != http.StatusPaymentRequired {
		w.t.Errorf("%s with %s: %d %s", op, way, status, o.json())
	}
}

// refuses says whether an operation refuses a parameter as undone, in all the
// ways in which it can be called.
func (w *world) refuses(op string, l leaf) bool {
	w.t.Helper()
	method, pattern, _ := strings.Cut(op, " ")
	refused, unclear := 0, ""
	for _, way := range waysOf(op) {
		w.memo = map[string]string{}
		path := w.filled(pattern)
		form, err := url.ParseQuery(w.filled(way))
		if err != nil {
			w.t.Fatal(err)
		}
		if _, base := form[l.path]; base {
			return false // every base is taken
		}
		for name, v := range l.form {
			form[name] = v
		}
		before := w.rows()
		status, o := w.send(method, path, form)
		e := o.sub("error")
		switch message := e.str("message"); {
		case status == http.StatusBadRequest && strings.HasPrefix(message, "The sandbox does not do "):
			refused++
			if head, _, _ := strings.Cut(l.path, "["); !strings.Contains(message, strings.TrimSuffix(l.path, "[0]")) && !strings.Contains(message, " "+head+" ") && !usual(l) || e.str("type") != "invalid_request_error" || !strings.Contains(message, e.str("param")) {
				w.t.Errorf("%s with %s was refused for %s: %s", op, l.path, e.str("param"), message)
			}
			if after := w.rows(); !reflect.DeepEqual(before, after) {
				w.t.Errorf("%s with %s was refused and changed something", op, l.path)
			}
		case status == http.StatusOK, status == http.StatusPaymentRequired, related(e.str("param"), l.path):
			return false
		default:
			unclear = message
		}
	}
	if refused == 0 {
		w.t.Errorf("%s with %s: neither done nor refused: %s", op, l.path, unclear)
	}
	return refused > 0
}

// related says whether an error's param is about a parameter.
func related(param, path string) bool {
	param = strings.TrimSuffix(param, "[0]")
	return param != "" && (strings.HasPrefix(path, param) || strings.HasPrefix(param, strings.TrimSuffix(path, "[0]")))
}
