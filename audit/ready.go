package audit

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"countersign/audit/jws"
)

// Seal signs a draft for its place. It must run inside the transaction that
// appends the entry, with the head locked: two records must never take one place.
func (s *Signer) Seal(d Draft, head Head) (Entry, error) {
	u, err := s.Prepare(d, head)
	if err != nil {
		return Entry{}, err
	}
	return u.Sign()
}

// Prepare gives a draft its place. Like Seal, it must run with the head locked.
func (s *Signer) Prepare(d Draft, head Head) (Unsigned, error) {
	r, err := s.Ready(d)
	if err != nil {
		return Unsigned{}, err
	}
	return r.At(head)
}

// A Ready is a draft that wants only its place: all of its record is written but what the
// place says. It is made before the head is locked, so that many are made at once, and who
// holds the lock has little to do.
type Ready struct {
	Draft Draft
	// KeyID is of the key that will sign.
	KeyID string

	signer *Signer
	header string // base64url
	middle []byte // the members between the ID and the time, with the commas around them
	body   []byte // nil where it names its place
	facets []Facet
}

// Ready makes a draft ready for its place. What no verifier would accept fails here.
func (s *Signer) Ready(d Draft) (*Ready, error) {
	pub := s.Key.Public()
	head, err := ProtectedHeader(pub)
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", d.Key, err)
	}
	names, err := marshal(struct {
		Type    Type   `json:"type"`
		Key     string `json:"key"`
		Lineage string `json:"lineage,omitempty"`
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
	}{d.Type, d.Key, d.Lineage, s.Issuer, s.Subject})
	if err != nil {
		return nil, fmt.Errorf("seal %s: %w", d.Key, err)
	}
	names[0], names[len(names)-1] = ',', ',' // the braces
	r := &Ready{Draft: d, KeyID: jws.KeyID(pub), signer: s, header: head, middle: names}
	if _, later := d.Body.(func(index int64) any); later {
		return r, nil
	}
	return r, r.fill(d.Body)
}

// fill writes the body.
func (r *Ready) fill(body any) (err error) {
	if r.body, err = marshal(body); err != nil {
		return fmt.Errorf("seal %s: %w", r.Draft.Key, err)
	}
	// Never sign what a verifier refuses: a key in broken UTF-8, say, would make a
	// record that stands on the trail for ever and never verifies. Whatever the place, its
	// numbers and hashes are spelled as in this one.
	rec, err := parse(r.payload(r.record(zeroID, Head{})))
	if err != nil {
		return fmt.Errorf("seal %q: no verifier would accept it: %v", r.Draft.Key, err) //nolint:errorlint // not forged: never signed
	}
	r.facets = rec.facetsOf(body)
	return nil
}

// An Unsigned is a record in its place that wants only its signature. What follows it
// in its author's chain does not wait for that: [Head.After] needs the Input alone, so
// that the records of a group are signed side by side.
type Unsigned struct {
	// Input is the JWS signing input: the protected header, a dot and the payload.
	Input  string
	Record Record
	// Facets are what the record can be found by.
	Facets []Facet
	signer *Signer
}

// At gives the draft its place. It must run with the head locked, and only once.
func (r *Ready) At(head Head) (Unsigned, error) {
	if err := head.check(); err != nil {
		return Unsigned{}, fmt.Errorf("seal %s: %w", r.Draft.Key, err)
	}
	if place, later := r.Draft.Body.(func(index int64) any); later {
		if err := r.fill(place(head.Index)); err != nil {
			return Unsigned{}, err
		}
	}
	rec := r.record("", head)
	rec.ID = newID(rec.At)
	u := Unsigned{Input: r.header + "." + b64(r.payload(rec)), Record: rec, Facets: r.facets, signer: r.signer}
	if n := len(u.Input) + 1 + b64Len(signatureSize); n > MaxEntry {
		return Unsigned{}, fmt.Errorf("%w: %s has %d bytes, at most %d; keep evidence by digest", ErrTooLarge, r.Draft.Key, n, MaxEntry)
	}
	return u, nil
}

// zeroID is a UUID for a record that nobody will see.
const zeroID = "00000000-0000-7000-8000-000000000000"

// record is the record at a place, now.
func (r *Ready) record(id string, head Head) Record {
	at := r.signer.Now().UTC().Truncate(time.Microsecond)
	return Record{
		Version: Version, ID: id, Type: r.Draft.Type, Key: r.Draft.Key, Lineage: r.Draft.Lineage,
		Issuer: r.signer.Issuer, Subject: r.signer.Subject, At: at,
		Index: head.Index, Seq: head.Seq, Prev: head.Prev, Body: r.body,
	}
}

// payload is what encoding/json writes of a record of the draft, in the form of package form.
func (r *Ready) payload(rec Record) []byte {
	b := make([]byte, 0, len(r.middle)+len(r.body)+256)
	b = append(b, `{"v":1,"id":"`...)
	b = append(b, rec.ID...)
	b = append(b, '"')
	b = append(b, r.middle...)
	b = append(b, `"at":"`...)
	b = rec.At.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","index":`...)
	b = strconv.AppendInt(b, rec.Index, 10)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, rec.Seq, 10)
	b = append(b, `,"prev":"`...)
	b = append(b, rec.Prev...)
	b = append(b, `","body":`...)
	b = append(b, r.body...)
	return append(b, '}')
}

// Sign asks the key for the signature.
func (u Unsigned) Sign() (Entry, error) {
	sig, err := sign(u.signer.Key, []byte(u.Input))
	if err != nil {
		return Entry{}, fmt.Errorf("sign %s: %w", u.Record.Key, err)
	}
	jws := u.Input + "." + b64(sig)
	return Entry{Index: u.Record.Index, JWS: jws, LeafHash: LeafHash(jws), Record: u.Record}, nil
}

// newID is a UUIDv7 (RFC 9562 §5.7): 48 bits of milliseconds, the rest at random. It is
// written out here so that a verifier needs no library for it.
func newID(at time.Time) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	ms := at.UnixMilli()
	for i := range 6 {
		b[i] = byte(ms >> (40 - 8*i))
	}
	b[6], b[8] = b[6]&0x0f|0x70, b[8]&0x3f|0x80
	var text [36]byte
	for i, from := 0, 0; i < len(b); i++ {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text[from] = '-'
			from++
		}
		hex.Encode(text[from:], b[i:i+1])
		from += 2
	}
	return string(text[:])
}

func b64Len(n int) int { return base64.RawURLEncoding.EncodedLen(n) }
