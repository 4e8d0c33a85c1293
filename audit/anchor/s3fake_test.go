package anchor_test

import (
	"crypto/md5" //nolint:gosec // ETags
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
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
	refuse := func(status int, code string) { refuseS3(w, r, status, code) }
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
		f.put(w, r, key, body)
	default:
		f.tb.Errorf("unexpected %s %s", r.Method, r.URL)
		refuse(http.StatusMethodNotAllowed, "MethodNotAllowed")
	}
}

// put writes an object when the conditions hold.
func (f *fakeS3) put(w http.ResponseWriter, r *http.Request, key string, body []byte) {
	kept, there := f.objects[key]
	sum := sha256.Sum256(body)
	match, except := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case r.Header.Get("X-Amz-Content-Sha256") != hex.EncodeToString(sum[:]):
		refuseS3(w, r, http.StatusBadRequest, "XAmzContentSHA256Mismatch")
		return
	case except == "*" && there && f.deaf != "If-None-Match":
		refuseS3(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	case match != "" && !there && f.deaf != "If-Match":
		refuseS3(w, r, http.StatusNotFound, "NoSuchKey")
		return
	case match != "" && match != etag(kept) && f.deaf != "If-Match":
		refuseS3(w, r, http.StatusPreconditionFailed, "PreconditionFailed")
		return
	}
	f.objects[key] = body
	f.puts++
	if f.lose != nil && f.lose(r) {
		panic(http.ErrAbortHandler) // cuts the connection
	}
	w.Header().Set("ETag", etag(body))
}

func refuseS3(w http.ResponseWriter, r *http.Request, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>no</Message><Resource>%s</Resource></Error>", code, r.URL.Path)
}

func etag(content []byte) string {
	sum := md5.Sum(content) //nolint:gosec // ETags
	return `"` + hex.EncodeToString(sum[:]) + `"`
}
