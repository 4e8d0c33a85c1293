package audit_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"countersign/audit"

	"pgregory.net/rapid"
)

// about is a record about a key, as a service account would have signed it.
func about(t testing.TB, who string, index int64, kind audit.Type, body any) audit.Record {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Record{Version: 1, Type: kind, Key: "k", Issuer: "treasury", Subject: who, Index: index, Body: text}
}

// enrols is the enrolment of a name's key.
func enrols(t testing.TB, use audit.KeyUse, subject, name string, from int64) audit.Enrolment {
	t.Helper()
	e, err := audit.NewEnrolment("treasury", use, subject, from, key(name))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func idOf(name string) string { return audit.KeyID(public(key(name))) }

// founded knows ana's key from index 0 on, and the log's from 1.
func founded(t testing.TB) *audit.Registry {
	t.Helper()
	r := &audit.Registry{}
	for i, e := range []audit.Enrolment{enrols(t, audit.RecordKey, "ana", "ana", 0), enrols(t, audit.LogKey, "log", "log", 1)} {
		if err := r.ApplyBy(about(t, "ana", int64(i), audit.KeyEnrolled, e), idOf("ana")); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// A rule is what the comments say of one key, in the simplest words: every event is kept,
// and asked.
type rule struct {
	by               string
	at, from         int64
	retired, revoked int64 // the first index it may not sign at, -1 for none
}

// rules are the model that a registry is compared with.
type rules map[string]*rule

// until is the first index that a key may not sign at, -1 for none.
func (m rules) until(name string) int64 {
	k := m[name]
	end := k.retired
	if f := m.revoked(name); f >= 0 && (end < 0 || f < end) {
		end = f
	}
	return end
}

// revoked is from when on a key is not believed: by its own revocation, or from its
// beginning when who enrolled it was not believed then.
func (m rules) revoked(name string) int64 {
	k := m[name]
	if k.by != name {
		if f := m.revoked(k.by); f >= 0 && k.at >= f {
			return k.from
		}
	}
	return k.revoked
}

func TestAKeyIsValidByTheIndexOfWhatItSigns(t *testing.T) {
	names := []string{"ana", "bo", "cy", "dee", "eve"}
	rapid.Check(t, func(rt *rapid.T) {
		r, m := &audit.Registry{}, rules{}
		last := int64(rapid.IntRange(2, 24).Draw(rt, "records"))
		for index := range last {
			signer := "ana"
			var valid []string
			for _, n := range names {
				if _, ok := r.Key(idOf(n), n, index); ok {
					valid = append(valid, n)
				}
			}
			if index > 0 {
				if len(valid) == 0 {
					break
				}
				signer = rapid.SampledFrom(valid).Draw(rt, "signer")
			}
			m.event(rt, t, r, signer, rapid.SampledFrom(names).Draw(rt, "name"), index)
			m.compare(rt, r, names, last+2)
		}
	})
}

// event has one thing happen to a key and expects the registry to take it or not.
func (m rules) event(rt *rapid.T, t *testing.T, r *audit.Registry, signer, name string, index int64) {
	kind := rapid.IntRange(0, 3).Draw(rt, "kind")
	k := m[name]
	var rec audit.Record
	var takes bool
	var change func()
	switch {
	case index == 0 || kind == 0:
		if index == 0 {
			name, k = signer, nil
		}
		rec, takes = about(t, signer, index, audit.KeyEnrolled, enrols(t, audit.RecordKey, name, name, index)), k == nil
		change = func() { m[name] = &rule{by: signer, at: index, from: index, retired: -1, revoked: -1} }
	case kind == 1:
		rec = about(t, signer, index, audit.KeyRetired, audit.KeyEnd{KeyID: idOf(name), From: index + 1})
		takes = k != nil && m.until(name) < 0
		change = func() { k.retired = index + 1 }
	case kind == 2:
		from := rapid.Int64Range(-1, index+2).Draw(rt, "from")
		rec = about(t, signer, index, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf(name), From: from})
		takes = k != nil && m.revoked(name) < 0 && from >= k.from && from <= index+1
		change = func() { k.revoked = from }
	default:
		rec, takes, change = audit.Record{Type: audit.EventStray, Index: index}, true, func() {}
	}
	before := r.All()
	if err := r.ApplyBy(rec, idOf(signer)); (err == nil) != takes || err != nil && !errors.Is(err, audit.ErrRegistry) {
		rt.Fatalf("%s of %s by %s at %d = %v, want it taken: %v", rec.Type, name, signer, index, err, takes)
	}
	if takes {
		change()
	} else if !reflect.DeepEqual(r.All(), before) {
		rt.Fatalf("%s of %s at %d was refused and changed the registry", rec.Type, name, index)
	}
}

func (m rules) compare(rt *rapid.T, r *audit.Registry, names []string, last int64) {
	for _, name := range names {
		for i := int64(-1); i <= last; i++ {
			want := false
			if k := m[name]; k != nil {
				end := m.until(name)
				want = i >= k.from && (end < 0 || i < end)
			}
			if pub, ok := r.Key(idOf(name), name, i); ok != want || ok && !public(key(name)).Equal(pub) {
				rt.Fatalf("key of %s at %d is valid: %v, want %v", name, i, ok, want)
			}
			if _, ok := r.Key(idOf(name), "somebody else", i); ok {
				rt.Fatalf("key of %s is valid for somebody else", name)
			}
			if _, ok := r.CheckpointKey(idOf(name), name, i); ok {
				rt.Fatalf("key of %s signs records and checkpoints", name)
			}
		}
	}
}

func TestRecordsAboutKeysThatDoNotCount(t *testing.T) {
	good := func() audit.Enrolment { return enrols(t, audit.RecordKey, "bo", "bo", 7) }
	enrolled := func(change func(*audit.Enrolment)) audit.Record {
		e := good()
		change(&e)
		return about(t, "ana", 7, audit.KeyEnrolled, e)
	}
	text := func(old, with string) audit.Record {
		rec := about(t, "ana", 7, audit.KeyEnrolled, good())
		rec.Body = json.RawMessage(strings.Replace(string(rec.Body), old, with, 1))
		return rec
	}
	for name, rec := range map[string]audit.Record{
		"no body":                    about(t, "ana", 7, audit.KeyEnrolled, nil),
		"a text":                     about(t, "ana", 7, audit.KeyEnrolled, "bo"),
		"another kid":                enrolled(func(e *audit.Enrolment) { e.KeyID = idOf("cy") }),
		"another key":                enrolled(func(e *audit.Enrolment) { e.Key = enrols(t, audit.RecordKey, "cy", "cy", 7).Key }),
		"no proof":                   enrolled(func(e *audit.Enrolment) { e.Proof = "" }),
		"proof of another subject":   enrolled(func(e *audit.Enrolment) { e.Subject = "cy" }),
		"proof of another use":       enrolled(func(e *audit.Enrolment) { e.Use = audit.LogKey }),
		"no subject":                 about(t, "ana", 7, audit.KeyEnrolled, enrols(t, audit.RecordKey, "", "bo", 7)),
		"another use":                about(t, "ana", 7, audit.KeyEnrolled, enrols(t, "payload", "bo", "bo", 7)),
		"from before":                enrolled(func(e *audit.Enrolment) { e.From = 6 }),
		"from 0, not the first":      enrolled(func(e *audit.Enrolment) { e.From = 0 }),
		"from later":                 enrolled(func(e *audit.Enrolment) { e.From = 8 }),
		"enrolled already":           about(t, "ana", 7, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "ana", 7)),
		"a log key's":                about(t, "ana", 7, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "log", 7)),
		"no credential's signature":  enrolled(func(e *audit.Enrolment) { e.Credential = &audit.Credential{ID: "cr"} }),
		"kid twice":                  text(`{"kid":`, `{"kid":"x","kid":`),
		"kid in two cases":           text(`{"kid":`, `{"KID":"x","kid":`),
		"jwk twice inside":           text(`"kty":`, `"kty":"EC","kty":`),
		"end of nobody":              about(t, "ana", 7, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("bo"), From: 8}),
		"retired from before":        about(t, "ana", 7, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("ana"), From: 7}),
		"revoked from before it was": about(t, "ana", 7, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf("log"), From: 0}),
		"revoked from later":         about(t, "ana", 7, audit.KeyRevoked, audit.KeyEnd{KeyID: idOf("ana"), From: 9}),
	} {
		r := founded(t)
		before := r.All()
		if err := r.Apply(rec); !errors.Is(err, audit.ErrRegistry) || !reflect.DeepEqual(r.All(), before) {
			t.Errorf("%s: Apply = %v, want ErrRegistry and nothing changed", name, err)
		}
	}
	for _, rec := range []audit.Record{about(t, "ana", 7, audit.KeyEnrolled, good()), about(t, "ana", 7, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("ana"), From: 8})} {
		rec.Issuer = "other"
		if err := founded(t).Apply(rec); !errors.Is(err, audit.ErrRegistry) {
			t.Errorf("Apply of a %s of another deployment = %v, want ErrRegistry", rec.Type, err)
		}
	}
	if err := founded(t).Apply(about(t, "ana", 7, audit.KeyEnrolled, good())); err != nil {
		t.Errorf("Apply of a good enrolment = %v", err)
	}
}

