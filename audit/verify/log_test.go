package verify_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/audit"
	"countersign/audit/verify"
)

func TestAWholeLogVerifies(t *testing.T) {
	for _, n := range []int{4, 5, 40, 300} {
		b := filled(t, n)
		s := b.source()
		s.Tile = b.tile
		s.Anchors = [][]byte{b.checkpoint(2), b.checkpoint(b.size())}
		got := read(t, s, b.trust())
		if !got.OK() || !got.Complete || got.Kind != verify.WholeLog || got.Records != b.size() || got.To != b.size() || got.Origin != origin {
			t.Fatalf("Log of %d records = %+v", b.size(), got)
		}
		if got.Unproven != (verify.Unproven{}) {
			t.Errorf("Log of %d records leaves %+v unproven", b.size(), got.Unproven)
		}
		if want := int64(len(b.notes)); got.Checkpoints != want {
			t.Errorf("Log compared %d checkpoints, want %d", got.Checkpoints, want)
		}
		if want := b.size()/256 + int64(b.size()%256+255)/256; got.Tiles < want {
			t.Errorf("Log of %d records compared %d tiles, want %d or more", b.size(), got.Tiles, want)
		}
		if n > 40 && (got.Decisions == 0 || got.CustodianProofs == 0 || got.CustodianUnproven == 0 || len(got.Keys) != 4) {
			t.Errorf("Log = %+v, want decisions, custodian proofs of ana, posts of others without, and 4 keys", got)
		}
		if again := read(t, b.source(), b.trust()); again.Root != got.Root || again.Records != got.Records {
			t.Errorf("a second reading differs: %+v", again)
		}
	}
}

func TestAnEmptyLog(t *testing.T) {
	b := newBook(t)
	b.notes, b.sizes = [][]byte{b.checkpoint(0)}, []int64{0}
	if got := read(t, b.source(), b.trust()); !got.OK() || !got.Complete || got.Records != 0 {
		t.Errorf("Log = %+v, want an empty log that is complete", got)
	}
	got := read(t, verify.Source{Entries: all(nil)}, b.trust())
	if got.OK() || got.Complete || got.Faults[0].Code != verify.NoCheckpoint {
		t.Errorf("Log without a checkpoint = %+v, want no_checkpoint", got)
	}
}

func TestHowManyWorkReadsTheSame(t *testing.T) {
	b := filled(t, 400)
	b.entries[123].JWS = strings.Replace(b.entries[123].JWS, ".", "..", 1)
	b.entries[300].LeafHash = audit.LeafHash("x")
	want, err := verify.Options{Workers: 1}.Log(t.Context(), b.source(), b.trust())
	if err != nil || want.OK() {
		t.Fatalf("Log = %+v, %v, want faults", want, err)
	}
	for _, workers := range []int{2, 3, 16} {
		got, err := verify.Options{Workers: workers}.Log(t.Context(), b.source(), b.trust())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Log by %d workers = %+v, %v, want that of one: %+v", workers, got, err, want)
		}
	}
}

func TestEveryRangeVerifies(t *testing.T) {
	b := filled(t, 330)
	for _, at := range [][2]int{{0, 3}, {3, 4}, {4, 20}, {7, 7}, {20, len(b.sizes) - 1}, {len(b.sizes) - 40, len(b.sizes) - 1}, {0, len(b.sizes) - 1}} {
		from, to := b.sizes[at[0]], b.sizes[at[1]]
		got := read(t, b.between(from, to), b.trust())
		if !got.OK() || !got.Complete || got.Kind != verify.Range || got.From != from || got.To != to || got.Records != to-from {
			t.Errorf("range from %d to %d = %+v", from, to, got)
		}
		if got.Unproven.Keys == 0 {
			t.Errorf("range from %d to %d says nothing of its keys: %+v", from, to, got.Unproven)
		}
	}
}

func TestARangeSaysWhatItCannotProve(t *testing.T) {
	b := founded(t)
	in := b.decide("ana", "ap-1", "approve", b.claim(100, 1000))
	b.commit()
	from := b.size()
	b.add("ana", b.post(in, audit.Posted))
	b.commit()
	b.add("ana", b.end(in, "approved"))
	b.decide("bo", "ap-2", "approve", b.claim(100, 1000))
	b.commit()
	s := b.between(from, b.size())
	s.Anchors = [][]byte{b.checkpoint(2)}
	got := read(t, s, b.trust())
	want := verify.Unproven{Intents: 2, Chains: 2, Budgets: 1, Keys: 3, Anchors: 1, Halts: 1}
	if !got.OK() || got.Unproven != want {
		t.Errorf("range = %+v, want unproven %+v", got, want)
	}
}

