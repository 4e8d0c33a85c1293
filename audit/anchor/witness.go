package anchor

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign/audit/tree"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var (
	// ErrStale means that a witness has signed another size of the log than the caller
	// believes. The error is a [StaleError], which says which.
	ErrStale = errors.New("witness knows another size of the log")

	// ErrForked means that a witness has signed another tree, or that the proof does not
	// show that its tree is a beginning of ours: the log was rewritten or rolled back.
	ErrForked = errors.New("witness has signed another history of the log")

	// ErrWitness means that a witness did not answer as the protocol says, or does not
	// know us. The message says what to do.
	ErrWitness = errors.New("witness did not sign")
)

// A StaleError says what size of the log a witness has signed last. It wraps [ErrStale].
type StaleError struct {
	// Size is in records.
	Size int64
}

// Error names the size.
func (e *StaleError) Error() string {
	return fmt.Sprintf("%v: it has signed %d records", ErrStale, e.Size)
}

// Unwrap is [ErrStale].
func (e *StaleError) Unwrap() error { return ErrStale }

const (
	// witnessTimeout bounds one request to a witness.
	witnessTimeout = 10 * time.Second
	// maxWitnessAnswer bounds what is read of an answer: some signatures.
	maxWitnessAnswer = 64 << 10
	// maxProof is how many hashes a proof may have (C2SP tlog-witness, "add-checkpoint").
	maxProof = 63
	// witnessTries is how often [Witness.Cosign] follows a witness that has moved.
	witnessTries = 4
)

// A Witness signs that a checkpoint extends the last one that it signed: a client of
// c2sp.org/tlog-witness. It is safe for concurrent use.
type Witness struct {
	// URL is the submission prefix: https, or http on this machine.
	URL string
	// Key verifies the witness's signatures: see [NewCosignatureVerifier].
	Key note.Verifier
	// Client defaults to one that follows no redirects. A request is bounded to ten
	// seconds, whatever its Timeout.
	Client *http.Client

	mu   sync.Mutex
	size int64 // what it has signed last, as far as we know
}

// String is the witness's name and address.
func (w *Witness) String() string {
	u, err := url.Parse(w.URL)
	if err != nil {
		return w.Key.Name()
	}
	return w.Key.Name() + " (" + u.Redacted() + ")"
}

// Cosign returns the checkpoint with the witness's signature. Prove makes the proof that
// the tree of old records is a beginning of the checkpoint's (RFC 6962 §2.1.2); it is asked
// once the witness has said what it signed last. A [StaleError] of a size above the
// checkpoint's means that the witness knows a longer log: another process's, or one that
// was rolled back.
func (w *Witness) Cosign(ctx context.Context, checkpoint []byte, prove func(ctx context.Context, old int64) ([]tlog.Hash, error)) ([]byte, error) {
	c, err := tree.ReadCheckpoint(checkpoint)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	old := w.size
	w.mu.Unlock()
	for range witnessTries {
		if old > c.Size {
			old = 0 // what we remember is of a later checkpoint: let the witness say
		}
		var proof []tlog.Hash
		if old > 0 && old < c.Size {
			if proof, err = prove(ctx, old); err != nil {
				return nil, fmt.Errorf("prove that %d records begin %d: %w", old, c.Size, err)
			}
		}
		var cosigs []byte
		cosigs, err = w.AddCheckpoint(ctx, old, proof, checkpoint)
		if err == nil {
			w.remember(c.Size)
			return Merge(checkpoint, cosigs)
		}
		var stale *StaleError
		if !errors.As(err, &stale) {
			return nil, err
		}
		w.remember(stale.Size)
		if old = stale.Size; old > c.Size {
			return nil, err
		}
	}
	return nil, err // somebody else moves it as fast as we follow
}

func (w *Witness) remember(size int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.size = size
}

// AddCheckpoint asks the witness to sign a checkpoint of which it has signed the beginning
// of oldSize records, 0 for none. It returns the witness's signature lines, verified; lines
// of keys that are not w.Key are left out.
func (w *Witness) AddCheckpoint(ctx context.Context, oldSize int64, proof []tlog.Hash, checkpoint []byte) (cosigs []byte, err error) {
	to, err := w.address()
	if err != nil {
		return nil, err
	}
	c, err := tree.ReadCheckpoint(checkpoint)
	switch {
	case err != nil:
		return nil, err
	case oldSize < 0 || oldSize > c.Size:
		return nil, fmt.Errorf("%w: old size %d, the checkpoint has %d", ErrWitness, oldSize, c.Size)
	case len(proof) > maxProof || (len(proof) > 0 && (oldSize == 0 || oldSize == c.Size)):
		return nil, fmt.Errorf("%w: a proof of %d hashes from %d to %d records, want 63 at most, none from nothing and none to the same", ErrWitness, len(proof), oldSize, c.Size)
	}
	ctx, cancel := context.WithTimeout(ctx, witnessTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(addCheckpointBody(oldSize, proof, checkpoint)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWitness, err)
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	resp, err := w.client().Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w: is its URL right, and the witness up and reachable?", ErrWitness, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxWitnessAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrWitness, err)
	case len(answer) > maxWitnessAnswer:
		return nil, fmt.Errorf("%w: its answer is longer than %d bytes: is it a witness?", ErrWitness, maxWitnessAnswer)
	case resp.StatusCode != http.StatusOK:
		return nil, refusal(resp, answer, c, oldSize)
	}
	return w.ours(checkpoint, answer)
}

