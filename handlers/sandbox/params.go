package sandbox

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// params.txt lists the parameters of the operations that the sandbox knows, and
// the fields of its objects that may be null, as Stripe's own description of
// API version 2023-10-16 has them. See params_gen.go.
//
//go:embed params.txt
var paramsText string

// param is what a parameter may be.
type param struct {
	name     string
	required bool
	kinds    string   // of s i n b o m a
	items    *param   // of an array
	enum     []string // allowed words, when words are all that is allowed
	children []*param
}

func (p *param) child(name string) *param {
	for _, c := range p.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

var operationParams, nullable = loadParams()

func loadParams() (map[string]*param, map[string][]string) {
	ops, nulls := map[string]*param{}, map[string][]string{}
	var stack []*param
	for line := range strings.Lines(paramsText) {
		line = strings.TrimRight(line, "\n")
		depth := len(line) - len(strings.TrimLeft(line, " "))
		if depth == 0 {
			if fields, ok := strings.CutPrefix(line, "OBJECT "); ok {
				names := strings.Fields(fields)
				nulls[names[0]] = names[1:]
				continue
			}
			op := &param{name: line, kinds: "o"}
			ops[line] = op
			stack = []*param{op}
			continue
		}
		name, types, _ := strings.Cut(line[depth:], " ")
		p := &param{}
		p.name, p.required = strings.CutSuffix(name, "!")
		p.setKinds(types)
		parent := stack[depth-1]
		if twin := parent.child(p.name); twin == nil {
			parent.children = append(parent.children, p)
		} else {
			twin.kinds += p.kinds
			p = twin
		}
		if p.items != nil {
			stack = append(stack[:depth], p.items)
		} else {
			stack = append(stack[:depth], p)
		}
	}
	addNewer(ops)
	return ops, nulls
}

// addNewer adds what Stripe accepts by now under the old version too, though
// the old description does not know it.
func addNewer(ops map[string]*param) {
	session := ops["POST /v1/checkout/sessions"]
	session.children = append(session.children, &param{name: "adaptive_pricing", kinds: "o",
		children: []*param{{name: "enabled", kinds: "b"}}})
	types := session.child("payment_method_types").items
	types.enum = append(types.enum, newerMethods...)
}

// newerMethods are the payment methods that a Checkout Session takes by now, and
// that the description of 2023-10-16 does not know.
var newerMethods = []string{"alma", "amazon_pay", "billie", "bizum", "crypto", "kakao_pay", "kr_card", "mb_way", "mobilepay", "multibanco", "naver_pay", "nz_bank_account",
	"pay_by_bank", "payco", "payto", "samsung_pay", "satispay", "scalapay", "sunbit", "twint", "upi"}

func (p *param) setKinds(types string) {
	for t := range strings.SplitSeq(types, ",") {
		switch {
		case strings.HasPrefix(t, "e:"):
			p.kinds += "e"
			p.enum = append(p.enum, strings.Split(t[2:], "|")...)
		case strings.HasPrefix(t, "a"):
			p.kinds += "a"
			p.items = &param{}
			p.items.setKinds(strings.ReplaceAll(t[1:], "/", ","))
		default:
			p.kinds += t
		}
	}
}

func (p *param) may(kind string) bool { return strings.Contains(p.kinds, kind) }

// checkParams turns a form into typed parameters, or refuses it as Stripe does.
func checkParams(p *param, n *node) (obj, *apiError) {
	out, err := p.object(n, "")
	if err != nil {
		err.unstarted = true
	}
	return out, err
}

func (p *param) object(n *node, path string) (obj, *apiError) {
	out := obj{readKey: reads{}}
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		names = append(names, name)
	}
	slices.Sort(names)
	var unknown []string
	for _, name := range names {
		c, at := p.child(name), join(path, name)
		if c == nil {
			unknown = append(unknown, at)
			continue
		}
		v, err := c.value(n.children[name], at)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	if len(unknown) == 1 {
		return nil, bad("parameter_unknown", unknown[0], "Received unknown parameter: %s", unknown[0])
	}
	if len(unknown) > 1 {
		return nil, bad("parameter_unknown", unknown[0], "Received unknown parameters: %s", strings.Join(unknown, ", "))
	}
	for _, c := range p.children {
		if v, ok := out[c.name]; c.required && (!ok || v == "") {
			return nil, parameterMissing(join(path, c.name))
		}
	}
	return out, nil
}

func (p *param) value(n *node, path string) (any, *apiError) {
	if n.children == nil {
		return p.scalar(n.value, path)
	}
	if p.may("a") {
		if elements, names, ok := n.ordered(); ok {
			out := make([]any, len(elements))
			for i, e := range elements {
				v, err := p.items.value(e, join(path, names[i]))
				if err != nil {
					return nil, err
				}
				out[i] = v
			}
			return out, nil
		}
	}
	switch {
	case p.may("o"):
		return p.object(n, path)
	case p.may("m"):
		return freeMap(n, path)
	}
	return nil, bad("parameter_invalid_string", path, "Invalid %s", kindName(p, path))
}

// freeMap reads metadata and other maps whose keys the caller chooses.
func freeMap(n *node, path string) (obj, *apiError) {
	out := obj{}
	if len(n.children) > 50 {
		return nil, bad("", path, "Metadata can have at most 50 keys, you passed %d.", len(n.children))
	}
	for name, c := range n.children {
		if c.children != nil {
			v, err := freeMap(c, join(path, name))
			if err != nil {
				return nil, err
			}
			out[name] = v
			continue
		}
		if len(name) > 40 {
			return nil, bad("", path, "Metadata keys can have up to 40 characters, but you passed in a key that is %d characters. Invalid key: %s", len(name), name)
		}
		if len([]rune(c.value)) > 500 {
			return nil, bad("", join(path, name), "Metadata values can have up to 500 characters, but you passed in a value that is %d characters. Invalid value: %s", len([]rune(c.value)), c.value)
		}
		out[name] = c.value
	}
	return out, nil
}

func (p *param) scalar(s, path string) (any, *apiError) {
	if p.may("e") && slices.Contains(p.enum, s) {
		return s, nil
	}
	if p.may("i") {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, nil
		}
	}
	if p.may("b") && (s == "true" || s == "false") {
		return s == "true", nil
	}
	if p.may("s") || p.may("n") || s == "" {
		return s, nil
	}
	switch {
	case p.may("i"):
		return nil, bad("parameter_invalid_integer", path, "Invalid integer: %s", s)
	case p.may("b"):
		return nil, bad("", path, "Invalid boolean: %s", s)
	case p.may("e"):
		return nil, bad("", path, "Invalid %s: must be %s", path, oneOf(p.enum))
	}
	return nil, bad("", path, "Invalid %s", kindName(p, path))
}

func oneOf(words []string) string {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	switch len(words) {
	case 1:
		return words[0]
	case 2:
		return "one of " + words[0] + " or " + words[1]
	}
	return "one of " + strings.Join(words[:len(words)-1], ", ") + ", or " + words[len(words)-1]
}

func texts(list []any) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i], _ = v.(string)
	}
	return out
}

func kindName(p *param, path string) string {
	switch {
	case p.may("a"):
		return fmt.Sprintf("array: %s", path)
	case p.may("o"), p.may("m"):
		return fmt.Sprintf("object: %s", path)
	}
	return fmt.Sprintf("string: %s", path)
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "[" + name + "]"
}
