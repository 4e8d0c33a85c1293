package anchor_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/audit/anchor"
	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// serve is a client of a witness that serves.
func serve(tb testing.TB, w *fakeWitness) *anchor.Witness {
	tb.Helper()
	server := httptest.NewServer(w)
	tb.Cleanup(server.Close)
	return &anchor.Witness{URL: server.URL + "/prefix/", Key: verifier(tb, w)}
}

func verifier(tb testing.TB, w *fakeWitness) note.Verifier {
	tb.Helper()
	v, err := anchor.NewCosignatureVerifier(w.vkey())
	if err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestAWitnessSignsAGrowingLog(t *testing.T) {
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		l := newLog(t, "treasury.example", "a")
		fake := newWitness(t, "witness.example/w1", l.known)
		server := httptest.NewServer(fake)
		defer server.Close()
		w := &anchor.Witness{URL: server.URL + "/prefix", Key: verifier(t, fake)}
		old := int64(0)
		for _, step := range rapid.SliceOfN(rapid.Int64Range(0, 40), 1, 5).Draw(rt, "steps") {
			size := old + step
			checkpoint := l.grow(size)
			var proof []tlog.Hash
			if old > 0 && old < size {
				proof = l.prove(size, old)
			}
			cosigs, err := w.AddCheckpoint(ctx, old, proof, checkpoint)
			if err != nil {
				rt.Fatalf("AddCheckpoint from %d to %d: %v", old, size, err)
			}
			merged, err := anchor.Merge(checkpoint, cosigs)
			if err != nil {
				rt.Fatalf("Merge: %v", err)
			}
			if err := anchor.Cosigned(merged, []note.Verifier{w.Key}, 1); err != nil {
				rt.Fatalf("Cosigned: %v", err)
			}
			if c, err := tree.OpenCheckpoint(merged, note.VerifierList(l.known)); err != nil || c.Size != size {
				rt.Fatalf("OpenCheckpoint = %v, %v", c, err)
			}
			old = size
		}
	})
}

func TestAWitnessSaysWhatItSignedLast(t *testing.T) {
	ctx := context.Background()
	l := newLog(t, "treasury.example", "a")
	fake := newWitness(t, "witness.example/w1", l.known)
	w := serve(t, fake)
	if _, err := w.AddCheckpoint(ctx, 0, nil, l.grow(7)); err != nil {
		t.Fatal(err)
	}
	_, err := w.AddCheckpoint(ctx, 3, l.prove(7, 3), l.checkpoint(7))
	var stale *anchor.StaleError
	if !errors.Is(err, anchor.ErrStale) || !errors.As(err, &stale) || stale.Size != 7 {
		t.Errorf("AddCheckpoint from 3 = %v, want ErrStale at 7", err)
	}
}

func TestAnotherHistoryIsFoundOut(t *testing.T) {
	ctx := context.Background()
	ours, theirs := newLog(t, "treasury.example", "a"), newLog(t, "treasury.example", "b")
	fake := newWitness(t, "witness.example/w1", ours.known)
	w := serve(t, fake)
	if _, err := w.AddCheckpoint(ctx, 0, nil, ours.grow(7)); err != nil {
		t.Fatal(err)
	}
	theirs.grow(9)
	if _, err := w.AddCheckpoint(ctx, 7, nil, theirs.checkpoint(7)); !errors.Is(err, anchor.ErrForked) {
		t.Errorf("the same size with another root: %v, want ErrForked", err)
	}
	if _, err := w.AddCheckpoint(ctx, 7, theirs.prove(9, 7), theirs.checkpoint(9)); !errors.Is(err, anchor.ErrForked) {
		t.Errorf("a longer log of another history: %v, want ErrForked", err)
	}
	prove := func(l *fakeLog, size int64) func(context.Context, int64) ([]tlog.Hash, error) {
		return func(_ context.Context, old int64) ([]tlog.Hash, error) { return l.prove(size, old), nil }
	}
	if _, err := w.Cosign(ctx, theirs.checkpoint(9), prove(theirs, 9)); !errors.Is(err, anchor.ErrForked) {
		t.Errorf("Cosign of another history: %v, want ErrForked", err)
	}
	var stale *anchor.StaleError
	if _, err := w.Cosign(ctx, ours.checkpoint(5), prove(ours, 5)); !errors.As(err, &stale) || stale.Size != 7 {
		t.Errorf("Cosign of a log that was rolled back: %v, want ErrStale at 7", err)
	}
	if fake.signed != 1 {
		t.Errorf("the witness signed %d checkpoints, want 1", fake.signed)
	}
}

