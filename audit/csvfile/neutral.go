package csvfile

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Neutral is a text that no spreadsheet takes for a formula (CWE-1236).
//
// First, what cannot be seen is written out: control and formatting characters, line and
// paragraph separators as \n, \r, \t or \u and four or eight hex digits, bytes that are
// not UTF-8 as \x and two. Then an apostrophe goes before whatever could begin a formula
// at the start of a cell, blanks before it not counted: = + - @ and their full-width and
// small variants. A semicolon begins a cell too, where a spreadsheet of some countries
// splits at it.
func Neutral(s string) string {
	var out strings.Builder
	start := true // of a cell, blanks aside
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, s[0])
			start = false
		case unseen(r):
			out.WriteString(escape(r))
			start = false
		case start && triggers(r):
			out.WriteByte('\'')
			out.WriteRune(r)
			start = false
		default:
			out.WriteRune(r)
			start = r == ';' || start && unicode.IsSpace(r)
		}
		s = s[size:]
	}
	return out.String()
}

func triggers(r rune) bool {
	return strings.ContainsRune("=+-@"+"＝＋－＠"+"﹦﹢﹣﹫"+"−", r)
}

// unseen are the categories Cc, Cf, Zl and Zp.
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r > 0xffff:
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
