package stripepay

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"strings"
	"testing"
)

// What `purse stripe check` tries is all that this package asks of Stripe: a call
// to an API that no permission stands for fails this test.
func TestCheckCoversEveryCall(t *testing.T) {
	writes := map[string]bool{} // APIs that are called, and whether something is written
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { // g.api.Invoices.New
			method, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			api, ok := method.X.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if root, ok := api.X.(*ast.SelectorExpr); ok && root.Sel.Name == "api" {
				write := method.Sel.Name != "Get" && method.Sel.Name != "List"
				writes[api.Sel.Name] = writes[api.Sel.Name] || write
			}
			return true
		})
	}
	if len(writes) < 10 {
		t.Fatalf("only %v are called: does this test still see the calls?", writes)
	}
	delete(writes, "WebhookEndpoints") // read by the check itself; written by setup alone, which says what it lacks
	for api, write := range writes {
		found := false
		for _, p := range permissions {
			found = found || p.api == api && (p.method == http.MethodPost || !write)
		}
		if !found {
			t.Errorf("%s (written: %v) is not in the check", api, write)
		}
	}
	for _, p := range permissions {
		if _, ok := writes[p.api]; !ok {
			t.Errorf("%q is checked, and nothing calls %s", p.what, p.api)
		}
	}
}
