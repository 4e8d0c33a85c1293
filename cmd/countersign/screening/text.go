package screening

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"countersign/screening"
)

// The states of a list.
const (
	ready  = "ready"
	old    = "stale"
	unread = "not read"
	failed = "refresh failed"
)

// state says whether a list can clear anybody. One whose refresh failed still can, until
// it is stale, but it wants looking at.
func state(l screening.ListInfo) string {
	switch {
	case l.Digest == "":
		return unread
	case l.Stale:
		return old
	case l.Error != "":
		return failed
	}
	return ready
}

// table prints lists for people, with the reasons of those that are not ready below.
func table(w io.Writer, lists []screening.ListInfo) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tKIND\tVERSION\tDIGEST\tENTRIES\tAGE\tSTATE")
	for _, l := range lists {
		age := "-"
		if l.Digest != "" {
			age = (time.Duration(l.AgeSeconds) * time.Second).String()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%.12s\t%d\t%s\t%s\n", printable(l.Name), l.Kind, cmp.Or(l.Version, "-"), cmp.Or(l.Digest, "-"), l.Entries, age, state(l))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, l := range lists {
		if l.Error != "" {
			fmt.Fprintf(w, "%s: %s\n", printable(l.Name), printable(l.Error))
		}
	}
	return nil
}

// findings prints a report for people.
func findings(w io.Writer, r screening.Report) error {
	fmt.Fprintln(w, r.Verdict)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Findings {
		var parts []string
		for _, p := range []struct{ name, text string }{
			{"entry", f.Entry}, {"category", f.Category}, {"score", f.Score}, {"list", f.ListVersion}, {"", f.Detail},
		} {
			if p.text != "" {
				parts = append(parts, strings.TrimSpace(p.name+" "+printable(p.text)))
			}
		}
		fmt.Fprintf(t, "  %s\t%s\t%s\n", printable(f.Source), f.Verdict, strings.Join(parts, ", "))
	}
	return t.Flush()
}

// printable makes text from outside fit for a terminal: one line of printable signs. A
// tab would break the table.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff:
			return '?'
		}
		return r
	}, s)
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
