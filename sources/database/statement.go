package database

import (
	"errors"
	"strings"
)

// A statement is what is checked of a query before SQLite reads it.
type statement struct {
	first      string // its first word, upper case
	parameters int
	ended      bool // by a semicolon
}

// scan reads past texts, quoted names and comments as SQLite does
// (https://www.sqlite.org/lang_comment.html, https://www.sqlite.org/lang_keywords.html).
func scan(query string) (s statement, err error) {
	for i := 0; i < len(query); {
		rest := query[i:]
		n := blank(rest)
		if n == 0 {
			if s.ended {
				return s, errors.New("there is something after the semicolon: ask one statement")
			}
			if n, err = s.token(rest); err != nil {
				return s, err
			}
			if s.first == "" {
				return s, errors.New("it does not begin with a word: ask with SELECT, WITH or VALUES")
			}
		}
		i += n
	}
	return s, nil
}

// blank is the length of the space or the comment at the beginning.
func blank(rest string) int {
	switch {
	case strings.IndexByte(" \t\r\n\f", rest[0]) >= 0:
		return 1
	case strings.HasPrefix(rest, "--"):
		return until(rest, 2, "\n")
	case strings.HasPrefix(rest, "/*"):
		return until(rest, 2, "*/")
	}
	return 0
}

// token reads one text, name, word or sign, and returns its length.
func (s *statement) token(rest string) (n int, err error) {
	switch c := rest[0]; {
	case c == 0:
		return 0, errors.New("it holds a zero byte: leave it out")
	case c == ';':
		s.ended = true
	case c == '\'' || c == '"' || c == '`': // doubled, it stands for itself: two texts in a row
		return until(rest, 1, string(c)), nil
	case c == '[':
		return until(rest, 1, "]"), nil
	case c == '?':
		if s.parameters++; len(rest) > 1 && rest[1] >= '0' && rest[1] <= '9' {
			return 0, errors.New("it numbers its parameters: write ? for each")
		}
	case c == ':' || c == '@' || c == '$' || c == '#':
		return 0, errors.New("it names its parameters: write ? for each")
	case word(c):
		for n < len(rest) && word(rest[n]) {
			n++
		}
		if s.first == "" {
			s.first = strings.ToUpper(rest[:n])
		}
		return n, nil
	}
	return 1, nil
}

func word(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// until is how many bytes there are up to and with the end of what is open; all of them
// when it never ends, which SQLite refuses or takes for a comment.
func until(rest string, from int, end string) int {
	if i := strings.Index(rest[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(rest)
}
