package trust

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParsePolicy reads a trust policy file (c2sp.org/tlog-policy). URLs of logs are passed
// over; the file says nothing of Origin and Pinned. An error wraps [ErrTrust].
func ParsePolicy(text []byte) (Trust, error) {
	for i, c := range text {
		if c < 0x20 && c != '\t' && c != '\n' || c == 0x7f {
			if c == '\r' {
				return Trust{}, fmt.Errorf("%w: byte %d is a carriage return: save the file with the line ends LF, not CR LF", ErrTrust, i)
			}
			return Trust{}, fmt.Errorf("%w: byte %d is the control character %#02x", ErrTrust, i, c)
		}
	}
	var t Trust
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		if err := t.line(words); err != nil {
			return Trust{}, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	if t.Quorum == "" {
		return Trust{}, fmt.Errorf("%w: no quorum line; \"quorum none\" asks for no witness", ErrTrust)
	}
	if len(t.Log) == 0 {
		return Trust{}, fmt.Errorf("%w: no log line: log <verifier key>", ErrTrust)
	}
	if _, err := t.Open(); err != nil {
		return Trust{}, err
	}
	return t, nil
}

func (t *Trust) line(words []string) error {
	switch {
	case words[0] == "log" && (len(words) == 2 || len(words) == 3):
		t.Log = append(t.Log, words[1])
	case words[0] == "witness" && (len(words) == 3 || len(words) == 4):
		w := Witness{Name: words[1], Key: words[2]}
		if len(words) == 4 {
			w.URL = words[3]
		}
		t.Witnesses = append(t.Witnesses, w)
	case words[0] == "group" && len(words) >= 4:
		g := Group{Name: words[1], Members: words[3:]}
		if err := t.known(g.Members...); err != nil {
			return err
		}
		switch words[2] {
		case "all":
			g.Least = len(g.Members)
		case "any":
			g.Least = 1
		default:
			n, err := strconv.Atoi(words[2])
			if err != nil || strconv.Itoa(n) != words[2] {
				return fmt.Errorf("%w: %.40q, want all, any or a number", ErrTrust, words[2])
			}
			g.Least = n
		}
		t.Groups = append(t.Groups, g)
	case words[0] == "quorum" && len(words) == 2 && t.Quorum == "":
		if words[1] != noQuorum {
			if err := t.known(words[1]); err != nil {
				return err
			}
		}
		t.Quorum = words[1]
	default:
		return fmt.Errorf("%w: %.80q, want log, witness, group or one quorum with what belongs to it", ErrTrust, strings.Join(words, " "))
	}
	return nil
}

// known fails unless the names stand on lines before.
func (t *Trust) known(names ...string) error {
	for _, name := range names {
		witness := slices.ContainsFunc(t.Witnesses, func(w Witness) bool { return w.Name == name })
		group := slices.ContainsFunc(t.Groups, func(g Group) bool { return g.Name == name })
		if !witness && !group {
			return fmt.Errorf("%w: %.80q is defined on no line before", ErrTrust, name)
		}
	}
	return nil
}

// Policy is the policy file that says the same; pinned keys have no place in it.
func (t Trust) Policy() []byte {
	var b strings.Builder
	for _, k := range t.Log {
		b.WriteString("log " + k + "\n")
	}
	for _, w := range t.Witnesses {
		b.WriteString(strings.TrimRight("witness "+w.Name+" "+w.Key+" "+w.URL, " ") + "\n")
	}
	for _, g := range t.Groups {
		b.WriteString("group " + g.Name + " " + strconv.Itoa(g.Least) + " " + strings.Join(g.Members, " ") + "\n")
	}
	quorum := t.Quorum
	if quorum == "" {
		quorum = noQuorum
	}
	b.WriteString("quorum " + quorum + "\n")
	return []byte(b.String())
}
