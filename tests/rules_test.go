package tests

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/cmd/countersign/demo"
	"countersign/cmd/countersign/stack"
)

// listed is an address on the sanctions list of these tests, and on the book's allowlist.
const listed = "0x3333333333333333333333333333333333333333"

// workshop is a site whose worker screens, has a shadow book with half the cap, and
// counts some identities as one.
func workshop(t *testing.T) (s *site, run func(want int, contains string, args ...string) string) {
	t.Helper()
	s = newSite(t)
	book, err := os.ReadFile(filepath.Join(s.stack.Dir, "book.json"))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(book), `"`+stack.Recipient+`"`, `"`+stack.Recipient+`", "`+listed+`"`, 1)
	if err := os.WriteFile(filepath.Join(s.stack.Dir, "book.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	tight := strings.Replace(text, stack.MaxPerMint, "2500000000", 1)
	shadow := written(t, "shadow.json", tight)
	screening := written(t, "screening.json", `{"lists": [{"name": "house", "format": "text", "file": "`+
		written(t, "list.txt", "# sanctioned\n"+listed+"\n")+`", "max_age": "24h"}]}`)
	people := written(t, "people.json", `{"groups": {"desk": ["us-nobody", "`+s.stack.Accounts.Checker.UserID+`"]}}`)
	s.start("worker", "COUNTERSIGN_SCREENING_FILE="+screening, "COUNTERSIGN_PEOPLE_FILE="+people,
		"COUNTERSIGN_SHADOW_BOOK=stablecoin", "COUNTERSIGN_SHADOW_BOOK_FILE="+shadow)
	s.startIngress()
	return s, func(want int, contains string, args ...string) string {
		t.Helper()
		for i, a := range args {
			args[i] = strings.NewReplacer("BOOK", filepath.Join(s.stack.Dir, "book.json"), "SHADOW", shadow).Replace(a)
		}
		stdout, stderr, code := cli(t, "", append([]string{"--config", s.stack.ConfigFile}, args...)...)
		if code != want || !strings.Contains(stdout+stderr, contains) {
			t.Errorf("%v: exit %d, output %q %q; want %d and %q in it", args, code, stdout, stderr, want, contains)
		}
		return stdout
	}
}

// decided waits for our decision.
func (s *site) decided(r demo.Request) (d audit.Intent) {
	s.t.Helper()
	waitFor(s.t, "decision", func(ctx context.Context) error {
		e, err := s.Trail.Find(ctx, countersign.DecisionKey(r.Approval, s.stack.Accounts.Checker.UserID))
		if err == nil {
			err = e.Decode(&d)
		}
		return err
	})
	return d
}

// TestTheRulesWorkshop takes a book through its life: lint, cases, decisions with a
// shadow beside it, comparison, a case from a record, a backtest, and the kill switch.
func TestTheRulesWorkshop(t *testing.T) {
	s, run := workshop(t)
	run(0, "without_rule", "rules", "lint", "--book-file", "BOOK")

	small, middle := s.mint(1000), s.mint(3000)
	for _, r := range []demo.Request{small, middle} {
		waitFor(t, "closed workflow", func(ctx context.Context) error { return s.Closed(ctx, r) })
	}
	toListed, err := s.Mint(t.Context(), listed, 5)
	if err != nil {
		t.Fatal(err)
	}
	if d := s.decided(toListed).Decision; d.Code != countersign.ScreeningHit {
		t.Errorf("a mint to a sanctioned address: %+v, want screening_hit", d)
	}
	in := s.decided(middle)
	if in.Decision.Verdict != countersign.Approve || in.Shadow == nil || in.Shadow.Decision.Code != countersign.OverCap {
		t.Errorf("decided %+v, the shadow %+v", in.Decision, in.Shadow)
	}
	if kinds := kindsOf(in.Evidence); kinds["simulation"] != 1 || kinds["screening"] != 1 || kinds["wallet"] != 1 || kinds["code"] != 1 {
		t.Errorf("the decision rests on %v", kinds)
	}
	if in.AppliedRules[0] != s.Stack.Platform.Network+"/TUSD/mint(address,uint256)" || in.CheckerGroups[0] != "desk" {
		t.Errorf("rules %v, groups %v", in.AppliedRules, in.CheckerGroups)
	}

	run(0, "3 with a shadow: 2 the same, 1 different", "rules", "diff")
	run(0, "tried on 3 of 3", "rules", "backtest", "--book-file", "BOOK")
	if out := run(0, middle.Approval, "rules", "backtest", "--book-file", "SHADOW"); !strings.Contains(out, "the same: 2, changed: 1") {
		t.Errorf("backtest says %s", out)
	}
	aCase := run(0, "within_policy", "rules", "record", middle.Approval)
	cases := written(t, "case.json", aCase)
	run(0, middle.Approval, "rules", "test", "--book-file", "BOOK", cases)
	run(3, "wants approve", "rules", "test", "--book-file", "SHADOW", cases)
	s.verifies()
}

// TestTheKillSwitch halts a rule, decides in it, and lets it go on.
func TestTheKillSwitch(t *testing.T) {
	s, run := workshop(t)
	rule := fmt.Sprintf("%s/TUSD/mint(address,uint256)", s.Stack.Platform.Network)
	run(2, "--reason is required", "halt", "--all")
	run(2, "exactly one of", "halt", "--reason", "x")
	run(3, "not halted", "resume", "--all", "--reason", "x")
	run(0, "rule/"+rule+" is halted", "halt", "--rule", rule, "--reason", "incident 42", "--by", "ana")
	run(0, "by ana (incident 42)", "halt", "--rule", rule, "--reason", "again", "--by", "bo")
	run(0, "incident 42", "halts")
	if d := s.decided(s.mint(7)).Decision; d.Code != countersign.Halted {
		t.Errorf("decided %+v in a halted rule", d)
	}
	run(0, "is resumed", "resume", "--rule", rule, "--reason", "over", "--by", "ana")
	if d := s.decided(s.mint(8)).Decision; d.Verdict != countersign.Approve {
		t.Errorf("decided %+v after it was resumed", d)
	}
	run(0, "incident 42", "audit", "list", "--type", "control.halted")
	s.verifies()
}

func kindsOf(evidence []audit.Evidence) map[string]int {
	kinds := map[string]int{}
	for _, e := range evidence {
		kinds[e.Kind]++
	}
	return kinds
}
