package audit_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"countersign/audit"
)

// header is the profile's header for ana, or a variation of it.
func header(change ...string) string {
	h := `{"alg":"EdDSA","kid":"` + audit.KeyID(public(key("ana"))) + `","typ":"treasury-decision+jws"}`
	return strings.NewReplacer(change...).Replace(h)
}

// good is a record of ana in its three parts, the first two decoded.
func good(t testing.TB) (record, payload, sig string) {
	t.Helper()
	e := seal(t, "ana", intends("ana", "ap-1", "approve"), audit.Head{})
	parts := strings.Split(e.JWS, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	return e.JWS, string(raw), parts[2]
}

func refuses(t *testing.T, jws string) {
	t.Helper()
	rec, err := audit.Open(jws, trusting("ana", "bo"))
	if !errors.Is(err, audit.ErrForged) || !reflect.DeepEqual(rec, audit.Record{}) {
		t.Errorf("Open(%.200q) = %+v, %v, want nothing and ErrForged", jws, rec, err)
	}
}

func TestOpenRefusesOtherHeaders(t *testing.T) {
	_, payload, sig := good(t)
	pub := public(key("ana"))
	pemKey, err := audit.EncodePublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	hs256 := func(secret []byte) string {
		input := b64([]byte(header("EdDSA", "HS256"))) + "." + b64([]byte(payload))
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(input))
		return input + "." + b64(mac.Sum(nil))
	}
	with := func(member string) string { return jws(key("ana"), header(`"}`, `",`+member+`}`), payload) }
	signed := func(h string) string { return jws(key("ana"), h, payload) }
	kid := audit.KeyID(pub)
	for name, forged := range map[string]string{
		"alg none, no signature":       b64([]byte(header("EdDSA", "none"))) + "." + b64([]byte(payload)) + ".",
		"alg none, signed":             signed(header("EdDSA", "none")),
		"alg None":                     signed(header("EdDSA", "None")),
		"HS256 with the public key":    hs256(pub),
		"HS256 with its PEM":           hs256(pemKey),
		"alg ES256":                    signed(header("EdDSA", "ES256")),
		"alg Ed25519 (RFC 9864)":       signed(header("EdDSA", "Ed25519")),
		"alg in another case":          signed(header("EdDSA", "eddsa")),
		"jwk":                          with(`"jwk":{"kty":"OKP","crv":"Ed25519","x":"` + b64(pub) + `"}`),
		"jku":                          with(`"jku":"https://example.com/keys"`),
		"x5u":                          with(`"x5u":"https://example.com/cert"`),
		"x5c":                          with(`"x5c":["MIIB"]`),
		"x5t":                          with(`"x5t":"` + kid + `"`),
		"jwk of whoever signed it":     jws(key("mallory"), header(`"}`, `","jwk":{"kty":"OKP","crv":"Ed25519","x":"`+b64(public(key("mallory")))+`"}}`), payload),
		"crit":                         with(`"crit":["b64"]`),
		"b64 false":                    with(`"b64":false`),
		"cty":                          with(`"cty":"json"`),
		"kid twice":                    with(`"kid":"` + kid + `"`),
		"alg twice, the first none":    signed(header(`{"alg"`, `{"alg":"none","alg"`)),
		"another order of members":     signed(`{"kid":"` + kid + `","alg":"EdDSA","typ":"treasury-decision+jws"}`),
		"a space":                      signed(header(`,"kid"`, `, "kid"`)),
		"a line break at the end":      signed(header() + "\n"),
		"data after the header":        signed(header() + "{}"),
		"an escape in typ":             signed(header("treasury", `\u0074reasury`)),
		"an escape in kid":             signed(header(kid[:1], `\u00`+hexOf(kid[0]))),
		"typ missing":                  signed(header(`,"typ":"treasury-decision+jws"`, "")),
		"typ JWT":                      signed(header("treasury-decision+jws", "JWT")),
		"kid missing":                  signed(header(`"kid":"`+kid+`",`, "")),
		"kid is a path":                signed(header(kid, "../../"+kid)),
		"kid is a number":              signed(header(`"`+kid+`"`, "1")),
		"kid in another case":          signed(header(`"kid"`, `"KID"`)),
		"the header is no object":      signed(`"` + kid + `"`),
		"the header is empty":          signed(""),
		"kid of an unknown key":        jws(key("mallory"), header(kid, audit.KeyID(public(key("mallory")))), payload),
		"another key under a good kid": jws(key("mallory"), header(), payload),
		"kid of another trusted key":   signed(header(kid, audit.KeyID(public(key("bo"))))),
		"signature of another header":  b64([]byte(header(kid, audit.KeyID(public(key("bo")))))) + "." + b64([]byte(payload)) + "." + sig,
	} {
		t.Run(name, func(t *testing.T) { refuses(t, forged) })
	}
}

