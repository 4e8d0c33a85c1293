package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
)

// A Result is how a check came out. Wire format.
type Result string

// The results, the worst first.
const (
	Failed  Result = "failed"  // approvals can be gone around, or the worker cannot work
	Warning Result = "warning" // it holds today, and less well than it should
	Unknown Result = "unknown" // nobody said
	OK      Result = "ok"
)

// A Check is one question with its answer.
type Check struct {
	// ID outlives releases.
	ID     string `json:"id"`
	Result Result `json:"result"`
	// Found is what was found, in one sentence; Items are the things that it is about.
	Found string   `json:"found"`
	Items []string `json:"items,omitempty"`
	// Why says why it matters, Remedy what to do when it is not ok.
	Why    string `json:"why"`
	Remedy string `json:"remedy"`
	// Accepted means that the operator said that it need not be ok.
	Accepted bool `json:"accepted,omitempty"`
}

// A Report is everything that was found.
type Report struct {
	// API is what was looked at, and UserID as whom.
	API    string `json:"api"`
	UserID string `json:"user_id"`
	// Governed is true when every check is ok or accepted.
	Governed bool           `json:"governed"`
	Counts   map[Result]int `json:"counts"`
	Checks   []Check        `json:"checks"`
}

// accept marks what need not be ok, and concludes.
func (r *Report) accept(ids []string) {
	r.Governed = true
	r.Counts = map[Result]int{Failed: 0, Warning: 0, Unknown: 0, OK: 0}
	for i := range r.Checks {
		c := &r.Checks[i]
		c.Accepted = slices.Contains(ids, c.ID)
		r.Counts[c.Result]++
		r.Governed = r.Governed && (c.Result == OK || c.Accepted)
	}
}

// maxItems is how many things people are shown; JSON has them all.
const maxItems = 10

// text prints a report for people: a table, and then what is to be done.
func (r *Report) text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range r.Checks {
		result := string(c.Result)
		if c.Accepted {
			result += " (accepted)"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", result, c.ID, printable(c.Found))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, c := range r.Checks {
		if c.Result == OK {
			continue
		}
		fmt.Fprintf(w, "\n%s (%s): %s\n", c.ID, c.Result, printable(c.Found))
		for i, item := range c.Items {
			if i == maxItems {
				fmt.Fprintf(w, "  - and %d more (--json names them)\n", len(c.Items)-maxItems)
				break
			}
			fmt.Fprintf(w, "  - %s\n", printable(item))
		}
		fmt.Fprintf(w, "  why: %s\n  do:  %s\n", c.Why, c.Remedy)
	}
	_, err := fmt.Fprintf(w, "\n%d ok, %d unknown, %d warning, %d failed\n",
		r.Counts[OK], r.Counts[Unknown], r.Counts[Warning], r.Counts[Failed])
	return err
}

// printable makes a text with words from outside fit for a terminal: one line, and no
// sign that moves a cursor or turns the direction of writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
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
