package verify_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"countersign"
	"countersign/audit"
	"countersign/audit/verify"

	"pgregory.net/rapid"
)

// Whatever happens to budgets, a store that keeps them truly is not blamed, and one that
// says a budget held one unit more or less is.
func TestBudgetsAreReckonedAsTheStoreDoes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := founded(t)
		var open []audit.Entry
		for i := range rapid.IntRange(1, 14).Draw(rt, "steps") {
			b.step(rt, &open, fmt.Sprintf("ap-%d", i))
		}
		b.commit()
		if got := read(t, b.source(), b.trust()); !got.OK() || got.Unproven != (verify.Unproven{}) {
			rt.Fatalf("an honest log: %+v", got)
		}
		at, wrong := b.misstated(rt)
		if at < 0 {
			return
		}
		if got := read(t, wrong.source(), wrong.trust()); got.OK() || got.Faults[0].Index != at || got.Faults[0].Code != verify.BudgetDiffers {
			rt.Fatalf("budget misstated at %d: %+v", at, got.Faults)
		}
	})
}

// step is one thing that happens to budgets.
func (b *book) step(rt *rapid.T, open *[]audit.Entry, approval string) {
	what := rapid.IntRange(0, 3).Draw(rt, "what")
	if what == 0 || len(*open) == 0 {
		verdict := rapid.SampledFrom([]countersign.Verdict{countersign.Approve, countersign.Approve, countersign.Reject, countersign.Abstain}).Draw(rt, "verdict")
		var claims []countersign.Claim
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 2, rapid.ID[string]).Draw(rt, "budgets") {
			claims = append(claims, countersign.Claim{
				Budget: name, Amount: countersign.NewAmount(rapid.Uint64Range(0, 50).Draw(rt, "amount")), Limit: countersign.NewAmount(rapid.Uint64Range(50, 200).Draw(rt, "limit")),
				Since: b.now().Add(-time.Duration(rapid.IntRange(-1, 20).Draw(rt, "window"))*time.Minute - 30*time.Second),
			})
		}
		*open = append(*open, b.decide("ana", approval, verdict, claims...))
		b.commit()
		return
	}
	i := rapid.IntRange(0, len(*open)-1).Draw(rt, "which")
	in := (*open)[i]
	if what == 1 {
		if intentOf(b, in).Decision.Verdict.Spoken() && !b.has(countersign.PostKey(intentOf(b, in).ApprovalID, "ana")) {
			b.add("ana", b.post(in, rapid.SampledFrom([]audit.PostResult{audit.Posted, audit.Void, audit.Moot, audit.Conflict}).Draw(rt, "result")))
		}
		return
	}
	*open = append((*open)[:i], (*open)[i+1:]...)
	b.add("ana", b.end(in, rapid.SampledFrom([]countersign.ApprovalStatus{countersign.StatusApproved, countersign.StatusDenied, countersign.StatusExpired}).Draw(rt, "status")))
}

func (b *book) has(key string) bool {
	for _, e := range b.entries {
		if e.Record.Key == key {
			return true
		}
	}
	return false
}

// misstated is the log up to its last decision with a budget, where a budget is said to
// have held one unit more.
func (b *book) misstated(rt *rapid.T) (at int64, wrong *book) {
	for i := len(b.entries) - 1; i >= 4; i-- {
		e := b.entries[i]
		if e.Record.Type != audit.DecisionIntent || len(intentOf(b, e).Budgets) == 0 {
			continue
		}
		in := intentOf(b, e)
		one := &in.Budgets[rapid.IntRange(0, len(in.Budgets)-1).Draw(rt, "balance")]
		one.Before = countersign.NewAmount(one.Before.Big().Uint64() + 1)
		after, _ := one.Before.Add(one.Amount)
		if one.Fits = after.Cmp(one.Limit) <= 0; !one.Fits && in.Decision.Verdict == countersign.Approve {
			in.Decision.Verdict = countersign.Abstain
		}
		wrong := b.until(int64(i))
		wrong.minutes = int(e.Record.At.Sub(morning)/time.Minute) - 1
		wrong.add("ana", audit.Draft{Key: e.Record.Key, Type: e.Record.Type, Lineage: e.Record.Lineage, Body: in})
		wrong.commit()
		return int64(i), wrong
	}
	return -1, nil
}

