package erc7730

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A part of an interpolated intent is text, or the path of a field.
type part struct{ text, path string }

// interpolate compiles an intent with values in it. Where it cannot be used, the plain
// intent stands, as the specification demands. A value is taken from a field that is
// always shown.
func (f *Format) interpolate(s string) {
	var parts []part
	for text := ""; (s != "" || text != "") && len(s) < maxPath; {
		end := strings.IndexAny(s, "{}")
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			text, s = text+s[:1], s[2:]
		case end > 0:
			text, s = text+s[:end], s[end:]
		case end < 0:
			parts, text, s = append(parts, part{text: text + s}), "", ""
		default:
			inner, rest, closed := strings.Cut(s[1:], "}")
			isTold := func(e *entry) bool { return e.full == normal(inner) && e.show.when == "always" }
			if s[0] == '}' || !closed || !slices.ContainsFunc(leading(f.fields, normal(inner)), isTold) {
				return
			}
			parts, text, s = append(parts, part{text: text}, part{path: normal(inner)}), "", rest
		}
	}
	f.parts = parts
}

// sentence is the intent with the values of the fields in it. One that gets too long
// is not cut, because that could be in an amount.
func (s *scope) sentence(f *Format) string {
	out := ""
	for _, p := range f.parts {
		out += Plain(p.text, 2*maxIntent) + strings.Join(s.told[p.path], ", ")
		if p.path != "" && len(s.told[p.path]) == 0 || utf8.RuneCountInString(out) > maxIntent {
			return f.intent
		}
	}
	return cmp.Or(out, f.intent)
}
