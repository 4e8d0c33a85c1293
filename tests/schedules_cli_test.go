package tests

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/audit"
	"countersign/store"
)

const exampleSchedules = "../examples/schedules.yaml"

// expects runs a verb and holds it to an exit code and to words on its output.
func (s *site) expects(code int, words []string, args ...string) string {
	s.t.Helper()
	out, errs, got := s.run(args...)
	if got != code {
		s.t.Fatalf("countersign %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out, errs)
	}
	for _, w := range words {
		if !strings.Contains(out+errs, w) {
			s.t.Errorf("countersign %s does not say %q:\n%s%s", strings.Join(args, " "), w, out, errs)
		}
	}
	return out
}

// tool runs one of Temporal's programs against the site's server.
func (s *site) tool(name string, args ...string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), program(s.t, name), append([]string{"--address", s.stack.TemporalAddr}, args...)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestSchedulesOnTheCommandLine walks an operator's way through the example, with the
// product's own schedules beside it.
func TestSchedulesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.startWorker()
	file := []string{"--file", exampleSchedules}
	verb := func(code int, words []string, args ...string) string {
		t.Helper()
		return s.expects(code, words, append(append([]string{"schedules"}, args...), file...)...)
	}
	verb(3, []string{"create sweep/nightly", "overlap: skip", "create fees/month-end", "4 to change"}, "diff")
	verb(3, []string{"Make these changes?", "nothing was changed"}, "apply")
	verb(0, []string{"create sweep/nightly", "sweep/nightly: created"}, "apply", "--yes", "--by", "ana", "--why", "CHG-1")
	verb(0, []string{"Temporal has what the file says."}, "diff")
	verb(0, []string{"Temporal has what the file says."}, "apply", "--yes")
	verb(0, []string{`"changes": []`}, "diff", "--json")

	// Temporal's own programs show all of them; so does ours, with whose they are.
	ids := []string{"sweep/nightly", "fees/month-end", "balances/hourly", "probe/node", "reconcile/approvals", "reconcile/decisions", "renew/schedules"}
	waitFor(t, "schedules in the list", func(context.Context) error {
		out, _, _ := s.run("schedules", "list")
		for _, id := range ids {
			if !strings.Contains(out, id) {
				return fmt.Errorf("no %s in %s", id, out)
			}
		}
		return nil
	})
	verb(0, []string{"ours, file", "ours, product", "Compares our decisions with those that the custodian holds"}, "list")
	s.contains("temporal schedule list", s.temporalList(), ids)
	s.contains("temporal schedule describe", s.temporal("schedule", "describe", "--schedule-id", "sweep/nightly"), []string{"Moves what deposit wallets hold"})

	s.byHand(verb)
	s.recorded("created ana CHG-1", "paused bo wallet is moved", "resumed bo done", "triggered bo look", "backfilled bo node was down")

	empty := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(empty, []byte("schedules: []\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file = []string{"--file", empty}
	verb(0, []string{"probe/node is not in the file any more"}, "apply", "--yes")
	verb(0, []string{"delete sweep/nightly", "probe/node: deleted"}, "apply", "--prune", "--yes", "--by", "ana", "--why", "over")
	s.recorded("deleted ana over")
	if list := s.temporalList(); !strings.Contains(list, "reconcile/approvals") {
		t.Errorf("the product's own went with those of the file:\n%s", list)
	}
}

// byHand pauses, resumes, starts and makes up for.
func (s *site) byHand(verb func(int, []string, ...string) string) {
	s.t.Helper()
	verb(2, []string{"say who asks for it and why"}, "pause", "sweep/nightly")
	verb(0, []string{"sweep/nightly: paused"}, "pause", "sweep/nightly", "--by", "bo", "--why", "wallet is moved")
	verb(0, []string{"paused", "Paused by bo: wallet is moved. Moves what"}, "list")
	verb(0, []string{"Temporal has what the file says."}, "diff")
	verb(0, []string{"sweep/nightly: resumed"}, "resume", "sweep/nightly", "--by", "bo", "--why", "done")
	verb(0, []string{"probe/node: triggered"}, "trigger", "probe/node", "--by", "bo", "--why", "look")
	verb(3, []string{"there is no such schedule"}, "trigger", "probe/none", "--why", "look")
	s.backfilled(verb)
}

func (s *site) temporal(args ...string) string {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), program(s.t, "temporal"), append(args, "--address", s.stack.TemporalAddr)...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("temporal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func (s *site) temporalList() string { return s.temporal("schedule", "list") }

func (s *site) contains(what, out string, words []string) {
	s.t.Helper()
	for _, w := range words {
		if !strings.Contains(out, w) {
			s.t.Errorf("%s does not show %q:\n%s", what, w, out)
		}
	}
}

// backfilled makes up for three times of an interval of five minutes, both ends included.
func (s *site) backfilled(verb func(int, []string, ...string) string) {
	s.t.Helper()
	first := time.Now().UTC().Truncate(5 * time.Minute).Add(30*time.Second - time.Hour)
	last := first.Add(10 * time.Minute)
	verb(0, []string{first.Format(time.RFC3339), last.Format(time.RFC3339), "probe/node: backfilled"}, "backfill", "probe/node",
		"--from", first.Format(time.RFC3339), "--to", last.Format(time.RFC3339), "--overlap", "allow_all", "--yes", "--by", "bo", "--why", "node was down")
	id := func(at time.Time) string { return "probe/node-" + at.Format(time.RFC3339) }
	waitFor(s.t, "runs of the backfill", func(ctx context.Context) error {
		for at := first; !at.After(last); at = at.Add(5 * time.Minute) {
			if _, err := s.Temporal.DescribeWorkflowExecution(ctx, id(at), ""); err != nil {
				return err
			}
		}
		return nil
	})
	for _, at := range []time.Time{first.Add(-5 * time.Minute), last.Add(5 * time.Minute)} {
		if _, err := s.Temporal.DescribeWorkflowExecution(s.t.Context(), id(at), ""); err == nil {
			s.t.Errorf("the backfill has run %s too", at)
		}
	}
	verb(3, []string{"no scheduled time is between these"}, "backfill", "probe/node", "--from", first.Add(time.Minute).Format(time.RFC3339),
		"--to", first.Add(2*time.Minute).Format(time.RFC3339), "--why", "x", "--yes")
}

// recorded holds the trail to records of changes: what, by whom, why.
func (s *site) recorded(want ...string) {
	s.t.Helper()
	var got []string
	for e, err := range s.Trail.Entries(s.t.Context(), store.Filter{Type: audit.ScheduleChanged}) {
		if err != nil {
			s.t.Fatal(err)
		}
		var c audit.ScheduleChange
		if err := e.Decode(&c); err != nil {
			s.t.Fatal(err)
		}
		got = append(got, c.Change+" "+c.By+" "+c.Why)
	}
	all := strings.Join(got, "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			s.t.Errorf("the trail does not say %q:\n%s", w, all)
		}
	}
}

// TestTctlListsSchedules needs `make tctl`, which `make build` does not.
func TestTctlListsSchedules(t *testing.T) {
	if _, err := os.Stat(filepath.Join(filepath.Dir(program(t, "temporal")), "tctl")); errors.Is(err, os.ErrNotExist) {
		skip(t, "no bin/tctl: run `make tctl` first")
	}
	s := newSite(t)
	s.startWorker()
	s.expects(0, []string{"sweep/nightly: created"}, "schedules", "apply", "--yes", "--file", exampleSchedules)
	waitFor(t, "schedules in the list of tctl", func(context.Context) error {
		out := s.tool("tctl", "schedule", "list")
		for _, id := range []string{"sweep/nightly", "reconcile/approvals", "renew/schedules"} {
			if !strings.Contains(out, id) {
				return fmt.Errorf("no %s in %s", id, out)
			}
		}
		return nil
	})
	s.contains("tctl schedule describe", s.tool("tctl", "schedule", "describe", "--schedule_id", "sweep/nightly"), []string{"Sweep"})
}