// The first key of a log enrols itself; nobody else does, then or later.
func TestTheFirstKeyEnrolsItself(t *testing.T) {
	var empty audit.Registry
	ana := enrols(t, audit.RecordKey, "ana", "ana", 0)
	rec := about(t, "ana", 3, audit.KeyEnrolled, ana)
	if pub, ok := empty.Candidate(rec, idOf("ana")); !ok || !public(key("ana")).Equal(pub) {
		t.Error("the first enrolment is not opened with its own key")
	}
	for name, c := range map[string]struct {
		rec audit.Record
		kid string
	}{
		"under another key":       {rec, idOf("bo")},
		"of another subject":      {about(t, "bo", 0, audit.KeyEnrolled, ana), idOf("ana")},
		"of a log key":            {about(t, "log", 0, audit.KeyEnrolled, enrols(t, audit.LogKey, "log", "log", 0)), idOf("log")},
		"that is no enrolment":    {about(t, "ana", 0, audit.KeyRetired, ana), idOf("ana")},
		"of a key without proof":  {about(t, "ana", 0, audit.KeyEnrolled, func() audit.Enrolment { e := ana; e.Proof = ""; return e }()), idOf("ana")},
		"of another's deployment": {func() audit.Record { r := rec; r.Issuer = "other"; return r }(), idOf("ana")},
	} {
		if _, ok := empty.Candidate(c.rec, c.kid); ok {
			t.Errorf("a first enrolment %s is opened", name)
		}
	}
	if _, ok := founded(t).Candidate(about(t, "mallory", 9, audit.KeyEnrolled, enrols(t, audit.RecordKey, "mallory", "mallory", 9)), idOf("mallory")); ok {
		t.Error("a later key enrols itself")
	}
	for name, err := range map[string]error{
		"by another key":           (&audit.Registry{}).ApplyBy(rec, idOf("bo")),
		"by another subject":       (&audit.Registry{}).Apply(about(t, "bo", 0, audit.KeyEnrolled, ana)),
		"a log key before any":     (&audit.Registry{}).Apply(about(t, "log", 0, audit.KeyEnrolled, enrols(t, audit.LogKey, "log", "log", 0))),
		"from an index of its own": (&audit.Registry{}).Apply(about(t, "ana", 3, audit.KeyEnrolled, enrols(t, audit.RecordKey, "ana", "ana", 2))),
	} {
		if !errors.Is(err, audit.ErrRegistry) {
			t.Errorf("first enrolment %s = %v, want ErrRegistry", name, err)
		}
	}
	if err := empty.Apply(rec); err != nil || empty.Issuer() != "treasury" || empty.Empty(audit.RecordKey) || !empty.Empty(audit.LogKey) {
		t.Errorf("Apply = %v, issuer %q", err, empty.Issuer())
	}
	if _, ok := empty.Key(idOf("ana"), "ana", 0); !ok {
		t.Error("the first key does not reach back to the first index")
	}
}