// addCheckpointBody is C2SP tlog-witness, "add-checkpoint".
func addCheckpointBody(oldSize int64, proof []tlog.Hash, checkpoint []byte) []byte {
	var b bytes.Buffer
	b.WriteString("old " + strconv.FormatInt(oldSize, 10) + "\n")
	for _, h := range proof {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(checkpoint)
	return b.Bytes()
}

// ours is the lines of an answer that the witness's key has signed.
func (w *Witness) ours(checkpoint, answer []byte) ([]byte, error) {
	lines, err := signatureLines(answer)
	if err != nil {
		return nil, fmt.Errorf("%w: it answered 200 with something else: %w", ErrWitness, err)
	}
	n, err := unsigned(checkpoint)
	if err != nil {
		return nil, err
	}
	var cosigs []byte
	for _, l := range lines {
		if l.Name != w.Key.Name() || l.Hash != w.Key.KeyHash() {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(l.Base64)
		if err != nil || len(raw) < 4 || !oneSpelling(l) || !w.Key.Verify([]byte(n.Text), raw[4:]) {
			return nil, fmt.Errorf("%w: %w: its signature is not its key's over this checkpoint", ErrWitness, ErrCosignature)
		}
		if cosigs == nil { // one is enough; the others must be good too
			cosigs = []byte(signatureLine(l))
		}
	}
	if len(cosigs) == 0 {
		return nil, fmt.Errorf("%w: %w: it signed with other keys than %s: ask the witness for its present key", ErrWitness, ErrCosignature, w.Key.Name())
	}
	return cosigs, nil
}

// refusal says what a status means (C2SP tlog-witness, "add-checkpoint").
func refusal(resp *http.Response, answer []byte, c tree.Checkpoint, oldSize int64) error {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch resp.StatusCode {
	case http.StatusConflict:
		text, _ := strings.CutSuffix(string(answer), "\n")
		size, err := strconv.ParseInt(text, 10, 64)
		known := kind == "text/x.tlog.size" && err == nil && size >= 0 && strconv.FormatInt(size, 10)+"\n" == string(answer)
		switch {
		case known && size != oldSize:
			return &StaleError{Size: size}
		case oldSize == c.Size: // then it is the root that it minds
			return fmt.Errorf("%w: at %d records, with another root", ErrForked, c.Size)
		}
		return fmt.Errorf("%w: it answered 409 without a size that it knows instead of %d", ErrWitness, oldSize)
	case http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: the proof from %d to %d records does not hold against what it signed", ErrForked, oldSize, c.Size)
	case http.StatusForbidden:
		return fmt.Errorf("%w: it knows log %q by another key: give the witness the key that signs now", ErrWitness, c.Origin)
	case http.StatusNotFound:
		return fmt.Errorf("%w: it does not know log %q: have the witness add its origin and key, or mend its URL", ErrWitness, c.Origin)
	case http.StatusBadRequest:
		return fmt.Errorf("%w: it cannot read our request (400): does it speak c2sp.org/tlog-witness?", ErrWitness)
	}
	return fmt.Errorf("%w: status %d: try again later", ErrWitness, resp.StatusCode)
}

// address is where to post.
func (w *Witness) address() (string, error) {
	if w.Key == nil {
		return "", fmt.Errorf("%w: it has no key", ErrWitness)
	}
	u, err := url.Parse(w.URL)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http"):
		return "", fmt.Errorf("%w: URL of %s, want https://host/prefix", ErrWitness, w.Key.Name())
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fmt.Errorf("%w: URL of %s is http: use https, which is needed off this machine", ErrWitness, w.Key.Name())
	}
	return strings.TrimSuffix(w.URL, "/") + "/add-checkpoint", nil
}

// defaultClient follows no redirects: another address is another witness.
var defaultClient = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (w *Witness) client() *http.Client {
	if w.Client != nil {
		return w.Client
	}
	return defaultClient
}
