package rulestest

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"countersign/rules"
)

// Check runs the cases of a file or folder and fails the test for each that comes out
// wrong.
func Check(t testing.TB, book rules.Decider, path string) Decisions {
	t.Helper()
	if err := book.Check(); err != nil {
		t.Fatal(err)
	}
	cases, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	table := Run(t.Context(), book, cases)
	for _, r := range table.Rows {
		if r.Wrong != "" {
			t.Errorf("%s: decided %s (%s): %s: %s", r.Name, r.Decision.Verdict, r.Decision.Code, r.Decision.Reason, r.Wrong)
		}
	}
	return table
}

// UpdateGolden is the environment variable that makes [Golden] write its file anew.
const UpdateGolden = "COUNTERSIGN_TEST_UPDATE"

// Golden compares a table, reasons included, with the one in a file: a change to a book
// then shows in review as the decisions that it changes. With [UpdateGolden] set to
// anything it writes the file instead.
func Golden(t testing.TB, table Decisions, file string) {
	t.Helper()
	var out strings.Builder
	if err := table.Write(&out); err != nil {
		t.Fatal(err)
	}
	if os.Getenv(UpdateGolden) != "" {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is not there: look at the table and write it with %s=1\n%s", file, UpdateGolden, out.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	was, is := strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")
	for i := range max(len(was), len(is)) {
		switch {
		case i >= len(is):
			t.Errorf("%s: missing: %s", file, was[i])
		case i >= len(was):
			t.Errorf("%s: new: %s", file, is[i])
		case was[i] != is[i]:
			t.Errorf("%s:%d\n was %s\n is  %s", file, i+1, was[i], is[i])
		}
	}
}
