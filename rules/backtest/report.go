package backtest

import (
	"slices"
	"strings"

	"countersign"
)

// A Report is what [Run] found.
type Report struct {
	// Book, Version and Digest name the book that was tried.
	Book    string `json:"book"`
	Version string `json:"version"`
	Digest  string `json:"sha256,omitempty"`
	// Decisions counts the recorded decisions in the range, and Tried those on which the
	// book could be tried; Gaps says why not the others.
	Decisions int         `json:"decisions"`
	Tried     int         `json:"tried"`
	Gaps      map[Gap]int `json:"gaps"`
	// Same counts the decisions that would have been the same by verdict and code.
	Same    int      `json:"same"`
	Changed []Change `json:"changed"`
	// Was and Would say, by verdict, how the approvals ended: of what we decided, and of
	// what the book would have. The inner key is the custodian's status, or "open".
	Was   Matrix `json:"was"`
	Would Matrix `json:"would"`
}

// A Matrix counts approvals by verdict and by how they ended.
type Matrix map[countersign.Verdict]map[string]int

// A Change is a decision that would have been another.
type Change struct {
	ApprovalID string               `json:"approval_id"`
	Summary    string               `json:"summary"`
	Was        countersign.Decision `json:"was"`
	Would      countersign.Decision `json:"would"`
	// Ended is the custodian's status in the end, or "open".
	Ended string `json:"ended"`
	// Against says that the book would have decided otherwise than it ended: approved
	// what was denied, or rejected what was approved.
	Against bool `json:"against"`
}

func newReport() Report {
	return Report{Gaps: map[Gap]int{}, Changed: []Change{}, Was: Matrix{}, Would: Matrix{}}
}

// add counts a decision. ended is empty while the approval is open.
func (r *Report) add(t *try, ended countersign.ApprovalStatus) {
	if !t.reported {
		return
	}
	r.Decisions++
	if t.gap != "" {
		r.Gaps[t.gap]++
		return
	}
	r.Tried++
	status := string(ended)
	if status == "" {
		status = "open"
	}
	was, would := t.intent.Decision, t.result.Decision
	r.Was.count(was.Verdict, status)
	r.Would.count(would.Verdict, status)
	if was.Verdict == would.Verdict && was.Code == would.Code {
		r.Same++
		return
	}
	summary := strings.Join(t.intent.Words[:min(1, len(t.intent.Words))], "")
	if summary == "" {
		summary = t.intent.Request.Kind + " " + t.intent.Request.Request
	}
	r.Changed = append(r.Changed, Change{
		ApprovalID: t.intent.ApprovalID, Summary: summary, Was: was, Would: would, Ended: status,
		Against: would.Verdict == countersign.Approve && ended == countersign.StatusDenied ||
			would.Verdict == countersign.Reject && ended == countersign.StatusApproved,
	})
}

func (m Matrix) count(v countersign.Verdict, ended string) {
	if m[v] == nil {
		m[v] = map[string]int{}
	}
	m[v][ended]++
}

// Endings lists the inner keys of some matrices, sorted.
func Endings(ms ...Matrix) (endings []string) {
	for _, m := range ms {
		for _, row := range m {
			for e := range row {
				if !slices.Contains(endings, e) {
					endings = append(endings, e)
				}
			}
		}
	}
	slices.Sort(endings)
	return endings
}
