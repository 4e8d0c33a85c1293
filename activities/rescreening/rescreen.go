package rescreening

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"countersign"
	"countersign/activities/evidence"
	"countersign/activities/wire"
	"countersign/audit"
	"countersign/audit/screened"
	"countersign/screening"
)

// RescreenInput asks for one approval to be screened again.
type RescreenInput struct {
	ApprovalID string `json:"approval_id"`
	// Lists are those that should be in force: a worker that holds others reads them first.
	Lists []screened.List `json:"lists,omitempty"`
}

// RescreenResult is what was found.
type RescreenResult struct {
	// Screening is the worst of the addresses that were clear; empty when there is none to
	// screen, or the approval has ended.
	Screening screening.Verdict `json:"screening,omitempty"`
	// Count is how many of them are not clear any more, and Index finds the record that
	// says so; meaningful when there are any.
	Count int   `json:"count,omitempty"`
	Index int64 `json:"index,omitempty"`
}

// RescreenApproval screens the addresses of an open approval that were clear when it was
// decided, and records those that are not any more, once for the same lists and the same
// finding. It changes no decision: what was posted cannot be taken back, and what was not
// is screened again before it is.
func (a *Screening) RescreenApproval(ctx context.Context, in RescreenInput) (RescreenResult, error) {
	if err := countersign.CheckID(in.ApprovalID); err != nil {
		return RescreenResult{}, wire.Error(fmt.Errorf("rescreen: approval_id: %w", err))
	}
	if a.Screener == nil {
		return RescreenResult{}, nil
	}
	res, err := a.rescreen(ctx, in)
	if err != nil {
		return RescreenResult{}, wire.Error(fmt.Errorf("rescreen %s: %w", in.ApprovalID, err))
	}
	return res, nil
}

func (a *Screening) rescreen(ctx context.Context, in RescreenInput) (RescreenResult, error) {
	_, err := a.Trail.Find(ctx, countersign.OutcomeKey(in.ApprovalID))
	if !errors.Is(err, audit.ErrNoRecord) {
		return RescreenResult{}, err // nil: it has ended since it was listed
	}
	entry, err := a.Trail.Find(ctx, countersign.DecisionKey(in.ApprovalID, a.Approver))
	if err != nil {
		return RescreenResult{}, err
	}
	var intent audit.Intent
	if err := entry.Decode(&intent); err != nil {
		return RescreenResult{}, err
	}
	queries, err := a.cleared(ctx, intent)
	if err != nil || len(queries) == 0 {
		return RescreenResult{}, err
	}
	if err := a.catchUp(ctx, in.Lists); err != nil {
		return RescreenResult{}, err
	}
	lists := inForce(a.Screener.Lists(), nil)
	report := a.Screener.Screen(ctx, queries)
	if err := ctx.Err(); err != nil { // our own stop is not the sources' silence
		return RescreenResult{}, err
	}
	draft, res, err := a.rescreened(ctx, entry, intent, queries, lists, report)
	if err != nil || res.Count == 0 {
		return res, err
	}
	told, err := a.Trail.Append(ctx, draft)
	res.Index = told.Index
	return res, err
}

// screeningKind is the kind of evidence that a report of all sources is.
const screeningKind = "screening"

// cleared are the addresses that were clear, as the decision's evidence has them.
func (a *Screening) cleared(ctx context.Context, intent audit.Intent) (queries []screening.Query, err error) {
	rests, err := evidence.Rechecked(ctx, a.Trail, intent.Evidence)
	if err != nil {
		return nil, err
	}
	asked := map[screening.Query]bool{}
	for _, e := range rests {
		if e.Kind != screeningKind {
			continue
		}
		var question struct {
			Network   string   `json:"network"`
			Addresses []string `json:"addresses"`
		}
		var report screening.Report
		if err := errors.Join(json.Unmarshal(e.Question, &question), json.Unmarshal(e.Answer, &report)); err != nil {
			return nil, fmt.Errorf("evidence %.12s: %w", e.Digest, err)
		}
		for _, address := range question.Addresses {
			q := screening.Query{Network: question.Network, Address: address}
			if !asked[q] && verdictOn(report, q) == screening.Clear {
				asked[q] = true
				q.At = a.Now()
				queries = append(queries, q)
			}
		}
	}
	return queries, nil
}

