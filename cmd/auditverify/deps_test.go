package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed are the modules beside ours and Go's library that the program may hold: x/mod for
// the tree and its notes, and x/crypto with what it needs for the checksums of EVM
// addresses in the CSV.
var allowed = []string{"golang.org/x/mod", "golang.org/x/crypto", "golang.org/x/sys"}

func TestTheProgramHoldsWhatAnAuditorCanRead(t *testing.T) {
	for _, target := range []struct{ os, arch, pkg string }{{"", "", "."}, {"js", "wasm", "./web"}} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}{{end}}", target.pkg)
		cmd.Env = cmd.Environ()
		if target.os != "" {
			cmd.Env = append(cmd.Env, "GOOS="+target.os, "GOARCH="+target.arch)
		}
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list %s = %v", target.pkg, err)
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		if len(lines) < 10 {
			t.Errorf("go list %s names %d packages only", target.pkg, len(lines))
		}
		for _, line := range lines {
			pkg, module, _ := strings.Cut(line, " ")
			ours := pkg == "countersign" || strings.HasPrefix(pkg, "countersign/audit") || strings.HasPrefix(pkg, "countersign/cmd/auditverify") || pkg == "countersign/eip55"
			if !ours && !slices.Contains(allowed, module) {
				t.Errorf("%s holds %s of %s", target.pkg, pkg, module)
			}
			if strings.HasSuffix(pkg, "/store") || pkg == "countersign/audit/export" || strings.HasPrefix(pkg, "countersign/audit/keyring") || strings.HasPrefix(pkg, "countersign/audit/api") {
				t.Errorf("%s holds %s: a verifier writes nothing and knows no database", target.pkg, pkg)
			}
		}
	}
}
