package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// form is what the budgets are about, of one file.
type form struct {
	lines        int
	long         []string
	undocumented []string
}

func parseForm(t *testing.T, path string) (f form) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	f.lines = set.Position(file.End()).Line
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if n := set.Position(d.End()).Line - set.Position(d.Pos()).Line + 1; n > 50 && !table(d) {
				f.long = append(f.long, d.Name.Name)
			}
			if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
				f.undocumented = append(f.undocumented, d.Name.Name)
			}
		case *ast.GenDecl:
			f.undocumented = append(f.undocumented, undocumented(d)...)
		}
	}
	return f
}

// table reports whether a test's length is mostly that of its table, which reads
// row by row.
func table(d *ast.FuncDecl) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		if lit, ok := n.(*ast.CompositeLit); ok && len(lit.Elts) >= 8 {
			found = true
		}
		return !found
	})
	return found
}

func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	t := d.Recv.List[0].Type
	if p, ok := t.(*ast.StarExpr); ok {
		t = p.X
	}
	id, ok := t.(*ast.Ident)
	// Interface methods of the standard library explain themselves.
	standard := map[string]bool{"Error": true, "Unwrap": true, "String": true, "Is": true}
	return ok && id.IsExported() && !standard[d.Name.Name]
}

func undocumented(d *ast.GenDecl) (names []string) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
				names = append(names, s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
