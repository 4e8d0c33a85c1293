package audit_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"math/big"
	"strings"
	"testing"

	"countersign/audit"
)

// An es256 is a service account whose key is P-256, and one record of it.
type es256 struct {
	*testing.T
	key             *ecdsa.PrivateKey
	header, payload string
	sig             []byte
}

func newES256(t *testing.T) es256 {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := signer("eve")
	s.Key = k
	e, err := s.Seal(notices("ev"), audit.Head{})
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(e.JWS, ".")
	return es256{T: t, key: k, header: string(unb64(t, parts[0])), payload: string(unb64(t, parts[1])), sig: unb64(t, parts[2])}
}

// signed is the payload under a header, signed as the key signs.
func (e es256) signed(header string) string {
	input := b64([]byte(header)) + "." + b64([]byte(e.payload))
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, e.key, digest[:])
	if err != nil {
		e.Fatal(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	return input + "." + b64(sig)
}

// with is the record with another signature.
func (e es256) with(sig []byte) string {
	return b64([]byte(e.header)) + "." + b64([]byte(e.payload)) + "." + b64(sig)
}

// hs256 is the record signed with a secret that everybody knows.
func (e es256) hs256(header string, secret []byte) string {
	input := b64([]byte(header)) + "." + b64([]byte(e.payload))
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return input + "." + b64(mac.Sum(nil))
}

func TestAP256KeyIsNotConfused(t *testing.T) {
	e := newES256(t)
	ks := audit.NewKeys(e.key.Public(), public(key("ana")))
	if _, err := audit.Open(e.with(e.sig), ks); err != nil {
		t.Fatalf("Open of the record itself = %v", err)
	}
	point, err := e.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	pemKey, err := audit.EncodePublicKey(e.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	der, err := e.key.Sign(rand.Reader, func() []byte { d := sha256.Sum256([]byte("x")); return d[:] }(), crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	head := func(change ...string) string { return strings.NewReplacer(change...).Replace(e.header) }
	more := func(member string) string { return e.signed(head(`"}`, `",`+member+`}`)) }
	n := elliptic.P256().Params().N
	half := func(b []byte, at int, v *big.Int) []byte {
		out := bytes.Clone(b)
		v.FillBytes(out[at : at+32])
		return out
	}
	kid := audit.KeyID(e.key.Public())
	for name, forged := range map[string]string{
		"alg none, no signature":        b64([]byte(head("ES256", "none"))) + "." + b64([]byte(e.payload)) + ".",
		"alg none, signed":              e.signed(head("ES256", "none")),
		"alg EdDSA":                     e.signed(head("ES256", "EdDSA")),
		"alg EdDSA, signed by Ed25519":  jws(key("ana"), head("ES256", "EdDSA"), e.payload),
		"alg ES384":                     e.signed(head("ES256", "ES384")),
		"alg ES256K":                    e.signed(head("ES256", "ES256K")),
		"HS256 with the point":          e.hs256(head("ES256", "HS256"), point),
		"HS256 with the PEM":            e.hs256(head("ES256", "HS256"), pemKey),
		"HS256 that says ES256":         e.hs256(e.header, pemKey),
		"EdDSA kid, ES256 signature":    e.signed(head(kid, audit.KeyID(public(key("ana"))))),
		"ES256 header, EdDSA signature": jws(key("ana"), e.header, e.payload),
		"jwk":                           more(`"jwk":{"kty":"EC","crv":"P-256","x":"` + b64(point[1:33]) + `","y":"` + b64(point[33:]) + `"}`),
		"jku":                           more(`"jku":"https://example.com/keys"`),
		"x5u":                           more(`"x5u":"https://example.com/cert"`),
		"x5c":                           more(`"x5c":["MIIB"]`),
		"x5t#S256":                      more(`"x5t#S256":"` + kid + `"`),
		"crit":                          more(`"crit":["exp"]`),
		"b64":                           more(`"b64":false,"crit":["b64"]`),
		"alg twice":                     e.signed(head(`{"alg"`, `{"alg":"none","alg"`)),
		"kid a path":                    e.signed(head(kid, "../keys/"+kid)),
		"kid with a NUL":                e.signed(head(kid, kid+`\u0000`)),
		"kid of SQL":                    e.signed(head(kid, "' OR 1=1 --")),
		"ASN.1 signature":               e.with(der),
		"no signature":                  e.with(nil),
		"signature of noughts":          e.with(make([]byte, 64)),
		"r nought":                      e.with(half(e.sig, 0, new(big.Int))),
		"s nought":                      e.with(half(e.sig, 32, new(big.Int))),
		"r and s the order":             e.with(half(half(e.sig, 0, n), 32, n)),
		"r one, s one":                  e.with(half(half(e.sig, 0, big.NewInt(1)), 32, big.NewInt(1))),
		"short":                         e.with(e.sig[:63]),
		"half":                          e.with(e.sig[:32]),
		"long":                          e.with(append(bytes.Clone(e.sig), 0)),
		"long in front":                 e.with(append([]byte{0}, e.sig...)),
		"r and s in turn":               e.with(append(bytes.Clone(e.sig[32:]), e.sig[:32]...)),
		"longer than a record":          e.with(make([]byte, audit.MaxEntry)),
	} {
		t.Run(name, func(t *testing.T) {
			if rec, err := audit.Open(forged, ks); !errors.Is(err, audit.ErrForged) {
				t.Errorf("Open = %+v, %v, want ErrForged", rec, err)
			}
		})
	}
	if header, err := audit.ProtectedHeader(e.key.Public()); err != nil || header != b64([]byte(e.header)) {
		t.Errorf("ProtectedHeader = %s, %v, want %s", header, err, b64([]byte(e.header)))
	}
}
