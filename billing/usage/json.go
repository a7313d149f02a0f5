package usage

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"purse/billing/rating"
)

// SyntaxError says that a body is not the JSON that it should be. Its text is
// for people.
type SyntaxError struct{ Text string }

func (e *SyntaxError) Error() string { return e.Text }

func broken(text string) error { return &SyntaxError{text} }

// maxDepth is how deeply the values of properties may be nested.
const maxDepth = 16

// scanner reads strict JSON: UTF-8 without lone surrogates, no name twice in an
// object, nothing after the value.
type scanner struct {
	s string
	i int
}

func (p *scanner) space() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// peek is the next byte that is no white space, 0 at the end.
func (p *scanner) peek() byte {
	p.space()
	if p.i == len(p.s) {
		return 0
	}
	return p.s[p.i]
}

func (p *scanner) expect(c byte, text string) error {
	if p.peek() != c {
		return broken(text)
	}
	p.i++
	return nil
}

// each calls f for each name of an object; f reads the value.
func (p *scanner) each(f func(name string) error) error {
	if err := p.expect('{', "An object is expected."); err != nil {
		return err
	}
	if p.peek() == '}' {
		p.i++
		return nil
	}
	for {
		if p.peek() != '"' {
			return broken("A name in double quotes is expected.")
		}
		name, err := p.text()
		if err != nil {
			return err
		}
		if err := p.expect(':', "A colon is expected after a name."); err != nil {
			return err
		}
		p.space()
		if err := f(name); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.i++
		case '}':
			p.i++
			return nil
		default:
			return broken("A comma or } is expected.")
		}
	}
}

// elements calls f for each element of an array; f reads it.
func (p *scanner) elements(f func() error) error {
	p.i++ // [
	if p.peek() == ']' {
		p.i++
		return nil
	}
	for {
		p.space()
		if err := f(); err != nil {
			return err
		}
		switch p.peek() {
		case ',':
			p.i++
		case ']':
			p.i++
			return nil
		default:
			return broken("A comma or ] is expected.")
		}
	}
}

// skip goes past a value that may be broken inside, to the comma or bracket
// after it. It answers false when nobody can say where the value ends.
func (p *scanner) skip() bool {
	var open []byte
	for p.i < len(p.s) {
		c := p.s[p.i]
		if len(open) == 0 && (c == ',' || c == ']') {
			return true
		}
		switch c {
		case '"':
			if !p.skipText() {
				return false
			}
			continue
		case '{', '[':
			open = append(open, c+2) // what closes it
		case '}', ']':
			if len(open) == 0 || open[len(open)-1] != c {
				return false
			}
			open = open[:len(open)-1]
		}
		p.i++
	}
	return false
}

// skipText goes past a string, whatever it holds.
func (p *scanner) skipText() bool {
	for p.i++; p.i < len(p.s); p.i++ {
		switch p.s[p.i] {
		case '"':
			p.i++
			return true
		case '\\':
			p.i++
		}
	}
	return false
}

// placed says where in the body a *SyntaxError is.
func (p *scanner) placed(err error) error {
	var syntax *SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	before := p.s[:min(p.i, len(p.s))]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return broken(fmt.Sprintf("%s, near line %d, column %d.", strings.TrimSuffix(syntax.Text, "."), line, column))
}

// end says whether nothing follows.
func (p *scanner) end() error {
	if p.peek() != 0 || p.i != len(p.s) {
		return broken("The body goes on after the JSON value.")
	}
	return nil
}

// text reads a string. One without escapes shares the memory of the body.
func (p *scanner) text() (string, error) {
	p.i++ // "
	start := p.i
	ascii := true
	for ; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '"':
			out := p.s[start:p.i]
			p.i++
			if !ascii && !utf8.ValidString(out) {
				return "", broken("The body is not UTF-8.")
			}
			return out, nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", broken("A string holds a control character: escape it.")
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", broken("A string does not end.")
}

func (p *scanner) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(p.s[start:p.i])
	for p.i < len(p.s) {
		c := p.s[p.i]
		p.i++
		switch {
		case c == '"':
			if !utf8.ValidString(b.String()) {
				return "", broken("The body is not UTF-8.")
			}
			return b.String(), nil
		case c < ' ':
			return "", broken("A string holds a control character: escape it.")
		case c != '\\':
			b.WriteByte(c)
			continue
		}
		if p.i == len(p.s) {
			break
		}
		c = p.s[p.i]
		p.i++
		if c == 'u' {
			r, ok := p.unicode()
			if !ok {
				return "", broken("A string holds a broken \\u escape.")
			}
			b.WriteRune(r)
			continue
		}
		at := strings.IndexByte(`"\/bfnrt`, c)
		if at < 0 {
			return "", broken("A string holds an unknown escape.")
		}
		b.WriteByte("\"\\/\b\f\n\r\t"[at])
	}
	return "", broken("A string does not end.")
}