func TestCosignFollowsAWitnessThatMoves(t *testing.T) {
	ctx := context.Background()
	l := newLog(t, "treasury.example", "a")
	l.grow(20)
	fake := newWitness(t, "witness.example/w1", l.known)
	one, two := serve(t, fake), serve(t, fake)
	for i, w := range []*anchor.Witness{one, one, two, one, two, two} {
		size := int64(i + 1)
		asked := 0
		merged, err := w.Cosign(ctx, l.checkpoint(size), func(_ context.Context, old int64) ([]tlog.Hash, error) {
			asked++
			return l.prove(size, old), nil
		})
		if err != nil {
			t.Fatalf("Cosign at %d: %v", size, err)
		}
		if err := anchor.Cosigned(merged, []note.Verifier{w.Key}, 1); err != nil {
			t.Errorf("Cosigned at %d: %v", size, err)
		}
		if asked > 2 {
			t.Errorf("at %d the proof was asked for %d times, want 2 at most", size, asked)
		}
	}
	fails := errors.New("no proof today")
	if _, err := one.Cosign(ctx, l.checkpoint(20), func(context.Context, int64) ([]tlog.Hash, error) { return nil, fails }); !errors.Is(err, fails) {
		t.Errorf("Cosign without a proof = %v, want its error", err)
	}
}

func TestTheAnswerIsLostAndTheWitnessSignsOnceMore(t *testing.T) {
	ctx := context.Background()
	l := newLog(t, "treasury.example", "a")
	fake := newWitness(t, "witness.example/w1", l.known)
	w := serve(t, fake)
	lost := true
	fake.onSign = func() {
		if lost {
			lost = false
			panic(http.ErrAbortHandler)
		}
	}
	prove := func(_ context.Context, old int64) ([]tlog.Hash, error) { return l.prove(5, old), nil }
	if _, err := w.Cosign(ctx, l.grow(5), prove); !errors.Is(err, anchor.ErrWitness) {
		t.Errorf("Cosign = %v, want ErrWitness", err)
	}
	merged, err := w.Cosign(ctx, l.checkpoint(5), prove)
	if err != nil || anchor.Cosigned(merged, []note.Verifier{w.Key}, 1) != nil {
		t.Errorf("Cosign again = %v", err)
	}
}

func TestWhatAWitnessAnswersOtherwise(t *testing.T) {
	ctx := context.Background()
	l := newLog(t, "treasury.example", "a")
	checkpoint := l.grow(7)
	other := newLog(t, "other.example", "a")
	stranger := newWitness(t, "stranger.example", l.known)
	impostor := newWitness(t, "witness.example/w1", l.known)
	impostor.key = newWitness(t, "x", l.known).key // our witness's name with another key
	text := string(checkpoint[:bytes.Index(checkpoint, []byte("\n\n"))+1])
	is := func(status int, body string) func(int, string) (int, string) {
		return func(int, string) (int, string) { return status, body }
	}
	real := newWitness(t, "witness.example/w1", l.known)
	for _, tt := range []struct {
		name       string
		checkpoint []byte
		spoil      func(int, string) (int, string)
		err        error
		want       string
	}{
		{"a log that it does not know", other.grow(1), nil, anchor.ErrWitness, "does not know log"},
		{"another key of the log", append([]byte(text+"\n"), stranger.cosign(text, 1)...), nil, anchor.ErrWitness, "by another key"},
		{"a request that it cannot read", checkpoint, is(400, ""), anchor.ErrWitness, "cannot read our request"},
		{"too busy", checkpoint, is(503, ""), anchor.ErrWitness, "try again later"},
		{"elsewhere", checkpoint, is(302, ""), anchor.ErrWitness, "status 302"},
		{"nothing", checkpoint, is(200, ""), anchor.ErrCosignature, "something else"},
		{"a page", checkpoint, is(200, "<html>\n"), anchor.ErrCosignature, "something else"},
		{"a note of its own", checkpoint, is(200, "text\n\n"+real.cosign(text, 1)), anchor.ErrCosignature, "something else"},
		{"a line without end", checkpoint, is(200, strings.TrimSuffix(real.cosign(text, 1), "\n")), anchor.ErrCosignature, "something else"},
		{"another's signature", checkpoint, is(200, stranger.cosign(text, 1)), anchor.ErrCosignature, "its present key"},
		{"its name with another key", checkpoint, is(200, impostor.cosign(text, 1)), anchor.ErrCosignature, "its present key"},
		{"a signature over something else", checkpoint, is(200, real.cosign("other\n1\nAAAA\n", 1)), anchor.ErrCosignature, "not its key's over this checkpoint"},
		{"a good signature and a bad one", checkpoint, is(200, real.cosign(text, 1)+real.cosign("other\n1\nAAAA\n", 1)), anchor.ErrCosignature, "not its key's over this checkpoint"},
		{"a time beyond all", checkpoint, is(200, real.cosign(text, 1<<63)), anchor.ErrCosignature, "not its key's over this checkpoint"},
		{"an answer without end", checkpoint, is(200, strings.Repeat("x", 1<<17)), anchor.ErrWitness, "longer than"},
		{"a conflict without a size", checkpoint, is(409, "7\n"), anchor.ErrWitness, "409 without a size"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := newWitness(t, "witness.example/w1", l.known)
			fake.spoil = tt.spoil
			old := int64(0)
			cosigs, err := serve(t, fake).AddCheckpoint(ctx, old, nil, tt.checkpoint)
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("AddCheckpoint = %q, %v, want %v that says %q", cosigs, err, tt.err, tt.want)
			}
		})
	}
}

