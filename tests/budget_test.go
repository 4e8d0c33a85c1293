package tests

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// goFiles visits every Go file of the product's module with its package's path.
func goFiles(t *testing.T, visit func(path, pkg string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(path, ".."), "/"))
		if d.IsDir() {
			switch {
			case rel == "sandbox", rel == "tools", rel == "bin", rel == "var", strings.HasPrefix(rel, "."):
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(rel, ".go") {
			pkg := filepath.ToSlash(filepath.Dir(rel))
			if pkg == "." {
				pkg = ""
			}
			visit(path, pkg)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The budgets of shared/design.md: a file under 300 lines, a function under 50, a
// package under 1,500, every exported name and every package documented.
func TestFormOfTheCode(t *testing.T) {
	packages := map[string]int{}
	goFiles(t, func(path, pkg string) {
		f := parseForm(t, path)
		if f.lines > 300 {
			t.Errorf("%s has %d lines, at most 300", path, f.lines)
		}
		for _, fn := range f.long {
			t.Errorf("%s: %s has more than 50 lines", path, fn)
		}
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		packages[pkg] += f.lines
		for _, name := range f.undocumented {
			t.Errorf("%s: exported %s has no comment", path, name)
		}
	})
	for pkg, lines := range packages {
		if lines > 1500 {
			t.Errorf("package %q has %d lines, at most 1500", pkg, lines)
		}
	}
}
