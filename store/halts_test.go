package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/store"
)

func control(key string, kind audit.Type, scope string) audit.Draft {
	return audit.Draft{Key: key, Type: kind, Body: audit.Control{Scope: scope, Reason: "incident 42", By: "ops"}}
}

// without is what somebody does who writes to the database: no halt is left in the table.
func without(t *testing.T, dsn string) {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(dsn, "postgres") {
		driver = "pgx"
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.ExecContext(t.Context(), "DELETE FROM halts"); err != nil {
		t.Fatal(err)
	}
}

// told is what a decision is told of halts, in its transaction, and what one outside of any is told.
func told(t *testing.T, tr *store.Trail, key string, scopes ...string) (in, out []string) {
	t.Helper()
	_, err := tr.Decide(t.Context(), key, nil, scopes, func(st countersign.Standing) (audit.Draft, bool) {
		in = st.Halted
		return draft(key, key), false
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err = tr.Halted(t.Context(), scopes); err != nil {
		t.Fatal(err)
	}
	return in, out
}

func expectHalted(t *testing.T, tr *store.Trail, key, what string, want ...string) {
	t.Helper()
	in, out := told(t, tr, key, "all", "wallet/wa-1", "rule/*")
	if !slices.Equal(in, want) || !slices.Equal(out, want) {
		t.Errorf("%s: a decision is told that %q are halted, and others that %q, want %q", what, in, out, want)
	}
}

// Nobody has signed the table of halts: who takes a row away lets no machine go on, in no process, and an
// operator ends the halt as any other.
func TestAHaltThatIsTakenFromTheTableStands(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		expectHalted(t, tr, "k0", "before")
		for _, scope := range []string{"all", "rule/mint"} {
			if _, err := tr.Halt(t.Context(), control("halt/"+scope, audit.ControlHalted, scope), scope); err != nil {
				t.Fatal(err)
			}
		}
		without(t, dsn)
		expectHalted(t, tr, "k1", "the process that halted", "all", "rule/*")
		other := again(t, dsn)
		expectHalted(t, other, "k2", "another", "all", "rule/*")
		halts, err := other.DB.Halts(t.Context())
		if err != nil || len(halts) != 2 || halts[0].Scope != "all" || halts[0].Key != "halt/all" || !halts[0].Since.Equal(start) || halts[1].Scope != "rule/mint" {
			t.Errorf("halts = %+v, %v", halts, err)
		}
		if _, err := other.Resume(t.Context(), control("resume/all", audit.ControlResumed, "all"), "all"); err != nil {
			t.Fatal(err)
		}
		expectHalted(t, tr, "k3", "resumed by the other", "rule/*")
		expectHalted(t, other, "k4", "where it was resumed", "rule/*")
		_, err = tr.Resume(t.Context(), control("resume/again", audit.ControlResumed, "all"), "all")
		outcome{"nothing is halted", store.ErrNotHalted}.of(t, err)
	})
}

// again is the same desk in another process.
func again(t *testing.T, dsn string) *store.Trail {
	t.Helper()
	return trailOn(signing(t, dsn), "us")
}

// Decisions share a commit with a halt, or with its end: each is told what stands in front of its place.
func TestADecisionIsToldOfTheHaltsBeforeIt(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		act := func(act func(*store.Trail, context.Context, audit.Draft, string) (audit.Entry, error), kind audit.Type, round int) int64 {
			e, err := act(tr, t.Context(), control(fmt.Sprint(kind, round), kind, "all"), "all")
			if err != nil {
				t.Error(err)
			}
			return e.Index
		}
		for round := range 5 {
			var halt, resume int64
			for index, halted := range among(t, tr, fmt.Sprint("halt", round), func() { halt = act((*store.Trail).Halt, audit.ControlHalted, round) }) {
				if halted != (index > halt) {
					t.Errorf("decision %d is told that all is halted: %v; the halt is record %d", index, halted, halt)
				}
			}
			for index, halted := range among(t, tr, fmt.Sprint("resume", round), func() { resume = act((*store.Trail).Resume, audit.ControlResumed, round) }) {
				if halted != (index < resume) {
					t.Errorf("decision %d is told that all is halted: %v; the end is record %d", index, halted, resume)
				}
			}
		}
	})
}

// among makes forty decisions while something is done, and returns which of them, by index, was told that
// everything is halted.
func among(t *testing.T, tr *store.Trail, prefix string, do func()) map[int64]bool {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	told := map[int64]bool{}
	for i := range 40 {
		all.Go(func() {
			var halted bool
			key := fmt.Sprint(prefix, "/", i)
			e, err := tr.Decide(t.Context(), key, nil, []string{"all"}, func(st countersign.Standing) (audit.Draft, bool) {
				halted = len(st.Halted) > 0
				return draft(key, key), false
			})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			told[e.Index] = halted
		})
	}
	all.Go(do)
	all.Wait()
	return told
}

// What a stolen key let go on stands again once the key is revoked, and can be ended.
func TestAResumeByARevokedKeyDoesNotCount(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us")
		thief := trailOn(tr.DB, "us")
		thief.Signer.Key = keyOf("us, stolen")
		if _, err := tr.Enrol(t.Context(), audit.RecordKey, "us", thief.Signer.Key, "ops"); err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Halt(t.Context(), control("halt", audit.ControlHalted, "all"), "all"); err != nil {
			t.Fatal(err)
		}
		e, err := thief.Resume(t.Context(), control("resume", audit.ControlResumed, "all"), "all")
		if err != nil {
			t.Fatal(err)
		}
		expectHalted(t, tr, "k1", "while the thief is believed")
		if _, err := tr.EndKey(t.Context(), audit.KeyID(thief.Signer.Key.Public()), audit.KeyRevoked, e.Index, "stolen", "ops"); err != nil {
			t.Fatal(err)
		}
		other := again(t, dsn)
		expectHalted(t, other, "k2", "a process that starts behind the revocation", "all")
		if _, err := other.Resume(t.Context(), control("resume/again", audit.ControlResumed, "all"), "all"); err != nil {
			t.Fatal(err)
		}
		expectHalted(t, again(t, dsn), "k3", "resumed by who may")
	})
}
