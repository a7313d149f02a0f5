package event

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// Every type that has a name here is in the catalogue, once, with an example
// that is an object.
func TestTheCatalogueIsWhole(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "catalogue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			for i, v := range s.(*ast.ValueSpec).Values {
				if l, ok := v.(*ast.BasicLit); ok && s.(*ast.ValueSpec).Names[i].IsExported() {
					name, _ := strconv.Unquote(l.Value)
					named[name] = true
				}
			}
		}
	}
	for _, typ := range Catalogue() {
		if !named[typ.Name] {
			t.Errorf("%s is twice in the catalogue, or has no constant", typ.Name)
		}
		delete(named, typ.Name)
		var data map[string]any
		if err := json.Unmarshal([]byte(typ.Example), &data); err != nil {
			t.Errorf("the example of %s: %v", typ.Name, err)
		}
		if typ.Wallet && data["credit_type"] == nil {
			t.Errorf("%s belongs to a wallet and does not say of which credit type", typ.Name)
		}
		if !strings.HasSuffix(typ.Text, ".") || len(strings.Split(typ.Name, ".")) != 2 {
			t.Errorf("%s: %q", typ.Name, typ.Text)
		}
	}
	for name := range named {
		t.Errorf("%s is not in the catalogue", name)
	}
}
