package tests

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/calldata/risk"
	"countersign/cmd/countersign/doctor"
	"countersign/config"
	"countersign/examples/settlement"
	"countersign/rules/rulestest"
)

var documents = []string{
	"../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md",
	"../docs/walk.md", "../docs/glossary.md", "../docs/operations.md", "../docs/call-data.md", "../docs/rules.md", "../docs/screening.md", "../docs/doctor.md", "../docs/sources.md", "../docs/schedules.md", "../docs/settlement.md", "../docs/sweeps.md", "../docs/watching.md", "../docs/books.md", "../docs/completeness.md", "../docs/nodes.md", "../docs/simulation.md", "../docs/keys.md", "../docs/anchors.md", "../docs/siem.md", "../docs/api.md", "../docs/auditors.md", "../docs/design/first-slice.md", "../docs/design/trail.md", "../docs/design/trail-next.md", "../docs/design/sandbox-next.md", "../docs/design/settlement.md", "../docs/design/sweeps.md", "../docs/design/call-data.md", "../docs/design/rules.md",
}

var (
	inlineCode  = regexp.MustCompile("`([^`\n]+)`")
	pathLike    = regexp.MustCompile(`^\.?[\w.-]+(/[\w.-]+)*/?$`)
	symbolLike  = regexp.MustCompile(`^(?:([a-z]+)\.)?([A-Z]\w*)(?:\.([A-Z]\w*))?$`)
	settingLike = regexp.MustCompile(`^[A-Z]+_[A-Z_]*[A-Z](=\S+)?$`)
	makeTarget  = regexp.MustCompile(`^make ([a-z-]+)$`)
	verbLine    = regexp.MustCompile(`(?m)^(?:\$ )?\./bin/countersign (.+)$`)
)

// TestDocumentsNameWhatExists reads every document for paths, Go symbols and make
// targets in code marks, and fails when one of them is gone.
func TestDocumentsNameWhatExists(t *testing.T) {
	symbols := exportedSymbols(t)
	makefile := read(t, "../Makefile")
	for _, doc := range documents {
		for _, m := range inlineCode.FindAllStringSubmatch(withoutBlocks(read(t, doc)), -1) {
			code := m[1]
			if target := makeTarget.FindStringSubmatch(code); target != nil {
				if !strings.Contains(makefile, "\n"+target[1]+":") {
					t.Errorf("%s names `%s`, the Makefile has no such target", doc, code)
				}
				continue
			}
			if setting := settingLike.FindString(code); setting != "" {
				if strings.HasPrefix(code, "COUNTERSIGN_") && !symbols["setting "+code] {
					t.Errorf("%s names `%s`, which is no setting", doc, code)
				}
				continue
			}
			if s := symbolLike.FindStringSubmatch(code); s != nil && (s[1] == "" || symbols["package "+s[1]]) {
				if name := strings.Join(slices.DeleteFunc(s[1:], func(p string) bool { return p == "" }), "."); !symbols[name] {
					t.Errorf("%s names `%s`, no package of ours has it", doc, code)
				}
				continue
			}
			checkPath(t, doc, code)
		}
	}
}

// Every code with which call data, transactions, typed data and requests are refused,
// and every class of risk, is explained.
func TestEveryCodeIsDocumented(t *testing.T) {
	doc := read(t, "../docs/call-data.md")
	for _, dir := range []string{"../calldata", "../calldata/calltree", "../calldata/rawtx", "../calldata/typeddata", "../cmd/countersign/decode"} {
		for _, code := range constants(t, dir, "Code") {
			if code != "" && !strings.Contains(doc, "\n| `"+code+"` | ") {
				t.Errorf("docs/call-data.md does not explain the code %s of %s", code, dir)
			}
		}
	}
	for _, class := range (^risk.Set(0)).Names() {
		if !strings.Contains(doc, "`"+class+"`") {
			t.Errorf("docs/call-data.md does not explain the class of risk %s", class)
		}
	}
	for _, protocol := range constants(t, "../calldata/calltree", "Protocol") {
		if !strings.Contains(doc, "`"+protocol+"`") {
			t.Errorf("docs/call-data.md does not name the protocol %s", protocol)
		}
	}
}

// Every check of the doctor is explained.
func TestEveryCheckIsDocumented(t *testing.T) {
	doc := read(t, "../docs/doctor.md")
	for _, id := range doctor.IDs() {
		if !strings.Contains(doc, "\n| `"+id+"` | ") {
			t.Errorf("docs/doctor.md does not explain the check %s", id)
		}
	}
}

// checkPath holds what looks like a path of ours to exist: its first part is a
// file or folder of the repository, or it ends like a source file.
func checkPath(t *testing.T, doc, code string) {
	t.Helper()
	if !pathLike.MatchString(code) {
		return
	}
	first, _, nested := strings.Cut(strings.TrimSuffix(code, "/"), "/")
	_, err := os.Stat(filepath.Join("..", first))
	source := slices.Contains([]string{".go", ".md", ".golden", ".json", ".example"}, filepath.Ext(code))
	if (err != nil || (!nested && !strings.HasSuffix(code, "/"))) && !source {
		return // a word, an event kind, a workflow ID
	}
	if code == "workflows/versions.go" { // named as what there is not yet
		return
	}
	if _, err := os.Stat(filepath.Join("..", code)); err != nil {
		t.Errorf("%s names `%s`: %v", doc, code, err)
	}
}