// verdictOn is what a report says of one address: the worst of the findings on it, and of
// those that name no address.
func verdictOn(report screening.Report, q screening.Query) screening.Verdict {
	worst := screening.Verdict("")
	for _, f := range report.Findings {
		if f.Address != "" && (f.Address != q.Address || f.Network != q.Network) || f.Verdict == screening.NotCovered {
			continue
		}
		worst = worse(worst, f.Verdict)
	}
	if worst == "" {
		return screening.Unknown
	}
	return worst
}

// severity orders verdicts, the worst last; "" is that nothing was said yet.
var severity = []screening.Verdict{"", screening.Clear, screening.Review, screening.Unknown, screening.Hit}

// worse is the worse of two verdicts. What is none is unknown.
func worse(a, b screening.Verdict) screening.Verdict {
	of := func(v screening.Verdict) int {
		if i := slices.Index(severity, v); i >= 0 {
			return i
		}
		return slices.Index(severity, screening.Unknown)
	}
	return severity[max(of(a), of(b))]
}

// catchUp reads the lists again, once, when this worker holds others than those that
// are said to be in force. That it cannot read them is an error, because another worker
// may; that they are newer by now is none.
func (a *Screening) catchUp(ctx context.Context, lists []screened.List) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	behind := func() []string { return differing(lists, inForce(a.Screener.Lists(), nil)) }
	if wanted := digestOf(lists); len(behind()) > 0 && a.caught != wanted {
		_, _ = a.Screener.Refresh(ctx) // what failed stands in the state of the lists
		if err := ctx.Err(); err != nil {
			return err
		}
		a.caught = wanted
	}
	failed := failing(a.Screener.Lists())
	for _, name := range behind() {
		if slices.Contains(failed, name) {
			a.caught = "" // the next attempt may have more luck
			return fmt.Errorf("this worker could not read screening list %q and holds an older one", name)
		}
	}
	return nil
}

// maxTold bounds the addresses in a record; the report beside it has them all.
const maxTold = 50

// rescreened is the record of what is not clear any more.
func (a *Screening) rescreened(ctx context.Context, entry audit.Entry, intent audit.Intent, queries []screening.Query,
	lists []screened.List, report screening.Report,
) (audit.Draft, RescreenResult, error) {
	res := RescreenResult{Screening: screening.Clear}
	var told []screened.Address
	for _, q := range queries {
		now := verdictOn(report, q)
		res.Screening = worse(res.Screening, now)
		if now == screening.Clear {
			continue
		}
		if res.Count++; res.Count <= maxTold {
			told = append(told, screened.Address{Network: q.Network, Address: q.Address, Now: string(now)})
		}
	}
	text, err := json.Marshal(report)
	if err != nil {
		return audit.Draft{}, res, err
	}
	sum := sha256.Sum256(text)
	return audit.Draft{
		Key:  countersign.RescreenKey(intent.ApprovalID, a.Approver, digestOf(lists), string(res.Screening)),
		Type: screened.ApprovalRescreened, Lineage: entry.Record.Lineage, Retold: true, Evidence: [][]byte{text},
		Body: screened.Rescreened{
			ApprovalID: intent.ApprovalID, Intent: entry.LeafHash, Verdict: intent.Decision.Verdict, Screening: string(res.Screening),
			Addresses: told, Count: res.Count, Lists: lists, Report: hex.EncodeToString(sum[:]), Workflow: wire.Here(ctx),
		},
	}, res, nil
}

// digestOf names a state of lists: SHA-256 over their names and digests, in order.
func digestOf(lists []screened.List) string {
	sum := sha256.New()
	for _, l := range lists {
		fmt.Fprintf(sum, "%q %s\n", l.Name, l.Digest)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