func TestLinesOfOtherKeysAreLeftOut(t *testing.T) {
	l := newLog(t, "treasury.example", "a")
	checkpoint := l.grow(7)
	text := string(checkpoint[:bytes.Index(checkpoint, []byte("\n\n"))+1])
	fake := newWitness(t, "witness.example/w1", l.known)
	fake.extra = newWitness(t, "stranger.example", l.known).cosign(text, 5)
	cosigs, err := serve(t, fake).AddCheckpoint(context.Background(), 0, nil, checkpoint)
	if err != nil || string(cosigs) != fake.cosign(text, fake.clock) {
		t.Errorf("AddCheckpoint = %q, %v, want the witness's own line", cosigs, err)
	}
}

func TestAWitnessIsAskedOverTLSOnly(t *testing.T) {
	l := newLog(t, "treasury.example", "a")
	fake := newWitness(t, "witness.example/w1", l.known)
	for _, url := range []string{"", "http://witness.example", "witness.example", "https://w/?x=y", "ftp://w"} {
		w := &anchor.Witness{URL: url, Key: verifier(t, fake)}
		if _, err := w.AddCheckpoint(context.Background(), 0, nil, l.grow(1)); !errors.Is(err, anchor.ErrWitness) || !strings.Contains(err.Error(), "https") {
			t.Errorf("%q: AddCheckpoint = %v, want ErrWitness that says https", url, err)
		}
	}
	if _, err := (&anchor.Witness{URL: "https://w"}).AddCheckpoint(context.Background(), 0, nil, l.grow(1)); !errors.Is(err, anchor.ErrWitness) {
		t.Errorf("without a key: AddCheckpoint = %v, want ErrWitness", err)
	}
	server := httptest.NewTLSServer(fake)
	t.Cleanup(server.Close)
	w := &anchor.Witness{URL: server.URL + "/prefix", Key: verifier(t, fake), Client: server.Client()}
	if _, err := w.AddCheckpoint(context.Background(), 0, nil, l.grow(1)); err != nil {
		t.Errorf("over TLS: %v", err)
	}
}

// answers is a witness's answer without a network.
type answers struct {
	status int
	kind   string
	body   []byte
}

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(bytes.NewReader(a.body))}, nil
}

func FuzzWitnessAnswer(f *testing.F) {
	l := newLog(f, "treasury.example", "a")
	checkpoint := l.grow(7)
	text := string(checkpoint[:bytes.Index(checkpoint, []byte("\n\n"))+1])
	fake := newWitness(f, "witness.example/w1", l.known)
	f.Add(200, "text/plain", []byte(fake.cosign(text, 5)))
	f.Add(409, "text/x.tlog.size", []byte("12\n"))
	f.Add(409, "text/x.tlog.size", []byte("+7\n"))
	f.Add(422, "", []byte{})
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		w := &anchor.Witness{URL: "https://w", Key: verifier(t, fake), Client: &http.Client{Transport: answers{200 + (status&0x7fff)%300, kind, body}}}
		cosigs, err := w.AddCheckpoint(context.Background(), 0, nil, checkpoint)
		var stale *anchor.StaleError
		switch {
		case err != nil && cosigs != nil:
			t.Fatalf("both %q and %v", cosigs, err)
		case errors.As(err, &stale) && stale.Size <= 0:
			t.Fatalf("stale at %d", stale.Size)
		case err == nil:
			merged, err := anchor.Merge(checkpoint, cosigs)
			if err != nil || anchor.Cosigned(merged, []note.Verifier{w.Key}, 1) != nil {
				t.Fatalf("answer %q was taken, and is not signed: %v", body, err)
			}
		}
	})
}
