package rescreening_test

import (
	"context"
	"errors"
	"strings"

	"countersign/screening"
)

// lists is a screener with lists of addresses, and with what they will be when they are
// read again.
type lists struct {
	held, next map[string]string // by name: the listed addresses, which are its digest too
	away       map[string]bool   // cannot be read
	silent     bool              // nobody answers
	reads      int
	during     func()
}

func (l *lists) Refresh(context.Context) (changed []string, err error) {
	l.reads++
	for name, text := range l.next {
		if !l.away[name] && l.held[name] != text {
			l.held[name] = text
			changed = append(changed, name)
		}
	}
	return changed, nil
}

func (l *lists) Lists() (infos []screening.ListInfo) {
	for _, name := range []string{"a", "b"} {
		info := screening.ListInfo{Name: name, Digest: digestIn(l.held, name), Version: "v-" + l.held[name], Entries: len(l.held[name])}
		if l.away[name] {
			info.Error = "away"
		}
		if _, known := l.next[name]; known {
			infos = append(infos, info)
		}
	}
	return infos
}

func (l *lists) Screen(_ context.Context, queries []screening.Query) screening.Report {
	if l.during != nil {
		l.during()
	}
	var answers []screening.Answer
	for _, list := range l.Lists() {
		a := screening.Answer{Source: list.Name}
		if l.silent {
			a.Err = errors.New("nobody answers")
		}
		for _, q := range queries {
			f := screening.Finding{Network: q.Network, Address: q.Address, Verdict: screening.Clear}
			if strings.Contains(l.held[list.Name], q.Address) {
				f.Verdict = screening.Hit
			}
			if a.Err == nil {
				a.Findings = append(a.Findings, f)
			}
		}
		answers = append(answers, a)
	}
	return screening.Combine(queries, answers, start)
}

// The addresses of the request that the office has decided on.
const (
	bad   = "0x1111111111111111111111111111111111111111"
	worse = "0x2222222222222222222222222222222222222222"
	other = "0x3333333333333333333333333333333333333333"
)

// digestIn is a digest of a list, none of one that was not read.
func digestIn(held map[string]string, name string) string {
	if text, read := held[name]; read {
		return "d" + text
	}
	return ""
}
