package audit_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"

	"countersign/audit"
)

func unb64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// vectors are the signatures of the standards, with the key as JWK.
var vectors = []struct {
	name  string
	jwk   audit.JWK
	input string
	sig   string
}{
	{
		"RFC 8037 A.4, EdDSA",
		audit.JWK{KeyType: "OKP", Curve: "Ed25519", X: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
		"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
	},
	{
		"RFC 7515 A.3, ES256",
		audit.JWK{KeyType: "EC", Curve: "P-256", X: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", Y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
		"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
		"DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
	},
}

func TestTheSignaturesOfTheStandards(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			pub, err := v.jwk.Public()
			if err != nil {
				t.Fatal(err)
			}
			sig := unb64(t, v.sig)
			if !audit.Signed(pub, []byte(v.input), sig) {
				t.Error("the signature does not verify")
			}
			for i := range sig {
				for bit := range 8 {
					bad := append([]byte{}, sig...)
					bad[i] ^= 1 << bit
					if audit.Signed(pub, []byte(v.input), bad) {
						t.Fatalf("the signature verifies with bit %d of byte %d changed", bit, i)
					}
				}
			}
			for i := range v.input {
				if audit.Signed(pub, []byte(v.input[:i]+v.input[i+1:]), sig) {
					t.Fatalf("the signature verifies without byte %d of its input", i)
				}
			}
			if _, err := audit.Open(v.input+"."+v.sig, audit.NewKeys(pub)); !errors.Is(err, audit.ErrForged) {
				t.Errorf("Open = %v, want ErrForged: it is no record of ours", err)
			}
			again, err := audit.NewJWK(pub)
			if err != nil || again != v.jwk {
				t.Errorf("NewJWK = %+v, %v, want %+v", again, err, v.jwk)
			}
		})
	}
}

// The vector of RFC 7515 A.4 is good ES512, which no record of ours uses: neither its key
// nor its signature is taken.
func TestTheES512OfRFC7515IsRefused(t *testing.T) {
	x := "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk"
	y := "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"
	input := "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA"
	sig := unb64(t, "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn")
	pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P521(), append(append([]byte{4}, unb64(t, x)...), unb64(t, y)...))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum512([]byte(input))
	if !ecdsa.Verify(pub, digest[:], new(big.Int).SetBytes(sig[:66]), new(big.Int).SetBytes(sig[66:])) {
		t.Fatal("the vector is not copied well: it does not verify as ES512")
	}
	if audit.Signed(pub, []byte(input), sig) {
		t.Error("Signed takes a signature of P-521")
	}
	if _, err := (audit.JWK{KeyType: "EC", Curve: "P-521", X: x, Y: y}).Public(); !errors.Is(err, audit.ErrKey) {
		t.Errorf("Public = %v, want ErrKey", err)
	}
}

func TestAJWKIsRefused(t *testing.T) {
	ed, ec := vectors[0].jwk, vectors[1].jwk
	for name, change := range map[string]func(ed, ec *audit.JWK) *audit.JWK{
		"no type":               func(ed, _ *audit.JWK) *audit.JWK { ed.KeyType = ""; return ed },
		"EC on Ed25519":         func(ed, _ *audit.JWK) *audit.JWK { ed.KeyType = "EC"; return ed },
		"OKP on X25519":         func(ed, _ *audit.JWK) *audit.JWK { ed.Curve = "X25519"; return ed },
		"Ed25519 with a y":      func(ed, _ *audit.JWK) *audit.JWK { ed.Y = ed.X; return ed },
		"short x":               func(ed, _ *audit.JWK) *audit.JWK { ed.X = ed.X[:40]; return ed },
		"padding":               func(ed, _ *audit.JWK) *audit.JWK { ed.X += "="; return ed },
		"spare bits":            func(ed, _ *audit.JWK) *audit.JWK { ed.X = ed.X[:42] + "p"; return ed },
		"line break":            func(ed, _ *audit.JWK) *audit.JWK { ed.X += "\n"; return ed },
		"P-384":                 func(_, ec *audit.JWK) *audit.JWK { ec.Curve = "P-384"; return ec },
		"no y":                  func(_, ec *audit.JWK) *audit.JWK { ec.Y = ""; return ec },
		"a point off the curve": func(_, ec *audit.JWK) *audit.JWK { ec.Y = ec.X; return ec },
		"the point at infinity": func(_, ec *audit.JWK) *audit.JWK {
			ec.X, ec.Y = strings.Repeat("A", 43), strings.Repeat("A", 43)
			return ec
		},
	} {
		ed, ec := ed, ec
		if pub, err := change(&ed, &ec).Public(); !errors.Is(err, audit.ErrKey) {
			t.Errorf("%s: Public = %v, %v, want ErrKey", name, pub, err)
		}
	}
}
