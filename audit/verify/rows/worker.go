package rows

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"countersign/audit"
	"countersign/audit/form"

	"golang.org/x/mod/sumdb/tlog"
)

// A Row is an entry on its way through the pipeline, and what its worker found.
type Row struct {
	// Index, JWS and LeafHash are those of the entry; Key and Kind are what is stored beside
	// it, empty where nothing is.
	Index         int64
	JWS, LeafHash string
	Key, Kind     string

	Leaf tlog.Hash
	// Header is the JWS's first part, base64url. Ill says why it is no record at all; then
	// nothing below is there.
	Header string
	Ill    string
	// Known is whose header it bears, nil when nobody's that was known then; Signed says that
	// this key has signed it.
	Known  *Known
	Signed bool
	// Chain is its [audit.ChainHash], Digest that of its record key.
	Chain   [2 * sha256.Size]byte
	Digest  Digest
	Payload form.Payload
	// Facts and Custody are there for the types that have them, Action where the custody is
	// proven: the digest of the challenge that was answered.
	Facts   Facts
	Custody Custody
	Action  Digest
	// Astray says that a step of an approval is told under another key than its own, of which
	// Proper is the digest.
	Astray bool
	Proper Digest

	opened bool // more was done than to hash it
}

// A Digest is the first half of a SHA-256. Two record keys with one digest would be
// reported as reused although they differ, which 2^64 tries might bring about and nobody
// gains from; two equal ones are never missed.
type Digest [16]byte

func digestOf(text []byte) Digest {
	sum := sha256.Sum256(text)
	return Digest(sum[:16])
}

// A Worker opens rows by themselves.
type Worker struct {
	Keys *Keyring
	// HashesOnly leaves all but the leaf hash.
	HashesOnly bool
	scratch    []byte
}

// Open does all that needs nothing but the row. Decoded payloads are put into the arena;
// where it has no room for them, they make their own.
func (w *Worker) Open(r *Row, arena []byte) []byte {
	w.scratch = append(append(w.scratch[:0], 0), r.JWS...)
	r.Leaf = sha256.Sum256(w.scratch)
	if w.HashesOnly {
		return arena
	}
	r.opened = true
	jws := w.scratch[1:]
	first, last := strings.IndexByte(r.JWS, '.'), strings.LastIndexByte(r.JWS, '.')
	switch {
	case len(r.JWS) > audit.MaxEntry:
		r.Ill = "it is longer than a record may be"
		return arena
	case first <= 0 || first == last:
		r.Ill = "it is no compact JWS"
		return arena
	}
	r.Header = r.JWS[:first]
	from := len(arena)
	arena, ok := decode(arena, jws[first+1:last])
	if !ok || r.Payload.Read(arena[from:len(arena):len(arena)]) != nil {
		r.Ill = "its payload is not in the form of the profile"
		return arena
	}
	chain := sha256.Sum256(jws[:last])
	hex.Encode(r.Chain[:], chain[:])
	r.Digest = digestOf(r.Payload.Key)
	if about(r.Payload.Type) {
		r.Facts.read(&r.Payload)
		if step := r.Step(); step != "" && step != form.Text(r.Payload.Key) {
			r.Astray, r.Proper = true, digestOf([]byte(step))
		}
	}
	if k := w.Keys.Find(r.Header); k != nil {
		r.under(k, jws[:last], jws[last+1:])
	}
	return arena
}

// Under checks a row's signature, and the custodian's in it, under a key.
func (w *Worker) Under(r *Row, k *Known) {
	w.scratch = append(w.scratch[:0], r.JWS...)
	last := strings.LastIndexByte(r.JWS, '.')
	r.under(k, w.scratch[:last], w.scratch[last+1:])
}

func (r *Row) under(k *Known, input, spelled []byte) {
	var room [96]byte
	sig, ok := decode(room[:0], spelled)
	r.Known, r.Signed = k, ok && audit.Signed(k.Public, input, sig)
	if audit.Type(r.Payload.Type) == audit.DecisionOutcome && r.Facts.Stands() {
		r.Custody, r.Action = k.custodyOf(r.Facts.Receipt)
	}
}

// strict refuses spare bits that are not nought. It passes over line breaks, which decode
// finds by the length.
var strict = base64.RawURLEncoding.Strict()

// decode appends what base64url says, when it is spelled in the one way.
func decode(to, text []byte) ([]byte, bool) {
	from, n := len(to), strict.DecodedLen(len(text))
	if cap(to)-from < n {
		to = append(make([]byte, 0, from+n), to...)
	}
	got, err := strict.Decode(to[from:from+n], text)
	return to[:from+got], err == nil && got == n && len(text)%4 != 1
}
