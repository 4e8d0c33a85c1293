package pubkey

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"

	gethcrypto "github.com/ethereum/go-ethereum/crypto"
)

// secp256k1 is a point of that curve, uncompressed: 0x04, X, Y.
type secp256k1 []byte

// The identifiers of an ECDSA key and of the curve (SEC 2, RFC 5480), which crypto/x509
// does not read.
var (
	oidECDSA     = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidSecp256k1 = asn1.ObjectIdentifier{1, 3, 132, 0, 10}
)

// parseSecp256k1 reads a SubjectPublicKeyInfo on that curve; found is false for any other.
func parseSecp256k1(der []byte) (key secp256k1, found bool, err error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	var curve asn1.ObjectIdentifier
	rest, err := asn1.Unmarshal(der, &info)
	if err != nil || len(rest) > 0 || !info.Algorithm.Algorithm.Equal(oidECDSA) {
		return nil, false, nil
	}
	rest, err = asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &curve)
	if err != nil || len(rest) > 0 || !curve.Equal(oidSecp256k1) {
		return nil, false, nil
	}
	point := info.Key.RightAlign()
	if len(point) == 33 {
		p, err := gethcrypto.DecompressPubkey(point)
		if err != nil {
			return nil, true, fmt.Errorf("reading secp256k1 key: %w", err)
		}
		return gethcrypto.FromECDSAPub(p), true, nil
	}
	if _, err := gethcrypto.UnmarshalPubkey(point); err != nil {
		return nil, true, fmt.Errorf("reading secp256k1 key: %w", err)
	}
	return point, true, nil
}

// verify takes an ASN.1 signature with either of the two values of s that verify: signers
// outside of Ethereum do not choose the lower one.
func (k secp256k1) verify(digest, signature []byte) bool {
	r, s, err := readASN1(signature)
	if err != nil {
		return false
	}
	n := gethcrypto.S256().Params().N
	if r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(n) >= 0 || s.Cmp(n) >= 0 {
		return false
	}
	if other := new(big.Int).Sub(n, s); other.Cmp(s) < 0 {
		s = other
	}
	raw := make([]byte, 64)
	r.FillBytes(raw[:32])
	s.FillBytes(raw[32:])
	return gethcrypto.VerifySignature(k, digest, raw)
}

func readASN1(signature []byte) (r, s *big.Int, err error) {
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &pair)
	if err == nil && len(rest) > 0 {
		err = errors.New("bytes after the signature")
	}
	return pair.R, pair.S, err
}
