package erc7730

import (
	"strings"
	"unicode/utf8"
)

// text formats element i of n.
func (s *scope) text(e *entry, d datum, params []values, i, n int) (string, error) {
	args := make([]datum, len(params))
	for j, v := range params {
		var err error
		if args[j], err = v.of(i, n); err != nil {
			return "", err
		}
	}
	return e.format.text(s, d, args)
}

// A part of an interpolated intent is text, or the path of a field.
type part struct{ text, path string }

// interpolation compiles an intent with values in it; nil where there is none or it
// cannot be used, and then the plain intent stands, as the specification demands. A
// value is taken from a field that is always shown.
func (f *Format) interpolation(s string) (parts []part) {
	shown := map[string]bool{}
	walk(f.fields, func(e *entry) {
		if !e.group && e.path != nil && e.show.when == always {
			shown[e.full] = true
		}
	})
	var text strings.Builder
	for s != "" {
		switch {
		case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
			text.WriteByte(s[0])
			s = s[2:]
		case s[0] == '{':
			inner, rest, closed := strings.Cut(s[1:], "}")
			if _, err := parsePath(inner); err != nil || !closed || !shown[normal(inner)] {
				return nil
			}
			parts = append(parts, part{text: text.String()}, part{path: normal(inner)})
			text.Reset()
			s = rest
		case s[0] == '}':
			return nil
		default:
			_, size := utf8.DecodeRuneInString(s)
			text.WriteString(s[:size])
			s = s[size:]
		}
	}
	if parts == nil && text.Len() == 0 {
		return nil
	}
	return append(parts, part{text: text.String()})
}

// maxIntent is how long a sentence with values in it may get, in runes. A longer one
// is not cut, because that could be in an amount.
const maxIntent = 400

// sentence is the intent with the values of the fields in it.
func (f *Format) sentence(told map[string][]string) string {
	var out strings.Builder
	for _, p := range f.parts {
		texts := told[p.path]
		switch {
		case p.path == "":
			out.WriteString(Plain(p.text, maxIntent))
		case len(texts) == 0:
			return f.intent
		default:
			out.WriteString(strings.Join(texts, ", "))
		}
		if utf8.RuneCountInString(out.String()) > maxIntent {
			return f.intent
		}
	}
	if f.parts == nil {
		return f.intent
	}
	return out.String()
}