// TestDocumentsNameRealCommands asks the program for the help of every command
// that a document shows.
func TestDocumentsNameRealCommands(t *testing.T) {
	countersign := program(t, "countersign")
	for _, doc := range documents {
		for _, m := range verbLine.FindAllStringSubmatch(read(t, doc), -1) {
			args := strings.Fields(m[1])
			for _, flag := range args {
				if strings.HasPrefix(flag, "--") {
					help := run(t, countersign, append(words(args), "--help")...)
					if name, _, _ := strings.Cut(flag, "="); !strings.Contains(help, name) {
						t.Errorf("%s shows %q: no flag %s", doc, m[0], name)
					}
				}
			}
			help := run(t, countersign, append(words(args), "--help")...)
			if !strings.Contains(help, "countersign "+strings.Join(words(args), " ")) {
				t.Errorf("%s shows %q: no such command", doc, m[0])
			}
		}
	}
}

// words are the verbs at the start of a command line.
func words(args []string) (verbs []string) {
	for _, a := range args {
		if !regexp.MustCompile(`^[a-z]+$`).MatchString(a) || len(verbs) == 2 {
			break
		}
		verbs = append(verbs, a)
	}
	return verbs
}

// TestREADMEShowsTheRealRule compares the rule in the README with the book's.
func TestREADMEShowsTheRealRule(t *testing.T) {
	_, rest, ok := strings.Cut(read(t, "../README.md"), "```go\n")
	code, _, closed := strings.Cut(rest, "```")
	if !ok || !closed || !strings.Contains(read(t, "../examples/stablecoin/book.go"), code) {
		t.Errorf("the README's rule is not in examples/stablecoin/book.go:\n%s", code)
	}
}

// TestEnvExampleIsTheManual compares .env.example with what the program prints.
// TestTheRulesManualShowsRealCode holds every piece of Go in docs/rules.md against the
// examples, every piece of JSON against the test kit, and every reason code to be there.
func TestTheRulesManualShowsRealCode(t *testing.T) {
	doc := read(t, "../docs/rules.md")
	book := read(t, "../examples/settlement/book.go")
	blocks := regexp.MustCompile("(?s)```(go|json)\n(.*?)```").FindAllStringSubmatch(doc, -1)
	if len(blocks) < 3 {
		t.Fatalf("%d pieces of code in docs/rules.md", len(blocks))
	}
	for _, b := range blocks {
		if b[1] == "go" && !strings.Contains(book, strings.TrimSpace(b[2])) {
			t.Errorf("this is not in examples/settlement/book.go:\n%s", b[2])
		}
		if b[1] == "json" {
			decided := decidesAsWanted(t, b[2])
			if decided != "" {
				t.Errorf("%s:\n%s", decided, b[2])
			}
		}
	}
	for _, code := range constants(t, "..", "ReasonCode") {
		if !strings.Contains(doc, "\n| `"+code+"` | ") {
			t.Errorf("docs/rules.md does not explain the code %s", code)
		}
	}
}

// decidesAsWanted runs a case on the settlement book.
func decidesAsWanted(t *testing.T, text string) string {
	t.Helper()
	book, err := settlement.New([]byte(read(t, "../examples/settlement/testdata/book.json")))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := rulestest.Parse([]byte(text))
	if err != nil {
		return err.Error()
	}
	return rulestest.Run(t.Context(), book, cases).Rows[0].Wrong
}

func TestEnvExampleIsTheManual(t *testing.T) {
	if got, want := read(t, "../.env.example"), run(t, program(t, "countersign"), "config", "describe", "--example"); got != want {
		t.Error(".env.example is not what `countersign config describe --example` prints: write it anew")
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(name), args, err, out)
	}
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// withoutBlocks drops fenced code: what is shown there is checked otherwise.
func withoutBlocks(text string) string {
	parts := strings.Split(text, "```")
	var out []string
	for i := 0; i < len(parts); i += 2 {
		out = append(out, parts[i])
	}
	return strings.Join(out, "")
}

// exportedSymbols holds every exported name as Name, Type.Method, pkg.Name and
// pkg.Type.Method. Workflow types and record words that documents name count too.
func exportedSymbols(t *testing.T) map[string]bool {
	t.Helper()
	symbols := map[string]bool{"setting COUNTERSIGN_TEST_NO_SKIP=1": true}
	for _, f := range config.Describe() {
		symbols["setting "+f.Name] = true
	}
	goFiles(t, func(path, _ string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		symbols["package "+file.Name.Name] = true
		for _, d := range file.Decls {
			for _, name := range declared(d) {
				symbols[name], symbols[file.Name.Name+"."+name] = true, true
			}
		}
	})
	return symbols
}

func declared(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		recv := d.Recv.List[0].Type
		if p, ok := recv.(*ast.StarExpr); ok {
			recv = p.X
		}
		if id, ok := recv.(*ast.Ident); ok {
			return []string{id.Name + "." + d.Name.Name}
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