func TestWhichCheckpointsALogKeySigns(t *testing.T) {
	r := founded(t)
	if err := r.Apply(about(t, "ana", 4, audit.KeyEnrolled, enrols(t, audit.LogKey, "log", "next", 4))); err != nil {
		t.Fatal(err)
	}
	if err := r.Apply(about(t, "ana", 9, audit.KeyRetired, audit.KeyEnd{KeyID: idOf("log"), From: 10})); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, origin string
		size         int64
		want         bool
	}{
		{"log", "log", 0, false}, {"log", "log", 1, true}, {"log", "log", 10, true}, {"log", "log", 11, false}, {"log", "other", 5, false},
		{"next", "log", 3, false}, {"next", "log", 4, true}, {"next", "log", 1 << 40, true}, {"ana", "ana", 5, false}, {"bo", "log", 5, false},
	} {
		if _, ok := r.CheckpointKey(idOf(tt.name), tt.origin, tt.size); ok != tt.want {
			t.Errorf("key of %s signs a checkpoint of %d records of %s: %v, want %v", tt.name, tt.size, tt.origin, ok, tt.want)
		}
	}
	if k, ok := r.Lookup(idOf("log")); !ok || k.Until != 10 || k.Revoked || k.EnrolledAt != 1 {
		t.Errorf("Lookup = %+v, %v", k, ok)
	}
}