// unicode reads what follows \u, and the other half of a surrogate pair.
func (p *scanner) unicode() (rune, bool) {
	r, ok := p.hex()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if !strings.HasPrefix(p.s[p.i:], `\u`) {
		return 0, false
	}
	p.i += 2
	low, ok := p.hex()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

func (p *scanner) hex() (rune, bool) {
	if len(p.s)-p.i < 4 {
		return 0, false
	}
	var r rune
	for _, c := range []byte(p.s[p.i : p.i+4]) {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	p.i += 4
	return r, true
}

// number reads the literal of a number.
func (p *scanner) number() (string, error) {
	start := p.i
	if p.i < len(p.s) && p.s[p.i] == '-' {
		p.i++
	}
	first := p.i
	if p.digits() == 0 || (p.s[first] == '0' && p.i-first > 1) {
		return "", broken("A number is broken.")
	}
	if p.i < len(p.s) && p.s[p.i] == '.' {
		p.i++
		if p.digits() == 0 {
			return "", broken("A number is broken.")
		}
	}
	if p.i < len(p.s) && (p.s[p.i] == 'e' || p.s[p.i] == 'E') {
		p.i++
		if p.i < len(p.s) && (p.s[p.i] == '+' || p.s[p.i] == '-') {
			p.i++
		}
		if p.digits() == 0 {
			return "", broken("A number is broken.")
		}
	}
	return p.s[start:p.i], nil
}

func (p *scanner) digits() int {
	start := p.i
	for p.i < len(p.s) && p.s[p.i] >= '0' && p.s[p.i] <= '9' {
		p.i++
	}
	return p.i - start
}

// value reads any value. For objects and arrays the text is a canonical form:
// names sorted, no white space.
func (p *scanner) value(depth int) (rating.ValueKind, string, error) {
	switch c := p.peek(); {
	case c == '"':
		s, err := p.text()
		return rating.String, s, err
	case c == '-' || (c >= '0' && c <= '9'):
		s, err := p.number()
		return rating.Number, s, err
	case c == '{' || c == '[':
		if depth == 0 {
			return 0, "", broken("The body is nested too deeply.")
		}
		s, err := p.nested(c, depth-1)
		return rating.Other, s, err
	}
	for _, word := range []string{"null", "true", "false"} {
		if strings.HasPrefix(p.s[p.i:], word) {
			p.i += len(word)
			if word == "null" {
				return rating.Null, "", nil
			}
			return rating.Bool, word, nil
		}
	}
	return 0, "", broken("A value is expected.")
}

func (p *scanner) nested(c byte, depth int) (string, error) {
	var b []byte
	if c == '[' {
		b = append(b, '[')
		err := p.elements(func() error {
			kind, text, err := p.value(depth)
			b = appendValue(b, kind, text)
			return err
		})
		return string(append(b, ']')), err
	}
	ps, err := p.object(depth)
	if err != nil {
		return "", err
	}
	return string(appendProperties(nil, ps)), nil
}

// object reads an object into properties sorted by name, each once.
func (p *scanner) object(depth int) (rating.Properties, error) {
	ps := make(rating.Properties, 0, 4)
	err := p.each(func(name string) error {
		kind, text, err := p.value(depth)
		ps = append(ps, rating.Property{Name: name, Kind: kind, Text: text})
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(ps, func(a, b rating.Property) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(ps); i++ {
		if ps[i].Name == ps[i-1].Name {
			return nil, broken("An object has a name twice.")
		}
	}
	return ps, nil
}

// appendProperties and appendValue write the canonical form: lengths before
// texts, so that nothing needs escaping.
func appendProperties(b []byte, ps rating.Properties) []byte {
	b = append(b, '{')
	for _, p := range ps {
		b = appendText(b, p.Name)
		b = appendValue(b, p.Kind, p.Text)
	}
	return append(b, '}')
}

func appendValue(b []byte, kind rating.ValueKind, text string) []byte {
	return appendText(append(b, 'a'+byte(kind)), text)
}

func appendText(b []byte, s string) []byte {
	b = append(b, byte(len(s)>>24), byte(len(s)>>16), byte(len(s)>>8), byte(len(s)))
	return append(b, s...)
}

// JSON writes properties as the object that Object reads.
func JSON(ps rating.Properties) string {
	return string(appendJSON(nil, rating.Other, string(appendProperties(nil, ps))))
}

func appendJSON(b []byte, kind rating.ValueKind, text string) []byte {
	switch kind {
	case rating.Null:
		return append(b, "null"...)
	case rating.String:
		quoted, _ := json.Marshal(text) // a string always marshals
		return append(b, quoted...)
	case rating.Other:
		first := true
		b = append(b, text[0])
		eachNested(text, func(name string, kind rating.ValueKind, value string) {
			if !first {
				b = append(b, ',')
			}
			first = false
			if text[0] == '{' {
				b = append(appendJSON(b, rating.String, name), ':')
			}
			b = appendJSON(b, kind, value)
		})
		return append(b, text[len(text)-1])
	default:
		return append(b, text...)
	}
}

// Object reads a JSON object strictly, as the events are: no name twice, not
// nested too deeply, nothing after it. It answers its properties, sorted by
// name, and a canonical form for fingerprints, in which key order and white
// space do not count and everything else does.
func Object(body []byte) (rating.Properties, []byte, error) {
	p := &scanner{s: string(body)}
	ps, err := p.object(maxDepth)
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, nil, p.placed(err)
	}
	return ps, appendProperties(nil, ps), nil
}
