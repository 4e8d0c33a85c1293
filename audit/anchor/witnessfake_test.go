package anchor_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// fakeWitness is a witness that keeps the promises of c2sp.org/tlog-witness. It shares no
// code with the client.
type fakeWitness struct {
	tb   testing.TB
	name string
	key  ed25519.PrivateKey
	logs map[string]note.Verifier // by origin

	mu     sync.Mutex
	size   map[string]int64
	root   map[string]tlog.Hash
	clock  uint64
	signed int
	// extra are lines that it puts before its own.
	extra string
	// spoil changes what it signs with or answers.
	spoil func(status int, body string) (int, string)
	// onSign is called when it has signed, before it answers.
	onSign func()
}

func newWitness(tb testing.TB, name string, logs ...note.Verifier) *fakeWitness {
	seed := sha256.Sum256([]byte(name))
	w := &fakeWitness{tb: tb, name: name, key: ed25519.NewKeyFromSeed(seed[:]), logs: map[string]note.Verifier{},
		size: map[string]int64{}, root: map[string]tlog.Hash{}, clock: 1_795_341_600}
	for _, l := range logs {
		w.logs[l.Name()] = l
	}
	return w
}

func (w *fakeWitness) public() []byte {
	return append([]byte{4}, w.key.Public().(ed25519.PublicKey)...)
}

func (w *fakeWitness) keyID() []byte {
	sum := sha256.Sum256(append([]byte(w.name+"\n"), w.public()...))
	return sum[:4]
}

// vkey is its key as operators are given it.
func (w *fakeWitness) vkey() string {
	return w.name + "+" + hex.EncodeToString(w.keyID()) + "+" + base64.StdEncoding.EncodeToString(w.public())
}

// cosign is a signature line over a checkpoint's text at a time.
func (w *fakeWitness) cosign(text string, at uint64) string {
	raw := append([]byte{}, w.keyID()...)
	raw = binary.BigEndian.AppendUint64(raw, at)
	raw = append(raw, ed25519.Sign(w.key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text))...)
	return "\u2014 " + w.name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

func (w *fakeWitness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/prefix/add-checkpoint" {
		w.tb.Errorf("%s %s, want POST /prefix/add-checkpoint", r.Method, r.URL)
	}
	status, kind, answer := w.add(string(body))
	if status == http.StatusOK && w.onSign != nil {
		w.onSign()
	}
	if w.spoil != nil {
		status, answer = w.spoil(status, answer)
	}
	rw.Header().Set("Content-Type", kind)
	rw.WriteHeader(status)
	_, _ = rw.Write([]byte(answer))
}

// add does as "add-checkpoint" says, in its order.
func (w *fakeWitness) add(body string) (status int, kind, answer string) {
	const plain = "text/plain; charset=utf-8"
	old, proof, checkpoint, ok := parseRequest(body)
	if !ok {
		return http.StatusBadRequest, plain, "bad request\n"
	}
	origin, _, _ := strings.Cut(checkpoint, "\n")
	log, ok := w.logs[origin]
	if !ok {
		return http.StatusNotFound, plain, "unknown log\n"
	}
	n, err := note.Open([]byte(checkpoint), note.VerifierList(log))
	if err != nil {
		return http.StatusForbidden, plain, "no signature of the log\n"
	}
	fields := strings.Split(n.Text, "\n")
	size, err := strconv.ParseInt(fields[1], 10, 64)
	root, rootErr := base64.StdEncoding.DecodeString(fields[2])
	if err != nil || rootErr != nil || len(root) != 32 || old > size {
		return http.StatusBadRequest, plain, "bad checkpoint\n"
	}
	switch {
	case old != w.size[origin]:
		return http.StatusConflict, "text/x.tlog.size", fmt.Sprintf("%d\n", w.size[origin])
	case old == size && old > 0 && tlog.Hash(root) != w.root[origin]:
		return http.StatusConflict, "text/x.tlog.size", fmt.Sprintf("%d\n", w.size[origin])
	case old == 0 || old == size:
		if len(proof) > 0 {
			return http.StatusUnprocessableEntity, plain, "a proof from nothing\n"
		}
	default:
		if err := tlog.CheckTree(proof, size, tlog.Hash(root), old, w.root[origin]); err != nil {
			return http.StatusUnprocessableEntity, plain, "inconsistent\n"
		}
	}
	w.size[origin], w.root[origin] = size, tlog.Hash(root)
	w.clock++
	w.signed++
	return http.StatusOK, plain, w.extra + w.cosign(n.Text, w.clock)
}

// parseRequest reads the old size line, the proof's lines and the checkpoint.
func parseRequest(body string) (old int64, proof tlog.TreeProof, checkpoint string, ok bool) {
	head, checkpoint, ok := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	number, hasOld := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(number, 10, 64)
	if !ok || !hasOld || err != nil || old < 0 || strconv.FormatInt(old, 10) != number || len(lines)-1 > 63 {
		return 0, nil, "", false
	}
	for _, line := range lines[1:] {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != 32 {
			return 0, nil, "", false
		}
		proof = append(proof, tlog.Hash(h))
	}
	return old, proof, checkpoint, true
}

// A fakeLog is a log whose records are numbers.
type fakeLog struct {
	tb     testing.TB
	signer note.Signer
	known  note.Verifier
	salt   string // another salt is another history
	hashes []tlog.Hash
	size   int64
}

func newLog(tb testing.TB, origin, salt string) *fakeLog {
	tb.Helper()
	skey, vkey, err := note.GenerateKey(zeros{}, origin)
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		tb.Fatal(err)
	}
	known, err := note.NewVerifier(vkey)
	if err != nil {
		tb.Fatal(err)
	}
	return &fakeLog{tb: tb, signer: signer, known: known, salt: salt}
}

// zeros is randomness for keys that are the same in each run.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// ReadHashes is [tlog.HashReader].
func (l *fakeLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, i := range indexes {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

// grow appends records up to a size and returns the signed checkpoint.
func (l *fakeLog) grow(size int64) []byte {
	l.tb.Helper()
	for ; l.size < size; l.size++ {
		more, err := tlog.StoredHashes(l.size, fmt.Appendf(nil, "%s %d", l.salt, l.size), l)
		if err != nil {
			l.tb.Fatal(err)
		}
		l.hashes = append(l.hashes, more...)
	}
	return l.checkpoint(size)
}

func (l *fakeLog) checkpoint(size int64) []byte {
	l.tb.Helper()
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		l.tb.Fatal(err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", l.signer.Name(), size, base64.StdEncoding.EncodeToString(root[:]))
	msg, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		l.tb.Fatal(err)
	}
	return msg
}

func (l *fakeLog) prove(size, old int64) []tlog.Hash {
	l.tb.Helper()
	proof, err := tlog.ProveTree(size, old, l)
	if err != nil {
		l.tb.Fatal(err)
	}
	return proof
}