// What a point of small order signs, anybody can sign.
func TestAKeyOfSmallOrderIsNone(t *testing.T) {
	forged := 0
	for _, y := range []string{
		"0000000000000000000000000000000000000000000000000000000000000000", "0100000000000000000000000000000000000000000000000000000000000000",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		for _, sign := range []byte{0, 0x80} {
			point, err := hex.DecodeString(y)
			if err != nil {
				t.Fatal(err)
			}
			point[31] |= sign
			// R is the neutral element and S nought: no private key has part in that.
			sig := append([]byte{1}, make([]byte, 63)...)
			for i := range 200 {
				if ed25519.Verify(point, fmt.Append(nil, "pay ", i), sig) {
					forged++
					break
				}
			}
			if pub, err := (audit.JWK{KeyType: "OKP", Curve: "Ed25519", X: b64(point)}).Public(); !errors.Is(err, audit.ErrKey) {
				t.Errorf("Public of %x = %v, %v, want ErrKey", point, pub, err)
			}
		}
	}
	if forged < 7 {
		t.Errorf("%d of 14 keys take a signature that nobody made: the list is not what it says", forged)
	}
}

func TestACredentialVerifiesAsItsCustodianDoes(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	message := audit.EnrolmentStatement("treasury", audit.RecordKey, "ana", idOf("ana"))
	for name, signer := range map[string]crypto.Signer{"Ed25519": key("credential"), "P-256": ecKey, "RSA": rsaKey} {
		signs := func(m []byte) string {
			digest, opts := sha256.Sum256(m), crypto.SignerOpts(crypto.SHA256)
			input := digest[:]
			if name == "Ed25519" {
				input, opts = m, crypto.Hash(0)
			}
			sig, err := signer.Sign(rand.Reader, input, opts)
			if err != nil {
				t.Fatal(err)
			}
			return b64(sig)
		}
		c := audit.Credential{Custodian: "dfns", ID: "cr", PublicKey: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix(t, signer.Public())}))}
		c.Signature = signs(message)
		if !c.Verify(message, c.Signature) {
			t.Errorf("%s: the credential's signature does not verify", name)
		}
		for what, bad := range map[string]string{"of another message": signs([]byte("other")), "empty": "", "padded": c.Signature + "=", "cut": c.Signature[:20]} {
			if c.Verify(message, bad) {
				t.Errorf("%s: a signature %s verifies", name, what)
			}
		}
		e := enrols(t, audit.RecordKey, "ana", "ana", 0)
		e.Credential = &c
		var r audit.Registry
		if err := r.Apply(about(t, "ana", 0, audit.KeyEnrolled, e)); err != nil {
			t.Errorf("%s: an enrolment that it vouches for = %v", name, err)
		}
	}
	for name, text := range map[string]string{"no PEM": "key", "no key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"} {
		if (audit.Credential{PublicKey: text}).Verify(message, b64(make([]byte, 64))) {
			t.Errorf("%s: verifies", name)
		}
	}
}
