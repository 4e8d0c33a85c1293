package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"countersign"
	"countersign/audit"
	"countersign/audit/screened"
	"countersign/store"

	"pgregory.net/rapid"
)

// fact appends a record about an approval.
func fact(ctx context.Context, tr *store.Trail, kind audit.Type, key, approval string) error {
	_, err := tr.Append(ctx, audit.Draft{Key: key, Type: kind, Body: audit.Intent{ApprovalID: approval}})
	return err
}

func open(ctx context.Context, t interface{ Fatal(...any) }, tr *store.Trail, approver string) (ids []string) {
	for id, err := range tr.OpenApprovals(ctx, approver) {
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// What was decided and has not ended is open, whatever else happens to whomever.
func TestOpenApprovals(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		us, them := desk(t, dsn, "us-a"), desk(t, dsn, "us-b")
		rounds := 0
		rapid.Check(t, func(rt *rapid.T) {
			rounds++
			var want []string
			ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-zA-Z0-9_.:-]{1,8}`), 0, 6, rapid.ID[string]).Draw(rt, "ids")
			for _, suffix := range ids {
				id := fmt.Sprintf("r%d-%s", rounds, suffix)
				ours, theirs, ends := rapid.Bool().Draw(rt, "ours"), rapid.Bool().Draw(rt, "theirs"), rapid.Bool().Draw(rt, "ends")
				var errs []error
				if ours {
					errs = append(errs, fact(t.Context(), us, audit.DecisionIntent, countersign.DecisionKey(id, "us-a"), id),
						fact(t.Context(), us, audit.DecisionOutcome, countersign.PostKey(id, "us-a"), id))
				}
				if theirs {
					errs = append(errs, fact(t.Context(), them, audit.DecisionIntent, countersign.DecisionKey(id, "us-b"), id))
				}
				if ends {
					errs = append(errs, fact(t.Context(), them, audit.ApprovalOutcome, countersign.OutcomeKey(id), id))
				}
				if err := errors.Join(errs...); err != nil {
					rt.Fatal(err)
				}
				if ours && !ends {
					want = append(want, id)
				}
			}
			slices.Sort(want) // by bytes, on either database
			got := slices.DeleteFunc(open(t.Context(), rt, us, "us-a"), func(id string) bool {
				var round int
				_, err := fmt.Sscanf(id, "r%d-", &round)
				return err != nil || round != rounds
			})
			if !slices.Equal(got, want) {
				rt.Fatalf("open %q, want %q", got, want)
			}
		})
	})
}

func TestOpenApprovalsAreInTheOrderOfBytesAndMayBeLeft(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		tr := desk(t, dsn, "us-a")
		for _, id := range []string{"b", "a", "B", "a-1", "a.1", "A"} {
			if err := fact(t.Context(), tr, audit.DecisionIntent, countersign.DecisionKey(id, "us-a"), id); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := open(t.Context(), t, tr, "us-a"), []string{"A", "B", "a", "a-1", "a.1", "b"}; !slices.Equal(got, want) {
			t.Errorf("open %q, want %q", got, want)
		}
		for range tr.OpenApprovals(t.Context(), "us-a") {
			break
		}
		if got := open(t.Context(), t, tr, "us-none"); len(got) != 0 {
			t.Errorf("open for nobody: %q", got)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		for _, err := range tr.OpenApprovals(ended, "us-a") {
			if err == nil {
				t.Error("a walk that was told to stop goes on")
			}
		}
	})
}

func TestLatest(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		us, them := desk(t, dsn, "us-a"), desk(t, dsn, "us-b")
		if _, err := us.Latest(t.Context(), screened.ListsRefreshed); !errors.Is(err, audit.ErrNoRecord) {
			t.Fatalf("Latest of nothing = %v, want ErrNoRecord", err)
		}
		for i, tr := range []*store.Trail{us, us, them} {
			if err := fact(t.Context(), tr, screened.ListsRefreshed, countersign.RefreshKey(fmt.Sprint(i)), ""); err != nil {
				t.Fatal(err)
			}
		}
		if err := fact(t.Context(), us, audit.EventStray, "event/1", ""); err != nil {
			t.Fatal(err)
		}
		e, err := us.Latest(t.Context(), screened.ListsRefreshed)
		if err != nil || e.Record.Key != countersign.RefreshKey("1") {
			t.Errorf("Latest = %s, %v; want our own second", e.Record.Key, err)
		}
	})
}
