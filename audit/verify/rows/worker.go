package verify

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"countersign/audit"
	"countersign/audit/form"

	"golang.org/x/mod/sumdb/tlog"
)

// A row is an entry on its way through the pipeline.
type row struct {
	index         int64
	jws, leafHash string
	key, kind     string // stored beside it

	leaf    tlog.Hash
	header  string // base64url
	ill     string // why it is no record at all
	known   *known // whose header it bears; nil when nobody's that was known then
	signed  bool   // the known key has signed it
	chain   [2 * sha256.Size]byte
	digest  digest // of the record key
	payload form.Payload
	facts   facts
	custody custody
}

// A digest is the first half of a SHA-256. Two record keys with one digest would be
// reported as reused although they differ, which 2^64 tries might bring about and nobody
// gains from; two equal ones are never missed.
type digest [16]byte

// A worker opens rows by themselves.
type worker struct {
	keys       *keyring
	hashesOnly bool
	scratch    []byte
}

// open does all that needs nothing but the row. Decoded payloads are put into the arena,
// which must have room for them.
func (w *worker) open(r *row, arena []byte) []byte {
	w.scratch = append(append(w.scratch[:0], 0), r.jws...)
	r.leaf = sha256.Sum256(w.scratch)
	if w.hashesOnly {
		return arena
	}
	jws := w.scratch[1:]
	first, last := strings.IndexByte(r.jws, '.'), strings.LastIndexByte(r.jws, '.')
	switch {
	case len(r.jws) > audit.MaxEntry:
		r.ill = "it is longer than a record may be"
		return arena
	case first <= 0 || first == last:
		r.ill = "it is no compact JWS"
		return arena
	}
	r.header = r.jws[:first]
	from := len(arena)
	arena, ok := decode(arena, jws[first+1:last])
	if !ok || r.payload.Read(arena[from:len(arena):len(arena)]) != nil {
		r.ill = "its payload is not in the form of the profile"
		return arena
	}
	chain := sha256.Sum256(jws[:last])
	hex.Encode(r.chain[:], chain[:])
	key := sha256.Sum256(r.payload.Key)
	r.digest = digest(key[:16])
	if about(r.payload.Type) {
		r.facts.read(&r.payload)
	}
	if k := w.keys.find(r.header); k != nil {
		r.under(k, jws[:last], jws[last+1:])
	}
	return arena
}

// under checks a row's signature, and the custodian's in it, under a key.
func (w *worker) under(r *row, k *known) {
	w.scratch = append(w.scratch[:0], r.jws...)
	last := strings.LastIndexByte(r.jws, '.')
	r.under(k, w.scratch[:last], w.scratch[last+1:])
}

func (r *row) under(k *known, input, spelled []byte) {
	var room [96]byte
	sig, ok := decode(room[:0], spelled)
	r.known, r.signed = k, ok && audit.Signed(k.public, input, sig)
	if audit.Type(r.payload.Type) == audit.DecisionOutcome && r.facts.stands() {
		r.custody = k.custodyOf(r.facts.receipt)
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
