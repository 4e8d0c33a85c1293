// Package audittest is the plainest verifier of a trail: one pass, with everything in memory. Tests
// hold what is written against it; package verify is the one that auditors use.
package audittest

import (
	"fmt"
	"iter"
	"slices"

	"countersign"
	"countersign/audit"
)

// A Report is what [Verify] found.
type Report struct {
	// Records counts what was read and Decisions those of type decision.intent.
	Records   int64 `json:"records"`
	Decisions int64 `json:"decisions"`
	// Head is the leaf hash of the last record.
	Head string `json:"head"`
	// Faults lists what is wrong, in the order of the log; empty means verified.
	Faults []Fault `json:"faults"`
}

// A Fault is one thing wrong with the trail.
type Fault struct {
	Index int64  `json:"index"`
	Key   string `json:"key,omitempty"`
	What  string `json:"what"`
}

// OK reports whether the trail verified.
func (r Report) OK() bool { return len(r.Faults) == 0 }

// Verify reads a whole trail in order and checks every signature, the unbroken
// index, each author's chain, that no key is used twice, and that every outcome
// stands behind its intent. It stops only when entries yields an error; a fault is
// reported, not returned.
func Verify(entries iter.Seq2[audit.Entry, error], ks audit.Keys) (Report, error) {
	v := verifier{keys: ks, chains: map[string]audit.Head{}, seen: map[string]int64{}, intents: map[string]intent{}}
	for e, err := range entries {
		if err != nil {
			return v.report, fmt.Errorf("read the trail after %d records: %w", v.report.Records, err)
		}
		v.entry(e)
	}
	return v.report, nil
}

type verifier struct {
	keys    audit.Keys
	report  Report
	next    int64
	chains  map[string]audit.Head
	seen    map[string]int64
	intents map[string]intent // by leaf hash
}

type intent struct {
	approval, verdict string
}

func (v *verifier) entry(e audit.Entry) {
	v.report.Records++
	v.report.Head = e.LeafHash
	fault := func(format string, args ...any) {
		v.report.Faults = append(v.report.Faults, Fault{Index: e.Index, Key: e.Record.Key, What: fmt.Sprintf(format, args...)})
	}
	if e.Index != v.next {
		fault("index %d follows %d: records are missing or out of order", e.Index, v.next-1)
	}
	v.next = e.Index + 1
	if audit.LeafHash(e.JWS) != e.LeafHash {
		fault("stored leaf hash is not that of the record")
	}
	rec, err := audit.Open(e.JWS, v.keys)
	if err != nil {
		fault("%v", err)
		return
	}
	if rec.Key != e.Record.Key || rec.Type != e.Record.Type {
		fault("stored under key %q and type %q, signed as %q and %q", e.Record.Key, e.Record.Type, rec.Key, rec.Type)
	}
	if rec.Index != e.Index {
		fault("signed for index %d", rec.Index)
	}
	if at, used := v.seen[rec.Key]; used {
		fault("key is used before, at index %d", at)
	}
	v.seen[rec.Key] = e.Index
	chain := v.chains[rec.Subject]
	if rec.Seq != chain.Seq || rec.Prev != chain.Prev {
		fault("%s's record %d on %.16q follows record %d on %.16q: its chain is broken", rec.Subject, rec.Seq, rec.Prev, chain.Seq-1, chain.Prev)
	}
	v.chains[rec.Subject] = audit.Head{Seq: rec.Seq + 1, Prev: audit.ChainHash(e.JWS)}
	v.order(audit.Entry{Index: e.Index, JWS: e.JWS, LeafHash: audit.LeafHash(e.JWS), Record: rec}, fault)
}

// order checks that an effect stands behind the intent that it names and says
// the same.
func (v *verifier) order(e audit.Entry, fault func(string, ...any)) {
	var body struct {
		ApprovalID string `json:"approval_id"`
		Intent     string `json:"intent"`
		Verdict    string `json:"verdict"`
		Decision   struct {
			Verdict countersign.Verdict `json:"verdict"`
		} `json:"decision"`
		Initiator     string   `json:"initiator_id"`
		MakerGroups   []string `json:"maker_groups"`
		CheckerGroups []string `json:"checker_groups"`
	}
	if err := e.Decode(&body); err != nil {
		fault("%v", err)
		return
	}
	switch e.Record.Type {
	case audit.DecisionIntent:
		v.report.Decisions++
		v.intents[e.LeafHash] = intent{body.ApprovalID, string(body.Decision.Verdict)}
		same := body.Initiator == e.Record.Subject || slices.ContainsFunc(body.MakerGroups, func(g string) bool {
			return slices.Contains(body.CheckerGroups, g)
		})
		if same && body.Decision.Verdict.Spoken() {
			fault("%s decided what %s initiated: maker and checker count as one", e.Record.Subject, body.Initiator)
		}
	case audit.DecisionOutcome, audit.ApprovalOutcome:
		in, ok := v.intents[body.Intent]
		switch {
		case !ok:
			fault("names the intent %.16q, which does not stand before it", body.Intent)
		case in.approval != body.ApprovalID || in.verdict != body.Verdict:
			fault("says %s of %s, its intent %s of %s", body.Verdict, body.ApprovalID, in.verdict, in.approval)
		}
	}
}
