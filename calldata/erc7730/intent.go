package erc7730

import (
	"strings"
	"unicode/utf8"
)

// A part of an interpolated intent is text, or the path of a field.
type part struct{ text, path string }

// interpolate compiles an intent with values in it. Where it cannot be used, the plain
// intent stands, as the specification demands. A value is taken from a field that is
// always shown.
func (f *Format) interpolate(s string) {
	shown, text := map[string]bool{}, ""
	walk(f.fields, func(e *entry) { shown[e.full] = shown[e.full] || !e.group && e.show.when == always })
	var parts []part
	for s != "" {
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			text, s = text+s[:1], s[2:]
		case s[0] == '{':
			inner, rest, closed := strings.Cut(s[1:], "}")
			if p := normal(inner); closed && p != "" && shown[p] {
				parts = append(parts, part{text: text}, part{path: p})
			} else {
				return
			}
			text, s = "", rest
		case s[0] == '}':
			return
		default:
			end := strings.IndexAny(s, "{}")
			if end < 0 {
				end = len(s)
			}
			text, s = text+s[:end], s[end:]
		}
	}
	if text != "" || parts != nil {
		f.parts = append(parts, part{text: text})
	}
}

// sentence is the intent with the values of the fields in it. One that gets too long
// is not cut, because that could be in an amount.
func (s *scope) sentence(f *Format) string {
	var out strings.Builder
	for _, p := range f.parts {
		if p.path != "" && len(s.told[p.path]) == 0 {
			return f.intent
		}
		out.WriteString(Plain(p.text, maxIntent) + strings.Join(s.told[p.path], ", "))
		if utf8.RuneCountInString(out.String()) > maxIntent {
			return f.intent
		}
	}
	if out.Len() == 0 {
		return f.intent
	}
	return out.String()
}