// until is the log of the first records, in one commit.
func (b *book) until(size int64) *book {
	w := newBook(b.TB)
	for _, e := range b.entries[:size] {
		w.put(e.Record.Subject, e)
		w.commit()
	}
	return w
}

// A claim was made between the asking and the signing. Where a window begins between the
// two, the store may have counted it or not.
func TestAtTheEdgeOfAWindowEitherIsTrue(t *testing.T) {
	for _, tt := range []struct {
		since  time.Duration // after the first record was signed
		before uint64
		ok     bool
	}{
		{-3 * time.Second, 100, true}, {-3 * time.Second, 0, false},
		{-time.Second, 100, true}, {-time.Second, 0, true}, {-time.Second, 101, false},
		{0, 100, true}, {0, 0, true},
		{time.Second, 0, true}, {time.Second, 100, false},
	} {
		b := founded(t)
		first := b.decide("ana", "ap-1", countersign.Approve, b.claim(100, 1000))
		b.commit()
		at := first.Record.At.Add(tt.since)
		c := countersign.Claim{Budget: "mint/day", Amount: countersign.NewAmount(1), Limit: countersign.NewAmount(1000), Since: at}
		in := intentOf(t, first)
		in.ApprovalID, in.AskedAt = "ap-2", b.now()
		in.Budgets = []countersign.Balance{{Claim: c, Before: countersign.NewAmount(tt.before), Fits: true}}
		b.add("ana", audit.Draft{Key: countersign.DecisionKey("ap-2", "ana"), Type: audit.DecisionIntent, Body: in})
		b.commit()
		if got := read(t, b.source(), b.trust()); got.OK() != tt.ok {
			t.Errorf("window from %v after the record, said to hold %d: %+v, want found right %v", tt.since, tt.before, got.Faults, tt.ok)
		}
	}
}

func TestTwoClaimsOfOneRequestOnOneBudget(t *testing.T) {
	balances := func(change func(b []countersign.Balance)) []countersign.Balance {
		since := morning.Add(-time.Hour)
		all := []countersign.Balance{
			{Claim: countersign.Claim{Budget: "p", Amount: countersign.NewAmount(60), Limit: countersign.NewAmount(100), Since: since}, Fits: true},
			{Claim: countersign.Claim{Budget: "p", Amount: countersign.NewAmount(40), Limit: countersign.NewAmount(120), Since: since}, Before: countersign.NewAmount(60), Fits: true},
		}
		change(all)
		return all
	}
	for name, tt := range map[string]struct {
		change func(b []countersign.Balance)
		want   verify.FaultCode
	}{
		"both fit together":            {func([]countersign.Balance) {}, ""},
		"the second forgets the first": {func(b []countersign.Balance) { b[1].Before = countersign.Amount{} }, verify.BudgetDiffers},
		"together above the lower limit": {func(b []countersign.Balance) {
			b[0].Limit, b[1].Amount = countersign.NewAmount(90), countersign.NewAmount(31)
		}, verify.Overdrawn},
		"a sum that overflows": {func(b []countersign.Balance) {
			full := countersign.MustAmount("115792089237316195423570985008687907853269984665640564039457584007913129639935")
			b[1].Amount, b[1].Limit, b[0].Limit = full, full, full
		}, verify.BudgetDiffers},
	} {
		b := founded(t)
		in := audit.Intent{ApprovalID: "ap", InitiatorID: "maker", AskedAt: morning, Decision: countersign.Approved("ok"), Budgets: balances(tt.change)}
		b.add("ana", audit.Draft{Key: countersign.DecisionKey("ap", "ana"), Type: audit.DecisionIntent, Body: in})
		b.commit()
		got := read(t, b.source(), b.trust())
		if tt.want == "" && !got.OK() || tt.want != "" && (got.OK() || got.Faults[0].Code != tt.want) {
			t.Errorf("%s: %+v, want %q", name, got.Faults, tt.want)
		}
	}
}

