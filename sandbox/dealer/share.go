package dealer

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/crypto"
)

// A Curve is one whose keys are split.
type Curve struct {
	name  string
	order *big.Int
}

// The curves, by DFNS's names.
var (
	Secp256k1 = Curve{"secp256k1", crypto.S256().Params().N}
	Ed25519   = Curve{"ed25519", edwardsOrder()}
)

// edwardsOrder is 2^252 + 27742317777372353535851937790883648493 (RFC 8032, section 5.1).
func edwardsOrder() *big.Int {
	low, _ := new(big.Int).SetString("27742317777372353535851937790883648493", 10) // of digits that stand here
	return low.Add(low, new(big.Int).Lsh(big.NewInt(1), 252))
}

// shareVersion is that of the plaintexts of shares.
const shareVersion = 1

// scalar is a number as shares show it.
type scalar struct {
	Curve  string `json:"curve"`
	Scalar string `json:"scalar"` // 32 bytes, hex, big-endian
}

// point is a public key as shares show it.
type point struct {
	Curve string `json:"curve"`
	Point string `json:"point"` // hex; uncompressed, though a compressed one is read too
}

// exported is the plaintext of a share that is exported.
type exported struct {
	Version     int    `json:"version"`
	Index       scalar `json:"index"`
	SecretShare scalar `json:"secret_share"`
}

// imported is the plaintext of a share that is imported. The index of its holder is his place
// among the holders, in the order of their IDs.
type imported struct {
	Version      int              `json:"version"`
	SecretShare  scalar           `json:"secret_share"`
	PublicShares []point          `json:"public_shares"` // of all holders
	ChainCode    *json.RawMessage `json:"chain_code"`    // of a master key
}

// ErrMaster means that what is imported is a master key, of which others would be derived.
var ErrMaster = errors.New("it is one of a master key")

// Split returns the plaintexts of n shares of a private key, of which any threshold make it.
func (c Curve) Split(key *big.Int, threshold, n int) ([][]byte, error) {
	polynomial := []*big.Int{new(big.Int).Mod(key, c.order)}
	for range threshold - 1 {
		random, err := rand.Int(rand.Reader, c.order)
		if err != nil {
			return nil, fmt.Errorf("splitting key: %w", err)
		}
		polynomial = append(polynomial, random)
	}
	var shares [][]byte
	for i := 1; i <= n; i++ {
		x, value := big.NewInt(int64(i)), new(big.Int)
		for j := threshold - 1; j >= 0; j-- {
			value.Mod(value.Add(value.Mul(value, x), polynomial[j]), c.order)
		}
		text, err := json.Marshal(exported{shareVersion, c.show(x), c.show(value)})
		if err != nil {
			return nil, fmt.Errorf("showing a share: %w", err)
		}
		shares = append(shares, text)
	}
	return shares, nil
}

func (c Curve) show(n *big.Int) scalar {
	return scalar{c.name, hex.EncodeToString(n.FillBytes(make([]byte, 32)))}
}

// Join returns the private key of secp256k1 that the plaintexts of imported shares make, one
// of each holder in the order of their IDs. It fails with what is wrong with them when they
// are not shares of one key under that threshold.
func Join(threshold int, shares [][]byte) (*big.Int, error) {
	values := make([]*big.Int, len(shares))
	for i, text := range shares {
		var err error
		if values[i], err = readShare(text, i, len(shares)); err != nil {
			return nil, fmt.Errorf("share %d: %w", i+1, err)
		}
	}
	key := Secp256k1.at(0, values[:threshold])
	for i := threshold; i < len(values); i++ {
		if Secp256k1.at(i+1, values[:threshold]).Cmp(values[i]) != 0 {
			return nil, fmt.Errorf("share %d is of another key, or minSigners is not %d", i+1, threshold)
		}
	}
	if key.Sign() == 0 {
		return nil, errors.New("the key is zero")
	}
	return key, nil
}

// readShare returns the value of the share of holder i of n, whose commitment it bears.
func readShare(text []byte, i, n int) (*big.Int, error) {
	var s imported
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, errors.New("it is no share")
	}
	if s.ChainCode != nil {
		return nil, ErrMaster
	}
	raw, err := hex.DecodeString(s.SecretShare.Scalar)
	value := new(big.Int).SetBytes(raw)
	switch {
	case s.Version != shareVersion:
		return nil, fmt.Errorf("its version is %d, not %d", s.Version, shareVersion)
	case s.SecretShare.Curve != Secp256k1.name:
		return nil, fmt.Errorf("it is of curve %q, not %s", s.SecretShare.Curve, Secp256k1.name)
	case err != nil || len(raw) != 32 || value.Sign() == 0 || value.Cmp(Secp256k1.order) >= 0:
		return nil, errors.New("secret_share is no scalar of its curve")
	case len(s.PublicShares) != n:
		return nil, fmt.Errorf("it knows %d public_shares, not %d", len(s.PublicShares), n)
	}
	public, err := hex.DecodeString(s.PublicShares[i].Point)
	if x, y := crypto.S256().ScalarBaseMult(raw); err != nil || !isPoint(public, compressed(x, y)) {
		return nil, fmt.Errorf("public_shares[%d] is not that of its secret_share", i)
	}
	return value, nil
}

// isPoint tells whether bytes, in either form, are the point of a compressed one.
func isPoint(raw, want []byte) bool {
	if len(raw) == 65 {
		public, err := crypto.UnmarshalPubkey(raw)
		return err == nil && string(crypto.CompressPubkey(public)) == string(want)
	}
	return string(raw) == string(want)
}

// at returns what the polynomial through values, at 1, 2, 3 …, is at x.
func (c Curve) at(x int, values []*big.Int) *big.Int {
	sum := new(big.Int)
	for i, value := range values {
		term := new(big.Int).Set(value)
		for j := range values {
			if j == i {
				continue
			}
			term.Mul(term, big.NewInt(int64(x-j-1)))
			term.Mul(term, new(big.Int).ModInverse(new(big.Int).Mod(big.NewInt(int64(i-j)), c.order), c.order))
			term.Mod(term, c.order)
		}
		sum.Mod(sum.Add(sum, term), c.order)
	}
	return sum
}