func TestHashesOnlyReadsTheTreeAlone(t *testing.T) {
	b := filled(t, 60)
	o := verify.Options{HashesOnly: true}
	got, err := o.Log(t.Context(), b.source(), b.trust())
	if err != nil || !got.OK() || !got.Complete || !got.HashesOnly || got.Records != b.size() {
		t.Errorf("Log = %+v, %v", got, err)
	}
	b.entries[33].JWS += "x"
	if got, err = o.Log(t.Context(), b.source(), b.trust()); err != nil || got.OK() || got.Complete {
		t.Errorf("Log of a changed record = %+v, %v, want a fault", got, err)
	}
}

func TestLogKeepsToItsContextAndItsReader(t *testing.T) {
	b := filled(t, 300)
	ctx, cancel := context.WithCancel(t.Context())
	s := b.source()
	n := 0
	s.Entries = func(yield func(audit.Entry, error) bool) {
		for _, e := range b.entries {
			if n++; n == 150 {
				cancel()
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	if got, err := verify.Log(ctx, s, b.trust()); !errors.Is(err, context.Canceled) || got.Complete {
		t.Errorf("Log = %+v, %v, want the context's error", got, err)
	}
	broken := errors.New("disk")
	s.Entries = func(yield func(audit.Entry, error) bool) {
		for _, e := range b.entries[:70] {
			if !yield(e, nil) {
				return
			}
		}
		yield(audit.Entry{}, broken)
	}
	if got, err := verify.Log(t.Context(), s, b.trust()); !errors.Is(err, broken) || got.Complete || got.Records != 70 {
		t.Errorf("Log = %+v, %v, want 70 records and the reader's error", got, err)
	}
	s = b.source()
	s.Checkpoints = func(yield func([]byte, error) bool) { yield(nil, broken) }
	if _, err := verify.Log(t.Context(), s, b.trust()); !errors.Is(err, broken) {
		t.Errorf("Log = %v, want the error of the checkpoints", err)
	}
	s = b.source()
	s.Tile = func(int, int64, int) ([]byte, error) { return nil, broken }
	if _, err := verify.Log(t.Context(), s, b.trust()); !errors.Is(err, broken) {
		t.Errorf("Log = %v, want the error of the tiles", err)
	}
	if _, err := verify.Log(t.Context(), verify.Source{}, b.trust()); !errors.Is(err, verify.ErrSource) {
		t.Errorf("Log of nothing = %v, want ErrSource", err)
	}
	if _, err := verify.Log(t.Context(), b.source(), verify.Trust{}); !errors.Is(err, verify.ErrTrust) {
		t.Errorf("Log trusting nobody = %v, want ErrTrust", err)
	}
}

func TestVeryManyFaultsAreCountedAndNotKept(t *testing.T) {
	b := filled(t, 40)
	var entries []audit.Entry
	for i := range 3000 {
		e := b.entries[i%40]
		e.Index = int64(i)
		e.JWS = fmt.Sprint("x", e.JWS)
		entries = append(entries, e)
	}
	s := b.source()
	s.Entries = all(entries)
	got := read(t, s, b.trust())
	if len(got.Faults) != 1000 || got.FaultCount < 3000 {
		t.Errorf("Log keeps %d of %d faults, want 1000 of more than 3000", len(got.Faults), got.FaultCount)
	}
}

// A pinned key is known before the log says who vouches for it. That changes nothing of
// what is proven.
func TestPinningTheKeysChangesNothing(t *testing.T) {
	b := filled(t, 300)
	want := read(t, b.source(), b.trust())
	trust := b.trust()
	trust.Pinned = audit.NewKeys(key("ana").Public(), key("bo").Public(), key("cy").Public())
	for _, workers := range []int{1, 2, 8} {
		got, err := verify.Options{Workers: workers}.Log(t.Context(), b.source(), trust)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("Log by %d workers with pinned keys = %+v, %v, want what it is without: %+v", workers, got, err, want)
		}
	}
}
