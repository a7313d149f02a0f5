package sandbox

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
)

// node is one level of a form such as line_items[0][price]=price_1: a value, or
// children by name.
type node struct {
	value    string
	children map[string]*node
}

func (n *node) child(name string) *node {
	if n.children == nil {
		n.children = map[string]*node{}
	}
	c := n.children[name]
	if c == nil {
		c = &node{}
		n.children[name] = c
	}
	return c
}

// ordered lists the children as the elements of an array: by number, those of
// "name[]" in the order in which they came.
func (n *node) ordered() ([]*node, []string, bool) {
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		if _, err := strconv.Atoi(name); err != nil {
			return nil, nil, false
		}
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, _ := strconv.Atoi(names[i])
		b, _ := strconv.Atoi(names[j])
		return a < b
	})
	out := make([]*node, len(names))
	for i, name := range names {
		out[i] = n.children[name]
	}
	return out, names, true
}

// parseForm reads form-encoded text into a tree.
func parseForm(text string, into *node) *apiError {
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		k, v, _ := strings.Cut(pair, "=")
		key, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			return bad("", "", "Invalid request: unable to parse the form-encoded body.")
		}
		path, ok := keyPath(key)
		if !ok {
			return bad("", key, "Invalid request: malformed parameter name: %s", key)
		}
		n := into
		for _, name := range path {
			if name == "" {
				name = strconv.Itoa(len(n.children))
			}
			n = n.child(name)
		}
		n.value = value
	}
	return nil
}

// keyPath splits a[b][0] into its parts.
func keyPath(key string) ([]string, bool) {
	head, rest, nested := strings.Cut(key, "[")
	if head == "" {
		return nil, false
	}
	path := []string{head}
	if !nested {
		return path, true
	}
	if !strings.HasSuffix(rest, "]") {
		return nil, false
	}
	path = append(path, strings.Split(rest[:len(rest)-1], "][")...)
	return path, len(path) <= 12
}
