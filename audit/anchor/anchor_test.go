package anchor_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/audit/anchor"

	"pgregory.net/rapid"
)

// race lets writers through anchors of their own swap the same old content: one may win.
func race(t *testing.T, another func() anchor.Anchor) {
	t.Helper()
	ctx := context.Background()
	var old []byte
	for round := range 20 {
		const writers = 8
		results := make([]error, writers)
		anchors := make([]anchor.Anchor, writers)
		for i := range anchors {
			anchors[i] = another()
		}
		var wg sync.WaitGroup
		for i, a := range anchors {
			wg.Go(func() { results[i] = a.Swap(ctx, old, content(round*writers+i)) })
		}
		wg.Wait()
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner >= 0:
				t.Fatalf("round %d: writers %d and %d both won", round, winner, i)
			case err == nil:
				winner = i
			case !errors.Is(err, anchor.ErrMoved):
				t.Fatalf("round %d: Swap = %v, want ErrMoved", round, err)
			}
		}
		if winner < 0 {
			t.Fatalf("round %d: nobody won", round)
		}
		kept, err := another().Load(ctx)
		if err != nil || !bytes.Equal(kept, content(round*writers+winner)) {
			t.Fatalf("round %d: Load is not what writer %d wrote: %v", round, winner, err)
		}
		old = kept
	}
}

// anchored is what every anchor does, whatever it is made of.
func anchored(t *testing.T, another func(*rapid.T) anchor.Anchor) {
	t.Helper()
	ctx := context.Background()
	rapid.Check(t, func(rt *rapid.T) {
		a := another(rt)
		var kept []byte
		rt.Repeat(map[string]func(*rapid.T){
			"swap": func(rt *rapid.T) {
				old := rapid.SampledFrom([][]byte{kept, nil, content(1), content(2)}).Draw(rt, "old")
				new := content(rapid.IntRange(0, 4).Draw(rt, "new"))
				err := a.Swap(ctx, old, new)
				switch {
				case bytes.Equal(kept, new) || bytes.Equal(kept, old):
					if err != nil {
						rt.Fatalf("Swap = %v", err)
					}
					kept = new
				case !errors.Is(err, anchor.ErrMoved):
					rt.Fatalf("Swap of something else = %v, want ErrMoved", err)
				}
			},
			"": func(rt *rapid.T) {
				got, err := a.Load(ctx)
				if err != nil || !bytes.Equal(got, kept) || (got == nil) != (kept == nil) {
					rt.Fatalf("Load = %.20q, %v, want %.20q", got, err, kept)
				}
			},
		})
	})
}

func TestAnAnchorIsNeverEmptied(t *testing.T) {
	a := open(t, "file:"+filepath.Join(t.TempDir(), "checkpoint"))
	for name, new := range map[string][]byte{"nothing": nil, "no bytes": {}, "too much": make([]byte, 300<<10)} {
		if err := a.Swap(context.Background(), nil, new); !errors.Is(err, anchor.ErrStore) {
			t.Errorf("%s: Swap = %v, want ErrStore", name, err)
		}
	}
	if kept, err := a.Load(context.Background()); kept != nil || err != nil {
		t.Errorf("Load = %q, %v, want nothing", kept, err)
	}
}

func TestAWrongURINamesNoAnchor(t *testing.T) {
	dir := t.TempDir()
	for name, tt := range map[string]struct{ uri, want string }{
		"nothing":                   {"", "file:/path or s3://bucket/key"},
		"another kind":              {"gs://bucket/key", "file:/path or s3://bucket/key"},
		"a relative file":           {"file:checkpoint", "whole path"},
		"a directory":               {"file:" + dir, "no plain file"},
		"a directory by its slash":  {"file:" + dir + "/", "whole path"},
		"a file on a host":          {"file://host/checkpoint", "names a host"},
		"a directory not there":     {"file:" + dir + "/none/checkpoint", "is its volume mounted"},
		"S3: no key":                {"s3://bucket?region=r", "no object"},
		"S3: no bucket":             {"s3:///key?region=r", "no object"},
		"S3: a folder":              {"s3://bucket/key/?region=r", "no object"},
		"S3: no region":             {"s3://bucket/key", "region is missing"},
		"S3: a password":            {"s3://u:hunter2@bucket/key?region=r", "from the environment"},
		"S3: a secret":              {"s3://bucket/key?region=r&secret=hunter2", "from the environment"},
		"S3: an endpoint's scheme":  {"s3://bucket/key?endpoint=https://h", "without https://"},
		"S3: in the clear":          {"s3://bucket/key?endpoint=s3.example&insecure=true", "on this machine"},
		"S3: insecure, perhaps":     {"s3://bucket/key?endpoint=s3.example&insecure=yes", "true or false"},
		"S3: a bucket without form": {"s3://B_/key?endpoint=127.0.0.1:1&insecure=true", "Bucket name"},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := anchor.Open(context.Background(), tt.uri)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Open = %v, %v, want an error that says %q", a, err, tt.want)
			}
		})
	}
}
