package rulestest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"countersign"
	"countersign/rules"
)

// A Row is what became of one case.
type Row struct {
	Name     string               `json:"name"`
	Decision countersign.Decision `json:"decision"`
	Rules    []string             `json:"rules"`
	// Counts are the claims by budget.
	Counts map[string]countersign.Amount `json:"counts,omitempty"`
	// Wrong says how the book differs from what the case wants; empty when it does not.
	Wrong string `json:"wrong,omitempty"`
}

// Decisions is the table of what a book decides on some cases.
type Decisions struct {
	Rows []Row `json:"rows"`
	// Silent are the book's rules that no case has reached, and Never those that some
	// case has reached and none was approved by.
	Silent []string `json:"silent_rules"`
	Never  []string `json:"never_approving_rules"`
}

// OK reports whether every case came out as it should.
func (t Decisions) OK() bool {
	return !slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Wrong != "" })
}

// Run decides every case.
func Run(ctx context.Context, book rules.Decider, cases []Case) (t Decisions) {
	reached, approved := map[string]bool{}, map[string]bool{}
	for _, c := range cases {
		row := runOne(ctx, book, c)
		for _, name := range row.Rules {
			reached[name] = true
			approved[name] = approved[name] || row.Decision.Verdict == countersign.Approve
		}
		t.Rows = append(t.Rows, row)
	}
	for _, name := range rulesOf(book) {
		switch {
		case !reached[name]:
			t.Silent = append(t.Silent, name)
		case !approved[name]:
			t.Never = append(t.Never, name)
		}
	}
	return t
}

func runOne(ctx context.Context, book rules.Decider, c Case) Row {
	row := Row{Name: c.Name}
	a, now, err := c.Request()
	if err != nil {
		row.Wrong = err.Error()
		return row
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	got := rules.At(ctx, book, a, c.Services.Desk(a.Clone(), now))
	row.Decision, row.Rules = got.Decision, got.Rules
	for _, claim := range got.Claims {
		if row.Counts == nil {
			row.Counts = map[string]countersign.Amount{}
		}
		sum, err := row.Counts[claim.Budget].Add(claim.Amount)
		if err != nil {
			row.Wrong = fmt.Sprintf("budget %s: %s", claim.Budget, err)
		}
		row.Counts[claim.Budget] = sum
	}
	if row.Wrong == "" {
		row.Wrong = c.Want.differs(row)
	}
	return row
}

// differs says how a row is not what is wanted.
func (w Want) differs(r Row) string {
	var wrong []string
	switch {
	case w.Verdict == "":
		wrong = append(wrong, "the case wants no verdict: say which")
	case r.Decision.Verdict != w.Verdict:
		wrong = append(wrong, fmt.Sprintf("wants %s", w.Verdict))
	}
	if w.Code != "" && r.Decision.Code != w.Code {
		wrong = append(wrong, fmt.Sprintf("wants code %s", w.Code))
	}
	if w.Counts != nil {
		for _, b := range slices.Sorted(maps.Keys(w.Counts)) {
			if r.Counts[b].Cmp(w.Counts[b]) != 0 {
				wrong = append(wrong, fmt.Sprintf("wants %s of budget %s, counts %s", w.Counts[b], b, r.Counts[b]))
			}
		}
		for _, b := range slices.Sorted(maps.Keys(r.Counts)) {
			if _, wanted := w.Counts[b]; !wanted {
				wrong = append(wrong, fmt.Sprintf("counts %s of budget %s, which the case does not want", r.Counts[b], b))
			}
		}
	}
	return strings.Join(wrong, "; ")
}

// rulesOf are the names of all rules of a book, each once.
func rulesOf(book rules.Decider) (names []string) {
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, b := range book.Books() {
		for _, c := range b.Contracts {
			for _, f := range slices.Sorted(maps.Keys(c.Functions)) {
				add(c.RuleName(f))
			}
			for _, m := range slices.Sorted(maps.Keys(c.Messages)) {
				primary, _, _ := strings.Cut(m, "(")
				add(c.RuleName(primary))
			}
		}
		for _, t := range b.Transfers {
			add(t.RuleName())
		}
	}
	return names
}

// Write prints the table for people.
func (t Decisions) Write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "CASE\tVERDICT\tCODE\tREASON")
	for _, r := range t.Rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%.100s\n", r.Name, r.Decision.Verdict, r.Decision.Code, r.Decision.Reason)
		if r.Wrong != "" {
			fmt.Fprintf(w, "  WRONG: %s\n", r.Wrong)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, name := range t.Silent {
		fmt.Fprintf(out, "no case reaches the rule %s\n", name)
	}
	for _, name := range t.Never {
		fmt.Fprintf(out, "no case is approved by the rule %s\n", name)
	}
	return nil
}
