package backtest_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/calldata"
	"countersign/calldata/risk"
	"countersign/rules"
	"countersign/rules/services"
	"countersign/screening"
)

const (
	token = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"
	alice = "0x1111111111111111111111111111111111111111"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// book approves mints up to a cap, counts them against a day's budget and, where it is
// told to, asks what the day has held so far.
func book(name string, limit, day uint64, asks bool) *rules.Book {
	pot := rules.Budget{Name: "mint", Limit: countersign.NewAmount(day), Window: rules.Rolling(24 * time.Hour)}
	mint := func(ctx context.Context, r *rules.Request) rules.Decision {
		amount := r.Call.Amount("amount")
		r.Count(pot, amount)
		if asks {
			r.Taken(ctx, pot)
		}
		if amount.Cmp(countersign.NewAmount(limit)) > 0 {
			return rules.Abstain(rules.OverCap, "over the cap of %d", limit)
		}
		return rules.Approve("fine")
	}
	return &rules.Book{Name: name, Version: "1", Contracts: []rules.Contract{{
		Network: "Net", Address: token, Name: "TUSD", ABI: calldata.MustABI("mint(address to,uint256 amount)"),
		Functions: map[string]rules.Rule{"mint(address,uint256)": mint},
		Risks:     map[string]risk.Set{"mint(address,uint256)": risk.Recipient},
	}}}
}

// services that answer.
type (
	clear struct{}
	held  struct{}
)

func (clear) Screen(_ context.Context, qs []screening.Query) (r screening.Report) {
	r.Verdict = screening.Clear
	for _, q := range qs {
		r.Findings = append(r.Findings, screening.Finding{Source: "list", Address: q.Address, Network: q.Network, Verdict: screening.Clear})
	}
	return r
}

func (held) Taken(context.Context, string, time.Time) (countersign.Amount, error) {
	return countersign.NewAmount(5), nil
}

// A trail is what a desk with a book has left behind.
type trail struct {
	t        testing.TB
	engine   rules.Engine
	signer   *audit.Signer
	now      time.Time
	entries  []audit.Entry
	evidence map[string][]byte
	head     audit.Head
}

func newTrail(t testing.TB, b *rules.Book) *trail {
	t.Helper()
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	tr := &trail{t: t, engine: rules.Engine{Decider: b, Services: services.Services{Screener: clear{}, Ledger: held{}}}, now: start, evidence: map[string][]byte{}}
	tr.signer = &audit.Signer{Key: key, Issuer: "test", Subject: "us-checker", Now: func() time.Time { return tr.now }}
	return tr
}

func (tr *trail) add(kind audit.Type, key string, body any) audit.Entry {
	tr.t.Helper()
	e, err := tr.signer.Seal(audit.Draft{Key: key, Type: kind, Body: body}, tr.head)
	if err != nil {
		tr.t.Fatal(err)
	}
	tr.head = audit.Head{Index: e.Index + 1, Seq: tr.head.Seq + 1, Prev: audit.ChainHash(e.JWS)}
	tr.entries = append(tr.entries, e)
	return e
}

// decides puts the decision on a mint on the trail, and how it ended unless that is
// empty. change alters the record.
func (tr *trail) decides(id string, amount uint64, ended countersign.ApprovalStatus, change func(*audit.Intent)) countersign.Decision {
	tr.t.Helper()
	tr.now = tr.now.Add(time.Minute)
	data := make([]byte, 68)
	copy(data, []byte{0x40, 0xc1, 0x0f, 0x19})
	for i := 16; i < 36; i++ {
		data[i] = 0x11
	}
	countersign.NewAmount(amount).Big().FillBytes(data[36:])
	a := countersign.Approval{ID: id, InitiatorID: "us-maker", Status: countersign.StatusPending, Snapshot: "s", Activity: countersign.Activity{
		Kind: "Wallets:Sign", Request: "Eip1559", Network: "Net", Call: &countersign.Call{To: token, Data: data},
	}}
	r := tr.engine.Decide(tr.t.Context(), a, tr.now)
	sum := sha256.Sum256(data)
	in := audit.Intent{Custodian: "dfns", ApprovalID: id, InitiatorID: a.InitiatorID, AskedAt: r.At, Snapshot: a.Snapshot,
		Request: a.Activity, CallHash: hex.EncodeToString(sum[:]), Decision: r.Decision, Words: r.Words}
	for _, e := range r.Evidence {
		in.Evidence = append(in.Evidence, audit.Evidence{Kind: e.Kind, Source: e.Source, Asked: e.Asked, Digest: e.Digest, At: e.At})
		tr.evidence[e.Digest] = e.Answer
		if e.Asked != string(e.Question) {
			qs := sha256.Sum256(e.Question)
			tr.evidence[hex.EncodeToString(qs[:])] = e.Question
		}
	}
	if change != nil {
		change(&in)
	}
	e := tr.add(audit.DecisionIntent, countersign.DecisionKey(id, "us-checker"), in)
	if ended != "" {
		tr.add(audit.ApprovalOutcome, countersign.OutcomeKey(id), audit.Resolution{
			ApprovalID: id, Intent: e.LeafHash, Verdict: in.Decision.Verdict, Outcome: countersign.Outcome{Status: ended},
		})
	}
	return in.Decision
}

func (tr *trail) all() iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range tr.entries {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (tr *trail) fetch(digest string) ([]byte, error) {
	if b, ok := tr.evidence[digest]; ok {
		return b, nil
	}
	return nil, fmt.Errorf("%w: %s", audit.ErrNoRecord, digest)
}
