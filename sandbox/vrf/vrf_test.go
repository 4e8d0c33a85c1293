package vrf_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"pgregory.net/rapid"

	"countersign/sandbox/vrf"
)

// The test vectors of RFC 9380, appendix J.8.1.
func TestHashToCurveIsThatOfTheRFC(t *testing.T) {
	domain := []byte("QUUX-V01-CS02-with-secp256k1_XMD:SHA-256_SSWU_RO_")
	for message, want := range map[string]string{
		"": "c1cae290e291aee617ebaef1be6d73861479c48b841eaba9b7b5852ddfeb1346" +
			"64fa678e07ae116126f08b022a94af6de15985c996c3a91b64c406a960e51067",
		"abc": "3377e01eab42db296b512293120c6cee72b6ecf9f9205760bd9ff11fb3cb2c4b" +
			"7f95890f33efebd1044d382a01b1bee0900fb6116f94688d487c6c7b9c8371f6",
	} {
		x, y, err := vrf.HashToCurve(domain, []byte(message))
		if got := fmt.Sprintf("%064x%064x", x, y); err != nil || got != want {
			t.Errorf("%q is hashed to %s, want %s; %v", message, got, want, err)
		}
	}
	if _, _, err := vrf.HashToCurve(nil, []byte("abc")); err == nil {
		t.Error("an empty domain is taken")
	}
}

func TestEveryMessageIsHashedToAPointOfTheCurve(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		domain := rapid.SliceOfN(rapid.Byte(), 1, 400).Draw(t, "domain")
		x, y, err := vrf.HashToCurve(domain, rapid.SliceOf(rapid.Byte()).Draw(t, "message"))
		if err != nil || !crypto.S256().IsOnCurve(x, y) {
			t.Fatalf("%x, %x is no point of secp256k1; %v", x, y, err)
		}
	})
}

func TestWhatIsDerivedHangsOnKeyDomainAndSeed(t *testing.T) {
	one, two := key(t, 1), key(t, 7)
	base := derive(t, two, "domain", "seed")
	if len(base) != 32 || !bytes.Equal(base, derive(t, two, "domain", "seed")) {
		t.Errorf("derived %x, and then something else", base)
	}
	for name, other := range map[string][]byte{
		"another key": derive(t, one, "domain", "seed"), "another domain": derive(t, two, "domains", "seed"),
		"another seed": derive(t, two, "domain", "seeds"), "a domain that takes from the seed": derive(t, two, "domains", "eed"),
		"a long domain": derive(t, two, strings.Repeat("domain", 50), "seed"),
	} {
		if bytes.Equal(base, other) {
			t.Errorf("%s derives the same", name)
		}
	}
	x, y, _ := vrf.HashToCurve([]byte("domain"), []byte("seed")) // times 1, the point itself
	want := sha256.Sum256(append([]byte{byte(2 + y.Bit(0))}, x.FillBytes(make([]byte, 32))...))
	if got := derive(t, one, "domain", "seed"); !bytes.Equal(got, want[:]) {
		t.Errorf("key 1 derives %x, want %x", got, want)
	}
}

func key(t *testing.T, d int64) *ecdsa.PrivateKey {
	t.Helper()
	k, err := crypto.ToECDSA(big.NewInt(d).FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func derive(t *testing.T, k *ecdsa.PrivateKey, domain, seed string) []byte {
	t.Helper()
	out, err := vrf.Derive(k, []byte(domain), []byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
