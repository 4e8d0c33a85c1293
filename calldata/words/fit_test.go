package words_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"countersign/calldata/words"
)

// tester is what *testing.T and *rapid.T share.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// fit fails unless a line is one that may be shown.
func fit(t tester, line string) {
	t.Helper()
	switch {
	case !utf8.ValidString(line):
		t.Fatalf("not UTF-8: %q", line)
	case utf8.RuneCountInString(line) > words.MaxLine:
		t.Fatalf("%d runes: %s", utf8.RuneCountInString(line), line)
	case strings.TrimSpace(line) == "":
		t.Fatalf("an empty line")
	}
	for _, r := range line {
		if !unicode.IsPrint(r) || unicode.In(r, unicode.Bidi_Control, unicode.Hebrew, unicode.Arabic, unicode.Mn, unicode.Me, unicode.Other_Default_Ignorable_Code_Point) {
			t.Fatalf("%U in %q", r, line)
		}
	}
}

var _ tester = (*testing.T)(nil)