// Behind a record that had no room for its balances, not every claim is known.
func TestBalancesKeptBesideTheRecord(t *testing.T) {
	b := founded(t)
	in := audit.Intent{ApprovalID: "ap-1", InitiatorID: "maker", Decision: countersign.Approved("ok"), Evidence: []audit.Evidence{{Kind: "budgets", Source: "countersign"}}}
	b.add("ana", audit.Draft{Key: countersign.DecisionKey("ap-1", "ana"), Type: audit.DecisionIntent, Body: in})
	b.commit()
	said := func(before uint64) verify.Report {
		c := b.clone(t)
		c.decide("bo", "ap-2", countersign.Approve, c.claim(100, 1000))
		c.commit()
		in := intentOf(t, c.entries[c.size()-1])
		in.ApprovalID = "ap-3"
		in.Budgets[0].Before = countersign.NewAmount(before)
		c.add("bo", audit.Draft{Key: countersign.DecisionKey("ap-3", "bo"), Type: audit.DecisionIntent, Body: in})
		c.commit()
		return read(t, c.source(), c.trust())
	}
	if got := said(700); !got.OK() || got.Unproven.Budgets != 2 {
		t.Errorf("a budget that holds more than is known: %+v, want 2 unproven", got)
	}
	if got := said(99); got.OK() || got.Faults[0].Code != verify.BudgetDiffers {
		t.Errorf("a budget that holds less than is known: %+v, want budget_differs", got)
	}
}

// Balances may be spelled as nobody writes them, and are read the same.
func TestBalancesInAnotherSpelling(t *testing.T) {
	for spelling, want := range map[string]verify.FaultCode{
		`[{"budget":"p","amount":"1","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","fits":true}]`:           "",
		`[{"fits":true,"before":"0","budget":"\u0070","amount":"1","limit":"5","since":"2026-05-04T11:00:00+02:00"}]`: "",
		`[]`:   "",
		`null`: "",
		`[{"budget":"p","amount":"1","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","fits":true,"fits":true}]`:  verify.BodyUnclear,
		`[{"budget":"p","amount":"1","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","before":"9","fits":true}]`: verify.BodyUnclear,
		`[{"budget":"p","amount":"1","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","Before":"9","fits":true}]`: verify.BodyUnclear,
		`[{"budget":"p","amount":1,"limit":"5","since":"2026-05-04T09:00:00Z","before":"0","fits":true}]`:                verify.BodyUnclear,
		`[{"budget":"p","amount":"01","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","fits":true}]`:             verify.BodyUnclear,
		`[{"budget":"p","amount":"1","limit":"5","since":"today","before":"0","fits":true}]`:                             verify.BodyUnclear,
		`{"budget":"p"}`: verify.BodyUnclear,
		`[{"budget":"p","amount":"1","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","fits":false}]`: verify.BudgetDiffers,
		`[{"budget":"p","amount":"6","limit":"5","since":"2026-05-04T09:00:00Z","before":"0","fits":false}]`: verify.Overdrawn,
	} {
		b := founded(t)
		b.add("ana", audit.Draft{Key: "k", Type: audit.DecisionIntent, Body: json.RawMessage(
			`{"approval_id":"ap","initiator_id":"maker","asked_at":"2026-05-04T09:00:00Z","decision":{"verdict":"approve"},"budgets":` + spelling + `}`)})
		b.commit()
		got := read(t, b.source(), b.trust())
		if want == "" && !got.OK() || want != "" && (got.OK() || got.Faults[0].Code != want) {
			t.Errorf("budgets %s: %+v, want %q", spelling, got.Faults, want)
		}
	}
}