func hexOf(b byte) string { return string([]byte{"0123456789abcdef"[b>>4], "0123456789abcdef"[b&15]}) }

func TestOpenRefusesOtherSpellings(t *testing.T) {
	record, _, sig := good(t)
	parts := strings.Split(record, ".")
	raw, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil {
		t.Fatal(err)
	}
	signature := func(b []byte) string { return parts[0] + "." + parts[1] + "." + b64(b) }
	// 64 bytes leave four bits over in the last letter.
	last := strings.IndexByte(alphabet, sig[len(sig)-1])
	rest := record[:len(record)-1]
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 31: 0x10}
	for name, forged := range map[string]string{
		"empty":                 "",
		"one part":              parts[1],
		"two parts":             parts[0] + "." + parts[1],
		"two parts, dot":        parts[0] + "." + parts[1] + ".",
		"four parts":            record + "." + parts[2],
		"a dot at the end":      record + ".",
		"a dot at the start":    "." + record,
		"JSON, flattened":       `{"protected":"` + parts[0] + `","payload":"` + parts[1] + `","signature":"` + parts[2] + `"}`,
		"JSON, general":         `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"padding":               record + "==",
		"trailing bits":         rest + string(alphabet[last|1]),
		"other trailing bits":   rest + string(alphabet[last|8]),
		"standard base64":       parts[0] + "." + parts[1] + "." + base64.RawStdEncoding.EncodeToString(append([]byte{0xff, 0xef}, raw[2:]...)),
		"line break at the end": record + "\n",
		"line break inside":     record[:90] + "\r\n" + record[90:],
		"line break in the sig": rest + "\n" + record[len(rest):],
		"space at the start":    " " + record,
		"signature truncated":   signature(raw[:63]),
		"signature extended":    signature(append(bytes.Clone(raw), 0)),
		"signature zeroed":      signature(make([]byte, 64)),
		"R zeroed":              signature(append(make([]byte, 32), raw[32:]...)),
		"S zeroed":              signature(append(bytes.Clone(raw[:32]), make([]byte, 32)...)),
		"S plus the order":      signature(append(bytes.Clone(raw[:32]), plus(raw[32:], order)...)),
		"payload empty":         parts[0] + ".." + parts[2],
	} {
		t.Run(name, func(t *testing.T) { refuses(t, forged) })
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// plus adds little-endian numbers: S and S plus the order of the group satisfy
// one equation, and only the smaller may count.
func plus(a, b []byte) []byte {
	sum, carry := make([]byte, len(a)), 0
	for i := range a {
		n := int(a[i]) + int(b[i]) + carry
		sum[i], carry = byte(n), n>>8
	}
	return sum
}

func TestOpenRefusesOtherPayloads(t *testing.T) {
	_, payload, _ := good(t)
	change := func(old, with string) string {
		if !strings.Contains(payload, old) {
			t.Fatalf("payload %s has no %s", payload, old)
		}
		return jws(key("ana"), header(), strings.Replace(payload, old, with, 1))
	}
	for name, forged := range map[string]string{
		"an unknown member":          change(`{"v":1`, `{"v":1,"more":true`),
		"a member twice":             change(`"seq":0`, `"seq":0,"seq":0`),
		"a member twice, differing":  change(`"key":`, `"key":"other","key":`),
		"a member in another case":   change(`"key":`, `"KEY":`),
		"both cases of a member":     change(`"key":`, `"Key":"other","key":`),
		"members in another order":   change(`"index":0,"seq":0`, `"seq":0,"index":0`),
		"a member missing":           change(`"prev":"",`, ``),
		"no body":                    change(payload[strings.Index(payload, `,"body"`):], `}`),
		"a space":                    change(`"seq":0`, `"seq": 0`),
		"a space in the body":        change(`"approval_id":`, `"approval_id": `),
		"an escape":                  change(`"key":"a`, `"key":"\u0061`),
		"an HTML escape":             change(`"iss":"treasury"`, `"iss":"treasury\u003c"`),
		"a lone surrogate":           change(`"iss":"treasury"`, `"iss":"\ud800"`),
		"broken UTF-8":               change(`"iss":"treasury"`, "\"iss\":\"\xff\""),
		"broken UTF-8 in the body":   change("<ok>", "\xff"),
		"a number as text":           change(`"seq":0`, `"seq":"0"`),
		"a number with a fraction":   change(`"seq":0`, `"seq":0.0`),
		"minus nought":               change(`"seq":0`, `"seq":-0`),
		"another time zone":          change(`123456Z`, `123456+00:00`),
		"a time not in UTC":          change(`T09:00:00.123456Z`, `T11:00:00.123456+02:00`),
		"nanoseconds":                change(`123456Z`, `123456789Z`),
		"version 2":                  change(`{"v":1`, `{"v":2`),
		"version 0":                  change(`{"v":1`, `{"v":0`),
		"no version":                 change(`{"v":1,`, `{`),
		"data after it":              jws(key("ana"), header(), payload+"{}"),
		"a line break after it":      jws(key("ana"), header(), payload+"\n"),
		"a byte order mark":          jws(key("ana"), header(), "\ufeff"+payload),
		"null":                       jws(key("ana"), header(), "null"),
		"a list":                     jws(key("ana"), header(), "["+payload+"]"),
		"not JSON":                   jws(key("ana"), header(), "Example of Ed25519 signing"),
		"nothing":                    jws(key("ana"), header(), ""),
		"an ordinary JWT's contents": jws(key("ana"), header(), `{"iss":"treasury","sub":"ana","iat":1}`),
	} {
		t.Run(name, func(t *testing.T) { refuses(t, forged) })
	}
}

func TestKeysThatAreNoneTrustNothing(t *testing.T) {
	record, _, _ := good(t)
	kid := audit.KeyID(public(key("ana")))
	for name, ks := range map[string]audit.Keys{
		"no set":      nil,
		"empty set":   audit.NewKeys(),
		"empty key":   {kid: nil},
		"short key":   {kid: public(key("ana"))[:31]},
		"another key": {kid: public(key("bo"))},
	} {
		if rec, err := audit.Open(record, ks); !errors.Is(err, audit.ErrForged) {
			t.Errorf("%s: Open = %+v, %v, want ErrForged", name, rec, err)
		}
	}
}

// FuzzOpen offers Open texts, and headers and payloads that ana's own key signed.
// Whatever it accepts is exactly what Seal writes: it can be spelled in one way.
func FuzzOpen(f *testing.F) {
	record, payload, _ := good(f)
	f.Add(record, header(), payload)
	f.Add("", `{"alg":"none"}`, `{"v":1,"body":null}`)
	f.Add("a.b.c", header(`,"kid"`, `, "kid"`), strings.Replace(payload, `"seq":0`, `"seq":0,"seq":1`, 1))
	f.Add(record+"=", header("typ", "TYP"), strings.Replace(payload, `Z"`, `+00:00"`, 1))
	f.Add(strings.ToUpper(record), `{"kid":"\ud800"}`, strings.Replace(payload, "treasury", `\ud800`, 1))
	ks := trusting("ana")
	f.Fuzz(func(t *testing.T, text, head, body string) {
		for _, s := range []string{text, jws(key("ana"), head, body)} {
			rec, err := audit.Open(s, ks)
			if err != nil {
				if !errors.Is(err, audit.ErrForged) {
					t.Fatalf("Open = %v, want ErrForged", err)
				}
				continue
			}
			if again := jws(key("ana"), header(), string(canonical(t, rec))); again != s {
				t.Fatalf("Open accepts %s, but the record is written %s", s, again)
			}
		}
	})
}

func canonical(t *testing.T, rec audit.Record) []byte {
	t.Helper()
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(rec); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}

// BenchmarkOpen tells what the profile costs on top of the bare signature check
// of the same bytes: 1.1 is ten percent.
func BenchmarkOpen(b *testing.B) {
	record, _, sig := good(b)
	raw, _ := base64.RawURLEncoding.DecodeString(sig)
	input := []byte(record[:strings.LastIndexByte(record, '.')])
	ks, pub := trusting("ana"), public(key("ana"))
	ratio(b, func() bool { _, err := audit.Open(record, ks); return err == nil },
		func() bool { return ed25519.Verify(pub, input, raw) })
}
