package anchor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/audit/anchor"

	"pgregory.net/rapid"
)

// s3 is a store and the URI of an anchor in it.
func s3(t *testing.T) (*fakeS3, string) {
	t.Helper()
	f := &fakeS3{tb: t, objects: map[string][]byte{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hunter2hunter2")
	t.Setenv("AWS_SESSION_TOKEN", "")
	return f, "s3://trail/log/checkpoint?insecure=true&endpoint=" + strings.TrimPrefix(server.URL, "http://")
}

func TestAnObjectIsAnAnchor(t *testing.T) {
	_, uri := s3(t)
	n := 0
	anchored(t, func(*rapid.T) anchor.Anchor {
		n++
		return open(t, strings.Replace(uri, "checkpoint", fmt.Sprint("checkpoint", n), 1))
	})
}

func TestOfManyWritersToAnObjectOneWins(t *testing.T) {
	_, uri := s3(t)
	race(t, func() anchor.Anchor { return open(t, uri) })
}

func TestCredentialsComeFromTheFileToo(t *testing.T) {
	_, uri := s3(t)
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id = AKIATEST\naws_secret_access_key = hunter2hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	a := open(t, uri)
	if err := a.Swap(context.Background(), nil, content(1)); err != nil {
		t.Errorf("Swap: %v", err)
	}
	if strings.Contains(a.String(), "hunter2") {
		t.Errorf("String holds the secret: %s", a)
	}
}

// The pair of fault tests, the answer was lost and the effect was lost, with two of their
// kin: all end with the effect having happened once.

func TestALostAnswerIsNoLostWrite(t *testing.T) {
	ctx := context.Background()
	f, uri := s3(t)
	a := open(t, uri)
	f.mu.Lock()
	before, lost := f.puts, 0
	f.lose = func(*http.Request) bool { lost++; return true }
	f.mu.Unlock()
	for n := range 5 {
		var old []byte
		if n > 0 {
			old = content(n - 1)
		}
		if err := a.Swap(ctx, old, content(n)); err != nil {
			t.Fatalf("Swap %d = %v", n, err)
		}
		kept, err := open(t, uri).Load(ctx)
		if err != nil || !bytes.Equal(kept, content(n)) {
			t.Fatalf("Load = %.20q, %v, want %d", kept, err, n)
		}
	}
	if f.puts != before+5 || lost != 5 {
		t.Errorf("%d writes and %d lost answers, want 5 of each", f.puts-before, lost)
	}
}

func TestALostEffectIsTriedAgain(t *testing.T) {
	ctx := context.Background()
	f, uri := s3(t)
	a := open(t, uri)
	f.mu.Lock()
	before, times := f.puts, 0
	f.deny = func(r *http.Request) (int, string) {
		if times++; r.Method == http.MethodPut && times%2 == 1 {
			return http.StatusServiceUnavailable, "SlowDown"
		}
		return 0, ""
	}
	f.mu.Unlock()
	if err := a.Swap(ctx, nil, content(1)); err != nil {
		t.Errorf("Swap = %v", err)
	}
	if f.puts != before+1 {
		t.Errorf("%d writes, want 1", f.puts-before)
	}
}

func TestAConflictIsTriedAgain(t *testing.T) {
	ctx := context.Background()
	f, uri := s3(t)
	a := open(t, uri)
	conflicts := 0
	f.mu.Lock()
	f.deny = func(r *http.Request) (int, string) {
		if r.Method == http.MethodPut && conflicts < 2 {
			conflicts++
			return http.StatusConflict, "ConditionalRequestConflict"
		}
		return 0, ""
	}
	f.mu.Unlock()
	if err := a.Swap(ctx, nil, content(1)); err != nil || conflicts != 2 {
		t.Errorf("Swap = %v after %d conflicts", err, conflicts)
	}
}

func TestALostAnswerIsFoundOutLater(t *testing.T) {
	ctx := context.Background()
	f, uri := s3(t)
	a := open(t, uri)
	down := false
	f.mu.Lock()
	f.lose = func(*http.Request) bool { down = true; return true }
	f.deny = func(*http.Request) (int, string) {
		if down {
			return http.StatusForbidden, "AccessDenied"
		}
		return 0, ""
	}
	f.mu.Unlock()
	if err := a.Swap(ctx, nil, content(1)); !errors.Is(err, anchor.ErrStore) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Swap = %v, want ErrStore", err)
	}
	f.mu.Lock()
	before := f.puts
	f.lose, f.deny = nil, nil
	f.mu.Unlock()
	if err := a.Swap(ctx, nil, content(1)); err != nil || f.puts != before {
		t.Errorf("Swap again = %v with %d writes more, want none", err, f.puts-before)
	}
}

func TestAStoreThatKnowsNoConditionsIsRefused(t *testing.T) {
	for _, deaf := range []string{"If-Match", "If-None-Match"} {
		f, uri := s3(t)
		f.deaf = deaf
		for range 2 { // whether the object of the trial is there already or not
			if a, err := anchor.Open(context.Background(), uri); !errors.Is(err, anchor.ErrURI) || !strings.Contains(err.Error(), "ignores "+deaf) {
				t.Errorf("Open = %v, %v, want ErrURI: the store ignores %s", a, err, deaf)
			}
		}
	}
}

func TestWhatAStoreRefusesSaysWhatToDo(t *testing.T) {
	ctx := context.Background()
	f, uri := s3(t)
	if a, err := anchor.Open(ctx, strings.Replace(uri, "trail", "other", 1)); !errors.Is(err, anchor.ErrStore) || !strings.Contains(err.Error(), "make the bucket") {
		t.Errorf("no bucket: Open = %v, %v, want ErrStore that says to make it", a, err)
	}
	a := open(t, uri)
	f.mu.Lock()
	f.objects["log/checkpoint"] = []byte{}
	f.mu.Unlock()
	if kept, err := a.Load(ctx); !errors.Is(err, anchor.ErrStore) {
		t.Errorf("an empty object: Load = %q, %v, want ErrStore", kept, err)
	}
	f.mu.Lock()
	f.objects["log/checkpoint"] = make([]byte, 300<<10)
	f.mu.Unlock()
	if kept, err := a.Load(ctx); !errors.Is(err, anchor.ErrStore) {
		t.Errorf("a large object: Load = %d bytes, %v, want ErrStore", len(kept), err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
	if a, err := anchor.Open(ctx, uri); !errors.Is(err, anchor.ErrStore) || !strings.Contains(err.Error(), "credentials") {
		t.Errorf("wrong credentials: Open = %v, %v, want ErrStore that says so", a, err)
	}
}
