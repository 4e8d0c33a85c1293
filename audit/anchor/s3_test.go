package anchor_test

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // ETags
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign/audit/anchor"

	"pgregory.net/rapid"
)

// fakeS3 is an S3-compatible store with one bucket, called trail, that keeps the real
// one's promises about conditional writes (Amazon S3 user guide, "Conditional writes").
type fakeS3 struct {
	tb testing.TB

	mu      sync.Mutex
	objects map[string][]byte
	puts    int
	// lose cuts the connection instead of answering, behind the effect, when it says so.
	lose func(r *http.Request) bool
	// deny answers before anything is done, unless it is 0.
	deny func(r *http.Request) (status int, code string)
	// deaf ignores the header of this name, as stores do that know no conditions.
	deaf string
}

func (f *fakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	refuse := func(status int, code string) {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message><Resource>%s</Resource></Error>", code, r.URL.Path)
	}
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIATEST/") {
		refuse(http.StatusForbidden, "AccessDenied")
		return
	}
	if f.deny != nil {
		if status, code := f.deny(r); status != 0 {
			refuse(status, code)
			return
		}
	}
	key, ok := strings.CutPrefix(r.URL.Path, "/trail/")
	if !ok {
		refuse(http.StatusNotFound, "NoSuchBucket")
		return
	}
	kept, there := f.objects[key]
	switch r.Method {
	case http.MethodGet:
		if !there {
			refuse(http.StatusNotFound, "NoSuchKey")
			return
		}
		w.Header().Set("ETag", etag(kept))
		w.Header().Set("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
		w.Header().Set("Content-Length", fmt.Sprint(len(kept)))
		_, _ = w.Write(kept)
	case http.MethodPut:
		sum := sha256.Sum256(body)
		if r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]) {
			refuse(http.StatusBadRequest, "XAmzContentSHA256Mismatch")
			return
		}
		match, except := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
		switch {
		case except == "*" && there && f.deaf != "If-None-Match":
			refuse(http.StatusPreconditionFailed, "PreconditionFailed")
			return
		case match != "" && !there && f.deaf != "If-Match":
			refuse(http.StatusNotFound, "NoSuchKey")
			return
		case match != "" && match != etag(kept) && f.deaf != "If-Match":
			refuse(http.StatusPreconditionFailed, "PreconditionFailed")
			return
		}
		f.objects[key] = body
		f.puts++
		if f.lose != nil && f.lose(r) {
			panic(http.ErrAbortHandler) // cuts the connection
		}
		w.Header().Set("ETag", etag(body))
	default:
		f.tb.Errorf("unexpected %s %s", r.Method, r.URL)
		refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

func etag(content []byte) string {
	sum := md5.Sum(content) //nolint:gosec // ETags
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

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

// The pair of fault tests: the effect was lost, and the answer was lost. Both end with
// the effect having happened once.
func TestALostAnswerAndALostEffectEndAlike(t *testing.T) {
	ctx := context.Background()
	t.Run("answers of the first and of a later write", func(t *testing.T) {
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
	})
	t.Run("effects", func(t *testing.T) {
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
	})
	t.Run("two write at once", func(t *testing.T) {
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
	})
	t.Run("the answer, and then the store", func(t *testing.T) {
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
	})
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
